"""Box means over neighbouring pixels: the three scales of the paper (section 3.5)."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray


def box_mean(image: FloatArray, size: int) -> FloatArray:
    """Mean over the ``size`` × ``size`` pixels around each pixel; no-data neighbours and those beyond the border are left out.

    Parameters
    ----------
    image
        (lines, samples, channels); no-data pixels are NaN in all channels.
    size
        Odd.

    Returns
    -------
    (lines, samples, channels); no-data pixels stay NaN.
    """
    if size == 1:
        return image
    valid = ~np.isnan(image[..., 0])
    total = np.where(valid[..., None], image, 0)
    count = valid.astype(image.dtype)
    for axis in (0, 1):
        total, count = (_combined_along(each, size, axis, np.add) for each in (total, count))
    total /= np.where(valid, count, np.nan)[..., None]
    return total


def box_minimum(image: FloatArray, size: int) -> FloatArray:
    """The smallest of the ``size`` × ``size`` pixels around each pixel; arguments, no data and border as for `box_mean`."""
    valid = ~np.isnan(image[..., :1])
    least = image
    for axis in (0, 1):
        least = _combined_along(least, size, axis, np.fmin)
    return np.where(valid, least, np.nan)


def _combined_along(array: FloatArray, size: int, axis: int, combine: np.ufunc) -> FloatArray:
    """Each entry combined with those up to half the size before and behind it."""
    length = array.shape[axis]
    out = array.copy()
    for offset in range(1, min(size // 2, length - 1) + 1):
        ahead, behind = [slice(None)] * array.ndim, [slice(None)] * array.ndim
        ahead[axis], behind[axis] = slice(offset, None), slice(None, length - offset)
        for here, there in ((tuple(behind), tuple(ahead)), (tuple(ahead), tuple(behind))):
            combine(out[here], array[there], out=out[here])
    return out
