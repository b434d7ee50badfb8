"""What leads out of each state: nobody stays in one for ever, unless it is a person's own choice.

Each table has all members of its enum. A way out is a timer or an event that is certain to come; a rule
returns the timers of which one must run, or None where nothing has to come.
"""

from agentmgr.core.agent import Blend
from agentmgr.core.states import FREE_STATES, CallbackPhase, ConsultPhase, Phase
from protocol.enums import AgentState, CallState, NailupStatus


def nothing_to_wait_for(zone, thing):
    """It is a person's own choice, or work is all that can come."""
    return


def timer_of_session(*purposes):
    """The session of an agent, or of itself, has one of these timers."""

    def rule(zone, thing):
        session = getattr(thing, "session", thing)
        return {(purpose, session.sid) for purpose in purposes}

    return rule


def timer_of_agent(purpose):
    """The agent has this timer."""
    return lambda zone, agent: {(purpose, agent.agent_id)}


def _offered(zone, agent):
    # nobody saw what was offered to a desktop that is lost; it goes back when the desktop is given up
    return {("preview", agent.session.sid)} | ({("lost", agent.agent_id)} if agent.is_away else set())


def _wrapup(zone, agent):
    ways = {("wrapup", agent.session.sid)}
    if agent.session.job.campaign.acw_max_time_s:
        return ways
    return ways | {("lost", agent.agent_id)} if agent.is_away else None


def _pending_break(zone, agent):
    if agent.call_state not in FREE_STATES:
        return None  # the contact ends, see CALL_STATES
    callback = agent.pending_callback
    ways = {("consult", consultation.session.sid) for consultation in agent.pending_consults}
    return ways | ({("expiry", callback.spec.callback_id)} if callback is not None else set())


def _not_nailed(zone, agent):
    is_tried = agent.wants_nailing and not zone.telephony_is_down and zone.choose_job(agent) is not None
    return {("renail", agent.agent_id)} if is_tried else None


def _owned(zone, session):
    """The state of its agent leads out, or the wait for an agent whose server died."""
    if session.owner is not None:
        assert session.owner.session is session
        return None
    kept = [(who, saved.session) for who, saved in zone.returns._saved.items() if saved.session is not None]
    return {("orphan", who) for who, saved in kept if saved.sid == session.sid}


def _callback_in_work(zone, callback):
    assert zone.sessions[callback.session.sid] is callback.session  # whose agent's state leads out


def _expires(zone, callback):
    return {("expiry", callback.spec.callback_id)}


CALL_STATES = {
    CallState.NoState: nothing_to_wait_for,  # see NAILUP_STATUSES
    CallState.Idle: nothing_to_wait_for,  # see `_check_agent`
    CallState.Preview: _offered,
    CallState.Callback: _offered,
    CallState.Dialing: timer_of_session("ring"),
    CallState.Talking: timer_of_session("call"),
    CallState.Held: timer_of_session("call"),
    CallState.Consult: timer_of_session("call"),
    CallState.ConferenceOwner: timer_of_session("call"),
    CallState.ConferencePassive: timer_of_session("call"),
    CallState.Wrapup: _wrapup,
}
AGENT_STATES = {
    AgentState.NotReady: nothing_to_wait_for,
    AgentState.Ready: nothing_to_wait_for,
    AgentState.PendingNotReady: _pending_break,
}
NAILUP_STATUSES = {
    NailupStatus.NotNailedUp: _not_nailed,
    NailupStatus.PendingNailUp: timer_of_agent("nail"),
    NailupStatus.NailedUp: nothing_to_wait_for,
    NailupStatus.PendingNailUpDrop: timer_of_agent("unnail"),
    NailupStatus.NailingLost: _not_nailed,
}
PHASES = {
    Phase.OFF_LINE: _owned,
    Phase.CHECKING: timer_of_session("ring"),
    Phase.RINGING: timer_of_session("ring"),
    Phase.WAITING: timer_of_session("queue"),
    Phase.ON_LINE: _owned,
}
CONSULT_PHASES = {
    ConsultPhase.PENDING: lambda zone, consultation: {("consult", consultation.session.sid)},
    ConsultPhase.DIALING: lambda zone, consultation: {("party", consultation.party_id)},
    ConsultPhase.ACTIVE: nothing_to_wait_for,  # the states of those on it lead out
    ConsultPhase.CONFERENCE: nothing_to_wait_for,
    ConsultPhase.OVER: nothing_to_wait_for,
}
CALLBACK_PHASES = {
    CallbackPhase.KEPT: _expires,
    CallbackPhase.WAITING: _expires,
    CallbackPhase.PROMISED: _expires,
    CallbackPhase.DELIVERED: _callback_in_work,
    CallbackPhase.OVER: nothing_to_wait_for,
}
TABLES = {
    CallState: CALL_STATES,
    AgentState: AGENT_STATES,
    NailupStatus: NAILUP_STATUSES,
    Phase: PHASES,
    ConsultPhase: CONSULT_PHASES,
    CallbackPhase: CALLBACK_PHASES,
}


def check_ways_out(stage):
    """Nothing in the zone is in a state that it could stay in for ever by our doing."""
    zone, timers = stage.zone, set(stage.timers._live)

    def check(thing, state, about):
        ways = TABLES[type(state)][state](zone, thing)
        assert ways is None or ways & timers, f"nothing leads {about} out of {state}"

    for who, agent in zone.agents.items():
        for state in (agent.call_state, agent.agent_state, agent.nailup_status):
            check(agent, state, who)
        _check_agent(agent, timers)
    for sid, session in zone.sessions.items():
        check(session, session.phase, sid)
        if session.consultation is not None:
            check(session.consultation, session.consultation.phase, f"the consult of {sid}")
    for key in zone.errands:
        assert ("errand", str(key)) in timers, f"nobody ends errand {key}"
    for job in zone.jobs.values():
        for callback_id, callback in job.callbacks.items():
            check(callback, callback.phase, callback_id)
        assert ("pace", str(job.job_id)) in timers, f"nothing drives job {job.job_id}"
    _check_waits(stage, timers)


def _check_agent(agent, timers):
    """A wish of an agent, or of its server, comes true when the contact is over."""
    who = agent.agent_id
    if not agent.is_away:
        assert ("silent", who) in timers, f"nobody notices that the desktop of {who} is silent"
    if agent.is_away:
        assert agent.leaving or ("lost", who) in timers, f"nobody gives {who} up"
    assert agent.is_probed or not agent.owes_life, f"nobody asks whether the desktop of {who} lives"
    is_let_go = ("unnail", who) in timers
    if agent.is_free and agent.leaving:
        assert is_let_go, f"{who} is free and does not leave"
    if agent.is_free and agent.blend is Blend.LEAVING:
        assert is_let_go or agent.has_pending, f"{who} is free and does not go to inbound"
    if agent.call_state is CallState.Idle and agent.nailup_status is NailupStatus.NailedUp:
        assert agent.job, f"{who} is nailed up for nothing"
        assert not agent.job.over, f"{who} is nailed up for a job that is over"


def _check_waits(stage, timers):
    """What waits for an answer is asked, or has a timer."""
    zone = stage.zone
    for who in zone.asking.waiting:
        assert ("order", who) in timers, f"nothing ends the command of {who}"
    for who in zone.returns._saved:
        assert ("orphan", who) in timers, f"nobody gives up {who}, whose server died"
    for leg_id in zone.remedies._endings:
        assert ("ending", leg_id) in timers, f"nobody hangs up {leg_id} again"
    asked = {type(question).__name__ for question in stage.asked}
    keys = {question.key for question in stage.asked if hasattr(question, "key")}
    assert set(zone.questions) <= keys, "a question that nobody was asked"
    assert not any(job.fetching for job in zone.jobs.values()) or "FetchContacts" in asked
    assert not zone.loading or "LoadJob" in asked
