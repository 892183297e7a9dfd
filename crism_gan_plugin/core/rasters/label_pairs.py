"""Which label and which image belong together: the label names the image, or both were renamed alike.

Browsers and people rename files, to ``name (1).lbl`` and ``name (1).img``; the label then still has the old name. The file that was
given always counts: a label beside an image never leads to another image.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, Optional

from ..errors import InputError
from ..files.names import is_regular
from ..files.reading import beside
from ..instrument.product_names import parse_product_name
from . import envi
from .pds_label import Label, describe_image, is_label, read_label
from .raw_image import RawImage


@dataclass(frozen=True)
class Pair:
    """A label with its image.

    Attributes
    ----------
    path, label
        The label's file, and what it says.
    image
        Where the numbers are.
    note
        Text for the user where the label names another file; else empty.
    """

    path: Path
    label: Label
    image: RawImage
    note: str = ""


def pair_of_label(path: Path) -> Pair:
    """A label that was given, and its image: the one that it names, or the one that was renamed like the label.

    Raises
    ------
    InputError
        If the label cannot be read or describes no image. The image need not be there.
    """
    label = read_label(path)
    named = describe_image(path, label)
    own = None if _same(path, named.path) else _image_named_like(path, named)
    if own is None or _same(own, named.path):
        return Pair(path, label, named)
    renamed = replace(named, path=own)
    if is_regular(named.path) and (not renamed.fits() or _is_of_another_product(own, label)):
        return Pair(path, label, named)
    return Pair(path, label, renamed, _note(path, named))


def pair_of_image(image: Path) -> Optional[Pair]:
    """An image that was given, and the label beside it that describes it; None if none does.

    Raises
    ------
    InputError
        If a label beside it cannot be read or describes no image.
    """
    for path in labels_beside(image):
        label = read_label(path)
        named = describe_image(path, label)
        if _same(image, named.path):
            return Pair(path, label, named)
        renamed = replace(named, path=image)
        if renamed.fits() or not is_regular(named.path):
            return Pair(path, label, renamed, _note(path, named))
    return None


def label_of_cube(image: Path, lines: int, samples: int, bands: int) -> Optional[Label]:
    """The label beside an image that another file describes, or the image itself, so that it adds names only; None if it has none.

    A label of another image that is there is not taken, nor one that tells another size.
    """
    for path in labels_beside(image):
        label = read_label(path)
        try:
            named = describe_image(path, label)
        except InputError:  # of an unusual image, but it lies there under the same name
            return label
        same_stem = named.path.stem.lower() == image.stem.lower()
        renamed = not is_regular(named.path) and not _is_of_another_product(image, label)
        if _same(image, named.path) or (
            (same_stem or renamed) and (named.lines, named.samples, named.bands) == (lines, samples, bands)
        ):
            return label
    return None


def labels_beside(image: Path) -> Iterator[Path]:
    """The labels that lie beside an image under its name; those from the web are called ``.lbl.txt``."""
    for ending in (".lbl", ".lbl.txt"):
        for stem in dict.fromkeys((image.stem, image.name)):
            path = beside(image, stem + ending)
            if path is not None and path != image and is_label(path):
                yield path


def _image_named_like(label: Path, named: RawImage) -> Optional[Path]:
    """The image that has the label's own name, whatever it names; with another ending only where the named one is not there."""
    stem = label.name[: -len(".txt")] if label.name.lower().endswith(".lbl.txt") else label.name
    stem = stem[: -len(".lbl")] if stem.lower().endswith(".lbl") else stem
    ending = named.path.suffix
    if stem.lower().endswith(ending.lower()):
        stem = stem[: len(stem) - len(ending)]
    for suffix in dict.fromkeys((ending, *(() if is_regular(named.path) else envi.IMAGE_SUFFIXES))):
        image = beside(label, stem + suffix)
        if image is not None and image != label:
            return image
    return None


def _is_of_another_product(image: Path, label: Label) -> bool:
    """Whether the image has the archive's name of one product, and the label is that of another one."""
    own, said = parse_product_name(image), parse_product_name(str(label.get("PRODUCT_ID", "")))
    return own is not None and said is not None and own != said


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _note(label: Path, named: RawImage) -> str:
    return f"{label.name} names the image {named.path.name}; image and label were renamed alike, and are taken together"
