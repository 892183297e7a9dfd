"""Which spectrum is to be looked for in an image, and how it is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .mapping import MapOptions
from .parameter import Parameter, ValueKind
from .shared import ENGINE, EXEMPLARS, GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described, parameter_of

#: How two spectra are compared; all but the network need no training.
METRICS = {
    "network": "the score of the maps, to which their thresholds apply.",
    "derivative": "the cosine of the spectra's first derivatives, which depends on where absorptions are.",
    "absorption": "the cosine of 1 − ratio, where the ratio is the spectrum over its continuum.",
    "angle": "1 − the spectral angle over 90°, of the spectra over their continuum.",
}


@dataclass(frozen=True)
class SimilarityOptions(Options):
    """The parameters of `make_similarity_map`."""

    spectrum: Optional[str] = described(
        None,
        Parameter(
            ValueKind.TEXT,
            "Spectrum",
            "The name of a spectrum in the exemplar library, or of a class: then the best of its spectra counts. If a file is "
            "given, the name or number of a spectrum in it. It may be left out if the file has only one.",
        ),
    )
    spectrum_file: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "File of the spectrum",
            "A spectral library of ENVI (.sli with .hdr), an exemplar library (JSON), text of USGS, ECOSTRESS or RELAB, or text "
            "with wavelengths in the first column and spectra in the others, in nm or µm.",
        ),
    )
    at: Optional[tuple[float, float]] = described(
        None,
        Parameter(
            ValueKind.POINT,
            "Point on the image",
            "The spectrum is that of the pixel at this point. Give x and y in the CRS of the image, or of its map if the image is "
            "placed by a geometry. On an image in sensor space, x is the sample and y is minus the line.",
        ),
    )
    at_crs: Optional[str] = described(
        None,
        Parameter(ValueKind.CRS, "CRS of the point", "The CRS of x and y, if it is not that of the image.", shell_only=True),
    )
    polygons: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.POLYGONS,
            "Polygons on the image",
            "The spectrum is the mean over the pixels whose centres lie in the polygons. These may have a CRS of their own.",
        ),
    )
    spectrum_image: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Image of point or polygons",
            "The image that the point or the polygons lie on, if it is not the one that is searched.",
            advanced=True,
        ),
    )
    metric: str = described("network", Parameter(ValueKind.CHOICE, "Metric", "How spectra are compared.", choices=METRICS))
    scales: Sequence[int] = described(
        (1, 3, 5),
        Parameter(
            ValueKind.SIZES,
            "Smoothing windows [pixels]",
            "Widths of the windows over which spectra are averaged, odd numbers of pixels. The result has a band for each. The "
            "best pixels and the style are those of the narrowest.",
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)
    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    weights: Optional[PathLike] = described(None, parameter_of(MapOptions, "weights"))
    engine: str = described("auto", ENGINE)
