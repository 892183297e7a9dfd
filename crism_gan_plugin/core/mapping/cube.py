"""The image that is mapped, and its noise-free model where there is one, on the network's grid."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..mars.crs import sphere_fault
from ..products.scene import Scene, open_scene
from ..provenance import UNCORRECTED
from ..spectra.few_channels import FewChannels
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.ratio import remove_grid_continuum
from ..spectra.resampling import GridResampler, resampler_to_grid

#: How many lines and pixels are sampled to learn what an image's own ground is.
_SAMPLED_LINES, _SAMPLED_PIXELS = 16, 4000


@dataclass(frozen=True)
class MapCube:
    """The image and, where given, its model, with what resamples them to the network's grid.

    ``ground`` (240,) is the factor by which the image's bland ground departs from a concave curve of I/F, as the model says. The
    factor belongs to the continuum, so spectra are divided by it before the model's hull is taken. ``samples`` are the columns
    that are read.
    """

    scene: Scene
    resample: GridResampler
    model: Optional[Scene]
    resample_model: Optional[GridResampler]
    ground: Optional[FloatArray]
    doubtful_nm: Optional[tuple[float, float]]
    samples: slice = field(default_factory=lambda: slice(None))

    @staticmethod
    def of(scene: Scene, resample: GridResampler) -> MapCube:
        """An opened image, without a model."""
        return MapCube(scene, resample, None, None, None, scene.doubtful_nm())

    @staticmethod
    def open(
        source: PathLike, model: Optional[PathLike], wavelengths: Optional[PathLike], *, mapping_data: bool = False
    ) -> MapCube:
        """Open an image and its model; ``mapping_data`` as `resampler_to_grid` has it."""
        scene = open_scene(source, wavelengths=wavelengths)
        resample = resampler_to_grid(scene.axis, str(source), mapping_data=mapping_data)
        if model is None:
            return MapCube.of(scene, resample)
        modelled = _open_model(model, wavelengths)
        if (modelled.lines, modelled.samples) != (scene.lines, scene.samples):
            raise InputError(
                f"{model}: has {modelled.lines} lines × {modelled.samples} samples, the image {scene.lines} × {scene.samples}; "
                "give the model of this image"
            )
        ground = modelled.ground()
        on_grid = None if ground is None else np.interp(WAVELENGTHS_NM, modelled.axis.wavelengths_nm, ground).astype(np.float32)
        doubtful_nm = scene.doubtful_nm()
        resample_model = resampler_to_grid(modelled.axis, str(model), mapping_data=mapping_data)
        return MapCube(scene, resample, modelled, resample_model, on_grid, doubtful_nm)

    @property
    def channels(self) -> Optional[FewChannels]:
        """Those of mapping data; None for other images."""
        return self.resample.channels

    def columns(self, samples: slice) -> MapCube:
        """The same with these columns only."""
        resample_model = None if self.resample_model is None else self.resample_model.columns(samples)
        return replace(self, samples=samples, resample=self.resample.columns(samples), resample_model=resample_model)

    def on_grid(self, first: int, count: int) -> tuple[FloatArray, Optional[FloatArray]]:
        """Spectra of the image and of its model from line ``first`` on, (count, samples, 240) each."""
        spectra = self.resample(self.scene.read(first, count, self.resample.bands, self.samples))
        if self.model is None:
            return spectra, None
        assert self.resample_model is not None
        modelled = self.resample_model(self.model.read(first, count, self.resample_model.bands, self.samples))
        if self.ground is not None:
            spectra /= self.ground
            modelled /= self.ground
        return spectra, modelled

    def sample(self) -> FloatArray:
        """Continuum-removed spectra (n, 240) of pixels from all over the image. Pixels without data are left out."""
        lines = np.unique(np.linspace(0, self.scene.lines - 1, _SAMPLED_LINES).round().astype(int))
        step = -(-self.scene.samples * lines.size // _SAMPLED_PIXELS)
        found = []
        for line in lines.tolist():
            some = slice(line % step, None, step)
            spectra, model = self.on_grid(line, 1)
            found.append(remove_grid_continuum(spectra[0, some], None if model is None else model[0, some]).spectra)
        pixels = np.concatenate(found)
        return pixels[np.isfinite(pixels[:, 0])]

    def notes(self) -> list[str]:
        if self.ground is not None:
            return ["the model knows the image's bland ground, which counts as continuum"]
        if self.model is not None:
            return []
        return [
            "no model cube is given: the continuum is the hull of the smoothed spectra, and fewer detections become identifications"
        ]

    def warnings(self, placed: bool, corrected: bool) -> list[str]:
        found = []
        if placed:
            pass
        elif self.scene.georeference is None or not self.scene.georeference.wkt:
            found.append("the image has no map projection: the map stays in sensor space and cannot be laid over other maps")
        elif fault := sphere_fault(self.scene.georeference.wkt):
            found.append(
                f"the image's map projection is not one of Mars's sphere: its CRS {fault}; the map keeps it, but areas in km² "
                "are not given, and no composite takes the map"
            )
        if not corrected:
            found.append(
                f"the image is {UNCORRECTED}: the CO2 band at 2 µm hides minerals and imitates others; do not trust this map"
            )
        return found


def _open_model(model: PathLike, wavelengths: Optional[PathLike]) -> Scene:
    """Open the model with its own wavelengths, or with those given for the image if it has none."""
    try:
        return open_scene(model)
    except InputError:
        if wavelengths is None:
            raise
        return open_scene(model, wavelengths=wavelengths)
