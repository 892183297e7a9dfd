"""The table of a class raster: code, name, level, colour, pixels and area of each class, where QGIS looks for them.

It is written as colour table, category names and raster attribute table into ``<file>.aux.xml`` (GDAL's PAM), never into the
GeoTIFF, which stays as it was written: a palette inside the file would change how its no-data value is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Collection, Optional, Sequence
from xml.etree import ElementTree

import numpy as np

from ..arrays import IntArray
from ..errors import OutputError
from ..files.gdal_access import as_text, attempt, load_gdal, open_dataset
from ..files.names import PathLike

#: Column of the table of a map of ratioed spectra.
_BOTH = "both_pixels"

#: Columns of the table of a map whose false detections were estimated: share, and its interval of 95 %.
FALSE_SHARE = ("false_share", "false_share_low", "false_share_high")

#: Level of what has a code and is no mineral: artefacts, and absorptions that match no class.
NOT_MINERAL = "nothing"


@dataclass(frozen=True)
class ClassRow:
    """One line of the table.

    Attributes
    ----------
    value
        Code in the raster, 0 … 255.
    name
        Name of the class.
    level
        What the code says about it: identification, guess, or `NOT_MINERAL`.
    rgb
        Red, green and blue, 0 … 255.
    pixels
        How many pixels have the code.
    area_km2
        Area in km², or None without map projection.
    both_pixels
        How many of these pixels have the same name without the neutral ratio, too. None in a map without a ratio.
    false_share
        The estimated share of false detections, and the ends of its interval of 95 %. None where it was not asked for or cannot
        be told.
    """

    value: int
    name: str
    level: str
    rgb: tuple[int, int, int]
    pixels: int
    area_km2: Optional[float]
    both_pixels: Optional[int] = None
    false_share: Optional[tuple[float, float, float]] = None

    @property
    def is_mineral(self) -> bool:
        """Whether the code is that of a class."""
        return self.level != NOT_MINERAL


def write_class_table(path: PathLike, entries: Sequence[ClassRow]) -> None:
    """Give a one-band uint8 raster that is already written its table.

    The file of GDAL's persistent auxiliary metadata is written as text: where GDAL's own setters put the attribute table depends on
    the version. Those of 3.13 put it inside a GeoTIFF that is open for update, and nowhere, without an error, if it is open for
    reading.

    Raises
    ------
    OutputError
        If the file cannot be written, or GDAL reads another table from it.
    """
    file = Path(f"{path}.aux.xml")
    try:
        root = ElementTree.parse(file).getroot() if file.is_file() else ElementTree.Element("PAMDataset")  # noqa: S314 - our own
        band = root.find("PAMRasterBand[@band='1']")
        if band is None:
            band = ElementTree.SubElement(root, "PAMRasterBand", band="1")
        for element in _elements(entries):
            for old in band.findall(element.tag):
                band.remove(old)
            band.append(element)
        ElementTree.indent(root)
        file.write_text(ElementTree.tostring(root, encoding="unicode") + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{file}: the class table cannot be written ({error.strerror}); free some disk space or choose another folder"
        ) from error
    if not _same(read_class_table(path), entries):
        version = load_gdal().__version__
        raise OutputError(f"{file}: the class table is not read back as it was written (GDAL {version}); please report this")


def _elements(entries: Sequence[ClassRow]) -> list[ElementTree.Element]:
    """What GDAL keeps of a paletted band: that it is one, its colours, category names and attribute table."""
    by_value = {row.value: row for row in entries}
    interpretation, categories, colours, table = (
        ElementTree.Element(tag) for tag in ("ColorInterp", "CategoryNames", "ColorTable", "GDALRasterAttributeTable")
    )
    interpretation.text = "Palette"
    for value in range(max(by_value, default=-1) + 1):
        row = by_value.get(value)
        name = ElementTree.SubElement(categories, "Category")
        name.text = "" if row is None else f"{row.name} ({row.level})" if row.level else row.name
        red, green, blue = (0, 0, 0) if row is None else row.rgb
        ElementTree.SubElement(colours, "Entry", c1=str(red), c2=str(green), c3=str(blue), c4="0" if row is None else "255")
    table.set("tableType", "thematic")
    columns = _columns(load_gdal(), entries)
    for number, (name_of_column, kind, usage, _) in enumerate(columns):
        field = ElementTree.SubElement(table, "FieldDefn", index=str(number))
        for tag, text in (("Name", name_of_column), ("Type", str(kind)), ("Usage", str(usage))):
            ElementTree.SubElement(field, tag).text = text
    for line in range(len(entries)):
        cells = ElementTree.SubElement(table, "Row", index=str(line))
        for *_, values in columns:
            ElementTree.SubElement(cells, "F").text = str(values[line])
    return [interpretation, categories, colours, table]


def _columns(gdal: Any, entries: Sequence[ClassRow]) -> tuple[tuple[str, int, int, list[Any]], ...]:
    """Name, type, usage and values of each column of the attribute table."""
    # A count beyond 32 bits needs a real column: GDAL's integer columns are 32 bits wide.
    counts = gdal.GFT_Real if any(row.pixels >= 2**31 for row in entries) else gdal.GFT_Integer
    ratioed = bool(entries) and all(row.both_pixels is not None for row in entries)
    both = ((_BOTH, counts, gdal.GFU_Generic, [row.both_pixels for row in entries]),) if ratioed else ()
    told = FALSE_SHARE if any(row.false_share is not None for row in entries) else ()
    shares = [row.false_share or (math.nan,) * len(FALSE_SHARE) for row in entries]
    false = ((name, gdal.GFT_Real, gdal.GFU_Generic, list(values)) for name, values in zip(told, zip(*shares)))
    return (
        ("value", gdal.GFT_Integer, gdal.GFU_MinMax, [row.value for row in entries]),
        ("class", gdal.GFT_String, gdal.GFU_Name, [row.name for row in entries]),
        ("level", gdal.GFT_String, gdal.GFU_Generic, [row.level for row in entries]),
        ("red", gdal.GFT_Integer, gdal.GFU_Red, [row.rgb[0] for row in entries]),
        ("green", gdal.GFT_Integer, gdal.GFU_Green, [row.rgb[1] for row in entries]),
        ("blue", gdal.GFT_Integer, gdal.GFU_Blue, [row.rgb[2] for row in entries]),
        ("pixels", counts, gdal.GFU_PixelCount, [row.pixels for row in entries]),
        ("area_km2", gdal.GFT_Real, gdal.GFU_Generic, [math.nan if row.area_km2 is None else row.area_km2 for row in entries]),
        *both,
        *false,
    )


def _same(read: Sequence[ClassRow], written: Sequence[ClassRow]) -> bool:
    """Whether a table came back whole; areas may differ in their last digits."""
    return [replace(row, area_km2=None) for row in read] == [replace(row, area_km2=None) for row in written] and all(
        (one.area_km2 is None) == (other.area_km2 is None) and math.isclose(one.area_km2 or 0, other.area_km2 or 0, rel_tol=1e-9)
        for one, other in zip(read, written)
    )


def read_class_table(path: PathLike) -> list[ClassRow]:
    """The table of a class raster; empty if it has none."""
    dataset = open_dataset(path)
    table = attempt(dataset.GetRasterBand(1).GetDefaultRAT)[0]
    if table is None:
        return []
    place = {as_text(table.GetNameOfCol(column)): column for column in range(table.GetColumnCount())}
    needed = ("value", "class", "level", "red", "green", "blue", "pixels", "area_km2")
    if any(name not in place for name in needed):
        return []
    return [_row(table, line, place) for line in range(table.GetRowCount())]


def minerals_of(codes: IntArray, besides: Collection[int]) -> IntArray:
    """Codes of a class raster, with nothing (0) where they are no minerals', which ``besides`` has."""
    return np.where(np.isin(codes, list(besides)), 0, codes).astype(codes.dtype) if besides else codes


def _row(table: Any, line: int, place: dict[str, int]) -> ClassRow:
    area = table.GetValueAsDouble(line, place["area_km2"])
    both = table.GetValueAsDouble(line, place[_BOTH]) if _BOTH in place else math.nan
    share, low, high = (table.GetValueAsDouble(line, place[name]) if name in place else math.nan for name in FALSE_SHARE)
    red, green, blue = (table.GetValueAsInt(line, place[name]) for name in ("red", "green", "blue"))
    return ClassRow(
        value=table.GetValueAsInt(line, place["value"]),
        name=as_text(table.GetValueAsString(line, place["class"])),
        level=as_text(table.GetValueAsString(line, place["level"])),
        rgb=(red, green, blue),
        pixels=int(table.GetValueAsDouble(line, place["pixels"])),
        area_km2=None if math.isnan(area) else area,
        both_pixels=int(both) if math.isfinite(both) else None,
        false_share=(share, low, high) if math.isfinite(share) else None,
    )
