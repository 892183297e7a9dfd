"""Images that are no files of their own, in archives and on servers: GDAL reads their numbers, headers and labels too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import InputError
from ..files.gdal_access import attempt, load_gdal, metadata_of, open_dataset, open_pds_dataset
from ..files.names import file_on_disk
from ..files.reading import LARGEST_TEXT
from ..files.virtual import read_beginning, sibling, size_of
from . import envi
from .pds_label import Label, parse_label


def open_virtual(name: str) -> tuple[Any, Optional[Label]]:
    """GDAL's dataset, and the PDS label through which it was opened, if it was.

    Raises
    ------
    InputError
        If it cannot be opened, or is shorter than its header or label says, which GDAL would fill with zeros.
    """
    head = read_beginning(name, 512)
    if head.startswith(b"ENVI"):
        name = _image_of_header(name)
    elif b"PDS_VERSION_ID" in head:
        return _open_label(name)
    try:
        dataset = open_dataset(name)
    except InputError:
        label = _label_of(name)
        if label is None:
            _refuse_missing(name)
            raise
        dataset, read = _open_label(label)
        if not any(file.lower() == name.lower() for file in dataset.GetFileList() or []):
            raise InputError(
                f"{name}: the label beside it, {label.rpartition('/')[2]}, names another image; unpack the archive"
            ) from None
        return dataset, read
    if dataset.GetDriver().ShortName == "ENVI":
        fields = {key.replace("_", " "): value for key, value in metadata_of(dataset, "ENVI").items()}
        envi.describe_fields(Path(name), Path(name).with_suffix(".hdr"), fields)
        _check_header(name, dataset)
        _check_size(name, dataset)
    return dataset, None


def _check_header(name: str, dataset: Any) -> None:
    """Raise `InputError` if GDAL has overlooked something in the header of an ENVI image."""
    file = name.rpartition("/")[2]
    headers = (sibling(name, f"{stem}.hdr") for stem in (file, file.rpartition(".")[0]))
    header = next((each for each in headers if each is not None), None)
    data = b"" if header is None else read_beginning(header, LARGEST_TEXT)
    if header is not None and not envi.is_read_alike(dataset, Path(header), data):
        raise InputError(f"{header}: this header is written in a way that is not read inside archives; unpack the archive")


def refuse_archive(path: Path) -> None:
    """Raise `InputError` if a file is an archive, with what to give instead."""
    with path.open("rb") as file:
        head = file.read(265)
    kinds = {"zip": head.startswith(b"PK\x03\x04"), "gzip": head.startswith(b"\x1f\x8b"), "tar": head[257:262] == b"ustar"}
    prefix = next((f"/vsi{kind}/{path}" for kind, found in kinds.items() if found), None)
    if prefix is not None:
        raise InputError(f"{path}: is an archive; give the image in it by GDAL's name: {_first_images(prefix) or prefix}")


def _first_images(archive: str) -> str:
    """The first names of what may be images in an archive or a folder of one: labels, headers, GeoTIFFs."""
    entries = attempt(load_gdal().ReadDirRecursive, archive)[0] or ()
    names = [f"{archive}/{entry}" for entry in entries if entry.lower().endswith((".lbl", ".tif", ".tiff", ".hdr", ".vrt"))]
    return ", ".join(names[:3])


def _refuse_missing(name: str) -> None:
    """Raise `InputError` if an archive has no file of that name, or has only a folder."""
    archive = file_on_disk(name)
    if archive is None or size_of(name):
        return
    there = _first_images(name)
    if there:
        raise InputError(f"{name}: is not an image but has several; give one of them: {there}")
    if not name.endswith(str(archive)):
        raise InputError(f"{name}: {archive.name} has no such file, or an empty one; check the name")


def _image_of_header(header: str) -> str:
    stem = header.rpartition("/")[2].rpartition(".")[0]
    return envi.find_image(header, stem, lambda name: sibling(header, name))


def _label_of(image: str) -> Optional[str]:
    file = image.rpartition("/")[2]
    for stem in (file.rpartition(".")[0], file):
        for ending in (".lbl", ".lbl.txt"):
            label = sibling(image, stem + ending)
            if label is not None and b"PDS_VERSION_ID" in read_beginning(label, 512):
                return label
    return None


def _open_label(name: str) -> tuple[Any, Label]:
    try:
        label = parse_label(read_beginning(name).decode("latin-1"))
    except ValueError as error:
        raise InputError(f"{name}: this label cannot be understood ({error}); get the file again") from error
    dataset = open_pds_dataset(name)
    _check_size(name, dataset)
    return dataset, label


def _check_size(name: str, dataset: Any) -> None:
    from osgeo import gdal_array

    kind = gdal_array.GDALTypeCodeToNumericTypeCode(dataset.GetRasterBand(1).DataType)
    needed = dataset.RasterXSize * dataset.RasterYSize * dataset.RasterCount * np.dtype(kind).itemsize
    have = sum(size_of(file) for file in dataset.GetFileList() or [name])
    if have < needed:
        raise InputError(f"{name}: truncated: it has {have} bytes, but {needed} are described; get the file again")
