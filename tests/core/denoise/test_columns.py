from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.denoise import Settings, denoise_columns, surface_library
from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.spectra.continuum import remove_continuum

LINES, COLUMNS = 60, 10
AXIS = np.arange(1020.0, 2640.0, 6.6)
SMILE = AXIS + np.linspace(8, 0, COLUMNS)[:, None]


def gas(nm: np.ndarray) -> np.ndarray:
    """A transmission with a deep narrow band, as CO2 has at 2 µm."""
    return 1 - 0.45 * np.exp(-0.5 * ((nm - 2010) / 14) ** 2) - 0.25 * np.exp(-0.5 * ((nm - 2060) / 12) ** 2)


def make_image(noise: float = 0.005, seed: int = 0) -> dict[str, np.ndarray]:
    """Lines of bland ground and of kaolinite, seen through air that thickens down the image, with stripes and spikes."""
    rng = np.random.default_rng(seed)
    library = surface_library()
    kaolinite = np.stack([library.on(nm)[:, library.names.index("kaolinite (numerator)")] for nm in SMILE])
    amount = np.where(np.arange(LINES) >= LINES // 2, 0.8, 0.0)
    place = (SMILE - 1800) / 800
    surface = np.exp(np.log(0.2) + 0.1 * place - 0.08 * place**2 + amount[:, None, None] * kaolinite)
    path = 1 + 0.2 * np.linspace(-1, 1, LINES)[:, None, None]
    stripes = np.exp(rng.normal(0, 0.004, SMILE.shape))
    seen = surface * gas(SMILE) ** path * stripes * (1 + rng.normal(0, noise, surface.shape))
    spikes = rng.random(seen.shape) < 0.005
    seen[spikes] *= 1.2
    return {"seen": seen.astype(np.float32), "surface": surface, "path": path[..., 0], "spikes": spikes}


def denoise(seen: np.ndarray, scans: list[np.ndarray] | None = None, **how):
    return denoise_columns(seen, SMILE, [gas(SMILE) ** 0.9] if scans is None else scans, surface_library(), **how)


@pytest.fixture(scope="module")
def image() -> dict[str, np.ndarray]:
    return make_image()


@pytest.fixture(scope="module")
def parts(image):
    return denoise(image["seen"])


def test_surface_is_found_under_gas_noise_and_stripes(image, parts):
    assert np.sqrt(np.mean((parts.model / image["surface"] - 1) ** 2)) < 0.005
    for rows in (slice(0, LINES // 2), slice(LINES // 2, None)):
        error = (parts.corrected / image["surface"])[rows].mean((0, 1)) - 1
        assert np.abs(error).max() < 0.006  # noise of 90 spectra is 0.0005; the gas was 0.45 deep


def test_path_times_transmission_is_the_gas(image, parts):
    air = parts.path[..., None] * np.log(parts.transmission)
    band = np.abs(AXIS - 2010) < 60
    assert air[..., band] == pytest.approx((image["path"][..., None] * np.log(gas(SMILE)))[..., band], abs=0.03)
    assert parts.path / parts.path.mean(0) == pytest.approx(image["path"] / image["path"].mean() + np.zeros((1, COLUMNS)), abs=0.03)


def test_bland_ground_gets_no_band(image, parts):
    for column in range(COLUMNS):
        bland = remove_continuum(parts.model[: LINES // 2, column], SMILE[column])
        assert bland.mean(0).min() > 0.995


def test_spikes_are_found_and_replaced_by_the_model(image, parts):
    assert parts.bad[image["spikes"]].mean() > 0.95
    assert parts.bad[~image["spikes"]].mean() < 0.01
    assert np.array_equal(parts.corrected[parts.bad], parts.model[parts.bad])


def test_a_graphics_card_finds_the_same(image, parts):
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA graphics card")
    found, expected = denoise(image["seen"], device="cuda"), denoise(image["seen"], device="cpu")
    assert np.median(np.abs(found.model / expected.model - 1)) < 2e-4
    assert np.abs(found.model / expected.model - 1).max() < 5e-3
    assert np.mean(found.bad != expected.bad) < 1e-3


def test_missing_entries_are_modelled_and_dead_parts_stay_empty(image):
    seen = image["seen"].copy()
    seen[:, 0, 100] = np.nan  # a dead channel
    seen[4] = 0.0  # a dark line
    seen[7, 1, ::3] = -0.01  # a third of a spectrum
    seen[:, 2] = np.nan  # a column without scene
    found = denoise(seen)
    assert np.isnan(found.model[4]).all() and np.isnan(found.corrected[4]).all() and not found.bad[4].any()
    assert np.isnan(found.model[:, 2]).all() and np.isnan(found.transmission[2]).all() and found.iterations[2] == 0
    kept = np.delete(np.arange(LINES), 4)
    assert np.isfinite(found.corrected[kept, :2]).all()
    assert found.bad[kept, 0, 100].all() and found.bad[7, 1, ::3].all()
    assert found.model[kept, :2] == pytest.approx(image["surface"][kept, :2], rel=0.02)


def test_corrected_images_lose_what_is_common_to_a_column_only(image):
    rng = np.random.default_rng(1)
    stripes = np.exp(rng.normal(0, 0.01, SMILE.shape))
    seen = (image["surface"] * stripes * (1 + rng.normal(0, 0.003, image["surface"].shape))).astype(np.float32)
    found = denoise(seen, [], settings=Settings(corrected=True))
    assert (found.path == 1).all()
    assert np.sqrt(np.mean((found.model / image["surface"] - 1) ** 2)) < 0.005
    left = (found.corrected / image["surface"]).mean(0)
    inner = slice(8, -8)  # a slope over the end is as much the ground's
    assert np.std((left - left.mean(0))[:, inner]) < 0.2 * stripes[:, inner].std()


def test_without_a_volcano_scan_the_transmission_is_learned_from_the_image(image):
    found = denoise(image["seen"], [])
    band = np.abs(AXIS - 2010) < 20
    seen_depth = 1 - np.exp(found.path[..., None] * np.log(found.transmission))[..., band].min()
    assert seen_depth > 0.35
    assert np.sqrt(np.mean((found.model / image["surface"] - 1) ** 2)) < 0.02


def test_spectra_that_share_no_column_teach_no_transmission(image):
    found = denoise(image["surface"].astype(np.float32), [], settings=Settings(common=False, corrected=True))
    assert (found.transmission == 1).all() and (found.path == 1).all()


def test_an_image_without_a_valid_column_stays_empty():
    found = denoise(np.full((LINES, COLUMNS, AXIS.size), np.nan, np.float32))
    assert np.isnan(found.model).all() and not found.iterations.any()


def test_can_be_cancelled(image):
    class Stop(Progress):
        def check(self) -> None:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        denoise(image["seen"], progress=Stop())
