"""What bland ground on Mars looks like, as mean and covariance: what minerals have to be told from."""

from .files import load_background, save_background
from .model import BackgroundModel, GroundStatistics

__all__ = ["BackgroundModel", "GroundStatistics", "load_background", "save_background"]
