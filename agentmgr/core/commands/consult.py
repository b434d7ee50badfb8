"""Consult, transfer and conference as the desktops ask for them."""

from agentmgr.core.agent import Agent
from agentmgr.core.asking import Continuation, Result
from agentmgr.core.commands.call import read_e164
from agentmgr.core.commands.registry import Answer, give_order, on_agent_command
from agentmgr.core.consults import MAX_PENDING_CONSULTS
from agentmgr.core.effects import Conference, Connect
from agentmgr.core.events import CommandReceived
from agentmgr.core.numbers import is_premium
from agentmgr.core.parts import Parts
from agentmgr.core.session import Session
from protocol.commands import (
    AGTCancelConsult,
    AGTCompleteTransfer,
    AGTCompleteTransferRESP,
    AGTConfChangeOwnership,
    AGTConsultCall,
    AGTConsultCallRESP,
    AGTEndConf,
    AGTGetConsultDestsForType,
    AGTGetConsultDestsForTypeRESP,
    AGTGetConsultTypes,
    AGTGetConsultTypesRESP,
    AGTStartConf,
)
from protocol.enums import CallState, DestinationType
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import Destination

TALKING = frozenset({CallState.Talking})
CONSULTING = frozenset({CallState.Consult})


@on_agent_command(AGTGetConsultTypes, contact=True, states=TALKING)
def get_consult_types(
    zone: Parts, agent: Agent, command: AGTGetConsultTypes, event: CommandReceived
) -> Answer:
    """List the kinds of consult that the campaign allows."""
    session = agent.engaged_session
    campaign = session.job.campaign
    types = [DestinationType.Agent]
    if campaign.address_book or campaign.allow_free_form:
        types.append(DestinationType.External)
    return AGTGetConsultTypesRESP(
        ResultCode.SUCCESS,
        session_id=session.sid,
        destination_types=tuple(types),
        allow_free_form=campaign.allow_free_form,
    )


@on_agent_command(AGTGetConsultDestsForType, contact=True, states=TALKING)
def get_consult_dests(
    zone: Parts, agent: Agent, command: AGTGetConsultDestsForType, event: CommandReceived
) -> Answer:
    """List the agents of the job who may be asked, or the campaign's address book."""
    session = agent.engaged_session
    if command.destination_type is DestinationType.Agent:
        nobody = ResultCode.NO_AGENTS
        destinations = whole_entries(
            _to_destination(other)
            for other in session.job.consultable.values()
            if other is not agent and len(other.pending_consults) < MAX_PENDING_CONSULTS
        )
    else:
        nobody = ResultCode.NO_DESTINATIONS
        destinations = session.job.lists.address_book
    if not destinations:
        return nobody
    return AGTGetConsultDestsForTypeRESP(
        ResultCode.SUCCESS,
        session_id=session.sid,
        destination_type=command.destination_type,
        destinations=destinations,
    )


def _to_destination(agent: Agent) -> Destination:
    return Destination(
        DestinationType.Agent,
        agent.agent_id,
        agent.spec.name,
        presence=agent.agent_state.value,
        state=agent.call_state.value,
        time_zone=agent.timezone,
    )


@on_agent_command(
    AGTConsultCall, capability="transfer", states=TALKING, nailed=True, refused=ResultCode.CONSULT_FAILED
)
def consult_call(zone: Parts, agent: Agent, command: AGTConsultCall, event: CommandReceived) -> Answer:
    """Consult somebody: at once an idle agent, later a busy one, an external party when it answers."""
    session = agent.engaged_session
    if command.destination.destination_type is DestinationType.External:
        return _consult_external(zone, session, agent, command.destination)
    other = zone.agents.get(command.destination.destination_value)
    if other is agent or not command.destination.destination_value:
        return ResultCode.CONSULT_BAD_DESTINATION
    if other is None:
        return ResultCode.CONSULT_LOGGED_OUT
    if other.job is not session.job or not other.is_consultable:
        return ResultCode.CONSULT_NOT_READY
    response = AGTConsultCallRESP(ResultCode.SUCCESS, session_id=session.sid)
    if other.can_be_consulted_now and not other.pending_consults:
        zone.out.respond(event, response)
        zone.consults.ask_idle(session, agent, other)
    elif len(other.pending_consults) >= MAX_PENDING_CONSULTS:
        return ResultCode.CONSULT_QUEUE_FULL
    else:
        zone.consults.ask_busy(session, agent, other)
        zone.out.respond(event, response)
        zone.consults.announce(session, other)
    return None


def _consult_external(zone: Parts, session: Session, agent: Agent, destination: Destination) -> Answer:
    campaign = session.job.campaign
    typed = destination.destination_value
    number = read_e164(session, typed)
    listed = session.job.lists.listed(typed, number, lambda text: read_e164(session, text))
    if listed is not None:
        # an extension of one's own is dialled as it is
        number = read_e164(session, listed) or listed
    elif number is None or not campaign.allow_free_form:
        return ResultCode.CONSULT_BAD_DESTINATION
    if not campaign.allow_premium and is_premium(number):
        return ResultCode.CONSULT_BAD_DESTINATION
    zone.consults.ask_external(session, agent, number)
    return ResultCode.SUCCESS


@on_agent_command(AGTCancelConsult, capability="leave_consult", refused=ResultCode.CANCEL_CONSULT_FAILED)
def cancel_consult(zone: Parts, agent: Agent, command: AGTCancelConsult, event: CommandReceived) -> Answer:
    """End a consult from either side, or withdraw one's own that has not begun."""
    session = agent.engaged_session
    consultation = session.consultation
    assert consultation is not None
    other = consultation.agent if agent is session.owner else session.owner
    wanted = command.dest_agent_id
    if wanted and other is not None and wanted not in (other.agent_id, agent.agent_id):
        return ResultCode.CANCEL_CONSULT_FAILED
    zone.consults.end(session, by=agent)
    return ResultCode.SUCCESS


def _transferred(zone: Parts, agent: Agent) -> Result:
    session = agent.engaged_session
    assert session.consultation is not None
    assert session.consultation.agent is not None
    zone.consults.transfer(session, agent, session.consultation.agent)
    return AGTCompleteTransferRESP(ResultCode.SUCCESS, session_id=session.sid, can_dispose=False)


def _joined(zone: Parts, agent: Agent) -> Result:
    zone.consults.start_conference(agent.engaged_session, agent)
    return ResultCode.SUCCESS


TRANSFER = Continuation(_transferred, ResultCode.CONSULT_FAILED, ResultCode.CONSULT_FAILED)
CONFERENCE = Continuation(_joined, ResultCode.CONFERENCE_FAILED, ResultCode.CONFERENCE_NO_CONSULT)


@on_agent_command(
    AGTCompleteTransfer,
    capability="transfer",
    states=CONSULTING,
    nailed=True,
    refused=ResultCode.CONSULT_FAILED,
)
def complete_transfer(
    zone: Parts, agent: Agent, command: AGTCompleteTransfer, event: CommandReceived
) -> Answer:
    """Hand customer and contact to the consulted agent."""
    session = agent.engaged_session
    assert session.consultation is not None
    other = session.consultation.agent
    assert other is not None, "the capability is false with an external party"
    return give_order(zone, agent, event, Connect(session.sid, other.leg_id), TRANSFER)


@on_agent_command(
    AGTStartConf,
    capability="conference",
    states=CONSULTING,
    nailed=True,
    refused=ResultCode.CONFERENCE_NO_CONSULT,
)
def start_conf(zone: Parts, agent: Agent, command: AGTStartConf, event: CommandReceived) -> Answer:
    """Turn the consult into a conference of three."""
    session = agent.engaged_session
    assert session.consultation is not None
    order = Conference(session.sid, session.consultation.party_id)
    return give_order(zone, agent, event, order, CONFERENCE)


@on_agent_command(
    AGTEndConf,
    contact=True,
    states=frozenset({CallState.ConferenceOwner, CallState.ConferencePassive}),
    nailed=True,
    refused=ResultCode.CONFERENCE_NOT_IN,
)
def end_conf(zone: Parts, agent: Agent, command: AGTEndConf, event: CommandReceived) -> Answer:
    """As owner drop the other party, as passive party leave."""
    zone.consults.end(agent.engaged_session, by=agent)
    return ResultCode.SUCCESS


@on_agent_command(
    AGTConfChangeOwnership,
    capability="change_ownership",
    nailed=True,
    refused=ResultCode.CONFERENCE_NOT_OWNER,
    refused_in={CallState.ConferenceOwner: ResultCode.OWNERSHIP_NOT_AGENT},
)
def change_ownership(
    zone: Parts, agent: Agent, command: AGTConfChangeOwnership, event: CommandReceived
) -> Answer:
    """Make the passive agent the owner of the conference."""
    session = agent.engaged_session
    assert session.consultation is not None
    passive = session.consultation.agent
    assert passive is not None, "the capability is false with an external party"
    zone.consults.change_owner(session, agent, passive)
    return ResultCode.SUCCESS
