"""Where each command of an agent is refused for its state: the rules, read as a table."""

from typing import Any, cast

from attrs import frozen

from agentmgr.core.agent import Agent
from agentmgr.core.capabilities import Row, capabilities
from agentmgr.core.commands.registry import AGENT_RULES
from agentmgr.core.model import AgentSpec
from agentmgr.core.session import Session
from agentmgr.core.states import FREE_STATES
from agentmgr.core.stats import ZoneStats
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.examples import example
from protocol.results import ResultCode


@frozen
class Situation:
    """Where an agent stands, as far as rules tell situations apart."""

    words: str
    row: Row
    call_state: CallState
    is_nailed: bool = True


SITUATIONS = (
    Situation("NoState", Row.FREE, CallState.NoState, is_nailed=False),
    Situation("Idle", Row.FREE, CallState.Idle),
    Situation("Preview, Callback", Row.OFFERED, CallState.Preview),
    Situation("Dialing", Row.DIALING, CallState.Dialing),
    Situation("Talking", Row.TALKING, CallState.Talking),
    Situation("Talking, own consult waits", Row.CONSULT_CANCELLABLE, CallState.Talking),
    Situation("Held", Row.HELD, CallState.Held),
    Situation("Consult, active, agent", Row.CONSULT_WITH_AGENT, CallState.Consult),
    Situation("Consult, active, external", Row.CONSULT_WITH_EXTERNAL, CallState.Consult),
    Situation("Consult, passive", Row.CONSULT_PASSIVE, CallState.Consult),
    Situation("ConferenceOwner, agent", Row.CONFERENCE_WITH_AGENT, CallState.ConferenceOwner),
    Situation("ConferenceOwner, external", Row.CONFERENCE_WITH_EXTERNAL, CallState.ConferenceOwner),
    Situation("ConferencePassive", Row.CONFERENCE_PASSIVE, CallState.ConferencePassive),
    Situation("Wrapup", Row.WRAPUP, CallState.Wrapup),
    Situation("Wrapup, nailing lost", Row.WRAPUP_NAILING_LOST, CallState.Wrapup, is_nailed=False),
)
"""All but `Row.CONSULT_ASKED`, in which no command ever meets an agent: the asker may cancel at once."""


def refusal_in(command: type[Any], situation: Situation) -> ResultCode | None:
    """Return the code with which a command of an agent is refused in a situation, its arguments being right.

    None if the state is no reason to refuse it.
    """
    message = example(command)
    return AGENT_RULES[command].refusal(_standing(situation, getattr(message, "session_id", "")), message)


def _standing(situation: Situation, session_id: str) -> Agent:
    agent = Agent(AgentSpec("", "", ()), None, "", _no_desktop, _no_desktop, ZoneStats())
    agent.call_state = situation.call_state
    agent.nailup_status = NailupStatus.NailedUp if situation.is_nailed else NailupStatus.NotNailedUp
    agent.told_capabilities = capabilities(situation.row, AgentState.Ready)
    if situation.call_state not in FREE_STATES:
        agent.session = cast(Session, _Contact(session_id))
    return agent


@frozen
class _Contact:
    """What a rule asks of a session."""

    sid: str


def _no_desktop(*_: Any) -> None:
    """Nobody is told anything."""
