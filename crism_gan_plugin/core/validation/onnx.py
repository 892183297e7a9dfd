"""A classifier of others as a yardstick: a file in ONNX that the user points at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import check_file
from ..methods.classification import Classification
from ..methods.image import ComparedImage
from ..packages import load
from ..progress import Progress
from ..rasters.blocks import split_lines
from .labels import NOT_JUDGED, Labels

#: What it is called among the methods.
ONNX = "onnx"

#: Channels of its input: the network's 240, one before them and seven behind, in the steps of the detector.
CHANNELS = 248

#: Spectra at once.
_BATCH = 1024


def scaled(spectra: FloatArray) -> FloatArray:
    """(n, channels) each spectrum from 0 to 1 by its own least and largest number."""
    low = spectra.min(1, keepdims=True)
    return (spectra - low) / np.maximum(spectra.max(1, keepdims=True) - low, 1e-12)


@dataclass(frozen=True)
class OnnxClassifier:
    """The classifier, and what its outputs mean.

    Attributes
    ----------
    file
        Its file.
    session
        What runs it.
    labels
        Which class each number of an output means.
    """

    file: Path
    session: Any
    labels: Labels

    @staticmethod
    def load(path: PathLike, labels: Labels) -> OnnxClassifier:
        """Open it.

        Raises
        ------
        MissingDependencyError
            If onnxruntime is missing.
        InputError
            If it cannot be read, or takes something else than spectra of 248 channels.
        """
        file = check_file(path)
        runtime = load("onnxruntime", "classifiers in ONNX need onnxruntime", instead="or leave the classifier out")
        try:
            session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
            shapes = [tuple(each.shape) for each in session.get_inputs()]
        except Exception as error:  # whatever the runtime says of a damaged file
            raise InputError(f"{file}: is no ONNX file that can be run ({error}); get it again") from None
        if len(shapes) != 1 or not shapes[0] or (shapes[0][-1] not in (CHANNELS, None) and not isinstance(shapes[0][-1], str)):
            raise InputError(f"{file}: takes {shapes}, not one array of spectra of {CHANNELS} channels; give another classifier")
        return OnnxClassifier(file, session, labels)

    def __call__(self, image: ComparedImage, progress: Progress) -> Classification:
        """Map an image: each pixel has the class of its largest output; bare ground, and classes of none of ours, have no name."""
        found = Classification.empty(image.lines, image.samples)
        assert found.best is not None
        for block in split_lines(image.lines, image.samples, CHANNELS):
            lines = slice(block.first, block.first + block.lines)
            spectra, valid = self._spectra(image, block.first, block.lines), image.valid[lines]
            code, score = self._classify(spectra[valid], progress)
            named = np.maximum(code, 0).astype(np.uint8)
            found.codes[lines][valid] = named
            found.best[lines][valid] = named
            found.scores[lines][valid] = score
            progress.report((block.first + block.lines) / image.lines, f"{block.first + block.lines} of {image.lines} lines")
        return found

    def _spectra(self, image: ComparedImage, first: int, count: int) -> FloatArray:
        """(count, samples, 248): ours, with what the ends of the grid say beyond it."""
        own = image.reflectance(first, count)
        return np.concatenate([own[..., :1], own, np.repeat(own[..., -1:], 7, axis=-1)], axis=-1)

    def _classify(self, spectra: FloatArray, progress: Progress) -> tuple[IntArray, FloatArray]:
        """(n,) code and score of spectra (n, 248)."""
        codes, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        given = self.session.get_inputs()[0]
        extra = len(given.shape) - 2
        for first in range(0, len(spectra), _BATCH):
            progress.check()
            some = scaled(spectra[first : first + _BATCH]).astype(np.float32)
            some = some.reshape(len(some), *(1,) * extra, CHANNELS)
            outputs = [np.asarray(each) for each in self.session.run(None, {given.name: some})]
            numbers = next(
                (each for each in outputs if each.shape[:1] == (len(some),) and each.ndim == 2 and each.dtype.kind == "f"), None
            )
            if numbers is None:
                raise InputError(f"{self.file}: gives no numbers for each spectrum and class; give another classifier")
            shares = _as_shares(numbers)
            best = shares.argmax(1)
            means = np.array([self.labels.codes.get(str(output), NOT_JUDGED) for output in range(numbers.shape[1])])
            codes.append(means[best])
            scores.append(shares[np.arange(len(best)), best].astype(np.float32))
        return np.concatenate(codes), np.concatenate(scores)


def _as_shares(numbers: FloatArray) -> FloatArray:
    """(n, classes) that add up to 1: as they are if they do, else by softmax."""
    if (numbers >= 0).all() and np.allclose(numbers.sum(1), 1, atol=1e-3):
        return numbers
    powers = np.exp(numbers - numbers.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
