"""The discriminator's NumPy and torch engines against an independent convolution, and its invariants."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate

from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.network import discriminator as discriminator_module
from crism_gan_plugin.core.network.discriminator import BATCH, Discriminator, derivative_matrix, load_discriminator, normalise_bands
from crism_gan_plugin.core.network.weights import DiscriminatorWeights, load_weights, save_weights

CARD = {"depth": 0.1, "negative_slope": 0.2, "calibration": {"cosine": [-1, 1], "score": [-1, 1]}}


def random_weights(
    filters: tuple[int, ...] = (4, 6, 8, 10), inputs: int = 2, taps: int = 11, features: int = 0
) -> DiscriminatorWeights:
    rng = np.random.default_rng(0)
    kernels, biases = [], []
    for count in filters:
        kernels.append((rng.normal(0, 1, (count, taps, inputs)) / np.sqrt(taps * inputs)).astype(np.float32))
        biases.append(rng.normal(0, 0.1, count).astype(np.float32))
        inputs = count
    dense = rng.normal(0, 0.1, (features, 15 * inputs)).astype(np.float32) if features else None
    whitening = rng.normal(0, 1, (240, 240)).astype(np.float32) if kernels[0].shape[2] == 3 else None
    return DiscriminatorWeights(tuple(kernels), tuple(biases), CARD, dense, whitening)


def random_ratios(count: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    return (1 - rng.random((count, 240)) ** 4 * rng.random((count, 1))).astype(np.float32)


def features_by_scipy(weights: DiscriminatorWeights, ratio: np.ndarray) -> np.ndarray:
    """Plain correlations of zero-padded signals, one spectrum and one filter at a time, in double precision."""
    absorption = np.maximum(1 - ratio.astype(float), 0)
    absorption /= absorption.max()
    channels = [absorption, absorption @ derivative_matrix()]
    if weights.whitening is not None:
        white = absorption @ weights.whitening.astype(float)
        channels.append(6 * white / np.linalg.norm(white))
    signal = np.stack(channels, 1)
    for kernel, bias in zip(weights.kernels, weights.biases):
        padded = np.pad(signal, ((kernel.shape[1] // 2,) * 2, (0, 0)))
        out = np.stack([correlate(padded, k.astype(float), "valid")[:, 0] + b for k, b in zip(kernel, bias)], 1)[::2]
        signal = np.where(out > 0, out, 0.2 * out)
    return signal.ravel() if weights.dense is None else weights.dense.astype(float) @ signal.ravel()


@pytest.mark.parametrize(("features", "inputs"), [(0, 2), (20, 2), (20, 3)])
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_equals_plain_convolutions(engine: str, features: int, inputs: int) -> None:
    if engine == "torch":
        pytest.importorskip("torch")
    weights, ratios = random_weights(features=features, inputs=inputs), random_ratios(5)
    result = Discriminator(weights, engine).features(ratios)
    expected = np.array([features_by_scipy(weights, ratio) for ratio in ratios])
    assert result.dtype == np.float32
    assert result.shape == (5, weights.features)
    np.testing.assert_allclose(result, expected, atol=1e-5 * np.abs(expected).max())


def test_torch_is_not_imported_for_a_card_that_cannot_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discriminator_module, "has_driver", lambda: False)
    monkeypatch.setattr(discriminator_module, "loaded", pytest.fail)
    assert Discriminator(random_weights(), "auto").engine == "numpy"


def test_a_card_that_may_be_there_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(discriminator_module, "has_driver", lambda: True)
    monkeypatch.setattr(discriminator_module, "loaded", asked.append)
    assert Discriminator(random_weights(), "auto").engine == "numpy"
    assert asked == ["torch"]


def test_engines_agree_on_the_shipped_weights() -> None:
    pytest.importorskip("torch")
    ratios = random_ratios(700)
    one, other = (load_discriminator(engine=engine).features(ratios) for engine in ("numpy", "torch"))
    np.testing.assert_allclose(one, other, atol=1e-5 * np.abs(one).max())


@pytest.mark.parametrize("count", [0, 1, BATCH["cpu"] - 1, BATCH["cpu"], BATCH["cpu"] + 1])
def test_features_do_not_depend_on_the_batch(count: int) -> None:
    discriminator, ratios = Discriminator(random_weights(features=20), "numpy"), random_ratios(count)
    together = discriminator.features(ratios)
    assert together.shape == (count, 20)
    rounding = 1e-6 * np.abs(discriminator.features(random_ratios(1))).max()  # of single precision
    for i in {0, count // 2, count - 1} & set(range(count)):
        np.testing.assert_allclose(together[i], discriminator.features(ratios[i : i + 1])[0], rtol=0, atol=rounding)


def test_band_depth_does_not_matter() -> None:
    discriminator, ratio = Discriminator(random_weights(), "numpy"), random_ratios(3)
    np.testing.assert_allclose(discriminator.features(1 - 0.1 * (1 - ratio)), discriminator.features(ratio), atol=1e-5)


@pytest.mark.parametrize("inputs", [2, 3])
def test_flat_and_missing_spectra_have_no_features(inputs: int) -> None:
    flat = np.ones((3, 240), np.float32)
    flat[1] = 1.05
    flat[2, 100] = np.nan
    discriminator = Discriminator(random_weights(inputs=inputs), "numpy")
    assert not discriminator.features(flat).any()
    assert not discriminator.cosines(flat, discriminator.features(random_ratios(4))).any()


def test_cosines_are_cosines_of_features() -> None:
    discriminator, ratios = Discriminator(random_weights(), "numpy"), random_ratios(450)
    exemplars = discriminator.features(ratios[:7]) * 3
    features = discriminator.features(ratios)
    expected = features @ exemplars.T / np.linalg.norm(features, axis=1)[:, None] / np.linalg.norm(exemplars, axis=1)
    np.testing.assert_allclose(discriminator.cosines(ratios, exemplars), expected, atol=2e-6)


def test_normalised_bands_have_one_depth() -> None:
    absorption = normalise_bands(random_ratios(10), 0.1)
    np.testing.assert_allclose(absorption.max(1), 0.1, rtol=1e-6)
    assert (absorption >= 0).all()


def test_derivative_of_a_ramp_is_constant() -> None:
    slope = (np.arange(240.0) @ derivative_matrix())[20:-20]
    np.testing.assert_allclose(slope, slope[0], rtol=1e-4)
    assert slope[0] > 0


def test_wrong_channel_count_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"\(2, 239\)"):
        Discriminator(random_weights(), "numpy").features(np.ones((2, 239)))


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(ParameterError, match="'abacus'"):
        Discriminator(random_weights(), "abacus")


@pytest.mark.parametrize(("features", "inputs"), [(0, 2), (20, 2), (20, 3)])
def test_weights_round_trip(tmp_path: Path, features: int, inputs: int) -> None:
    weights = random_weights(features=features, inputs=inputs)
    save_weights(weights, tmp_path / "w.npz")
    loaded = load_weights(tmp_path / "w.npz")
    assert list(loaded.arrays) == list(weights.arrays)
    for name, array in weights.arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)
    assert loaded.card["depth"] == 0.1
    assert loaded.flops == weights.flops


def test_operations_are_those_of_the_products() -> None:
    convolutions = 2 * 11 * (120 * 4 * 2 + 60 * 6 * 4 + 30 * 8 * 6 + 15 * 10 * 8) + 2 * 240 * 240  # and the derivative
    assert random_weights().flops == convolutions
    assert random_weights(inputs=3).flops == convolutions + 2 * 240 * 240 + 2 * 11 * 120 * 4
    assert random_weights(features=20).flops == convolutions + 2 * 20 * 150


def damage(path: Path, how: str) -> None:
    card = path.with_suffix(".json")
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif how == "text":
        path.write_text("not weights")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "pickle":
        np.savez(path, kernel1=np.array([{"a": 1}], dtype=object), bias1=np.zeros(1))
    elif how == "shape":
        np.savez(path, kernel1=np.zeros((4, 11), np.float32), bias1=np.zeros(4, np.float32))
    elif how == "layers":
        arrays = dict(np.load(path))
        arrays["kernel2"] = arrays["kernel2"][:, :, :-1]
        np.savez(path, **arrays)
    elif how in ("kernel nan", "bias inf"):
        arrays = dict(np.load(path))
        arrays["kernel3" if how == "kernel nan" else "bias1"][:] = np.nan if how == "kernel nan" else np.inf
        np.savez(path, **arrays)
    elif how == "too deep":
        arrays = dict(np.load(path))
        for number in range(5, 12):
            arrays[f"kernel{number}"], arrays[f"bias{number}"] = np.zeros((10, 11, 10), np.float32), np.zeros(10, np.float32)
        np.savez(path, **arrays)
    elif how in ("dense shape", "dense nan"):
        arrays = dict(np.load(path))
        arrays["dense"] = arrays["dense"][:, :-1] if how == "dense shape" else np.full_like(arrays["dense"], np.nan)
        np.savez(path, **arrays)
    elif how == "whitening shape":
        arrays = dict(np.load(path))
        np.savez(path, whitening=np.zeros((240, 239), np.float32), **arrays)
    elif how == "whitening missing":
        arrays = dict(np.load(path))
        arrays["kernel1"] = np.zeros((*arrays["kernel1"].shape[:2], 3), np.float32)
        np.savez(path, **arrays)
    elif how == "double":
        np.savez(path, **{name: array.astype(float) for name, array in np.load(path).items()})
    elif how == "no filters":
        np.savez(path, kernel1=np.zeros((0, 11, 2), np.float32), bias1=np.zeros(0, np.float32))
    elif how == "wide":
        np.savez(path, kernel1=np.zeros((5000, 11, 2), np.float32), bias1=np.zeros(5000, np.float32))
    elif how == "large":
        np.savez_compressed(path, kernel1=np.zeros((1000, 20_001, 2), np.float32), bias1=np.zeros(1000, np.float32))
    elif how == "missing bias":
        np.savez(path, **{name: array for name, array in np.load(path).items() if name != "bias2"})
    elif how == "no card":
        card.unlink()
    elif how == "deep card":
        card.write_text('{"format": ' * 100_000)
    elif how == "card not UTF-8":
        card.write_bytes(card.read_bytes().replace(b"crism", b"\xff"))
    elif how in CARDS:
        card.write_text(json.dumps({**json.loads(card.read_text()), **CARDS[how]}))
    elif how == "card text":
        card.write_text("{")
    elif how == "other card":
        card.write_text(json.dumps({"format": "something else"}))
    else:
        curve = {"not ascending": {"cosine": [-1, -1], "score": [-1, 1]}, "steep": {"cosine": [0, 0.5], "score": [0, 5]}}[how]
        card.write_text(json.dumps({**json.loads(card.read_text()), "calibration": curve}))


#: Entries of a card that make no sense.
CARDS: dict[str, dict[str, object]] = {
    "later version": {"version": 2},
    "depth NaN": {"depth": float("nan")},
    "depth true": {"depth": True},
    "depth as text": {"depth": "0.1"},
    "curve of texts": {"calibration": {"cosine": ["-1", "1"], "score": ["-1", "1"]}},
    "curve of long numbers": {"calibration": {"cosine": [-1, 10**350, 1], "score": [-1, 0, 1]}},
    "curve of NaN": {"calibration": {"cosine": [-1, float("nan"), 1], "score": [-1, 0, 1]}},
    "ground's curves without noise": {"ground_calibration": {"cosine": [[-1, 1]], "score": [-1, 1]}},
    "ground's curves, one missing": {"ground_calibration": {"noise": [0, 0.1], "cosine": [[-1, 1]], "score": [-1, 1]}},
    "ground's noise descending": {"ground_calibration": {"noise": [0, 0.1, 0.1], "cosine": [[-1, 1]] * 3, "score": [-1, 1]}},
    "ground's noise of texts": {"ground_calibration": {"noise": [0, "1"], "cosine": [[-1, 1]] * 2, "score": [-1, 1]}},
    "ground's curve descending": {"ground_calibration": {"noise": [0], "cosine": [[-1, 0, 0, 1]], "score": [-1, 0, 0.1, 1]}},
    "ground's curves a list": {"ground_calibration": [[-1, 1]]},
    "curve a list": {"calibration": [[-1, 1], [-1, 1]]},
}

DAMAGES = ["truncated", "text", "empty", "pickle", "shape", "layers", "kernel nan", "bias inf", "too deep"]
DAMAGES += ["dense shape", "dense nan", "no card", "card text", "other card", "not ascending", "steep"]
DAMAGES += ["whitening shape", "whitening missing"]
DAMAGES += ["double", "no filters", "wide", "large", "missing bias", "deep card", "card not UTF-8", *CARDS]


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_weights_are_one_clear_line(tmp_path: Path, how: str) -> None:
    save_weights(random_weights(features=20), tmp_path / "w.npz")
    damage(tmp_path / "w.npz", how)
    with pytest.raises(InputError) as caught:
        load_weights(tmp_path / "w.npz")
    assert "w." in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_in_another_order_of_bytes_and_axes_are_the_same(tmp_path: Path) -> None:
    save_weights(random_weights(features=20), tmp_path / "w.npz")
    before = load_weights(tmp_path / "w.npz")
    np.savez(tmp_path / "w.npz", **{name: np.asfortranarray(array.astype(">f4")) for name, array in before.arrays.items()})
    for name, array in load_weights(tmp_path / "w.npz").arrays.items():
        np.testing.assert_array_equal(array, before.arrays[name])
        assert array.dtype.isnative


def test_another_file_of_arrays_is_no_weight_file(tmp_path: Path) -> None:
    """What is missing is not its card."""
    np.savez(tmp_path / "x.npz", mean=np.zeros(240, np.float32))
    with pytest.raises(InputError, match=r"x\.npz: is not a weight file: it has no array 'kernel1'"):
        load_weights(tmp_path / "x.npz")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.npz"):
        load_weights(tmp_path / "absent.npz")


def test_shipped_weights_keep_their_limits() -> None:
    weights = load_weights()
    assert weights.flops <= 5e6
    assert sum(array.nbytes for array in weights.arrays.values()) <= 8e6
