"""Joint atmospheric correction and denoising by concave-background sparse unmixing (Itoh & Parente 2019, 2021)."""

from .columns import Denoised, denoise_columns
from .rounds import Settings
from .surface import SurfaceLibrary, surface_library

__all__ = ["Denoised", "Settings", "SurfaceLibrary", "denoise_columns", "surface_library"]
