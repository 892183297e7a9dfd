"""Known answers of all formulas: lines, single bands, type spectra."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.options.summary_parameters import BROWSE_PRODUCTS, SUMMARY_PARAMETERS
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.summary_parameters.browse import CHANNELS
from crism_gan_plugin.core.summary_parameters.channels import Channels
from crism_gan_plugin.core.summary_parameters.formulas import BandDepth, BelowLine, DropOff, ShoulderHeight, Smaller
from crism_gan_plugin.core.summary_parameters.plan import ParameterPlan
from crism_gan_plugin.core.summary_parameters.table import FORMULAS
from tests.summary_support import AXIS, gaussian, parameters

DEPTHS = {name: formula for name, formula in FORMULAS.items() if type(formula) is BandDepth}
HEIGHTS = {name: formula for name, formula in FORMULAS.items() if type(formula) is ShoulderHeight}


def test_names_and_products_are_said_once_and_agree() -> None:
    assert list(FORMULAS) == list(SUMMARY_PARAMETERS)
    assert len(FORMULAS) == 60
    assert list(CHANNELS) == list(BROWSE_PRODUCTS)
    assert len(CHANNELS) == 18
    assert {name for channels in CHANNELS.values() for name in channels} <= set(FORMULAS)


def test_a_straight_line_has_no_bands() -> None:
    found = parameters(0.2 + 0.00003 * AXIS)
    flat = [name for name, formula in FORMULAS.items() if isinstance(formula, (BandDepth, Smaller, BelowLine, DropOff))]
    assert len(flat) == 39
    even = {"BD3400_2", "BD530_2"}  # medians of ten bands, and of four at the end, lie half a band beside the wavelength
    assert max(abs(found[name]) for name in set(flat) - even) < 2e-6
    assert max(abs(found[name]) for name in even) < 5e-4
    assert abs(found["VAR"]) < 1e-12
    assert found["ISLOPE1"] == pytest.approx(-0.03, rel=1e-4)
    assert found["R1330"] == pytest.approx(0.2 + 0.00003 * 1330, rel=2e-3)


def test_brightness_changes_no_band() -> None:
    rng = np.random.default_rng(1)
    spectrum = 0.25 + 0.02 * rng.random(AXIS.size)
    one, other = parameters(spectrum), parameters(spectrum * 0.5)
    brightness = {"ISLOPE1", "VAR", *(name for name in FORMULAS if name[0] == "R" and name[1:].isdigit())}
    for name in set(FORMULAS) - brightness:
        assert other[name] == pytest.approx(one[name], abs=2e-6), name


@pytest.mark.parametrize("name", DEPTHS)
def test_a_single_band_is_as_deep_as_it_is(name: str) -> None:
    """A band whose flanks reach the shoulders; medians over a few channels blunt it a little."""
    formula = DEPTHS[name]
    low, centre, high = (AXIS[np.abs(AXIS - nm).argmin()] for nm in (formula.shorter, formula.centre, formula.longer))
    width = 0.8 * min(centre - low, high - centre)
    ends = [1 - 0.1 * np.exp(-((end - centre) ** 2) / (2 * width**2)) for end in (low, high)]
    expected = 1 - 0.9 / np.interp(centre, [low, high], ends)
    found = parameters(1 - gaussian(centre, 0.1, width))[name]
    assert found == pytest.approx(expected, rel=0.12 if high - low > 50 else 0.3)


@pytest.mark.parametrize("name", DEPTHS)
def test_a_band_that_ends_before_the_shoulders_is_as_deep_as_it_is(name: str) -> None:
    """Within 2 %, where medians are narrower than the band: channels lie half a nanometre apart here."""
    formula, axis = DEPTHS[name], np.arange(400, 3950, 0.5)
    width = min(formula.centre - formula.shorter, formula.longer - formula.centre) / 4
    band = 0.1 * np.exp(-((axis - formula.centre) ** 2) / (2 * width**2))
    plan = ParameterPlan.of(SpectralAxis(axis), [name])
    for level in (0.2, 0.2 + 0.00003 * axis):
        spectrum = (level * (1 - band)).astype(np.float32)
        assert plan.compute(spectrum[plan.numbers][:, None])[0, 0] == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("name", HEIGHTS)
def test_a_height_is_a_depth_turned_over(name: str) -> None:
    formula = HEIGHTS[name]
    rng = np.random.default_rng(2)
    spectrum = (0.3 + 0.01 * rng.standard_normal(AXIS.size)).astype(np.float32)
    plan = ParameterPlan.of(SpectralAxis(AXIS), [name])
    height = plan.compute(spectrum[plan.numbers][:, None])[0, 0]
    channels = Channels(plan.bands, plan.rows, spectrum[plan.numbers][:, None])
    depth = BandDepth(formula.shorter, formula.centre, formula.longer, formula.widths)(channels)[0]
    assert height == pytest.approx(-depth / (1 - depth), abs=1e-6)


def test_the_smaller_of_two_needs_both_bands() -> None:
    one = parameters(1 - gaussian(2295, 0.1, 18))
    both = parameters(1 - gaussian(2295, 0.1, 18) - gaussian(2480, 0.1, 18))
    assert one["MIN2295_2480"] < 0.01
    assert both["MIN2295_2480"] > 0.08


def test_integrals_are_areas_in_micrometres() -> None:
    """A band of 5 % over all of 1.0 … 1.26 µm, and none where the continuum is taken."""
    spectrum = np.where((AXIS > 1015) & (AXIS < 1290), 0.95, 1.0)
    inside = AXIS[(AXIS > 1040) & (AXIS <= 1257)]
    assert parameters(spectrum)["BDI1000IR"] == pytest.approx(0.05 * (inside[-1] - inside[0]) / 1000, rel=0.02)


def test_the_visible_peak_is_where_a_polynomial_has_it() -> None:
    x = (AXIS - 680) / 240
    spectrum = 0.3 - 0.05 * (x - 0.3) ** 2 - 0.01 * (x - 0.3) ** 4
    assert parameters(spectrum)["RPEAK1"] == pytest.approx((680 + 0.3 * 240) / 1000, abs=0.0015)
    flat = np.where(AXIS > 825, np.maximum(spectrum, 0.27), spectrum)
    lowered = np.where((AXIS > 950) & (AXIS < 1030), flat - 0.02, flat)
    assert parameters(lowered)["BDI1000VIS"] > parameters(flat)["BDI1000VIS"] > 0


def test_variance_is_that_about_the_best_line() -> None:
    rng = np.random.default_rng(3)
    spectrum = (0.2 + 0.01 * rng.standard_normal(AXIS.size)).astype(np.float32)
    inside = (AXIS >= 1000) & (AXIS <= 2300) & ~((AXIS > 1650) & (AXIS < 1666))
    x, y = AXIS[inside], spectrum[inside].astype(float)
    rest = y - np.polyval(np.polyfit(x, y, 1), x)
    assert parameters(spectrum)["VAR"] == pytest.approx(rest @ rest / (x.size - 1), rel=1e-4)


def test_an_infrared_image_gives_the_infrared_parameters() -> None:
    infrared = AXIS[AXIS > 1030]
    plan = ParameterPlan.of(SpectralAxis(infrared), FORMULAS)
    assert len(plan.names) == 45
    assert plan.left_out["R770"] == "no good band near 770 nm"
    assert plan.left_out["VAR"] == "no good band near 1000 nm"


def test_bands_that_are_marked_bad_are_not_taken() -> None:
    good = np.abs(AXIS - 2290) > 5
    spectrum = np.where(good, 0.2, 90.0)
    plan = ParameterPlan.of(SpectralAxis(AXIS, good=good), ["BD2290", "SINDEX2", "R2529"])
    assert np.abs(plan.compute(spectrum[plan.numbers].astype(np.float32)[:, None])[:2]).max() < 1e-6


def test_a_pixel_without_a_band_takes_the_others_around_it() -> None:
    spectrum = np.full(AXIS.size, 0.2)
    spectrum[np.abs(AXIS - 2290).argmin()] = np.nan
    found = parameters(spectrum)
    assert found["BD2290"] == pytest.approx(0, abs=1e-6)
    assert not np.isnan(list(found.values())).any()
    assert np.isnan(list(parameters(np.full(AXIS.size, np.nan)).values())).all()


def mica(folder: Path, mineral: str) -> dict[str, float]:
    table = np.genfromtxt(folder / "mica" / f"crism_typespec_{mineral}.tab", delimiter=",")
    ratio = np.where(table[:, 1] < 65535, table[:, 1], np.nan)
    return parameters(ratio, table[:, 0] * 1000)


def test_type_spectra_show_their_minerals(shared_data: Path) -> None:
    kaolinite, smectite = mica(shared_data, "kaolinite"), mica(shared_data, "al_smectite")
    assert kaolinite["MIN2200"] > 0.02
    assert smectite["MIN2200"] < 0.4 * kaolinite["MIN2200"]
    assert smectite["BD2210_2"] > 0.02


#: The parameter that leads to a mineral, and how many type spectra of other minerals may have more of it.
LEADS = {
    "al_smectite": ("BD2210_2", 2),
    "alunite": ("BD1750_2", 1),
    "co2_ice": ("BD1435", 0),
    "fe_ca_carbonate": ("MIN2345_2537", 1),
    "fe_olivine": ("OLINDEX3", 1),
    "gypsum": ("BD1750_2", 0),
    "h2o_ice": ("BD1500_2", 0),
    "hcp": ("HCPINDEX2", 1),
    "hematite": ("BD860_2", 0),
    "hydrox_fe_sulf": ("BD2230", 0),
    "jarosite": ("BD2265", 0),
    "kaolinite": ("MIN2200", 0),
    "lcp": ("LCPINDEX2", 0),
    "mg_carbonate": ("MIN2295_2480", 0),
    "mg_olivine": ("OLINDEX3", 0),
    "mono_hyd_sulf": ("BD2100_2", 0),
    "prehnite": ("BD2355", 1),
}


@pytest.mark.parametrize("mineral", LEADS)
def test_the_parameter_that_leads_to_a_mineral_is_high_in_its_type_spectrum(shared_data: Path, mineral: str) -> None:
    """Parameters rank well, and decide badly: related minerals have more of some."""
    name, others = LEADS[mineral]
    stems = [path.stem[len("crism_typespec_") :] for path in (shared_data / "mica").glob("crism_typespec_*.tab")]
    values = {stem: mica(shared_data, stem).get(name, np.nan) for stem in stems}
    assert values[mineral] > 0
    assert sum(value > values[mineral] for value in values.values()) <= others
