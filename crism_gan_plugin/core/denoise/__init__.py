"""Joint atmospheric correction and denoising by concave-background sparse unmixing (Itoh & Parente 2019, 2021).

Who lives here: `pipeline` and `quick` (file to file), `columns` (arrays), `rounds`, `admm` (the convex problem), `background`,
`surface`, `ground`, `local_line`, `doubt`, `groups`, `scans`; `workspace` (scratch), `cubes`, `finished`.
Who may come in: cli, mapping.
"""

from .columns import Denoised, denoise_columns
from .rounds import Settings
from .surface import SurfaceLibrary, surface_library

__all__ = ["Denoised", "Settings", "SurfaceLibrary", "denoise_columns", "surface_library"]
