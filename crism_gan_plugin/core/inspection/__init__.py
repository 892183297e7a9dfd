"""Why a pixel is what the map says: the spectra and scores behind it.

Who lives here: `opening` (a map or an image, and all that its map was made of), `inspector` (a pixel, or the mean of several),
`composite` (from a composite to its maps), `deposit` (a deposit's own spectrum), `judging` (what the mapper says), `region` (only
the pixels that are needed), `evidence` (what it tells), `map_pixels` (which pixel of the image a place of the map shows), `table`
(CSV), `absorptions` (where they are).
Who may come in: detection_limit, reports.
"""

from .composite import CompositeInspector
from .deposit import DepositInspector, are_deposits, open_deposits
from .evidence import ClassScore, NeutralGround, PixelEvidence, Place, ScaleEvidence, Spectrum
from .inspector import Inspector
from .opening import open_any_inspection, open_inspection
from .table import evidence_table

__all__ = [
    "ClassScore",
    "CompositeInspector",
    "DepositInspector",
    "Inspector",
    "NeutralGround",
    "PixelEvidence",
    "Place",
    "ScaleEvidence",
    "Spectrum",
    "are_deposits",
    "evidence_table",
    "open_any_inspection",
    "open_deposits",
    "open_inspection",
]
