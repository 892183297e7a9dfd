"""Which spectra of an image show the same absorption: those whose bands are as strong, one against the other.

The strongest spectrum that is left begins a group. All that are like the group's mean belong to it, in rounds, until there are as
many groups as are wanted, or nothing is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray

#: Spectra belong to a group whose strengths have this cosine with its mean. Noise alone lowers the cosine of faint spectra to .8.
_ALIKE = 0.7

_ROUNDS = 4


@dataclass(frozen=True)
class Group:
    """Spectra that show the same.

    Attributes
    ----------
    members
        (n,) which they are, ascending.
    """

    members: IntArray


def groups_of(strength: FloatArray, most: int, least: int) -> list[Group]:
    """Groups, those of the most spectra first.

    Parameters
    ----------
    strength
        (n, bands) of spectra that stand out.
    most
        So many groups at the most.
    least
        So many spectra a group must have; what is in no such group is in none.
    """
    direction = strength / np.linalg.norm(strength, axis=1, keepdims=True)
    peak, left = strength.max(1), np.ones(len(strength), bool)
    found: list[Group] = []
    while left.any() and len(found) < most:
        seed = int(np.where(left, peak, -np.inf).argmax())
        mean = direction[seed]
        for _ in range(_ROUNDS):
            inside = left & (direction @ mean > _ALIKE)
            if not inside.any():
                break
            mean = direction[inside].mean(0)
            mean = mean / np.linalg.norm(mean)
        inside[seed] = True
        left &= ~inside
        if np.count_nonzero(inside) >= least:
            found.append(Group(np.flatnonzero(inside)))
    return sorted(found, key=lambda group: (-group.members.size, int(group.members[0])))
