"""A map whose detection limits are asked, opened with its image, and what is to be implanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError, MovedFileError, ParameterError
from ..files.names import PathLike
from ..inspection.inspector import Inspector
from ..inspection.opening import open_inspection
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.scales import checked_sizes
from ..options.detection_limit import LimitOptions


@dataclass(frozen=True)
class LimitSource:
    """A map.

    Attributes
    ----------
    path
        Its file.
    inspector
        The map, its image, and what mapped it.
    places
        Places of the classes to implant in the map's library.
    patches
        Widths of patches, ascending.
    """

    path: Path
    inspector: Inspector
    places: tuple[int, ...]
    patches: tuple[int, ...]

    @staticmethod
    def open(path: PathLike, options: LimitOptions) -> LimitSource:
        """Open it; raises as `find_detection_limits` does."""
        patches = checked_sizes(options.patches, "patches")
        inspector = _open(path, options)
        _check_map(path, inspector)
        scene = inspector.cube.scene
        if min(scene.lines, scene.samples) < patches[-1] + 2:
            raise ParameterError(
                f"patches {patches[-1]}: no such patch with a pixel around it fits into {scene.path}, which has {scene.lines} "
                f"lines × {scene.samples} samples; choose narrower ones"
            )
        return LimitSource(Path(path), inspector, _places(inspector.mapper.matcher.library, options), patches)

    @property
    def library(self) -> ExemplarLibrary:
        return self.inspector.mapper.matcher.library

    @property
    def warnings(self) -> list[str]:
        """What the user must know of the limits."""
        found = list(self.inspector.warnings)
        if len(self.library.classes) == 1:
            found.append(
                f"the map knows one class only, {self.library.classes[0].name}: nothing else could be taken for it, so that limits "
                "of a map with more minerals may be higher"
            )
        if self.inspector.cube.model is not None:
            found.append(
                "the map was made with a noise-free model: implants are laid into image and model alike, as if the denoiser kept "
                "all of them; what it takes from faint absorptions is not counted, so that true limits are higher"
            )
        return found

    @property
    def middle(self) -> int:
        """The width of patches that the raster is of."""
        return self.patches[len(self.patches) // 2]


def _open(path: PathLike, options: LimitOptions) -> Inspector:
    try:
        return open_inspection(path)
    except MovedFileError as gone:
        if options.image is None:
            raise InputError(
                f"{gone.path}: is not there any more, and {Path(path).name} was made of it; say where it is now (IMAGE, --image)"
            ) from gone
        return open_inspection(path, {gone.path: options.image})


def _check_map(path: PathLike, inspector: Inspector) -> None:
    if inspector.pixels.classes is None:
        raise InputError(f"{path}: is an image and no map; limits are told where a map names nothing: map it with CRISM GAN Map")
    if inspector.cube.channels is not None:
        raise InputError(
            f"{path}: was made of mapping data, whose few channels detection limits do not know of; give the map of a "
            "hyperspectral image of the place"
        )
    if inspector.max_false_share < 1:
        raise InputError(
            f"{path}: shows only what has a q-value up to {inspector.max_false_share:g}, which implants have none of; map the "
            "image without MAX_FALSE_SHARE, and give that map"
        )


def _places(library: ExemplarLibrary, options: LimitOptions) -> tuple[int, ...]:
    if options.classes is None:
        return tuple(range(len(library.classes)))
    try:
        names = {mineral.name for mineral in library.select(options.classes).classes}
    except ParameterError as error:
        raise ParameterError(f"{error} (only minerals that the map was made with can be implanted)") from None
    return tuple(place for place, mineral in enumerate(library.classes) if mineral.name in names)
