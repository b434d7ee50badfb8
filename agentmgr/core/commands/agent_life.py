"""Logon, logoff, agent state and nailing."""

from attrs import evolve

from agentmgr.core.agent import DEFAULT_TIMEZONE, Agent, Blend
from agentmgr.core.commands.registry import Answer, on_agent_command, on_plain_command
from agentmgr.core.commands.returning import finish_return
from agentmgr.core.effects import CheckLogon
from agentmgr.core.events import CommandReceived, LogonChecked
from agentmgr.core.parts import Parts
from agentmgr.core.sent import FRESH
from agentmgr.core.states import FREE_STATES, LIVE_STATES, AgentEvent
from agentmgr.core.timezones import parse_timezone
from agentmgr.text import fault_of
from protocol.commands import (
    AGTAvailableForNailup,
    AGTLogoff,
    AGTLogon,
    AGTLogonRESP,
    AGTLostNailing,
    AGTLostNailingRESP,
    AGTPendingLogout,
    AGTReadyForNailup,
    AGTStateChange,
    AGTStateChangeRESP,
)
from protocol.enums import AgentState, NailupStatus
from protocol.results import ResultCode

MAX_NAME_CHARACTERS = 100
"""Of an agent, so that lists of colleagues have room for many."""


@on_plain_command(AGTLogon)
def logon(zone: Parts, command: AGTLogon, event: CommandReceived) -> Answer:
    """Refuse what needs no password to be refused; then have the password checked."""
    refusal = _logon_refusal(zone, command)
    if refusal is not None:
        return refusal
    zone.lanes.hold(event)
    if command.resume_token:
        zone.returns.check_token(event, command.resume_token)
    else:
        zone.out.emit(CheckLogon(event.connection, event.request_id, event.agent_id, command.pwd))
    return None


def _logon_refusal(zone: Parts, command: AGTLogon) -> ResultCode | None:
    if not _is_timezone(command.time_zone):
        return ResultCode.INVALID_TIMEZONE
    if command.zone_name != zone.config.zone:
        return ResultCode.ZONE_NOT_FOUND
    name = command.agent_name or ""
    if (command.agent_skills is not None and not name) or len(name) > MAX_NAME_CHARACTERS or fault_of(name):
        return ResultCode.INVALID_AGENT_NAME
    if zone.telephony_is_down:
        return ResultCode.NO_MEDIA_SERVER
    return None


def _is_timezone(text: str) -> bool:
    try:
        return not text or bool(parse_timezone(text))
    except ValueError:
        return False


def _login_conflict(zone: Parts, command: AGTLogon, agent_id: str) -> ResultCode | None:
    present = zone.agents.get(agent_id)
    if present is None or command.is_force:
        return None
    if present.is_away and (present.saved_for_ha or command.resume_token):
        return None
    asked_to_leave = present.leaving and not present.lost_for_good
    return ResultCode.STATE_NOT_CHANGEABLE if asked_to_leave else ResultCode.ALREADY_LOGGED_IN


def on_logon_checked(zone: Parts, checked: LogonChecked) -> None:
    """The password is checked: log the agent on, taking over from another desktop if that was forced."""
    event = zone.lanes.head(checked.connection, checked.agent_id, checked.request_id)
    if event is None:
        return
    if not isinstance(event.command, AGTLogon):
        finish_return(zone, event, checked)
        return
    command = event.command
    result = _finish_logon(zone, command, checked)
    token = None
    if result is ResultCode.SUCCESS:
        agent = zone.agents[checked.agent_id]
        agent.spec = evolve(agent.spec, name=command.agent_name or agent.spec.name)
        agent.timezone = parse_timezone(command.time_zone or DEFAULT_TIMEZONE)
        token = zone.returns.renew_token(agent, command.resume_token)
    zone.out.respond(event, AGTLogonRESP(result, token))


def _finish_logon(zone: Parts, command: AGTLogon, checked: LogonChecked) -> ResultCode:
    if checked.result is not ResultCode.SUCCESS:
        return checked.result
    if checked.agent is None:
        return ResultCode.LOGON_INTERNAL_ERROR
    if command.org_name and checked.agent.organisation not in ("", command.org_name):
        return ResultCode.AUTHENTICATION_FAILED
    skills = checked.agent.skills if command.agent_skills is None else command.agent_skills
    if not skills:
        return ResultCode.NO_SKILLS
    conflict = _login_conflict(zone, command, checked.agent_id)
    if conflict is not None:
        return conflict
    levels = {skill.name: skill.level for skill in skills}
    present = zone.agents.get(checked.agent_id)
    if present is not None and present.saved_for_ha and not command.is_force:
        present.skills = levels
        present.extension = command.agent_ext
        zone.returns.resume(present, checked.connection)
        return ResultCode.SUCCESS
    if zone.closing and (command.is_force or not zone.returns.has_saved(checked.agent_id)):
        return ResultCode.SYSTEM_NOT_AVAILABLE  # who comes back may finish what was begun
    if command.is_force:
        zone.returns.drop_saved(checked.agent_id)
    if present is not None:  # taken over by force, or its own desktop has forgotten where it was
        zone.roster.evict(present)
    connection, extension = checked.connection, command.agent_ext
    kept = zone.returns.take_saved(checked.agent_id)
    if kept is not None:
        saved, session = kept
        agent = zone.roster.readmit(
            checked.agent, saved, session, connection=connection, extension=extension, skills=levels
        )
        zone.returns.begin_answers(agent)
        zone.returns.tell_all(agent, FRESH)
    else:
        zone.roster.admit(checked.agent, connection=connection, extension=extension, skills=levels)
    return ResultCode.SUCCESS


@on_agent_command(AGTLogoff, states=FREE_STATES, refused=ResultCode.LOGOFF_STATE)
def logoff(zone: Parts, agent: Agent, command: AGTLogoff, event: CommandReceived) -> Answer:
    """Log off, after the phone was let go."""
    if agent.agent_state is not AgentState.NotReady or agent.logoff_request:
        return ResultCode.LOGOFF_STATE
    agent.leaving = True
    agent.touch()
    agent.logoff_request = event
    zone.lanes.hold(event)
    zone.out.free(agent)
    return None


@on_agent_command(AGTPendingLogout, for_services=True)
def pending_logout(zone: Parts, agent: Agent, command: AGTPendingLogout, event: CommandReceived) -> Answer:
    """Log off as soon as the contact is over."""
    if not agent.leaving:
        zone.out.remark("pending_logout", agent, call_state=agent.call_state.value)
    leave(zone, agent)
    return ResultCode.SUCCESS


def leave(zone: Parts, agent: Agent) -> None:
    """Let an agent log off as soon as its contact is over: until then it is on its way into a break.

    What waits for the agent meanwhile goes to others.
    """
    agent.leaving = True
    agent.touch()
    zone.nailer.refuse_pending(agent)
    if agent.agent_state is AgentState.Ready:
        start_break(zone, agent, "", "")
    zone.out.free(agent)


@on_agent_command(AGTStateChange)
def state_change(zone: Parts, agent: Agent, command: AGTStateChange, event: CommandReceived) -> Answer:
    """Go Ready or NotReady; with a contact NotReady is a wish for later."""
    if command.agent_state is AgentState.Ready:
        if not agent.capabilities.ready:
            return AGTStateChangeRESP(ResultCode.ALREADY_READY, agent.agent_state)
        agent.reason_code = agent.reason_name = ""
        agent.on_agent_event(AgentEvent.WENT_READY, zone.out.now)
        zone.out.free(agent)
    else:
        refusal = break_refusal(agent, command.reason_code)
        if refusal is None:
            refusal = _walk_away_refusal(agent, command)
        if refusal is not None:
            return AGTStateChangeRESP(refusal, agent.agent_state)
        start_break(zone, agent, command.reason_code, command.reason_name)
        if command.has_walked_away:
            agent.on_day(zone.out.now).walk_aways += 1
            zone.out.remark(
                "agent_walked_away",
                agent,
                call_state=agent.call_state.value,
                reason_code=command.reason_code,
                reason_name=command.reason_name,
            )
    return AGTStateChangeRESP(ResultCode.SUCCESS, agent.agent_state)


def start_break(zone: Parts, agent: Agent, reason_code: str, reason_name: str) -> bool:
    """Let an agent be NotReady, or as soon as nothing is left to do; return whether it is at once."""
    agent.reason_code, agent.reason_name = reason_code, reason_name
    at_rest = agent.is_free and not agent.has_pending
    wanted = AgentEvent.WENT_NOT_READY if at_rest else AgentEvent.ASKED_FOR_BREAK
    agent.on_agent_event(wanted, zone.out.now)
    agent.take_off_duty()
    return at_rest


def break_refusal(agent: Agent, reason_code: str) -> ResultCode | None:
    """Return why an agent cannot be NotReady with a reason; None if it can."""
    if agent.agent_state is not AgentState.Ready and reason_code == agent.reason_code:
        return ResultCode.SAME_REASON
    return None if agent.capabilities.not_ready else ResultCode.STATE_CHANGE_REFUSED


def _walk_away_refusal(agent: Agent, command: AGTStateChange) -> ResultCode | None:
    if command.agent_state is AgentState.PendingNotReady:
        return ResultCode.STATE_CHANGE_REFUSED
    if command.has_walked_away and agent.call_state in LIVE_STATES:
        return ResultCode.WALKAWAY_IN_CALL
    return None


@on_agent_command(AGTAvailableForNailup)
def available_for_nailup(
    zone: Parts, agent: Agent, command: AGTAvailableForNailup, event: CommandReceived
) -> Answer:
    """The agent may be nailed up; desktops repeat this at every occasion."""
    if agent.blend is not Blend.OUTBOUND or agent.leaving:
        return ResultCode.ALREADY_NAILED
    if not agent.available_for_nailup:
        agent.available_for_nailup = True
        zone.out.free(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTReadyForNailup)
def ready_for_nailup(zone: Parts, agent: Agent, command: AGTReadyForNailup, event: CommandReceived) -> Answer:
    """Call the agent's phone."""
    if agent.is_nailed:
        return ResultCode.ALREADY_NAILED
    if agent.nailup_status is not NailupStatus.PendingNailUp:
        return ResultCode.WRONG_STATE
    if zone.telephony_is_down:
        return ResultCode.TELEPHONY_DOWN
    zone.nailer.call_phone(agent)
    return ResultCode.SUCCESS


@on_agent_command(AGTLostNailing, nailed=True)
def lost_nailing(zone: Parts, agent: Agent, command: AGTLostNailing, event: CommandReceived) -> Answer:
    """The desktop noticed that the line is gone."""
    zone.nailer.lose(agent, unasked=False)
    session = agent.session
    if session is None:
        return AGTLostNailingRESP(ResultCode.SUCCESS)
    return AGTLostNailingRESP(
        ResultCode.SUCCESS, session_id=session.sid, wrapup_details=session.wrapup_details()
    )
