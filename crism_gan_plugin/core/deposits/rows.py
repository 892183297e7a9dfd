"""The fields of each deposit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..arrays import AnyArray, BoolArray
from .evidence import exemplar_names, scenes_of
from .measures import Measures, mean
from .patches import Patches
from .source import MapSource
from .spectra import MeanSpectra

#: Fields of the layer.
FIELDS = {
    "class": "text",
    "code": "whole",
    "level": "text",
    "pixels": "whole",
    "added": "whole",
    "columns": "whole",
    "km2": "real",
    "mean_score": "real",
    "best_score": "real",
    "lead": "real",
    "exemplar": "text",
    "scene": "text",
    "source": "whole",
    "sources": "text",
    "lon": "real",
    "lat": "real",
    "spectrum": "text",
}


@dataclass(frozen=True)
class Found:
    """The patches of a map, and what they have.

    Attributes
    ----------
    patches, measures, spectra
        The patches; spectra are None without an image.
    wanted
        (patches,) bool: those that are deposits.
    """

    patches: Patches
    measures: Measures
    spectra: Optional[MeanSpectra]
    wanted: BoolArray


@dataclass(frozen=True)
class DepositRows:
    """The fields of each deposit, made by `deposit_rows`.

    Attributes
    ----------
    columns, texts
        Values by field, one for each patch.
    scenes, own_scene
        Images of a composite's maps by their numbers; the image of a map.
    """

    columns: Mapping[str, AnyArray]
    texts: Mapping[str, list[Optional[str]]]
    found: Found
    scenes: Mapping[int, str]
    own_scene: Optional[str]

    def of(self, patch: int) -> dict[str, Any]:
        """The fields of one patch."""
        values: dict[str, Any] = {name: column[patch].item() for name, column in self.columns.items()}
        values.update({name: texts[patch] for name, texts in self.texts.items()})
        spectrum = None if self.found.spectra is None else self.found.spectra.describe(patch)
        values["spectrum"] = None if spectrum is None else json.dumps(spectrum)
        source = values["source"]
        if source <= 0:
            values["source"] = None
        else:
            values["sources"] = ", ".join(map(str, self.found.measures.sources.of(patch)))
        values["scene"] = self.own_scene if values["source"] is None else self.scenes.get(source)
        if values["columns"] == 0:
            values["columns"] = None
        return values


def deposit_rows(source: MapSource, found: Found) -> DepositRows:
    """The fields of all patches of a map."""
    patches, measures, count = found.patches, found.measures, len(found.patches)
    table = {row.value: row for row in source.table}
    sample, line = measures.sample / patches.pixels + 0.5, measures.line / patches.pixels + 0.5
    longitude = latitude = np.full(count, np.nan)
    if source.projection is not None:
        longitude, latitude = source.projection.to_degrees(*source.place.to_map(sample, line))
    names = exemplar_names(source.map) or []
    exemplars = measures.exemplars.most(count).tolist()
    columns = {
        "code": patches.code,
        "pixels": patches.pixels,
        "added": patches.pixels - measures.named,
        "columns": measures.columns.distinct(count),
        "km2": measures.km2,
        "mean_score": mean(measures.score, measures.scored),
        "best_score": np.where(measures.scored > 0, measures.best, np.nan),
        "lead": mean(measures.lead, measures.led),
        "source": measures.sources.most(count),
        "lon": longitude,
        "lat": latitude,
    }
    rows = [table[code] for code in patches.code.tolist()]
    texts: dict[str, list[Optional[str]]] = {
        "class": [row.name for row in rows],
        "level": [row.level for row in rows],
        "exemplar": [names[place] if 0 <= place < len(names) else None for place in exemplars],
    }
    return DepositRows(columns, texts, found, scenes_of(source.map), source.map.product_id or None)
