"""What bland ground on Mars looks like, as mean and covariance. Minerals have to be told from it.

Who lives here: `model`, `files` (npz), `bridge` (the filter boundary), `residuals` (what air and instrument leave), `metric`
(lengths and cosines where ground is white), `refine` (an image's own ground).
Who may come in: denoise, endmembers, inspection, mapping, methods, network, neutral, own_minerals, search, simulation, training,
unlisted.
"""

from .files import load_background, save_background
from .model import BackgroundModel, GroundStatistics

__all__ = ["BackgroundModel", "GroundStatistics", "load_background", "save_background"]
