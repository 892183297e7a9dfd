"""Detection limits as the last step of a map: under a name of their own beside it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..errors import Cancelled, CrismError, OutputError
from ..files.inputs import recorded_inputs
from ..files.outputs import AtomicOutputs, check_outputs
from ..files.reading import sha256
from ..mosaic.limits_beside import limits_beside
from ..progress import Progress
from .pipeline import LimitOutputs, find_detection_limits


def named_by_map(classes: Path) -> LimitOutputs:
    """The files of the limits of a map."""
    return LimitOutputs.named(classes.with_name(f"{classes.stem}_detection{classes.suffix}"))


def files_of(classes: Path) -> list[Path]:
    """Those of these files that are there."""
    return [file for file in asdict(named_by_map(classes)).values() if file.is_file()]


def check_limits(classes: Path) -> None:
    """Refuse names that would replace an input (`ParameterError`), before the map is made."""
    check_outputs(asdict(named_by_map(classes)).values())


def _are_there(classes: Path, made: LimitOutputs) -> bool:
    """Whether these are the limits of this very map."""
    whole = all(file.is_file() for file in (made.limits, made.style, made.table, made.curves, made.provenance))
    with recorded_inputs():  # what is looked at here is no input of the limits, which may replace it
        return whole and any(curves == made.curves for curves, _ in limits_beside(classes, sha256(classes)))


def tell_limits(classes: Path, progress: Progress) -> None:
    """Find the limits of a finished map, unless they are there. What an image cannot tell is a warning: the map is whole.

    Raises
    ------
    Cancelled, OutputError
        The map is finished then, which the message says.
    """
    made = named_by_map(classes)
    if _are_there(classes, made):
        progress.info("detection limits are there already")
        return
    try:
        find_detection_limits(classes, made.limits, progress=progress)
    except (Cancelled, KeyboardInterrupt):
        raise Cancelled(f"cancelled; no detection limits were written, but the map is finished: {classes}") from None
    except OutputError as error:
        raise OutputError(f"no detection limits were written ({error}), but the map is finished: {classes}") from error
    except CrismError as error:
        with AtomicOutputs(classes.parent) as outputs:
            for file in asdict(made).values():
                outputs.supersede(file.name)  # those of an earlier map
        progress.warn(f"no detection limits: {error}")
