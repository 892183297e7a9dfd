"""The cluster of a run: Dask's own on this machine, or another by its scheduler's address."""

from __future__ import annotations

import logging
import time
import warnings
from contextlib import suppress
from types import TracebackType
from typing import Any, Optional

from ..errors import ClusterError, one_line
from ..packages import load, loaded
from ..progress import Progress
from . import local_worker
from .jobs import ChainStep
from .ticket import Ticket
from .workers import MEMORY, NEED, Fitness, dismiss, examine, resource_of

#: Seconds: to wait for a scheduler that answers no more; between two looks for new workers; between two looks at all of them.
_PATIENCE, _LOOK, _LOOK_AGAIN = 120.0, 1.0, 15.0

#: Seconds that workers on this machine have to end.
_CLOSING = 30.0

#: A worker that so many scenes in a row could not write on gets no more, as long as another one is there.
_CANNOT_WRITE = 3


class SchedulerLostError(Exception):
    """The scheduler has gone away; what was submitted is lost."""


class Cluster:
    """A cluster, as a ``with`` block.

    Parameters
    ----------
    address
        Of a scheduler, or None for workers on this machine.
    workers
        How many of those; None: one for each core, if each has the memory that a task may ask for.
    least_gb
        That memory.
    ticket
        Of the run.

    Raises
    ------
    ClusterError
        If the scheduler does not answer, or none of its workers is fit.
    MissingDependencyError
        If Dask distributed is not installed.
    """

    def __init__(self, address: Optional[str], workers: Optional[int], least_gb: float, ticket: Ticket, progress: Progress) -> None:
        self._dask = load(
            "distributed", "core archive needs Dask distributed", instead="without it, core batch maps images one by one"
        )
        self._address, self._workers, self._least_gb = address, workers, least_gb
        self._ticket, self._progress = ticket, progress
        self._local: Optional[Any] = None
        self._client: Optional[Any] = None
        self._count = 0
        self._fit: dict[str, Fitness] = {}
        self._faults: dict[str, str] = {}
        self._cannot_write: dict[str, int] = {}
        self._dismissed: set[str] = set()
        self._told: set[str] = set()
        self._looked = self._looked_at_all = -_LOOK_AGAIN

    def __enter__(self) -> Cluster:
        for name in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told by us, in one line
        try:
            if self._address is None:
                self._local = self._start()
            self._client = self._connect(self._address or self._local.scheduler_address)  # type: ignore[union-attr]
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._close()

    def _start(self) -> Any:
        dask = load("dask", NEED, "config", "system")
        cores, memory = dask.system.CPU_COUNT, self._dask.system.MEMORY_LIMIT
        count = self._count = self._workers or max(1, min(cores, int(memory / 1e9 / self._least_gb)))
        environment = {**dask.config.get("distributed.nanny.pre-spawn-environ", {}), "DASK_LOGGING__DISTRIBUTED": "critical"}
        dask.config.set(
            {
                "distributed.nanny.pre-spawn-environ": environment,
                "distributed.worker.profile.enabled": False,  # it takes time of the stages, and nobody asks for its profiles
                "distributed.worker.memory.target": False,  # nothing is kept that could be spilled to disk
                "distributed.worker.memory.spill": False,
                "distributed.worker.memory.pause": False,  # memory that is freed is kept for the next scene
            }
        )
        return self._dask.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            memory_limit=int(memory / count),
            preload=[local_worker.__name__],
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )

    def _connect(self, address: str) -> Any:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                self._dask.comm.resolve_address(address)  # a client of an address that is none could not be closed again
                client = self._dask.Client(address, timeout=10, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                reason = " ".join(str(error).split())
                raise ClusterError(
                    f"scheduler {address}: does not answer ({reason or type(error).__name__}); check the address, and that it runs"
                ) from error
        for each in said:
            if "mismatch" in type(each.message).__name__.lower():
                self._tell(f"scheduler {address}: {one_line(' '.join(str(each.message).split()))}")
        return client

    def _close(self) -> None:
        for each in (self._client, self._local):
            _close(each)
        self._client = self._local = None

    @property
    def dashboard(self) -> str:
        """Where a browser shows what the workers do; empty if the scheduler cannot show it."""
        return str(self._client.dashboard_link) if self._client is not None and loaded("bokeh") else ""

    @property
    def threads(self) -> int:
        """How many tasks the fit workers can do at once."""
        return sum(each.threads for each in self._fit.values())

    def look_after(self) -> bool:
        """Look for new workers, and whether those that are there are fit; now and then at all of them.

        Returns
        -------
        Whether all workers that were fit are gone. What was submitted to them would wait forever: a scheduler does not look at it
        again when another worker is found to be fit.

        Raises
        ------
        SchedulerLostError
            If the scheduler does not answer.
        ClusterError
            If there are workers, and none is fit.
        """
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return False
        self._looked, had = now, bool(self._fit)
        there = set(self._asked(lambda client: client.nthreads()))
        self._fit = {address: each for address, each in self._fit.items() if address in there}
        self._faults = {address: fault for address, fault in self._faults.items() if address in there}
        all_gone = had and not self._fit
        again = now - self._looked_at_all >= _LOOK_AGAIN
        if again:
            self._looked_at_all = now
            if self._local is not None and len(there) < self._count:
                self._local.scale(self._count)  # one whose process was killed while it began is not begun again by Dask
        wanted = sorted(there - self._dismissed if again else there - self._dismissed - set(self._fit) - set(self._faults))
        if wanted:
            self._examine(wanted)
        if there and not self._fit:
            address, fault = next(iter(self._faults.items()), ("", ""))
            if fault and len(self._faults) == len(there):
                raise ClusterError(f"none of the {len(there)} workers can be used; worker {address}: {fault}")
        return all_gone

    def assigned(self) -> set[str]:
        """The keys of all tasks that the scheduler has given to a fit worker. One that is no longer fit never does what it has."""
        found = self._asked(lambda client: client.processing())
        return {str(key) for address, keys in found.items() if address in self._fit for key in keys}

    def _examine(self, addresses: list[str]) -> None:
        found = self._asked(lambda client: client.run(examine, self._ticket, workers=addresses, on_error="return"))
        for address, fitness in found.items():
            if isinstance(fitness, Fitness) and not fitness.fault:
                self._fit[address] = fitness
                self._faults.pop(address, None)
            elif isinstance(fitness, (Fitness, ImportError, AttributeError)):
                fault = fitness.fault if isinstance(fitness, Fitness) else _cannot_import(fitness)
                self._fit.pop(address, None)
                self._faults[address] = fault
                self._tell(f"worker {address} gets no scenes: {fault}", address)

    def _asked(self, question: Any) -> Any:
        if self._client is None or self._client.status != "running":
            raise SchedulerLostError
        try:
            return question(self._client)
        except (OSError, TimeoutError, self._dask.comm.core.CommClosedError) as error:
            raise SchedulerLostError from error

    def _tell(self, text: str, key: str = "") -> None:
        if (key or text) not in self._told:
            self._told.add(key or text)
            self._progress.warn(text)

    def submit(self, step: ChainStep, subject: Any, before: Optional[Any], key: str, avoid: str = "") -> Any:
        """Have a step done; the future of its outcome. ``before`` is the future of the step before."""
        largest = max((each.memory_gb for each in self._fit.values()), default=step.memory_gb)
        if largest < step.memory_gb:
            self._tell(f"the stage {step.name} takes about {step.memory_gb:g} GB, and the largest worker has {largest:.1f}")
        others = sorted(set(self._fit) - {avoid}) if avoid else None
        return self._asked(
            lambda client: client.submit(
                step.run,
                subject,
                before,
                key=key,
                pure=False,
                resources={resource_of(self._ticket.run): 1, MEMORY: min(step.memory_gb, largest)},
                workers=others or None,
                allow_other_workers=bool(others),
            )
        )

    def address_of(self, name: str) -> str:
        """The address of the worker that an outcome names; empty if it is gone."""
        return next((address for address, each in self._fit.items() if each.name == name), "")

    def note(self, name: str, cannot_write: bool, error: str) -> None:
        """Note how a job ended on a worker; one that cannot write gets no more, as long as others can."""
        address = self.address_of(name)
        if not address:
            return
        self._cannot_write[address] = self._cannot_write.get(address, 0) + 1 if cannot_write else 0
        if self._cannot_write[address] < _CANNOT_WRITE or len(self._fit) == 1:
            return
        self._dismissed.add(address)
        del self._fit[address]
        self._tell(f"worker {address} gets no more scenes, since it cannot write: {error}", address)
        self._asked(lambda client: client.run(dismiss, self._ticket, workers=[address], on_error="return"))

    def reconnect(self) -> None:
        """Wait for a scheduler that has gone away, and connect to it again.

        Raises
        ------
        ClusterError
            If it does not come back.
        """
        address = self._address or self._local.scheduler_address  # type: ignore[union-attr]
        self._progress.warn(f"scheduler {address}: does not answer any more; waiting for it for {_PATIENCE:g} seconds")
        until = time.monotonic() + _PATIENCE
        _close(self._client)
        self._client = None
        self._fit, self._faults, self._looked = {}, {}, -_LOOK_AGAIN
        while True:
            self._progress.check()
            try:
                self._client = self._connect(address)
            except ClusterError:
                if time.monotonic() > until:
                    raise ClusterError(
                        f"scheduler {address}: has gone away; start it again, and run the same command again: what is "
                        "finished is kept, and is not made again"
                    ) from None
                time.sleep(_LOOK)
                continue
            self._progress.info(f"scheduler {address}: is back")
            return


def _close(each: Optional[Any]) -> None:
    if each is not None:
        with suppress(Exception):  # it may have gone already
            each.close(timeout=_CLOSING)


def _cannot_import(error: Exception) -> str:
    return one_line(f"it cannot import CRISM GAN ({error}); install the same version there, and let PYTHONPATH lead to it")
