"""One spectrum more in a library file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import ParameterError
from ..files.names import PathLike
from ..libraries.editing import NewExemplar, add_exemplars, empty_library, folded, plain_name, unlike
from ..libraries.exemplar_files import is_library_file, load_exemplars, save_exemplars
from ..libraries.exemplars import ExemplarLibrary, PixelOrigin
from ..libraries.measured import MeasuredSpectrum
from ..network.likeness import Likeness
from ..spectra.grid import WAVELENGTHS_NM
from .telling_apart import taken_for, thresholds_of, with_doubt


@dataclass(frozen=True)
class Added:
    """A library that has a spectrum more.

    Attributes
    ----------
    path
        The file.
    library
        What it holds now.
    name, class_name
        What the spectrum, and its class, are called there.
    code
        The code of its class in maps.
    is_new_class
        Whether the class is new.
    said
        Lines for the user: the scores that the class needs, and the classes that it is taken for.
    taken_for
        The same as numbers.
    """

    path: Path
    library: ExemplarLibrary
    name: str
    class_name: str
    code: int
    is_new_class: bool
    said: tuple[str, ...]
    taken_for: tuple[Likeness, ...]


def add_to_library(
    path: PathLike,
    class_name: str,
    name: str,
    wavelengths_nm: FloatArray,
    values: FloatArray,
    *,
    source: str = "",
    on_ground: bool = False,
    continuum_removed: bool = False,
    origin: Optional[PixelOrigin] = None,
    begin_with: str = "plugin",
    weights: Optional[PathLike] = None,
) -> Added:
    """Add a spectrum to a library file as one of a class, which is made if it is new.

    The file is replaced when the new one is whole. If there is none, it is made.

    Parameters
    ----------
    path
        A library in the plugin's JSON format (.json).
    class_name
        A class of the library, of which the spectrum becomes a variant, or the name of a new one.
    name
        Of the spectrum; it gets a number if the library has one called so.
    wavelengths_nm, values
        (n,) nm, and reflectance, I/F or a ratio of these. What is no value above 0 is missing.
    source
        Where it comes from, in words.
    on_ground
        Whether it shows the ground of a scene, too: a spectrum of Mars that was not divided by bland ground.
    continuum_removed
        The values are (240,) on the network's grid, and their continuum is off: they are taken as they are.
    origin
        The pixels that it is the mean of.
    begin_with
        What a file that is made begins with: the "plugin"'s minerals, or "nothing".
    weights
        Of the network that tells classes apart; None: the plugin's.

    Returns
    -------
    What the file holds now, and what is to be said of the class.

    Raises
    ------
    InputError
        If the file is no library, or the spectrum does not cover 1050-2490 nm or has no absorption.
    ParameterError
        If a name is empty, or no code is free.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from crism_gan_plugin.core import WAVELENGTHS_NM, add_to_library, load_exemplars
    >>> talc = load_exemplars().select(["talc"]).spectra[1]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "mine.json"
    ...     added = add_to_library(file, "soapstone", "soapstone 1", WAVELENGTHS_NM, talc)
    >>> added.code, added.is_new_class, added.taken_for[0].other
    (33, True, 'talc')
    """
    path = Path(path)
    if path.suffix.lower() != ".json":
        raise ParameterError(f"library: {path} is not the name of a library; let it end in .json")
    if begin_with not in ("plugin", "nothing"):
        raise ParameterError(f"begin_with {begin_with!r}: must be one of plugin, nothing")
    class_name, name = plain_name(class_name), plain_name(name)
    if not class_name or not name:
        raise ParameterError("library: spectrum and class need names; give both")
    shipped = load_exemplars()
    if is_library_file(path):
        library = load_exemplars(path)
    else:
        library = shipped if begin_with == "plugin" else empty_library()
    ratio, note = _ratio(wavelengths_nm, values, name, continuum_removed)
    name = unlike(name, library.names)
    said = "; ".join(filter(None, [source, note]))
    before = {folded(each) for each in library.class_names}
    library = add_exemplars(library, [NewExemplar(name, class_name, ratio, said, on_ground, origin)], shipped, str(path))
    mineral = library.classes[library.class_index[-1]]
    found = taken_for(library, 1, weights)
    is_new = folded(mineral.name) not in before
    library = with_doubt(library, [mineral.name] if is_new else [], found)
    save_exemplars(library, path)
    lines = (thresholds_of(library, mineral.name), *map(str, found))
    return Added(path, library, name, mineral.name, mineral.code, is_new, lines, tuple(found))


def add_spectra_of(library: ExemplarLibrary, path: PathLike) -> tuple[ExemplarLibrary, list[str]]:
    """A library with the spectra of a file, folder or archive, each in a class of its name, and lines for the user.

    Raises
    ------
    InputError, ParameterError
        If the file cannot be read, one of its spectra cannot be looked for, or they are more classes than there are codes.
    """
    shipped, new = load_exemplars(), load_exemplars(path)
    names = list(library.names)
    exemplars = []
    for row, name in enumerate(new.names):
        mineral = new.classes[new.class_index[row]]
        names.append(unlike(name, names))
        more = (new.sources[row], bool(new.on_ground[row]), new.origins[row], new.bands[row], mineral)
        exemplars.append(NewExemplar(names[-1], mineral.name, new.spectra[row], *more))
    before = {folded(each) for each in library.class_names}
    library = add_exemplars(library, exemplars, shipped, str(path))
    found = taken_for(library, len(exemplars))
    touched = list(dict.fromkeys(each.class_name for each in exemplars))
    library = with_doubt(library, [name for name in touched if folded(name) not in before], found)
    return library, [*(thresholds_of(library, name) for name in touched), *map(str, found)]


def _ratio(wavelengths_nm: FloatArray, values: FloatArray, name: str, continuum_removed: bool) -> tuple[FloatArray, str]:
    nm, spectrum = np.asarray(wavelengths_nm, np.float64), np.asarray(values, np.float64)
    if nm.shape != spectrum.shape or nm.ndim != 1:
        raise ParameterError(
            f"spectrum {name}: has wavelengths of shape {nm.shape} and values of shape {spectrum.shape}; give as many"
        )
    if not continuum_removed:
        return MeasuredSpectrum(name, name, "", "library", nm, spectrum).on_grid()
    if not np.array_equal(nm, WAVELENGTHS_NM) or not (np.isfinite(spectrum) & (spectrum > 0)).all():
        raise ParameterError(f"spectrum {name}: is said to have no continuum, but is not whole on the network's 240 channels")
    return np.minimum(spectrum, 1), ""
