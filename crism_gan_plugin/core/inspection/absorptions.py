"""Where common absorptions are, to be labelled on request (Viviano-Beck et al. 2014, J. Geophys. Res. 119, 1403; MICA files)."""

from __future__ import annotations

#: Wavelength, nm, and what absorbs there.
COMMON = (
    (1400.0, "OH, H₂O"),
    (1930.0, "H₂O"),
    (2100.0, "SO₄·H₂O"),
    (2210.0, "Al-OH, Si-OH"),
    (2310.0, "Fe/Mg-OH, CO₃"),
    (2400.0, "SO₄"),
    (2510.0, "CO₃"),
)
