"""A training run from libraries on disk to weights and model card on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Optional, Union

from ..errors import ParameterError
from ..exemplars.files import load_exemplars
from ..outputs import AtomicOutputs
from ..progress import Progress
from .calibration import calibration_curve, cross_mineral_cosines, match_rates
from .discriminator import Discriminator
from .libraries import from_exemplars, read_envi_library
from .training import TrainingPlan, train
from .weights import save_weights

PathLike = Union[str, Path]


def train_to_files(
    out: PathLike,
    *,
    library: Sequence[PathLike] = (),
    steps: int = 4000,
    seed: int = 0,
    checkpoint: Optional[PathLike] = None,
    progress: Optional[Progress] = None,
) -> list[Path]:
    """Train on the exemplars and any further spectral libraries, calibrate the score, write weights and card.

    Parameters
    ----------
    out
        ``.npz`` of the weights; the model card goes beside it.
    library
        ENVI spectral libraries to learn from besides the plugin's exemplars.

    Returns
    -------
    Paths of the weights and of the card.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong.
    """
    out = Path(out)
    if out.suffix != ".npz":
        raise ParameterError(f"{out}: weights are .npz files; give it that ending")
    exemplars = load_exemplars()
    minerals = from_exemplars(exemplars)
    for path in library:
        minerals = minerals + read_envi_library(path)
    plan = TrainingPlan(steps=steps, seed=seed, every=min(250, steps))
    training = train(minerals, plan, checkpoint=checkpoint, progress=progress)
    weights = training.weights
    describer = Discriminator(weights, "numpy")
    cosines = cross_mineral_cosines(describer, exemplars)
    curve = calibration_curve(cosines)
    card: dict[str, Any] = {
        **weights.card,
        "features": weights.features,
        "megaflop_per_spectrum": round(weights.flops / 1e6, 3),
        "libraries": ["the plugin's exemplars", *(Path(path).name for path in library)],
        "calibration": curve,
        "match_rates_by_noise": {f"{noise:g}": match_rates(describer, curve, exemplars, noise) for noise in (0, 0.005, 0.01, 0.02)},
        "closest_pairs": [round(float(c), 4) for c in cosines[:30]],
        "log": [asdict(entry) for entry in training.log],
    }
    with AtomicOutputs(out.parent) as outputs:
        save_weights(replace(weights, card=card), outputs.path(out.name))
    return [out, out.with_suffix(".json")]
