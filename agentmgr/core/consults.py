"""Consult, transfer and conference: a second party beside the customer (agent API, section 7)."""

from agentmgr.core.agent import Agent
from agentmgr.core.attempts import RING_GRACE_S
from agentmgr.core.effects import Connect, Consult, Dial, HangUp
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.session import Consultation, Session
from agentmgr.core.states import CallEvent, ConsultEvent, ConsultPhase
from protocol.enums import DialFailReason
from protocol.notifications import (
    AGTConferenceEnded,
    AGTConferenceNotify,
    AGTConferenceOwnershipChanged,
    AGTConsultCancelled,
    AGTConsultDialFailed,
    AGTConsultNotify,
    AGTConsultPending,
    AGTEnableCancelConsult,
    AGTPendingConsultComplete,
    AGTTransferNotify,
)

MAX_PENDING_CONSULTS = 2


class Consults:
    """The consultations of a zone; a session has one at most."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._out = floor.out
        self._parties: dict[str, Consultation] = {}

    def find(self, party_id: str) -> Consultation | None:
        """Return the consultation of an external party."""
        return self._parties.get(party_id)

    # -- beginning ---------------------------------------------------------------------------

    def ask_idle(self, session: Session, asker: Agent, agent: Agent) -> None:
        """Consult an agent who has nothing to do."""
        consultation = Consultation(session, asker, agent)
        session.consultation = consultation
        self._join(consultation, agent)
        asker.on_call_event(CallEvent.CONSULTED, self._out.now)
        asker.sync()
        self._enable_cancel(consultation)

    def ask_busy(self, session: Session, asker: Agent, agent: Agent) -> None:
        """Let a consult wait until the agent is free; `announce` tells that agent, after the answer."""
        consultation = Consultation(session, asker, agent, ConsultPhase.PENDING)
        session.consultation = consultation
        agent.pending_consults.append(consultation)
        self._enable_cancel(consultation)
        self._out.set_timer((Timer.CONSULT, session.sid), self._floor.config.consult_wait_s)

    def announce(self, session: Session, agent: Agent) -> None:
        """Tell a busy agent that a consult waits."""
        asker = session.owner
        assert asker is not None
        self._out.tell(
            agent,
            AGTConsultPending(asker.spec.name, asker.agent_id, session.job.campaign.name, session.sid),
        )

    def ask_external(self, session: Session, asker: Agent, number: str) -> None:
        """Dial somebody outside."""
        party_id = self._floor.ids.new_party()
        consultation = Consultation(session, asker, None, ConsultPhase.DIALING, party_id)
        session.consultation = consultation
        self._parties[party_id] = consultation
        self._enable_cancel(consultation)
        ring_time_s = session.job.campaign.ring_time_s
        self._out.emit(Dial(party_id, number, ring_time_s))
        self._out.set_timer((Timer.PARTY, party_id), ring_time_s + RING_GRACE_S)

    def start_pending(self, agent: Agent) -> bool:
        """Begin the consult that has waited longest for an agent who is free now; False if none waits."""
        if not agent.pending_consults or not agent.can_be_consulted_now:
            return False
        consultation = agent.pending_consults.popleft()
        session, asker = consultation.session, consultation.asker
        self._out.cancel_timer((Timer.CONSULT, session.sid))
        consultation.on_event(ConsultEvent.BEGUN)
        self._join(consultation, agent)
        self._out.tell(asker, AGTPendingConsultComplete(session.sid))
        asker.on_call_event(CallEvent.CONSULTED, self._out.now)
        asker.sync()
        return True

    def _join(self, consultation: Consultation, agent: Agent) -> None:
        session = consultation.session
        agent.take_off_duty()
        consultation.party_id = agent.leg_id
        session.seat(agent)
        self._out.emit(Consult(session.sid, agent.leg_id))
        self._floor.sound(session, consultation.asker, agent)
        contact = session.to_contact()
        self._out.tell(agent, AGTConsultNotify(contact, consultation.asker.agent_id, session.sid))
        agent.on_call_event(CallEvent.CONSULTED, self._out.now)
        agent.sync()

    def _enable_cancel(self, consultation: Consultation) -> None:
        consultation.cancellable = True
        consultation.asker.touch()
        self._out.tell(consultation.asker, AGTEnableCancelConsult(consultation.session.sid))
        consultation.asker.sync()

    # -- the external party -----------------------------------------------------------------------

    def on_party_answered(self, party_id: str) -> bool:
        """The external party took the call; False if nobody knows of it."""
        consultation = self._parties.get(party_id)
        if consultation is None or consultation.phase is not ConsultPhase.DIALING:
            return consultation is not None
        self._out.cancel_timer((Timer.PARTY, party_id))
        consultation.on_event(ConsultEvent.BEGUN)
        self._out.emit(Consult(consultation.session.sid, party_id))
        self._floor.sound(consultation.session, consultation.asker, party_id)
        consultation.asker.on_call_event(CallEvent.CONSULTED, self._out.now)
        return True

    def on_party_failed(self, party_id: str, reason: DialFailReason) -> None:
        """The external party was not reached; the agent goes on talking to the customer."""
        consultation = self._parties.get(party_id)
        if consultation is not None and consultation.phase is ConsultPhase.DIALING:
            self._fail(consultation, reason)

    def on_party_ended(self, party_id: str) -> None:
        """The external party hung up."""
        consultation = self._parties.get(party_id)
        if consultation is not None and consultation.is_established:
            self.end(consultation.session, by=None)

    def on_party_timeout(self, consultation: Consultation) -> None:
        """The switch did not say in time what became of the external party."""
        self._out.emit(HangUp(consultation.party_id))
        self.on_party_failed(consultation.party_id, DialFailReason.NoAnswer)

    def on_pending_timeout(self, session: Session) -> None:
        """The busy agent did not become free in time."""
        consultation = session.consultation
        if consultation is not None and consultation.phase is ConsultPhase.PENDING:
            self._drop_pending(consultation, by=consultation.asker)
            self._fail(consultation, DialFailReason.NoAnswer)

    def refuse_pending(self, agent: Agent) -> None:
        """The agent cannot be consulted any more: those who wait for it are told."""
        while agent.pending_consults:
            self.refuse(agent.pending_consults[0])

    def refuse(self, consultation: Consultation) -> None:
        """The agent who is waited for will not come."""
        self._drop_pending(consultation, by=consultation.asker)
        self._fail(consultation, DialFailReason.Rejected)

    def _fail(self, consultation: Consultation, reason: DialFailReason) -> None:
        asker, session = consultation.asker, consultation.session
        self._forget(consultation)
        self._out.tell(asker, AGTConsultDialFailed(reason, session.sid))
        asker.tell_call_state_again()

    # -- ending -------------------------------------------------------------------------------

    def end(self, session: Session, by: Agent | None) -> None:
        """End the consult or conference; `by` is the agent who wants it, None if the other party left.

        The owner keeps the customer; whoever did not want it is told.
        """
        consultation, owner = session.consultation, session.owner
        assert consultation is not None
        assert owner is not None
        passive = consultation.agent
        phase = self._forget(consultation)
        if phase is ConsultPhase.PENDING:
            self._drop_pending(consultation, by)
            owner.tell_call_state_again()
            return
        was_conference = phase is ConsultPhase.CONFERENCE
        if phase is not ConsultPhase.DIALING:
            # before anybody is parted, so that whoever leaves hears it too
            other = passive or (consultation.party_id if by is not None else None)
            self._floor.sound(session, owner, other, customer=was_conference or by is not owner)
        if passive is None:
            self._out.emit(HangUp(consultation.party_id))
        if phase is ConsultPhase.DIALING:
            owner.tell_call_state_again()
            return
        self._out.emit(Connect(session.sid, owner.leg_id))
        if by is owner:
            if passive is not None:
                self._tell_end(passive, session, by, was_conference)
                self._part(session, passive)
            self._back_to_customer(owner, was_conference)
        else:
            self._tell_end(owner, session, by, was_conference)
            self._back_to_customer(owner, was_conference)
            if passive is not None:
                self._part(session, passive)

    def on_not_joined(self, session: Session) -> None:
        """The switch could not bring the other party in: both are told, the owner keeps the customer."""
        consultation, owner = session.consultation, session.owner
        assert consultation is not None
        assert owner is not None
        was_conference = self._forget(consultation) is ConsultPhase.CONFERENCE
        passive = consultation.agent
        if passive is None:
            self._out.emit(HangUp(consultation.party_id))
        self._out.emit(Connect(session.sid, owner.leg_id))
        if was_conference:
            self._tell_end(owner, session, None, was_conference)
        else:
            self._out.tell(owner, AGTConsultDialFailed(DialFailReason.TelephonyDown, session.sid))
        self._back_to_customer(owner, was_conference)
        if passive is not None:
            self._tell_end(passive, session, owner, was_conference)
            self._part(session, passive)

    def dissolve(self, session: Session) -> None:
        """The owner is out of the call: nothing is left for anybody else; the owner's states stay."""
        consultation = session.consultation
        if consultation is None:
            return
        phase = self._forget(consultation)
        if phase is ConsultPhase.PENDING:
            self._drop_pending(consultation, consultation.asker)
        elif consultation.agent is None:
            self._out.emit(HangUp(consultation.party_id))
        else:
            self._tell_end(consultation.agent, session, None, phase is ConsultPhase.CONFERENCE)
            self._part(session, consultation.agent)

    def _tell_end(self, agent: Agent, session: Session, by: Agent | None, was_conference: bool) -> None:
        if was_conference:
            self._out.tell(agent, AGTConferenceEnded(session.sid))
        else:
            self._out.tell(agent, AGTConsultCancelled(by.agent_id if by else "", session.sid))

    def _part(self, session: Session, passive: Agent) -> None:
        session.unseat(passive)
        if not passive.is_free:  # else its line was lost, and it with it
            passive.on_call_event(CallEvent.LEFT, self._out.now)
        passive.sync()
        passive.rest(self._out.now)
        self._out.free(passive)

    def _back_to_customer(self, owner: Agent, was_conference: bool) -> None:
        event = CallEvent.CONFERENCE_ENDED if was_conference else CallEvent.CONSULT_ENDED
        owner.on_call_event(event, self._out.now)
        owner.sync()

    def _drop_pending(self, consultation: Consultation, by: Agent | None) -> None:
        agent, session = consultation.agent, consultation.session
        assert agent is not None
        agent.pending_consults.remove(consultation)
        self._out.tell(agent, AGTConsultCancelled(by.agent_id if by else "", session.sid))
        agent.rest(self._out.now)

    def _forget(self, consultation: Consultation) -> ConsultPhase:
        """End a consultation; returns how far it was."""
        session, phase = consultation.session, consultation.phase
        consultation.on_event(ConsultEvent.ENDED)
        session.consultation = None
        consultation.asker.touch()
        self._out.cancel_timer((Timer.CONSULT, session.sid))
        if consultation.agent is None:
            self._parties.pop(consultation.party_id, None)
            self._out.cancel_timer((Timer.PARTY, consultation.party_id))
        return phase

    # -- after a fault -----------------------------------------------------------------------------

    def scrap(self, consultation: Consultation) -> None:
        """Forget a consultation, whatever was being done with it."""
        session, agent = consultation.session, consultation.agent
        if session.consultation is consultation:
            session.consultation = None
        if consultation.phase is not ConsultPhase.OVER:
            consultation.on_event(ConsultEvent.ENDED)
        if agent is not None:
            if consultation in agent.pending_consults:
                agent.pending_consults.remove(consultation)
        elif self._parties.pop(consultation.party_id, None) is not None:
            self._out.emit(HangUp(consultation.party_id))
            self._out.cancel_timer((Timer.PARTY, consultation.party_id))

    def dismiss(self, session: Session, party: Agent, phase: ConsultPhase) -> None:
        """Let the agent go who was waited for, consulted, or in the conference."""
        self._tell_end(party, session, None, phase is ConsultPhase.CONFERENCE)
        if party.session is session:
            self._part(session, party)
        else:
            party.rest(self._out.now)

    def go_on_alone(self, session: Session, owner: Agent, party: Agent, phase: ConsultPhase) -> None:
        """Give the customer back to the owner, whose second party is gone."""
        self._out.emit(Connect(session.sid, owner.leg_id))
        self._tell_end(owner, session, party, phase is ConsultPhase.CONFERENCE)
        self._back_to_customer(owner, phase is ConsultPhase.CONFERENCE)

    # -- handing over -------------------------------------------------------------------------

    def transfer(self, session: Session, owner: Agent, agent: Agent) -> None:
        """The consulted agent, who has the customer now, becomes the owner of the contact."""
        consultation = session.consultation
        assert consultation is not None
        self._floor.sound(session, owner, agent, customer=True)
        consultation.on_event(ConsultEvent.ENDED)
        session.consultation = None
        session.owner = agent
        self._out.tell(agent, AGTTransferNotify(session.to_contact(), session.sid))
        agent.on_call_event(CallEvent.TOOK_OVER, self._out.now)
        agent.sync()
        session.unseat(owner)
        owner.on_call_event(CallEvent.HANDED_OVER, self._out.now)
        owner.sync()
        owner.rest(self._out.now)
        self._out.free(owner)

    def start_conference(self, session: Session, owner: Agent) -> None:
        """Customer, owner and consulted party are together."""
        consultation = session.consultation
        assert consultation is not None
        consultation.on_event(ConsultEvent.CONFERRED)
        if consultation.agent is not None:
            self._out.tell(consultation.agent, AGTConferenceNotify(session.to_contact(), session.sid))
            consultation.agent.on_call_event(CallEvent.CONFERENCE_JOINED, self._out.now)
            consultation.agent.sync()
        owner.on_call_event(CallEvent.CONFERENCE_OWNED, self._out.now)

    def change_owner(self, session: Session, owner: Agent, agent: Agent) -> None:
        """Give the conference to its passive agent."""
        consultation = session.consultation
        assert consultation is not None
        self._floor.sound(session, owner, agent, customer=True)
        session.owner = consultation.asker = agent
        consultation.agent = owner
        consultation.party_id = owner.leg_id
        self._out.tell(agent, AGTConferenceOwnershipChanged(session.to_contact(), session.sid))
        agent.on_call_event(CallEvent.OWNERSHIP_TAKEN, self._out.now)
        agent.sync()
        owner.on_call_event(CallEvent.OWNERSHIP_GIVEN, self._out.now)
