"""Which workers are fit for a run. A fit one gets a resource with the run's name, one unit for each of its threads.

Every task of the run asks for a unit. So a worker that lacks the version, or the shared folder, gets no task, also one that joins
late. Tasks also ask for memory; a worker that was started without this resource gets what Dask lets it use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..packages import load
from .outcome import process_name
from .ticket import Ticket

#: What the message says where Dask is missing.
NEED = "core archive needs Dask distributed"

#: The resource of memory, in GB, as one that starts workers by hand declares it: ``--resources memory=64``.
MEMORY = "memory"


def resource_of(run: str) -> str:
    """The resource that only fit workers have."""
    return f"crism-gan-{run}"


@dataclass(frozen=True)
class Fitness:
    """Why a worker cannot work for the run, empty if it can; what its outcomes call it; its threads and memory, GB."""

    fault: str
    name: str
    threads: int = 0
    memory_gb: float = 0.0


async def examine(ticket: Ticket, dask_worker: Any) -> Fitness:
    """Look at the worker that this runs on, and give it the resource of the run if it is fit."""
    fault = ticket.fault()
    threads = 0 if fault else int(dask_worker.state.nthreads)
    memory = float(dask_worker.state.total_resources.get(MEMORY, 0)) or _memory_gb(dask_worker)
    await dask_worker.set_resources(**{resource_of(ticket.run): threads, MEMORY: memory})
    return Fitness(fault, process_name(), threads, memory)


async def dismiss(ticket: Ticket, dask_worker: Any) -> None:
    """Take the resource of the run from the worker that this runs on, so that it gets no more tasks."""
    await dask_worker.set_resources(**{resource_of(ticket.run): 0})


def _memory_gb(dask_worker: Any) -> float:
    limit = dask_worker.memory_manager.memory_limit
    if not limit:
        system = load("distributed", NEED, "system").system
        limit = system.MEMORY_LIMIT * min(1.0, dask_worker.state.nthreads / system.CPU_COUNT)
    return float(limit) / 1e9
