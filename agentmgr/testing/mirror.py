"""A desktop that holds no state but what it was told last, and minds the order it is told in."""

from typing import Any

from attrs import define

from protocol import notifications as n
from protocol.commands import AGTConsultCallRESP, AGTLogoffRESP, GetAgentStatusResponseRESP, Resp
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.results import ResultCode
from protocol.structures import AgentStatus, Capabilities

ANSWERED_BEFORE_STATES = (AGTConsultCallRESP, GetAgentStatusResponseRESP)
"""RESPs that come before the states that their commands cause (agent API, section 7)."""

TOLD_AGAIN = (CallState.Talking,)
"""What is told though it is known: a consult that did not begin left the agent talking."""

CAUSES_OF_CAPABILITIES = (
    n.AGTCallStateChangedNotify,
    n.AGTStateChangedNotify,
    n.AGTNailupChange,
    n.AGTEnableCancelConsult,
    n.AGTConsultDialFailed,
    n.AGTConsultCancelled,
)
"""What a desktop may have been told right before AGTCapabilitiesChanged."""

_STATES = (n.AGTCallStateChangedNotify, n.AGTCapabilitiesChanged)


@define(eq=False)
class DesktopMirror:
    """One agent as its desktop sees it (agent API, section 5).

    An AssertionError says that the order of messages broke a rule: a state told that was known, or
    capabilities away from their cause, or a state that comes after the RESP of its command.
    """

    agent_state: AgentState = AgentState.NotReady
    call_state: CallState = CallState.NoState
    nailup_status: NailupStatus = NailupStatus.NotNailedUp
    capabilities: Capabilities | None = None
    session_id: str | None = None
    _last: Any = None
    _is_back: bool = False

    @property
    def status(self) -> AgentStatus:
        """The three states as told last."""
        return AgentStatus(self.agent_state, self.call_state, self.nailup_status)

    def turn(self) -> None:
        """Begin a turn: what came before in the stream is no cause of what comes now."""
        self._last, self._is_back = None, False

    def next_answer(self) -> None:
        """In the same turn another command is carried out: what came before is no cause of what comes now."""
        self._last = None

    def came_back(self) -> None:
        """From now on to the end of the turn it may be told what it knows."""
        self._is_back = True

    def answered(self, response: Resp) -> None:
        """Take a RESP in."""
        self._last = response
        if isinstance(response, AGTLogoffRESP) and response.result is ResultCode.SUCCESS:
            self._forget()

    def notified(self, notification: Any) -> None:
        """Take a notification in."""
        last, self._last = self._last, notification
        if isinstance(notification, _STATES) and not self._is_back:
            early = isinstance(last, Resp) and not isinstance(last, ANSWERED_BEFORE_STATES)
            assert not early, f"{notification} comes after {last}"
        match notification:
            case n.AGTStateChangedNotify(agent_state=agent_state):
                self.agent_state = agent_state
            case n.AGTNailupChange(nailup_status=nailup_status):
                known = nailup_status is self.nailup_status
                assert not known or self._is_back, f"{notification} is known"
                self.nailup_status = nailup_status
            case n.AGTCallStateChangedNotify(call_state=call_state):
                known = call_state is self.call_state and call_state not in TOLD_AGAIN
                assert not known or self._is_back, f"{notification} is known"
                self.call_state = call_state
            case n.AGTCapabilitiesChanged(capabilities=capabilities):
                assert capabilities != self.capabilities or self._is_back, f"{notification} is known"
                first = self.capabilities is None or self._is_back
                assert first or isinstance(last, CAUSES_OF_CAPABILITIES), f"capabilities follow {last}"
                self.capabilities = capabilities
            case n.AGTCallNotify(session_id=session_id):
                self.session_id = session_id
            case n.AGTAgentLoggedOut():
                self._forget()

    def _forget(self) -> None:
        self.agent_state = AgentState.NotReady
        self.call_state = CallState.NoState
        self.nailup_status = NailupStatus.NotNailedUp
        self.capabilities = self.session_id = None
