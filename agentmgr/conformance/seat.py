"""A server for one desktop: answers as the contract says, does what an act tells it, and notes what is wrong.

What a desktop sends within a moment of a change may have crossed the news of it on the way: that is nobody's
fault, and only refused.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import trio
from trio.abc import Stream

from agentmgr.conformance.matrix import GATES, Row, vector
from agentmgr.conformance.transcript import Kind, Transcript
from protocol import commands as c
from protocol import notifications as n
from protocol.codec import encode_args, pack
from protocol.connection import (
    CommandReceived,
    CommandRefused,
    ServerConnection,
    closing_bytes,
    refusal_bytes,
    response_bytes,
)
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.errors import RemoteProtocolError
from protocol.framing import frame
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode
from protocol.structures import (
    AgentStatus,
    Attribute,
    Capabilities,
    CompletionCode,
    Contact,
    ContactNumber,
    CustomerDetails,
    SocketInfo,
    WrapupDetails,
)

CROSSING_S = 0.3
RECEIVE_BYTES = 65536
CODES = (CompletionCode(1, "Sale"), CompletionCode(2, "No interest"))
ACW_S = 30
WRAPUP = WrapupDetails(ACW_S, False, CODES[1])
DETAILS = CustomerDetails((Attribute("LastName", "Example"), Attribute("Email", "someone@example.com")))

Handler = Callable[[CommandReceived], Awaitable[None]]


class Seat:
    """The one agent that is served; whichever logs on first.

    Attributes:
        complaints: what the desktop did wrong since they were taken last.
        turn: held while something happens that nothing else may come between.
        extra: arguments that no version knows yet, put into every message while they are there.
    """

    def __init__(self, zone: str, address: tuple[str, int]) -> None:
        self.transcript = Transcript()
        self.complaints: list[str] = []
        self.turn = trio.Lock()
        self.extra: dict[str, Any] = {}
        self.agent_id = ""
        self.logged_on = False
        self.agent_state = AgentState.NotReady
        self.call_state = CallState.NoState
        self.nailup_status = NailupStatus.NotNailedUp
        self.row = Row.FREE
        self.sid = ""
        self.contact: Contact | None = None
        self._zone = zone
        self._address = address
        self._stream: Stream | None = None
        self._serving = trio.CancelScope()
        self._line = 0
        self._told: Capabilities | None = None
        self._changed_at = trio.current_time()
        self._sending = trio.Lock()
        self._contacts = 0
        self._handlers: dict[type[Any], Handler] = {
            c.AGTLogon: self._logon,
            c.AGTLogoff: self._logoff,
            c.AGTStateChange: self._state_change,
            c.AGTHoldCall: lambda received: self._move(received, CallState.Held, Row.HELD),
            c.AGTUnholdCall: lambda received: self._move(received, CallState.Talking, Row.TALKING),
            c.AGTReleaseLine: self._to_wrapup,
            c.AGTPreviewCancel: self._to_wrapup,
            c.AGTPreviewDial: lambda received: self._move(received, CallState.Dialing, Row.DIALING),
            c.AGTRedial: lambda received: self._refuse(received, ResultCode.DIAL_BAD_NUMBER),
            c.AGTConsultCall: lambda received: self._refuse(received, ResultCode.CONSULT_NOT_READY),
            c.AGTCancelConsult: lambda received: self._move(received, CallState.Idle, Row.FREE),
            c.AGTEndConf: lambda received: self._move(received, CallState.Idle, Row.FREE),
            c.AGTWrapupContact: self._wrapup,
            c.AGTGetCompCodes: lambda received: self._accept(received, completion_codes_list=CODES),
            c.AGTGetCustomerDetails: lambda received: self._accept(received, customer_details=DETAILS),
            c.AGTExtendWrapup: lambda received: self._refuse(received, ResultCode.WRONG_STATE),
        }

    @property
    def connected(self) -> bool:
        """Whether the desktop's connection is open."""
        return self._stream is not None

    @property
    def status(self) -> AgentStatus:
        """The states as they were told."""
        return AgentStatus(self.agent_state, self.call_state, self.nailup_status)

    def received(self, cls: type[Any], since: int = 0) -> list[Any]:
        """Return the commands of a class from an entry of the transcript on."""
        entries = self.transcript.entries[since:]
        return [e.message for e in entries if e.kind is Kind.COMMAND and e.message.__class__ is cls]

    # -- one connection ------------------------------------------------------------------------

    async def serve(self, stream: Stream) -> None:
        """Serve a connection until it ends; the newest one is the desktop's."""
        wire = ServerConnection()
        line = self.transcript.new_line()
        scope = trio.CancelScope()
        greeted = False
        try:
            with scope:
                while data := await stream.receive_some(RECEIVE_BYTES):
                    for received in wire.receive(bytes(data)):
                        async with self.turn:
                            self._note_command(line, received)
                            if not greeted:
                                greeted = await self._greet(stream, scope, line, received)
                            elif isinstance(received, CommandRefused):
                                await self._take_refused(received)
                            else:
                                await self._take(received)
        except RemoteProtocolError as error:
            self.complain(f"the connection had to be closed: {error}")
            await self._write(stream, closing_bytes(str(error)))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.transcript.note(line, Kind.REMARK, "", "the connection broke")
        finally:
            if self._stream is stream:
                self._stream = None
            self.transcript.note(line, Kind.REMARK, "", "the connection is over")
            await trio.aclose_forcefully(stream)

    def cut(self) -> None:
        """Break the desktop's connection."""
        if self._stream is not None:
            self.transcript.note(self._line, Kind.REMARK, "", "the connection is cut here")
            self._serving.cancel()

    async def dismiss(self, reason: str) -> None:
        """Close the desktop's connection the way a server does."""
        if self._stream is not None:
            await self._write(self._stream, closing_bytes(reason))
            self._serving.cancel()

    def complain(self, text: str) -> None:
        """Note that the desktop did something wrong."""
        self.complaints.append(text)
        self.transcript.note(self._line, Kind.REMARK, self.agent_id, f"wrong: {text}")

    async def _greet(
        self,
        stream: Stream,
        scope: trio.CancelScope,
        line: int,
        received: CommandReceived | CommandRefused,
    ) -> bool:
        if isinstance(received, CommandRefused) or not isinstance(received.command, c.AgentSDKConnected):
            name = _name(received)
            self.complain(f"the first command on a connection was {name}; it must be AgentSDKConnected")
            code = ResultCode.UNEXPECTED_COMMAND
            await self._write(stream, refusal_bytes(received.request_id, received.agent_id, name, code))
            return False
        command = received.command
        if command.version < 1:
            self.complain(f"AgentSDKConnected has version {command.version}")
        self._stream, self._serving, self._line = stream, scope, line
        zones = {self._zone: SocketInfo(*self._address)}
        await self._respond(received, c.AgentSDKConnectedRESP(ResultCode.SUCCESS, VERSION, zones))
        await self._notify("", n.POMAvailable(self._zone))
        for agent_id in command.agent_ids:
            is_there = self.logged_on and agent_id == self.agent_id
            asked = n.GetAgentStatus(agent_id) if is_there else n.AGTAgentLoggedOut()
            await self._notify(agent_id, asked)
        return True

    # -- what the act tells ------------------------------------------------------------------------

    async def tell(self, *notifications: Any) -> None:
        """Send notifications to the agent, and be in the states that they tell."""
        for notification in notifications:
            match notification:
                case n.AGTStateChangedNotify(agent_state=agent_state):
                    self.agent_state = agent_state
                case n.AGTNailupChange(nailup_status=nailup_status):
                    self.nailup_status = nailup_status
                case n.AGTAgentLoggedOut():
                    self._leave()
            self._changed_at = trio.current_time()
            await self._notify(self.agent_id, notification)

    async def enter(self, call_state: CallState, row: Row) -> None:
        """Change the call state and tell it with its capabilities."""
        self.call_state, self.row = call_state, row
        if call_state in (CallState.Idle, CallState.NoState):
            self.sid = ""
        await self.tell(n.AGTCallStateChangedNotify(call_state))
        await self.tell_capabilities()
        if call_state is CallState.Idle and self.agent_state is AgentState.PendingNotReady:
            await self.tell(n.AGTStateChangedNotify(AgentState.NotReady))
            await self.tell_capabilities()

    async def tell_capabilities(self) -> None:
        """Tell the capabilities if they changed."""
        true = vector(self.row, self.agent_state)
        if true != self._told:
            self._told = true
            await self.tell(n.AGTCapabilitiesChanged(true))

    def new_contact(self, contact_type: Any, **changes: Any) -> Contact:
        """Return a contact with a session id of its own, which is the present one from now on."""
        self._contacts += 1
        self.sid = f"session-{self._contacts}"
        number = ContactNumber("phone1", "+61255500000", is_default=True)
        self.contact = Contact(
            f"C{self._contacts}", "Conformance", contact_type, (number,), number.number, **changes
        )
        return self.contact

    async def send_unknown(self) -> None:
        """Send a notification that no version knows yet."""
        message = {"name": "AGTNotYetInvented", "agentID": self.agent_id, "args": {"deep": [{"a": None}]}}
        self.transcript.note(self._line, Kind.NOTIFICATION, self.agent_id, "AGTNotYetInvented")
        await self._send(frame(pack(message)))

    # -- what the desktop asks -----------------------------------------------------------------------

    async def _take_refused(self, refused: CommandRefused) -> None:
        self.complain(f"{refused.name} was refused with {int(refused.code)}: {refused.why}")
        await self._send(refusal_bytes(refused.request_id, refused.agent_id, refused.name, refused.code))

    async def _take(self, received: CommandReceived) -> None:
        command = received.command
        cls = type(command)
        if cls is c.GetAgentStatusResponse:
            await self._return(received)
        elif not COMMANDS[cls.__name__].for_agent:
            await self._accept(received)
        elif cls is not c.AGTLogon and (not self.logged_on or received.agent_id != self.agent_id):
            self._blame(f"agent {received.agent_id} sent {cls.__name__} without being logged on")
            await self._refuse(received, ResultCode.NOT_LOGGED_ON)
        elif (refusal := self._refusal(command)) is not None:
            await self._refuse(received, refusal)
        else:
            await self._handlers.get(cls, self._accept)(received)

    def _refusal(self, command: Any) -> ResultCode | None:
        name = type(command).__name__
        session_id = getattr(command, "session_id", "")
        if session_id and session_id != self.sid:
            self._blame(f"{name} has the session id {session_id}, but that of the contact is {self.sid}")
            return ResultCode.BAD_DATA
        capabilities = vector(self.row, self.agent_state)
        gates = [gate for gate in GATES if gate.cls is type(command) and gate.capability is not None]
        if gates and not any(gate.opens(self.status, capabilities) for gate in gates):
            self._blame(f"{name} in state {self.call_state.value}, where it is not allowed")
            return ResultCode.WRONG_STATE
        if isinstance(command, c.AGTReadyForNailup) and self.nailup_status is not NailupStatus.PendingNailUp:
            self._blame(f"AGTReadyForNailup in nailing state {self.nailup_status.value}")
            return ResultCode.WRONG_STATE
        return None

    def _blame(self, text: str) -> None:
        if trio.current_time() - self._changed_at > CROSSING_S:
            self.complain(text)

    async def _logon(self, received: CommandReceived) -> None:
        command: c.AGTLogon = received.command
        if command.zone_name != self._zone:
            self.complain(f"AGTLogon to zone {command.zone_name}; the directory has {self._zone}")
            await self._refuse(received, ResultCode.ZONE_NOT_FOUND)
            return
        if self.logged_on and not command.is_force:
            await self._refuse(received, ResultCode.ALREADY_LOGGED_IN)
            return
        self._leave()
        self.agent_id, self.logged_on = received.agent_id, True
        await self.tell_capabilities()
        await self._accept(received)

    async def _return(self, received: CommandReceived) -> None:
        """Let a desktop know what it has forgotten, and in any case its contact and capabilities."""
        await self._accept(received)
        if not self.logged_on:
            return
        if received.command.status != self.status:
            await self.tell(
                n.AGTStateChangedNotify(self.agent_state),
                n.AGTCallStateChangedNotify(self.call_state),
                n.AGTNailupChange(self.nailup_status),
            )
        if self.sid and self.contact is not None:
            await self.tell(n.AGTCallNotify(self.contact, self.sid))
        self._told = None
        await self.tell_capabilities()

    async def _logoff(self, received: CommandReceived) -> None:
        self._leave()
        await self._accept(received)

    def _leave(self) -> None:
        self.logged_on = False
        self.agent_state, self.call_state = AgentState.NotReady, CallState.NoState
        self.nailup_status, self.row, self.sid = NailupStatus.NotNailedUp, Row.FREE, ""
        self._told = None

    async def _state_change(self, received: CommandReceived) -> None:
        wanted = received.command.agent_state
        if wanted is AgentState.Ready and not vector(self.row, self.agent_state).ready:
            await self._refuse(received, ResultCode.ALREADY_READY)
            return
        if wanted is not AgentState.Ready and self.row is not Row.FREE:
            wanted = AgentState.PendingNotReady
        await self.tell(n.AGTStateChangedNotify(wanted))
        await self.tell_capabilities()
        await self._accept(received, agent_state=wanted)

    async def _move(self, received: CommandReceived, call_state: CallState, row: Row) -> None:
        session_id = self.sid
        await self.enter(call_state, row)
        await self._accept(received, session_id=session_id)

    async def _to_wrapup(self, received: CommandReceived) -> None:
        await self.enter(CallState.Wrapup, Row.WRAPUP)
        await self._accept(received, session_id=self.sid, wrapup_details=WRAPUP)

    async def _wrapup(self, received: CommandReceived) -> None:
        code_id = received.command.completion_code.code_id
        if code_id not in {code.code_id for code in CODES}:
            known = ", ".join(str(code.code_id) for code in CODES)
            self.complain(f"AGTWrapupContact with code {code_id}; the campaign has {known}")
            await self._refuse(received, ResultCode.WRAPUP_BAD_CODE)
            return
        await self._move(received, CallState.Idle, Row.FREE)

    # -- bytes -------------------------------------------------------------------------------------

    async def _accept(self, received: CommandReceived, **fields: Any) -> None:
        spec = COMMANDS[type(received.command).__name__]
        await self._respond(received, spec.resp(result=ResultCode.SUCCESS, **fields))

    async def _refuse(self, received: CommandReceived, code: ResultCode) -> None:
        spec = COMMANDS[type(received.command).__name__]
        await self._respond(received, spec.resp(result=code))

    async def _respond(self, received: CommandReceived, response: c.Resp) -> None:
        name = type(response).__name__
        self.transcript.note(
            self._line,
            Kind.RESPONSE,
            received.agent_id,
            name,
            request_id=received.request_id,
            message=response,
        )
        await self._send(response_bytes(received.request_id, received.agent_id, response))

    async def _notify(self, agent_id: str, notification: Any) -> None:
        name = type(notification).__name__
        self.transcript.note(self._line, Kind.NOTIFICATION, agent_id, name, message=notification)
        args = {**encode_args(notification), **self.extra}
        await self._send(frame(pack({"name": name, "agentID": agent_id, "args": args, **self.extra})))

    async def _send(self, data: bytes) -> None:
        if self._stream is not None:
            await self._write(self._stream, data)

    async def _write(self, stream: Stream, data: bytes) -> None:
        try:
            async with self._sending:
                await stream.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.transcript.note(self._line, Kind.REMARK, "", "the desktop had closed before")

    def _note_command(self, line: int, received: CommandReceived | CommandRefused) -> None:
        if isinstance(received, CommandReceived):
            message, text = received.command, ""
        else:
            message, text = None, f"({received.why})"
        self.transcript.note(
            line,
            Kind.COMMAND,
            received.agent_id,
            _name(received),
            request_id=received.request_id,
            message=message,
            text=text,
        )


def _name(received: CommandReceived | CommandRefused) -> str:
    if isinstance(received, CommandRefused):
        return received.name
    return type(received.command).__name__
