"""Rules that name minerals by the absorptions that they have and those that they lack, as Carter and others (2013) do.

Who lives here: `table` (which absorptions each mineral has and lacks), `naming` (strengths of absorptions → minerals), `columns`
(what is typical of each detector column, and how far a pixel departs from it), `connected` (which pixels have neighbours of their
kind). Arrays in, arrays out.
Who may come in: methods.
"""

from .columns import DetectorColumns, shared_by_most
from .connected import SmallestPatch, without_small_patches
from .naming import Named, Presence, named, named_by_columns, untold
from .table import RULES, Rule, features_of

__all__ = [
    "RULES",
    "DetectorColumns",
    "Named",
    "Presence",
    "Rule",
    "SmallestPatch",
    "features_of",
    "named",
    "named_by_columns",
    "shared_by_most",
    "untold",
    "without_small_patches",
]
