"""What the core knows of the world: agents, campaigns, jobs and contacts as values."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Any

from attrs import evolve, field, frozen

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.tasks import FIRST_TASK, START, Course, Step, Task
from agentmgr.fields import SECONDS, setting, whole_number, yes_or_no
from protocol.enums import (
    AgentState,
    AttributeType,
    CallbackType,
    CallState,
    ContactType,
    DialFailReason,
    PacingType,
)
from protocol.structures import AgentSkill


@frozen
class AgentSpec:
    """An agent as the store knows it; without an organisation it works for all of them."""

    agent_id: str
    name: str
    skills: tuple[AgentSkill, ...]
    organisation: str = ""

    def works_for(self, organisation: str) -> bool:
        """Tell whether the agent may work on what is an organisation's, or everybody's."""
        return not organisation or self.organisation in ("", organisation)


USER_CONTACT_ID = "UserContactId"
"""The attribute that is a contact's id in its list."""
PHONE_ZONE_ATTRIBUTES: Mapping[str, str] = {"PhoneNumber1": "TimeZone", "PhoneNumber2": "PhoneNumber2Tz"}
"""The telephone numbers that every contact can have, each with the attribute that is its time zone.

Whatever else is an attribute of type phone is a number of the contact too; its time zone is no attribute.
"""


def place_in_turn(phone: str) -> tuple[bool, str]:
    """Return what a contact's numbers are sorted by: those that every contact can have come first."""
    return phone not in PHONE_ZONE_ATTRIBUTES, phone


def country_code_attribute(phone: str) -> str:
    """Return the attribute that is the country code of a telephone number."""
    return f"{phone}CtryCode"


@frozen
class PhoneNumber:
    """A telephone number of a contact: E.164 with the plus sign, and where it is.

    `timezone` has the IANA names of all zones that it may be in, joined by commas; empty if not known.
    """

    name: str
    number: str
    timezone: str = "UTC"
    wireless: bool = False


DATA_TYPES = ("string", "integer", "float", "boolean", "date", "phone")


def number_attributes(number: PhoneNumber, calling_code: int) -> dict[str, str]:
    """Return a contact's attributes that follow from one of its numbers."""
    zone = PHONE_ZONE_ATTRIBUTES.get(number.name)
    if zone is None:
        return {number.name: number.number}
    return {
        number.name: number.number,
        country_code_attribute(number.name): str(calling_code),
        zone: number.timezone,
    }


@frozen
class AttributeSpec:
    """An attribute that contacts have; `data_type` is one of `DATA_TYPES`.

    `display_name` is what people call it, empty if they say `name`; only the users of its `organisation` know
    it, all if that is empty.
    """

    name: str
    data_type: str = "string"
    attribute_type: AttributeType = AttributeType.WRITE
    display_name: str = ""
    organisation: str = ""

    @property
    def masked(self) -> bool:
        """Whether desktops hide its value."""
        return self.attribute_type is AttributeType.MASKED_WRITE


class Priority(IntEnum):
    """Which of the contacts that are due are fetched first."""

    HIGH = 0
    MEDIUM = 1
    LOW = 2


@frozen
class ContactSpec:
    """A contact claimed for a job; `attempts` counts those made in this job so far.

    `list_country` is the ISO region of numbers that its list has without country code, empty if not known.
    `phone` is the name of the number to be dialled next, empty for the first one; `left_out` are the numbers
    that are of no use in this job, E.164; `due_at` is since when it is due, 0 if it was never given back.
    `course` is how far it is in its campaign's strategy.
    """

    contact_id: int
    user_contact_id: str
    list_id: int
    list_name: str
    numbers: tuple[PhoneNumber, ...]
    attributes: Mapping[str, str]
    notes: tuple[str, ...] = ()
    attempts: int = 0
    list_country: str = ""
    phone: str = ""
    left_out: frozenset[str] = frozenset()
    due_at: float = 0.0
    course: Course = START
    priority: Priority = Priority.MEDIUM

    @property
    def next_number(self) -> PhoneNumber | None:
        """The number to be dialled next: `phone`, or what comes after it in turn; None if none is of use."""
        if self.numbers and not self.phone and not self.left_out:
            return self.numbers[0]  # of nearly all contacts, several times before each dial
        names = [number.name for number in self.numbers]
        at = names.index(self.phone) if self.phone in names else 0
        in_turn = (*self.numbers[at:], *self.numbers[:at])
        return next((number for number in in_turn if number.number not in self.left_out), None)

    def after(self, dialed: PhoneNumber) -> "ContactSpec":
        """Return the contact with the number as its next that comes in turn after one that was dialled.

        The same again if no other one is of use; nothing changes if the contact has it not.
        """
        numbers = [number.number for number in self.numbers]
        if dialed.number not in numbers:
            return self
        at = numbers.index(dialed.number)
        in_turn = (*self.numbers[at + 1 :], *self.numbers[: at + 1])
        of_use = [number for number in in_turn if number.number not in self.left_out]
        others = [number for number in of_use if number.number != dialed.number]
        return evolve(self, phone=(*others, *of_use)[0].name) if of_use else self

    def without(self, number: PhoneNumber) -> "ContactSpec":
        """Return the contact with a number left out for the rest of its job."""
        return evolve(self, left_out=self.left_out | {number.number})

    def with_number(self, number: PhoneNumber, calling_code: int) -> "ContactSpec":
        """Return the contact with another number of that name, and all attributes that follow from it."""
        others = (each for each in self.numbers if each.name != number.name)
        follows = number_attributes(number, calling_code)
        return evolve(
            self,
            numbers=tuple(sorted((*others, number), key=lambda each: place_in_turn(each.name))),
            attributes={**self.attributes, **follows},
        )


@frozen
class CallbackSpec:
    """A callback to be delivered by a job of `campaign_id`; times in epoch seconds.

    `agent_id` is the preferred agent of an Agent callback, else empty. `contact.attempts` is 0: a
    callback has its own life beside the job's attempts.
    """

    callback_id: str
    callback_type: CallbackType
    campaign_id: int
    agent_id: str
    contact: ContactSpec
    number: PhoneNumber
    due_at: float
    expires_at: float
    notes: str = ""
    moved_in: int = 0
    """The version of its campaign in which a supervisor last moved it; 0 if nobody did."""
    made_in: int = 0
    """The version of its campaign in which it was made from outside the zones; 0 if an agent made it."""


@frozen
class SavedSession:
    """The contact that a saved agent owned when its server died.

    `attempt_id` is the attempt it was at, `reached` whether a person had answered that one, `answered_at`
    when one had first in the session. `is_live` says that the switch still has the customer on the line.
    `callback_id` is the callback that ends with the contact, empty if none; `callback_count` says how many
    the contact was given.
    """

    sid: str
    attempt_id: str
    job_id: int
    contact: ContactSpec
    contact_type: ContactType
    number: PhoneNumber
    answered_at: float | None
    reached: bool = True
    callback_id: str = ""
    callback_count: int = 0
    is_live: bool = False


@frozen
class Place:
    """What else an agent goes on with, beside its states, its line and its contact.

    `has_asked` says that its desktop sent AGTSaveAgentForHA; `blend` is the name of a `Blend`; `job_id` the
    job that it is attached to and `placed_job_id` the one that a supervisor wants it in, 0 for none. Of an
    owned contact `wrapup_ends_at` is when a wrapup with a limit ends, epoch seconds.
    """

    reason_name: str = ""
    name: str = ""
    timezone: str = "UTC"
    has_asked: bool = True
    is_leaving: bool = False
    blend: str = "OUTBOUND"
    is_available: bool = True
    job_id: int = 0
    placed_job_id: int = 0
    wrapup_ends_at: float | None = None
    extensions_left: int = 0


@frozen
class SavedAnswer:
    """The RESP that a command of an agent was given, `number` counting them since its logon."""

    number: int
    request_id: int
    command: Any
    response: Any


@frozen
class SavedAgent:
    """An agent whose state outlives a crash, as the store has it.

    `leg_id` is its nailing leg, empty if there was none or the switch does not have it any more.
    """

    agent_id: str
    agent_state: AgentState
    call_state: CallState
    reason_code: str
    leg_id: str
    session: SavedSession | None
    extension: str = ""
    skills: str = "{}"
    place: Place = Place()
    answers: tuple[SavedAnswer, ...] = ()


@frozen
class CompletionCodeSpec:
    """A completion code; with `retry_after_s` the contact is dialled again that much later."""

    code_id: int
    name: str
    success: bool = False
    retry_after_s: int | None = None


@frozen
class CallingHours:
    """When a contact may be dialled, in its own time zone: minutes of the day, ISO weekdays 1 to 7.

    `end_min` is not included; 0 to 1440 is the whole day.
    """

    start_min: int = 0
    end_min: int = 1440
    weekdays: frozenset[int] = frozenset(range(1, 8))

    @property
    def clock(self) -> str:
        """The hours of a day as clocks show them, 09:00-20:00."""
        return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (self.start_min, self.end_min))

    def __str__(self) -> str:
        """As records have them: 09:00-20:00 12345, with the ISO weekdays."""
        return f"{self.clock} {''.join(map(str, sorted(self.weekdays)))}"


@frozen
class DialCheck:
    """When nothing stood against a dial, epoch seconds: neither a do-not-call list nor the calling `hours`.

    These are the campaign's of then, by the clocks of the number's `timezone`. What was not dialled has none.
    """

    at: float | None = None
    timezone: str = ""
    hours: str = ""


@frozen
class ExternalDestination:
    """An entry of a campaign's address book."""

    name: str
    number: str


DEFAULT_RETRY_S: Mapping[DialFailReason, int] = {
    DialFailReason.Busy: 600,
    DialFailReason.NoAnswer: 1800,
    DialFailReason.Rejected: 3600,
    DialFailReason.Congestion: 120,
    DialFailReason.AnswerMachine: 3600,
    DialFailReason.TelephonyDown: 60,
}
"""Seconds until a contact is dialled again; a reason that is missing here ends the number or the contact."""


@frozen
class CampaignSpec(CampaignSettings):
    """A campaign as its job runs it; `retry_s` in seconds.

    `tasks` are what it does with a contact, the first one to begin with; `steps` what follows results beside
    the times of `retry_s` and of completion codes.
    `zones` are those that it is run in unless others are named. `version` rises with each change of a
    campaign that is there.
    """

    campaign_id: int
    name: str
    pacing: PacingType
    skill: str
    completion_codes: tuple[CompletionCodeSpec, ...]
    default_code_id: int
    retry_s: Mapping[DialFailReason, int] = field(factory=lambda: dict(DEFAULT_RETRY_S))
    calling_hours: CallingHours = CallingHours()
    attributes: tuple[AttributeSpec, ...] = ()
    address_book: tuple[ExternalDestination, ...] = ()
    callback_types: tuple[CallbackType, ...] = tuple(CallbackType)
    zones: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = (FIRST_TASK,)
    steps: tuple[Step, ...] = ()
    version: int = 1

    @property
    def previews(self) -> bool:
        """Whether the agent sees the contact before it is dialled."""
        return self.pacing in (PacingType.PreviewTimed, PacingType.PreviewUntimed)

    @property
    def preview_is_timed(self) -> bool:
        """Whether a preview is dialled when its time is over."""
        return self.pacing is PacingType.PreviewTimed


class Wanted(StrEnum):
    """What a zone shall do with a job: a pause starts nothing new, a stop is for good."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@frozen
class LiveCalls:
    """What became of calls for whichever agent is free: how many were answered by a person and abandoned.

    Those of a campaign in some time, and those of one of its jobs among them.
    """

    answers: int = 0
    abandoned: int = 0
    job_answers: int = 0
    job_abandoned: int = 0


@frozen
class LatestCalls:
    """How a campaign's latest calls for whichever agent is free went, the oldest first; times in seconds.

    `rang` is how long each rang and whether a person answered, `handled_s` how long each kept its agent.
    """

    rang: tuple[tuple[float, bool], ...] = ()
    handled_s: tuple[float, ...] = ()


@frozen
class CallGrant:
    """How many calls that no agent has yet a zone may have of a job with custom pacing.

    It begins none while it has as many as are `granted`; it has `reserved` at most. The `number` counts the
    grants of the share, and a share that is not `wanted` has nobody to call for. Unless it was `heard`, it is
    waited for that the zone says it goes by this grant, which is of fewer calls than it may believe.
    """

    granted: int
    reserved: int
    number: int
    wanted: bool = True
    heard: bool = True


@frozen
class Number:
    """A number of a campaign or an agent in a job; the name says whose: `campaign.Sold`, `agent.Sold`."""

    name: str
    value: float


@frozen
class WantedJob:
    """A job that is not over, what its zone shall do with it, and the version of its campaign.

    Of its `total` contacts `done` are finished and `pending` wait in the store; they are those of all its
    `shares`, of which the zone has one. `has_numbers` says that there are numbers which its agents see.
    """

    job_id: int
    wanted: Wanted
    version: int = 1
    total: int = 0
    done: int = 0
    pending: int = 0
    shares: int = 1
    calls: CallGrant | None = None
    has_numbers: bool = False


@frozen
class JobSpec:
    """A campaign that runs; `total` contacts of which `done` are finished already, in all its `shares`;
    `done_here` of these in the zone's own.

    `callbacks` are those of the campaign that were neither delivered nor cancelled; `withdrawn` those that a
    supervisor cancelled, each with the version of the campaign in which that was.
    """

    job_id: int
    campaign: CampaignSpec
    total: int
    done: int = 0
    wanted: Wanted = Wanted.RUN
    callbacks: tuple[CallbackSpec, ...] = ()
    withdrawn: Mapping[str, int] = field(factory=dict)
    shares: int = 1
    done_here: int = 0
    calls: CallGrant | None = None


@frozen(kw_only=True)
class ZoneTimers:
    """Times that hold for a whole zone; those of a campaign are set with the campaign."""

    nail_timeout_s: float = setting(25.0, SECONDS, "How long an agent's phone may ring for the nailing call.")
    nail_retry_s: float = setting(
        15.0, SECONDS, "Pause before an agent that could not be nailed is tried again."
    )
    queue_timeout_s: float = setting(
        2.0, SECONDS, "How long a person who answered waits for an agent; after that the call is abandoned."
    )
    wrapup_grace_s: float = setting(
        5.0, SECONDS, "How much later than the wrapup time the default completion code is set."
    )
    preview_grace_s: float = setting(
        5.0, SECONDS, "How much later than the preview time the server acts for a silent desktop."
    )
    preview_max_s: float = setting(900.0, SECONDS, "How long an untimed preview may take.")
    call_max_s: float = setting(14_400.0, SECONDS, "How long a call may last.")
    lost_desktop_s: float = setting(
        60.0, SECONDS, "How long an agent without its desktop is kept before it is logged off."
    )
    agent_silence_s: float = setting(
        90.0, SECONDS, "After how long without a command of an agent its desktop is asked whether it lives."
    )
    agent_answer_s: float = setting(
        10.0,
        SECONDS,
        "How long that desktop may take to answer; then the agent is without its desktop. Both in real time.",
    )
    cover_all_agents: bool = setting(
        False,
        yes_or_no(),
        "Whether every agent outlives the death of its server, not only those whose desktops ask for it"
        " (AGTSaveAgentForHA): each change of an agent is written down then. It is always so in PostgreSQL.",
    )
    resume_without_token: bool = setting(
        False,
        yes_or_no(),
        "Whether desktops that know no resume token may come back by naming their agent. Whoever reaches the"
        " port can do that too: for networks that are trusted, and desktops that cannot be changed.",
    )
    resume_token_s: float = setting(
        43_200.0, SECONDS, "How long a desktop may log on with the resume token it was given last."
    )
    consult_wait_s: float = setting(
        120.0, SECONDS, "How long a consult waits for a busy agent before it fails as not answered."
    )
    order_wait_s: float = setting(
        5.0, SECONDS, "How long a command waits for the word of a switch that confirms its orders."
    )
    connector_wait_s: float = setting(
        120.0, SECONDS, "How long a contact waits for what a connector does; then that has failed."
    )
    pace_interval_s: float = setting(1.0, SECONDS, "How often the pacer looks whether to dial.")
    fetch_size: int = setting(200, whole_number(1, 10_000), "How many contacts a job claims at a time.")


@frozen
class ZoneConfig(ZoneTimers):
    """What a zone is told at its start.

    `era` and `epoch` are the token of its owner; `epoch` rises with every start of the zone, `run` with
    every start of any: session ids begin with it. With
    `switch_confirms` each order brings the switch's word. `utc_offset_s` is that of the clock on the wall, by
    which the day of its agents begins. `token_secret` is 32 random bytes that nobody else knows: resume
    tokens are made of it.
    """

    zone: str
    era: int = 0
    epoch: int = 1
    run: int = 1
    switch_confirms: bool = False
    timezones: tuple[str, ...] = ("UTC",)
    utc_offset_s: float = 0.0
    token_secret: bytes = field(kw_only=True, repr=False)
