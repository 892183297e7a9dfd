"""A scheduler or a worker of Dask as a process: ``scheduler PORT`` or ``worker ADDRESS FAULT``, where the fault may be empty."""

from __future__ import annotations

import asyncio
import sys


async def scheduler(port: int) -> None:
    from distributed import Scheduler

    async with Scheduler(host="127.0.0.1", port=port, dashboard_address="127.0.0.1:0") as running:
        await running.finished()


async def worker(address: str, fault: str = "") -> None:
    from distributed import Worker

    from crism_gan_plugin import paths

    if fault == "version":
        paths.version = lambda: "9.9.9"
    async with Worker(address, nthreads=1, dashboard_address="127.0.0.1:0") as running:
        if fault == "disk":
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))  # no file can be longer, as on a full disk
        await running.finished()


if __name__ == "__main__":
    what, where, *more = sys.argv[1:]
    asyncio.run(scheduler(int(where)) if what == "scheduler" else worker(where, *more))
