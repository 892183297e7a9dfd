"""Which volcano scans an image is denoised with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

from ..atmosphere import Transmission, find_volcano_scan, read_volcano_scan, recommended_scan, scans_in, transmission_for
from ..errors import InputError
from ..files.names import PathLike
from ..instrument.tile_names import ALBEDO
from ..products.scene import Scene

#: Scans that the instrument team leaves out, of air with ice or dust; used only when they are given or recommended.
_ICY_OR_DUSTY = ("06822", "094B5", "09E04", "0A3F6")

#: So many records that were passed over are named in a message.
_NAMED = 2


@dataclass(frozen=True)
class ChosenScans:
    """Attributes: ``scans``, on the image's columns and channels; ``passed_over``, why records beside the image were not used."""

    scans: list[Transmission]
    passed_over: tuple[str, ...] = ()


def refuse_map_projected(scene: Scene) -> None:
    """Raise `InputError` if an image that still has the atmosphere in it is not in sensor space."""
    if scene.georeference is not None:
        better = "the image in sensor space" if scene.tile is None else f"the Lambert albedo, {replace(scene.tile, content=ALBEDO)}"
        raise InputError(f"{scene.path}: is map-projected, but still has the atmosphere in it; give {better}")


def choose_scans(scene: Scene, given: Sequence[PathLike], table: Optional[PathLike]) -> ChosenScans:
    """The scans on the image's own columns and channels.

    Parameters
    ----------
    scene
        In sensor space, not corrected for the atmosphere.
    given
        Records, all of which are used; or folders of records, in which the recommended one is looked for. None: those beside the
        image that fit it, but for scans of icy or dusty air.
    table
        CAT's table of recommended scans; None: no recommendation.

    Raises
    ------
    InputError
        If a file is no record, or does not fit the image; if a folder is given but no table, or the recommended scan is not in it.
    """
    paths = [Path(path) for path in given]
    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if folders and table is None:
        raise InputError(
            f"{folders[0]}: is a folder of volcano scans; give the table of recommended scans too, or choose the records"
        )
    passed_over: list[str] = []
    if not paths and table is None:
        files, passed_over = scans_beside(scene)
    if table is not None:
        files = [*_recommended(scene, folders, files, Path(table)), *files]
    image = (scene.axis, scene.samples, scene.wavelength_filter)
    return ChosenScans([transmission_for(read_volcano_scan(path), *image) for path in dict.fromkeys(files)], tuple(passed_over))


def scans_beside(scene: Scene) -> tuple[list[Path], list[str]]:
    """The best record of each scan in the image's folder; and why scans of which no record fits the image were passed over."""
    folder = scene.path.parent
    used, passed_over = [], []
    for scan in scans_in(folder):
        if scan in _ICY_OR_DUSTY:
            passed_over.append(
                f"volcano scan {scan} beside the image is not used, there was ice or dust in the air; give it to use it"
            )
            continue
        path, reasons = _find(scene, scan, [folder])
        if path is None:
            passed_over += reasons
        else:
            used.append(path)
    return used, passed_over


def named(passed_over: Sequence[str]) -> str:
    """The first reasons, for the end of a message."""
    more = f" … and {len(passed_over) - _NAMED} more" if len(passed_over) > _NAMED else ""
    return "".join(f" [passed over: {reason}]" for reason in passed_over[:_NAMED]) + more


def _find(scene: Scene, scan: str, folders: Sequence[Path]) -> tuple[Optional[Path], list[str]]:
    return find_volcano_scan(scan, folders, scene.axis, scene.samples, scene.wavelength_filter)


def _recommended(scene: Scene, folders: list[Path], files: list[Path], table: Path) -> list[Path]:
    """The record that the table recommends; none where records are given and the table recommends none."""
    if scene.name is None:
        raise InputError(f"{scene.path}: has no CRISM name, so the table of recommended scans does not know it; give the records")
    scan = recommended_scan(scene.name.observation_id, table)
    if scan is None and files:
        return []
    if scan is None:
        raise InputError(f"{table}: recommends no volcano scan for {scene.name.observation_id}; give the records to use")
    found, passed_over = _find(scene, scan, [*folders, *(path.parent for path in files), scene.path.parent, table.parent])
    if found is None:
        raise InputError(
            f"{table}: recommends volcano scan {scan} for {scene.name.observation_id}, but no record of it that fits the image is "
            f"at hand; put ADR…_VS… files into one folder and give that{named(passed_over)}"
        )
    return [found]
