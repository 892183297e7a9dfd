"""Exemplar libraries as JSON files. They are checked strictly, since a wrong library makes a wrong map without a word.

A spectrum is given by its absorption bands, or it is measured: a ratio to a bland spectrum, or a reflectance, on wavelengths of its
own. `load_exemplars` brings both to the network's grid and removes the continuum.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any, Optional, TypeVar

import numpy as np

from ... import paths
from ..arrays import FloatArray
from ..errors import InputError, OutputError, one_line
from ..files.names import PathLike
from ..files.reading import read_json
from ..products.kinds import refuse_other_kind
from ..spectra.axis import SpectralAxis
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import resampler_to_grid
from .bands import AbsorptionBand, spectrum_from_bands
from .exemplars import ExemplarLibrary, MineralClass

FORMAT = "crism-gan-exemplars"
VERSION = 1

#: As long as a legend can show.
_LONGEST_NAME = 100

#: A spectrum whose deepest absorption is below this counts as flat, see `network.discriminator.normalise_bands`.
_SHALLOWEST = 1e-6

T = TypeVar("T")


def load_exemplars(path: Optional[PathLike] = None) -> ExemplarLibrary:
    """Read an exemplar library.

    Parameters
    ----------
    path
        A JSON file; the library that comes with the plugin if None.

    Raises
    ------
    InputError
        If the file cannot be read or is no valid library; one line that names the file and the entry.

    Examples
    --------
    >>> library = load_exemplars()
    >>> len(library.classes), len(library.defaults().classes), library.spectra.shape[1]
    (32, 26, 240)
    """
    path = paths.exemplars() if path is None else Path(path)
    data = _read(path)
    classes = [_in_words(f"{path}: class {k + 1}", _class, entry) for k, entry in enumerate(_list(path, data, "classes"))]
    _refuse_duplicates(path, "class code", (mineral.code for mineral in classes))
    _refuse_duplicates(path, "class name", (_folded(mineral.name) for mineral in classes))
    places = {mineral.name: place for place, mineral in enumerate(classes)}
    rows = [
        _in_words(f"{path}: spectrum {k + 1}{_called(entry)}", _spectrum, entry, places)
        for k, entry in enumerate(_list(path, data, "spectra"))
    ]
    _refuse_duplicates(path, "spectrum name", (_folded(row[0]) for row in rows))
    names, indices, sources, on_ground, bands, ratios = zip(*rows)
    for place, mineral in enumerate(classes):
        if place not in indices:
            raise InputError(f"{path}: class {mineral.name!r} has no spectrum; add one, or remove the class")
    with np.errstate(all="ignore"):  # absurd bands are told below
        spectra = remove_continuum(np.array(ratios), WAVELENGTHS_NM)
    for name, spectrum in zip(names, spectra):
        if not (np.isfinite(spectrum).all() and spectrum.min() < 1 - _SHALLOWEST):
            raise InputError(
                f"{path}: spectrum {name!r} has no absorption at {WAVELENGTHS_NM[0]:.0f}-{WAVELENGTHS_NM[-1]:.0f} nm, "
                "so that nothing can be found with it; correct this entry, or remove it"
            )
    return ExemplarLibrary(
        list(names), spectra, classes, np.array(indices), list(sources), list(bands), on_ground=np.array(on_ground)
    )


def save_exemplars(library: ExemplarLibrary, path: PathLike) -> Path:
    """Write a library as a readable JSON file: spectra with bands as bands, others on the network's grid.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    classes = [json.dumps(asdict(mineral), ensure_ascii=False) for mineral in library.classes]
    spectra = [_spectrum_as_text(library, row) for row in range(len(library.names))]
    text = '{{\n"format": "{}",\n"version": {},\n"classes": [\n{}\n],\n"spectra": [\n{}\n]\n}}\n'
    try:
        path.write_text(text.format(FORMAT, VERSION, ",\n".join(classes), ",\n".join(spectra)), encoding="utf-8")
    except OSError as error:
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
    opening = json.dumps(head, ensure_ascii=False)[:-1]
    bands = library.bands[row]
    if bands is not None:
        lines = ",\n".join("  " + json.dumps(astuple(band)) for band in bands)
        return f'{opening}, "bands": [\n{lines}]}}'
    wavelengths, ratio = (json.dumps(values.tolist()) for values in (WAVELENGTHS_NM, library.spectra[row].round(6)))
    return f'{opening},\n "wavelengths_nm": {wavelengths},\n "reflectance_ratio": {ratio}}}'


def _read(path: Path) -> dict[str, Any]:
    refuse_other_kind(path, "an exemplar library", "give one in the plugin's JSON format", ("json",))
    data = read_json(path, "give an exemplar library in the plugin's JSON format (docs/exemplars.md)")
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f'{path}: is no exemplar library: it has no "format": "{FORMAT}"; give one written by this plugin')
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
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"the name has {len(name)} letters; {_LONGEST_NAME} are enough")
    return name


def _source(entry: object) -> str:
    source = _value(entry, "source", str, "text")
    if any("\ud800" <= letter <= "\udfff" for letter in source):
        raise ValueError('"source" holds half of a letter (a lone surrogate)')
    return source


def _on_ground(entry: object) -> bool:
    return isinstance(entry, dict) and "on_ground" in entry and bool(_value(entry, "on_ground", bool, "true or false"))


def _folded(name: str) -> str:
    """A name without the differences that a reader would not see."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _class(entry: object) -> MineralClass:
    code = _value(entry, "code", int, "a whole number")
    name = _name(entry)
    rgb = _value(entry, "rgb", list, "a list of three whole numbers")
    if not all(type(channel) is int for channel in rgb):
        raise ValueError("rgb must be three whole numbers 0…255")
    flags = (_value(entry, key, bool, "true or false") for key in ("default_on", "low_confidence"))
    return MineralClass(code, name, tuple(rgb), *flags)


def _spectrum(
    entry: object, places: dict[str, int]
) -> tuple[str, int, str, bool, Optional[tuple[AbsorptionBand, ...]], FloatArray]:
    """Name, class's place, source, whether it shows ground, too, bands or None, ratio on the grid."""
    name, source, on_ground = _name(entry), _source(entry), _on_ground(entry)
    assert isinstance(entry, dict)  # or it would have had no name
    mineral = _value(entry, "class", str, "the name of a class")
    if mineral not in places:
        raise ValueError(f"class {mineral!r} is not among the classes")
    if "bands" not in entry:
        return name, places[mineral], source, on_ground, None, _measured(entry)
    if "wavelengths_nm" in entry or "reflectance_ratio" in entry:
        raise ValueError("has both bands and a measured ratio; keep one")
    bands = tuple(_band(number + 1, row) for number, row in enumerate(_value(entry, "bands", list, "a list")))
    if not bands:
        raise ValueError("has no band")
    with np.errstate(all="ignore"):  # absurd widths and depths are told when the continuum is off
        return name, places[mineral], source, on_ground, bands, spectrum_from_bands(bands, WAVELENGTHS_NM)


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
