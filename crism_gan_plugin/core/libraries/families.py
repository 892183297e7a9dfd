"""Families of minerals: to take one for another of its family misleads less than to take a carbonate for a sulfate."""

from __future__ import annotations

#: Family → codes of its classes. Others are of no family.
FAMILIES = {
    "mafic": frozenset({1, 2, 3, 4, 5, 28}),
    "carbonate": frozenset({6, 7}),
    "sulfate": frozenset(range(8, 15)),
    "Al-OH": frozenset(range(15, 19)),
    "Fe/Mg-OH": frozenset(range(19, 26)),
    "hydrated silica and zeolite": frozenset({26, 27}),
}

#: What classes of no family are called together.
OTHER = "other"


def family_of(code: int) -> str:
    """The family of a class's code, `OTHER` if it is of none."""
    return next((name for name, codes in FAMILIES.items() if code in codes), OTHER)
