"""Opens a map or an image with all that the map was made of, so that its pixels can be inspected.

A map's record names its image, model, exemplars and weights, and its thresholds. If one of these files was moved,
`MovedFileError` tells the old path, and the caller gives the new one in ``moved``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ... import paths
from ..background import load_background
from ..errors import InputError, MovedFileError
from ..files.gdal_access import metadata_of, open_dataset
from ..files.names import PathLike, gdal_name, is_regular
from ..files.reading import check_file, sha256
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.cube import MapCube
from ..mapping.doubtful import doubting
from ..mapping.levels import Thresholds
from ..mapping.neutral_ratio import choose_ratio
from ..mapping.options import mapper_for
from ..mapping.scales import ScaleMapper
from ..mars.georeference import FileWithCrs
from ..mosaic.companions import find_evidence, find_records
from ..network.discriminator import load_discriminator
from ..network.similarity import Matcher
from ..options.mapping import MapOptions
from ..products.scene import Scene
from ..rasters.metadata_keys import PROVENANCE_KEY, RUN_ID_KEY
from .composite import CompositeInspector, open_composite
from .inspector import Inspector
from .map_pixels import MapPixels, open_map_pixels
from .region import RegionReader

#: Both engines give the same scores, and importing torch would delay the first answer by seconds.
_ENGINE = "numpy"


def open_inspection(source: PathLike, moved: Optional[Mapping[str, PathLike]] = None) -> Inspector:
    """Open a mineral map or an image, to inspect its pixels.

    Parameters
    ----------
    source
        A class raster of `map_scene` with its record beside it, or an image. An image is inspected as if it were mapped with the
        default parameters.
    moved
        The new paths of moved files, by their old ones.

    Raises
    ------
    MovedFileError
        If one of these is not where it was, nor beside the map.
    InputError
        If a file cannot be read, or is not what the map was made of; if the map is a composite, or has no record.
    """
    found = open_any_inspection(source, moved)
    if isinstance(found, Inspector):
        return found
    found.close()
    raise InputError(f"{source}: is a composite of several maps; ask one of its maps, which its table of sources names")


def open_any_inspection(source: PathLike, moved: Optional[Mapping[str, PathLike]] = None) -> Union[Inspector, CompositeInspector]:
    """`open_inspection` that takes composites, too: each of their pixels leads to the map that it was taken from.

    Raises
    ------
    MovedFileError, InputError
        As `open_inspection` does; of a composite also if its source index or its table of sources is not beside it.
    """
    if gdal_name(source) is None:
        file = check_file(source)
        try:
            dataset = open_dataset(file)
        except InputError:
            return _open_image(source)  # a label, which tells better what is wrong
        metadata = metadata_of(dataset)
        if dataset.RasterCount == 1 and PROVENANCE_KEY in metadata:
            return _open_map(file, dataset, metadata, moved or {})
    return _open_image(source)


def _open_image(source: PathLike) -> Inspector:
    cube = MapCube.open(source, None, None, mapping_data=True)
    pixels = MapPixels(cube.scene.lines, cube.scene.samples, cube.scene.georeference)
    return _inspector(pixels, cube, mapper_for(MapOptions(engine=_ENGINE)), "off", [])


def _open_map(
    file: Path, dataset: Any, metadata: Mapping[str, str], moved: Mapping[str, PathLike]
) -> Union[Inspector, CompositeInspector]:
    records = find_records(file, metadata)
    if not records:
        name = metadata[PROVENANCE_KEY]
        raise InputError(f"{file}: its record ({name}) is not beside it: what it was made of is not known; put it there")
    record = _Record(file, records[0], moved)
    if "image" not in record.record:
        run = metadata.get(RUN_ID_KEY, "")
        return open_composite(file, open_map_pixels(file, None), run, moved, lambda path: open_inspection(path, moved))
    if "exemplars" not in record.record:
        raise InputError(f"{file}: is no mineral map, but was made of an image, too; give a map that CRISM GAN Map wrote")
    evidence, _ = find_evidence(file, dataset)
    pixels = open_map_pixels(file, evidence)
    cube = record.cube(None if pixels.evidence is not None or pixels.georeference is None else pixels.georeference.wkt)
    if pixels.evidence is None and (cube.scene.lines, cube.scene.samples) != (pixels.lines, pixels.samples):
        if (record.record.get("geometry") or {}).get("path"):
            raise InputError(
                f"{file}: does not tell which pixels of the image it shows (its evidence has no bands 'sample' and 'line', or is "
                "not beside it); map the image again with its evidence"
            )
        raise InputError(
            f"{cube.scene.path}: has {cube.scene.lines} lines × {cube.scene.samples} samples, the map {pixels.lines} × "
            f"{pixels.samples}; it is not the image that the map was made of"
        )
    ratio = (record.record.get("ratio") or {}).get("mode", "off")
    inspector = _inspector(pixels, cube, record.mapper(), ratio, record.warnings)
    return replace(
        inspector,
        max_false_share=float(record.record.get("max_false_share", MapOptions.max_false_share)),
        looked_for=tuple(name for name in ("unlisted", "artefacts") if record.record.get(name)),
    )


def _inspector(pixels: MapPixels, cube: MapCube, mapper: ScaleMapper, ratio: str, warnings: list[str]) -> Inspector:
    mapper = mapper.through(cube.channels)
    neutral = choose_ratio(ratio, cube.scene, max(mapper.sizes), cube.channels)
    if mapper.knows_ground:
        mapper = mapper.for_image(cube.sample())
    mapper = doubting(mapper, cube.doubtful_nm)
    return Inspector(cube.scene.product_id, pixels, cube, mapper, RegionReader(cube, neutral), tuple(warnings))


@dataclass(frozen=True)
class _Record:
    """The files that a map was made of, by its record."""

    file: Path
    record: Mapping[str, Any]
    moved: Mapping[str, PathLike]
    warnings: list[str] = field(default_factory=list)

    def cube(self, wkt: Optional[str]) -> MapCube:
        """The image that was mapped, in the map's CRS where it is on the map itself, and its model."""
        denoised = self.record.get("denoised cubes")
        made_of: Mapping[str, Any] = denoised or self.record
        if self.record.get("denoised") and "denoised cubes" not in self.record:
            raise InputError(f"{self.file}: its record does not tell which denoised image it was made of; map the image again")
        image, model = made_of["image"], made_of.get("model")
        path = self.find(image)
        placed: Any = FileWithCrs(str(path), wkt) if wkt else path  # it stands for a path everywhere
        table = None if denoised else self.record.get("wavelengths")
        cube = MapCube.open(placed, model and self.find(model), table and self.find(table), mapping_data=True)
        if not denoised:
            self._check(cube.scene, image)
        return cube

    def _check(self, scene: Scene, image: Mapping[str, Any]) -> None:
        axis = np.ascontiguousarray(scene.axis.wavelengths_nm, "<f8").tobytes()
        same = hashlib.sha256(axis).hexdigest() == image.get("wavelengths_sha256")
        if is_regular(scene.path):
            same = same and scene.path.stat().st_size == image.get("bytes")
        if not same:
            self.warnings.append(f"{scene.path} is not as it was when the map was made")

    def mapper(self) -> ScaleMapper:
        """What mapped the image: library, thresholds, network and scales."""
        listed, network = self.record["exemplars"], self.record["network"]
        library = load_exemplars(self._own_or("exemplars", listed, paths.exemplars()))
        library = library.select(entry["name"] for entry in listed["classes"])
        discriminator = load_discriminator(self._own_or("network", network, paths.weights()), _ENGINE)
        knows_ground = self.record.get("background") is not None
        matcher = Matcher(discriminator, library, load_background() if knows_ground else None)
        return ScaleMapper(matcher, _thresholds(listed, library), tuple(self.record["scales"]), self.record["support"])

    def _own_or(self, what: str, entry: Mapping[str, Any], shipped: Path) -> PathLike:
        """The file of an entry, or the plugin's own where it is the same. Warns where the plugin's has changed."""
        file = Path(entry["path"])
        if not _is_there(file) and file.name == shipped.name and is_regular(shipped):
            file = shipped
        found = file if _is_there(file) else Path(self.find(entry))
        if sha256(found) != entry.get("sha256"):
            self.warnings.append(f"the {what} ({found.name}) is another one than the map was made with")
        return found

    def find(self, entry: Mapping[str, Any]) -> PathLike:
        """Where a file is: where it was, where it was moved to, or beside the map."""
        old = str(entry["path"])
        if old in self.moved:
            return self.moved[old]
        if gdal_name(old) is not None or _is_there(Path(old)):
            return old
        beside = self.file.with_name(Path(old).name)
        if _is_there(beside):
            return beside
        raise MovedFileError(old, f"{old}: is not there any more, and {self.file.name} was made of it; show where it is now")


def _is_there(path: Path) -> bool:
    """Whether there is a file, or a folder of spectra."""
    return is_regular(path) or path.is_dir()


def _thresholds(listed: Mapping[str, Any], library: ExemplarLibrary) -> Thresholds:
    by_name = {entry["name"]: entry for entry in listed["classes"]}
    guess, identification = (
        np.array([by_name[mineral.name][level] for mineral in library.classes], np.float32) for level in ("guess", "identification")
    )
    return Thresholds(float(np.float32(listed["best_guess"])), guess, identification, float(listed.get("lead", 0.0)))
