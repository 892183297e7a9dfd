"""Exemplar libraries as JSON files. They are checked strictly, since a wrong library makes a wrong map without a word.

A spectrum is given by its absorption bands, or it is measured: a ratio to a bland spectrum, or a reflectance, on wavelengths of its
own. `load_exemplars` brings both to the network's grid and removes the continuum. A spectrum that says that this is done is taken
as it is, so that a library that was written is the same when it is read. Files of other formats are taken as they are, too.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, Optional, TypeVar

import numpy as np

from ... import paths
from ..arrays import FloatArray
from ..errors import InputError, OutputError, one_line
from ..files.names import PathLike, is_regular
from ..files.reading import check_file, read_json
from ..products.kinds import refuse_other_kind
from ..spectra.axis import SpectralAxis
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import resampler_to_grid
from .bands import AbsorptionBand, spectrum_from_bands
from .converted import BUILDER, library_of_spectra
from .editing import LONGEST_NAME, folded
from .exemplars import ExemplarLibrary, MineralClass, PixelOrigin
from .importers import is_envi_library
from .measured import SHALLOWEST
from .spectral_files import FORMATS

FORMAT = "crism-gan-exemplars"
VERSION = 1

#: The rows that a spectrum may be the mean of, at most.
_MOST_RUNS = 1_000_000

#: What is meant by one, in words.
_ADVICE = f"give one written by {BUILDER}, or {FORMATS}"

T = TypeVar("T")


def load_exemplars(path: Optional[PathLike] = None) -> ExemplarLibrary:
    """Read an exemplar library.

    Parameters
    ----------
    path
        A JSON file, or spectra of any format that is read, in a file, folder or zip, of which each is a class; the library that
        comes with the plugin if None.

    Raises
    ------
    InputError
        If the file cannot be read or is no valid library; one line that names the file and the entry.
    ParameterError
        If spectra of another format are more classes than there are codes.

    Examples
    --------
    >>> library = load_exemplars()
    >>> len(library.classes), len(library.defaults().classes), library.spectra.shape[1]
    (32, 26, 240)
    """
    path = paths.exemplars() if path is None else Path(path)
    if not _is_json(path):
        return library_of_spectra(path, _load_json(paths.exemplars()))
    return _load_json(path)


def is_library_file(path: Path) -> bool:
    """Whether there is a file that is read as a library in JSON."""
    return is_regular(path) and _is_json(path)


def _is_json(path: Path) -> bool:
    """Whether a library is read as JSON; `InputError` for what is known to be neither that nor spectra."""
    if path.is_dir() or (is_regular(path) and (is_envi_library(path) or _is_archive(path))):
        return False
    refuse_other_kind(path, "an exemplar library", _ADVICE, ("json",))
    return path.suffix.lower() == ".json" or _head(path).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"")


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and zipfile.is_zipfile(path)


def _head(path: Path) -> bytes:
    """The first bytes of a file, which must be one."""
    try:
        with check_file(path).open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path and who may read it") from error


def _load_json(path: Path) -> ExemplarLibrary:
    data = _read(path)
    classes = [_in_words(f"{path}: class {k + 1}", _class, entry) for k, entry in enumerate(_list(path, data, "classes"))]
    _refuse_duplicates(path, "class code", (mineral.code for mineral in classes))
    _refuse_duplicates(path, "class name", (folded(mineral.name) for mineral in classes))
    places = {mineral.name: place for place, mineral in enumerate(classes)}
    rows = [
        _in_words(f"{path}: spectrum {k + 1}{_called(entry)}", _spectrum, entry, places)
        for k, entry in enumerate(_list(path, data, "spectra"))
    ]
    _refuse_duplicates(path, "spectrum name", (folded(row.name) for row in rows))
    for place, mineral in enumerate(classes):
        if all(row.place != place for row in rows):
            raise InputError(f"{path}: class {mineral.name!r} has no spectrum; add one, or remove the class")
    spectra = np.array([row.ratio for row in rows])
    raw = [number for number, row in enumerate(rows) if not row.removed]
    with np.errstate(all="ignore"):  # absurd bands are told below
        spectra[raw] = remove_continuum(spectra[raw], WAVELENGTHS_NM)
    for row, spectrum in zip(rows, spectra):
        if not (np.isfinite(spectrum).all() and spectrum.min() < 1 - SHALLOWEST):
            raise InputError(
                f"{path}: spectrum {row.name!r} has no absorption at {WAVELENGTHS_NM[0]:.0f}-{WAVELENGTHS_NM[-1]:.0f} nm, "
                "so that nothing can be found with it; correct this entry, or remove it"
            )
    return ExemplarLibrary(
        [row.name for row in rows],
        spectra,
        classes,
        np.array([row.place for row in rows]),
        [row.source for row in rows],
        [row.bands for row in rows],
        on_ground=np.array([row.on_ground for row in rows]),
        origins=[row.origin for row in rows],
    )


def save_exemplars(library: ExemplarLibrary, path: PathLike) -> Path:
    """Write a library as a readable JSON file: spectra with bands as bands, others on the network's grid, to the last digit.

    A file of that name is replaced when the new one is whole.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    classes = [json.dumps(asdict(mineral), ensure_ascii=False) for mineral in library.classes]
    spectra = [_spectrum_as_text(library, row) for row in range(len(library.names))]
    text = '{{\n"format": "{}",\n"version": {},\n"classes": [\n{}\n],\n"spectra": [\n{}\n]\n}}\n'
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        unfinished.write_text(text.format(FORMAT, VERSION, ",\n".join(classes), ",\n".join(spectra)), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from error
    return path


def _spectrum_as_text(library: ExemplarLibrary, row: int) -> str:
    head: dict[str, Any] = {
        "name": library.names[row],
        "class": library.classes[library.class_index[row]].name,
        "source": library.sources[row],
    }
    if library.on_ground[row]:
        head["on_ground"] = True
    origin = library.origins[row]
    if origin is not None:
        head["pixels"] = {"scene": origin.scene, "count": origin.count, "runs": [list(run) for run in origin.runs]}
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    bands = library.bands[row]
    if bands is not None:
        lines = ",\n".join("  " + json.dumps(astuple(band)) for band in bands)
        return f'{opening}, "bands": [\n{lines}]}}'
    wavelengths, ratio = (json.dumps(values.tolist()) for values in (WAVELENGTHS_NM, library.spectra[row]))
    return f'{opening}, "continuum_removed": true,\n "wavelengths_nm": {wavelengths},\n "reflectance_ratio": {ratio}}}'


def _read(path: Path) -> dict[str, Any]:
    data = read_json(path, _ADVICE)
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f'{path}: is no exemplar library: it has no "format": "{FORMAT}"; {_ADVICE}')
    if data.get("version") != VERSION:
        raise InputError(
            f"{path}: is of version {_shown(data.get('version'))}, this plugin reads version {VERSION}; update the plugin"
        )
    return data


def _list(path: Path, data: dict[str, Any], key: str) -> list[Any]:
    entries = data.get(key)
    if not isinstance(entries, list) or not entries:
        raise InputError(f'{path}: its "{key}" must be a list with at least one entry')
    return entries


def _refuse_duplicates(path: Path, what: str, values: Iterable[object]) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise InputError(f"{path}: {what} {value!r} occurs twice; each must be unique")
        seen.add(value)


def _in_words(where: str, parse: Callable[..., T], *arguments: object) -> T:
    """``parse(*arguments)``; what it finds wrong is said together with the place."""
    try:
        return parse(*arguments)
    except (ValueError, InputError) as error:
        raise InputError(f"{where}: {error}; correct this entry") from error


def _called(entry: object) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f" ({name})" if isinstance(name, str) else ""


def _value(entry: object, key: str, kind: type, words: str) -> Any:
    if not isinstance(entry, dict):
        raise ValueError("must be a JSON object {…}")
    value = entry.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f'"{key}" must be {words}, not {_shown(value)}')
    return value


def _shown(value: object) -> str:
    """A value in a few letters, however deep a list or object it is."""
    kinds: dict[type, str] = {list: "a list", dict: "an object"}
    return kinds.get(type(value)) or one_line(json.dumps(value), 40)


def _name(entry: object) -> str:
    """A name that legends, tables and other files can hold, so that it comes out as it went in."""
    name = _value(entry, "name", str, "text")
    if not name.strip():
        raise ValueError("the name is empty")
    if name != name.strip():
        raise ValueError(f"the name {_shown(name)} begins or ends with a blank")
    if not name.isprintable():  # line ends, marks of direction, halves of letters
        raise ValueError(f"the name {_shown(name)} holds characters that cannot be printed")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"the name has {len(name)} letters; {LONGEST_NAME} are enough")
    return name


def _source(entry: object) -> str:
    source = _value(entry, "source", str, "text")
    if any("\ud800" <= letter <= "\udfff" for letter in source):
        raise ValueError('"source" holds half of a letter (a lone surrogate)')
    return source


def _flag(entry: object, key: str) -> bool:
    return isinstance(entry, dict) and key in entry and bool(_value(entry, key, bool, "true or false"))


def _class(entry: object) -> MineralClass:
    code = _value(entry, "code", int, "a whole number")
    name = _name(entry)
    rgb = _value(entry, "rgb", list, "a list of three whole numbers")
    if not all(type(channel) is int for channel in rgb):
        raise ValueError("rgb must be three whole numbers 0…255")
    flags = (_value(entry, key, bool, "true or false") for key in ("default_on", "low_confidence"))
    return MineralClass(code, name, tuple(rgb), *flags)


@dataclass(frozen=True)
class _Row:
    """A spectrum of the file; ``place`` is its class's, ``ratio`` is (240,), and without its continuum if ``removed``."""

    name: str
    place: int
    source: str
    on_ground: bool
    origin: Optional[PixelOrigin]
    ratio: FloatArray
    removed: bool = False
    bands: Optional[tuple[AbsorptionBand, ...]] = None


def _spectrum(entry: object, places: dict[str, int]) -> _Row:
    name, source, on_ground = _name(entry), _source(entry), _flag(entry, "on_ground")
    assert isinstance(entry, dict)  # or it would have had no name
    mineral = _value(entry, "class", str, "the name of a class")
    if mineral not in places:
        raise ValueError(f"class {mineral!r} is not among the classes")
    origin, removed = _origin(entry), _flag(entry, "continuum_removed")
    if "bands" not in entry:
        ratio = _finished(entry) if removed else _measured(entry)
        return _Row(name, places[mineral], source, on_ground, origin, ratio, removed)
    if "wavelengths_nm" in entry or "reflectance_ratio" in entry:
        raise ValueError("has both bands and a measured ratio; keep one")
    bands = tuple(_band(number + 1, row) for number, row in enumerate(_value(entry, "bands", list, "a list")))
    if not bands:
        raise ValueError("has no band")
    with np.errstate(all="ignore"):  # absurd widths and depths are told when the continuum is off
        ratio = spectrum_from_bands(bands, WAVELENGTHS_NM)
    return _Row(name, places[mineral], source, on_ground, origin, ratio, bands=bands)


def _origin(entry: dict[str, Any]) -> Optional[PixelOrigin]:
    if "pixels" not in entry:
        return None
    pixels = _value(entry, "pixels", dict, "an object")
    scene, count = _value(pixels, "scene", str, "text"), _value(pixels, "count", int, "a whole number")
    runs = _value(pixels, "runs", list, "a list of [line, first sample, last sample]")
    if any("\ud800" <= letter <= "\udfff" for letter in scene) or count < 1 or len(runs) > _MOST_RUNS:
        raise ValueError('"pixels" must tell a scene, how many pixels, and their places')
    for run in runs:
        if not (isinstance(run, list) and len(run) == 3 and all(type(number) is int and number >= 0 for number in run)):
            raise ValueError('"runs" of "pixels" must be lists [line, first sample, last sample]')
    return PixelOrigin(scene, count, tuple((line, first, last) for line, first, last in runs))


def _finished(entry: object) -> FloatArray:
    """A spectrum whose continuum is off: the network's own channels, and nothing above 1."""
    wavelengths, ratio = (_numbers(entry, key) for key in ("wavelengths_nm", "reflectance_ratio"))
    if not np.array_equal(wavelengths, WAVELENGTHS_NM) or ratio.size != wavelengths.size:
        raise ValueError('is "continuum_removed", but not on the network\'s 240 channels; leave that out, or give them')
    if not ((ratio > 0) & (ratio < 1 + SHALLOWEST)).all():
        raise ValueError('is "continuum_removed", but not above 0 and at most 1 everywhere')
    return ratio


def _band(number: int, row: object) -> AbsorptionBand:
    if not isinstance(row, list) or len(row) != 4 or not all(type(value) in (int, float) for value in row):
        raise ValueError(f"band {number} must be four numbers [centre, width, asymmetry, depth]")
    try:
        return AbsorptionBand(*map(float, row))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"band {number}: {error}") from error


def _measured(entry: object) -> FloatArray:
    wavelengths, ratio = (_numbers(entry, key) for key in ("wavelengths_nm", "reflectance_ratio"))
    if wavelengths.size != ratio.size:
        raise ValueError(f"has {wavelengths.size} wavelengths but {ratio.size} ratios")
    if np.any(np.diff(wavelengths) <= 0):
        raise ValueError("wavelengths_nm must ascend")
    if np.any(ratio <= 0):
        raise ValueError("reflectance_ratio must be above 0 everywhere; leave bad channels out")
    resample = resampler_to_grid(SpectralAxis(wavelengths), "the spectrum")
    return resample(ratio[np.newaxis, resample.bands])[0]


def _numbers(entry: object, key: str) -> FloatArray:
    values = _value(entry, key, list, "a list of numbers")
    if not all(type(value) in (int, float) for value in values):
        raise ValueError(f'"{key}" must hold numbers only')
    try:
        numbers = np.array(values, float)
    except OverflowError:
        numbers = np.array([np.inf])
    if not np.isfinite(numbers).all():
        raise ValueError(f'"{key}" must hold finite numbers only')
    return numbers
