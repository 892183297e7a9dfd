"""Which images a batch has: those of a list, or those that lie in a folder; and what their maps are called."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from ..errors import InputError, ParameterError
from ..products.names import parse_product_name
from ..progress import Progress
from ..raster import RasterReader

PathLike = Union[str, Path]

#: Endings of images, the preferred one of an image that has several first: a label stands for a file that GDAL does not know alone.
_SUFFIXES = (".img", ".tif", ".tiff", ".lbl")

#: Calibration and volcano-scan records look like images, and are none.
_RECORD = re.compile(r"(CDR|ADR)", re.IGNORECASE)

#: A raster with fewer bands is a map, a picture or a set of parameters, not a cube.
_FEWEST_BANDS = 30


@dataclass(frozen=True)
class Image:
    """An image to be mapped, and what it is called among the others."""

    path: Path
    scene: str

    @property
    def stem(self) -> str:
        """What the names of its map's files begin with."""
        return f"{self.scene}_minerals"


def list_images(inputs: Sequence[PathLike], out_dir: Path, progress: Progress) -> list[Image]:
    """The images of a batch, each once, in the order given; those of a folder in the order of their paths.

    Parameters
    ----------
    inputs
        Files, and folders that are searched with all that is in them.
    out_dir
        Where the maps go; never searched.

    Raises
    ------
    ParameterError
        If there is none.
    """
    found: dict[Path, None] = {}
    for given in map(Path, inputs):
        if not given.is_dir():
            found.setdefault(_same_file(given))
            continue
        in_folder = list(search(given, out_dir, progress))
        if not in_folder:
            progress.warn(f"{given}: no image was found in this folder")
        found.update(dict.fromkeys(map(_same_file, in_folder)))
    if not found:
        raise ParameterError("no image is given; give images, or a folder that has some")
    return [Image(path, name) for path, name in zip(found, _names(list(found)))]


def search(folder: Path, leave_out: Path, progress: Progress) -> Iterator[Path]:
    """The images below a folder: CRISM's I/F products of the infrared or joined cube, and other rasters with many bands.

    What CRISM delivers beside its images is left out without a word; other rasters that are no cubes with a note. A file that
    cannot be opened is an image that is broken: it is found, so that it is told about when its turn comes.
    """
    by_name: dict[Path, list[Path]] = {}
    for file in sorted(folder.rglob("*")):
        progress.check()
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and file.suffix.lower() in _SUFFIXES and leave_out.resolve() not in file.resolve().parents and file.is_file():
            by_name.setdefault(file.with_suffix("").parent / file.stem.lower(), []).append(file)
    for files in by_name.values():
        file = min(files, key=lambda each: _SUFFIXES.index(each.suffix.lower()))
        reason = _no_image(file)
        if reason is None:
            yield file
        elif reason:
            progress.info(f"{file}: {reason}; it is left out")


def _no_image(file: Path) -> Optional[str]:
    """Why a file is none of the images to map: None if it is one, "" where that goes without saying."""
    name = parse_product_name(file)
    if name is not None:
        image = name.activity == "IF" and name.sensor in "LJ" and name.product_type in ("TRR", "TER", "MTR")
        return None if image else ""
    if _RECORD.match(file.name):
        return ""
    try:
        with RasterReader(file) as reader:
            return None if reader.bands >= _FEWEST_BANDS else f"has {reader.bands} band(s), and is no cube of spectra"
    except InputError:
        return None


def _same_file(path: Path) -> Path:
    """One path for a file, however it was given."""
    return path.resolve()


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' names without endings; images of one name get as many of their folders' names as it takes to tell them apart."""
    folders = [(path.parent, path.stem.lower()) for path in paths]
    names = [path.stem if folders.count(folder) == 1 else f"{path.stem}_{path.suffix[1:]}" for path, folder in zip(paths, folders)]
    depth = [0] * len(paths)
    while True:
        stems = ["_".join([*_last(path.parent.parts, parts), name]) for path, parts, name in zip(paths, depth, names)]
        folded = [stem.lower() for stem in stems]
        deeper = [k for k, stem in enumerate(folded) if folded.count(stem) > 1 and depth[k] < len(paths[k].parent.parts) - 1]
        if not deeper:
            break
        for k in deeper:
            depth[k] += 1
    for k, stem in enumerate(folded):
        if folded.count(stem) > 1:  # a/b_x and a/b/x
            stems[k] += f"_{zlib.crc32(str(paths[k]).encode()):08x}"
    return stems


def _last(parts: tuple[str, ...], count: int) -> tuple[str, ...]:
    return parts[len(parts) - count :]
