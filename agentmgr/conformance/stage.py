"""What a scenario is played on: connections to the server, desktops, and the ways to where things begin."""

import subprocess
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Any, Self

import trio
from attrs import define, frozen
from trio.abc import Stream

from agentmgr.client import CommandError, Opener, Pom, Tls, connect, open_tcp
from agentmgr.client.addresses import Address
from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import Caps, Step, agent_state, state, told
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Work
from agentmgr.conformance.tap import TappedStream
from agentmgr.conformance.transcript import Kind, Transcript
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, ContactType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import AgentSkill, CompletionCode, ContactNumber
from protocol.test_numbers import RANGES, Outcome, number_for

ENDLESS = number_for(Outcome.ANSWERS)
"""A number that is answered at once and never hangs up."""


@frozen
class Target:
    """The server under test and what of it may be used.

    `skills` has the skill of each kind of campaign that runs; `patience_s` is how long to wait for a
    message, `silence_s` after what silence the server asks a desktop whether it lives, in real seconds.
    `restart` is a command line that stops the server as planned and starts it again, empty if there is none.
    `drain` is one that makes the server give its zone to another manager, `other` where that one answers.
    `account` is a service account, empty if there is none; `tls` encrypts the connections.
    """

    host: str
    port: int
    zone: str
    agents: tuple[str, ...]
    password: str
    skills: Mapping[Work, str]
    patience_s: float = 10.0
    silence_s: float = 90.0
    restart: str = ""
    account: str = ""
    account_password: str = ""
    tls: Tls | None = None
    drain: str = ""
    other: Address | None = None

    @property
    def opener(self) -> Opener:
        """What opens connections as this server wants them."""
        if self.tls is None:
            return open_tcp
        return partial(open_tcp, tls=self.tls.context(), server_name=self.tls.server_name)


@define(eq=False)
class Line:
    """One connection through the SDK; `stream` is the present one under it."""

    number: int
    pom: Pom | None = None
    stream: TappedStream | None = None
    dead: bool = False


class Stage:
    """A fresh one for every scenario; leaving it logs off whoever is left."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.transcript = Transcript()
        self._stack = AsyncExitStack()
        self._used: set[str] = set()
        self._lines: dict[int, Line] = {}
        self._first: Line | None = None

    async def __aenter__(self) -> Self:
        self._nursery = await self._stack.enter_async_context(trio.open_nursery())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    # -- connections -------------------------------------------------------------------------

    async def line(self) -> Line:
        """Open a connection through the SDK.

        Raises:
            CommandError: 9999, there is no server.
        """
        line = Line(self.transcript.new_line())
        self._lines[line.number] = line
        opener = self.target.opener

        async def open_tapped(address: Address) -> Stream:
            if line.dead:
                raise OSError("this desktop was killed")
            line.stream = TappedStream(await opener(address), self.transcript, line.number)
            return line.stream

        line.pom = await self._stack.enter_async_context(self._client(open_tapped))
        return line

    def _client(self, opener: Opener) -> AbstractAsyncContextManager[Pom]:
        """Connect the client that the scenarios are played with."""
        target = self.target
        return connect(
            [(target.host, target.port)],
            patience_s=target.patience_s,
            opener=opener,
            backoff=lambda failures: 0.05,
        )

    async def raw(self, address: Address | None = None) -> RawLine:
        """Open a connection without the SDK, to the server's address or another; nothing is sent yet."""
        number = self.transcript.new_line()
        stream = await self.target.opener(address or (self.target.host, self.target.port))
        tapped = TappedStream(stream, self.transcript, number)
        raw = RawLine(tapped, number, self.transcript, self.target.patience_s)
        self._stack.push_async_callback(trio.aclose_forcefully, tapped)
        self._nursery.start_soon(raw.read)
        return raw

    def beside(self, play: Callable[..., Awaitable[None]], *args: object) -> None:
        """Let something go on beside the scenario, and end with it."""
        self._nursery.start_soon(play, *args)

    def restart(self) -> trio.Event:
        """Have the zone given up as planned; gives what is set when it is served again, here or elsewhere.

        Raises:
            NotApplicable: no command for it was given.
        """
        option = "--drain" if self.target.drain else "--restart"
        command = self.target.drain or self.target.restart
        if not command:
            text = "only the server itself can end: --restart or --drain takes a command line that does it"
            raise NotApplicable(text)
        is_over = trio.Event()

        async def run() -> None:
            self.transcript.note(0, Kind.REMARK, "", "the server is restarted here")
            ended = await trio.run_process(
                command, shell=True, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if ended.returncode:
                raise Deviation(f"{option} {command}: ended with {ended.returncode}")
            is_over.set()

        self._nursery.start_soon(run)
        return is_over

    def hang(self, desk: Desk) -> None:
        """Let a desktop hang: nothing is sent over its connection any more."""
        self._stream(desk).hold_back()

    def wake(self, desk: Desk) -> None:
        """Let a desktop that hangs go on."""
        self._stream(desk).let_go()

    def _stream(self, desk: Desk) -> TappedStream:
        stream = self._lines[desk.line].stream
        assert stream is not None, "the desktop has a connection"
        return stream

    async def cut(self, line: Line) -> None:
        """Break a connection; the SDK makes it again by itself."""
        self.transcript.note(line.number, Kind.REMARK, "", "the connection is cut here")
        if line.stream is not None:
            await trio.aclose_forcefully(line.stream)

    async def hang_up(self, line: Line) -> None:
        """Close a connection for good, as a desktop that is killed does."""
        self.transcript.note(line.number, Kind.REMARK, "", "the desktop is killed here")
        line.dead = True
        if line.stream is not None:
            await trio.aclose_forcefully(line.stream)

    async def desk(self, number: int = 0, line: Line | None = None) -> Desk:
        """Return the desktop of an agent, not logged on, on a connection of its own unless one is given."""
        line = line or await self.line()
        assert line.pom is not None
        agent = await line.pom.agent(self.use(number), on_event=lambda event: None)
        return Desk(agent, number, line.number, self.transcript, self.target.patience_s)

    def use(self, number: int) -> str:
        """Return the id of an agent, who is logged off when the scenario is over."""
        agent_id = self.target.agents[number]
        self._used.add(agent_id)
        return agent_id

    # -- ways to where a scenario begins ---------------------------------------------------------

    def logon(self, work: Work | None = Work.PREVIEW, *, force: bool = False, **changes: Any) -> c.AGTLogon:
        """Return a logon; with the skill of a campaign, or with those stored."""
        fields: dict[str, Any] = {
            "agent_ext": "100",
            "pwd": self.target.password,
            "is_force": force,
            "locale": "en-US",
            "time_zone": "UTC",
            "zone_name": self.target.zone,
        }
        if work is not None:
            fields["agent_name"] = "Conformance"
            fields["agent_skills"] = (AgentSkill(self.target.skills[work], "1", 5),)
        return c.AGTLogon(**{**fields, **changes})

    async def log_on(
        self, number: int = 0, work: Work | None = Work.PREVIEW, line: Line | None = None
    ) -> Desk:
        """Log an agent on."""
        desk = await self.desk(number, line)
        await desk.does(self.logon(work), Caps(Row.FREE))
        return desk

    async def go_ready(self, desk: Desk) -> None:
        """Ask for work."""
        await desk.does(c.AGTStateChange(AgentState.Ready), agent_state(AgentState.Ready, Row.FREE))
        await desk.does(c.AGTAvailableForNailup())

    async def nail_up(self, desk: Desk) -> None:
        """Have the phone of a ready agent nailed up, to the moment when it is idle."""
        await desk.sees(told(n.AGTNailupChange, nailup_status=NailupStatus.PendingNailUp))
        await desk.does(c.AGTReadyForNailup())
        await desk.sees(
            told(n.AGTNailupChange, nailup_status=NailupStatus.NailedUp),
            told(n.AGTJobAttached),
            state(CallState.Idle),
        )

    async def idle(self, number: int = 0, work: Work = Work.PREVIEW, line: Line | None = None) -> Desk:
        """Bring an agent to where its next contact comes."""
        desk = await self.log_on(number, work, line)
        await self.go_ready(desk)
        await self.nail_up(desk)
        return desk

    async def offered(self, number: int = 0, work: Work = Work.PREVIEW, line: Line | None = None) -> Desk:
        """Bring an agent to a preview."""
        desk = await self.idle(number, work, line)
        await self.see_preview(desk)
        return desk

    async def see_preview(self, desk: Desk) -> None:
        """Wait for a preview; callbacks that an earlier run has left are declined."""
        notify = await desk.sees(told(n.AGTCallNotify))
        while notify.contact.contact_type is ContactType.Callback:
            await desk.sees(state(CallState.Callback))
            await desk.does(c.AGTPreviewCancel(desk.sid), state(CallState.Wrapup))
            await self.dispose(desk)
            notify = await desk.sees(told(n.AGTCallNotify))
        await desk.sees(state(CallState.Preview))
        self.check_contact(desk, ContactType.Preview)

    @staticmethod
    def check_contact(desk: Desk, contact_type: ContactType) -> None:
        """Look whether a contact that arrived is whole."""
        contact = desk.contact
        assert contact is not None
        if contact.contact_type is not contact_type:
            raise Deviation(f"expected a contact of type {contact_type}, got {contact.contact_type}")
        if not (desk.sid and contact.contact_id and contact.contact_numbers and contact.default_number):
            raise Deviation(f"expected a contact with session id, id and numbers, got {contact}")

    async def dial(self, desk: Desk, number: str, *then: Step) -> None:
        """Dial from a preview, up to what comes of it."""
        await desk.does(c.AGTPreviewDial(ContactNumber(number=number), desk.sid), state(CallState.Dialing))
        await desk.sees(*then)

    async def talking(
        self, number: int = 0, call: str = "", work: Work = Work.PREVIEW, line: Line | None = None
    ) -> Desk:
        """Bring an agent into a talk, with a customer at a test number: nobody else's, unless it is given."""
        desk = await self.offered(number, work, line)
        own = number_for(Outcome.ANSWERS, line=number % len(RANGES))
        await self.dial(desk, call or own, state(CallState.Talking))
        return desk

    async def connected(
        self, number: int = 0, work: Work = Work.PROGRESSIVE, line: Line | None = None
    ) -> Desk:
        """Bring an agent into a talk with a customer who was dialled for it."""
        desk = await self.idle(number, work, line)
        await self.see_call(desk)
        return desk

    async def see_call(self, desk: Desk) -> None:
        """Wait for a customer who was dialled for the agent."""
        await desk.sees(told(n.AGTCallNotify), state(CallState.Talking), patience_s=3 * desk.patience_s)

    async def in_wrapup(self, number: int = 0) -> Desk:
        """Bring an agent into wrapup, after a talk that it ended."""
        desk = await self.talking(number)
        await self.release(desk)
        return desk

    async def release(self, desk: Desk) -> c.AGTReleaseLineRESP:
        """End the talk."""
        response: c.AGTReleaseLineRESP = await desk.does(c.AGTReleaseLine(desk.sid), state(CallState.Wrapup))
        return response

    async def dispose(self, desk: Desk, *then: Step) -> None:
        """Wrap up with the first completion code of the campaign; `then` is what follows the Idle."""
        codes = (await desk.does(c.AGTGetCompCodes(desk.sid))).completion_codes_list
        if not codes:
            raise Deviation("expected completion codes in AGTGetCompCodesRESP, got an empty list")
        await desk.does(
            c.AGTWrapupContact(CompletionCode(codes[0].code_id), desk.sid), state(CallState.Idle), *then
        )

    async def ask_for_break(self, desk: Desk, row: Row) -> None:
        """Go NotReady with a contact, so that no further one comes after it."""
        await desk.does(
            c.AGTStateChange(AgentState.NotReady, "1", "Break"),
            agent_state(AgentState.PendingNotReady, row),
        )

    # -- the end -------------------------------------------------------------------------------

    async def clean_up(self) -> str:
        """Log off all agents that were used, whatever they do; returns why that failed, if it did."""
        problems: list[str] = []
        target = self.target
        try:
            where = [(target.host, target.port)]
            async with connect(where, patience_s=target.patience_s, opener=target.opener) as pom:
                for agent_id in sorted(self._used):
                    agent = await pom.agent(agent_id, on_event=lambda event: None)
                    response: c.Resp | None = None
                    with trio.move_on_after(target.patience_s):
                        response = await agent.request(self.logon(None, force=True))
                        if response.result is ResultCode.SUCCESS:
                            response = await agent.request(c.AGTLogoff())
                    if response is None or response.result is not ResultCode.SUCCESS:
                        result = "no RESP" if response is None else str(int(response.result))
                        problems.append(f"agent {agent_id} could not be logged off: {result}")
        except CommandError as error:
            problems.append(str(error))
        return "; ".join(problems)
