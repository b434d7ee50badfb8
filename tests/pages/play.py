"""A server that does what a story says, and knows all that the page sent: the one that the suite plays."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import frozen
from loops import Loop, looping

from agentmgr.conformance import acts
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.seat import Seat
from agentmgr.conformance.transcript import Entry, Kind
from agentmgr.web.played import serve_pages
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import CallState, ContactType, NailupStatus
from protocol.structures import Contact

ZONE = "Default"
PATIENCE_S = 120.0


@frozen
class Play:
    """What happens to the one agent, from outside of the thread in which it is played."""

    seat: Seat
    url: str
    _loop: Loop

    def run(self, act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Let something happen, and wait until it has."""
        return self._loop.run(act, *args)

    def tell(self, *notifications: Any) -> None:
        """Tell the agent something."""
        self.run(self.seat.tell, *notifications)

    def enter(self, call_state: CallState, row: Row) -> None:
        """Let the call be in a state."""
        self.run(self.seat.enter, call_state, row)

    def nail_up(self) -> None:
        """Take the phone of an agent who is ready, and let it be idle."""
        self.until(lambda: bool(self.seat.received(c.AGTAvailableForNailup)))
        self.tell(n.AGTNailupChange(NailupStatus.PendingNailUp))
        self.until(lambda: bool(self.seat.received(c.AGTReadyForNailup)))
        self.tell(n.AGTNailupChange(NailupStatus.NailedUp), n.AGTJobAttached("Conformance"))
        self.enter(CallState.Idle, Row.FREE)

    def call(self, **changes: Any) -> Contact:
        """Connect a customer."""
        contact = self.seat.new_contact(ContactType.Predictive, **changes)
        self.tell(n.AGTCallNotify(contact, self.seat.sid))
        self.enter(CallState.Talking, Row.TALKING)
        return contact

    def end_by_itself(self) -> None:
        """Let the customer hang up, and the time for the wrapup be over."""
        self.run(acts.hang_up, self.seat)
        self.enter(CallState.Idle, Row.FREE)

    def listen_no_more(self) -> Callable[[], None]:
        """Leave what the page sends unread, until the returned function is called."""
        stopped = trio.Event()
        ended = self.run(self._listen_no_more, stopped)

        async def go_on() -> None:
            stopped.set()
            await ended.wait()

        return lambda: self.run(go_on)

    async def _listen_no_more(self, stopped: trio.Event) -> trio.Event:
        ended = trio.Event()

        async def wait(task_status: trio.TaskStatus[None]) -> None:
            async with self.seat.turn:
                task_status.started()
                await stopped.wait()
            ended.set()

        await self._loop.nursery.start(wait)
        return ended

    def cut(self) -> None:
        """Break the connection."""
        trio.from_thread.run_sync(self.seat.cut, trio_token=self._loop.token)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what the page sends."""
        assert self.run(self.seat.transcript.until, condition, PATIENCE_S)

    def all_told(self) -> None:
        """Wait until the page has answered, behind all that it had to say before."""
        since = len(self.seat.transcript.entries)
        self.tell(n.GetAgentStatus(self.seat.agent_id))
        self.until(lambda: bool(self.seat.received(c.GetAgentStatusResponse, since)))

    def commands(self) -> list[Entry]:
        """Return all commands that came."""
        return [entry for entry in self.seat.transcript.entries if entry.kind is Kind.COMMAND]


@contextmanager
def played() -> Iterator[Play]:
    """Play a server while the block runs."""

    async def begin(loop: Loop) -> Play:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        seat = Seat(ZONE, ("127.0.0.1", port))
        loop.nursery.start_soon(serve_pages, seat.serve, listeners, ZONE)
        return Play(seat, f"http://127.0.0.1:{port}", loop)

    with looping() as loop:
        yield loop.run(begin, loop)
