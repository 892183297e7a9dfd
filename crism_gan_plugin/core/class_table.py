"""The table of a class raster: code, name, level, colour, pixels and area of each class, where QGIS looks for them.

It is written as colour table, category names and raster attribute table into ``<file>.aux.xml`` (GDAL's PAM), never into the
GeoTIFF, which stays as it was written: a palette inside the file would change how its no-data value is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Sequence, Union

from .errors import OutputError
from .gdal_access import attempt, load_gdal, open_dataset


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
        What the code says about it: identification, guess, nothing.
    rgb
        Red, green and blue, 0 … 255.
    pixels
        How many pixels have the code.
    area_km2
        Area in km², or None without map projection.
    """

    value: int
    name: str
    level: str
    rgb: tuple[int, int, int]
    pixels: int
    area_km2: Optional[float]


def write_class_table(path: Union[str, Path], entries: Sequence[ClassRow]) -> None:
    """Give a one-band uint8 raster that is already written its table; `OutputError` if that fails."""
    gdal = load_gdal()
    dataset = [open_dataset(path)]
    band = dataset[0].GetRasterBand(1)
    colours, names = gdal.ColorTable(), [""] * (max((row.value for row in entries), default=0) + 1)
    for row in entries:
        colours.SetColorEntry(row.value, (*row.rgb, 255))
        names[row.value] = f"{row.name} ({row.level})" if row.level else row.name
    messages = attempt(band.SetColorTable, colours)[1]
    messages += attempt(band.SetCategoryNames, names)[1]
    messages += attempt(band.SetDefaultRAT, _attribute_table(gdal, entries))[1]
    del band
    messages += attempt(dataset.clear)[1]
    written = [row.value for row in read_class_table(path)]
    if messages or written != [row.value for row in entries]:  # GDAL tells nobody when the .aux.xml is cut off
        reason = messages[0] if messages else "it is not whole"
        raise OutputError(f"{path}.aux.xml: the class table cannot be written ({reason}); free some disk space")


def _attribute_table(gdal: Any, entries: Sequence[ClassRow]) -> Any:
    # A count beyond 32 bits needs a real column: GDAL's integer columns are 32 bits wide.
    counts = gdal.GFT_Real if any(row.pixels >= 2**31 for row in entries) else gdal.GFT_Integer
    columns = (
        ("value", gdal.GFT_Integer, gdal.GFU_MinMax, [row.value for row in entries]),
        ("class", gdal.GFT_String, gdal.GFU_Name, [row.name for row in entries]),
        ("level", gdal.GFT_String, gdal.GFU_Generic, [row.level for row in entries]),
        ("red", gdal.GFT_Integer, gdal.GFU_Red, [row.rgb[0] for row in entries]),
        ("green", gdal.GFT_Integer, gdal.GFU_Green, [row.rgb[1] for row in entries]),
        ("blue", gdal.GFT_Integer, gdal.GFU_Blue, [row.rgb[2] for row in entries]),
        ("pixels", counts, gdal.GFU_PixelCount, [row.pixels for row in entries]),
        ("area_km2", gdal.GFT_Real, gdal.GFU_Generic, [math.nan if row.area_km2 is None else row.area_km2 for row in entries]),
    )
    table = gdal.RasterAttributeTable()
    table.SetRowCount(len(entries))
    setters = {
        gdal.GFT_Integer: table.SetValueAsInt,
        gdal.GFT_Real: table.SetValueAsDouble,
        gdal.GFT_String: table.SetValueAsString,
    }
    for column, (name, kind, usage, values) in enumerate(columns):
        table.CreateColumn(name, kind, usage)
        for line, value in enumerate(values):
            setters[kind](line, column, value)
    return table


def read_class_table(path: Union[str, Path]) -> list[ClassRow]:
    """The table of a class raster; empty if it has none."""
    dataset = open_dataset(path)
    table = attempt(dataset.GetRasterBand(1).GetDefaultRAT)[0]
    if table is None:
        return []
    place = {table.GetNameOfCol(column): column for column in range(table.GetColumnCount())}
    needed = ("value", "class", "level", "red", "green", "blue", "pixels", "area_km2")
    if any(name not in place for name in needed):
        return []
    return [_row(table, line, place) for line in range(table.GetRowCount())]


def _row(table: Any, line: int, place: dict[str, int]) -> ClassRow:
    area = table.GetValueAsDouble(line, place["area_km2"])
    red, green, blue = (table.GetValueAsInt(line, place[name]) for name in ("red", "green", "blue"))
    return ClassRow(
        value=table.GetValueAsInt(line, place["value"]),
        name=table.GetValueAsString(line, place["class"]),
        level=table.GetValueAsString(line, place["level"]),
        rgb=(red, green, blue),
        pixels=int(table.GetValueAsDouble(line, place["pixels"])),
        area_km2=None if math.isnan(area) else area,
    )
