"""Temporary arrays without page faults."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

#: Just below the largest block (32 MB) that the C library's allocator learns from.
_BLOCK_BYTES = 30 << 20


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Make the C library keep the memory of freed temporary arrays for the next ones. Work here is then two to three times as fast.

    glibc gives freed blocks of more than 128 kB back to the system at once, and each new array then faults its pages in again,
    until it has seen one larger block freed: from then on it keeps up to twice that size (mallopt(3), M_MMAP_THRESHOLD, "dynamic").
    Other C libraries keep it anyway, and there this does nothing.
    """
    np.empty(_BLOCK_BYTES, np.uint8)
