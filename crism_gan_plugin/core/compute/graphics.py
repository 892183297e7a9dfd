"""Whether there may be a graphics card to compute on. PyTorch knows for certain, but to import it takes a second and memory."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

#: The library of NVIDIA's driver, which CUDA cannot do without.
_CUDA = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"

#: What the driver of AMD's cards shows; PyTorch built for these calls them CUDA too.
_ROCM = Path("/dev/kfd")


def has_driver() -> bool:
    """False where PyTorch cannot find a card, since there is no driver of one.

    Examples
    --------
    >>> isinstance(has_driver(), bool)
    True
    """
    if _ROCM.exists():
        return True
    try:
        ctypes.CDLL(_CUDA)
    except OSError:
        return False
    return True
