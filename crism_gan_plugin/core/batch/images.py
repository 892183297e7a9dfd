"""The images of a batch, from a list or from a folder, and the names of their maps."""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..errors import InputError, ParameterError, one_line
from ..files.names import PathLike, gdal_name
from ..files.reading import real_path
from ..instrument.product_names import is_original, parse_product_name
from ..instrument.tile_names import ALBEDO, I_OVER_F, find_of_tile, parse_tile_name
from ..mars.georeference import FileWithCrs
from ..products.kinds import kind_by_label
from ..progress import Progress
from ..rasters import envi
from ..rasters.label_pairs import pair_of_label
from ..rasters.metadata_keys import EVIDENCE_KEY, PROVENANCE_KEY, RUN_ID_KEY
from ..rasters.reader import RasterReader
from .folder import files_below

#: Endings of images that tell all by themselves, the preferred one of an image that has several first.
_RASTERS = (".img", ".tif", ".tiff", ".cub", ".vrt")

#: A label stands for its image, whatever that is called. Those from the web are called ``.lbl.txt``.
_LABELS = (".lbl", ".lbl.txt")

#: Calibration and volcano-scan records look like images, and are none.
_RECORD = re.compile(r"(CDR|ADR)", re.IGNORECASE)

#: What a batch makes on the way to its maps: images that are denoised already.
_DENOISED = re.compile(r".*_minerals_denoised(_\w+)?", re.IGNORECASE)

#: What is written beside a denoised cube, and is as large.
_OF_DENOISING = re.compile(r"(?P<cube>.+)_(model|background|bad|transmission)", re.IGNORECASE)

#: Metadata of maps and composites, those of earlier versions included.
_OURS = {RUN_ID_KEY, PROVENANCE_KEY, EVIDENCE_KEY}

#: A raster with fewer bands is a map, a picture or a set of parameters, not a cube.
_FEWEST_BANDS = 30


@dataclass(frozen=True)
class Image:
    """An image to be mapped, and what it is called among the others."""

    path: Path
    scene: str
    crs: Optional[str] = None

    @property
    def source(self) -> PathLike:
        """The path, with the CRS that its user set, if any."""
        return self.path if self.crs is None else FileWithCrs(str(self.path), self.crs)

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
        Where the maps go; not searched, if it lies in a folder that is. In a folder that is given itself, maps and images are told
        apart.

    Raises
    ------
    ParameterError
        If there is none.
    """
    found: dict[Path, Path] = {}
    crs = {real_path(Path(each)): each.crs for each in inputs if isinstance(each, FileWithCrs)}
    for given in map(Path, inputs):
        if not os.path.isdir(given):  # noqa: PTH112 - Path.is_dir raises where nobody may look
            found.setdefault(real_path(given), _place(given))
            continue
        in_folder = search(given, out_dir, progress)
        if not in_folder:
            progress.warn(one_line(f"{given}: no image was found in this folder"))
        for file in in_folder:
            found.setdefault(real_path(file), _place(file))
    if not found:
        raise ParameterError("no image is given; give images, or a folder that has some")
    paths = list(found.values())
    return [Image(path, name, crs.get(real)) for real, path, name in zip(found, paths, _names(paths))]


def search(folder: Path, out_dir: Path, progress: Progress) -> list[Path]:
    """The images below a folder, by their paths: CRISM's I/F products of the infrared or joined cube, and other cubes of spectra.

    Of a map tile that is Lambert albedo, not the I/F that it was made of.

    What CRISM delivers beside its images, and what a batch writes itself, is left out without a word. Other rasters that are no
    cubes are left out with a note. A file that cannot be opened counts as a broken image, which is reported when its turn comes.
    """
    found = [
        image
        for files in files_below(folder, out_dir, progress)
        for several in [*_by_stem(files), *_headers_alone(files)]
        if (image := _choose(several, progress)) is not None
    ]
    taken = {real_path(file) for file in found if not _is_label(file)}
    return sorted(file for file in found if not _is_label(file) or _labelled(file) not in taken)


def _by_stem(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files of one folder that may be images, those of one name together, the preferred one first."""
    names, groups = {file.name.lower() for file in files}, dict[str, list[tuple[int, Path]]]()
    for file in files:
        rank = _rank(file, names)
        if rank is not None:
            groups.setdefault(_stem(file).lower(), []).append((rank, file))
    for group in groups.values():
        yield [file for _, file in sorted(group)]


def _headers_alone(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The ENVI headers of cubes that are not there, which are told of like other broken images."""
    stems = {name for file in files if file.suffix.lower() != ".hdr" for name in (file.name.lower(), file.stem.lower())}
    for file in files:
        if file.suffix.lower() == ".hdr" and file.stem.lower() not in stems and envi.is_header(file):
            yield [file]


def _rank(file: Path, names: set[str]) -> Optional[int]:
    """What comes before what among files of one name; None for what is no image by its name, nor by a header beside it."""
    ending, stem = file.suffix.lower(), file.stem.lower()
    of_denoising = _OF_DENOISING.fullmatch(stem)
    made = of_denoising and {f"{of_denoising['cube']}.tif", f"{of_denoising['cube']}_provenance.json"} <= names
    if made or _DENOISED.fullmatch(stem):
        return None
    if _is_label(file):
        return 4
    if ending in _RASTERS:
        return 0 if ending == _RASTERS[0] else 2 + (ending == _RASTERS[-1])
    if ending in (".bsq", ".bil", ".bip"):  # without a header it is a cube that has lost it
        return 1
    if ending == ".hdr" or not {f"{file.name.lower()}.hdr", f"{stem}.hdr"} & names:
        return None
    return 1 if _is_described(file) else None


def _is_described(file: Path) -> bool:
    """Whether a file is that of the ENVI header beside it; one with an ending of its own has to be as long as that says."""
    header = envi.header_of(file)
    if header is None or file.suffix.lower() in envi.IMAGE_SUFFIXES:
        return header is not None
    try:
        raw = envi.describe(file, header)
    except InputError:
        return False
    return raw is not None and raw.fits()


def _choose(files: Sequence[Path], progress: Progress) -> Optional[Path]:
    """The image among files of one name; labels only where nothing else has it."""
    rasters = [file for file in files if not _is_label(file)]
    chosen = None
    for file in rasters or files[:1]:
        reason = f"has the name of {chosen.name}, which is taken" if chosen is not None else _no_image(file)
        if reason is None:
            chosen = file
        elif reason:
            progress.info(one_line(f"{file}: {reason}; it is left out"))
    return chosen


def _no_image(file: Path) -> Optional[str]:
    """Why a file is none of the images to map: None if it is one, "" where that goes without saying."""
    tile = parse_tile_name(file)
    if tile is not None:
        better = tile.content == I_OVER_F and find_of_tile(tile, ALBEDO, file.parent, (".img", ".lbl")) is not None
        return None if tile.content in (ALBEDO, I_OVER_F) and not better else ""
    name = parse_product_name(file)
    image = name is not None and name.activity == "IF" and name.sensor in "LJ" and name.product_type in ("TRR", "TER", "MTR")
    if (name is not None and not image) or _RECORD.match(file.name):
        return ""
    if image and is_original(file):
        return None
    try:
        with RasterReader(file) as reader:
            if reader.label is not None and kind_by_label(reader.label) is not None:
                return ""
            if reader.bands >= _FEWEST_BANDS:
                return None
            return "" if _OURS & set(reader.metadata()) else f"has {reader.bands} band(s), and is no cube of spectra"
    except Exception:  # whatever is wrong with it is said when its turn comes
        return None


def _is_label(file: Path) -> bool:
    return file.name.lower().endswith(_LABELS)


def _labelled(label: Path) -> Optional[Path]:
    """The image that a label describes; None if it describes none."""
    try:
        return real_path(pair_of_label(label).image.path)
    except InputError:
        return None


def _stem(file: Path) -> str:
    """A file's name without its ending, of which ``.lbl.txt`` is one."""
    label = next((ending for ending in _LABELS[::-1] if file.name.lower().endswith(ending)), None)
    return file.name[: -len(label)] if label else file.stem


def _with_ending(file: Path) -> str:
    """A file's name with its ending, if it has one, as part of a longer name."""
    stem = _stem(file)
    return stem + file.name[len(stem) :].replace(".", "_")


def _place(path: Path) -> Path:
    """The file in its folder's one true place, by the name that it was given by: a link has companions of its own."""
    return path if gdal_name(path) is not None else real_path(path.parent) / path.name


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' names without endings; images of one name get as many of their folders' names as it takes to tell them apart."""
    stems = [_stem(path) for path in paths]
    folders = [(str(path.parent), stem.lower()) for path, stem in zip(paths, stems)]
    in_folder = Counter(folders)
    names = [stem if in_folder[folder] == 1 else _with_ending(path) for path, stem, folder in zip(paths, stems, folders)]
    parents, depth = [path.parent.parts for path in paths], [0] * len(paths)
    while True:
        stems = ["_".join([*_last(parts, count), name]) for parts, count, name in zip(parents, depth, names)]
        folded = [stem.lower() for stem in stems]
        taken = Counter(folded)
        deeper = [k for k, stem in enumerate(folded) if taken[stem] > 1 and depth[k] < len(parents[k]) - 1]
        if not deeper:
            break
        for k in deeper:
            depth[k] += 1
    for k, stem in enumerate(folded):
        if taken[stem] > 1:  # a/b_x and a/b/x
            stems[k] += f"_{zlib.crc32(os.fsencode(paths[k])):08x}"
    return stems


def _last(parts: tuple[str, ...], count: int) -> tuple[str, ...]:
    return parts[len(parts) - count :]
