"""What a scenario is and what it needs."""

from collections.abc import Awaitable, Callable, Iterator
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from agentmgr.conformance.stage import Stage

Play = Callable[["Stage"], Awaitable[None]]


class Work(Enum):
    """A running campaign that a scenario needs; its agents get the skill that the suite was given for it."""

    PREVIEW = "preview"
    TIMED = "timed preview"
    PREDICTIVE = "predictive"
    PROGRESSIVE = "progressive"


@frozen
class Scenario:
    """A part of the contract as something that can be run.

    `proves` is the section of the contract and what of it; `limit_s` how long it may take.
    """

    name: str
    proves: str
    about: str
    play: Play
    agents: int
    works: tuple[Work, ...]
    limit_s: float


class Scenarios:
    """The scenarios of one subject in the order they are played in."""

    def __init__(self) -> None:
        self._all: list[Scenario] = []

    def __iter__(self) -> Iterator[Scenario]:
        return iter(self._all)

    def scenario(
        self, name: str, proves: str, *, agents: int = 0, work: tuple[Work, ...] = (), limit_s: float = 60.0
    ) -> Callable[[Play], Play]:
        """Add a scenario; its docstring says in one sentence what must happen.

        Args:
            name: short, unique, without blanks.
            proves: the section and its row.
            agents: how many agents it logs on.
            work: which campaigns must run.
            limit_s: how long it may take, seconds.
        """

        def register(play: Play) -> Play:
            about = (play.__doc__ or "").strip()
            self.add(name, proves, about, play, agents=agents, work=work, limit_s=limit_s)
            return play

        return register

    def add(
        self,
        name: str,
        proves: str,
        about: str,
        play: Play,
        *,
        agents: int = 0,
        work: tuple[Work, ...] = (),
        limit_s: float = 60.0,
    ) -> None:
        """Add a scenario that is one of many like it."""
        self._all.append(Scenario(name, proves, about, play, agents, work, limit_s))


def by_name(*subjects: Scenarios) -> dict[str, Scenario]:
    """Return all scenarios by their names.

    Raises:
        ValueError: a name is taken twice.
    """
    found: dict[str, Scenario] = {}
    for scenario in chain(*subjects):
        if scenario.name in found:
            raise ValueError(f"scenario {scenario.name} is there twice")
        found[scenario.name] = scenario
    return found
