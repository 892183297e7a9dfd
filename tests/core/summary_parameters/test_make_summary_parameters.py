"""Summary parameters from file to file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_summary_parameters
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.options.summary_parameters import BROWSE_PRODUCTS
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.summary_parameters import pipeline
from crism_gan_plugin.core.summary_parameters.browse import CHANNELS
from crism_gan_plugin.core.summary_parameters.pipeline import SummaryOutputs
from crism_gan_plugin.core.summary_parameters.stretch import colours, limits_of
from tests.summary_support import AXIS, gaussian, parameters

NAME = "frt0000932c_07_if164j_mtr3"


def cube(lines: int = 12, samples: int = 9) -> np.ndarray:
    """I/F with bands of several minerals, deeper from left to right, under noise; one pixel without data."""
    rng = np.random.default_rng(4)
    depth = np.linspace(0, 1, samples)[:, None] * (gaussian(2310, 0.08, 22) + gaussian(1920, 0.06, 30))
    made = 0.22 * (1 - depth) * (1 + 0.002 * rng.standard_normal((lines, samples, AXIS.size)))
    made[3, 4] = 65535
    return made.astype(np.float32)


def planes(path: Path) -> dict[str, np.ndarray]:
    dataset = gdal.Open(str(path))
    return {
        dataset.GetRasterBand(k + 1).GetDescription(): dataset.GetRasterBand(k + 1).ReadAsArray()
        for k in range(dataset.RasterCount)
    }


@pytest.fixture
def image(tmp_path: Path, make_tif: Callable[..., Path]) -> Path:
    return make_tif(tmp_path / "image.tif", cube(), AXIS)


def test_each_pixel_is_what_the_formulas_say(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 4 * 9 * 450 * 5)  # blocks of five lines, or so
    made = make_summary_parameters(image, tmp_path / "out" / "p.tif")
    found = planes(made.parameters)
    assert len(found) == 60
    for line, sample in ((0, 0), (5, 3), (11, 8)):
        expected = parameters(cube()[line, sample])
        for name, value in expected.items():
            step = 0.0011 if name == "RPEAK1" else 1e-6  # the peak is read off every nm
            assert found[name][line, sample] == pytest.approx(value, rel=1e-5, abs=step), name
    assert all(np.isnan(plane[3, 4]) for plane in found.values())
    assert found["D2300"][:, 8].mean() > found["D2300"][:, 0].mean() + 0.02
    dataset, source = gdal.Open(str(made.parameters)), gdal.Open(str(image))
    assert dataset.GetProjection() == source.GetProjection() != ""
    assert dataset.GetGeoTransform() == source.GetGeoTransform()


def test_what_is_sampled_keeps_no_block_in_memory(image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampled: list[np.ndarray] = []

    def seen(numbers: list[np.ndarray]) -> tuple[float, float]:
        sampled.extend(numbers)
        return limits_of(numbers)

    monkeypatch.setattr(pipeline, "limits_of", seen)
    make_summary_parameters(image, tmp_path / "p.tif")
    assert sampled and all(each.base is None for each in sampled)


def test_browse_products_are_stretched_parameters(image: Path, tmp_path: Path) -> None:
    made = make_summary_parameters(image, tmp_path / "p.tif", products=["PHY", "TRU"])
    assert [path.name for path in made.products] == ["p_PHY.tif", "p_TRU.tif"]
    numbers, shown = planes(made.parameters), gdal.Open(str(made.products[0])).ReadAsArray()
    record = json.loads(made.provenance.read_text())
    for channel, name in zip(shown, CHANNELS["PHY"]):
        low, high = record["stretch"][name]
        valid = numbers[name][np.isfinite(numbers[name])]
        assert low == pytest.approx(max(0, np.quantile(valid, 0.05)), rel=1e-4, abs=1e-6)
        assert high == pytest.approx(max(np.quantile(valid, 0.99), low + 0.01), rel=1e-4)
        expected = np.clip((numbers[name] - low) / (high - low), 0, 1) * 254
        there = np.isfinite(expected)
        assert np.abs(channel[there] - expected[there]).max() <= 1
        assert channel[3, 4] == 255
    assert gdal.Open(str(made.products[0])).GetRasterBand(1).GetNoDataValue() == 255
    style = made.style.read_text()
    assert 'type="multibandcolor"' in style
    assert f'redBand="{list(numbers).index("D2300") + 1}"' in style


def test_only_what_is_asked_for_is_made_and_what_its_products_need(image: Path, tmp_path: Path) -> None:
    made = make_summary_parameters(image, tmp_path / "p.tif", parameters=["BD2290", "R770"], products=["MAF"])
    assert list(planes(made.parameters)) == ["R770", "OLINDEX3", "LCPINDEX2", "HCPINDEX2", "BD2290"]
    made = make_summary_parameters(image, tmp_path / "p.tif", parameters=["BD2290"], products=[])
    assert (list(planes(made.parameters)), made.products) == (["BD2290"], ())
    assert "singlebandpseudocolor" in made.style.read_text()


def test_an_infrared_image_says_what_it_cannot(tmp_path: Path, make_tif: Callable[..., Path], recorder: Callable) -> None:
    inside = AXIS > 1030
    image, progress = make_tif(tmp_path / "i.tif", cube()[..., inside], AXIS[inside]), recorder()
    made = make_summary_parameters(image, tmp_path / "p.tif", products=["MAF", "TRU"], progress=progress)
    assert len(planes(made.parameters)) == 45
    assert [path.name for path in made.products] == ["p_MAF.tif"]
    assert "browse product TRU is not made: the image has no bands for R600, R530, R440" in progress.warnings
    assert any(text.startswith("without bands in this image: R770, RBR") for text in progress.notes)


@pytest.mark.parametrize(
    "given, error, said",
    [
        ({"parameters": ["D2300", "OLINDEX"]}, ParameterError, "parameters .*must be names out of R770, RBR"),
        ({"products": ["maf"]}, ParameterError, "products .*must be names out of TRU, VNA"),
        ({"parameters": "D2300"}, ParameterError, "must be a list of names, such as"),
    ],
)
def test_bad_parameters(image: Path, tmp_path: Path, given: dict, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        make_summary_parameters(image, tmp_path / "out" / "p.tif", **given)
    assert not (tmp_path / "out").exists()


def test_an_image_that_gives_none_of_them_is_refused(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    inside = AXIS < 1020
    image = make_tif(tmp_path / "v.tif", cube()[..., inside], AXIS[inside])
    with pytest.raises(InputError, match=r"v.tif: has no bands for D2300; its bands cover 436-1010 nm"):
        make_summary_parameters(image, tmp_path / "p.tif", parameters=["D2300"], products=[])


def test_an_image_without_data_is_refused(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    image = make_tif(tmp_path / "n.tif", np.full((2, 3, AXIS.size), 65535, np.float32), AXIS)
    with pytest.raises(InputError, match="no pixel has valid data"):
        make_summary_parameters(image, tmp_path / "p.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.tif"]


def test_cancelled_leaves_nothing(image: Path, tmp_path: Path, recorder: Callable) -> None:
    with pytest.raises(Cancelled):
        make_summary_parameters(image, tmp_path / "out" / "p.tif", progress=recorder(stop_after=1))
    assert not (tmp_path / "out").exists()


def deliver(folder: Path, activity: str, numbers: np.ndarray, names: list[str], make_envi: Callable[..., Path]) -> Path:
    """A product of the archive beside the image."""
    path = folder / f"{NAME.replace('_if164j', f'_{activity}j')}.img"
    return make_envi(path, numbers, None, band_names="{" + ", ".join(names) + "}")


def made_of(folder: Path, make_envi: Callable[..., Path], **given: object) -> SummaryOutputs:
    image = make_envi(folder / f"{NAME}.img", cube(), AXIS)
    return make_summary_parameters(image, folder / "p.tif", **given)


def test_what_the_archive_delivers_is_read(tmp_path: Path, make_envi: Callable[..., Path]) -> None:
    own = np.random.default_rng(5).random((12, 9, 2)).astype(np.float32)
    own[0, 0] = 65535
    deliver(tmp_path, "sr164", own, ["D2300", "BD1900R2"], make_envi)
    colour = np.random.default_rng(6).integers(0, 256, (12, 9, 3)).astype(np.uint8)
    deliver(tmp_path, "brmaf", colour, ["R", "G", "B"], make_envi)
    made = made_of(tmp_path, make_envi, products=["MAF", "PHY"])
    found = planes(made.parameters)
    assert np.isnan(found["D2300"][0, 0])
    np.testing.assert_array_equal(found["D2300"].ravel()[1:], own[..., 0].ravel()[1:])
    assert found["OLINDEX3"][5, 3] == pytest.approx(parameters(cube()[5, 3])["OLINDEX3"], abs=1e-6)
    shown = gdal.Open(str(made.products[0])).ReadAsArray().transpose(1, 2, 0)
    there = (colour != 255).all(-1)
    np.testing.assert_array_equal(shown[there], colour[there])
    assert (shown[~there] == 255).all()
    again = made_of(tmp_path, make_envi, recompute=True)
    assert planes(again.parameters)["D2300"][5, 3] == pytest.approx(parameters(cube()[5, 3])["D2300"], abs=1e-6)


def test_a_delivered_product_of_another_size_is_not_read(
    tmp_path: Path, make_envi: Callable[..., Path], recorder: Callable
) -> None:
    deliver(tmp_path, "su164", np.ones((4, 9, 1), np.float32), ["D2300"], make_envi)
    progress = recorder()
    made = made_of(tmp_path, make_envi, progress=progress)
    assert planes(made.parameters)["D2300"][5, 3] != 1
    assert any("the archive's own parameters are not used" in text and "4 × 9 pixels" in text for text in progress.warnings)


def test_a_flat_parameter_is_dark_and_a_missing_one_has_limits() -> None:
    assert limits_of([np.zeros(9, np.float32)]) == (0.0, 0.01)
    assert limits_of([np.full(9, np.nan, np.float32)]) == (0.0, 0.01)
    low, high = limits_of([np.linspace(-1, 1, 101, dtype=np.float32)])
    assert (low, high) == (0, pytest.approx(0.98, abs=0.01))
    shown = colours(np.array([[[-1, 0.5, 2, np.nan]]] * 3, np.float32), [(0, 1)] * 3)
    assert shown[:, 0].T.tolist() == [[0] * 3, [127] * 3, [254] * 3, [255] * 3]


def test_every_product_has_a_meaning() -> None:
    assert all(text.endswith(".") for text in BROWSE_PRODUCTS.values())
