"""What must hold in a zone between any two turns, counted anew from what is there."""

from collections import Counter

from matrix import SIMPLE_ROWS, vector

from agentmgr.core.effects import MarkAnswered
from agentmgr.core.session import Phase
from agentmgr.core.states import FREE_STATES
from protocol.commands import AGTLogoff
from protocol.enums import AgentState, CallState, NailupStatus

DIALLING = (Phase.CHECKING, Phase.RINGING)
LINE_KEPT = (NailupStatus.NailedUp, NailupStatus.PendingNailUpDrop)
TIMER_OF_CALL_STATE = {
    CallState.Preview: "preview",
    CallState.Callback: "preview",
    CallState.Talking: "call",
    CallState.Held: "call",
    CallState.Wrapup: "wrapup",
}
"""The timer without which an agent could stay in a state for ever."""


def recount(stage):
    """Check everything; an AssertionError says what does not add up."""
    zone = stage.zone
    timers = set(stage.timers._live)
    for agent in zone.agents.values():
        _check_agent(zone, agent, timers)
    for session in zone.sessions.values():
        _check_session(zone, session, timers)
    for job in zone.jobs.values():
        _check_job(stage, job)
    _check_stats(zone)
    _check_counters(zone.stats, stage.store)
    assert set(stage.store.open_attempts) == set(zone.sessions)
    _check_unanswered(stage)
    for purpose, of in timers:
        assert _is_wanted(zone, purpose, of), f"timer {purpose} of {of} has nothing to do"


def _is_wanted(zone, purpose, of):
    """Whether a timer can still have something to do; `renail` may outlive its reason, it only looks."""
    agent, session = zone.agents.get(of), zone.sessions.get(of)
    match purpose:
        case "pace":
            return int(of) in zone.jobs
        case "nail":
            return agent is not None and agent.nailup_status is NailupStatus.PendingNailUp
        case "unnail":
            return agent is not None and agent.nailup_status is NailupStatus.PendingNailUpDrop
        case "lost":
            return agent is not None and agent.connection is None
        case "renail":
            return agent is not None
        case "ring":
            return session is not None and session.phase is Phase.RINGING
        case "queue":
            return session is not None and session.phase is Phase.WAITING
        case _:
            owner = session.owner if session is not None else None
            return owner is not None and TIMER_OF_CALL_STATE.get(owner.call_state) == purpose


def _check_agent(zone, agent, timers):
    free, who = agent.call_state in FREE_STATES, agent.agent_id
    assert zone.agents[who] is agent
    assert (agent.session is None) == free, f"{who} in {agent.call_state} with {agent.session}"
    if agent.session is not None:
        assert agent.session.owner is agent
        assert zone.sessions[agent.session.sid] is agent.session
    if agent.call_state is CallState.NoState:
        assert agent.nailup_status not in LINE_KEPT
    if agent.call_state is CallState.Idle:
        assert agent.nailup_status in LINE_KEPT
    if free:
        assert agent.agent_state is not AgentState.PendingNotReady
    else:
        assert agent.agent_state is not AgentState.NotReady
    if agent.connection is not None:
        assert zone.connections[agent.connection][who] is agent
    else:
        assert agent.leaving or ("lost", who) in timers
    _check_rows(agent)
    _check_nailing(agent, timers)
    timer = TIMER_OF_CALL_STATE.get(agent.call_state)
    if timer and (timer != "preview" or agent.connection is not None):
        assert (timer, agent.session.sid) in timers, f"nothing ends {agent.call_state} of {who}"


def _check_rows(agent):
    row = SIMPLE_ROWS.get(agent.call_state)
    if row is None and agent.call_state is CallState.Wrapup:
        row = "WRAPUP" if agent.is_nailed else "WRAPUP_NAILING_LOST"
    if row is not None and agent.row.name == row:
        assert agent.capabilities == vector(row, agent.agent_state)


def _check_nailing(agent, timers):
    if agent.nailup_status is NailupStatus.PendingNailUp:
        assert ("nail", agent.agent_id) in timers
    if agent.nailup_status is NailupStatus.PendingNailUpDrop:
        assert ("unnail", agent.agent_id) in timers
    if agent.nailup_status in LINE_KEPT:
        assert agent.leg_id
    if agent.nailup_status in (NailupStatus.NotNailedUp, NailupStatus.NailingLost):
        assert not agent.leg_id
    if agent.nailup_status in (NailupStatus.NailedUp, NailupStatus.PendingNailUp):
        assert agent.job is not None
    if agent.job is not None:
        assert agent.job.agents[agent.agent_id] is agent
    queued = agent.idle_ticket != 0
    assert queued == (agent.can_take_contact and not agent.job.over)


def _check_session(zone, session, timers):
    assert not session.over
    assert session.job.sessions[session.sid] is session
    if session.owner is not None:
        assert session.owner.session is session
        assert (session.phase is Phase.ON_LINE) == (
            session.owner.call_state in (CallState.Talking, CallState.Held)
        )
        assert (session.phase in DIALLING) == (session.owner.call_state is CallState.Dialing)
    if session.phase is Phase.WAITING:
        assert session.owner is None
        assert ("queue", session.sid) in timers
    if session.phase is Phase.RINGING:
        assert ("ring", session.sid) in timers


def _check_job(stage, job):
    zone = stage.zone
    unowned = [session for session in job.sessions.values() if session.owner is None]
    assert job.ringing == sum(session.phase in DIALLING for session in unowned)
    assert list(job.waiting.values()) == [s for s in job.waiting.values() if s.phase is Phase.WAITING]
    assert set(job.waiting) == {s.sid for s in unowned if s.phase is Phase.WAITING}
    assert job.busy == len(job.sessions) - len(unowned)
    assert len(job.idle) == sum(agent.idle_ticket != 0 for agent in job.agents.values())
    assert all(zone.agents[agent.agent_id].job is job for agent in job.agents.values())
    at_work = [session.contact.contact_id for session in job.sessions.values()]
    on_hand = at_work + [contact.contact_id for contact in job.contacts]
    assert len(on_hand) == len(set(on_hand)), "a contact twice"
    assert set(on_hand) == set(stage.store.claimed[job.job_id])
    assert job.done == len(stage.store.done[job.job_id])
    assert not (job.waiting and len(job.idle)), "a customer waits while an agent is idle"
    assert not job.over
    assert not job.is_exhausted
    assert ("pace", str(job.job_id)) in set(stage.timers._live)


def _check_stats(zone):
    stats = zone.stats
    assert +stats.agents_by_state == Counter(agent.agent_state for agent in zone.agents.values())
    assert +stats.calls_by_state == Counter(agent.call_state for agent in zone.agents.values())
    assert stats.dialing == sum(job.ringing for job in zone.jobs.values())
    assert stats.waiting == sum(len(job.waiting) for job in zone.jobs.values())
    assert set(zone.sessions) == {sid for job in zone.jobs.values() for sid in job.sessions}


def _check_counters(stats, store):
    ended = store.ended_attempts.values()
    assert stats.attempts == len(store.open_attempts) + len(ended)
    assert stats.abandoned == sum(attempt.outcome == "Nuisance" for attempt in ended)
    assert stats.dispositions == len(store.dispositions)
    answered = {record.attempt_id for record in store.records if isinstance(record, MarkAnswered)}
    assert stats.live_answers == len(answered)


def _check_unanswered(stage):
    """A command without RESP waits for a question's answer, or is a logoff that waits for the phone."""
    if stage.asked:
        return
    waiting = {
        (agent.logoff_request.connection, agent.logoff_request.request_id)
        for agent in stage.zone.agents.values()
        if agent.logoff_request is not None
    }
    for key, command in stage.unanswered.items():
        assert isinstance(command, AGTLogoff), f"{command} was never answered"
        assert key in waiting
