"""Pixels without data as GDAL tells them besides a no-data value: masks and alpha bands."""

from __future__ import annotations

from typing import Any, Optional, Union

import numpy as np

from ..arrays import BoolArray
from ..files.gdal_access import attempt, load_gdal, metadata_of


class PixelMask:
    """Which bands of a dataset are an image's, and which of their pixels hold no data.

    Parameters
    ----------
    dataset
        The dataset of GDAL.

    Attributes
    ----------
    bands
        GDAL's numbers, from 1, of the bands that are not alpha.
    """

    def __init__(self, dataset: Any) -> None:
        gdal = load_gdal()
        numbers = range(1, dataset.RasterCount + 1)
        self._dataset = dataset
        self._alpha = [number for number in numbers if _is_alpha(dataset.GetRasterBand(number))]
        self.bands = [number for number in numbers if number not in self._alpha]
        self._by_band: list[int] = []
        self._mask: Optional[int] = None
        for number in self.bands:
            flags = dataset.GetRasterBand(number).GetMaskFlags()
            if flags & (gdal.GMF_ALPHA | gdal.GMF_ALL_VALID) or (flags & gdal.GMF_NODATA and not flags & gdal.GMF_PER_DATASET):
                continue  # alpha bands and no-data values are seen to elsewhere
            if flags & gdal.GMF_PER_DATASET:  # a mask, or one combination of numbers (NODATA_VALUES)
                self._mask = self._mask or number
            else:
                self._by_band.append(number)

    def __bool__(self) -> bool:
        return bool(self._alpha or self._by_band or self._mask)

    def without_data(self, line0: int, lines: int, numbers: list[int]) -> tuple[Optional[BoolArray], list[str]]:
        """(bands or 1, lines, samples) bool, and GDAL's complaints; the first is None if it could not be read.

        Parameters
        ----------
        numbers
            GDAL's numbers of the bands that are wanted.
        """
        samples = self._dataset.RasterXSize
        whole = [self._dataset.GetRasterBand(number) for number in self._alpha]
        whole += [self._dataset.GetRasterBand(self._mask).GetMaskBand()] if self._mask else []
        missing = np.zeros((len(numbers) if self._by_band else 1, lines, samples), bool)
        read: list[tuple[Union[int, slice], Any]] = [(slice(None), band) for band in whole]
        read += [
            (k, self._dataset.GetRasterBand(number).GetMaskBand()) for k, number in enumerate(numbers) if number in self._by_band
        ]
        for place, band in read:
            plane, messages = attempt(band.ReadAsArray, 0, line0, samples, lines)
            if plane is None or messages:
                return None, messages
            missing[place] |= plane == 0
        return missing, []


def _is_alpha(band: Any) -> bool:
    names = {key.lower() for key in metadata_of(band)}
    return band.GetColorInterpretation() == load_gdal().GCI_AlphaBand and "wavelength" not in names
