"""What an exemplar library is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import EXEMPLARS, GEOMETRY, WAVELENGTHS
from .stage import Options, described

#: How spectra are put in classes.
CLASSES = {
    "name": "a class for each spectrum, called as the file calls it.",
    "file": "a class for each file.",
    "mineral": "the mineral that the name begins with. Spectra of the plugin's own minerals become variants of their classes.",
}


@dataclass(frozen=True)
class ExemplarOptions(Options):
    """The parameters of `build_exemplars`."""

    spectra: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.FILES,
            "Files of spectra",
            "Files, folders or zip archives: the CRISM type spectra (MICA), ENVI spectral libraries (.sli with .hdr), text of "
            "USGS, ECOSTRESS or RELAB, text in columns (CSV, wavelengths first), or exemplar libraries (JSON).",
        ),
    )
    classes: str = described("name", Parameter(ValueKind.CHOICE, "Classes", "How spectra are put in classes.", choices=CLASSES))
    class_name: Optional[str] = described(
        None,
        Parameter(
            ValueKind.TEXT,
            "One class for all",
            "All spectra become variants of this class, a new one or one of the library.",
        ),
    )
    only: Optional[str] = described(
        None,
        Parameter(
            ValueKind.TEXT,
            "Only spectra named",
            "Patterns of names, parted by commas, such as 'Kaolinite*, *opal*'; * stands for any letters. Other spectra of the "
            "files are left out.",
        ),
    )
    image: Optional[PathLike] = described(
        None,
        Parameter(ValueKind.IMAGE, "Image under polygons", "The image that the polygons lie on."),
    )
    polygons: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.POLYGONS,
            "Polygons on the image",
            "The mean over the pixels whose centres lie in the polygons of one class is a spectrum of that class.",
        ),
    )
    field: str = described(
        "class",
        Parameter(ValueKind.TEXT, "Field of the class", "The field of the polygons that names their class."),
    )
    exemplars: Optional[PathLike] = described(
        None,
        replace(
            EXEMPLARS,
            title="Library to begin with",
            help="The new spectra are added to this library. If none is given, it is the plugin's own.",
            advanced=False,
        ),
    )
    alone: bool = described(
        False,
        Parameter(ValueKind.FLAG, "Only the new spectra", "The library begins empty: it holds the new spectra alone."),
    )
    wavelengths: Optional[PathLike] = described(None, replace(WAVELENGTHS, advanced=True))
    geometry: Optional[PathLike] = described(None, replace(GEOMETRY, advanced=True))
    weights: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Network weights",
            "The network that says which classes cannot be told apart (.npz). If none are given, they are the plugin's.",
            file_types="NumPy (*.npz)",
            advanced=True,
        ),
    )
