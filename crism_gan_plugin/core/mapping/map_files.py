"""The rasters of a map, class codes and evidence, written block by block and counted on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Optional

import numpy as np
from numpy.typing import NDArray

from ..arrays import FloatArray, IntArray
from ..mars.areas import pixel_areas
from ..mars.georeference import Georeference
from ..rasters.geotiff import create_raster
from ..rasters.metadata_keys import EVIDENCE_KEY, PRODUCT_ID_KEY, PROVENANCE_KEY
from .agreement import BOTH
from .levels import NO_DATA

EVIDENCE_BANDS = (
    "best similarity",
    "best similarity of any other class",
    "code of that other class",
    "exemplar (index in the library, from 0)",
    "smoothing (pixels)",
)

#: What a map of ratioed spectra has besides; see `agreement`.
AGREEMENT_BAND = "ratio_agreement"

#: What a map has besides that was placed by its image's geometry: which pixel of the image each of its pixels is, from 0.
PIXEL_BANDS = ("sample", "line")

#: What a map has besides whose false detections are estimated; see `competition`.
Q_BAND = "q_value"

#: What a map has besides whose detections are to have a probability; see `probable`.
PROBABILITY_BAND = "probability"


@dataclass
class Census:
    """Pixels and km² of every code, counted as blocks go by; with a neutral ratio, also pixels that are named so without it."""

    pixels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    km2: Optional[FloatArray] = None
    both: Optional[IntArray] = None

    def add(self, values: IntArray, areas: Optional[FloatArray], agreement: Optional[FloatArray] = None) -> None:
        self.pixels += np.bincount(values.ravel(), minlength=256)
        if areas is not None:
            found = np.asarray(np.bincount(values.ravel(), weights=areas.ravel(), minlength=256), float)
            self.km2 = found if self.km2 is None else self.km2 + found
        if agreement is not None:
            agreed = np.bincount(values.ravel()[agreement.ravel() == BOTH], minlength=256)
            self.both = agreed if self.both is None else self.both + agreed


class MapFiles:
    """A class raster and its evidence, to be written within a ``with`` block.

    Parameters
    ----------
    path
        Gives the place of a file by its name.
    name
        Name of the class raster; the other names begin with its stem.
    lines, samples, georeference
        Size, and place on the map.
    evidence
        Whether to write the evidence.
    product_id
        Product of the image, for the metadata.
    identity
        Further metadata, by which the run's files know each other; see `provenance.identity`.
    more_bands
        Names of evidence besides `EVIDENCE_BANDS`.

    Attributes
    ----------
    classes, evidence
        Where the rasters are; evidence is None when it is not written.
    lines
        Lines of the rasters.
    census
        Counts of what was written so far.
    """

    def __init__(
        self,
        path: Callable[[str], Path],
        name: str,
        lines: int,
        samples: int,
        georeference: Optional[Georeference],
        evidence: bool,
        product_id: str,
        identity: Optional[Mapping[str, str]] = None,
        more_bands: Sequence[str] = (),
    ) -> None:
        stem = Path(name).stem
        self.classes = path(name)
        self.evidence = path(f"{stem}_evidence.tif") if evidence else None
        self.census = Census()
        self.lines = lines
        self._size, self._georeference = (lines, samples), georeference
        self._areas = pixel_areas(georeference, lines, samples)
        self._identity = dict(identity or {})
        self._bands = (*EVIDENCE_BANDS, *more_bands)
        self._metadata = {PRODUCT_ID_KEY: product_id, PROVENANCE_KEY: f"{stem}_provenance.json", **self._identity}
        if self.evidence is not None:
            self._metadata[EVIDENCE_KEY] = self.evidence.name
        self._open = ExitStack()

    def __enter__(self) -> MapFiles:
        with ExitStack() as opened:
            self._maps = opened.enter_context(
                create_raster(
                    self.classes,
                    *self._size,
                    bands=1,
                    dtype=np.uint8,
                    nodata=NO_DATA,
                    georeference=self._georeference,
                    metadata=self._metadata,
                    band_names=["mineral class"],
                )
            )
            if self.evidence is not None:
                self._scores = opened.enter_context(
                    create_raster(
                        self.evidence,
                        *self._size,
                        bands=len(self._bands),
                        dtype=np.float32,
                        nodata=np.nan,
                        georeference=self._georeference,
                        metadata=self._identity,
                        band_names=self._bands,
                    )
                )
            self._open = opened.pop_all()
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._open.__exit__(kind, error, trace)

    def band(self, name: str) -> Optional[int]:
        """The place of a band of the evidence, from 0; None where it has none of this name."""
        return self._bands.index(name) if name in self._bands else None

    def write(self, codes: IntArray, evidence: Optional[FloatArray], line0: int) -> None:
        """(1, lines, samples) class codes and (bands, lines, samples) evidence, from line ``line0`` on."""
        self._maps.write(codes, line0)
        if self.evidence is not None:
            assert evidence is not None
            self._scores.write(evidence, line0)
        agreement = None
        if AGREEMENT_BAND in self._bands:
            assert evidence is not None
            agreement = evidence[self._bands.index(AGREEMENT_BAND)]
        self.census.add(codes, None if self._areas is None else self._areas.block(line0, codes.shape[1]), agreement)
