"""The images of a run, from files, folders and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..batch.images import Image, list_images
from ..errors import InputError, one_line
from ..files.names import PathLike
from ..files.reading import read_whole
from ..progress import Progress

#: The ending of lists.
_LIST = ".txt"


def listed_images(inputs: Sequence[PathLike], out_dir: Path, progress: Progress) -> list[Image]:
    """The images of a run, each once, in the order given; those of a folder in the order of their paths.

    Parameters
    ----------
    inputs
        Images, folders, and lists of these (``.txt``): a path a line, which a list's own folder is the beginning of where it is
        relative.
    out_dir
        Where the maps go; see `list_images`.

    Raises
    ------
    InputError, ParameterError
        If a list cannot be read, or there is no image.
    """
    return list_images([path for given in inputs for path in _expanded(given)], out_dir, progress)


def _expanded(given: PathLike) -> Iterator[PathLike]:
    file = Path(given)
    if file.suffix.lower() != _LIST or file.name.lower().endswith(".lbl.txt") or file.is_dir():
        yield given
        return
    try:
        lines = read_whole(file).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not text in UTF-8; give a list with a path on each line") from None
    paths = [path for line in lines if (path := line.split("#")[0].strip())]
    if not paths:
        raise InputError(one_line(f"{file}: names no image; give a list with a path on each line"))
    for path in paths:
        yield path if path.startswith("/vsi") else file.parent / path
