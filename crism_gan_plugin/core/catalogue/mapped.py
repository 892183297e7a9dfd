"""A map, its detection limits, its report and its entry in the catalogue, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np

from ..detection_limit.of_map import check_limits, tell_limits
from ..errors import Cancelled, CrismError, InputError
from ..files.names import PathLike
from ..files.outputs import check_outputs
from ..mapping.pipeline import MapOutputs, prepare_map
from ..options.keywords import takes
from ..options.report import ReportedMapOptions
from ..progress import Progress
from ..reports.pipeline import check_page, make_report
from .pipeline import enter_maps

#: How long the steps take, as parts of the map's time; and the share of all that the catalogue takes.
_LIMITS, _REPORT, _CATALOGUE = 1.8, 0.1, 0.02


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
        the limits or the report failed, which the message says.
    """
    whole = progress or Progress()
    progress = whole.part(0, 1 - _CATALOGUE) if options.catalogue else whole
    report = None if options.report is None else check_page(options.report, "report")
    job = prepare_map(source, out_dir, options, name)
    with job.inputs.recording():
        check_outputs([report])
        if options.limits:
            check_limits(job.outputs.classes)
    times = np.cumsum([0, 1, _LIMITS * options.limits, _REPORT * (report is not None)])
    mapping, limits, reporting = (progress.part(first, last) for first, last in zip(times / times[-1], times[1:] / times[-1]))
    made = job.run(mapping)
    if options.limits:
        with job.inputs.recording():
            tell_limits(made.classes, limits)
    if report is not None:
        _report(made.classes, report, reporting)
    if options.catalogue:
        _enter(made.classes, whole.part(1 - _CATALOGUE, 1))
    return made


def _enter(classes: Path, progress: Progress) -> None:
    try:
        enter_maps(classes.parent, [classes], progress)
    except (Cancelled, KeyboardInterrupt):
        raise Cancelled(f"cancelled; the map is not in the catalogue, but it is finished: {classes}") from None


def _report(classes: Path, report: Path, progress: Progress) -> None:
    try:
        make_report(classes, report, progress=progress)
    except (Cancelled, KeyboardInterrupt):
        raise Cancelled(f"cancelled; no report was written, but the map is finished: {classes}") from None
    except CrismError as error:
        raise InputError(f"no report was written ({error}), but the map is finished: {classes}") from error
