"""Keeps the phones of willing agents nailed up while there is work for them, and lets them go."""

from agentmgr.core.agent import Agent
from agentmgr.core.callbacks import Callbacks
from agentmgr.core.callflow import CallFlow
from agentmgr.core.consults import Consults
from agentmgr.core.effects import DropNail, NailUp
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Job
from agentmgr.core.states import NailEvent
from protocol.enums import CallState, NailupStatus
from protocol.notifications import AGTAutoReleaseLine, AGTJobAttached

DROP_TIMEOUT_S = 10.0
"""How long the switch may take to confirm that a nailing call is dropped."""


class Nailer:
    """The nailing of all agents in a zone; see NAIL_TABLE for what leads where."""

    def __init__(self, floor: Floor, calls: CallFlow, consults: Consults, callbacks: Callbacks) -> None:
        self._floor = floor
        self._out = floor.out
        self._calls = calls
        self._consults = consults
        self._callbacks = callbacks
        self._legs: dict[str, Agent] = {}

    def consider(self, agent: Agent) -> None:
        """Begin to nail the agent up if it wants work and a running job wants its skill."""
        if not agent.wants_nailing or self._floor.telephony_is_down:
            return
        self.detach(agent)
        job = self._floor.choose_job(agent)
        if job is None:
            return
        agent.on_nail_event(NailEvent.CHOSEN, self._out.now)
        job.attach(agent)
        self._out.set_timer((Timer.NAIL, agent.agent_id), self._floor.config.nail_timeout_s)

    def call_phone(self, agent: Agent) -> None:
        """The desktop is prepared: call the agent's phone. A repeated wish does not call twice."""
        if agent.leg_id:
            return
        agent.leg_id = self._floor.ids.new_line(agent.agent_id)
        self._legs[agent.leg_id] = agent
        self._out.emit(NailUp(agent.leg_id, agent.agent_id, agent.extension))
        self._out.set_timer((Timer.NAIL, agent.agent_id), self._floor.config.nail_timeout_s)

    def on_answered(self, leg_id: str) -> None:
        """The phone took the nailing call."""
        agent = self._legs.get(leg_id)
        if agent is None or agent.nailup_status is not NailupStatus.PendingNailUp:
            self._out.emit(DropNail(leg_id))
            return
        self._out.cancel_timer((Timer.NAIL, agent.agent_id))
        agent.on_nail_event(NailEvent.ANSWERED, self._out.now)
        if agent.job is not None:
            self._out.tell(agent, AGTJobAttached(agent.job.campaign.name))
        agent.sync()
        self._out.free(agent)

    def on_failed(self, agent: Agent) -> None:
        """The phone was not answered, or the desktop never became ready: try again later."""
        if agent.nailup_status is not NailupStatus.PendingNailUp:
            return
        self._forget_leg(agent, hang_up=True)
        self._out.cancel_timer((Timer.NAIL, agent.agent_id))
        self._give_up(agent)
        self._out.set_timer((Timer.RENAIL, agent.agent_id), self._floor.config.nail_retry_s)

    def on_leg_failed(self, leg_id: str) -> None:
        """The switch could not reach the phone."""
        agent = self._legs.get(leg_id)
        if agent is not None:
            self.on_failed(agent)

    def on_ended(self, leg_id: str) -> None:
        """A nailing call is over, as ordered or by loss."""
        agent = self._legs.get(leg_id)
        if agent is None:
            return
        if agent.nailup_status is NailupStatus.PendingNailUpDrop:
            self.on_dropped(agent)
        elif agent.is_nailed:
            self.lose(agent, unasked=True)
        else:
            self.on_failed(agent)

    def lose(self, agent: Agent, *, unasked: bool) -> None:
        """The line of a nailed agent is gone; a contact goes to wrapup, another try follows later.

        `unasked` says that the desktop does not know of it and gets the wrapup's details from here.
        """
        self._forget_leg(agent, hang_up=True)
        was_in_wrapup = agent.call_state is CallState.Wrapup
        session = agent.session
        if session is not None and session.owner is agent:
            self._calls.hang_up(session)
        agent.on_nail_event(NailEvent.LOST, self._out.now)
        if session is not None and session.owner is not agent:
            self._consults.end(session, by=agent)
        session = agent.session
        if session is not None and not was_in_wrapup:
            if unasked:
                self._out.tell(agent, AGTAutoReleaseLine(session.wrapup_details(), session.sid))
            self._calls.on_line_lost(session)
        agent.sync()
        self.refuse_pending(agent)
        if agent.is_free:
            self.detach(agent)
        self._out.set_timer((Timer.RENAIL, agent.agent_id), self._floor.config.nail_retry_s)

    def adopt(self, agent: Agent, leg_id: str, job: Job | None) -> None:
        """Take over a nailing call that outlived the server."""
        agent.leg_id = leg_id
        self._legs[leg_id] = agent
        job = job or self._floor.choose_job(agent)
        if job is not None:
            job.attach(agent)

    def release(self, agent: Agent) -> None:
        """Let the phone of a free agent go; what follows the drop is decided when it is done."""
        if agent.nailup_status is NailupStatus.PendingNailUp:
            self._forget_leg(agent, hang_up=True)
            self._out.cancel_timer((Timer.NAIL, agent.agent_id))
            self._give_up(agent)
            self._out.free(agent)
        elif agent.is_nailed:
            agent.take_off_duty()
            self.refuse_pending(agent)
            agent.on_nail_event(NailEvent.DROP_ORDERED, self._out.now)
            self._out.emit(DropNail(agent.leg_id))
            self._out.set_timer((Timer.UNNAIL, agent.agent_id), DROP_TIMEOUT_S)

    def on_dropped(self, agent: Agent) -> None:
        """The nailing call is gone as ordered, or the switch did not say so in time."""
        if agent.nailup_status is not NailupStatus.PendingNailUpDrop:
            return
        self._forget_leg(agent, hang_up=False)
        self._out.cancel_timer((Timer.UNNAIL, agent.agent_id))
        self.detach(agent)
        agent.on_nail_event(NailEvent.DROPPED, self._out.now)
        agent.sync()
        self._out.free(agent)

    def move(self, agent: Agent) -> None:
        """A free agent, nailed or about to be, needs another job: attach it to one, or let its phone go."""
        self.refuse_pending(agent)
        self.detach(agent)
        job = self._floor.choose_job(agent)
        if job is None:
            self.release(agent)
        else:
            self.transfer(agent, job)

    def transfer(self, agent: Agent, job: Job) -> None:
        """Let a free agent, nailed or about to be, work for another job; its phone stays as it is."""
        self.detach(agent)
        job.attach(agent)
        agent.touch()
        if agent.is_nailed:
            self._out.tell(agent, AGTJobAttached(job.campaign.name))

    def go_home(self, agent: Agent) -> None:
        """An agent that was lent for a callback is free again: it goes back, if its job still runs."""
        home, agent.home = agent.home, None
        if home is not None and home.is_running and home.accepts(agent):
            self.detach(agent)
            home.attach(agent)
            self._out.tell(agent, AGTJobAttached(home.campaign.name))

    def abandon(self, agent: Agent) -> None:
        """Forget an agent that is not logged on any more; its line is dropped unasked."""
        self.refuse_pending(agent)
        self._forget_leg(agent, hang_up=True)
        self.detach(agent)
        for purpose in (Timer.NAIL, Timer.RENAIL, Timer.UNNAIL):
            self._out.cancel_timer((purpose, agent.agent_id))

    def scrap(self, agent: Agent) -> None:
        """Forget an agent, whatever was being done with it when a rule failed."""
        self._forget_leg(agent, hang_up=True)
        self.detach(agent)

    def find(self, leg_id: str) -> Agent | None:
        """Return the agent whose nailing call it is."""
        return self._legs.get(leg_id)

    def refuse_pending(self, agent: Agent) -> None:
        """Nothing that waits for the agent can be done by it any more; a pending break need not wait."""
        self._consults.refuse_pending(agent)
        self._callbacks.withdraw(agent)
        agent.rest(self._out.now)

    def detach(self, agent: Agent) -> None:
        """Take the agent out of its job."""
        if agent.job is not None:
            agent.job.detach(agent)

    def _give_up(self, agent: Agent) -> None:
        self.detach(agent)
        agent.on_nail_event(NailEvent.GIVEN_UP, self._out.now)
        agent.sync()

    def _forget_leg(self, agent: Agent, *, hang_up: bool) -> None:
        if agent.leg_id:
            if hang_up:
                self._out.emit(DropNail(agent.leg_id))
            self._legs.pop(agent.leg_id, None)
            agent.leg_id = ""
