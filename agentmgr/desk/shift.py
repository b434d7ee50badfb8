"""Simulated desktops as a program of their own: a shift at whatever server, until Ctrl-C."""

import signal
from collections import Counter
from collections.abc import Callable, Sequence

import trio
from attrs import frozen

from agentmgr.client import CommandError, Tls
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.sim import SimDesktop
from agentmgr.runtime.clock import Clock

REPORT_INTERVAL_S = 5.0
PATIENCE_S = 3.0
"""How long the first connection may take, real seconds."""


class ShiftFailed(Exception):
    """The desktops could not work; the text is one line for a person."""


@frozen
class Shift:
    """At which managers desktops work, over how many connections, at which speed, with what TLS."""

    addresses: Sequence[tuple[str, int]]
    desktops: Sequence[SimDesktop]
    connections: int | None = None
    speed: float = 1.0
    tls: Tls | None = None


def work_shift(shift: Shift, say: Callable[[str], None]) -> None:
    """Run the desktops until all have logged off; Ctrl-C and SIGTERM let them do so after their contact.

    Raises:
        ShiftFailed: no server could be reached, or not a single agent could log on.
    """
    try:
        trio.run(_work, shift, say)
    except* CommandError as group:
        raise ShiftFailed(str(_first(group))) from None
    failures = Counter(desktop.failure for desktop in shift.desktops if desktop.failure is not None)
    contacts = sum(desktop.contacts for desktop in shift.desktops)
    wrapups = sum(desktop.wrapups_ok for desktop in shift.desktops)
    say(f"{len(shift.desktops)} desktops: {contacts} contacts, {wrapups} wrapped up by their agents")
    if failures:
        why = ", ".join(f"{count} with {int(code)} {code.name}" for code, count in failures.items())
        raise ShiftFailed(f"{failures.total()} of {len(shift.desktops)} agents could not log on: {why}")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _work(shift: Shift, say: Callable[[str], None]) -> None:
    stopping = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_stop_on_signal, stopping, nursery.cancel_scope, say)
        nursery.start_soon(_report, shift.desktops, say)
        clock = Clock(speed=shift.speed)
        clock.listeners.update(desktop.step_clock for desktop in shift.desktops)
        nursery.start_soon(clock.follow)
        await run_fleet(
            shift.addresses,
            shift.desktops,
            clock.steady,
            connections=shift.connections,
            stopping=stopping,
            patience_s=PATIENCE_S,
            tls=shift.tls,
        )
        nursery.cancel_scope.cancel()


async def _stop_on_signal(
    stopping: trio.Event, everything: trio.CancelScope, say: Callable[[str], None]
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        await anext(signals)
        say("agents finish their contact and log off; once more to end at once")
        stopping.set()
        await anext(signals)
        everything.cancel()


async def _report(desktops: Sequence[SimDesktop], say: Callable[[str], None]) -> None:
    while True:
        await trio.sleep(REPORT_INTERVAL_S)
        working = [desktop for desktop in desktops if desktop.logged_on]
        states = Counter(desktop.call_state.value for desktop in working)
        shown = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        say(f"{len(working)} of {len(desktops)} logged on: {shown or 'nobody'}")
