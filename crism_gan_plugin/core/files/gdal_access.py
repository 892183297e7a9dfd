"""Access to GDAL, which is imported when it is first needed, and to its messages when something goes wrong."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Iterator, Optional, Union

from ..errors import InputError, MissingDependencyError
from .inputs import note_input
from .names import PathLike, is_special
from .reading import special_file_beside

#: GDAL would shift map-projected PDS images by half a pixel; CRISM's offsets count from the outer corner of the first pixel.
_NO_PDS_SHIFT = {"PDS_SampleProjOffset_Shift": "0", "PDS_LineProjOffset_Shift": "0"}

#: GDAL keeps blocks in a cache of up to 5 % of the machine's memory; it is emptied whenever this much went through it.
CACHE_BYTES = 128 << 20


def load_gdal() -> ModuleType:
    """The module ``osgeo.gdal``; `MissingDependencyError` if it is not installed, or lacks NumPy arrays."""
    try:
        from osgeo import gdal, gdal_array  # noqa: F401 - the second makes ReadAsArray work
    except ImportError as error:
        raise MissingDependencyError(
            f"GDAL for Python cannot be imported ({error}); install it from the same source as QGIS (on Debian: python3-gdal)"
        ) from error
    # Outside QGIS, GDAL 3.7 and later warn once that a program should choose between exceptions and none. The choice is the user's.
    warnings.filterwarnings("ignore", r"Neither (gdal|ogr|osr)\.UseExceptions", FutureWarning)
    return gdal


@contextmanager
def gdal_messages() -> Iterator[list[str]]:
    """Collect GDAL's error messages instead of printing them.

    Some failures, those of delayed writing above all, are reported through GDAL's error handler and nowhere else.
    """
    gdal = load_gdal()
    messages: list[str] = []

    def keep(level: int, number: int, text: str) -> None:
        if level >= gdal.CE_Failure:
            messages.append(" ".join(text.split()))

    gdal.PushErrorHandler(keep)
    try:
        yield messages
    finally:
        gdal.PopErrorHandler()


def attempt(function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, list[str]]:
    """The function's result and GDAL's messages, whether GDAL raises exceptions (a setting of the user) or not."""
    with gdal_messages() as messages:
        try:
            result = function(*arguments, **named)
        except RuntimeError as error:
            if not str(error).strip():  # its message is not text
                return _attempt_quietly(function, *arguments, **named)
            result = None
            messages.append(" ".join(str(error).split()))
        except (SystemError, UnicodeError):
            return _attempt_quietly(function, *arguments, **named)
    return result, messages


def _attempt_quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, list[str]]:
    """`attempt` without a handler in Python, which breaks on messages that are not UTF-8: GDAL quotes what it finds in files."""
    gdal = load_gdal()
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        result, messages = function(*arguments, **named), []
    except RuntimeError as error:
        result, messages = None, [str(error).strip() or "its message is not text"]
    except (SystemError, UnicodeError):
        result, messages = None, ["its message is not text"]
    finally:
        gdal.PopErrorHandler()
    if gdal.GetLastErrorType() >= gdal.CE_Failure and not messages:
        messages = [as_text(gdal.GetLastErrorMsg())]
    return result, [" ".join(message.split()) for message in messages]


def open_dataset(path: PathLike) -> Any:
    """A dataset opened for reading, or `InputError` with GDAL's reason."""
    gdal = load_gdal()
    _refuse_special(path, special_file_beside(Path(path)))  # GDAL looks for statistics, masks and more beside every image
    dataset, messages = attempt(gdal.OpenEx, str(path), gdal.OF_RASTER | gdal.OF_READONLY)
    if dataset is None:
        # where no driver knows a file, GDAL says nothing, or repeats the path
        reason = messages[-1] if messages and "not recognized as" not in messages[-1] else "unknown format"
        raise InputError(f"{path}: not a raster that GDAL can read ({reason}); give a GeoTIFF, or an image with its .hdr or .lbl")
    files = attempt(dataset.GetFileList)[0] or ()
    _refuse_special(path, next((file for file in map(Path, map(os.fsdecode, files)) if is_special(file)), None))
    note_input(path, files)
    return dataset


def _refuse_special(path: PathLike, special: Optional[Path]) -> None:
    if special is not None:
        raise InputError(f"{path}: {special} would be read with it, but is a pipe, device or socket; move it away")


def metadata_of(described: Any, domain: str = "") -> dict[str, str]:
    """Metadata of a dataset or band."""
    items = attempt(described.GetMetadata_Dict, domain)[0] or {}
    return {as_text(key): as_text(value) for key, value in items.items()}


def as_text(value: Union[str, bytes, None]) -> str:
    """A text from GDAL. Where it is not UTF-8, GDAL gives bytes or halves of letters; each byte then counts as one letter."""
    data = value if isinstance(value, bytes) else (value or "").encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def open_pds_dataset(label: PathLike) -> Any:
    """`open_dataset` for a PDS label, which knows how CRISM says where a map-projected image begins."""
    gdal = load_gdal()
    before = {key: gdal.GetConfigOption(key) for key in _NO_PDS_SHIFT}
    for key, value in _NO_PDS_SHIFT.items():
        gdal.SetConfigOption(key, value)
    try:
        return open_dataset(label)
    finally:
        for key, old in before.items():
            gdal.SetConfigOption(key, old)
