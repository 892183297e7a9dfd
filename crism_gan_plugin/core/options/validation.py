"""Which methods are tried on which labelled images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .mapping import MapOptions
from .methods import METHODS
from .parameter import Parameter, ValueKind
from .shared import ENGINE, EXEMPLARS, WAVELENGTHS
from .stage import Options, described, parameter_of

LABELS = Parameter(
    ValueKind.IMAGES,
    "Labels",
    "For each image a raster of labels with the image's own pixels, in the order of the images; or one layer of polygons for all "
    "of them; or a file of labelled pixels (.mat) as Plebani and others (2022) published it, which has spectra of its own.",
    required=True,
)


@dataclass(frozen=True)
class ValidationOptions(Options):
    """The parameters of `validate_methods`."""

    images: Sequence[PathLike] = described(
        (),
        Parameter(
            ValueKind.IMAGES,
            "Images",
            "The images that the labels are of. None for a file of labelled pixels.",
        ),
    )
    field: str = described(
        "label",
        Parameter(ValueKind.TEXT, "Field of the label", "The field of the polygons that tells their label."),
    )
    label_table: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Table of labels",
            "A table (CSV) with the columns label and class: which class of the library each label means. The class bland means "
            "bare ground, and an empty one that such pixels are not judged. If none is given, labels are codes or names of our "
            "classes; those of a file of labelled pixels are as its authors published them.",
            file_types="CSV (*.csv)",
        ),
    )
    methods: Sequence[str] = described(
        ("network",),
        METHODS,
    )
    onnx: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Classifier to compare with",
            "A classifier in ONNX, tried as one more method. It takes spectra of 248 channels, 1.021-2.648 µm, each scaled from 0 "
            "to 1 by its own least and largest number, and gives a number for each of its classes. It needs onnxruntime.",
            file_types="ONNX (*.onnx)",
        ),
    )
    onnx_table: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.FILE,
            "Classes of that classifier",
            "A table (CSV) with the columns label and class, as the table of labels: the label is the number of an output, from 0.",
            file_types="CSV (*.csv)",
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    classes: Optional[Sequence[str]] = described(None, parameter_of(MapOptions, "classes"))
    ratio: str = described("off", parameter_of(MapOptions, "ratio"))
    scales: Sequence[int] = described((1, 3, 5), parameter_of(MapOptions, "scales"))
    weights: Optional[PathLike] = described(None, parameter_of(MapOptions, "weights"))
    engine: str = described("auto", ENGINE)
