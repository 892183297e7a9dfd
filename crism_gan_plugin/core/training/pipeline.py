"""Trains a network from libraries and images on disk, and writes weights, model card and figures."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import process_time
from typing import Any, Optional

from ... import paths
from ..background.files import load_background
from ..errors import MissingDependencyError, OutputError, ParameterError
from ..files.inputs import InputFiles, current_inputs, recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name, check_outputs
from ..files.tables import write_table
from ..libraries.absorption import AbsorptionLibrary, from_exemplars
from ..libraries.exemplar_files import load_exemplars
from ..libraries.importers import read_envi_library
from ..libraries.minerals import mineral_of
from ..network.calibration import filter_calibrations, ground_calibration, match_rates, paper_calibration
from ..network.discriminator import Discriminator
from ..network.similarity import FILTERS_KEY, Matcher
from ..network.weights import DiscriminatorWeights, save_weights
from ..options.keywords import takes
from ..options.training import TrainingOptions
from ..progress import Progress
from ..provenance import now, versions
from .checkpoint import checkpoint_lock
from .figures import LOSSES, draw_curves, draw_generated, mean_losses
from .image_ground import ground_of_images
from .image_spectra import sample_images
from .plan import TrainingPlan
from .reliability import RATED_NOISES, class_rates, rates_card
from .schedule import Training, require_torch, train
from .validation import split_minerals

#: The changes that each choice of losses makes to the weights of the losses in the plan.
LOSS_WEIGHTS: dict[str, dict[str, Any]] = {
    "both": {},
    "adversarial": {"adversarial": 1.0, "contrastive": 0.0},
    "contrastive": {"adversarial": 0.0},
}

#: Endings of the other files beside the weights and their card.
_FURTHER = ("_losses.csv", "_losses.png", "_spectra.png")

#: Space that a run may need on the disk, in MB: for two checkpoints at a time, and the results.
_SPACE_MB = 100


@dataclass(frozen=True)
class TrainingFiles:
    """Paths of a run's results. The path of a figure that was not drawn is None.

    Attributes
    ----------
    weights, card
        ``.npz`` and the model card beside it.
    losses
        Table (CSV) of the losses by step.
    curves
        Figure of the losses and validations.
    spectra
        Figure of generated beside real spectra.
    """

    weights: Path
    card: Path
    losses: Path
    curves: Optional[Path]
    spectra: Optional[Path]


@takes(TrainingOptions)
@recorded_inputs()
def train_to_files(
    out: PathLike,
    *,
    options: TrainingOptions,
    progress: Optional[Progress] = None,
) -> TrainingFiles:
    """Train a discriminator, calibrate its score, and write weights, card, loss table and figures.

    Parameters
    ----------
    out
        ``.npz`` of the weights; the other files get names that begin like it.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong.
    Cancelled
        If the user stops: nothing is written but the checkpoint.
    """
    progress, began = progress or Progress(), process_time()
    out = Path(out)
    if out.suffix != ".npz":
        raise ParameterError(f"{out}: weights are .npz files; give it that ending")
    check_name(out.name, "output")
    require_torch()
    images, library, ground, seed = options.images, options.library, options.ground, options.seed
    plan = TrainingPlan(
        steps=options.steps, seed=seed, patience=options.patience, every=min(250, options.steps), **LOSS_WEIGHTS[options.losses]
    )
    where = Path(options.checkpoint) if options.checkpoint else out.with_suffix(".checkpoint")
    current_inputs().keep([*images, *library, *ground, paths.exemplars()])
    made = [out, out.with_suffix(".json"), *(out.with_name(f"{out.stem}{ending}") for ending in _FURTHER)]
    check_outputs([*made, where, where.with_name(f"{where.name}.unfinished")])
    if where.resolve() in [file.resolve() for file in made]:
        raise ParameterError(f"{where}: is the name of a result too; choose another name for the checkpoint")
    with AtomicOutputs(out.parent) as outputs:
        _check_space(out.parent)
        reading = 0.1 if images or ground else 0.0
        learnt, validation = _spectra(images, library, options.exemplars, seed, progress.part(0, reading / 2))
        background = ground_of_images(ground, seed=seed, progress=progress.part(reading / 2, reading)) if ground else None
        current_inputs().settle()
        with InputFiles().recording():  # a checkpoint that is read and written again is no input
            training = train(
                learnt,
                plan,
                always=_classes(),
                validation=validation,
                background=background,
                checkpoint=where,
                progress=progress.part(reading, 0.97),
            )
        sources = [*(["the plugin's exemplars"] if options.exemplars else []), *(Path(path).name for path in (*library, *images))]
        card = {
            **training.weights.card,
            "made": {"time": now(), **versions("torch"), **_machine(training.device, began)},
            "libraries": sources,
            **score_card(training.weights),
            "log": [asdict(entry) for entry in training.log],
        }
        save_weights(replace(training.weights, card=card), outputs.path(out.name))
        figures = _write_losses(training, outputs, out.stem, progress)
        progress.report(1.0)  # the last chance to cancel: then the results appear, and the checkpoint goes
    if options.checkpoint is None:
        _remove(where)
    curves, spectra = (out.with_name(name) if name else None for name in figures)
    return TrainingFiles(out, out.with_suffix(".json"), out.with_name(f"{out.stem}_losses.csv"), curves, spectra)


def _remove(checkpoint: Path) -> None:
    """Remove the checkpoint of a run that is done, unless another process is going on with it."""
    lock = checkpoint_lock(checkpoint)
    if lock.take():
        checkpoint.unlink(missing_ok=True)
        lock.release()


def _spectra(
    images: Sequence[PathLike], library: Sequence[PathLike], exemplars: bool, seed: int, progress: Progress
) -> tuple[AbsorptionLibrary, AbsorptionLibrary]:
    """The absorptions to learn from, and those to validate with."""
    named = [from_exemplars(load_exemplars())] if exemplars else []
    named += [read_envi_library(path, mineral_of=mineral_of) for path in library]
    if not named and not images:
        raise ParameterError("training: there is nothing to learn from; give images, spectral libraries or the exemplars")
    parts, validation = [], None
    if named:
        learnt, validation = split_minerals(sum(named[1:], named[0]), 1 / 3, 0, _classes())
        parts.append(learnt)
    if images:
        parts.append(sample_images(images, seed=seed, progress=progress))
    if validation is None or not validation.minerals:  # no mineral has several specimens of which to find the others
        validation = from_exemplars(load_exemplars())
    return sum(parts[1:], parts[0]), validation


def _classes() -> tuple[str, ...]:
    """The minerals of the map, which must not be mistaken for each other."""
    return tuple(load_exemplars().class_names)


def score_card(weights: DiscriminatorWeights) -> dict[str, Any]:
    """What can be told of weights with the plugin's exemplars: the score's calibration, and what its thresholds let through."""
    exemplars, background, describer = load_exemplars(), load_background(), Discriminator(weights, "numpy")
    curves: dict[str, Any] = {
        "calibration": paper_calibration(describer, exemplars),
        "ground_calibration": ground_calibration(describer, exemplars),
    }
    curves[FILTERS_KEY] = filter_calibrations(describer, exemplars, curves)
    describer = Discriminator(replace(weights, card={**weights.card, **curves}), "numpy")
    paper, ground = Matcher(describer, exemplars), Matcher(describer, exemplars, background)
    by_class = [class_rates(lambda library: Matcher(describer, library, background), exemplars, noise) for noise in RATED_NOISES]
    return {
        "features": weights.features,
        "megaflop_per_spectrum": round(weights.flops / 1e6, 3),
        **curves,
        "match_rates_by_noise": {f"{noise:g}": match_rates(ground, exemplars, noise) for noise in RATED_NOISES},
        "match_rates_by_noise_paper": {f"{noise:g}": match_rates(paper, exemplars, noise) for noise in RATED_NOISES},
        "match_rates_by_class": rates_card(by_class),
    }


def _machine(device: str, began: float) -> dict[str, Any]:
    """The machine of a run, and its processor time since ``began``. Of a run that was resumed, only the last part is counted."""
    return {
        "processor_minutes": round((process_time() - began) / 60, 1),
        "device": device,
        "platform": f"{sys.platform} {platform.machine()}, {os.cpu_count()} cores",
    }


def _write_losses(training: Training, outputs: AtomicOutputs, stem: str, progress: Progress) -> list[Optional[str]]:
    """Write the table and the figures, and return the figures' names. The name of a figure that was not drawn is None."""
    steps, means = mean_losses(training.losses)
    rows = [[step, *(f"{mean:.6g}" for mean in row)] for step, row in zip(steps.tolist(), means.tolist())]
    write_table(outputs.path(f"{stem}_losses.csv"), [["step", *LOSSES], *rows])
    names = [f"{stem}_losses.png", f"{stem}_spectra.png"]
    validations: dict[str, list[float]] = {
        "step": [entry.step for entry in training.log],
        "AUC": [entry.clean.auc for entry in training.log],
        "AUC with noise": [entry.noisy.auc for entry in training.log],
    }
    try:
        draw_curves(training.losses, validations, outputs.path(names[0]))
        if training.real is not None and training.generated is not None:
            draw_generated(training.real, training.generated, outputs.path(names[1]))
    except MissingDependencyError as error:
        progress.warn(f"no figures are drawn: {error}")
    drawn: list[Optional[str]] = [name if outputs.path(name).is_file() else None for name in names]
    for name, is_drawn in zip(names, drawn):
        if not is_drawn:
            outputs.supersede(name)
    return drawn


def _check_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free / 1e6
    if free < _SPACE_MB:
        raise OutputError(f"{folder}: has only {free:.0f} MB of free disk space, but training needs {_SPACE_MB}; free some")
