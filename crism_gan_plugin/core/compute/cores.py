"""Work shared by the processor's cores: each computes its own spectra, matrix products included.

A matrix library divides each product among the cores, and all other work waits for one of them. A thread for each share of the
spectra keeps all cores busy, provided that each product keeps to its thread. OpenBLAS can be told so, but not through NumPy. So it
is asked directly, where the system tells which libraries a process has loaded, as Linux does. Elsewhere products are divided as
before.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: What builds of OpenBLAS call their functions.
_NAMES = (
    "openblas_{}_num_threads",
    "openblas_{}_num_threads64_",
    "scipy_openblas_{}_num_threads",
    "scipy_openblas_{}_num_threads64_",
)

#: The files that a process has loaded, in the sixth column.
_LOADED = Path("/proc/self/maps")


class _OpenBlas(NamedTuple):
    get_threads: Callable[[], int]
    set_threads: Callable[[int], Any]


def on_all_cores(task: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The result for each item, in their order; one core works on one item, if products keep to their cores."""
    with one_thread_a_product() as cores:
        workers = min(cores, len(items))
        if workers < 2:
            return [task(item) for item in items]
        with ThreadPoolExecutor(workers, initializer=_keep_to_one_thread) as pool:  # some builds count by thread
            return list(pool.map(task, items))


class _Limit:
    """How many blocks of code have asked that products keep to their threads, and what there was before the first of them."""

    lock = threading.Lock()
    holders = 0
    threads: tuple[int, ...] = ()
    libraries: tuple[_OpenBlas, ...] = ()


@contextmanager
def one_thread_a_product() -> Iterator[int]:
    """Within, each product keeps to the thread that asks for it. Gives the number of threads that are worthwhile then."""
    with _Limit.lock:
        if not _Limit.holders:
            _Limit.libraries = tuple(_loaded_libraries())
            _Limit.threads = tuple(library.get_threads() for library in _Limit.libraries)
            _keep_to_one_thread()
        _Limit.holders += 1
    try:
        yield min(_Limit.threads, default=1)
    finally:
        with _Limit.lock:
            _Limit.holders -= 1
            if not _Limit.holders:
                for library, threads in zip(_Limit.libraries, _Limit.threads):
                    library.set_threads(threads)


def _keep_to_one_thread() -> None:
    for library in _Limit.libraries:
        library.set_threads(1)


def _loaded_libraries() -> list[_OpenBlas]:
    """Each OpenBLAS that this process has loaded."""
    try:
        lines = _LOADED.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # not on this system
        return []
    found = []
    for place in sorted({line.split(maxsplit=5)[5] for line in lines if "openblas" in line}):
        try:
            library = ctypes.CDLL(place)
        except OSError:  # replaced on the disk since it was loaded
            continue
        for name in _NAMES:
            if hasattr(library, name.format("set")):
                found.append(_OpenBlas(getattr(library, name.format("get")), getattr(library, name.format("set"))))
                break
    return found
