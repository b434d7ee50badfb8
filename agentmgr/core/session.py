"""A contact being worked on: from its claim to its completion code, under one session id."""

from typing import TYPE_CHECKING

from attrs import Factory, define

from agentmgr.core.model import CallbackSpec, ContactSpec, DialCheck, PhoneNumber
from agentmgr.core.numbers import region_of
from agentmgr.core.states import (
    CONSULT_TABLE,
    CUSTOMER_TABLE,
    ConsultEvent,
    ConsultPhase,
    CustomerEvent,
    Phase,
    step,
)
from agentmgr.core.times import format_time
from protocol.enums import ContactType, DialFailReason
from protocol.structures import CompletionCode, Contact, ContactNumber, WrapupDetails

if TYPE_CHECKING:
    from agentmgr.core.agent import Agent
    from agentmgr.core.job import Job


@define(eq=False)
class Consultation:
    """A second party to a session: an agent of the same job, or an external one (`agent` is None).

    `asker` is the session's owner; `party_id` is the switch's name of the other party's line.
    """

    session: "Session"
    asker: "Agent"
    agent: "Agent | None"
    phase: ConsultPhase = ConsultPhase.ACTIVE
    party_id: str = ""
    cancellable: bool = False

    @property
    def is_established(self) -> bool:
        """Whether both sides are on the line."""
        return self.phase in (ConsultPhase.ACTIVE, ConsultPhase.CONFERENCE)

    def on_event(self, event: ConsultEvent) -> None:
        """Change the phase; nothing else does."""
        self.phase = step(CONSULT_TABLE, self.phase, event)


@define(eq=False)
class Session:
    """A contact at work: the attempts at it, each with one dial at most.

    `sid` is the session id on the wire and the call's id at the switch, `attempt_id` the key of the present
    attempt in the store, the first one's is `sid`. Of that attempt `dial_wanted` says that it is the dial's,
    `dialed` that the switch was told to, `reached` that a person answered; `answered_at` is when one first
    did in the session; `check` is that of the latest dial.
    `wrapup_ends_at` is when a wrapup with a limit ends, epoch seconds.
    """

    sid: str
    job: "Job"
    contact: ContactSpec
    contact_type: ContactType
    number: PhoneNumber
    phase: Phase = Phase.OFF_LINE
    owner: "Agent | None" = None
    dialed_at: float = 0.0
    answered_at: float | None = None
    owned_at: float = 0.0
    fail_reason: DialFailReason | None = None
    extensions_left: int = 0
    wrapup_ends_at: float | None = None
    consultation: Consultation | None = None
    callback: CallbackSpec | None = None
    ends_callback: bool = True
    callback_count: int = 0
    declined: bool = False
    attempt_id: str = Factory(lambda self: self.sid, takes_self=True)
    dial_wanted: bool = False
    dialed: bool = False
    reached: bool = False
    check: DialCheck = DialCheck()
    is_timed: bool = Factory(
        lambda self: self.is_offered and self.job.campaign.preview_is_timed, takes_self=True
    )
    dials: int = 0
    written: bool = False
    over: bool = False

    @property
    def is_offered(self) -> bool:
        """Whether an agent sees the contact before it is dialled."""
        return self.contact_type in (ContactType.Preview, ContactType.Callback)

    @property
    def attempts(self) -> int:
        """The attempts at the contact in its job, this one too if it was not refused before being dialled."""
        refused = self.fail_reason is not None and not self.dials and self.answered_at is None
        return self.contact.attempts + (not refused)

    def on_customer_event(self, event: CustomerEvent) -> None:
        """Change where the customer is, and the job's lines that nobody owns; nothing else does."""
        self.phase = step(CUSTOMER_TABLE, self.phase, event)
        self._list()
        self.job.note(self.job)

    def own(self, agent: "Agent", now: float) -> None:
        """Give the contact to an agent; from now on its line is the agent's affair."""
        self.owner = agent
        self.owned_at = now
        self._list()
        self.seat(agent)
        self.job.estimates.saw_contact(now)

    def seat(self, agent: "Agent") -> None:
        """Let an agent take part: the owner, or whoever is consulted."""
        agent.session = self
        self.job.busy += 1
        self.job.note(self.job)

    def unseat(self, agent: "Agent") -> None:
        """Let an agent take part no more; its states stay."""
        agent.session = None
        self.job.busy -= 1
        self.job.note(self.job)

    def _list(self) -> None:
        """List the line among those of its job that nobody owns; one that was checked rings at its place."""
        job, phase = self.job, self.phase if self.owner is None else Phase.OFF_LINE
        if phase is Phase.CHECKING or phase is Phase.RINGING:
            job.stats.dialing += self.sid not in job.ringing
            job.ringing[self.sid] = self
        elif job.ringing.pop(self.sid, None) is not None:
            job.stats.dialing -= 1
            if self.dialed:
                job.estimates.saw_line_leave(self.dialed_at)
        if phase is Phase.WAITING:
            job.stats.waiting += self.sid not in job.waiting
            job.waiting[self.sid] = self
        elif job.waiting.pop(self.sid, None) is not None:
            job.stats.waiting -= 1

    def to_contact(self) -> Contact:
        """Return what a desktop learns when the contact arrives."""
        campaign = self.job.campaign
        offered, timed = self.is_offered, self.is_timed
        return Contact(
            contact_id=self.contact.user_contact_id,
            campaign_name=campaign.name,
            contact_type=self.contact_type,
            contact_numbers=tuple(
                ContactNumber(
                    name=number.name,
                    number=number.number,
                    is_default=number.number == self.number.number,
                    wireless=number.wireless,
                    timezone=number.timezone,
                )
                for number in self.contact.numbers
            ),
            default_number=self.number.number,
            script_url=campaign.script_url,
            script_failover_url=campaign.script_failover_url,
            skillset_id=campaign.skill,
            skillset_name=campaign.skill,
            timed=timed,
            timeout=campaign.preview_timeout_s if timed else 0,
            can_dial=offered,
            can_cancel=offered,
            can_reschedule=self.callback is not None,
            callback_notes=self.callback.notes if self.callback else "",
            expiry_time=format_time(self.callback.expires_at) if self.callback else "",
            can_enter_free_form_number=offered and campaign.allow_free_form,
            contact_list_id=str(self.contact.list_id),
            contact_list_name=self.contact.list_name,
        )

    @property
    def country(self) -> str | None:
        """Return the ISO region of numbers written without country code: the contact's, its list's, ..."""
        own = (region_of(number.number) for number in self.contact.numbers)
        known = (*own, self.contact.list_country, self.job.campaign.country)
        return next((region for region in known if region), None)

    @property
    def is_extendable(self) -> bool:
        """Whether the wrapup has a limit that the agent may still put off."""
        return self.extensions_left > 0 and self.job.campaign.acw_max_time_s > 0

    def wrapup_details(self) -> WrapupDetails:
        """Return how long the wrapup may take and what it ends with by itself."""
        campaign = self.job.campaign
        code = self.job.codes[campaign.default_code_id]
        return WrapupDetails(
            acw_max_time=campaign.acw_max_time_s,
            acw_extendable=self.is_extendable,
            default_comp_code=CompletionCode(code.code_id, code.name),
        )
