"""The atmosphere of Mars in an image: whether it is still there, the volcano scans, and the plain correction with one of them.

Who lives here: `carbon_dioxide`, `records` (volcano scans), `recommended`, `correction`, `artifact`.
Who may come in: band_positions, denoise, endmembers, mapping, methods, screening, search.
"""

from .artifact import artifact_multiples, remove_artifact
from .carbon_dioxide import AIR_BANDS_NM, in_air_bands, is_uncorrected, shows_air
from .correction import PAIRS, air_path, volcano_scan_correction
from .recommended import recommended_scan
from .records import Transmission, VolcanoScan, find_volcano_scan, read_volcano_scan, scans_in, transmission_for

__all__ = [
    "AIR_BANDS_NM",
    "PAIRS",
    "Transmission",
    "VolcanoScan",
    "air_path",
    "artifact_multiples",
    "find_volcano_scan",
    "in_air_bands",
    "is_uncorrected",
    "read_volcano_scan",
    "recommended_scan",
    "remove_artifact",
    "scans_in",
    "shows_air",
    "transmission_for",
    "volcano_scan_correction",
]
