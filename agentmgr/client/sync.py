"""The library for programs with threads, such as those with windows: the same names, and calls that block.

The connections live in a thread of the library's own. Everything here may be called from any other thread.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

import trio

from agentmgr.client import aio
from agentmgr.client.addresses import Address, Backoff, jittered, parse_addresses
from agentmgr.client.agent import AgentView, Wanted
from agentmgr.client.aio import Opener, open_tcp
from agentmgr.client.commands import Event, R
from agentmgr.client.errors import AgentRemoved, CommandError, EventsLost
from agentmgr.client.handlers import METHODS
from agentmgr.client.inbox import EventQueue, OnEvent
from agentmgr.client.sync_commands import AgentCommands, AgentHandler, PomCommands
from agentmgr.client.tls import Tls
from agentmgr.client.wirelog import logger
from protocol.commands import AGTLogoff, AGTLogoffRESP, AGTLogon, AGTLogonRESP, Resp
from protocol.results import ResultCode
from protocol.structures import AgentSkill, SocketInfo

__all__ = [
    "Agent",
    "AgentHandler",
    "AgentRemoved",
    "CommandError",
    "Event",
    "EventsLost",
    "Opener",
    "Pom",
    "Tls",
    "connect",
    "open_tcp",
]

T = TypeVar("T")

Dispatch = Callable[[Callable[[], None]], object]
"""Has something called in another thread, soon: `wx.CallAfter` and its like in other toolkits."""

WRONG_PLACE = (
    "this is the client for threads, whose calls would stop all tasks: under asyncio use agentmgr.client.aio,"
    " under trio agentmgr.client"
)
CLOSED = "The application has closed the connection."


class _Events:
    """An agent's events between the thread of the library and those of the application."""

    def __init__(self, agent_id: str, max_events: int) -> None:
        self._queue = EventQueue(agent_id, max_events)
        self._changed = threading.Condition()
        self._receive: OnEvent | None = None

    def pass_on(self, receive: OnEvent) -> None:
        """Keep no events any more; called by the thread that puts them."""
        self._receive = receive
        while (event := self._queue.take()) is not None:
            receive(event)

    def put(self, event: Event) -> None:
        """Keep an event, or pass it on."""
        if self._receive is not None:
            self._receive(event)
            return
        with self._changed:
            self._queue.put(event)
            self._changed.notify()

    def close(self) -> None:
        """End, once everything kept has been read."""
        with self._changed:
            self._queue.close()
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether there will be nothing any more."""
        with self._changed:
            return self._queue.ended

    def next(self, timeout_s: float | None) -> Event | None:
        """Wait for the next event; None when there is none in time, or will be none any more.

        Raises:
            EventsLost: events were dropped at this place.
        """
        end = None if timeout_s is None else monotonic() + timeout_s
        with self._changed:
            while (event := self._queue.take()) is None and not self._queue.closed:
                left_s = None if end is None else end - monotonic()
                if left_s is not None and left_s <= 0:
                    return None
                self._changed.wait(left_s)
            return event


class Agent(AgentView, AgentCommands):
    """One agent; made by `Pom.agent`.

    Several threads may send commands at the same time. The states and capabilities are what the server told
    last, also while events wait to be read.
    """

    def __init__(self, pom: "Pom", agent: aio.Agent, events: _Events, reader: str) -> None:
        self._pom = pom
        self._agent = agent
        self._inbox = agent._inbox
        self._events = events
        self._reader = reader

    def events(self) -> Iterator[Event]:
        """Go through the agent's events, in order; waits for each, and ends when the agent is removed.

        They are kept until read, up to `max_events` of `connect`; whoever reads too slowly gets EventsLost
        where the gap is, and can then go on with a new `for`.

        Raises:
            RuntimeError: the agent was made with `on_event` or a handler, which gets the events instead.
        """
        self._check_reader()
        while (event := self._events.next(None)) is not None:
            yield event

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """Return the next event; None if there is none in time, or the agent was removed.

        Args:
            timeout_s: how many seconds to wait, 0 and up: 0 is for the timer of a window. None is without
                end.

        Raises:
            EventsLost: events were dropped at this place; reading can go on.
            RuntimeError: the agent was made with `on_event` or a handler, which gets the events instead.
        """
        self._check_reader()
        return self._events.next(timeout_s)

    def wait_for(self, wanted: Wanted, timeout_s: float | None = None) -> None:
        """Wait until the agent is in a state, or has a capability; at once if that is so now.

        A state that the agent is in for a moment only is not missed, however many events wait to be read.
        The waiting goes on while the agent is logged off or the connection is lost.

        Args:
            wanted: such as `CallState.Talking`, `AgentState.NotReady`, `NailupStatus.NailedUp`, or the name
                of a field of `Capabilities`, such as `"hold"`.
            timeout_s: how many seconds to wait, above 0; None is without end.

        Raises:
            AgentRemoved: the agent was removed, or the application closed the connection.
            TimeoutError: it was not so in time.
            ValueError: nothing has that name.
        """
        self._await(self._agent.wait_for(wanted), timeout_s)

    def logon(
        self,
        agent_ext: str,
        password: str = "",
        *,
        resume_token: str = "",
        zone: str = "Default",
        force: bool = False,
        locale: str = "en-US",
        time_zone: str = "UTC",
        org_name: str | None = None,
        agent_name: str | None = None,
        agent_skills: tuple[AgentSkill, ...] | None = None,
    ) -> AGTLogonRESP:
        """Log the agent on; arguments and codes are those of `agentmgr.client.Agent.logon`."""
        command = AGTLogon(
            agent_ext=agent_ext,
            pwd=password,
            is_force=force,
            locale=locale,
            time_zone=time_zone,
            zone_name=zone,
            org_name=org_name,
            agent_name=agent_name,
            agent_skills=agent_skills,
            resume_token=resume_token,
        )
        return self._call(command, AGTLogonRESP)

    def logoff(self, timeout_s: float | None = None) -> AGTLogoffRESP:
        """Log the agent off, as soon as it has no contact any more, as `agentmgr.client.Agent.logoff` does.

        Args:
            timeout_s: how many seconds to wait for the end of its contact, above 0; None is without end.

        Raises:
            AgentRemoved: the agent was removed, or the application closed the connection, before its
                contact was over.
            TimeoutError: the contact was not over in time; the agent takes a break after it.
        """
        return self._await(self._agent.logoff(), timeout_s)

    def request(self, command: object) -> Resp:
        """Send any command of `protocol.commands` as it is, and return its RESP, whatever its result.

        What goes wrong in this library comes back in the same way, as 9996 to 9999.
        """
        return self._pom._run(self._agent.request(command), command, self.agent_id)

    def submit(self, command: object) -> "Future[Resp]":
        """Send a command as `request` does, without waiting: for threads that must not block.

        The future's callbacks run in the library's own thread, where no call of this library may be made.
        """
        return self._pom._start(self._agent.request(command), command, self.agent_id)

    def _call(self, command: object, resp: type[R]) -> R:
        return self._pom._run(self._agent._call(command, resp), command, self.agent_id)

    def _await(self, run: Coroutine[Any, Any, T], timeout_s: float | None) -> T:
        future = self._pom._start(run, AGTLogoff(), self.agent_id)
        try:
            return future.result(timeout_s)
        except CancelledError:
            raise AgentRemoved(self.agent_id) from None
        finally:
            future.cancel()

    def _check_reader(self) -> None:
        if self._reader:
            raise RuntimeError(f"the events of agent {self.agent_id} go to its {self._reader}")


class Pom(PomCommands):
    """The Agent Managers of one installation; made by `connect`, ended by `close` or a `with` around it."""

    def __init__(
        self, connecting: Callable[[], Any], max_events: int, timeout_s: float, dispatch: Dispatch | None
    ) -> None:
        self._max_events = max_events
        self._timeout_s = timeout_s
        self._dispatch = dispatch
        self._agents: dict[str, Agent] = {}
        self._lock = threading.Lock()
        self._is_open = True
        self._closing = asyncio.Event()
        self._connected: Future[tuple[aio.Pom, asyncio.AbstractEventLoop]] = Future()
        self._thread = threading.Thread(
            target=self._live, args=(connecting,), name="agentmgr.client", daemon=True
        )
        self._thread.start()
        self._pom, self._loop = self._connected.result()

    @property
    def zones(self) -> Mapping[str, SocketInfo]:
        """Where each zone's Agent Manager listens, as last told."""
        return dict(self._pom.zones)

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The agents made and not removed, by id."""
        return dict(self._agents)

    def agent(
        self, agent_id: str, *, on_event: OnEvent | None = None, handler: AgentHandler | None = None
    ) -> Agent:
        """Return the agent of this id, made at the first call.

        Args:
            agent_id: 1 to 64 characters.
            on_event: gets each event, in order, instead of `Agent.events()`, in a thread of the agent's own
                or by `dispatch` of `connect`.
            handler: gets each event in the same way, by the method that it has for it.

        Raises:
            ValueError: the id is no string of that length, its agent exists with another `on_event` or
                handler, both were given, or the handler is another agent's.
        """
        return self._run(self._agent(agent_id, on_event, handler), None, agent_id)

    def remove(self, agent: Agent) -> None:
        """Forget an agent that has logged off; its `events()` end."""
        self._run(self._remove(agent), None, agent.agent_id)

    def close(self) -> None:
        """End the connection, from any thread, once or again; who waits for something gets an error."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._loop.call_soon_threadsafe(self._closing.set)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, command: object, resp: type[R]) -> R:
        return self._run(self._pom._call(command, resp), command, "")

    # -- between threads -----------------------------------------------------------------------

    def _run(self, run: Coroutine[Any, Any, T], command: object, agent_id: str) -> T:
        """Have something done by the library's thread, and wait for it."""
        future = self._start(run, command, agent_id)
        try:
            return future.result(self._timeout_s)
        except CancelledError:
            raise _closed(command, agent_id) from None
        except TimeoutError:
            text = (
                f"No RESP came within {self._timeout_s:g} s; whether the command was carried out is unknown."
            )
            code = ResultCode.MANAGER_NOT_AVAILABLE
            raise CommandError(command, agent_id, code, text, outcome_unknown=True) from None
        finally:
            future.cancel()

    def _start(self, run: Coroutine[Any, Any, T], command: object, agent_id: str) -> "Future[T]":
        if threading.current_thread() is self._thread:
            run.close()
            raise RuntimeError("the library's own thread cannot wait for itself: call this in another one")
        with self._lock:
            if self._is_open:
                return asyncio.run_coroutine_threadsafe(run, self._loop)
        run.close()
        raise _closed(command, agent_id)

    # -- in the library's thread -----------------------------------------------------------------

    def _live(self, connecting: Callable[[], Any]) -> None:
        try:
            asyncio.run(self._serve(connecting))
        except BaseException as error:
            if self._connected.done():
                logger.exception("the library's thread has ended")
            else:
                self._connected.set_exception(error)
        finally:
            self._is_open = False
            for agent in list(self._agents.values()):
                agent._events.close()

    async def _serve(self, connecting: Callable[[], Any]) -> None:
        async with connecting() as pom:
            self._connected.set_result((pom, asyncio.get_running_loop()))
            await self._closing.wait()

    async def _agent(self, agent_id: str, on_event: OnEvent | None, handler: AgentHandler | None) -> Agent:
        known = self._agents.get(agent_id)
        if known is not None:
            if on_event is not None or handler is not None:
                raise ValueError(f"agent {agent_id} exists already and keeps the reader it was made with")
            return known
        if handler is not None and (on_event is not None or hasattr(handler, "agent")):
            raise ValueError(f"agent {agent_id} needs a handler of its own, and then no on_event")
        reader = "handler" if handler is not None else "on_event" if on_event is not None else ""
        events = _Events(str(agent_id), self._max_events)
        deliver = partial(_deliver, agent_id, on_event, handler)
        agent = Agent(self, self._pom._find_or_make(agent_id, events.put), events, reader)
        self._agents[agent_id] = agent
        if handler is not None:
            handler.agent = agent
        if reader and self._dispatch is not None:
            events.pass_on(partial(_by, self._dispatch, deliver))
        elif reader:
            work = partial(_read_all, events, deliver, handler)
            threading.Thread(target=work, name=f"agentmgr.client {agent_id}", daemon=True).start()
        return agent

    async def _remove(self, agent: Agent) -> None:
        if self._agents.pop(agent.agent_id, None) is not None:
            self._pom.remove(agent._agent)
            agent._events.close()


def _closed(command: object, agent_id: str) -> CommandError:
    return CommandError(command, agent_id, ResultCode.MANAGER_NOT_AVAILABLE, CLOSED)


def _by(dispatch: Dispatch, deliver: Callable[[Event], None], event: Event) -> None:
    dispatch(partial(deliver, event))


def _deliver(agent_id: str, on_event: OnEvent | None, handler: AgentHandler | None, event: Event) -> None:
    """Call what the application has for an event."""
    try:
        if on_event is not None:
            on_event(event)
        elif handler is not None:
            try:
                getattr(handler, METHODS[type(event)])(event)
            except Exception as error:
                handler.on_failure(event, error)
    except Exception:
        logger.exception("the application failed on an event of agent %s", agent_id)


def _read_all(events: _Events, deliver: Callable[[Event], None], handler: AgentHandler | None) -> None:
    """Deliver an agent's events, in a thread of its own, until it is removed."""
    while not events.ended:
        try:
            while (event := events.next(None)) is not None:
                deliver(event)
        except EventsLost as error:
            if handler is None:
                logger.error("%s", error)
            else:
                handler.on_events_lost(error)


def connect(
    addresses: Sequence[Address | str],
    *,
    patience_s: float = 10.0,
    max_events: int = 1000,
    opener: Opener = open_tcp,
    tls: Tls | None = None,
    backoff: Backoff = jittered,
    account: str = "",
    password: str = "",
    timeout_s: float = 60.0,
    dispatch: Dispatch | None = None,
) -> Pom:
    """Connect to an Agent Manager, and to those of other zones when an agent logs on there.

    A lost connection is made again by itself, every few seconds; meanwhile commands fail with 9999. Agents
    that were logged on come back with it, each with its resume token, and follow their zone if it has moved.

    Args:
        addresses: where Agent Managers listen, `("127.0.0.1", 9970)` or `"127.0.0.1:9970"`; the first
            that answers is used.
        patience_s: how many seconds to try at first, above 0.
        max_events: how many events are kept for an agent that does not read them, 1 and up.
        opener: opens streams to an address in a way of the application's own, as for `agentmgr.client.aio`.
        tls: encrypts the connections, with the library's own opener; None is plaintext.
        backoff: seconds to wait between attempts, by the number of those that failed.
        account: name of a service account to sign in with: AGTBlendToInbound, AGTBlendToOutbound,
            AGTSkillsChanged, AGTPendingLogout and AGTAgentDisconnected can then be sent for any agent.
        password: that of the account.
        timeout_s: how many seconds a command may take, above 0; then its outcome is unknown.
        dispatch: has `on_event` and handlers called in the thread of a window instead of one of each
            agent's own; it is called with a function, and must neither wait nor raise.

    Raises:
        CommandError: 9999, none of the addresses answered in time; 17, account or password is wrong.
        ValueError: an address is none, or a file of `tls` cannot be used; the text says which.
        RuntimeError: this is called in a task, where nothing may block.
    """
    if _is_in_a_task():
        raise RuntimeError(WRONG_PLACE)
    connecting = partial(
        aio.connect,
        parse_addresses(addresses),
        account=account,
        password=password,
        patience_s=patience_s,
        max_events=max_events,
        opener=opener,
        tls=tls,
        backoff=backoff,
    )
    return Pom(connecting, max_events, timeout_s, dispatch)


def _is_in_a_task() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return trio.lowlevel.in_trio_run()
    return True
