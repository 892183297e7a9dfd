"""Training: seeded, resumable to the bit, with networks whose gradients equal plain ones. Needs PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from crism_gan_plugin.core import load_exemplars  # noqa: E402
from crism_gan_plugin.core.background import load_background  # noqa: E402
from crism_gan_plugin.core.errors import Cancelled, InputError, OutputError, ParameterError  # noqa: E402
from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, from_exemplars  # noqa: E402
from crism_gan_plugin.core.network.discriminator import Discriminator, normalise_bands  # noqa: E402
from crism_gan_plugin.core.network.weights import DiscriminatorWeights  # noqa: E402
from crism_gan_plugin.core.training import schedule as training_module  # noqa: E402
from crism_gan_plugin.core.training.checkpoint import checkpoint_lock  # noqa: E402
from crism_gan_plugin.core.training.networks import LATENT, Convolution, DiscriminatorNet, GeneratorNet, normalised  # noqa: E402
from crism_gan_plugin.core.training.plan import TrainingPlan  # noqa: E402
from crism_gan_plugin.core.training.schedule import SAMPLE, Training, train  # noqa: E402
from crism_gan_plugin.core.training.validation import Retrieval, retrieve  # noqa: E402

TINY = TrainingPlan(steps=6, minerals=4, copies=2, batch=4, every=3, filters=(2, 4, 4, 6), features=5, seed=3)


@pytest.fixture(scope="module")
def library() -> AbsorptionLibrary:
    return from_exemplars(load_exemplars())


def same(one: DiscriminatorWeights, other: DiscriminatorWeights) -> bool:
    return list(one.arrays) == list(other.arrays) and all(np.array_equal(a, other.arrays[name]) for name, a in one.arrays.items())


def assert_equal(one: Training, other: Training) -> None:
    """To the bit."""
    assert same(one.weights, other.weights)
    assert one.weights.card == other.weights.card
    assert one.log == other.log
    for which in ("losses", "real", "generated"):
        np.testing.assert_array_equal(getattr(one, which), getattr(other, which))


# ---------------------------------------------------------------- the run


def test_a_run_is_seeded(library: AbsorptionLibrary) -> None:
    one, again, other = (train(library, replace(TINY, seed=seed)) for seed in (3, 3, 4))
    assert same(one.weights, again.weights)
    assert one.log == again.log
    assert not same(one.weights, other.weights)
    for which in ("losses", "real", "generated"):
        np.testing.assert_array_equal(getattr(one, which), getattr(again, which))
        assert not np.array_equal(getattr(one, which), getattr(other, which))


def test_the_log_begins_with_the_random_weights_control(library: AbsorptionLibrary, recorder: Callable) -> None:
    progress = recorder()
    training = train(library, TINY, progress=progress)
    weights, log = training.weights, training.log
    assert [entry.step for entry in log] == [0, 3, 6]
    assert log[0].contrastive_loss is log[0].discriminator_loss is log[0].generator_loss is None
    assert all(entry.contrastive_loss > 0 and entry.discriminator_loss > 0 and entry.generator_loss > 0 for entry in log[1:])
    assert all(0 <= entry.clean.auc <= 1 and 0 <= entry.noisy.top1 <= 1 for entry in log)
    assert "random weights: the control" in progress.notes[0]
    assert len(progress.notes) == 3
    assert weights.card["training"]["best_step"] in (3, 6)
    assert weights.card["training"]["seed"] == 3
    assert progress.fractions[-1] == 1
    assert training.losses.shape == (6, 3)
    assert log[1].contrastive_loss == pytest.approx(training.losses[:3, 0].mean())
    assert log[2].generator_loss == pytest.approx(training.losses[3:, 2].mean())
    for sample in (training.real, training.generated):
        assert sample.shape == (SAMPLE, 240)
        np.testing.assert_allclose(sample.min(1), 0.9, atol=1e-6)
        assert sample.max() <= 1


@pytest.mark.parametrize("stop_after", [2, 3, 4, 6])
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    library: AbsorptionLibrary, tmp_path: Path, recorder: Callable, stop_after: int
) -> None:
    whole = train(library, TINY)
    checkpoint = tmp_path / "run.pt"
    with pytest.raises(Cancelled, match=f"at step {stop_after}; the checkpoint .*run.pt is kept"):
        train(library, TINY, checkpoint=checkpoint, progress=recorder(stop_after))
    assert {path.name for path in tmp_path.iterdir()} == {"run.pt"}
    progress = recorder()
    resumed = train(library, TINY, checkpoint=checkpoint, progress=progress)
    assert progress.notes[0].startswith(f"resumed at step {stop_after} ")
    assert_equal(resumed, whole)


def test_a_run_without_checkpoint_that_is_cancelled_leaves_nothing(library: AbsorptionLibrary, recorder: Callable) -> None:
    with pytest.raises(Cancelled, match="nothing was written"):
        train(library, TINY, progress=recorder(2))


def test_a_finished_run_resumed_is_the_same(library: AbsorptionLibrary, tmp_path: Path) -> None:
    one, other = (train(library, TINY, checkpoint=tmp_path / "run.pt") for _ in range(2))
    assert_equal(one, other)


def test_training_stops_early_when_validation_does_not_improve(
    library: AbsorptionLibrary, tmp_path: Path, recorder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {0: 0.5, 2: 0.7, 4: 0.8, 6: 0.7, 8: 0.8, 10: 0.7, 12: 0.6, 14: 0.9}  # by step; 8 is as good as 4

    def found_by(*_: object) -> Retrieval:
        asked.append(1)
        return Retrieval(0.5, found[2 * ((len(asked) - 1) // 2)])  # clean and noisy

    monkeypatch.setattr(training_module, "retrieve", found_by)
    plan = replace(TINY, steps=40, every=2, patience=2)
    asked: list[int] = []
    progress = recorder()
    training = train(library, plan, checkpoint=tmp_path / "run.pt", progress=progress)
    assert [entry.step for entry in training.log] == [0, 2, 4, 6, 8, 10, 12]
    assert training.weights.card["training"]["best_step"] == 8
    assert "stopped early" in progress.notes[-1]
    assert progress.fractions[-1] == 1
    assert_equal(train(library, plan, checkpoint=tmp_path / "run.pt"), training)


def test_validation_spectra_may_be_given(library: AbsorptionLibrary) -> None:
    few = library.only(np.arange(len(library.minerals)) < 8)
    training = train(library, replace(TINY, steps=1), validation=few)
    describer = Discriminator(training.weights, "numpy")
    assert training.log[-1].clean == retrieve(describer, few, 0.0)


@pytest.mark.parametrize(("always", "said"), [((), "learn from"), (("talc", "gypsum"), "validate with")])
def test_too_few_minerals_are_one_line(library: AbsorptionLibrary, always: tuple[str, ...], said: str) -> None:
    few = library.only(np.isin(library.minerals, ("talc", "gypsum")))
    with pytest.raises(ParameterError, match=f"no mineral is left to {said}; give"):
        train(few, TINY, always=always)


@pytest.mark.parametrize(("spoil", "said"), [("nan", "not finite"), ("channels", "67 × 240"), ("names", "66 × 240")])
def test_spectra_that_cannot_be_trained_with_are_refused(library: AbsorptionLibrary, spoil: str, said: str) -> None:
    absorption, minerals = library.absorption.copy(), library.minerals
    if spoil == "nan":
        absorption[library.minerals.index("talc"), 3] = np.nan
        said = f"'talc' holds values that are {said}"
    elif spoil == "channels":
        absorption = absorption[:, :239]
    else:
        minerals = minerals[1:]
    with pytest.raises(ParameterError, match=said):
        AbsorptionLibrary(absorption, minerals)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("text", "not an .npz"),
        ("truncated", "not an .npz"),
        ("empty", "empty"),
        ("torch", "PyTorch's own format"),
        ("objects", "not an array of numbers"),
        ("bomb", "too much for a file of its kind"),
        ("plan", "another plan"),
        ("spectra", "another set of spectra"),
        ("filters", "another plan"),
        ("only text", "not a readable checkpoint"),
        ("a missing array", "not a readable checkpoint"),
        ("another shape", "not a readable checkpoint"),
        ("other moments", "not a readable checkpoint"),
        ("not finite", "not a readable checkpoint"),
        ("steps", "not a readable checkpoint"),
        ("folder", "folder"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_one_line(library: AbsorptionLibrary, tmp_path: Path, how: str, said: str) -> None:
    checkpoint = tmp_path / "run.pt"
    plan = replace(TINY, steps=1)
    train(library, plan, checkpoint=checkpoint)
    with np.load(checkpoint) as found:
        arrays = dict(found)
    weight = next(name for name in arrays if name.startswith("network 0 "))
    moment = next(name for name in arrays if name.startswith("optimiser 0 ") and name.endswith("exp_avg"))
    if how == "text":
        checkpoint.write_text("no checkpoint")
    elif how == "truncated":
        checkpoint.write_bytes(checkpoint.read_bytes()[:-500])
    elif how == "empty":
        checkpoint.write_bytes(b"")
    elif how == "torch":
        torch.save({"text": "{}", "networks": [torch.zeros(2)]}, checkpoint)
    elif how == "objects":
        arrays[weight] = np.array([plan], dtype=object)
    elif how == "bomb":
        arrays["zeros"] = np.zeros(80_000_000, np.uint8)
    elif how == "plan":
        plan = replace(plan, seed=9)
    elif how == "spectra":
        library = library.only(np.arange(len(library.minerals)) > 1)
    elif how == "filters":
        plan = replace(plan, filters=(2, 2, 2, 2))
    elif how == "only text":
        arrays = {"text": arrays["text"]}
    elif how == "a missing array":
        del arrays[weight]
    elif how == "another shape":
        arrays[weight] = arrays[weight][..., :1]
    elif how == "other moments":
        arrays[moment] = arrays[moment].ravel()[:1]
    elif how == "not finite":
        arrays[weight][...] = np.nan
    elif how == "steps":
        arrays["losses"] = np.zeros((0, 3))
    else:
        checkpoint.unlink()
        checkpoint.mkdir()
    if how in ("objects", "bomb", "only text", "a missing array", "another shape", "other moments", "not finite", "steps"):
        with checkpoint.open("wb") as file:
            np.savez_compressed(file, **arrays)
    with pytest.raises(InputError, match=said) as caught:
        train(library, plan, checkpoint=checkpoint)
    assert str(checkpoint) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_holds_numbers_alone(library: AbsorptionLibrary, tmp_path: Path) -> None:
    train(library, replace(TINY, steps=1), checkpoint=tmp_path / "run.pt")
    with np.load(tmp_path / "run.pt", allow_pickle=False) as found:
        assert all(found[name].dtype.kind in "fiu" for name in found.files)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_checkpoint_with_which_another_process_trains_is_left_alone(library: AbsorptionLibrary, tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.pt"
    with checkpoint_lock(checkpoint), pytest.raises(OutputError, match=r"run.pt: another process is training with this checkpoint"):
        train(library, TINY, checkpoint=checkpoint)
    assert not checkpoint.exists()
    train(library, replace(TINY, steps=1), checkpoint=checkpoint)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.parametrize("place", ["absent/run.pt", "file/run.pt", "folder"])
def test_a_checkpoint_that_cannot_be_written_is_one_line(library: AbsorptionLibrary, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "x").touch()
    with pytest.raises((InputError, OutputError), match="checkpoint"):
        train(library, TINY, checkpoint=tmp_path / place)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


@pytest.mark.parametrize(("adversarial", "contrastive"), [(1.0, 0.0), (0.0, 1.0)])
def test_each_loss_works_alone(library: AbsorptionLibrary, adversarial: float, contrastive: float) -> None:
    plan = replace(TINY, adversarial=adversarial, contrastive=contrastive, steps=2)
    training = train(library, plan)
    assert (training.log[-1].contrastive_loss > 0) == (contrastive > 0)
    assert (training.log[-1].discriminator_loss > 0) == (adversarial > 0)
    assert (training.generated is not None) == (training.real is not None) == (adversarial > 0)
    assert not same(training.weights, train(library, replace(plan, rate=0.0)).weights)


@pytest.mark.parametrize(
    "numbers",
    [
        {"steps": 0},
        {"every": 0},
        {"minerals": 1},
        {"copies": 1},
        {"batch": 1},
        {"seed": -1},
        {"patience": -1},
        {"adversarial": 0, "contrastive": 0},
    ],
)
def test_a_plan_without_sense_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="training plan"):
        TrainingPlan(**numbers)


def test_training_learns(library: AbsorptionLibrary) -> None:
    plan = replace(TINY, steps=24, minerals=12, copies=3, every=8, rate=5e-3, adversarial=0.0)
    log = train(library, plan).log
    assert log[-1].contrastive_loss < log[1].contrastive_loss - 0.1


# ---------------------------------------------------------------- the networks


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("positions", "inputs", "filters", "n"), [(240, 2, 5, 3), (30, 4, 1, 7), (16, 1, 3, 1), (6, 2, 2, 2)])
def test_the_convolution_and_its_gradients_equal_conv1d(stride: int, positions: int, inputs: int, filters: int, n: int) -> None:
    torch.manual_seed(0)
    ours = Convolution(inputs, filters, stride).double()
    with torch.no_grad():
        ours.bias.normal_()
    x = torch.randn(positions, inputs, n, dtype=torch.float64, requires_grad=True)
    arriving = torch.randn(positions // stride, filters, n, dtype=torch.float64)
    result = ours(x)
    found = torch.autograd.grad(result, (x, ours.kernel, ours.bias), arriving)
    plain = torch.nn.functional.conv1d(x.permute(2, 1, 0), ours.kernel.transpose(1, 2), ours.bias, stride, padding=5)
    plain = plain.permute(2, 1, 0)
    expected = torch.autograd.grad(plain, (x, ours.kernel, ours.bias), arriving)
    torch.testing.assert_close(result, plain)
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other)


def test_spectra_are_normalised_in_training_as_in_use() -> None:
    ratio = (1.02 - 0.2 * np.random.default_rng(0).random((30, 240)) ** 3).astype(np.float32)
    ratio[0] = 1.1  # flat
    np.testing.assert_allclose(normalised(torch.from_numpy(ratio)).numpy(), normalise_bands(ratio, 1.0), rtol=1e-6)


@pytest.mark.parametrize("features", [0, 12])
def test_exported_weights_give_the_same_features(features: int) -> None:
    torch.manual_seed(1)
    net = DiscriminatorNet((4, 6, 8, 10), features)
    with torch.no_grad():
        for convolution in net.convolutions:
            convolution.bias.normal_(std=0.1)
    ratio = load_exemplars().spectra[::3]
    absorption = 1 - ratio
    absorption /= absorption.max(1, keepdims=True)
    card = {"depth": 0.1, "negative_slope": 0.2, "calibration": {"cosine": [-1, 1], "score": [-1, 1]}}
    exported = Discriminator(net.weights(card), "numpy").features(ratio)
    with torch.no_grad():
        inside = net.features(torch.from_numpy(absorption.astype(np.float32))).numpy()
    np.testing.assert_allclose(exported, inside, atol=1e-5 * np.abs(inside).max())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA graphics card")
def test_mixed_precision_on_cuda_changes_little(library: AbsorptionLibrary) -> None:
    torch.manual_seed(4)
    networks = DiscriminatorNet((4, 6, 8, 10), 12), GeneratorNet((8, 4, 2, 2)).eval()
    absorption = torch.from_numpy(library.absorption.astype(np.float32))
    inputs = absorption / absorption.amax(1, keepdim=True), torch.rand(9, LATENT)
    for network, given in zip(networks, inputs):
        expected = network(given)
        found = network.cuda()(given.cuda())
        assert found.dtype == torch.float32
        assert (found.cpu() - expected).abs().max() < 0.05 * expected.abs().max()
        found.sum().backward()
        assert all(torch.isfinite(parameter.grad).all() for parameter in network.parameters() if parameter.grad is not None)


@pytest.mark.parametrize("filters", [(8, 4, 2, 2), (80, 40, 20, 10)])
def test_the_generator_gives_normalised_absorption(filters: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    made = GeneratorNet(filters)(torch.rand(9, LATENT))
    assert made.shape == (9, 240)
    np.testing.assert_allclose(made.detach().amax(1), 1, rtol=1e-5)
    np.testing.assert_allclose(made.detach().amin(1), 0, atol=1e-7)
    made.sum().backward()


def test_what_the_generator_makes_depends_on_its_numbers() -> None:
    torch.manual_seed(5)
    made = GeneratorNet((64, 32, 16, 8))(2 * torch.rand(200, LATENT) - 1).detach().numpy()
    likeness = np.corrcoef(made)[np.triu_indices(200, 1)]
    assert np.median(likeness) < 0.2  # twice as much without the norm after the dense layer


def test_the_minerals_of_the_map_are_part_of_the_run(library: AbsorptionLibrary, tmp_path: Path) -> None:
    plan = replace(TINY, steps=1)
    one = train(library, plan, always=("talc", "gypsum"), checkpoint=tmp_path / "run.pt")
    assert not same(one.weights, train(library, plan).weights)
    with pytest.raises(InputError, match="another set of spectra"):
        train(library, plan, always=("talc",), checkpoint=tmp_path / "run.pt")


def test_ground_is_part_of_the_run(library: AbsorptionLibrary, tmp_path: Path) -> None:
    plan, shipped = replace(TINY, steps=1), load_background()
    steeper = replace(shipped, plain=replace(shipped.plain, components=2 * shipped.plain.components))
    steeper = replace(steeper, card={"measured_on": "a test"})
    one = train(library, plan, background=steeper, checkpoint=tmp_path / "run.pt")
    assert one.weights.card["background"] == {"measured_on": "a test"}
    assert not same(one.weights, train(library, plan).weights)
    assert same(train(library, plan, background=shipped).weights, train(library, plan).weights)
    with pytest.raises(InputError, match="another set of spectra"):
        train(library, plan, checkpoint=tmp_path / "run.pt")
