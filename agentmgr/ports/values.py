"""Numbers that campaigns and agents have in a job: how they are called, and what they are."""

from enum import StrEnum
from typing import Protocol

from attrs import frozen


class Scope(StrEnum):
    """Who has a number."""

    CAMPAIGN = "campaign"
    AGENT = "agent"


class Change(StrEnum):
    """What is done to a number."""

    ADD = "ADD"
    MINUS = "MINUS"
    ASSIGN = "ASSIGN"


class Changed(StrEnum):
    """What came of a change."""

    DONE = "done"
    OVER = "the job is over"
    OUT_OF_RANGE = "the number would be none"


@frozen
class NumberAttribute:
    """A number that each campaign, or each agent, has in a job; `initial` is what it begins with.

    `organisation` is whose users alone see it; everybody's if it is empty.
    """

    scope: Scope
    name: str
    initial: float = 0.0
    display_name: str = ""
    organisation: str = ""


@frozen
class JobValue:
    """A number of a job that was changed; `agent_id` is empty for the campaign's."""

    agent_id: str
    name: str
    value: float


class ValueStore(Protocol):
    """The numbers of campaigns and agents, and their definitions."""

    def number_attributes(self, scope: Scope) -> tuple[NumberAttribute, ...]:
        """Return all definitions by name."""
        ...

    def find_number_attribute(self, scope: Scope, name: str) -> NumberAttribute | None:
        """Return a definition; None if there is none of that name."""
        ...

    def put_number_attribute(self, spec: NumberAttribute) -> None:
        """Define a number, or replace the definition with the same name; what jobs have stays."""
        ...

    def change_value(
        self, job_id: int, agent_id: str, spec: NumberAttribute, change: Change, value: float
    ) -> Changed:
        """Change a number of a job that is not over, whoever else does at the same time.

        Args:
            job_id: the job.
            agent_id: whose number it is; empty for the campaign's.
            spec: what it begins with if nobody has changed it yet.
            change: what is done.
            value: finite.
        """
        ...

    def job_values(self, job_id: int) -> tuple[JobValue, ...]:
        """Return the numbers of a job that were changed, those of the campaign first."""
        ...

    def saved_place(self, agent_id: str) -> tuple[str, int] | None:
        """Return the zone in which an agent is written down, and the job that it is in, 0 for none.

        None if it is in no zone that a live manager owns.
        """
        ...
