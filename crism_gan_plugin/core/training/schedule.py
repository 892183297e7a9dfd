"""A training run: steps, validations between them, and the weights that did best; it can be interrupted at any step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import AnyArray, FloatArray
from ..background.files import load_background
from ..background.model import BackgroundModel
from ..errors import Cancelled, ParameterError
from ..files.names import PathLike
from ..libraries.absorption import AbsorptionLibrary
from ..network.discriminator import Discriminator
from ..network.weights import DiscriminatorWeights
from ..packages import load
from ..progress import Progress
from ..spectra.grid import WAVELENGTHS_NM
from .checkpoint import checkpoint_lock, read_checkpoint, write_checkpoint
from .plan import TrainingPlan
from .validation import Retrieval, retrieve, split_minerals

#: Depth of the deepest channel after band normalisation (the authors' release).
DEPTH = 0.1

#: Spectra in the sample of a run's real and generated ones.
SAMPLE = 2048

#: The most that a checkpoint's text may have.
_TEXT_BYTES = 32 << 20

IDENTITY = {"cosine": [-1.0, 1.0], "score": [-1.0, 1.0]}


@dataclass(frozen=True)
class LogEntry:
    """One validation. Its losses are means since the one before. Step 0 is the control with random weights."""

    step: int
    contrastive_loss: Optional[float]
    discriminator_loss: Optional[float]
    generator_loss: Optional[float]
    clean: Retrieval
    noisy: Retrieval


@dataclass(frozen=True)
class Training:
    """The result of a run.

    Attributes
    ----------
    weights
        Weights of the best validation.
    log
        The validations.
    losses
        (steps, 3) contrastive, discriminator's and generator's loss of every step; 0 for what is switched off.
    real, generated
        (`SAMPLE`, 240) ratios, deepest channel `DEPTH`: what the generator was to imitate, and what it made of it in the end. None
        without the adversarial loss.
    device
        "cpu" or "cuda": what computed.
    """

    weights: DiscriminatorWeights
    log: list[LogEntry]
    losses: FloatArray
    real: Optional[FloatArray]
    generated: Optional[FloatArray]
    device: str


def train(
    library: AbsorptionLibrary,
    plan: TrainingPlan,
    *,
    always: Sequence[str] = (),
    validation: Optional[AbsorptionLibrary] = None,
    background: Optional[BackgroundModel] = None,
    checkpoint: Optional[PathLike] = None,
    progress: Optional[Progress] = None,
) -> Training:
    """Train a discriminator.

    Parameters
    ----------
    library
        Minerals to simulate spectra of.
    always
        Names of the minerals that every batch holds: the classes of the map, which must not be mistaken for each other.
    validation
        Minerals that are not trained with; None: a sixth of the library's that have several specimens.
    background
        Bland ground, which most simulated minerals lie on, and which is to be told from all of them; None: the plugin's.
    checkpoint
        A file to resume from if it exists, and to write to. It is not removed.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    ParameterError
        If the library is too small to learn from some of its minerals and to validate with others.
    InputError
        If the checkpoint is damaged or belongs to another plan or other spectra.
    OutputError
        If it cannot be written, or another process is training with it.
    Cancelled
        If the user stops; the checkpoint stays.
    """
    progress = progress or Progress()
    learnt, held_out = split_minerals(library, 1 / 6, 0, always) if validation is None else (library, validation)
    for what, spectra in (("learn from", learnt), ("validate with", held_out)):
        if not spectra.minerals:
            raise ParameterError(f"training: no mineral is left to {what}; give spectra of more minerals, several of some of them")
    with nullcontext() if checkpoint is None else checkpoint_lock(Path(checkpoint)):
        return _train(_Session(plan, learnt, held_out, always, background or load_background()), checkpoint, progress)


def _train(session: _Session, checkpoint: Optional[PathLike], progress: Progress) -> Training:
    plan = session.plan
    if checkpoint is not None and Path(checkpoint).exists():
        session.resume(Path(checkpoint))
        progress.info(f"resumed at step {session.step} from {checkpoint}")
    try:
        while True:
            if session.is_validation_due:
                session.validate()
                progress.info(_line(session.log[-1]))
                if checkpoint is not None:
                    session.save(Path(checkpoint))
            if session.is_over:
                break
            session.advance()
            progress.report(session.step / plan.steps, f"step {session.step} of {plan.steps}: {_losses(session.losses[-1])}")
    except Cancelled as stop:
        if checkpoint is None:
            raise
        session.save(Path(checkpoint))
        where = f"the checkpoint {checkpoint} is kept: the same run again goes on from there"
        raise Cancelled(f"cancelled at step {session.step}; {where}") from stop
    if session.step < plan.steps:
        progress.info(f"stopped early: {plan.patience} validations without a better one")
        progress.report(1.0)
    return session.result()


def require_torch() -> Any:
    """The module torch; `MissingDependencyError` where it is missing."""
    return load("torch", "training needs PyTorch")


class _Session:
    """The state of a run."""

    def __init__(
        self,
        plan: TrainingPlan,
        library: AbsorptionLibrary,
        held_out: AbsorptionLibrary,
        always: Sequence[str],
        background: BackgroundModel,
    ) -> None:
        require_torch()
        from .adversarial import NetworkPair

        self.plan, self.library, self.held_out, self.always = plan, library, held_out, tuple(always)
        self.background = background
        self.pair = NetworkPair(plan, library, always, background)
        self.step = 0
        self.log: list[LogEntry] = []
        self.losses: list[tuple[float, float, float]] = []
        self.best = self._weights()
        self.best_score = -np.inf

    @property
    def is_validation_due(self) -> bool:
        at_mark = self.step % self.plan.every == 0 or self.step == self.plan.steps
        return at_mark and (not self.log or self.log[-1].step != self.step)

    @property
    def is_over(self) -> bool:
        since_best = sum(entry.step > self.best.card["training"]["best_step"] for entry in self.log)
        return self.step >= self.plan.steps or 0 < self.plan.patience <= since_best

    def advance(self) -> None:
        self.losses.append(tuple(self.pair.step(self.step).tolist()))
        self.step += 1

    def _weights(self) -> DiscriminatorWeights:
        card = {
            "depth": DEPTH,
            "channels": WAVELENGTHS_NM.size,
            "calibration": IDENTITY,
            "ground_calibration": {"noise": [0.0], "cosine": [IDENTITY["cosine"]], "score": IDENTITY["score"]},
            "training": {
                **asdict(self.plan),
                "filters": list(self.plan.filters),  # as JSON has it
                "best_step": self.step,
                "spectra_in_library": len(self.library.minerals),
            },
            "background": dict(self.background.card),
        }
        return self.pair.discriminator.weights(card)

    def validate(self) -> None:
        weights = self._weights()
        describer = Discriminator(weights, "numpy")
        clean, noisy = (retrieve(describer, self.held_out, noise) for noise in (0.0, 0.01))
        since = self.losses[self.log[-1].step :] if self.log else []
        contrastive, discriminator, generator = np.mean(since, 0).tolist() if since else [None] * 3
        self.log.append(LogEntry(self.step, contrastive, discriminator, generator, clean, noisy))
        score = clean.auc + noisy.auc + clean.top1 + noisy.top1
        if self.step and score >= self.best_score:  # of equals the later, which has learnt more
            self.best, self.best_score = weights, score

    def result(self) -> Training:
        """What the run gives, and a sample of what the generator makes and of what it imitates."""
        losses, device = np.array(self.losses), self.pair.device
        if self.plan.adversarial <= 0:
            return Training(self.best, self.log, losses, None, None, device)
        real, generated = self.pair.sample(SAMPLE, self.plan.seed, self.step, 1)
        return Training(self.best, self.log, losses, 1 - DEPTH * real, 1 - DEPTH * generated, device)

    @cached_property
    def _run(self) -> dict[str, Any]:
        from .ground import whitening_of

        spectra = hashlib.sha256(" ".join((*self.library.minerals, *self.held_out.minerals)).encode())
        for library in (self.library, self.held_out):
            spectra.update(np.ascontiguousarray(library.absorption).data)
        for kind in (self.background.plain, self.background.ratioed):
            spectra.update(np.ascontiguousarray(kind.mean).data)
            spectra.update(np.ascontiguousarray(kind.components).data)
        spectra.update(np.ascontiguousarray(whitening_of(self.background)).data)
        spectra.update(" ".join(self.always).encode())
        return {"plan": asdict(self.plan), "set of spectra": spectra.hexdigest()}

    def save(self, path: Path) -> None:
        log = [asdict(entry) for entry in self.log]
        text = {"step": self.step, "best_score": self.best_score, "log": log, "card": self.best.card}
        best = {f"best {name}": array for name, array in self.best.arrays.items()}
        losses = np.array(self.losses, float).reshape(-1, 3)
        write_checkpoint(path, self._run, text, {**self.pair.state, **best, "losses": losses})

    def resume(self, path: Path) -> None:
        networks = sum(array.nbytes for array in self.pair.state.values())
        largest = 4 * networks + 24 * self.plan.steps + _TEXT_BYTES  # with two moments of each, the best weights, and the losses
        read_checkpoint(path, self._run, largest, self._restore)

    def _restore(self, state: dict[str, AnyArray], text: dict[str, Any]) -> None:
        best = {name: state.pop(f"best {name}") for name in self.best.arrays}
        if {name: (a.shape, a.dtype) for name, a in best.items()} != {n: (a.shape, a.dtype) for n, a in self.best.arrays.items()}:
            raise ValueError("the best weights are another network's")
        losses, step = state.pop("losses"), text["step"]
        if type(step) is not int or not 0 <= step <= self.plan.steps or losses.shape != (step, 3):
            raise ValueError("the losses are not those of its steps")
        if type(text["card"]["training"]["best_step"]) is not int:
            raise ValueError("the card is not that of a training")
        self.pair.restore(state)
        self.best = DiscriminatorWeights.of(best, text["card"])
        self.best_score, self.step = float(text["best_score"]), step
        self.losses = [tuple(row) for row in losses.tolist()]
        self.log = [LogEntry(**{**e, "clean": Retrieval(**e["clean"]), "noisy": Retrieval(**e["noisy"])}) for e in text["log"]]


def _line(entry: LogEntry) -> str:
    control = " (random weights: the control)" if entry.step == 0 else ""
    losses = [loss for loss in (entry.contrastive_loss, entry.discriminator_loss, entry.generator_loss) if loss is not None]
    text = f"; losses {_losses(losses)}" if losses else ""
    return (
        f"step {entry.step}{control}: top-1 {entry.clean.top1:.3f}, AUC {entry.clean.auc:.4f}; with noise "
        f"{entry.noisy.top1:.3f}, {entry.noisy.auc:.4f}{text}"
    )


def _losses(losses: Sequence[float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in zip(("contrastive", "discriminator", "generator"), losses))
