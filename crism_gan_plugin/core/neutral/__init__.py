"""Neutral ground by which a spectrum is divided, so that what a place has in common with the ground around it drops out.

Who lives here: `frame` (which pixels share a detector column), `levelling`, `cosines`, `medians`, `blandness`, `blandest`. Arrays
in, arrays out; `mapping.neutral_ratio` reads the image for it.
Who may come in: endmembers, inspection, mapping, methods, screening.
"""

from .blandest import blandest_ground
from .blandness import Blandness
from .frame import Frame
from .levelling import straight_line
from .medians import GroupMedians

__all__ = ["Blandness", "Frame", "GroupMedians", "blandest_ground", "straight_line"]
