"""Jobs that were made and are not filled, and whoever made them is gone."""

import time
from collections.abc import Callable

import structlog
from attrs import define, frozen

from agentmgr.campaign.service import ServiceError
from agentmgr.campaign.services import Services

log = structlog.get_logger()

DEAD_AFTER_S = 60.0
"""So long after a job got its last contacts whoever made it is gone; a portion takes milliseconds."""


@frozen
class _Sight:
    """How many contacts a job had when it was seen first with so many, and when that was, steady seconds."""

    total: int
    at: float


@define
class Preparations:
    """Goes on with jobs that nobody fills any more. Should somebody do all the same, both fill it.

    Args:
        services: with which they are filled and started.
        shared: whether other processes work with the same store; if not, what is found at first is nobody's.
        steady: a clock that is never turned, seconds.
    """

    _services: Services
    _shared: bool
    _steady: Callable[[], float] = time.monotonic
    _seen: dict[int, _Sight] | None = None

    def go_on(self) -> None:
        """Fill and start the jobs that have stood still for long; called again and again.

        Raises:
            StoreFault: the store failed; the rest is gone on with next time.
        """
        now, before = self._steady(), self._seen
        self._seen = {}
        dead = []
        for job_id, total in self._services.jobs.in_preparation():
            sight = (before or {}).get(job_id)
            if sight is None or sight.total != total:
                sight = _Sight(total, now)
            self._seen[job_id] = sight
            if now - sight.at >= DEAD_AFTER_S or (before is None and not self._shared):
                dead.append(job_id)
        for job_id in dead:
            log.warning("job_gone_on_with", job=job_id, why="whoever made it is gone")
            try:
                self._services.campaigns.go_on_with(job_id)
            except ServiceError as error:
                log.warning("job_not_started", job=job_id, why=str(error))
