"""Maps of mapping data: what their few channels cannot tell, for log, provenance and report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import numpy as np

from ..errors import ParameterError
from ..instrument.tile_names import GEOMETRY, find_of_tile
from ..options.mapping import MapOptions
from ..products.scene import Scene
from ..spectra.few_channels import FewChannels
from ..spectra.resampling import WIDEST_GAP_NM
from .scales import ScaleMapper

#: Options that want all channels, and what for.
_NEED_ALL = {
    "unlisted": "absorptions that match no mineral",
    "artefacts": "telling artefacts from minerals",
    "limits": "detection limits",
}


def check_options(options: MapOptions, channels: Optional[FewChannels], name: str) -> None:
    """Refuse what few channels cannot tell; `ParameterError`."""
    asked = next((each for each in _NEED_ALL if getattr(options, each)), None)
    if channels is not None and asked is not None:
        raise ParameterError(
            f"{asked}: {name} is mapping data, with {channels.wavelengths_nm.size} channels, which are too few for "
            f"{_NEED_ALL[asked]}; map it without"
        )


def describe_channels(mapper: ScaleMapper) -> dict[str, Any]:
    """What the record says of the channels of mapping data; nothing for other images."""
    channels = mapper.matcher.channels
    if channels is None:
        return {}
    told = {
        "filter": channels.mapping_filter.number,
        "channels_nm": channels.wavelengths_nm.round(2).tolist(),
        "widest_gap_nm": round(channels.widest_gap_nm, 1),
        "note": f"the rule that no gap may be wider than {WIDEST_GAP_NM:g} nm does not hold for known filters of mapping data; "
        "exemplars were seen through the same channels, and scores are calibrated for them",
        "alike": [[*pair, score] for pair, score in alike(mapper).items()],
    }
    return {"mapping data": told}


def channel_notes(mapper: ScaleMapper, scene: Scene) -> list[str]:
    """For the log."""
    channels = mapper.matcher.channels
    if channels is None:
        return []
    return [
        *_tile_notes(scene),
        f"mapping data: {channels.wavelengths_nm.size} channels of {channels.mapping_filter}, with gaps up to "
        f"{channels.widest_gap_nm:.0f} nm; exemplars are seen through the same channels, and scores are calibrated for them",
    ]


def _tile_notes(scene: Scene) -> list[str]:
    """What is not known of a map tile without its geometry."""
    if scene.tile is None or find_of_tile(scene.tile, GEOMETRY, scene.path.parent, (".lbl", ".img")) is not None:
        return []
    missing = replace(scene.tile, content=GEOMETRY)
    return [
        f"the geometry of the tile, {missing}, is not beside it: its label places it, but whose strip a pixel is of is not known"
    ]


def channel_warnings(mapper: ScaleMapper) -> list[str]:
    """What a reader of such a map must know."""
    pairs = " or ".join(sorted(f"{one} and {other}" for one, other in alike(mapper)))
    if not pairs:
        return []
    return [f"the image's few channels do not tell apart {pairs}: where one of two is named, the other may be there"]


def alike(mapper: ScaleMapper) -> dict[tuple[str, str], float]:
    """Pairs of classes of which a spectrum of one, seen through the channels, is an identification of the other; with its score."""
    library, channels = mapper.matcher.library, mapper.matcher.channels
    if channels is None:
        return {}
    scores = mapper.matcher(mapper.matcher.exemplars)
    place = library.class_index
    taken = (scores > mapper.thresholds.identification[place]) & (place[:, np.newaxis] != place)
    found: dict[tuple[str, str], float] = {}
    for row, column in np.argwhere(taken):
        one, other = sorted((int(place[row]), int(place[column])))
        pair = (library.classes[one].name, library.classes[other].name)
        found[pair] = max(found.get(pair, 0.0), round(float(scores[row, column]), 3))
    return dict(sorted(found.items(), key=lambda item: -item[1]))
