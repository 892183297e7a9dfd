"""Images that are no files of their own, in archives and on servers: GDAL reads their numbers, headers and labels too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Optional

import numpy as np

from . import envi
from .errors import InputError
from .gdal_access import attempt, load_gdal, metadata_of, open_dataset, open_pds_dataset
from .products.labels import Label, parse_label
from .virtual import read_beginning, sibling, size_of


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
        _check_size(name, dataset)
    return dataset, None


def images_in(archive: Path) -> Iterator[str]:
    """GDAL's names of what may be images in a zip: labels, and files that images are usually called like."""
    for entry in attempt(load_gdal().ReadDirRecursive, f"/vsizip/{archive}")[0] or ():
        if entry.lower().endswith((".lbl", ".tif", ".tiff", ".hdr", ".vrt")):
            yield f"/vsizip/{archive}/{entry}"


def _image_of_header(header: str) -> str:
    stem = header.rpartition("/")[2].rpartition(".")[0]
    for suffix in envi.IMAGE_SUFFIXES:
        image = sibling(header, stem + suffix)
        if image is not None and image != header:
            return image
    raise InputError(f"{header}: the image that this header describes is not beside it ({stem}.img)")


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
