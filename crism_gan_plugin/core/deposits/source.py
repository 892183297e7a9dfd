"""A map whose deposits are looked for, opened, with all that is known of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..arrays import IntArray
from ..errors import CrismError, ParameterError
from ..files.names import PathLike
from ..mars.areas import PixelAreas, areas_of_map
from ..mars.georeference import SENSOR_SPACE, Georeference
from ..mars.projection import Projection, projection_of
from ..mosaic.maps import ClassRaster, open_class_raster
from ..options.deposits import DepositOptions
from ..rasters.class_table import ClassRow
from ..rasters.reader import RasterReader
from .evidence import SAMPLE, Evidence
from .spectra import MappedImage, open_image

#: The least number of detector columns of a deposit, where the user asks for none and the columns are known.
_USUAL_COLUMNS = 2


@dataclass(frozen=True)
class MapSource:
    """A map, its evidence and its image.

    Attributes
    ----------
    map, reader, evidence
        The map, its codes, and what lies beside it.
    image
        The image that was mapped; None where there is none at hand.
    projection, areas
        The way to longitude and latitude, and km² of pixels; None where they are not known.
    by_own_columns
        Whether the map's columns are those of the detector.
    least_columns
        Detector columns that a deposit must have.
    notes
        What the user should know.
    shows_besides
        Whether what is no mineral has deposits, too.
    """

    map: ClassRaster
    reader: RasterReader
    evidence: Evidence
    image: Optional[MappedImage]
    projection: Optional[Projection]
    areas: Optional[PixelAreas]
    by_own_columns: bool
    least_columns: int
    notes: list[str]
    shows_besides: bool = False

    @staticmethod
    def open(path: PathLike, options: DepositOptions, with_image: bool = True) -> MapSource:
        """The map with its evidence, and the image that was mapped, where that is to be found; raises as `make_deposits` does.

        Without the image, deposits have no spectra.
        """
        found = open_class_raster(path)
        evidence = Evidence.beside(found)
        notes = [found.note] if found.note else []
        if found.evidence is None:
            notes.append(f"{found.evidence_fault or 'the map has no evidence beside it'}: deposits have no scores")
        place = found.georeference
        projection = None if place is None else projection_of(place.wkt)
        if place is None:
            notes.append("the map is in sensor space: coordinates are pixels, x the sample and y minus the line, as QGIS shows it")
        elif projection is None:
            notes.append("the map's CRS does not lead to longitude and latitude on Mars: deposits have no km², lon and lat")
        by_own = place is None
        known = by_own or evidence.band(SAMPLE) is not None
        if not known and options.min_columns is not None and options.min_columns > 1:
            raise ParameterError(
                f"min columns {options.min_columns}: the evidence of {found.path} has no band '{SAMPLE}', so that detector columns "
                "are not known; map the image again with its evidence, or ask for 1"
            )
        if not known and options.min_columns is None:
            notes.append(f"the evidence has no band '{SAMPLE}': streaks of a single detector column are not left out")
        least = options.min_columns or _USUAL_COLUMNS if known else 1
        opened, why = _open_image(found, options, evidence) if with_image else (None, [])
        notes += why
        return MapSource(
            map=found,
            reader=RasterReader(found.path),
            evidence=evidence,
            image=opened,
            projection=projection,
            areas=None if place is None or projection is None else areas_of_map(place, found.lines, found.samples),
            by_own_columns=by_own,
            least_columns=least,
            notes=notes,
            shows_besides=options.besides,
        )

    def codes(self, first: int, lines: int) -> IntArray:
        """(lines, samples) uint8; nothing where the map's code is that of no row of the `table` but is known."""
        found = self.reader.read(first, lines)[0]
        return found if self.shows_besides else self.map.minerals_of(found)

    @property
    def table(self) -> tuple[ClassRow, ...]:
        """What may have deposits."""
        return (*self.map.table, *(self.map.besides_table if self.shows_besides else ()))

    @property
    def place(self) -> Georeference:
        """From sample and line to coordinates."""
        return self.map.georeference or SENSOR_SPACE


def _open_image(found: ClassRaster, options: DepositOptions, evidence: Evidence) -> tuple[Optional[MappedImage], list[str]]:
    """The image, or a note on why there is none. An image that was given and does not fit is refused."""
    try:
        return open_image(found, options.image, options.wavelengths, evidence.tells_pixels), []
    except CrismError as error:
        if options.image is not None:
            raise
        return None, [f"no spectra: {error}"]
