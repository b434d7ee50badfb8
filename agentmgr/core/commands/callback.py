"""Creating callbacks and finding out who they can be delivered to."""

from functools import partial
from itertools import chain

from attrs import evolve

from agentmgr.core.agent import Agent
from agentmgr.core.commands.call import choose_number
from agentmgr.core.commands.contact import note_of
from agentmgr.core.commands.registry import Answer, on_agent_command
from agentmgr.core.effects import SaveNote
from agentmgr.core.events import CommandReceived
from agentmgr.core.ids import callback_of
from agentmgr.core.job import Job
from agentmgr.core.model import AgentSpec, CallbackSpec
from agentmgr.core.parts import Parts
from agentmgr.core.session import Session
from agentmgr.core.times import parse_time
from agentmgr.core.timezones import parse_timezone
from protocol.commands import (
    AGTCreateCallback,
    AGTCreateCallbackRESP,
    AGTGetCallbackDestsForType,
    AGTGetCallbackDestsForTypeRESP,
    AGTGetCallbackTypes,
    AGTGetCallbackTypesRESP,
)
from protocol.enums import CallbackType
from protocol.results import ResultCode
from protocol.sizes import whole_entries
from protocol.structures import CallbackDest

LOGGED_OFF = "LoggedOff"
"""The presence of an agent who is not there."""
MAX_COLLEAGUES = 200
"""More than one frame holds."""
MAX_EXPIRY_MIN = 366 * 24 * 60
LATEST_DUE_AT = 253_000_000_000.0
"""In the last years that can be written with four digits, epoch seconds."""


@on_agent_command(AGTGetCallbackTypes, capability="create_callback")
def get_callback_types(
    zone: Parts, agent: Agent, command: AGTGetCallbackTypes, event: CommandReceived
) -> Answer:
    """List the kinds of callback that the campaign allows."""
    campaign = agent.engaged_session.job.campaign
    return AGTGetCallbackTypesRESP(
        ResultCode.SUCCESS,
        session_id=agent.engaged_session.sid,
        callback_types=campaign.callback_types,
        default_expiry_time=campaign.callback_expiry_min,
    )


@on_agent_command(AGTGetCallbackDestsForType, capability="create_callback")
def get_callback_dests(
    zone: Parts, agent: Agent, command: AGTGetCallbackDestsForType, event: CommandReceived
) -> Answer:
    """List the campaign itself, the agents who could work in it, or the campaigns that run in the zone."""
    session = agent.engaged_session
    kind = command.callback_type
    if kind not in session.job.campaign.callback_types:
        return ResultCode.CALLBACK_TYPE_INVALID
    wanted_zone = command.zone_name or zone.config.zone
    if wanted_zone not in zone.directory and wanted_zone != zone.config.zone:
        return ResultCode.CALLBACK_ZONE_UNKNOWN
    here = wanted_zone == zone.config.zone
    if kind is CallbackType.Agent and here:
        zone.ask_agents(
            session.job, MAX_COLLEAGUES, partial(_list_colleagues, zone, agent, session, event), event
        )
        return None
    if kind is CallbackType.Standard:
        found = [_campaign_dest(zone, kind, session.job)]
    elif kind is CallbackType.Campaign:
        found = [_campaign_dest(zone, kind, job) for job in zone.jobs.values()] if here else []
        if not found:
            return ResultCode.CALLBACK_NO_CAMPAIGNS
    else:
        found = []
    return AGTGetCallbackDestsForTypeRESP(
        ResultCode.SUCCESS, session_id=session.sid, callback_type=kind, callback_dests=whole_entries(found)
    )


def _list_colleagues(
    zone: Parts, agent: Agent, session: Session, event: CommandReceived, known: tuple[AgentSpec, ...]
) -> None:
    """Answer with the agent itself, who works in the job, who else is logged on, and who is not."""
    at_work = session.job.agents
    others = [each for each in known if each.agent_id not in at_work and each.agent_id != agent.agent_id]
    here = (zone.agents[each.agent_id] for each in others if each.agent_id in zone.agents)
    present = chain((agent,), (other for other in at_work.values() if other is not agent), here)
    dests = chain(
        (_agent_dest(zone, other) for other in present),
        (_absent_dest(zone, each) for each in others if each.agent_id not in zone.agents),
    )
    zone.out.respond(
        event,
        AGTGetCallbackDestsForTypeRESP(
            ResultCode.SUCCESS,
            session_id=session.sid,
            callback_type=CallbackType.Agent,
            callback_dests=whole_entries(dests),
        ),
    )


def _campaign_dest(zone: Parts, kind: CallbackType, job: Job) -> CallbackDest:
    name = job.campaign.name
    return CallbackDest(kind, name, name, pom_zone=zone.config.zone)


def _agent_dest(zone: Parts, agent: Agent) -> CallbackDest:
    return CallbackDest(
        CallbackType.Agent,
        agent.agent_id,
        agent.spec.name,
        presence=agent.agent_state.value,
        state=agent.call_state.value,
        time_zone=agent.timezone,
        pom_zone=zone.config.zone,
    )


def _absent_dest(zone: Parts, agent: AgentSpec) -> CallbackDest:
    return CallbackDest(
        CallbackType.Agent, agent.agent_id, agent.name, presence=LOGGED_OFF, pom_zone=zone.config.zone
    )


@on_agent_command(AGTCreateCallback, capability="create_callback", refused=ResultCode.CALLBACK_STATE)
def create_callback(zone: Parts, agent: Agent, command: AGTCreateCallback, event: CommandReceived) -> Answer:
    """Create a callback; with a callback on the desktop, put that one off to another time."""
    session = agent.engaged_session
    kind = command.callback_type
    if kind not in session.job.campaign.callback_types:
        return ResultCode.CALLBACK_BAD_TYPE
    destination = command.callback_dest.destination_value if command.callback_dest else ""
    job = _delivering_job(zone, session.job, kind, destination)
    if job is None:
        return ResultCode.CALLBACK_NO_CAMPAIGN
    preferred = (destination or agent.agent_id) if kind is CallbackType.Agent else ""
    spec = _read(zone, session, job, preferred, command)
    if isinstance(spec, ResultCode):
        return spec
    whose = job.campaign.organisation
    if not preferred or (preferred in zone.agents and zone.agents[preferred].spec.works_for(whose)):
        _create(zone, agent, session, job, spec)
        return ResultCode.SUCCESS

    def looked_up(exists: bool) -> None:
        result = ResultCode.CALLBACK_NOT_FOUND
        if exists:
            is_there = agent.session is session and agent.granted.create_callback and not job.over
            result = ResultCode.SUCCESS if is_there else ResultCode.CALLBACK_STATE
        if result is ResultCode.SUCCESS:
            _create(zone, agent, session, job, spec)
        session_id = session.sid if result is ResultCode.SUCCESS else None
        zone.out.respond(event, AGTCreateCallbackRESP(result, session_id=session_id))

    zone.lanes.hold(event)
    zone.ask_agent(preferred, whose, looked_up, event)
    return None


def _read(
    zone: Parts, session: Session, job: Job, preferred: str, command: AGTCreateCallback
) -> CallbackSpec | ResultCode:
    """Return the callback that is wanted, or why there cannot be such a one."""
    now, campaign = zone.out.now, job.campaign
    due_at = parse_time(command.callback_time)
    if due_at is None:
        return ResultCode.CALLBACK_TIME_FORMAT
    if not 0 <= command.callback_expiry_time <= MAX_EXPIRY_MIN:
        return ResultCode.CALLBACK_BAD_EXPIRY
    expires_at = due_at + 60 * (command.callback_expiry_time or campaign.callback_expiry_min)
    if not now < due_at <= LATEST_DUE_AT:
        return ResultCode.CALLBACK_BAD_TIME
    notes = note_of(command.agent_notes)
    if notes is None:
        return ResultCode.BAD_DATA
    number = choose_number(session, command.contact_number)
    if number is None:
        return ResultCode.CALLBACK_NOT_FOUND
    if command.callback_timezone not in ("", number.timezone):
        try:
            number = evolve(number, timezone=parse_timezone(command.callback_timezone))
        except ValueError:
            return ResultCode.CALLBACK_BAD_TIME
    opening = zone.callbacks.next_opening(job, number, due_at)
    if opening is None or opening >= expires_at:
        return ResultCode.CALLBACK_BAD_TIME
    return CallbackSpec(
        # one callback for a contact: creating it again puts it off
        callback_id=session.callback.callback_id if session.callback else callback_of(session.sid),
        callback_type=command.callback_type,
        campaign_id=campaign.campaign_id,
        agent_id=preferred,
        contact=evolve(session.contact, attempts=0),
        number=number,
        due_at=due_at,
        expires_at=expires_at,
        notes=notes,
    )


def _create(zone: Parts, agent: Agent, session: Session, job: Job, spec: CallbackSpec) -> None:
    session.callback_count += 1
    if spec.notes:
        session.contact = evolve(session.contact, notes=(*session.contact.notes, spec.notes))
        contact_id, now = session.contact.contact_id, zone.out.now
        zone.out.emit(SaveNote(session.job.job_id, contact_id, session.sid, agent.agent_id, spec.notes, now))
    zone.callbacks.create(job, spec, agent.agent_id, session)


def _delivering_job(zone: Parts, own: Job, kind: CallbackType, destination: str) -> Job | None:
    if kind is not CallbackType.Campaign:
        return own
    whose = own.campaign.organisation  # nobody else's agents are shown its customers
    there = (job for job in zone.jobs.values() if job.campaign.organisation == whose)
    return next((job for job in there if job.campaign.name == destination), None)
