"""A map and its report, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ..errors import Cancelled, CrismError, InputError
from ..files.names import PathLike
from ..files.outputs import check_outputs
from ..mapping.pipeline import MapOutputs, prepare_map
from ..options.keywords import takes
from ..options.report import ReportedMapOptions
from ..progress import Progress
from .pipeline import check_page, make_report

#: Share of the progress that the map has.
_MAPPING = 0.9


@takes(ReportedMapOptions)
def map_scene(
    source: PathLike,
    out_dir: PathLike,
    *,
    options: ReportedMapOptions,
    name: Optional[str] = None,
    progress: Optional[Progress] = None,
) -> MapOutputs:
    """Map the minerals of a CRISM image.

    Parameters
    ----------
    source
        The image: MTRDR or TER cube, TRR3 label, or any cube with wavelengths.
    out_dir
        Folder of the results; made if missing.
    {options}
    name
        Stem of the outputs; None: ``<scene>_minerals``.

    Returns
    -------
    Paths of the class raster (uint8: 0 nothing, k identification, 100 + k guess, 255 no data), evidence (float32, NaN no data,
    bands `map_files.EVIDENCE_BANDS`, of which the last three are NaN where a spectrum is flat; with a ratio also
    ``ratio_agreement``; with decoys ``q_value``; on a map placed by the image's geometry ``sample`` and ``line``, the
    image's pixel), style and provenance.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`; unless the map was finished and only
        the report failed, which the message says.
    """
    progress = progress or Progress()
    if options.report is None:
        return prepare_map(source, out_dir, options, name).run(progress)
    report = check_page(options.report, "report")
    job = prepare_map(source, out_dir, options, name)
    with job.inputs.recording():
        check_outputs([report])
    made = job.run(progress.part(0, _MAPPING))
    _report(made.classes, report, progress.part(_MAPPING, 1))
    return made


def _report(classes: Path, report: Path, progress: Progress) -> None:
    try:
        make_report(classes, report, progress=progress)
    except (Cancelled, KeyboardInterrupt):
        raise Cancelled(f"cancelled; no report was written, but the map is finished: {classes}") from None
    except CrismError as error:
        raise InputError(f"no report was written ({error}), but the map is finished: {classes}") from error
