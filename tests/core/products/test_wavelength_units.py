"""Units of wavelengths: said, silent, and contradicted by the numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.products.wavelength_units import in_nanometres

NM = np.array([1001.0, 1500.5, 2645.05])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("nm", 1), ("Nanometers", 1), (" MICROMETERS ", 1000), ("µm", 1000), ("Angstroms", 0.1), ("mm", 1e6), ("Meters", 1e9)],
)
def test_units_that_are_said(unit: str, factor: float) -> None:
    values, found, words = in_nanometres(NM / factor, unit, "x.hdr")
    np.testing.assert_allclose(values, NM)
    assert found == factor
    assert "by their size" not in words


@pytest.mark.parametrize("unit", ["", "Unknown", "parsecs"])
@pytest.mark.parametrize("factor", [1, 1000])
def test_units_that_are_not(unit: str, factor: float) -> None:
    values, _, words = in_nanometres(NM / factor, unit, "x.hdr")
    np.testing.assert_allclose(values, NM)
    assert words == ("in nm by their size" if factor == 1 else "in µm by their size")


@pytest.mark.parametrize(
    ("unit", "factor", "true"), [("Micrometers", 1, "nm"), ("Nanometers", 1000, "µm"), ("um", 1, "nm"), ("m", 1, "nm")]
)
def test_units_that_cannot_be_the_numbers_own(unit: str, factor: float, true: str) -> None:
    values, _, words = in_nanometres(NM / factor, unit, "x.hdr")
    np.testing.assert_allclose(values, NM)
    assert words == f"in {true} by their size: the unit '{unit}', as it is said there, cannot be theirs"


@pytest.mark.parametrize("unit", ["Wavenumber", "wave numbers", "cm-1", "1/cm", "GHz", "MHz", "Index", "Bands", "eV"])
def test_units_of_no_length(unit: str) -> None:
    with pytest.raises(InputError, match=r"x\.hdr: its wavelengths have the unit .*, which is none of length"):
        in_nanometres(np.array([9990.0, 6664.0, 3780.0]), unit, "x.hdr")


@pytest.mark.parametrize("unit", ["nm", "um", "mm"])
def test_numbers_that_no_image_has(unit: str) -> None:
    with pytest.raises(InputError, match=r"x\.hdr: its wavelengths are 1e-09 to 3e-09 with the unit"):
        in_nanometres(np.array([1e-9, 2e-9, 3e-9]), unit, "x.hdr")


def test_a_contradicted_unit_is_told_of(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    more = f"wavelength units = Micrometers\nfwhm = {{6.5, 6.5, 6.5}}\nwavelength = {{{', '.join(map(str, NM))}}}"
    scene = open_scene(envi_image(tmp_path, np.ones((3, 2, 2), "<f4"), more=more))
    np.testing.assert_allclose(scene.axis.wavelengths_nm, NM)
    np.testing.assert_allclose(scene.axis.fwhm_nm, 6.5)
    assert any("the unit 'Micrometers', as it is said there, cannot be theirs" in note for note in scene.notes)
