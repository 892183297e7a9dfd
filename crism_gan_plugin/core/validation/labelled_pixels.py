"""The labelled pixels of Plebani and others (2022, doi 10.5281/zenodo.13338091), as small images with a truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import check_file
from ..packages import load
from ..products.wavelengths import read_wavelength_file
from ..rasters.geotiff import create_raster
from ..spectra.axis import SpectralAxis
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import resampler_to_grid

#: What the file must hold: spectra, labels, numbers of images, and x and y from 1.
_FIELDS = ("pixspec", "pixlabs", "pixims", "pixcrds")

#: Names of the images, in the order of their numbers; the file need not have them.
_NAMES = "im_names"

#: In the published form the first 248 channels are 1.021-2.648 µm, in steps of the detector: ours begin with the second.
_PUBLISHED, _FIRST = (248, 350), 1

#: Pixels without a place lie alone, so far from each other that no window holds two.
_APART = 8

#: Largest line or sample that makes sense in a CRISM image.
_LARGEST = 20_000

_HDF5 = b"MATLAB 7.3"


@dataclass(frozen=True)
class PixelImage:
    """The labelled pixels of one image. All arrays (n,), spectra (n, 240) float32."""

    name: str
    spectra: FloatArray
    labels: IntArray
    line: IntArray
    sample: IntArray

    @property
    def size(self) -> tuple[int, int]:
        """Lines and samples of the smallest image that holds them."""
        return int(self.line.max()) + 1, int(self.sample.max()) + 1

    def write(self, path: Path) -> None:
        """Write them as an image; what has no label has no data."""
        lines, samples = self.size
        bands = [{"wavelength": f"{nm:.4f}", "wavelength_units": "Nanometers"} for nm in WAVELENGTHS_NM]
        order = np.argsort(self.line, kind="stable")
        starts = np.searchsorted(self.line[order], np.arange(lines + 1))
        with create_raster(path, lines, samples, WAVELENGTHS_NM.size, np.float32, nodata=np.nan, band_metadata=bands) as writer:
            for line in range(lines):
                some = order[starts[line] : starts[line + 1]]
                cube = np.full((WAVELENGTHS_NM.size, 1, samples), np.nan, np.float32)
                cube[:, 0, self.sample[some]] = self.spectra[some].T
                writer.write(cube, line)

    def on_image(self, codes: IntArray, elsewhere: int) -> IntArray:
        """(lines, samples) the numbers of the pixels at their places."""
        found = np.full(self.size, elsewhere, np.int64)
        found[self.line, self.sample] = codes
        return found


def is_pixel_file(path: PathLike) -> bool:
    """Whether a file is one of MATLAB's, by its name."""
    return Path(path).suffix.lower() == ".mat"


def read_pixel_images(path: PathLike, wavelengths: Optional[PathLike]) -> Iterator[PixelImage]:
    """The images of a file of labelled pixels.

    Parameters
    ----------
    wavelengths
        A table of the wavelengths of its channels; without one, there have to be 248 or 350, as published.

    Raises
    ------
    InputError
        If it cannot be read, or does not hold the fields that are published.
    MissingDependencyError
        If SciPy, or h5py for a file of version 7.3, is missing.
    """
    file = check_file(path)
    fields = _read(file)
    spectra = np.asarray(fields["pixspec"])
    if spectra.ndim != 2 or spectra.dtype.kind != "f" or not spectra.size:
        raise InputError(f"{file}: pixspec is {spectra.dtype} of shape {spectra.shape}, not spectra of pixels × channels")
    count = len(spectra)
    labels, images = (_whole(file, name, fields[name], (count,)) for name in ("pixlabs", "pixims"))
    places = _whole(file, "pixcrds", fields["pixcrds"], (count, 2)) - 1
    on_grid = _on_grid(file, spectra, wavelengths)
    del spectra, fields["pixspec"]
    names = fields.get(_NAMES, [])
    for number in np.unique(images).tolist():
        some = np.flatnonzero(images == number)
        name = names[number - 1] if 0 < number <= len(names) else str(number)
        sample, line = _placed(places[some])
        yield PixelImage(name, on_grid(some), labels[some], line, sample)


def _placed(places: IntArray) -> tuple[IntArray, IntArray]:
    """Sample and line of each pixel, from 0; those that have none, or share one, lie alone below the others."""
    sample, line = places.T.copy()
    has = (sample >= 0) & (line >= 0) & (sample < _LARGEST) & (line < _LARGEST)
    _, first = np.unique(np.where(has, line * _LARGEST + sample, -1), return_index=True)
    alone = np.ones(has.size, bool)
    alone[first] = False
    alone |= ~has
    if (~alone).any():
        sample[~alone] -= sample[~alone].min()
        line[~alone] -= line[~alone].min()
    begin = 0 if alone.all() else int(line[~alone].max()) + _APART
    numbers = np.arange(int(alone.sum()))
    across = max(1, int(np.sqrt(numbers.size)))
    sample[alone], line[alone] = _APART * (numbers % across), begin + _APART * (numbers // across)
    return sample, line


def _on_grid(file: Path, spectra: FloatArray, wavelengths: Optional[PathLike]) -> Any:
    """What gives (n, 240) float32 spectra of some pixels."""
    if wavelengths is None:
        if spectra.shape[1] not in _PUBLISHED:
            raise InputError(
                f"{file}: has spectra of {spectra.shape[1]} channels; 248 or 350 are published; give their wavelengths "
                "(--wavelengths)"
            )
        own = np.asarray(spectra[:, _FIRST : _FIRST + WAVELENGTHS_NM.size], np.float32)
        return lambda some: own[some]
    table = read_wavelength_file(wavelengths, spectra.shape[1], 1)
    axis, bands = table.ascending()
    resample = resampler_to_grid(SpectralAxis(axis.wavelengths_nm), str(wavelengths))
    kept = np.asarray(spectra[:, bands[resample.bands]], np.float32)
    return lambda some: resample(kept[some])


def _whole(file: Path, name: str, values: Any, shape: tuple[int, ...]) -> IntArray:
    """An array of whole numbers of a shape, whatever type it is stored in."""
    found = np.asarray(values)
    if found.dtype.kind not in "iufb" or found.size != int(np.prod(shape)):
        raise InputError(
            f"{file}: {name} is {found.dtype} of shape {found.shape}; {' × '.join(map(str, shape))} numbers are wanted"
        )
    if not np.isfinite(found).all() or (found != np.round(found)).any():
        raise InputError(f"{file}: {name} has numbers that are not whole; get the file again")
    return found.reshape(shape).astype(np.int64)


def _read(file: Path) -> dict[str, Any]:
    with file.open("rb") as opened:
        is_hdf5 = opened.read(len(_HDF5)) == _HDF5
    found = _read_hdf5(file) if is_hdf5 else _read_matlab(file)
    missing = [name for name in _FIELDS if name not in found]
    if missing:
        raise InputError(
            f"{file}: has no {', '.join(missing)}; give the file CRISM_labeled_pixels_ratioed.mat of Plebani and others (2022), or "
            "one of its form"
        )
    return found


def _read_matlab(file: Path) -> dict[str, Any]:
    scipy = load("scipy", "MATLAB files need SciPy", "io")
    try:
        found = scipy.io.loadmat(str(file), variable_names=[*_FIELDS, _NAMES])
    except Exception as error:  # damaged files raise anything at all
        raise InputError(f"{file}: is no MATLAB file that can be read ({error}); get it again") from None
    if _NAMES in found:
        found[_NAMES] = [_text(each) for each in np.ravel(found[_NAMES])]
    return {name: found[name] for name in (*_FIELDS, _NAMES) if name in found}


def _text(cell: Any) -> str:
    """The text of a cell, which is an array within an array."""
    while isinstance(cell, np.ndarray):
        if cell.size != 1:
            return ""
        cell = cell.ravel()[0]
    return str(cell).strip()


def _read_hdf5(file: Path) -> dict[str, Any]:
    h5py = load("h5py", "MATLAB files of version 7.3 need h5py", instead="or save the file in an older version")
    try:
        with h5py.File(file, "r") as opened:  # its arrays are transposed
            found: dict[str, Any] = {name: np.asarray(opened[name]).T for name in _FIELDS if name in opened}
            if _NAMES in opened:
                cells = np.ravel(np.asarray(opened[_NAMES]))
                found[_NAMES] = ["".join(map(chr, np.ravel(np.asarray(opened[each])).tolist())).strip() for each in cells]
    except Exception as error:  # damaged files raise anything at all
        raise InputError(f"{file}: is no MATLAB file of version 7.3 that can be read ({error}); get it again") from None
    return found
