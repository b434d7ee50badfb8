"""Sees to it that imports that wait are carried out."""

import math
from collections.abc import Callable

import structlog
import trio

from agentmgr.campaign.service import Service
from agentmgr.imports.importer import Importer, Means
from agentmgr.ports import ImportJob, StoreFault

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
"""How long an import waits at most for somebody who is free, real seconds."""
DEAD_AFTER_S = 60.0
"""So long after the last sign of life of its owner an import is somebody else's."""


class ImportKeeper:
    """Carries imports out, so many at a time, in threads, each with a process that reads.

    Args:
        means: what they are carried out with; its `is_ending` is this keeper's.
        service: checks what attributes there may be.
        owner: what tells this process from all others.
        shared: whether other processes work with the same store; if not, who else owned an import is dead.
    """

    def __init__(
        self, means: Callable[[Callable[[], bool]], Means], service: Service, owner: str, *, shared: bool
    ) -> None:
        self._is_ending = False
        self._at = means(lambda: self._is_ending)
        self._service = service
        self._owner = owner
        self._dead_after_s = DEAD_AFTER_S if shared else -math.inf
        self._free = trio.Semaphore(self._at.rules.at_once)

    async def run(self) -> None:
        """Carry out what waits until cancelled; each import stops behind its batch then."""
        async with trio.open_nursery() as nursery:
            try:
                while True:
                    await self._free.acquire()
                    job = await trio.to_thread.run_sync(self._claim)
                    if job is None:
                        self._free.release()
                        await trio.sleep(LOOK_EVERY_S)
                    else:
                        nursery.start_soon(self._carry_out, job)
            finally:
                self._is_ending = True

    def _claim(self) -> ImportJob | None:
        now = self._at.now()
        try:
            return self._at.store.claim_import(self._owner, now, now - self._dead_after_s)
        except StoreFault as fault:
            log.warning("imports_failed", reason=str(fault))
            return None

    def _run(self, job: ImportJob) -> None:
        try:
            Importer(self._at, job, self._service).run()
        except trio.Cancelled:  # by whatever was asked of trio's thread
            self._at.store.release_import(job)
            raise

    async def _carry_out(self, job: ImportJob) -> None:
        try:
            await trio.to_thread.run_sync(self._run, job)
        except StoreFault as fault:
            log.warning("import_interrupted", id=job.import_id, reason=str(fault))
            await trio.sleep(LOOK_EVERY_S)
        finally:
            self._free.release()
