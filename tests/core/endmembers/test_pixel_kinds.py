"""What pixels are compared by, apart from files."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.endmembers.pixels import PIXEL_KINDS
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars


@pytest.mark.parametrize("method", PIXEL_KINDS)
def test_an_endmember_resembles_itself_most(method: str) -> None:
    spectra = load_exemplars().spectra[:60].reshape(6, 10, 240).astype(np.float32)
    kind = PIXEL_KINDS[method](6, 10)
    kind.add(spectra)
    found = kind.segments(1, lambda: None)
    ratio = np.stack([spectra[found == number].mean(0) for number in range(found.max() + 1)])
    chosen, nearest = kind.choose(ratio, np.ones(len(ratio), bool), 5, lambda: None)
    assert nearest[chosen].tolist() == list(range(5))
