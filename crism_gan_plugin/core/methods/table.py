"""The methods that are compared, a row each, and how one is run.

The module of a method is imported when the method is run, so what it needs does not matter until then. Titles and sources are in
`options.methods.COMPARED`.

A method is a function ``(image: ComparedImage, parameters, progress: Progress) -> Classification``; its parameters are a frozen
dataclass of `limits.limited` fields whose defaults are the published ones, and whose docstring says where each is from. To add one:
write both in a module of this room, add a function that imports them and a row here, and a row to `COMPARED`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

from ..options.methods import COMPARED
from ..packages import load
from ..progress import Progress
from .classification import Classification
from .image import ComparedImage

#: (image, parameters, progress) → the map.
Classify = Callable[[ComparedImage, Any, Progress], Classification]


@dataclass(frozen=True)
class Method:
    """A row of the table.

    Attributes
    ----------
    key
        Its name for scripts, which never changes.
    home
        Imports its class of parameters, and its function.
    needs
        Packages without which it cannot run.
    """

    key: str
    home: Callable[[], tuple[Any, Classify]]
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return COMPARED[self.key][0]

    @property
    def source(self) -> str:
        """Who published it."""
        return COMPARED[self.key][1]

    def check(self) -> None:
        """Raise `MissingDependencyError` if a package is missing."""
        for package in self.needs:
            load(package, f"the method {self.key} needs {package}", instead="or leave this method out")

    def defaults(self) -> Any:
        """The published parameters."""
        return self.home()[0]()

    def __call__(self, image: ComparedImage, progress: Progress, parameters: Optional[Any] = None) -> Classification:
        """Map the image, with the published parameters by default."""
        chosen = self.defaults() if parameters is None else parameters
        found = Classification(*self.home()[1](image, chosen, progress))
        for array, dtype in zip(found, ("uint8", "float32", "uint8")):
            if array is not None and (array.shape != image.valid.shape or str(array.dtype) != dtype):
                raise TypeError(f"{self.key}: gave {array.dtype} of shape {array.shape}")
        return found


def _network() -> tuple[Any, Classify]:
    from .network import NetworkParameters, by_network

    return NetworkParameters, by_network


def _dcgan() -> tuple[Any, Classify]:
    from .network import AdversarialParameters, by_adversarial_network

    return AdversarialParameters, by_adversarial_network


def _whitened() -> tuple[Any, Classify]:
    from .cosines import CosineParameters, by_whitened_cosine

    return CosineParameters, by_whitened_cosine


def _derivative() -> tuple[Any, Classify]:
    from .cosines import CosineParameters, by_derivative

    return CosineParameters, by_derivative


def _angle_reflectance() -> tuple[Any, Classify]:
    from .angles import AngleParameters, by_angle_of_reflectance

    return AngleParameters, by_angle_of_reflectance


def _angle() -> tuple[Any, Classify]:
    from .angles import AngleParameters, by_angle

    return AngleParameters, by_angle


def _euclidean() -> tuple[Any, Classify]:
    from .angles import DistanceParameters, by_distance

    return DistanceParameters, by_distance


def _gaussians() -> tuple[Any, Classify]:
    from .gaussian_fits import GaussianParameters, by_gaussian_fits

    return GaussianParameters, by_gaussian_fits


def _rules() -> tuple[Any, Classify]:
    from .rules import RuleParameters, by_rules

    return RuleParameters, by_rules


def _dafatt() -> tuple[Any, Classify]:
    from .dafatt import DafattParameters, by_dafatt

    return DafattParameters, by_dafatt


def _smacc() -> tuple[Any, Classify]:
    from .superpixels_smacc import SmaccParameters, by_smacc

    return SmaccParameters, by_smacc


def _demud() -> tuple[Any, Classify]:
    from .superpixels_demud import DemudParameters, by_demud

    return DemudParameters, by_demud


_ROWS = (
    Method("network", _network),
    Method("whitened", _whitened),
    Method("dcgan", _dcgan),
    Method("angle_reflectance", _angle_reflectance),
    Method("angle", _angle),
    Method("euclidean", _euclidean),
    Method("derivative", _derivative),
    Method("smacc", _smacc),
    Method("demud", _demud),
    Method("gaussians", _gaussians),
    Method("rules", _rules),
    Method("dafatt", _dafatt),
)

#: The methods by their keys, in the order of the results.
METHODS = {row.key: row for row in _ROWS}
