"""The command line with something that happens to it at one point: ``hooked_run.py POINT DEED WORD...``.

POINT is where: a function of the denoiser's, and how often it was called before. DEED is what: a signal's name, ``wait`` for a line
on stdin, ``small files`` (no file may grow beyond a size), or ``fill FILE`` (until the disk is full).
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.denoise import groups, pipeline, rounds, workspace
from crism_gan_plugin.core.files import outputs
from crism_gan_plugin.core.files.pixel_file import PixelFile
from crism_gan_plugin.core.rasters import geotiff

#: Before the function: the owner and the function's name.
POINTS = {
    "begin": (workspace.Workspace, "begin"),
    "read": (PixelFile, "write"),
    "solve": (rounds, "solve"),
    "block": (pipeline, "_denoise_block"),
    "write": (geotiff.RasterWriter, "write"),
    "move": (outputs.AtomicOutputs, "_move_into_place"),
    "replace": (Path, "replace"),
}


def do(deed: str) -> None:
    if deed.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, deed))
    elif deed == "wait":
        print("waiting", flush=True)
        sys.stdin.readline()
    elif deed == "small files":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    else:
        fill(Path(deed.partition(" ")[2]))


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                assert error.errno == errno.ENOSPC


def hook(point: str, deed: str) -> None:
    name, _, count = point.partition(" ")
    owner, function = POINTS[name]
    real, calls = getattr(owner, function), [int(count or 0)]

    def hooked(*given: Any, **named: Any) -> Any:
        if not calls[0]:
            do(deed)
        calls[0] -= 1
        return real(*given, **named)

    setattr(owner, function, hooked)


if __name__ == "__main__":
    groups._GROUPS_AT_ONCE = 23  # more than one block of columns with data
    for number in (signal.SIGTERM, signal.SIGHUP):  # ignored in the background of some shells, and so in their children
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.argv[1]:
        hook(sys.argv[1], sys.argv[2])
    sys.exit(main(sys.argv[3:]))
