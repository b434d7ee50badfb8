"""The table of operations and codes: each pair has a case, written where its operation's cases are.

@done(IsDNC)
def a_listed_number_is_found(world: World) -> None: ...    # calls it, and looks at what it did

@refused(IsDNC, -18)
def an_empty_address(world: World) -> IsDNC: ...           # brings it about; the test calls it
"""

from collections.abc import Callable
from typing import TypeVar

from attrs import AttrsInstance
from world import World

Done = Callable[[World], None]
Way = Callable[[World], AttrsInstance]

DONE: dict[type[AttrsInstance], list[Done]] = {}
REFUSED: dict[tuple[type[AttrsInstance], int], list[Way]] = {}

D = TypeVar("D", bound=Done)
W = TypeVar("W", bound=Way)


def done(request: type[AttrsInstance]) -> Callable[[D], D]:
    """Register a case in which an operation is carried out."""

    def register(case: D) -> D:
        DONE.setdefault(request, []).append(case)
        return case

    return register


def refused(request: type[AttrsInstance], code: int) -> Callable[[W], W]:
    """Register a way in which an operation comes to a code; it returns the request that is refused."""

    def register(way: W) -> W:
        REFUSED.setdefault((request, code), []).append(way)
        return way

    return register
