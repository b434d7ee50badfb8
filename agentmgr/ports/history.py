"""All that is known of one contact, read at once; times are epoch seconds."""

from collections.abc import Iterable, Mapping, Sequence
from operator import add
from typing import Protocol

from attrs import astuple, frozen

from agentmgr.core.model import ContactSpec, PhoneNumber
from protocol.enums import DialFailReason


@frozen
class NoteRow:
    """What an agent wrote about a contact."""

    campaign: str
    agent_id: str
    text: str
    written_at: float


@frozen
class CallbackRow:
    """A callback that was promised to a contact; it waits until `ended_at`, `outcome` is empty until then."""

    callback_id: str
    campaign: str
    callback_type: str
    agent_id: str
    number_name: str
    number: str
    timezone: str
    due_at: float
    expires_at: float
    notes: str
    created_by: str
    created_at: float
    ended_at: float | None
    outcome: str


@frozen
class ContactInJob:
    """How far a contact is in a job: `state` is pending, claimed or done."""

    campaign: str
    job_id: int
    job_state: str
    state: str
    attempts: int
    due_at: float
    last_outcome: str


@frozen
class ContactAttempt:
    """A dial, or what was only shown to an agent (`dialed_at` is None); `code` is that of its disposition."""

    attempt_id: str
    session_id: str
    campaign: str
    job_id: int
    contact_type: str
    number_name: str
    number: str
    started_at: float
    dialed_at: float | None
    answered_at: float | None
    ended_at: float | None
    outcome: str
    agent_id: str
    code: str
    source: str


@frozen
class ContactHistory:
    """A contact with all that was said, promised and done in all campaigns, each in the order of time."""

    contact: ContactSpec
    notes: tuple[NoteRow, ...]
    callbacks: tuple[CallbackRow, ...]
    jobs: tuple[ContactInJob, ...]
    attempts: tuple[ContactAttempt, ...]


ATTEMPT_OUTCOMES = (
    "Handled",
    "Nuisance",
    "Cancelled",
    "Interrupted",
    *(reason.value for reason in DialFailReason),
)
"""What an attempt can come to; empty as long as it goes on."""


@frozen(kw_only=True)
class AttemptFilter:
    """Which attempts are wanted: those that fit all that is given; what is empty or None fits all.

    `since` and `until` bound when it began, epoch seconds, the second excluded; `codes` are names of
    completion codes.
    """

    since: float | None = None
    until: float | None = None
    contact_ids: tuple[int, ...] | None = None
    list_ids: tuple[int, ...] = ()
    agents: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@frozen
class AttemptPlace:
    """A place among the attempts of a job in the order of their time; the first one by default."""

    started_at: float = float("-inf")
    attempt_id: str = ""


@frozen
class AttemptRow:
    """An attempt with its contact; `dialed_at` is None if it was only shown to an agent, or refused.

    `checked_at` is when neither a do-not-call list nor the campaign's `hours`, by the clocks of the number's
    `timezone`, stood against the dial; it is known when the attempt is over.
    """

    attempt_id: str
    session_id: str
    campaign: str
    job_id: int
    zone: str
    contact_list: str
    user_contact_id: str
    contact_type: str
    number_name: str
    number: str
    agent_id: str
    started_at: float
    dialed_at: float | None
    answered_at: float | None
    ended_at: float | None
    outcome: str
    code: str
    source: str
    callback_id: str
    checked_at: float | None
    timezone: str
    hours: str


@frozen
class ContactPage:
    """Contacts of a list in the order of their ids, and how far each is in some jobs, by job and contact."""

    contacts: tuple[ContactSpec, ...]
    standings: Mapping[tuple[int, int], ContactInJob]


@frozen(kw_only=True)
class CallbackFilter:
    """Which callbacks are wanted; what is empty or None fits all, `waiting` those alone that are not over.

    `since` and `until` bound when they are due, epoch seconds, the second excluded.
    """

    waiting: bool = True
    campaign_ids: tuple[int, ...] = ()
    agents: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None


@frozen
class CallbackPlace:
    """A place among callbacks in the order in which they are due; the first one by default."""

    due_at: float = float("-inf")
    callback_id: str = ""


@frozen
class KeptCallback:
    """A callback as it is kept; `worked_on_by` is the agent who has its contact, None if nobody has.

    It is over when `ended_at` says so; `reason` is what a supervisor said who moved or cancelled it.
    """

    callback_id: str
    campaign_id: int
    campaign: str
    contact_list: str
    user_contact_id: str
    callback_type: str
    agent_id: str
    number_name: str
    number: str
    timezone: str
    due_at: float
    expires_at: float
    notes: str
    created_by: str
    created_at: float
    ended_at: float | None
    outcome: str
    reason: str
    worked_on_by: str | None


@frozen
class CallbackChange:
    """How a callback shall be, or that it is `cancelled`."""

    callback_id: str
    due_at: float
    expires_at: float
    agent_id: str
    callback_type: str
    reason: str = ""
    cancelled: bool = False


@frozen
class NewCallback:
    """A callback for any agent that a job shall deliver; times are epoch seconds."""

    job_id: int
    contact_id: int
    number: PhoneNumber
    due_at: float
    expires_at: float
    notes: str
    created_by: str


class CallbackStore(Protocol):
    """Callbacks as supervisors see and change them."""

    def make_callback(self, new: NewCallback, now: float) -> str | None:
        """Make a callback, and let its campaign have a higher version; return the id it is given.

        None if the job runs no more and is not paused, or the contact is deleted; nothing was made then.
        """
        ...

    def find_callbacks(
        self, wanted: CallbackFilter, after: CallbackPlace, limit: int
    ) -> tuple[KeptCallback, ...]:
        """Return the next callbacks that fit, by the time they are due."""
        ...

    def kept_callbacks(self, callback_ids: Sequence[str]) -> tuple[KeptCallback, ...]:
        """Return the callbacks that have some ids."""
        ...

    def change_callbacks(self, changes: Sequence[CallbackChange], now: float) -> tuple[KeptCallback, ...]:
        """Move or cancel callbacks, all or none, and let their campaigns have a higher version.

        Those are returned that stand against it: they are over, or being worked on.
        """
        ...


@frozen
class CallCounts:
    """What the calls of a campaign in some time came to.

    `live_answers` and `abandoned` are of calls that were dialled for whichever agent is free, `dials` of all;
    `on_dnc` and `outside_hours` were refused before they were dialled. `again_within_72_h` are such calls
    again, within 72 hours, to numbers at which one of that time was abandoned.
    """

    dials: int = 0
    live_answers: int = 0
    abandoned: int = 0
    on_dnc: int = 0
    outside_hours: int = 0
    again_within_72_h: int = 0


@frozen
class ReportCounts:
    """What the attempts of some time came to, under a key of a report.

    `answers` are those of people; `live_answers` and `abandoned` of them are of calls that were dialled for
    whichever agent is free. `handled` were wrapped up, after `handle_s` from the answer on, `successes` with
    a completion code that is one. `callbacks` were promised.
    """

    key: str
    attempts: int = 0
    dials: int = 0
    answers: int = 0
    live_answers: int = 0
    abandoned: int = 0
    handled: int = 0
    successes: int = 0
    handle_s: float = 0.0
    callbacks: int = 0

    def __add__(self, other: "ReportCounts") -> "ReportCounts":
        """Return both together, under the first one's key."""
        (_, *mine), (_, *more) = astuple(self), astuple(other)
        return ReportCounts(self.key, *map(add, mine, more))


class HistoryStore(Protocol):
    """Contacts, each with its history."""

    def report(self, by: str, campaign_id: int, since: float, until: float) -> tuple[ReportCounts, ...]:
        """Add up what attempts of a campaign came to that began in a time, epoch seconds, but the end.

        By `agent`, `list` or `code` there is one for each; with an empty word one for all, or none.
        """
        ...

    def count_calls(self, campaign_id: int, since: float, until: float) -> CallCounts:
        """Count the calls of a campaign that began in a time, epoch seconds, the second excluded."""
        ...

    def live_answers(self, campaign_id: int, since: float, until: float) -> tuple[int, int]:
        """Count the live answers of that, and those of them that were abandoned; from an index alone."""
        ...

    def job_ids(self, campaign_ids: Iterable[int] | None) -> tuple[int, ...]:
        """Return the jobs of some campaigns, or of all, by id."""
        ...

    def attempts(
        self, job_id: int, wanted: AttemptFilter, after: AttemptPlace, limit: int
    ) -> tuple[tuple[AttemptRow, ...], AttemptPlace | None]:
        """Look at the next so many attempts of a job in the order of their time; return those wanted.

        And where to go on, None once there are no more.
        """
        ...

    def list_page(
        self, list_id: int, job_ids: Sequence[int], after_user_contact_id: str, limit: int
    ) -> ContactPage:
        """Return the next contacts of a list by their ids, those above one."""
        ...

    def find_contacts(self, user_contact_id: str, *, deleted: bool = False) -> tuple[tuple[int, str], ...]:
        """Return the contacts that have an id in their list, each with the list's name, by that.

        With `deleted` also those that are no more.
        """
        ...

    def contact_history(self, contact_id: int) -> ContactHistory:
        """Return all that is known of a contact that exists."""
        ...
