"""What must hold in a zone between any two turns, counted anew from what is there."""

from collections import Counter

from ways_out import check_ways_out

from agentmgr.conformance.matrix import ROWS, Row, vector
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import Dial, MarkAnswered
from agentmgr.core.states import FREE_STATES, ConsultPhase, Phase
from protocol.commands import AGTLogoff, AGTLogon
from protocol.enums import AgentState, CallState, ContactType, NailupStatus, PacingType

DIALLING = (Phase.CHECKING, Phase.RINGING)
LINE_KEPT = (NailupStatus.NailedUp, NailupStatus.PendingNailUpDrop)
TIMER_OF_CALL_STATE = {
    CallState.Preview: "preview",
    CallState.Callback: "preview",
    CallState.Talking: "call",
    CallState.Held: "call",
    CallState.Consult: "call",
    CallState.ConferenceOwner: "call",
    CallState.ConferencePassive: "call",
    CallState.Wrapup: "wrapup",
}
"""The timers that an agent can have in a state; `ways_out` says which it must have."""
ON_LINE_STATES = (CallState.Talking, CallState.Held, CallState.Consult, CallState.ConferenceOwner)
STATES_IN_CONSULT = {
    ConsultPhase.PENDING: (CallState.Talking, None),
    ConsultPhase.DIALING: (CallState.Talking, None),
    ConsultPhase.ACTIVE: (CallState.Consult, CallState.Consult),
    ConsultPhase.CONFERENCE: (CallState.ConferenceOwner, CallState.ConferencePassive),
}
"""Call states of the one who asked and of the agent who was asked."""


def recount(stage):
    """Check everything; an AssertionError says what does not add up."""
    zone = stage.zone
    timers = set(stage.timers._live)
    for agent in zone.agents.values():
        _check_agent(zone, agent, timers)
    for session in zone.sessions.values():
        _check_session(zone, session)
    for job in zone.jobs.values():
        _check_job(stage, job)
    check_ways_out(stage)
    _check_stats(zone)
    if zone.config.epoch == 1 and not stage.faults:
        _check_counters(zone.stats, stage)
    assert set(stage.store.open_attempts) == {session.attempt_id for session in zone.sessions.values()}
    for number, session in zone.numbers_in_work.items():
        assert zone.sessions[session.sid] is session
        assert session.number.number == number
    for session in zone.sessions.values():
        if session.phase in (Phase.RINGING, Phase.WAITING, Phase.ON_LINE):
            assert zone.numbers_in_work[session.number.number] is session, "two at work with one number"
            recorded = stage.store.open_attempts[session.attempt_id]
            assert recorded.number == session.number.number, "dialled is what is not recorded"
            assert recorded.dialed_at is not None or zone.config.epoch > 1
    assert zone.contacts_in_work == {session.contact.contact_id for session in zone.sessions.values()}
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
            return agent is not None and agent.is_away
        case "orphan":
            return of in zone.returns._saved
        case "party":
            consultation = zone.consults._parties.get(of)
            return consultation is not None and consultation.phase is ConsultPhase.DIALING
        case "consult":
            consultation = session.consultation if session is not None else None
            return consultation is not None and consultation.phase is ConsultPhase.PENDING
        case "callback" | "due" | "expiry":
            callback = zone.callbacks._by_id.get(of)
            return callback is not None and (purpose != "due" or callback.agent is not None)
        case "errand":
            return int(of) in zone.errands
        case "order":
            return of in zone.asking.waiting
        case "ending":
            return of in zone.remedies._endings
        case "renail" | "silent":
            return agent is not None
        case "ring":
            return session is not None and session.phase in DIALLING
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
        assert agent in _parties(agent.session)
        assert zone.sessions[agent.session.sid] is agent.session
    if agent.call_state is CallState.NoState:
        assert agent.nailup_status not in LINE_KEPT
    if agent.call_state is CallState.Idle:
        assert agent.nailup_status in LINE_KEPT
    if free:
        assert agent.agent_state is not AgentState.PendingNotReady or agent.has_pending
    else:
        assert agent.agent_state is not AgentState.NotReady
    if agent.connection is not None:
        assert zone.connections[agent.connection][who] is agent
    assert agent.connection is not None or agent.is_away
    _check_pending(zone, agent, timers)
    _check_rows(agent)
    _check_nailing(agent)


def _check_rows(agent):
    row = Row[agent.row.name]
    assert row in ROWS[agent.call_state]
    assert agent.capabilities == vector(row, agent.agent_state)
    if agent.call_state is CallState.Wrapup:
        assert (row is Row.WRAPUP) is agent.is_nailed


def _check_nailing(agent):
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


def _parties(session):
    """The agents who are on a session: its owner, and who was asked."""
    consultation = session.consultation
    asked = consultation.agent if consultation is not None and consultation.is_established else None
    return [agent for agent in (session.owner, asked) if agent is not None]


def _check_pending(zone, agent, timers):
    assert len(agent.pending_consults) <= 2
    for consultation in agent.pending_consults:
        assert consultation.agent is agent
        assert consultation.session.consultation is consultation
        assert consultation.phase is ConsultPhase.PENDING
        assert not agent.is_away
    callback = agent.pending_callback
    if callback is not None:
        callback_id = callback.spec.callback_id
        assert callback.agent is agent
        assert callback.session is None
        assert callback.job.callbacks[callback_id] is callback
        assert callback.job.is_running
        assert not agent.is_away
        is_to_come = callback.spec.due_at > zone.out.now
        if is_to_come or (agent.can_be_consulted_now and not agent.leaving):
            # also tried again after its time, while its contact is worked on elsewhere
            is_owed = agent.job is not None and agent.agent_id in agent.job.owing and agent.job.ringing
            assert ("due", callback_id) in timers or is_owed, "nothing brings a callback that was promised"
    assert not (agent.pending_consults and agent.can_be_consulted_now), "a consult waits for a free agent"


def _check_session(zone, session):
    assert not session.over
    assert session.job.sessions[session.sid] is session
    for agent in _parties(session):
        assert agent.session is session
    _check_consultation(zone, session)
    if session.owner is not None:
        assert (session.phase is Phase.ON_LINE) == (session.owner.call_state in ON_LINE_STATES)
        assert (session.phase in DIALLING) == (session.owner.call_state is CallState.Dialing)
    if session.phase is Phase.WAITING:
        assert session.owner is None


def _check_consultation(zone, session):
    consultation, owner = session.consultation, session.owner
    if consultation is None:
        assert owner is None or owner.call_state not in (CallState.Consult, CallState.ConferenceOwner)
        return
    assert consultation.session is session
    assert consultation.asker is owner
    asker_state, asked_state = STATES_IN_CONSULT[consultation.phase]
    assert owner.call_state is asker_state
    if consultation.is_established and consultation.agent is not None:
        assert consultation.agent.call_state is asked_state
        assert consultation.party_id == consultation.agent.leg_id
        assert consultation.agent is not owner
    if consultation.agent is None:
        assert zone.consults._parties[consultation.party_id] is consultation
    if consultation.phase is ConsultPhase.PENDING:
        assert consultation in consultation.agent.pending_consults


def _check_callbacks(stage, job, timers):
    for callback_id, callback in job.callbacks.items():
        assert callback_id in stage.store.callbacks, "a callback that is not waited for"
        if callback.session is not None:
            assert stage.zone.sessions[callback.session.sid] is callback.session
            assert callback.session.callback.callback_id == callback_id
        elif callback.agent is not None:
            assert callback.agent.pending_callback is callback
        else:
            waiting = callback_id in job.callbacks_waiting
            is_to_come = ("callback", callback_id) in timers or callback.ready_at is None
            assert waiting or is_to_come, "nothing brings a callback to anybody"
    for callback_id, callback in job.callbacks_waiting.items():
        assert job.callbacks[callback_id] is callback
        assert callback.agent is callback.session is None
    if job.is_running and job.callbacks_waiting:
        able = [a for a in job.agents.values() if a.idle_ticket and a.pending_callback is None]
        assert not able, "a callback waits while an agent is idle"
        campaign = job.campaign
        for other in stage.zone.jobs.values():
            if other.campaign.pacing is not PacingType.Predictive and other.may_spare:
                assert other.idle.find(campaign) is None, "idle elsewhere"


def _check_job(stage, job):
    zone = stage.zone
    unowned = [session for session in job.sessions.values() if session.owner is None]
    assert list(job.ringing.values()) == [s for s in job.ringing.values() if s.phase in DIALLING]
    assert set(job.ringing) == {s.sid for s in unowned if s.phase in DIALLING}
    assert list(job.waiting.values()) == [s for s in job.waiting.values() if s.phase is Phase.WAITING]
    assert set(job.waiting) == {s.sid for s in unowned if s.phase is Phase.WAITING}
    assert job.busy == sum(len(_parties(session)) for session in job.sessions.values())
    assert len(job.idle) == sum(agent.idle_ticket != 0 for agent in job.agents.values())
    assert all(zone.agents[agent.agent_id].job is job for agent in job.agents.values())
    sessions = [s for s in job.sessions.values() if s.contact_type is not ContactType.Callback]
    at_work = [session.contact.contact_id for session in sessions]
    held = [errand.contact.contact_id for errand in job.errands.values() if errand.is_held]
    on_hand = at_work + held + [contact.contact_id for contact in job.contacts]
    assert len(on_hand) == len(set(on_hand)), "a contact twice"
    assert set(on_hand) == set(stage.store.claimed[job.job_id])
    if not stage.faults:
        fresh = [not contact.due_at for contact in job.contacts]
        assert fresh == sorted(fresh), "a fresh contact before one that is due again"
    if job.next_retry_at is not None:
        assert job.next_due_at is not None
        assert job.next_due_at <= job.next_retry_at
    # a fault right between the record and the count leaves what is shown one short
    assert 0 <= len(stage.store.done[job.job_id]) - job.done_here <= len(stage.faults)
    assert not (job.waiting and len(job.idle)), "a customer waits while an agent is idle"
    _check_promises(job)
    assert not job.over
    # one whose end failed is served again at its next tick
    assert not job.is_exhausted or stage.faults
    consultable = {who for who, agent in job.agents.items() if agent.is_consultable and job.accepts(agent)}
    assert set(job.consultable) <= set(job.agents)
    assert {
        who for who, agent in job.consultable.items() if agent.is_consultable and job.accepts(agent)
    } == consultable
    _check_callbacks(stage, job, set(stage.timers._live))


def check_dials(stage, caused):
    """Customers are dialled within the hours of their number, and by no job at one that it has left out."""
    for effect in caused:
        session = stage.zone.sessions.get(effect.call_id) if isinstance(effect, Dial) else None
        if session is not None:
            number, hours = session.number, session.job.campaign.calling_hours
            assert next_opening(hours, number.timezone, stage.now) == stage.now, f"{number} is closed"
            assert session.owner is not None or number.number not in session.contact.left_out


def _check_promises(job):
    """Progressive never abandons by its own doing, and nothing rings for agents of whom none is left."""
    if job.campaign.pacing is not PacingType.Predictive:
        # a customer who has answered already when the pacing changes cannot be undone
        free = max(0, len(job.idle) - len(job.waiting))
        assert len(job.ringing) <= free, "a line in the air that no agent is meant for"
    assert job.consultable or not job.ringing, "lines ring for nobody"


def _check_stats(zone):
    stats = zone.stats
    assert +stats.agents_by_state == Counter(agent.agent_state for agent in zone.agents.values())
    assert +stats.calls_by_state == Counter(agent.call_state for agent in zone.agents.values())
    assert stats.dialing == sum(len(job.ringing) for job in zone.jobs.values())
    assert stats.waiting == sum(len(job.waiting) for job in zone.jobs.values())
    assert set(zone.sessions) == {sid for job in zone.jobs.values() for sid in job.sessions}


def _check_counters(stats, stage):
    store, ended = stage.store, stage.store.ended_attempts.values()
    dials = [order.call_id for order in stage.orders if isinstance(order, Dial)]
    assert stats.attempts == sum("-party-" not in call_id for call_id in dials)
    assert stats.refused == Counter(attempt.outcome for attempt in ended if attempt.was_refused)
    assert stats.abandoned == sum(attempt.outcome == "Nuisance" for attempt in ended)
    assert stats.dispositions == len(store.dispositions)
    answered = {record.attempt_id for record in store.records if isinstance(record, MarkAnswered)}
    assert stats.live_answers == len(answered)


def _check_unanswered(stage):
    """A command without RESP waits for the store or the switch, or is a logoff that waits for the phone,
    or waits behind such a one.
    """
    if stage.asked:
        return
    waiting = {
        (agent.logoff_request.connection, agent.logoff_request.request_id)
        for agent in stage.zone.agents.values()
        if agent.logoff_request is not None
    }
    on_switch = {
        (event.connection, event.request_id)
        for asked in stage.zone.asking.waiting.values()
        for event in (asked.event, *asked.behind)
    }
    lanes = [lane for own in stage.zone.lanes.by_connection.values() for lane in own.values()]
    assert all(lane.head is not None for lane in lanes), "a lane is open at the end of a turn"
    assert sum(len(lane.behind) for lane in lanes) == stage.zone.lanes._waiting
    assert all(lane.logons == sum(isinstance(e.command, AGTLogon) for e in lane.behind) for lane in lanes)
    in_lanes = {(lane.connection, event.request_id) for lane in lanes for event in lane.behind}
    for key, command in stage.unanswered.items():
        if key not in on_switch and key not in in_lanes:
            assert isinstance(command, AGTLogoff), f"{command} was never answered"
            assert key in waiting
