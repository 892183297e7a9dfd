"""What an explained share means."""

from __future__ import annotations

#: From these shares on a mineral is likely, or perhaps, in an image (benchmarks/pages/target_screen.md).
LIKELY, PERHAPS = 0.8, 0.6

#: What the table says of a mineral in an image.
YES, MAYBE, NO, FAILED = "likely", "perhaps", "no sign", "failed"


def verdict(share: float, won: int) -> str:
    """In words.

    Parameters
    ----------
    share
        Largest explained share of the mineral, in any window.
    won
        Number of windows in which its share is at least `LIKELY`, and no other mineral's is larger.

    Examples
    --------
    >>> from crism_gan_plugin.core.screening.verdict import verdict
    >>> verdict(0.95, 12), verdict(0.95, 0), verdict(0.3, 0)
    ('likely', 'perhaps', 'no sign')
    """
    if won:
        return YES
    return MAYBE if share >= PERHAPS else NO
