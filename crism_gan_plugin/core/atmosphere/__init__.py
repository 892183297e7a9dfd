"""The atmosphere of Mars in an image: whether it is still there, the volcano scans, and the plain correction with one of them.

Who lives here: `carbon_dioxide`, `records` (volcano scans), `recommended`, `correction`, `artifact`.
Who may come in: denoise, endmembers, mapping, methods, screening, search.
"""

from .artifact import artifact_multiples, remove_artifact
from .carbon_dioxide import is_uncorrected
from .correction import PAIRS, air_path, volcano_scan_correction
from .recommended import recommended_scan
from .records import Transmission, VolcanoScan, find_volcano_scan, read_volcano_scan, scans_in, transmission_for

__all__ = [
    "PAIRS",
    "Transmission",
    "VolcanoScan",
    "air_path",
    "artifact_multiples",
    "find_volcano_scan",
    "is_uncorrected",
    "read_volcano_scan",
    "recommended_scan",
    "remove_artifact",
    "scans_in",
    "transmission_for",
    "volcano_scan_correction",
]
