"""Denoising as the first step of mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from ..atmosphere import is_uncorrected
from ..denoise.pipeline import denoise_scene
from ..denoise.quick import correct_scene
from ..files.names import PathLike
from ..options.denoising import CorrectionOptions
from ..products.scene import Scene
from ..progress import Progress
from ..spectra.resampling import resampler_to_grid


def denoise_first(
    mode: str,
    scene: Scene,
    source: PathLike,
    out_dir: PathLike,
    name: str,
    options: CorrectionOptions,
    progress: Optional[Progress] = None,
) -> tuple[Path, Optional[Path]]:
    """The image to map instead of ``scene``, and its model, if there is one; cubes that an earlier run has finished are taken.

    Parameters
    ----------
    mode
        "quick" or "full".
    scene, source
        The image, opened, and as it was given.
    out_dir, name
        Where its cubes are written, and the stem of their names.
    options
        Parameters of the denoising.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        For the reasons of `denoise_scene` and `correct_scene`.
    """
    progress = progress or Progress()
    given: dict[str, Any] = {**vars(options), "name": name, "reuse": True, "progress": progress}
    if mode == "full":
        cubes = denoise_scene(source, out_dir, **given)
        return cubes.corrected, cubes.model
    if not is_uncorrected(scene, resampler_to_grid(scene.axis, str(source), mapping_data=True)):
        progress.info("the image is corrected for the atmosphere already; the quick mode leaves it as it is")
        return Path(source), None
    found = correct_scene(source, out_dir, **given)
    return found.corrected, None
