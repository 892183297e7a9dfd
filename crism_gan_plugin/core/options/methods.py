"""Which methods are compared on an image, and on what terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .shared import ENGINE, EXEMPLARS, GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described, parameter_of

#: The methods, by key: title and source. `core/methods/table.py` has where each is.
COMPARED = {
    "network": ("the network, as in the maps", "this plugin"),
    "whitened": ("whitened cosine on the image's own ground", "Kraut and Scharf 1999"),
    "dcgan": ("network of the adversarial game alone", "Saranathan and Parente 2021"),
    "angle_reflectance": ("spectral angle of I/F, or of the ratio", "Kruse and others 1993"),
    "angle": ("spectral angle over the continuum", "Kruse and others 1993"),
    "euclidean": ("Euclidean distance over the continuum", "textbook"),
    "derivative": ("cosine of the first derivative", "textbook"),
    "smacc": ("superpixels, SMACC and spectral angle", "Gilmore and others 2011"),
    "demud": ("superpixels of parameters, DEMUD and rules", "Allender and Stepinski 2017"),
    "gaussians": ("Gaussian fits of absorptions, matched with the library's", "Parente and others 2011"),
    "rules": ("rules on summary parameters in units of column noise", "Carter and others 2013"),
    "dafatt": ("factor analysis and target transformation in windows", "Lin and others 2018"),
}

#: Those that are compared where none is named.
USUAL = ("network", "whitened", "dcgan", "angle_reflectance", "angle", "euclidean", "derivative")


METHODS = Parameter(
    ValueKind.CHOICES,
    "Methods",
    "The methods that map the images.",
    choices={key: f"{title} ({source})." for key, (title, source) in COMPARED.items()},
)


@dataclass(frozen=True)
class CompareOptions(Options):
    """The parameters of `compare_methods`."""

    methods: Sequence[str] = described(
        USUAL,
        METHODS,
    )
    method_parameters: Sequence[str] = described(
        (),
        Parameter(
            ValueKind.SETTINGS,
            "Parameters of the methods",
            "Parameters other than the published ones, each as METHOD.NAME=VALUE, such as smacc.endmembers=30. The manual's page "
            "on methods lists them all.",
            in_dialogs="Separate several with ; or line breaks.",
            advanced=True,
        ),
    )
    truth: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Truth",
            "A raster with the image's own pixels that says what is where: 0 bare ground, 1-99 the code of a class, anything else "
            "not to be judged. The table then says how right each method is.",
        ),
    )
    precision: float = described(
        0.95,
        Parameter(
            ValueKind.NUMBER,
            "Precision to compare at",
            "With a truth: what each method finds is also told at the lowest threshold on its score at which this share of it is "
            "right.",
            least=0,
            most=1,
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)
    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    classes: Optional[Sequence[str]] = described(None, parameter_of(MapOptions, "classes"))
    ratio: str = described("off", parameter_of(MapOptions, "ratio"))
    scales: Sequence[int] = described((1, 3, 5), parameter_of(MapOptions, "scales"))
    weights: Optional[PathLike] = described(None, parameter_of(MapOptions, "weights"))
    engine: str = described("auto", ENGINE)
