"""Images to practise with: two that overlap, between Jezero and NE Syrtis."""

from __future__ import annotations

from typing import Optional

from ..files.names import PathLike
from ..options.keywords import takes
from ..options.simulation import PracticeOptions
from ..progress import Progress
from .scenes import DEMO_SCENES, SimulatedScene, simulate_scene


@takes(PracticeOptions)
def simulate_practice(folder: PathLike, *, options: PracticeOptions, progress: Optional[Progress] = None) -> list[SimulatedScene]:
    """Write two images that overlap, as map-projected as an MTRDR is, with the truth beside each.

    Parameters
    ----------
    folder
        Where to write; made if it is missing.
    {options}
    progress
        Object that is told how much is done.

    Returns
    -------
    list of SimulatedScene
        The files of each image.

    Raises
    ------
    ParameterError
        If the pixel size makes no sense.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> [scene.image.name for scene in simulate_practice("practice", pixel_m=500)]
    ['frt0000a001_07_if165j_mtr3.img', 'frt0000b002_07_if165j_mtr3.img']
    """
    whole = progress or Progress()
    share = 1 / len(DEMO_SCENES)
    return [
        simulate_scene(footprint, folder, pixel_m=options.pixel_m, progress=whole.part(place * share, (place + 1) * share))
        for place, footprint in enumerate(DEMO_SCENES)
    ]
