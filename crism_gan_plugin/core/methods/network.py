"""Maps by networks: ours, as `map` makes them, and one that only played the adversarial game."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from ... import paths
from ..mapping.doubtful import doubting
from ..mapping.options import mapper_for
from ..options.mapping import MapOptions
from ..options.stage import parameter_of
from ..progress import Progress
from .by_exemplars import at_scales, map_blocks
from .classification import Classification
from .image import ComparedImage
from .limits import limited, one_of


@dataclass(frozen=True)
class NetworkParameters:
    """Those of the maps, with their defaults.

    Attributes
    ----------
    identification, guess, best_guess
        Scores: Saranathan & Parente 2021, sections 3.3.4 and 3.3.5.
    lead
        This plugin: an identification need not lead.
    support
        This plugin: a pixel's own spectrum may contradict its neighbours'.
    """

    identification: float = limited(MapOptions.identification, 0, 1)
    guess: float = limited(MapOptions.guess, 0, 1)
    best_guess: float = limited(MapOptions.best_guess, 0, 1)
    lead: float = limited(MapOptions.lead, 0, 1)
    support: str = one_of(MapOptions.support, parameter_of(MapOptions, "support").choices)


@dataclass(frozen=True)
class AdversarialParameters:
    """Those of the paper.

    Attributes
    ----------
    identification, guess, best_guess
        Cosines: Saranathan & Parente 2021, sections 3.3.4 and 3.3.5.
    """

    identification: float = limited(MapOptions.identification, 0, 1)
    guess: float = limited(MapOptions.guess, 0, 1)
    best_guess: float = limited(MapOptions.best_guess, 0, 1)


def by_network(image: ComparedImage, parameters: NetworkParameters, progress: Progress) -> Classification:
    """The plugin's own map."""
    mapper = mapper_for(replace(image.options, **asdict(parameters)))
    mapper = doubting(mapper.for_image(image.sampled), image.cube.doubtful_nm)
    return map_blocks(image, at_scales(mapper, progress), progress)


def by_adversarial_network(image: ComparedImage, parameters: AdversarialParameters, progress: Progress) -> Classification:
    """A map by the paper's chain: the adversarial game alone, four strided convolutions whose output is compared, no calibration.

    Convolutions are narrower than those that the paper's authors released (16-96 filters for 20-160).
    """
    weights = paths.weights("adversarial.npz")
    options = replace(image.options, method="paper", weights=weights, ratio="off", **asdict(parameters))  # spectra are ratioed here
    mapper = mapper_for(options)
    return map_blocks(image, at_scales(mapper, progress), progress)
