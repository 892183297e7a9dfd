"""Opens mineral maps: the class raster, its class table, and the similarities beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..files.gdal_access import attempt, metadata_of, open_dataset
from ..files.names import PathLike
from ..files.reading import check_file
from ..instrument.product_names import parse_product_name
from ..mapping.levels import ARTEFACT, GUESS_OFFSET, NO_DATA, UNLISTED
from ..mapping.map_files import PROBABILITY_BAND
from ..mars.crs import SPHERE_ADVICE, sphere_fault
from ..mars.georeference import Georeference, as_set_by_user
from ..mars.projection import Projection, projection_of
from ..products.kinds import refuse_other_kind
from ..provenance import is_uncorrected
from ..rasters.class_table import ClassRow, minerals_of, read_class_table
from ..rasters.metadata_keys import PRODUCT_ID_KEY, RUN_ID_KEY
from .companions import find_band, find_evidence, find_records


@dataclass(frozen=True)
class ClassRaster:
    """A mineral map or a composite as its files describe it, wherever it lies, without its pixels.

    Attributes
    ----------
    path
        The class raster.
    evidence, evidence_fault
        The raster whose first band is the similarity, or None. Then why a file that might be this raster is not.
    probability_band
        The band of the evidence that has the probabilities, from 1; None where there is none.
    georeference
        Where the map lies; None in sensor space.
    note
        A note on the CRS that was set for the map; empty if there is nothing to say.
    lines, samples
        Size of the map.
    table
        The classes of its table.
    besides_table
        What its table has that is no mineral. It counts as nothing unless it is asked for.
    metadata
        Metadata of the raster.
    records
        How it was made, as the files beside it tell; see `find_records`.
    """

    path: Path
    evidence: Optional[Path]
    evidence_fault: str
    probability_band: Optional[int]
    georeference: Optional[Georeference]
    note: str
    lines: int
    samples: int
    table: tuple[ClassRow, ...]
    metadata: Mapping[str, str]
    records: tuple[Mapping[str, Any], ...]
    besides_table: tuple[ClassRow, ...]

    @property
    def besides(self) -> tuple[int, ...]:
        """The codes of what is no mineral."""
        return tuple(row.value for row in self.besides_table)

    def minerals_of(self, codes: IntArray) -> IntArray:
        """Codes of the raster, with nothing where they are no minerals'."""
        return minerals_of(codes, self.besides)

    @property
    def product_id(self) -> str:
        """Product id of the image that was mapped; empty if unknown."""
        return self.metadata.get(PRODUCT_ID_KEY, "")

    @property
    def run_id(self) -> str:
        """The id that all files of its run share; empty for maps of earlier versions."""
        return self.metadata.get(RUN_ID_KEY, "")

    @property
    def uncorrected(self) -> bool:
        """Whether its image was never corrected for the atmosphere."""
        return is_uncorrected(self.metadata, self.records)


@dataclass(frozen=True)
class MineralMap(ClassRaster):
    """One input of a composite: a class raster that lies on Mars."""

    georeference: Georeference
    projection: Projection

    @property
    def pixel_metres(self) -> float:
        return min(self.georeference.pixel_size) * self.projection.metres_per_unit

    @property
    def centre_degrees(self) -> tuple[float, float]:
        """Longitude and latitude of the map's centre."""
        middle = self.georeference.to_map(np.array(self.samples / 2), np.array(self.lines / 2))
        longitude, latitude = self.projection.to_degrees(*middle)
        return float(longitude), float(latitude)

    @property
    def scene(self) -> str:
        """What all maps of one image have in common: the segment of its product id, else the product id, else the path."""
        name = parse_product_name(self.product_id)
        return self.product_id or str(self.path) if name is None else name.segment

    @property
    def detected_m2(self) -> float:
        """Roughly the area on which the map has a mineral, m²."""
        return (
            sum(row.pixels for row in self.table)
            * float(np.prod(self.georeference.pixel_size))
            * self.projection.metres_per_unit**2
        )

    def to_pixels(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sample and line of places on the map. On a cylindrical map, x may be a whole turn more or less."""
        if self.projection.period is not None:
            middle, _ = self.georeference.to_map(np.array(self.samples / 2), np.array(self.lines / 2))
            x = self.projection.near(x, float(middle))
        return self.georeference.to_pixels(x, y)

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies within the image."""
        sample, line = self.to_pixels(*self.projection.to_map(np.array(longitude), np.array(latitude)))
        return bool((sample >= 0) & (sample <= self.samples) & (line >= 0) & (line <= self.lines))

    def planes(self, with_probability: bool) -> list[tuple[Path, int]]:
        """File and band, from 1, of the codes, of the similarities where there are any, and, if wanted, of the probabilities."""
        found = [(self.path, 1)]
        if self.evidence is not None:
            found += [(self.evidence, 1)]
            found += [(self.evidence, self.probability_band)] if with_probability and self.probability_band is not None else []
        return found

    def read(self, sample: int, line: int, samples: int, lines: int, with_probability: bool = False) -> list[FloatArray]:
        """The `planes` of a rectangle. Raises `InputError` if they cannot be read."""
        window = (sample, line, samples, lines)
        return [_read_band(path, band, window) for path, band in self.planes(with_probability)]


def open_class_raster(path: PathLike) -> ClassRaster:
    """Open a map or a composite, also one in sensor space.

    Raises
    ------
    InputError
        If it cannot be read, is not a mineral map, or its class table is that of another map.
    """
    file = check_file(path)
    try:
        dataset = open_dataset(file)
    except InputError:
        refuse_other_kind(file, "a mineral map", "give maps made by CRISM GAN", ("raster",))
        raise
    band = dataset.GetRasterBand(1)
    from osgeo import gdal

    if dataset.RasterCount != 1 or band.DataType != gdal.GDT_Byte or band.GetNoDataValue() != NO_DATA:
        raise InputError(f"{file}: is not a mineral map (one band of class codes, no data {NO_DATA}); give maps made by CRISM GAN")
    georeference, note = as_set_by_user(path, Georeference.of(dataset))
    metadata = metadata_of(dataset)
    evidence, evidence_fault = find_evidence(file, dataset)
    rows = read_class_table(file)
    found = ClassRaster(
        path=file,
        evidence=evidence,
        evidence_fault=evidence_fault,
        probability_band=None if evidence is None else find_band(evidence, PROBABILITY_BAND),
        georeference=georeference,
        note=note,
        lines=dataset.RasterYSize,
        samples=dataset.RasterXSize,
        table=tuple(row for row in rows if row.is_mineral),
        metadata=metadata,
        records=tuple(find_records(file, metadata)),
        besides_table=tuple(row for row in rows if not row.is_mineral),
    )
    _check_table(found)
    _check_counts(found, {row.value: row.pixels for row in rows})
    return found


def open_map(path: PathLike) -> MineralMap:
    """Open a map and check everything but its pixels.

    Raises
    ------
    InputError
        If it cannot be read, is not a mineral map, does not lie on Mars, or its class table is that of another map.
    """
    found = open_class_raster(path)
    georeference = found.georeference
    if georeference is None or not georeference.wkt:
        raise InputError(
            f"{found.path}: has no coordinate reference system; map it with its geometry (DDR), or georeference it first"
        )
    fault = sphere_fault(georeference.wkt)
    projection = projection_of(georeference.wkt)
    if fault or projection is None:
        raise InputError(f"{found.path}: its coordinate reference system {fault}; {SPHERE_ADVICE}")
    return MineralMap(**vars(found), projection=projection)


def _check_table(found: ClassRaster) -> None:
    for value in found.besides:
        if value not in (ARTEFACT, UNLISTED):
            raise InputError(f"{found.path}: its class table is not that of a mineral map (value {value}); map the image again")
    for row in found.table:
        level = "guess" if row.value > GUESS_OFFSET else "identification"
        if row.value % GUESS_OFFSET == 0 or row.value >= 2 * GUESS_OFFSET or row.level != level or not row.name.strip():
            raise InputError(f"{found.path}: its class table is not that of a mineral map (value {row.value}); map the image again")


def _check_counts(found: ClassRaster, counts: Mapping[int, int]) -> None:
    """Refuse the class table of another map. A raster gets one if it is renamed or copied without its own."""
    for record in found.records:
        if found.run_id and counts != _counts(record):
            raise InputError(
                f"{found.path}: its class table is that of another map, it counts other pixels than the map's record; "
                f"copy the map with its own ({found.path.name}.aux.xml), or map the image again"
            )


def _counts(record: Mapping[str, Any]) -> Any:
    try:
        return {entry["code"]: entry["pixels"] for entry in record["found"]}
    except (KeyError, TypeError):
        return None


def _read_band(path: Path, band: int, window: tuple[int, int, int, int]) -> FloatArray:
    dataset = open_dataset(path)
    block, messages = attempt(dataset.GetRasterBand(band).ReadAsArray, *window)
    if block is None or messages:
        reason = messages[0] if messages else "no reason given"
        raise InputError(f"{path}: cannot be read at line {window[1]} ({reason}); the file may be damaged, get it again")
    return block
