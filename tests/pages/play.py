"""A server that does what a story says, and knows all that the page sent: the one that the suite plays."""

import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import frozen

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
    _token: trio.lowlevel.TrioToken
    _nursery: trio.Nursery

    def run(self, act: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Let something happen, and wait until it has."""
        return trio.from_thread.run(act, *args, trio_token=self._token)

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
        stopped, begun, ended = trio.Event(), threading.Event(), threading.Event()

        async def wait() -> None:
            async with self.seat.turn:
                begun.set()
                await stopped.wait()
            ended.set()

        self._token.run_sync_soon(self._nursery.start_soon, wait)
        assert begun.wait(PATIENCE_S)

        def go_on() -> None:
            self._token.run_sync_soon(stopped.set)
            assert ended.wait(PATIENCE_S)

        return go_on

    def cut(self) -> None:
        """Break the connection."""
        trio.from_thread.run_sync(self.seat.cut, trio_token=self._token)

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
    plays: queue.Queue[Play] = queue.Queue()

    async def main() -> None:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        seat = Seat(ZONE, ("127.0.0.1", port))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve_pages, seat.serve, listeners, ZONE)
            url = f"http://127.0.0.1:{port}"
            plays.put(Play(seat, url, trio.lowlevel.current_trio_token(), nursery))

    thread = threading.Thread(target=trio.run, args=[main])
    thread.start()
    play = plays.get()
    try:
        yield play
    finally:
        play._token.run_sync_soon(play._nursery.cancel_scope.cancel)
        thread.join()
