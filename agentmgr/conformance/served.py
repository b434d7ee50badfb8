"""Leads a desktop through the acts and says what it did right and what wrong."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio

from agentmgr.conformance.acts import ACTS, Act, hang_up
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.runner import Outcome, Result
from agentmgr.conformance.seat import Seat
from protocol.enums import CallState

Serve = Callable[[trio.abc.Stream], Awaitable[None]]
"""Serves one connection."""

Attend = Callable[[Serve, Sequence[trio.abc.Listener[Any]], str], Awaitable[None]]
"""Has every connection to listeners served, for a zone, until cancelled."""

NO_DESKTOP = frozenset({"connects", "logs-on"})
"""Acts without which no other makes sense."""


async def over_tcp(serve: Serve, listeners: Sequence[trio.abc.Listener[Any]], zone: str) -> None:
    """Take each connection for one of the wire's."""
    await trio.serve_listeners(serve, list(listeners))


async def lead(
    host: str,
    port: int,
    zone: str,
    patience_s: float,
    listening: Callable[[int], None],
    report: Callable[[Outcome], None],
    attend: Attend = over_tcp,
) -> list[Outcome]:
    """Listen, and lead the first desktop that comes through all acts.

    Args:
        host: where to listen.
        port: the port; 0 takes any free one.
        zone: the zone that is served.
        patience_s: how long to wait for the desktop in an act, seconds; for its coming without end.
        listening: is told the port.
        report: is told each outcome.
        attend: what connections are.

    Raises:
        OSError: the port cannot be listened on.
    """
    listeners = await trio.open_tcp_listeners(port, host=host)
    port = listeners[0].socket.getsockname()[1]
    seat = Seat(zone, (host, port))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(attend, seat.serve, listeners, zone)
        listening(port)
        outcomes = await play_acts(seat, patience_s, report)
        nursery.cancel_scope.cancel()
    return outcomes


async def play_acts(seat: Seat, patience_s: float, report: Callable[[Outcome], None]) -> list[Outcome]:
    """Wait for the desktop that comes to a seat, and lead it through all acts."""
    outcomes: list[Outcome] = []
    await seat.transcript.until(lambda: bool(seat.transcript.entries), float("inf"))
    for act in ACTS:
        outcome = await _play(seat, act, patience_s)
        report(outcome)
        outcomes.append(outcome)
        if outcome.result is Result.FAIL and act.name in NO_DESKTOP:
            break
    await seat.dismiss("the play is over")
    return outcomes


async def _play(seat: Seat, act: Act, patience_s: float) -> Outcome:
    began = trio.current_time()
    first = len(seat.transcript.entries)
    skipped = ""
    problems: list[str] = []
    try:
        await act.play(seat, patience_s)
    except NotApplicable as reason:
        skipped = str(reason)
    except Deviation as deviation:
        problems.append(str(deviation))
        await _recover(seat)
    problems = [*seat.complaints, *problems]
    seat.complaints.clear()
    seconds = trio.current_time() - began
    if problems:
        shown = seat.transcript.text(len(seat.transcript.entries) - first)
        why = "\n".join([*problems, "", shown])
        return Outcome(act.name, act.proves, Result.FAIL, why, seconds)
    return Outcome(act.name, act.proves, Result.SKIP if skipped else Result.PASS, skipped, seconds)


async def _recover(seat: Seat) -> None:
    """Bring the desktop to where the next act can begin."""
    if not seat.connected or not seat.logged_on or seat.call_state is CallState.NoState:
        return
    await hang_up(seat)
    if seat.call_state is not CallState.Idle:
        await seat.enter(CallState.Idle, Row.FREE)
