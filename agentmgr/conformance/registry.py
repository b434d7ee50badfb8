"""All scenarios by name, and what each needs."""

from collections.abc import Awaitable, Callable
from enum import Enum
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


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    name: str, proves: str, *, agents: int = 0, work: tuple[Work, ...] = (), limit_s: float = 60.0
) -> Callable[[Play], Play]:
    """Register a scenario; its docstring says in one sentence what must happen.

    Args:
        name: short, unique, without blanks.
        proves: the section and its row.
        agents: how many agents it logs on.
        work: which campaigns must run.
        limit_s: how long it may take, seconds.
    """

    def register(play: Play) -> Play:
        add(name, proves, (play.__doc__ or "").strip(), play, agents=agents, work=work, limit_s=limit_s)
        return play

    return register


def add(
    name: str,
    proves: str,
    about: str,
    play: Play,
    *,
    agents: int = 0,
    work: tuple[Work, ...] = (),
    limit_s: float = 60.0,
) -> None:
    """Register a scenario that is one of many like it."""
    if name in SCENARIOS:
        raise ValueError(f"scenario {name} is registered twice")
    SCENARIOS[name] = Scenario(name, proves, about, play, agents, work, limit_s)
