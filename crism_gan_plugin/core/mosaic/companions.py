"""Finds the files beside a map that belong to it: its similarities and its records.

Files are renamed and copied, one without the other, so names prove nothing. Files are looked for under the map's own stem first,
then under the name that its metadata tells. The id that the files of a run share decides. Maps of earlier versions have no id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import InputError
from ..files.gdal_access import metadata_of, open_dataset
from ..files.reading import beside, check_file, read_json
from ..mars.georeference import Georeference
from ..provenance import RUN_ID
from ..rasters.metadata_keys import EVIDENCE_KEY, PROVENANCE_KEY, RUN_ID_KEY

#: Endings of the file names of a map's and of a composite's similarities.
_ENDINGS = ("_evidence.tif", "_similarity.tif")


def find_evidence(path: Path, dataset: Any) -> tuple[Optional[Path], str]:
    """Find the similarities of an open class raster, and say what is wrong with other files that might be them.

    Returns
    -------
    The raster, or None. Then one line about the files that were not taken, empty if there are none.
    """
    metadata = metadata_of(dataset)
    stored = metadata.get(EVIDENCE_KEY, "")
    ending = next((ending for ending in _ENDINGS if stored.endswith(ending)), _ENDINGS[0])
    faults = []
    for file in _candidates(path, (f"{path.stem}{ending}", stored)):
        fault = _fault(file, dataset, metadata.get(RUN_ID_KEY, ""))
        if fault is None:
            return file, ""
        faults.append(f"{file}: is not the evidence of {path.name}, {fault}")
    return None, "; ".join(faults)


def find_band(file: Path, name: str) -> Optional[int]:
    """The number of a raster's band of this name, from 1; None if it has none."""
    dataset = open_dataset(file)
    names = [dataset.GetRasterBand(number).GetDescription() for number in range(1, dataset.RasterCount + 1)]
    return names.index(name) + 1 if name in names else None


def find_records(path: Path, metadata: Mapping[str, str]) -> list[dict[str, Any]]:
    """The records of a map's run. For a map without an id, all records under its names count, since none may be overlooked."""
    run, found = metadata.get(RUN_ID_KEY, ""), []
    for file in _candidates(path, (f"{path.stem}_provenance.json", metadata.get(PROVENANCE_KEY, ""))):
        try:
            record = read_json(file, "map the image again")
        except InputError:
            continue
        if isinstance(record, dict) and (not run or record.get(RUN_ID) == run):
            found.append(record)
    return found


def _candidates(path: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """The files of these names beside the map, each once."""
    seen = {path}
    for name in names:
        file = beside(path, name)
        if file is not None and file not in seen:
            seen.add(file)
            yield file


def _fault(file: Path, classes: Any, run: str) -> Optional[str]:
    """Why a raster does not hold the similarities of a class raster, or None if it does."""
    from osgeo import gdal

    try:
        dataset = open_dataset(check_file(file))
    except InputError:
        return "it cannot be read"
    other = dataset.GetMetadataItem(RUN_ID_KEY) or ""
    if other != run:
        return "it is of another run" if other and run else f"only the {'map' if run else 'evidence'} tells of which run it is"
    if dataset.RasterCount == 0 or dataset.GetRasterBand(1).DataType not in (gdal.GDT_Float32, gdal.GDT_Float64):
        return "it holds no similarities"
    place, wanted = Georeference.of(dataset), Georeference.of(classes)
    same = (dataset.RasterYSize, dataset.RasterXSize) == (classes.RasterYSize, classes.RasterXSize)
    if not same or (place is None) != (wanted is None):
        return "it lies elsewhere"
    if place is not None and wanted is not None and not np.allclose(place.transform, wanted.transform, rtol=1e-9):
        return "it lies elsewhere"
    return None
