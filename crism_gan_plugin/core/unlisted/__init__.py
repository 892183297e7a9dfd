"""Absorptions that no library lists: whether one stands out of noise and bland ground, and which of an image's are alike.

Who lives here: `standing` (what stands out, and where its bands are), `groups` (which spectra show the same). Arrays in, arrays
out; `mapping.unlisted` reads the pixels for it.
Who may come in: mapping.
"""

from .groups import Group, groups_of
from .standing import Band, Standing, band_shapes, bands_of, centres_nm, least_strength, left_by, strengths_of

__all__ = [
    "Band",
    "Group",
    "Standing",
    "band_shapes",
    "bands_of",
    "centres_nm",
    "groups_of",
    "least_strength",
    "left_by",
    "strengths_of",
]
