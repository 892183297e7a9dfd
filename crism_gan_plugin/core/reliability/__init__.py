"""What the detections of a map are worth.

Who lives here: how many are false, told without ground truth by decoys, which no ground on Mars can show: `decoys` (how they are
made), `matching` (which of them stand for a class on an image's ground), `false_share` (from their hits to shares, intervals and
q-values). And how probably each is right, fitted where the truth is known: `probability`, `probability_file` (JSON). Arrays in,
arrays out; `mapping.competition` lets decoys compete, `mapping.probable` judges detections.
Who may come in: mapping.
"""

from .decoys import Decoys, make_decoys
from .false_share import FalseShare, false_share, q_values

__all__ = ["Decoys", "FalseShare", "false_share", "make_decoys", "q_values"]
