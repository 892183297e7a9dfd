"""Types of arrays, for annotations: what an array's elements are. Shapes, and precisions where they matter, stand in docstrings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]

#: Which bands, lines or pixels, in the order wanted.
Indices = Union[Sequence[int], IntArray]
