"""How an image is to be mapped: all parameters of `map_scene` but the image and the place of its map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

from ... import paths
from .. import provenance
from ..background.files import load_background
from ..errors import ParameterError
from ..libraries.exemplar_files import load_exemplars
from ..mars.crs import mars_crs
from ..network.discriminator import load_discriminator
from ..network.similarity import Matcher
from .levels import make_thresholds
from .neutral_ratio import RATIO
from .record import describe_library, describe_network
from .scales import ScaleMapper
from .support import SUPPORT

PathLike = Union[str, Path]

#: How spectra are compared: by the cosine that knows bland ground, or by the paper's chain as a whole.
METHODS = ("ground", "paper")

#: What may be done with an image before it is mapped.
DENOISE = ("off", "quick", "full")


@dataclass(frozen=True)
class MapOptions:
    """The parameters of `map_scene`, which explains them; the same may serve many images."""

    identification: float = 0.95
    guess: float = 0.85
    best_guess: float = 0.707
    lead: float = 0.0
    class_thresholds: Optional[Mapping[str, tuple[float, float]]] = None
    scales: Sequence[int] = (1, 3, 5)
    method: str = "ground"
    support: str = "pixel"
    ratio: str = "off"
    model: Optional[PathLike] = None
    denoise: str = "off"
    volcano_scans: Sequence[PathLike] = ()
    scan_table: Optional[PathLike] = None
    geometry: Optional[PathLike] = None
    crs: Optional[str] = None
    wavelengths: Optional[PathLike] = None
    exemplars: Optional[PathLike] = None
    classes: Optional[Sequence[str]] = None
    weights: Optional[PathLike] = None
    engine: str = "auto"
    evidence: bool = True

    def mapper(self) -> ScaleMapper:
        """What maps spectra so.

        Raises
        ------
        InputError, ParameterError, MissingDependencyError
            If library or weights cannot be read, or a parameter makes no sense, whatever the image.
        """
        if self.denoise not in DENOISE:
            raise ParameterError(f"denoise {self.denoise!r}: must be one of {', '.join(DENOISE)}")
        if self.denoise != "off" and self.model is not None:
            raise ParameterError("model: the image is to be denoised first, which makes a model of its own; give one or the other")
        if self.method not in METHODS:
            raise ParameterError(f"method {self.method!r}: must be one of {', '.join(METHODS)}")
        if self.support not in SUPPORT:
            raise ParameterError(f"support {self.support!r}: must be one of {', '.join(SUPPORT)}")
        if self.ratio not in RATIO:
            raise ParameterError(f"ratio {self.ratio!r}: must be one of {', '.join(RATIO)}")
        if self.method == "paper" and self.ratio != "off":
            raise ParameterError("ratio: the paper's method maps spectra as they are; choose the ratio off, or the method ground")
        if self.crs is not None:
            mars_crs(self.crs)
        library = load_exemplars(self.exemplars)
        library = library.defaults() if self.classes is None else library.select(self.classes)
        levels = self.identification, self.guess, self.best_guess
        thresholds = make_thresholds(library, *levels, self.class_thresholds, self.lead)
        is_paper = self.method == "paper"
        matcher = Matcher(load_discriminator(self.weights, self.engine), library, None if is_paper else load_background())
        return ScaleMapper(matcher, thresholds, _checked_scales(self.scales), "paper" if is_paper else self.support)

    def files(self) -> list[PathLike]:
        """The files and folders that are given for all images."""
        given = [self.model, self.scan_table, self.geometry, self.wavelengths, self.exemplars, self.weights, *self.volcano_scans]
        return [path for path in given if path is not None]

    def describe(self, mapper: ScaleMapper) -> dict[str, Any]:
        """For the record of how a map was made."""
        matcher = mapper.matcher
        library_file, weights_file = Path(self.exemplars or paths.exemplars()), Path(self.weights or paths.weights())
        table = Path(self.wavelengths) if self.wavelengths is not None else None
        table_of_scans = [self.scan_table] if self.scan_table is not None else []
        scans = [provenance.describe_file(path) for path in map(Path, [*self.volcano_scans, *table_of_scans]) if path.is_file()]
        return {
            "denoised": None if self.denoise == "off" else {"mode": self.denoise, "volcano scans": scans},
            "wavelengths": provenance.describe_file(table) if table is not None and table.is_file() else None,
            "exemplars": describe_library(matcher.library, library_file, mapper.thresholds),
            "network": describe_network(matcher.discriminator, weights_file),
            "method": self.method,
            "background": provenance.describe_file(paths.background()) if mapper.knows_ground else None,
            "scales": list(mapper.sizes),
            "support": mapper.support,
        }


def _checked_scales(scales: Sequence[int]) -> tuple[int, ...]:
    if not scales or any(size not in range(1, 16, 2) for size in scales):
        raise ParameterError(f"scales {list(scales)}: must be odd numbers of pixels from 1 to 15, such as 1, 3, 5")
    return tuple(sorted({int(size) for size in scales}))
