"""What holds for every message of every scenario: section 5 of the contract, and section 6 at each step."""

from collections.abc import Mapping

from attrs import define, field

from agentmgr.conformance.matrix import ROWS, Row, in_words, vector
from agentmgr.conformance.transcript import Entry, Kind, Transcript
from protocol import notifications as n
from protocol.commands import AGTConsultCall, AGTLogon, GetAgentStatusResponse
from protocol.connection import MAX_NAME_CHARACTERS
from protocol.enums import AgentState, CallState, DestinationType, NailupStatus
from protocol.structures import Capabilities

SETTLING_S = 1.0
"""A command this young need not be answered yet when the scenario ends."""

FOLLOWS: Mapping[CallState, frozenset[CallState]] = {
    CallState.NoState: frozenset({CallState.Idle}),
    CallState.Idle: frozenset(
        {CallState.NoState, CallState.Preview, CallState.Callback, CallState.Talking, CallState.Consult}
    ),
    CallState.Preview: frozenset({CallState.Dialing, CallState.Wrapup}),
    CallState.Callback: frozenset({CallState.Dialing, CallState.Wrapup, CallState.Idle}),
    CallState.Dialing: frozenset({CallState.Talking, CallState.Wrapup}),
    # Talking again: a consult failed, and the desktop may have thought otherwise.
    CallState.Talking: frozenset({CallState.Held, CallState.Wrapup, CallState.Consult, CallState.Talking}),
    CallState.Held: frozenset({CallState.Talking, CallState.Wrapup}),
    CallState.Consult: frozenset(
        {
            CallState.Talking,
            CallState.Idle,
            CallState.NoState,
            CallState.ConferenceOwner,
            CallState.ConferencePassive,
            CallState.Wrapup,
        }
    ),
    CallState.ConferenceOwner: frozenset({CallState.Talking, CallState.ConferencePassive, CallState.Wrapup}),
    CallState.ConferencePassive: frozenset({CallState.Idle, CallState.NoState, CallState.ConferenceOwner}),
    CallState.Wrapup: frozenset({CallState.Idle, CallState.NoState, CallState.Dialing}),
}
"""Which call states may follow each other; section 7 has no other ways."""

ANNOUNCED: Mapping[tuple[CallState, CallState], str] = {
    (CallState.NoState, CallState.Idle): "AGTJobAttached",
    (CallState.Idle, CallState.Preview): "AGTCallNotify",
    (CallState.Idle, CallState.Callback): "AGTCallNotify",
    (CallState.Idle, CallState.Talking): "AGTCallNotify",
    (CallState.Idle, CallState.Consult): "AGTConsultNotify",
    (CallState.Consult, CallState.ConferencePassive): "AGTConferenceNotify",
    (CallState.ConferencePassive, CallState.ConferenceOwner): "AGTConferenceOwnershipChanged",
}
"""Which notification comes directly before a change of the call state."""

_STATES = (
    n.AGTStateChangedNotify,
    n.AGTCallStateChangedNotify,
    n.AGTNailupChange,
    n.AGTCapabilitiesChanged,
)


def violations(transcript: Transcript) -> list[str]:
    """Return what in a transcript is against the rules, in words; nothing if all is in order."""
    checker = _Checker()
    for entry in transcript.entries:
        checker.take(entry)
    end_s = transcript.entries[-1].at_s if transcript.entries else 0.0
    return [*transcript.faults, *checker.found, *checker.unanswered(end_s)]


@define(eq=False)
class _Seen:
    """What one desktop has been told since its logon; `entering` are the logons without RESP.

    `is_back` is so from its return to its next command: it is told again what it may know.
    """

    agent_state: AgentState = AgentState.NotReady
    call_state: CallState = CallState.NoState
    nailup_status: NailupStatus = NailupStatus.NotNailedUp
    capabilities: Capabilities | None = None
    logged_on: bool = False
    entering: int = 0
    is_back: bool = False
    last: str = ""
    consulted: DestinationType | None = None
    is_passive: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows of the matrix that the agent may stand in, as far as it was told."""
        match self.call_state:
            case CallState.Talking if self.consulted is None:
                return (Row.TALKING,)
            case CallState.Consult:
                return (
                    (Row.CONSULT_PASSIVE,) if self.is_passive else self._by_destination(ROWS[self.call_state])
                )
            case CallState.ConferenceOwner:
                return self._by_destination(ROWS[self.call_state])
            case CallState.Wrapup:
                nailed = self.nailup_status is NailupStatus.NailedUp
                return (Row.WRAPUP,) if nailed else (Row.WRAPUP_NAILING_LOST,)
            case _:
                return ROWS[self.call_state]

    def _by_destination(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows[1:2] if self.consulted is DestinationType.External else rows[:1]


@define(eq=False)
class _Checker:
    found: list[str] = field(factory=list)
    _commands: dict[tuple[int, int], Entry] = field(factory=dict)
    _over: set[int] = field(factory=set)
    _agents: dict[tuple[int, str], _Seen] = field(factory=dict)

    def take(self, entry: Entry) -> None:
        """Look at the next entry."""
        if entry.kind is Kind.REMARK:
            self._over.add(entry.line)
            return
        seen = self._agents.setdefault((entry.line, entry.agent_id), _Seen())
        if entry.kind is Kind.COMMAND:
            self._take_command(entry, seen)
            return
        if entry.kind is Kind.RESPONSE:
            self._take_response(entry, seen)
        elif entry.agent_id and (seen.logged_on or seen.entering):
            self._take_notification(entry, seen)

    def unanswered(self, end_s: float) -> list[str]:
        """Return the commands that got no RESP although their connection lived."""
        return [
            f"{entry} #{entry.request_id} was never answered"
            for entry in self._commands.values()
            if entry.line not in self._over and end_s - entry.at_s > SETTLING_S
        ]

    def _wrong(self, entry: Entry, text: str) -> None:
        self.found.append(f"agent {entry.agent_id or '-'}, at {entry.at_s:.3f} s, {entry}: {text}")

    # -- commands and RESPs --------------------------------------------------------------------

    def _take_command(self, entry: Entry, seen: _Seen) -> None:
        assert entry.request_id is not None
        self._commands[entry.line, entry.request_id] = entry
        seen.is_back = isinstance(entry.message, GetAgentStatusResponse)
        if isinstance(entry.message, AGTLogon):
            seen.entering += 1
        elif isinstance(entry.message, AGTConsultCall) and seen.call_state is CallState.Talking:
            seen.consulted = entry.message.destination.destination_type

    def _take_response(self, entry: Entry, seen: _Seen) -> None:
        assert entry.request_id is not None
        asked = self._commands.pop((entry.line, entry.request_id), None)
        if asked is None and seen.is_back:
            return  # under way when the connection broke, and given again
        if asked is None:
            self._wrong(entry, f"no command waits for a RESP with id {entry.request_id}")
            return
        if entry.name != f"{asked.name[:MAX_NAME_CHARACTERS]}RESP" or entry.agent_id != asked.agent_id:
            self._wrong(entry, f"it has the id of {asked.name} of agent {asked.agent_id or '-'}")
        succeeded = getattr(entry.message, "result", None) == 0
        session_id = getattr(entry.message, "session_id", None)
        wanted = getattr(asked.message, "session_id", None) or session_id
        if succeeded and session_id is not None and session_id != wanted:
            self._wrong(entry, f"the command was about session {wanted}")
        if isinstance(asked.message, AGTLogon):
            seen.logged_on |= succeeded
            seen.entering -= 1
        if seen.logged_on and not seen.is_back:
            self._check_capabilities(entry, seen)
            if asked.name == "AGTLogoff" and succeeded:
                self._agents[entry.line, entry.agent_id] = _Seen(entering=seen.entering)

    # -- notifications -------------------------------------------------------------------------

    def _take_notification(self, entry: Entry, seen: _Seen) -> None:
        message = entry.message
        if not isinstance(message, _STATES) and not seen.entering and not seen.is_back:
            self._check_capabilities(entry, seen)
        match message:
            case n.AGTStateChangedNotify(agent_state=new):
                seen.agent_state = new
            case n.AGTNailupChange(nailup_status=status):
                if status is seen.nailup_status and not seen.is_back:
                    self._wrong(entry, "the nailing state was the same before")
                seen.nailup_status = status
            case n.AGTCallStateChangedNotify(call_state=call_state):
                self._take_call_state(entry, seen, call_state)
            case n.AGTCapabilitiesChanged(capabilities=capabilities):
                if capabilities == seen.capabilities and not seen.is_back:
                    self._wrong(entry, "nothing in it differs from the one before")
                seen.capabilities = capabilities
            case n.AGTAgentLoggedOut():
                self._agents[entry.line, entry.agent_id] = _Seen(entering=seen.entering)
            case n.AGTConsultNotify():
                seen.is_passive = True
            case n.AGTTransferNotify():
                seen.is_passive, seen.consulted = False, None
            case n.AGTConferenceOwnershipChanged():
                seen.is_passive, seen.consulted = False, DestinationType.Agent
        seen.last = entry.name

    def _take_call_state(self, entry: Entry, seen: _Seen, new: CallState) -> None:
        before, seen.call_state = seen.call_state, new
        if new in (CallState.NoState, CallState.Idle, CallState.Wrapup):
            seen.consulted, seen.is_passive = None, False
        if seen.entering or seen.is_back:
            return
        if new not in FOLLOWS[before]:
            self._wrong(entry, f"{new.value} cannot follow {before.value}")
        announced = ANNOUNCED.get((before, new))
        if announced is not None and seen.last != announced:
            self._wrong(entry, f"{announced} must come directly before it, but {seen.last or 'nothing'} did")

    def _check_capabilities(self, entry: Entry, seen: _Seen) -> None:
        """Before anything that is not itself a state, the capabilities told last must be the truth."""
        allowed = [vector(row, seen.agent_state) for row in seen.rows]
        if seen.capabilities not in allowed:
            known = in_words(seen.capabilities) if seen.capabilities else "none"
            pairs = zip(seen.rows, allowed, strict=True)
            rows = " or ".join(f"{row.value[0]!r}: {in_words(true)}" for row, true in pairs)
            self._wrong(
                entry,
                f"before it the capabilities told last ({known}) are not those of"
                f" {seen.agent_state.value}, {rows}",
            )
            seen.capabilities = allowed[0]
