"""What is to be done: a job is a chain of stages, each of which takes the outcome of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .outcome import Outcome


@dataclass(frozen=True)
class ChainStep:
    """One stage of a job, as one task of the cluster.

    Attributes
    ----------
    name
        What the dashboard calls it.
    run
        Does it, on a worker: it takes the job's subject and the outcome of the step before, or None.
    memory_gb
        Memory that it takes.
    """

    name: str
    run: Callable[..., Outcome]
    memory_gb: float


@dataclass(frozen=True)
class Job:
    """A chain of steps with one subject, such as a scene; ``name`` is the line of the ledger that tells of it."""

    name: str
    subject: Any
    steps: tuple[ChainStep, ...]
