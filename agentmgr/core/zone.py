"""A zone: its agents, jobs and sessions, and the one entrance for everything that happens to them.

`handle` is pure: no clock, no I/O, no waiting; the same events at the same times give the same effects.
"""

from collections.abc import Callable
from typing import Any

from agentmgr.core.agent import Agent, Blend
from agentmgr.core.asking import Asked, Result
from agentmgr.core.budget import WINDOW_DAYS
from agentmgr.core.commands import answer, answer_behind, finish
from agentmgr.core.commands.agent_life import on_logon_checked
from agentmgr.core.commands.info import on_account_checked
from agentmgr.core.effects import ContactsOver, HangUp, LoadJob, ReadHistory
from agentmgr.core.events import (
    AccountChecked,
    AgentChecked,
    AgentRestored,
    AgentsListed,
    CallAnswered,
    CallEnded,
    CallFailed,
    ClockStepped,
    CommandReceived,
    ConnectionLost,
    ConnectorAnswered,
    ContactsFetched,
    DialChecked,
    DirectoryChanged,
    DncChecked,
    Event,
    Frozen,
    GraceOver,
    HistoryRead,
    JobLoaded,
    JobsWanted,
    LogonChecked,
    NailAnswered,
    NailEnded,
    NailFailed,
    NumbersRead,
    OrderDone,
    OrderFailed,
    SupervisorAsked,
    TelephonyLost,
    TelephonyRestored,
    Thawed,
    Timer,
    TimerFired,
    ZoneClosing,
)
from agentmgr.core.job import Job
from agentmgr.core.lanes import Lane
from agentmgr.core.model import CampaignSpec, Wanted, ZoneConfig
from agentmgr.core.outbox import Turn
from agentmgr.core.parts import Parts
from agentmgr.core.quarantine import Quarantine
from agentmgr.core.roster import HAS_JOB
from agentmgr.core.session import Session
from agentmgr.core.states import OFFERED_STATES, Phase
from agentmgr.core.supervision import on_supervisor_asked
from agentmgr.core.whose import named_by, whose_timer
from protocol.enums import DialFailReason, NailupStatus
from protocol.notifications import AGTZoneDown


class Zone(Parts):
    """The state of a zone. Not to be touched by two tasks; to be read by anybody between two turns."""

    def __init__(self, config: ZoneConfig, now: float) -> None:
        super().__init__(config, now)
        self._quarantine = Quarantine(self)
        self._is_quiet = False
        self._unsaved: dict[str, Agent] = {}

    def handle(self, event: Event, now: float) -> Turn:
        """Let an event happen and return all that follows from it.

        A fault in a rule ends what it was about, and nothing else: see `Quarantine`.

        Args:
            event: what happened.
            now: when, epoch seconds; less than before only at a `ClockStepped`.

        Returns:
            The effects in order; and what changed, by identity.
        """
        out = self.out
        out.begin(now)
        try:
            _HANDLERS[event.__class__](self, event)
        except Exception as fault:
            self._isolate(event, fault)
        self._end_turn()
        if self._unsaved:
            self._save_agents()
        if self.closing and not self.sessions and not self._is_quiet:
            self._is_quiet = True
            out.emit(ContactsOver())
        return out.effects, out.changed

    def _isolate(self, about: Any, fault: Exception) -> None:
        self._quarantine.isolate(about, named_by(self, about), fault)

    def _end_turn(self) -> None:
        out = self.out
        self._tell_changes()
        opened = out.lanes.opened
        if not out.freed and not out.jobs and not out.strained and not opened:
            return
        failed: set[Job] = set()
        while opened or out.freed or out.jobs or out.strained:
            while opened:
                self._go_on(opened.pop(0))
            freed, out.freed = out.freed, []
            for agent in freed:
                self._each(self._settle, agent)
            for jobs, act in (
                (out.take_strained(), self.dialer.keep_promises),
                (out.take_jobs(), self._serve),
            ):
                for job in jobs:
                    # one that failed is served at its next tick: else a lasting fault would keep the turn
                    if job not in failed and not self._each(act, job):
                        failed.add(job)
            self._tell_changes()

    def _save_agents(self) -> None:
        """Write down, once a turn, where the agents are that have changed in it."""
        while self._unsaved:
            _, agent = self._unsaved.popitem()
            if self.agents.get(agent.agent_id) is agent and not self._each(self.returns.save, agent):
                self._end_turn()

    def _go_on(self, lane: Lane) -> None:
        """Carry out what waits in a lane, as far as nothing of it must wait again."""
        while (event := self.lanes.take(lane)) is not None:
            self._each(lambda event: answer_behind(self, lane, event), event)
            self._tell_changes()

    def _each(self, act: Callable[[Any], None], thing: Any) -> bool:
        """Do something to one of several things, and return whether it could be done.

        A fault that one causes is not the others' affair.
        """
        self.out.begin_step()
        try:
            act(thing)
        except Exception as fault:
            self._isolate(thing, fault)
            return False
        return True

    def _tell_changes(self) -> None:
        out = self.out
        changed = out.changed
        while out.told < len(changed):
            thing = changed[out.told]
            out.told += 1
            if thing.__class__ is Agent:
                out.begin_step()
                try:
                    self._tell_change(thing)
                except Exception as fault:
                    self._isolate(thing, fault)
            elif thing.__class__ is Job and thing.ringing:
                out.strained[thing] = None

    def _tell_change(self, agent: Agent) -> None:
        agent.sync()
        job = agent.job
        if job is not None:
            job.list_agent(agent)
            if job.ringing:
                self.out.strained[job] = None
        if agent.outlives:
            self._unsaved[agent.agent_id] = agent
        if self.asking.waiting:
            asked = self.asking.waiting.get(agent.agent_id)
            if asked is not None and asked.is_over:
                self._finish(asked, asked.then.over)

    def _finish(self, asked: Asked, result: Result) -> None:
        """Answer a command that has waited for the switch, and carry out those behind it."""
        finish(self, asked, result)
        for event in asked.behind:
            self._each(lambda event: answer(self, event), event)

    def _settle(self, agent: Agent) -> None:
        """Find out what an agent that may have nothing to do does next."""
        if self.agents.get(agent.agent_id) is not agent or not agent.is_free:
            return
        if agent.owes_life and not agent.is_probed:
            self.pulse.probe(agent)
        if agent.leaving:
            self.roster.log_off(agent)
        elif self.deliveries.start_pending(agent) or self.consults.start_pending(agent):
            return
        elif agent.blend is Blend.LEAVING and not agent.has_pending:
            self.roster.blend_out(agent)
        elif agent.home is not None:
            self.nailer.go_home(agent)
            self.out.free(agent)
        elif agent.nailup_status in HAS_JOB and not self._fits_its_job(agent):
            self.nailer.move(agent)
            if agent.job is not None:
                self.out.free(agent)
        elif agent.can_take_contact and agent.job is not None:
            if self.deliveries.take_waiting(agent):
                return
            job = self.sharing.better_job(agent)
            if job is not None:
                self.nailer.transfer(agent, job)
            self._employ(agent)
        else:
            self.nailer.consider(agent)

    def _employ(self, agent: Agent) -> None:
        """Give an agent who can take a contact of its job one, or let it wait for the next."""
        job = agent.job
        assert job is not None
        if not self.dialer.take_waiting(job, agent):
            job.idle.add(agent, self.out.steady)
            job.note(job)
            self.out.serve(job)

    def _call_in(self, job: Job) -> None:
        """Let idle agents of other jobs come who have more to do here."""
        for agent in self.sharing.call_in(job):
            self._each(self._employ, agent)

    def _fits_its_job(self, agent: Agent) -> bool:
        job = agent.job
        if job is None or job.over or not job.accepts(agent):
            return False
        if agent.placed_in is not None and agent.placed_in is not job and agent.placed_in.is_running:
            return not agent.placed_in.accepts(agent)
        if not job.paused or self.choose_job(agent) is None:
            return True
        # a pause finishes what it promises: whom a line in the air is meant for stays until it is over
        is_needed = bool(job.ringing or job.waiting) and job.spare + (not agent.idle_ticket) <= 0
        job.keeps_agents |= is_needed
        return is_needed

    # -- desktops ------------------------------------------------------------------------------

    def _on_connection_lost(self, event: ConnectionLost) -> None:
        self.lanes.lose(event.connection)
        self.services.pop(event.connection, None)
        here = self.connections.get(event.connection, {})
        for agent in list(here.values()):
            self.returns.part(agent)
            self._each(self._lose_desktop, agent)
        self.connections.pop(event.connection, None)
        self.resending.discard(event.connection)
        self.heartbeats.pop(event.connection, None)

    def _lose_desktop(self, agent: Agent) -> None:
        self.returns.go_away(agent)
        if agent.claimed_by in self.connections:
            self.returns.ask(agent.agent_id, agent.claimed_by)

    def _on_silence(self, agent: Agent) -> None:
        if self.pulse.is_lost(agent):
            self._lose_desktop(agent)

    def _on_desktop_lost_for_good(self, agent: Agent) -> None:
        if not agent.is_away:
            return
        if agent.call_state in OFFERED_STATES:
            self.roster.evict(agent)
        else:
            agent.lost_for_good = not agent.leaving
            agent.leaving = True
            agent.touch()
            self.out.free(agent)
            session = agent.session
            if session is not None and session.owner is agent and not session.job.campaign.acw_max_time_s:
                self.calls.on_wrapup_timeout(session)

    # -- the switch ----------------------------------------------------------------------------

    def _on_call_answered(self, event: CallAnswered) -> None:
        session = self.sessions.get(event.call_id)
        if session is not None:
            answer_to = self.calls if session.owner is not None else self.dialer
            answer_to.on_answered(session)
        elif not self.consults.on_party_answered(event.call_id):
            # dialled by a server that died meanwhile; nobody here would ever talk to them
            self.out.emit(HangUp(event.call_id))

    def _on_line_failed(self, session: Session, reason: DialFailReason) -> None:
        if session.owner is not None:
            self.calls.on_dial_failed(session, reason)
        else:
            self.dialer.on_failed(session, reason)

    def _on_call_failed(self, event: CallFailed) -> None:
        self.remedies.on_leg_gone(event.call_id)
        session = self.sessions.get(event.call_id)
        if session is not None:
            self._on_line_failed(session, event.reason)
        else:
            self.consults.on_party_failed(event.call_id, event.reason)

    def _on_call_ended(self, event: CallEnded) -> None:
        self.remedies.on_leg_gone(event.call_id)
        session = self.sessions.get(event.call_id)
        if session is None:
            self.consults.on_party_ended(event.call_id)
        elif session.phase is Phase.WAITING:
            self.dialer.on_abandoned(session)
        else:
            self.calls.on_customer_gone(session)

    def _on_nail_ended(self, event: NailEnded) -> None:
        leg_id = event.leg_id
        self.remedies.on_leg_gone(leg_id)
        self.nailer.on_ended(leg_id)
        self.returns.on_leg_ended(leg_id)

    def _on_order_done(self, event: OrderDone) -> None:
        asked = self.asking.about(event.order)
        if asked is not None:
            self._finish(asked, asked.then.change(self, asked.agent))
        else:
            self.remedies.on_done(event.order)

    def _on_order_failed(self, event: OrderFailed) -> None:
        asked = self.asking.about(event.order)
        if asked is not None:
            self._finish(asked, asked.then.failed)
        else:
            self.remedies.on_failed(event.order, event.fault)

    def _on_order_timeout(self, agent: Agent) -> None:
        asked = self.asking.waiting.get(agent.agent_id)
        if asked is not None:
            self.asking.restate(asked)
            self._finish(asked, asked.then.failed)

    def _on_telephony_lost(self, event: TelephonyLost) -> None:
        """All lines are gone: contacts end as if customer and phone had been cut off one by one."""
        self.telephony_is_down = True
        for session in list(self.sessions.values()):
            self._each(self._lose_line, session)
        for agent in list(self.agents.values()):
            self._each(self._lose_phone, agent)
        self.returns.on_telephony_lost()
        self.remedies.on_telephony_lost()

    def _lose_line(self, session: Session) -> None:
        if session.phase is Phase.WAITING:
            self.dialer.on_abandoned(session)
        else:
            self._on_line_failed(session, DialFailReason.TelephonyDown)

    def _lose_phone(self, agent: Agent) -> None:
        self.nailer.on_ended(agent.leg_id)

    def _on_telephony_restored(self, event: TelephonyRestored) -> None:
        self.telephony_is_down = False
        self._go_on_with_all()

    def _on_frozen(self, event: Frozen) -> None:
        self.is_frozen = True

    def _on_thawed(self, event: Thawed) -> None:
        self.is_frozen = False
        self._go_on_with_all()

    def _go_on_with_all(self) -> None:
        for agent in self.agents.values():
            self.out.free(agent)
        for job in self.jobs.values():
            self.out.serve(job)

    # -- jobs ----------------------------------------------------------------------------------

    def _on_jobs_wanted(self, event: JobsWanted) -> None:
        """Ask for the jobs that are not here, and bring the others to where they shall be.

        A job that is here and not wanted is over for the store: what was begun in it is finished.
        """
        if self.closing:
            return
        wanted = {each.job_id: each.wanted for each in event.jobs}
        for each in event.jobs:
            known = self.jobs.get(each.job_id)
            # one that ended here just now is asked for too; its end is committed before the question
            is_current = known is not None and known.campaign.version >= each.version
            if not is_current and each.job_id not in self.loading:
                self.loading.add(each.job_id)
                self.out.emit(LoadJob(each.job_id))
            if known is not None:
                known.has_numbers = each.has_numbers
            if known is not None and each.total > known.total:
                self._take_in(known, each.total)
            if known is not None and each.shares > 1:
                self.dialer.hear_of_others(known, each)
            if known is not None and each.calls is not None:
                self.dialer.take_grant(known, each.calls)
        for job in list(self.jobs.values()):
            self._each(lambda job: self._bring_to(job, wanted.get(job.job_id, Wanted.STOP)), job)

    def _on_job_loaded(self, event: JobLoaded) -> None:
        self.loading.discard(event.job_id)
        known = self.jobs.get(event.job_id)
        if known is not None and event.job is not None:
            version = known.campaign.version
            self._change_campaign(known, event.job.campaign)
            if event.job.campaign.version > version:
                self.callbacks.on_supervised(known, event.job, version)
                # the store held contacts back for those that are over
                self.attempts.expect(known, self.out.now)
                self.out.serve(known)
        if event.job is None or known is not None or self.closing:
            return
        job = Job.from_spec(event.job, self.out.now, self.out.steady, self.stats, self.out.note)
        self.open_job(job)
        for callback in event.job.callbacks:
            self.callbacks.schedule(job, callback)
        job.note(job)
        self._free_unemployed()
        self._bring_to(job, event.job.wanted)
        self.dialer.tick(job)
        begins = self.stats.days.begins(self.out.now, WINDOW_DAYS)
        self.out.emit(ReadHistory(job.job_id, (*begins, self.out.now)))

    def _on_history(self, event: HistoryRead) -> None:
        job = self.jobs.get(event.job_id)
        if job is not None:
            day = self.stats.days.day(self.out.now)
            job.estimates.learn(event.days, event.latest, job.shares, day, self.out.steady)
            self.out.serve(job)

    def _take_in(self, job: Job, total: int) -> None:
        """Contacts have come into the lists of a job: look for them in the store."""
        job.total = total
        job.note(job)
        self.attempts.expect(job, self.out.now)
        self.out.serve(job)

    def _change_campaign(self, job: Job, campaign: CampaignSpec) -> None:
        """Go on with a campaign that was changed while its job runs; contacts in work keep their timers."""
        if campaign.version <= job.campaign.version:
            return
        job.change_campaign(campaign)
        # other hours may have opened what the store said was closed
        self.attempts.expect(job, self.out.now)
        self.callbacks.on_changed(job)
        self._free_agents(job)
        self._free_unemployed()
        self.out.serve(job)

    def _bring_to(self, job: Job, wanted: Wanted) -> None:
        if job.stopping:
            return
        if wanted is Wanted.STOP:
            self.dialer.stop(job)
        elif wanted is Wanted.PAUSE and not job.paused:
            job.paused = True
            job.note(job)
            self._free_agents(job)
            self.callbacks.on_pause(job)
        elif wanted is Wanted.RUN and job.paused:
            job.paused = False
            job.note(job)
            self._free_unemployed()
            self.out.serve(job)

    def _free_unemployed(self) -> None:
        """Look after whom no running job has; the idle ones of others come when something is to be done."""
        for agent in self.agents.values():
            if agent.job is None or not agent.job.is_running or agent.placed_in not in (None, agent.job):
                self.out.free(agent)

    def _free_agents(self, job: Job) -> None:
        for agent in job.agents.values():
            self.out.free(agent)

    def _serve(self, job: Job) -> None:
        if job.keeps_agents and not job.ringing and not job.waiting:
            job.keeps_agents = False
            self._free_agents(job)
        self.deliveries.serve(job)
        for agent in self.sharing.give_way(job):
            self._each(self._employ, agent)
        self.dialer.serve(job)

    # -- time ----------------------------------------------------------------------------------

    def _on_timer(self, event: TimerFired) -> None:
        """Let what a timer is for happen to whom it is of, if that is still there."""
        purpose, _ = event.key
        found = whose_timer(self, event)
        if found is not None:
            _TIMERS[purpose](self, found)

    def _on_tick(self, job: Job) -> None:
        self.dialer.tick(job)
        self._call_in(job)

    def _on_contacts(self, event: ContactsFetched) -> None:
        self.dialer.on_contacts(event)
        job = self.jobs.get(event.job_id)
        if job is not None:
            self._call_in(job)

    def _on_ring_timeout(self, session: Session) -> None:
        if session.phase is Phase.RINGING:
            self.out.emit(HangUp(session.sid))
        self._on_line_failed(session, DialFailReason.NoAnswer)

    def _on_call_timeout(self, session: Session) -> None:
        if session.phase is Phase.ON_LINE:
            self.out.emit(HangUp(session.sid))
            self.calls.on_customer_gone(session)

    def _on_clock_stepped(self, event: ClockStepped) -> None:
        """Go on by the clock as it is now: what was done stays done, what waits is due by the new time."""
        self.out.step(event.by_s)
        self.stats.step(event.by_s)
        for job in self.jobs.values():
            self.attempts.expect(job, self.out.now)  # the store knows what is due by this clock
            self._each(self.deliveries.on_clock_stepped, job)
            self.out.serve(job)

    def _on_directory_changed(self, event: DirectoryChanged) -> None:
        self.directory = event.zones

    def _on_closing(self, event: ZoneClosing) -> None:
        """Begin nothing new and tell all agents; what they have may be finished until the grace is over."""
        self.closing = True
        for job in self.jobs.values():
            job.paused = True
            job.note(job)
            self._each(self._hush, job)
        for agent in list(self.agents.values()):
            self.out.tell(agent, AGTZoneDown(self.config.zone, event.grace_ms))
            if agent.nailup_status is NailupStatus.PendingNailUp:
                self._each(self.nailer.release, agent)

    def _hush(self, job: Job) -> None:
        self.callbacks.on_pause(job)
        self.dialer.drop_lines(job, len(job.ringing))

    def _on_grace_over(self, event: GraceOver) -> None:
        """Log everybody off, whatever they do; who is left for the next server are those who are saved.

        That are the ones that are not here yet, and where all are covered who has nothing: its desktop is
        told nothing, loses its connection, and comes back there.
        """
        self.closing = True
        for session in list(self.sessions.values()):
            if session.phase is Phase.WAITING:
                self._each(self.dialer.on_abandoned, session)
        for agent in list(self.agents.values()):
            if not agent.is_covered or not agent.is_free or agent.leaving:
                self._each(self.roster.evict, agent)


_HANDLERS: dict[type[Any], Callable[[Zone, Any], None]] = {
    CommandReceived: answer,
    ConnectionLost: Zone._on_connection_lost,
    LogonChecked: on_logon_checked,
    SupervisorAsked: on_supervisor_asked,
    AccountChecked: on_account_checked,
    NailAnswered: lambda zone, event: zone.nailer.on_answered(event.leg_id),
    NailFailed: lambda zone, event: zone.nailer.on_leg_failed(event.leg_id),
    NailEnded: Zone._on_nail_ended,
    CallAnswered: Zone._on_call_answered,
    CallFailed: Zone._on_call_failed,
    CallEnded: Zone._on_call_ended,
    OrderDone: Zone._on_order_done,
    OrderFailed: Zone._on_order_failed,
    TelephonyLost: Zone._on_telephony_lost,
    TelephonyRestored: Zone._on_telephony_restored,
    Frozen: Zone._on_frozen,
    Thawed: Zone._on_thawed,
    ContactsFetched: Zone._on_contacts,
    DialChecked: Zone.answer,
    DncChecked: Zone.answer,
    AgentChecked: Zone.answer,
    AgentsListed: Zone.answer,
    NumbersRead: Zone.answer,
    ConnectorAnswered: lambda zone, event: zone.connectors.on_answered(event),
    JobsWanted: Zone._on_jobs_wanted,
    JobLoaded: Zone._on_job_loaded,
    HistoryRead: Zone._on_history,
    TimerFired: Zone._on_timer,
    ClockStepped: Zone._on_clock_stepped,
    AgentRestored: lambda zone, event: zone.returns.restore(event.agent),
    DirectoryChanged: Zone._on_directory_changed,
    ZoneClosing: Zone._on_closing,
    GraceOver: Zone._on_grace_over,
}


_TIMERS: dict[Timer, Callable[[Zone, Any], None]] = {
    Timer.PACE: Zone._on_tick,
    Timer.QUEUE: lambda zone, session: zone.dialer.on_queue_timeout(session),
    Timer.RING: Zone._on_ring_timeout,
    Timer.PREVIEW: lambda zone, session: zone.calls.on_preview_timeout(session),
    Timer.CALL: Zone._on_call_timeout,
    Timer.WRAPUP: lambda zone, session: zone.calls.on_wrapup_timeout(session),
    Timer.CALLBACK: lambda zone, callback: zone.deliveries.on_notice(callback),
    Timer.DUE: lambda zone, callback: zone.deliveries.on_due(callback),
    Timer.EXPIRY: lambda zone, callback: zone.deliveries.on_expiry(callback),
    Timer.CONSULT: lambda zone, session: zone.consults.on_pending_timeout(session),
    Timer.PARTY: lambda zone, asked: zone.consults.on_party_timeout(asked),
    Timer.NAIL: lambda zone, agent: zone.nailer.on_failed(agent),
    Timer.RENAIL: lambda zone, agent: zone.out.free(agent),
    Timer.UNNAIL: lambda zone, agent: zone.nailer.on_dropped(agent),
    Timer.ORPHAN: lambda zone, agent_id: zone.returns.drop_saved(agent_id),
    Timer.ORDER: Zone._on_order_timeout,
    Timer.ENDING: lambda zone, leg_id: zone.remedies.on_ending_timeout(leg_id),
    Timer.SILENT: Zone._on_silence,
    Timer.LOST: Zone._on_desktop_lost_for_good,
    Timer.ERRAND: lambda zone, errand: zone.connectors.end(errand, is_done=False),
}
"""What a timer does to whom it is of; BLEND is the blender's around the zone."""
