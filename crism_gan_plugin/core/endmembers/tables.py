"""Endmembers as rows: of a table, and of a layer of points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..files.tables import write_table
from ..libraries.exemplars import MineralClass
from ..search.places import MapPlaces
from ..spectra.grid import WAVELENGTHS_NM
from ..vectors import VectorLayer
from .chosen import Endmembers
from .lookalikes import Lookalike

#: Fields of both, and what they hold.
FIELDS = {
    "endmember": "whole",
    "verdict": "text",
    "lookalike": "text",
    "score": "real",
    "exemplar": "text",
    "strength": "real",
    "other": "text",
    "other_score": "real",
    "segment": "whole",
    "pixels": "whole",
    "pixels_like": "whole",
    "sample": "whole",
    "line": "whole",
    "lon": "real",
    "lat": "real",
    "class": "text",
    "code": "whole",
}

#: Name of the layer of points.
LAYER = "endmembers"


def endmember_rows(
    endmembers: Endmembers, found: Sequence[Lookalike], places: MapPlaces, classes: Mapping[int, MineralClass]
) -> list[dict[str, Any]]:
    """A row for each endmember, by `FIELDS`; None where something is not known.

    Parameters
    ----------
    classes
        The class of each endmember, from 0, that became an exemplar.
    """
    like = endmembers.pixels_like()
    rows = []
    for k, each in enumerate(found):
        own = classes.get(k)
        segment = int(endmembers.chosen[k])
        degrees = [float(values[k]) for values in (places.longitude, places.latitude)]
        row = {
            "endmember": k + 1,
            "verdict": each.verdict,
            "lookalike": each.mineral,
            "score": round(each.score, 4),
            "exemplar": each.exemplar,
            "strength": round(each.strength, 3),
            "other": each.other,
            "other_score": None if each.other_score is None else round(each.other_score, 4),
            "segment": segment + 1,
            "pixels": int(endmembers.pixels[segment]),
            "pixels_like": int(like[k]),
            "sample": int(endmembers.sample[k]),
            "line": int(endmembers.line[k]),
            "lon": degrees[0] if degrees[0] == degrees[0] else None,
            "lat": degrees[1] if degrees[1] == degrees[1] else None,
            "class": None if own is None else own.name,
            "code": None if own is None else own.code,
        }
        rows.append(row)
    return rows


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the table (CSV)."""
    write_table(path, [list(FIELDS), *([("" if row[name] is None else row[name]) for name in FIELDS] for row in rows)])


def write_points(
    path: Path, rows: Sequence[dict[str, Any]], places: MapPlaces, wkt: str, spectra: FloatArray, alike: FloatArray, scene: str
) -> None:
    """
    Write the points: the middle of each endmember's segment, with its spectrum as JSON.

    Parameters
    ----------
    spectra, alike
        (n, 240) endmembers, and the exemplars that they resemble most.
    """
    said = f"Endmembers of {scene}, made by CRISM GAN"
    with VectorLayer(path, LAYER, wkt, (), {**FIELDS, "spectrum": "text"}, said, points=True) as layer:
        for k, row in enumerate(rows):
            spectrum = {
                "grid_nm": np.round(WAVELENGTHS_NM, 2).tolist(),
                "ratio": np.round(spectra[k], 6).tolist(),
                "lookalike": np.round(alike[k], 6).tolist(),
            }
            layer.write_point(float(places.x[k]), float(places.y[k]), {**row, "spectrum": json.dumps(spectrum)})
