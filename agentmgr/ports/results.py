"""What became of attempts, kept for each publisher until it has told it; and who of all processes does so."""

from collections.abc import Collection, Iterable
from typing import Protocol

from attrs import frozen


@frozen
class AttemptResult:
    """What became of an attempt, as one publisher is to tell it; `seq` gives the order.

    Told twice it has the same `message_id`, and only then. `contact_id` is the contact itself,
    `user_contact_id` how its list knows it; `at` is epoch seconds.
    """

    seq: int
    message_id: str
    campaign: str
    job_id: int
    user_contact_id: str
    contact_id: int
    session_id: str
    address: str
    contact_list: str
    zone: str
    result: str
    at: float


@frozen
class Backlog:
    """What waits for a publisher: how many results, and from when the oldest is, epoch seconds."""

    publisher: str
    waiting: int
    oldest_at: float


class ResultStore(Protocol):
    """Results that wait to be told. An attempt's is there as soon as its end is, for every publisher."""

    def set_publishers(self, names: Iterable[str]) -> frozenset[str]:
        """Say who the publishers are from now on; return who is none any more.

        What waits for those stays until it is dropped.
        """
        ...

    def results(self, publisher: str, limit: int) -> tuple[AttemptResult, ...]:
        """Return what is to be told next, in its order."""
        ...

    def results_told(self, publisher: str, seqs: Collection[int]) -> None:
        """Forget results that were told."""
        ...

    def drop_results(self, publisher: str, before: float, limit: int) -> int:
        """Forget so many results that are older than a time, told or not; return how many."""
        ...

    def backlogs(self) -> tuple[Backlog, ...]:
        """Return what waits for each publisher, by name; nothing for those for whom nothing waits."""
        ...


class DutyStore(Protocol):
    """Duties that one process has for all that share the database."""

    def has_duty(self, name: str, incarnation: str) -> bool:
        """Say whether a process has a duty; nothing is written."""
        ...

    def take_duty(self, name: str, incarnation: str) -> bool:
        """Give a duty to a process if no other that lives has it; return whether it has it now."""
        ...
