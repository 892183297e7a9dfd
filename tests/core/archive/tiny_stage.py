"""A stage that is over at once, for tests of what hands stages out; it writes a file as a map is written, whole or not at all."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from crism_gan_plugin.core.archive.outcome import Outcome, measured
from crism_gan_plugin.core.files.outputs import AtomicOutputs


@dataclass(frozen=True)
class TinyTask:
    """The folder of its file, what it is called, and seconds that it takes."""

    folder: Path
    name: str
    seconds: float = 0.1


def write(task: TinyTask, before: Optional[Outcome] = None) -> Outcome:
    """Write the file of a task, unless it is there."""

    def stage() -> Outcome:
        file = task.folder / f"{task.name}.tif"
        if file.exists():
            return Outcome(computed=False, checksum=file.read_text())
        with AtomicOutputs(task.folder) as outputs:
            outputs.path(file.name).write_text(task.name)
            time.sleep(task.seconds)
        return Outcome(checksum=task.name)

    return measured(stage, task.name, before)
