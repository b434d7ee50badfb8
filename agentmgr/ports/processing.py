"""Jobs that are over, with their attempts, as those are told them who have something to do then."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from attrs import frozen

from agentmgr.core.model import ContactSpec
from agentmgr.ports.history import AttemptPlace, AttemptRow


@frozen
class EndedJob:
    """A job that is over, with its campaign; `after` is how far somebody came with its attempts.

    `state` is finished or stopped; `last_started_at` is when the campaign's last job started. `infinite` and
    `custom_pacing` are 0 or 1.
    """

    job_id: int
    started_at: float
    ended_at: float
    state: str
    campaign_id: int
    campaign: str
    organisation: str
    priority: int
    infinite: int
    custom_pacing: int
    description: str
    created_by: str
    updated_by: str
    updated_at: float
    last_started_at: float
    after: AttemptPlace


@frozen
class ContactTimes:
    """When a contact was last tried, and when with success: a completion code that counts as one."""

    last_attempt_at: float | None = None
    last_success_at: float | None = None


@frozen
class ProcessingPage:
    """Attempts of a job in the order of their time, with their contacts and those's times by id.

    `after` is where to go on, None once there are no more; of `attempts` each has the id of its contact.
    """

    attempts: tuple[tuple[int, AttemptRow], ...]
    contacts: Mapping[int, ContactSpec]
    times: Mapping[int, ContactTimes]
    after: AttemptPlace | None


class ProcessingStore(Protocol):
    """Which jobs wait for whom, and how far each is with one."""

    def set_processors(self, names: Iterable[str], now: float) -> None:
        """Say who is told jobs that are over: those that end after it was first named."""
        ...

    def next_ended(self, processor: str) -> EndedJob | None:
        """Return the job that a processor is to be told next: the one that ended first."""
        ...

    def processing_page(self, job_id: int, after: AttemptPlace, limit: int) -> ProcessingPage:
        """Return the next attempts of a job."""
        ...

    def processed(self, processor: str, job_id: int, after: AttemptPlace | None) -> None:
        """Keep how far a processor is with a job; with None it is done."""
        ...
