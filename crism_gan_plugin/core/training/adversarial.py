"""The steps of training: both networks, the spectra that they see, their losses and their updates, on one device.

The adversarial loss is the paper's (section 2.1 and appendix A): the discriminator tells modelled spectra from generated ones, and
the generator makes spectra that it takes for modelled ones. The contrastive term (supervised contrastive loss, Khosla et al. 2020,
eq. 2) works on the same cosines that later map minerals (`network.cosine`): views of one mineral are to be alike, views of
different ones are not. So the network learns what the metric of bland ground does not know.

Every step draws its random numbers from (seed, step) alone, so a run that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..arrays import AnyArray, FloatArray
from ..background.model import BackgroundModel
from ..libraries.absorption import AbsorptionLibrary
from . import networks
from .ground import DeviceGround, whitening_of
from .plan import TrainingPlan
from .random_numbers import RandomNumbers
from .synthetic import CLEAN, DeviceLibrary, Nuisance, bland, draw, views

#: Spectra without any mineral in a contrastive batch: noise alone, and bland ground.
BLAND = 48

#: Cosine of first derivatives above which spectra of two names may show one thing.
_ALIKE = 0.95

#: Steps before a graphics card's work is recorded: by then all libraries have set themselves up.
_WARM_UP = 3


class NetworkPair:
    """Discriminator, generator and their optimisers.

    Attributes
    ----------
    device
        "cpu" or "cuda": what computes.
    discriminator, generator
        The networks.
    """

    def __init__(self, plan: TrainingPlan, library: AbsorptionLibrary, always: Sequence[str], background: BackgroundModel) -> None:
        torch.manual_seed(plan.seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        # older torch cannot record random numbers: there every step is told anew
        self._records = self.device == "cuda" and hasattr(torch.cuda.CUDAGraph, "register_generator_state")
        whitening = whitening_of(background) if plan.whitened else None
        self.discriminator = networks.DiscriminatorNet(plan.filters, plan.features, whitening).to(self.device)
        self.generator = networks.GeneratorNet(tuple(f // 2 for f in plan.filters[::-1])).to(self.device)
        self._plan, self._library, self._random = (
            plan,
            DeviceLibrary.of(library, self.device, always),
            RandomNumbers(self.device, plan.seed),
        )
        self._ground = DeviceGround.of(background, self.device)
        how = {"fused": True, "capturable": True} if self._records else {}
        self._rate = torch.tensor(plan.rate, device=self.device) if self._records else plan.rate
        # DCGAN's momenta for both: the networks work against each other
        self._optimisers = [
            torch.optim.Adam(net.parameters(), self._rate, betas=(0.5, 0.99), **how) for net in (self.discriminator, self.generator)
        ]
        self._steps_done = 0
        self._recording: Optional[_Recording] = None

    def step(self, number: int) -> Tensor:
        """Step ``number``: one update of each network.

        Returns
        -------
        (3,) contrastive, discriminator's and generator's loss; 0 for what is switched off.
        """
        self._set_rate(float(self._plan.rate * 0.5 * (1 + np.cos(np.pi * number / self._plan.steps))))
        self._random.seed(self._plan.seed, number)
        if self._records and self._steps_done == _WARM_UP:
            self._recording = _Recording(self._compute, self._random)
            self._random.seed(self._plan.seed, number)
        self._steps_done += 1
        return self._compute() if self._recording is None else self._recording.replay()

    def sample(self, count: int, *seed: int) -> tuple[FloatArray, FloatArray]:
        """(count, 240) absorption, deepest channel 1: real spectra, and generated ones."""
        self._random.seed(*seed)
        self.generator.train(False)
        with torch.no_grad():
            generated, real = self.generator(self._latent(count)), self._models(self._library.any_spectra(count, self._random))
        self.generator.train()
        return real.cpu().numpy(), generated.cpu().numpy()

    @property
    def state(self) -> dict[str, AnyArray]:
        """All that a checkpoint must keep, by name."""
        arrays = {}
        for place, (network, optimiser) in enumerate(zip((self.discriminator, self.generator), self._optimisers)):
            arrays.update({f"network {place} {name}": tensor for name, tensor in network.state_dict().items()})
            for number, moments in optimiser.state_dict()["state"].items():
                arrays.update({f"optimiser {place} {number} {name}": tensor for name, tensor in moments.items()})
        return {name: tensor.cpu().numpy() for name, tensor in arrays.items()}

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Go on from a `state`, before the first step only. If it is not that of these networks, it raises one of many errors."""
        if not all(np.isfinite(array).all() for array in state.values()):
            raise ValueError("holds numbers that are not finite")
        tensors = {name: torch.from_numpy(array) for name, array in state.items()}
        for place, (network, optimiser) in enumerate(zip((self.discriminator, self.generator), self._optimisers)):
            network.load_state_dict({name: tensors[f"network {place} {name}"] for name in network.state_dict()})
            saved = {
                number: _moments(tensors, f"optimiser {place} {number} ", parameter)
                for number, parameter in enumerate(network.parameters())
            }
            known = {number: moments for number, moments in saved.items() if moments}
            optimiser.load_state_dict({**optimiser.state_dict(), "state": known})
            optimiser.param_groups[0]["lr"] = self._rate  # loading copies it

    def _set_rate(self, rate: float) -> None:
        if isinstance(self._rate, Tensor):  # a recording reads it
            self._rate.fill_(rate)
        else:
            for optimiser in self._optimisers:
                optimiser.param_groups[0]["lr"] = rate

    def _compute(self) -> Tensor:
        contrastive, adversarial = self._contrastive_loss(), self._adversarial_loss()
        self._update(0, self._plan.contrastive * contrastive + self._plan.adversarial * adversarial)
        deceived = self._generator_loss()
        self._update(1, deceived)
        return torch.stack([contrastive, adversarial, deceived]).detach()

    def _update(self, which: int, loss: Tensor) -> None:
        if not loss.requires_grad:  # its weight is 0
            return
        self._optimisers[which].zero_grad(set_to_none=True)
        loss.backward()
        self._optimisers[which].step()

    def _contrastive_loss(self) -> Tensor:
        if self._plan.contrastive <= 0:
            return torch.zeros((), device=self.device)
        absorption, mineral = draw(self._library, self._plan.minerals, self._plan.copies, self._random)
        minerals = views(absorption, self._shuffled(absorption), Nuisance(), self._random, self._ground)
        seen = torch.cat([minerals, bland(BLAND, self._random, self._ground)])
        features = functional.normalize(self.discriminator.features(networks.normalised(seen)), dim=1)
        features = self._ground.beside(features, seen)
        unclear = unclear_pairs(absorption @ self.discriminator.derivative, mineral, len(self._library.always))
        nothing = torch.full((BLAND,), self._plan.minerals, device=self.device)  # is alike, and unlike any mineral
        labels = torch.cat([mineral, nothing])
        return supervised_contrastive_loss(features, labels, self._plan.temperature, functional.pad(unclear, (0, BLAND, 0, BLAND)))

    def _adversarial_loss(self) -> Tensor:
        if self._plan.adversarial <= 0:
            return torch.zeros((), device=self.device)
        absorption, _ = draw(self._library, self._plan.batch // 2, 2, self._random)
        real = self._models(absorption)
        with torch.no_grad():
            fake = self.generator(self._latent(self._plan.batch))
        logits = self.discriminator(torch.cat([real, fake]))
        # one-sided label smoothing keeps the discriminator from certainty (Salimans et al. 2016)
        truth = 0.9 * (torch.arange(len(logits), device=self.device) < len(real))
        return functional.binary_cross_entropy_with_logits(logits, truth)

    def _generator_loss(self) -> Tensor:
        if self._plan.adversarial <= 0:
            return torch.zeros((), device=self.device)
        return functional.softplus(-self.discriminator(self.generator(self._latent(self._plan.batch)))).mean()

    def _models(self, absorption: Tensor) -> Tensor:
        """Noise-free modelled spectra."""
        return networks.normalised(views(absorption, self._shuffled(absorption), CLEAN, self._random, self._ground))

    def _shuffled(self, absorption: Tensor) -> Tensor:
        return absorption[self._random.order(len(absorption))]

    def _latent(self, count: int) -> Tensor:
        """(count, 50), uniform in -1 … 1 (Radford et al. 2015)."""
        return self._random.uniform(-1, 1, count, networks.LATENT)


def _moments(tensors: Mapping[str, Tensor], prefix: str, parameter: Tensor) -> dict[str, Tensor]:
    """The moments that Adam keeps of a parameter; empty before its first step."""
    shapes = {"step": (), "exp_avg": parameter.shape, "exp_avg_sq": parameter.shape}
    found = {name: tensors[prefix + name] for name in shapes if prefix + name in tensors}
    if found and {name: tuple(tensor.shape) for name, tensor in found.items()} != {n: tuple(shape) for n, shape in shapes.items()}:
        raise ValueError(f"{prefix}does not fit")
    return found


class _Recording:
    """A step's work on a graphics card, recorded once and repeated, so that the card gets one command a step, not a thousand."""

    def __init__(self, compute: Any, random: RandomNumbers) -> None:
        self._graph = torch.cuda.CUDAGraph()
        self._graph.register_generator_state(random.generator)
        torch.cuda.synchronize()
        with torch.cuda.graph(self._graph):
            self._losses = compute()

    def replay(self) -> Tensor:
        self._graph.replay()
        return self._losses.clone()


def unclear_pairs(slopes: Tensor, mineral: Tensor, known: int) -> Tensor:
    """Spectra of different names that may show one thing, such as grass and sedge. They are to be neither alike nor different.

    Parameters
    ----------
    slopes
        (n, 240) first derivatives of the absorption, without anything disturbing.
    mineral
        (n,) numbers; those below ``known`` are sure to differ.

    Returns
    -------
    (n, n) bool: different numbers, but slopes whose cosine is above 0.95.
    """
    slopes = slopes / slopes.norm(dim=1, keepdim=True).clamp_min(1e-9)
    sure = (mineral[:, None] == mineral) | ((mineral[:, None] < known) & (mineral < known))
    return (slopes @ slopes.T > _ALIKE) & ~sure


def supervised_contrastive_loss(features: Tensor, labels: Tensor, temperature: float, unsure: Optional[Tensor] = None) -> Tensor:
    """The supervised contrastive loss (Khosla et al. 2020, eq. 2).

    Parameters
    ----------
    features
        (n, d), of length 1 each.
    labels
        (n,) integers; equal labels shall be alike. Every label must occur at least twice.
    unsure
        (n, n) bool, pairs that are left out of account; none with equal labels.
    """
    logits = features @ features.T / temperature
    left_out = logits.new_zeros(logits.shape).fill_diagonal_(float("-inf"))
    if unsure is not None:
        left_out = left_out.masked_fill(unsure, float("-inf"))
    log_share = (logits + left_out).log_softmax(1).nan_to_num(neginf=0.0)
    alike = (labels[:, None] == labels).to(logits.dtype).fill_diagonal_(0)
    return -((log_share * alike).sum(1) / alike.sum(1)).mean()
