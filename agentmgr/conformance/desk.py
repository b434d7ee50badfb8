"""A desktop in the hand of a scenario: sends commands, and holds what comes against what must come."""

from typing import Any

import trio
from attrs import define, field

from agentmgr.client import Agent
from agentmgr.conformance.expect import Message, Step, flat
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.matrix import in_words, vector
from agentmgr.conformance.transcript import Entry, Kind, Transcript
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.registry import COMMANDS
from protocol.results import LIBRARY_CODES, ResultCode
from protocol.structures import Capabilities, Contact

AT_ANY_TIME = frozenset({n.AGTPreviewCallbackPending.__name__})
"""Notifications that may come between any others; no sequence expects them."""


@define(eq=False)
class Desk:
    """One agent over one connection of the SDK.

    The states, the contact and its session id are those of the messages that the scenario has taken so
    far; what came later waits. `number` is the agent's place in the list that the suite was given.
    """

    agent: Agent
    number: int
    line: int
    transcript: Transcript
    patience_s: float
    agent_state: AgentState = AgentState.NotReady
    call_state: CallState = CallState.NoState
    nailup_status: NailupStatus = NailupStatus.NotNailedUp
    capabilities: Capabilities | None = None
    contact: Contact | None = None
    sid: str = ""
    _cursor: int = 0
    _taken: set[int] = field(factory=set)

    @property
    def agent_id(self) -> str:
        """The agent's id."""
        return self.agent.agent_id

    @property
    def has_news(self) -> bool:
        """Whether a message waits to be taken."""
        return self._peek() is not None

    async def does(self, command: Any, *expected: Step, result: int | None = ResultCode.SUCCESS) -> Any:
        """Send a command; before its RESP must come exactly what is expected, in this order.

        Args:
            command: what to send.
            expected: what it causes.
            result: of its RESP; None allows any.

        Raises:
            Deviation: something else came, before or after the command, or nothing.
        """
        name = type(command).__name__
        waiting = self._peek()
        if waiting is not None:
            raise Deviation(f"agent {self.agent_id}: expected nothing before > {name}, got {waiting}")
        response = await self._request(command)
        fields = {} if result is None else {"result": result}
        answer = Message(COMMANDS[name].resp, fields, Kind.RESPONSE)
        await self._take(name, [*flat(expected), answer], 0)
        return response

    async def sees(self, *expected: Step, patience_s: float | None = None) -> Any:
        """Wait for exactly these notifications in this order; returns the last one.

        Raises:
            Deviation: something else came, or nothing for `patience_s`.
        """
        return await self._take("", flat(expected), patience_s or self.patience_s)

    async def answer_to(self, command: Any) -> Any:
        """Send a command and return its RESP; what comes meanwhile stays to be taken."""
        response = await self._request(command)
        for entry in self.transcript.entries[self._cursor :]:
            if self._is_ours(entry) and entry.kind is Kind.RESPONSE and entry.message == response:
                self._taken.add(entry.number)
                break
        return response

    async def skip_to(self, cls: type[Any], patience_s: float | None = None, **fields: Any) -> Any:
        """Take whatever comes up to a notification, and return that.

        Raises:
            Deviation: it did not come in time.
        """
        wanted = Message(cls, fields)
        got: list[str] = []
        patience_s = patience_s or self.patience_s
        deadline = trio.current_time() + patience_s
        while (entry := await self._next(deadline, wanted)) is not None:
            got.append(str(entry))
            self._learn(entry)
            if wanted.matches(entry):
                return entry.message
        raise self._deviation("", [wanted], got, patience_s)

    async def next(self) -> Any:
        """Wait for a notification of any kind, take it and return it.

        Raises:
            Deviation: none came in time.
        """
        entry = await self._next(trio.current_time() + self.patience_s)
        if entry is None:
            raise Deviation(f"agent {self.agent_id}: nothing came within {self.patience_s:g} s")
        self._learn(entry)
        return entry.message

    def forget(self) -> list[Any]:
        """Take everything that has come so far and return it."""
        taken = []
        while (entry := self._peek()) is not None:
            self._learn(entry)
            taken.append(entry.message)
        return taken

    async def _request(self, command: Any) -> Any:
        response = None
        with trio.move_on_after(self.patience_s):
            response = await self.agent.request(command)
        name = type(command).__name__
        if response is None:
            raise Deviation(f"agent {self.agent_id}: no RESP to {name} within {self.patience_s:g} s")
        if response.result in LIBRARY_CODES:
            code = ResultCode(response.result)
            raise Deviation(f"agent {self.agent_id}: {name} could not be sent: {int(code)} {code.text}")
        return response

    async def _take(self, after: str, steps: Any, patience_s: float) -> Any:
        deadline = trio.current_time() + patience_s
        got: list[str] = []
        entry: Entry | None = None
        for step in steps:
            is_caps = not isinstance(step, Message)
            wanted = step.message(self.agent_state, self.capabilities) if is_caps else step
            if wanted is None:
                continue
            entry = await self._next(deadline, wanted)
            if wanted.optional and (entry is None or not wanted.matches(entry)):
                continue
            if entry is None or not wanted.matches(entry):
                got.extend([str(entry)] if entry is not None else [])
                raise self._deviation(after, steps, got, patience_s if entry is None else None)
            got.append(str(entry))
            self._learn(entry)
        return entry.message if entry is not None else None

    def _deviation(self, after: str, steps: Any, got: list[str], silent_s: float | None) -> Deviation:
        wanted: list[str] = []
        for step in steps:
            if isinstance(step, Message):
                wanted.append(str(step))
            else:
                true = in_words(vector(step.row, self.agent_state))
                wanted.append(f"! AGTCapabilitiesChanged([{true}]) if it differs")
        began = f" after > {after}" if after else ""
        if silent_s is not None:
            got = [*got, f"nothing within {silent_s:g} s" if silent_s else "nothing"]
        seen = " then ".join(got)
        return Deviation(f"agent {self.agent_id}{began}: expected {' then '.join(wanted)}; got {seen}")

    # -- reading ---------------------------------------------------------------------------

    def _is_ours(self, entry: Entry) -> bool:
        return (
            entry.line == self.line
            and entry.agent_id == self.agent_id
            and entry.kind in (Kind.RESPONSE, Kind.NOTIFICATION)
            and entry.name not in AT_ANY_TIME
            and not self._is_about_another_callback(entry)
            and entry.number not in self._taken
        )

    def _is_about_another_callback(self, entry: Entry) -> bool:
        """Whether a callback is taken back that was promised, but never came to the desktop."""
        message = entry.message
        return isinstance(message, n.AGTPreviewCallbackCancelled) and message.session_id != self.sid

    def _peek(self, wanted: Message | None = None) -> Entry | None:
        """Return the next message; whether the desktop lives may be asked at any time, and is not news."""
        entries = self.transcript.entries
        while self._cursor < len(entries):
            entry = entries[self._cursor]
            is_wanted = wanted is not None and wanted.matches(entry)
            if self._is_ours(entry) and (is_wanted or not _is_question(entry)):
                return entry
            self._cursor += 1
        return None

    async def _next(self, deadline: float, wanted: Message | None = None) -> Entry | None:
        """Wait for the next message; it is taken by `_learn`."""
        left_s = max(0.0, deadline - trio.current_time())
        await self.transcript.until(lambda: self._peek(wanted) is not None, left_s)
        return self._peek(wanted)

    def _learn(self, entry: Entry) -> None:
        self._cursor = entry.number + 1
        match entry.message:
            case n.AGTStateChangedNotify(agent_state=new):
                self.agent_state = new
            case n.AGTCallStateChangedNotify(call_state=new):
                self.call_state = new
            case n.AGTNailupChange(nailup_status=new):
                self.nailup_status = new
            case n.AGTCapabilitiesChanged(capabilities=capabilities):
                self.capabilities = capabilities
            case (
                n.AGTCallNotify(contact=contact, session_id=sid)
                | n.AGTConsultNotify(contact=contact, session_id=sid)
                | n.AGTTransferNotify(contact=contact, session_id=sid)
            ):
                self.contact, self.sid = contact, sid
            case n.AGTAgentLoggedOut():
                self.agent_state, self.call_state = AgentState.NotReady, CallState.NoState
                self.nailup_status, self.capabilities = NailupStatus.NotNailedUp, None


def _is_question(entry: Entry) -> bool:
    """Whether the server asks what the desktop believes, or takes the answer."""
    message = entry.message
    is_answer = isinstance(message, c.GetAgentStatusResponseRESP)
    return isinstance(message, n.GetAgentStatus) or (is_answer and message.result is ResultCode.SUCCESS)
