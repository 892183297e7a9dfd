"""The spectrum that is looked for, wherever it comes from, on the network's grid and without its continuum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import ParameterError
from ..files.names import PathLike
from ..files.reading import beside, check_file
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..libraries.importers import read_envi_spectra
from ..libraries.measured import ratio_on_grid
from ..libraries.spectral_files import read_spectra
from ..rasters import envi
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.ratio import is_flat

#: Endings of file names. By them a path that leads nowhere is told from the name of a spectrum.
_ENDINGS = (".txt", ".csv", ".tab", ".asc", ".dat", ".sli", ".hdr", ".json")


@dataclass(frozen=True)
class ReferenceSpectrum:
    """The spectrum that is looked for.

    Attributes
    ----------
    name
        What it is called.
    origin
        Where it comes from, in words.
    spectra
        (m, 240) continuum-removed, at most 1: one, or all those of a class, of which the best counts.
    """

    name: str
    origin: str
    spectra: FloatArray

    def __post_init__(self) -> None:
        if is_flat(self.spectra.astype(np.float32), self.spectra).all():
            raise ParameterError(
                f"spectrum: {self.name} ({self.origin}) has no absorption of 1 % or more at {WAVELENGTHS_NM[0]:.0f}-"
                f"{WAVELENGTHS_NM[-1]:.0f} nm, so that nothing can be found with it; choose another"
            )


def named_reference(name: Optional[str], file: Optional[PathLike], exemplars: Optional[PathLike]) -> ReferenceSpectrum:
    """A spectrum of a file, or of a library by its name or that of its class.

    Parameters
    ----------
    name
        Name of the spectrum, or its number in a file. It may be left out if the file has only one.
    file
        An exemplar library (JSON), an ENVI spectral library, or text in columns; None: the library.
    exemplars
        The library; None: the plugin's.

    Raises
    ------
    InputError, ParameterError
        If there is no such file or name, or the file does not tell a spectrum over 1050-2490 nm.
    """
    if file is not None:
        return _of_file(check_file(file), name)
    assert name is not None
    if Path(name).suffix.lower() in _ENDINGS:
        raise ParameterError(
            f"spectrum {name!r}: looks like a file; give it as the file of the spectrum (SPECTRUM_FILE, --spectrum-file)"
        )
    return _of_library(load_exemplars(exemplars), name, "the exemplar library")


def measured(name: str, origin: str, wavelengths_nm: FloatArray, values: FloatArray, source: PathLike) -> ReferenceSpectrum:
    """A measured spectrum of reflectance, I/F or a ratio of these.

    Parameters
    ----------
    wavelengths_nm, values
        (n,) in any order; values that are not above 0 are left out.
    source
        What the spectrum is from, for messages.

    Raises
    ------
    InputError
        If a wavelength is there twice, or the range 1050-2490 nm is not covered.
    """
    ratio, note = ratio_on_grid(wavelengths_nm, values, f"{source}, spectrum {name}")
    return ReferenceSpectrum(name, f"{origin} ({note})" if note else origin, ratio[np.newaxis])


def _of_file(path: Path, name: Optional[str]) -> ReferenceSpectrum:
    if path.suffix.lower() == ".json":
        library = load_exemplars(path)
        if name is None:
            raise ParameterError(f"spectrum: {path} is a library; say which of its spectra: {_some(library.names)}")
        return _of_library(library, name, path.name)
    header = path if envi.is_header(path) else envi.header_of(path)
    if header is not None:
        data = (beside(path, f"{path.stem}.sli") or envi.image_of(path)) if envi.is_header(path) else path
        names, wavelengths, values = read_envi_spectra(data)
        row = _place(names, name, path)
        return measured(names[row], path.name, wavelengths, values[row], path)
    spectra = read_spectra(path, load_exemplars()).spectra
    found = spectra[_place([each.name for each in spectra], name, path)]
    return measured(found.name, path.name, found.wavelengths_nm, found.values, path)


def _of_library(library: ExemplarLibrary, name: str, where: str) -> ReferenceSpectrum:
    """A spectrum by its name, else all those of a class."""
    wanted = name.strip().casefold()
    spectra = {each.casefold(): row for row, each in enumerate(library.names)}
    if wanted in spectra:
        row = spectra[wanted]
        return ReferenceSpectrum(library.names[row], where, library.spectra[[row]])
    try:
        chosen = library.select([name])
    except ParameterError as error:
        raise ParameterError(f"spectrum: {str(error).removeprefix('classes: ')} (or the name of one of its spectra)") from None
    return ReferenceSpectrum(chosen.class_names[0], f"{where}: {', '.join(chosen.names)}", chosen.spectra)


def _place(names: Sequence[str], name: Optional[str], path: Path) -> int:
    """The place of the spectrum with this name, or this number from 1; of the only spectrum if neither is given."""
    if name is None:
        if len(names) == 1:
            return 0
        raise ParameterError(f"spectrum: {path} has {len(names)} spectra; say which, by name or number: {_some(names)}")
    folded = [" ".join(each.casefold().split()) for each in names]
    wanted = " ".join(name.casefold().split())
    if folded.count(wanted) > 1:
        raise ParameterError(f"spectrum: {path} has {folded.count(wanted)} spectra called {name!r}; give the number of one")
    if wanted in folded:
        return folded.index(wanted)
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise ParameterError(f"spectrum: {path} has no spectrum {name!r}, but {_some(names)}")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names[:5], 1))
    return f"{shown}, … ({len(names)} in all)" if len(names) > 5 else shown
