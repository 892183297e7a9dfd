"""The network's grid: the 240 wavelengths that all spectra are brought on to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..arrays import FloatArray

_LINES = Path(__file__).with_name("network_grid.txt").read_text(encoding="utf-8").splitlines()

#: (240,) nm, ascending; whose channels they are is said in the file.
WAVELENGTHS_NM: FloatArray = np.array([float(line) for line in _LINES if not line.startswith("#")])
WAVELENGTHS_NM.setflags(write=False)
