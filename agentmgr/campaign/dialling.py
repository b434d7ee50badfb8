"""Why a campaign dials nothing now, or not more: one sentence, from facts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from attrs import evolve, frozen

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.model import CallingHours
from agentmgr.ports import JobFacts, JobState, JobStatus, JobTally, PendingContacts, ZoneView
from protocol.enums import DialFailReason, PacingType

COMMITS_OF_A_SLOW_DATABASE = 3
"""With more batches waiting, what is dialled next waits for the database."""


@frozen
class ContactsLeft:
    """The contacts of a job, each counted once.

    `fresh` were never called, `waiting` are for another try; `outside` are either, but now outside their
    calling hours, the first of which open at `opens_at`, epoch seconds, None if never. `in_work` are with the
    zone. Of those that are done, `reached` were spoken to, `do_not_call` are on the do-not-call list, and
    `used_up` are those whose numbers and attempts are.
    """

    fresh: int = 0
    waiting: int = 0
    outside: int = 0
    opens_at: float | None = None
    in_work: int = 0
    reached: int = 0
    do_not_call: int = 0
    used_up: int = 0


SPOKEN_TO = ("Handled", "Interrupted")
"""Outcomes of contacts that are done since somebody spoke to them, as far as anybody knows."""


def contacts_left(
    job: JobStatus, tally: JobTally, pending: Sequence[PendingContacts], hours: CallingHours, now: float
) -> ContactsLeft:
    """Sort the contacts of a job by what can be done with them at `now`, epoch seconds."""
    fresh = waiting = outside = 0
    openings: list[float] = []
    for each in pending:
        opening = next_opening(hours, each.timezone, now)
        if opening == now:
            fresh += each.fresh
            waiting += each.retries
        else:
            outside += each.fresh + each.retries
            openings += [opening] if opening is not None else []
    done = dict(tally.done)
    reached = sum(done.get(outcome, 0) for outcome in SPOKEN_TO)
    do_not_call = done.get(DialFailReason.DncBlocked, 0)
    return ContactsLeft(
        fresh,
        waiting,
        outside,
        opens_at=min(openings, default=None),
        in_work=max(0, job.total - job.done - fresh - waiting - outside),
        reached=reached,
        do_not_call=do_not_call,
        used_up=sum(done.values()) - reached - do_not_call,
    )


@frozen
class Dialling:
    """What is known of a campaign's dialling in one of its zones.

    `zone` and `facts` are None while the zone does not run here, or not its job.
    """

    name: str
    job: JobStatus
    left: ContactsLeft
    now: float
    zone_state: str = ""
    zone: ZoneView | None = None
    facts: JobFacts | None = None
    zone_name: str = ""

    @property
    def contacts(self) -> ContactsLeft:
        """The contacts, those that the zone has on hand as what they are."""
        return with_on_hand(self.left, [self])


def with_on_hand(left: ContactsLeft, of: Sequence[Dialling]) -> ContactsLeft:
    """Return the contacts of a job, those that its zones have on hand as what they are."""
    for facts in (each.facts for each in of if each.facts is not None):
        on_hand = min(facts.on_hand, left.in_work)
        fresh = min(facts.on_hand_fresh, on_hand)
        left = evolve(
            left,
            fresh=left.fresh + fresh,
            waiting=left.waiting + on_hand - fresh,
            in_work=left.in_work - on_hand,
        )
    return left


def why_in_all(of: Sequence[Dialling]) -> str:
    """Return why nothing is dialled, or how it is, in each zone; once what holds for all."""
    reasons = {each.zone_name: why(each) for each in of}
    if len(set(reasons.values())) == 1:
        return next(iter(reasons.values()))
    return "; ".join(f"zone {zone}: {reason}" for zone, reason in reasons.items())


def why(of: Dialling) -> str:
    """Return why nothing is dialled, or that and how it is dialled."""
    for rule in _OF_JOB:
        if reason := rule(of):
            return reason
    if of.zone is None:
        return _without_zone(of)
    if of.facts is None:
        return f"zone {of.zone_name} has not begun with it yet"
    for about in _OF_ZONE:
        if reason := about(of, of.zone, of.facts):
            return reason
    return _at_work(of.facts)


def facts_in(zone: ZoneView | None, job_id: int) -> JobFacts | None:
    """Return a job as its zone has it; None if it does not."""
    jobs = zone.jobs if zone is not None else ()
    return next((each for each in jobs if each.view.job_id == job_id), None)


def clock(at: float, now: float) -> str:
    """Write a time as people say it: hours and minutes in UTC, with the date if it is another day."""
    then, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC).date()
    return then.strftime("%H:%M UTC" if then.date() == today else "%Y-%m-%d %H:%M UTC")


# -- what the store knows --------------------------------------------------------------------------


def _over(of: Dialling) -> str:
    return f"its job is {of.job.state}" if of.job.state in (JobState.Finished, JobState.Stopped) else ""


def _preparing(of: Dialling) -> str:
    return "it is being prepared" if of.job.state is JobState.Preparing else ""


def _paused(of: Dialling) -> str:
    return (
        f"it is paused; agentmgr campaign resume {of.name} goes on" if of.job.state is JobState.Paused else ""
    )


_OF_JOB: Sequence[Callable[[Dialling], str]] = (_over, _preparing, _paused)


def _without_zone(of: Dialling) -> str:
    if not of.zone_state:
        return (
            f"zone {of.zone_name} is not served here: no server runs, or another one serves it;"
            " agentmgr zones status says which"
        )
    return f"zone {of.zone_name} is {of.zone_state} after a fault; the server's log says more"


# -- what its zone knows ---------------------------------------------------------------------------


def _stopping(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if not (job.view.is_stopping or of.job.state is JobState.Stopping):
        return ""
    return f"it is being stopped: {_many(job.in_work, 'contact is', 'contacts are')} being finished"


def _ending(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    return "the server is ending" if zone.is_ending else ""


def _telephony(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    return "telephony is down: the switch is out of reach" if zone.telephony_is_down else ""


def _database(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if zone.commits_wait <= COMMITS_OF_A_SLOW_DATABASE:
        return ""
    return f"the database is slow: {zone.commits_wait} batches of changes wait for it"


def _used_up(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if job.on_hand or job.is_fetching or job.next_due_at is not None:
        return ""
    if job.in_work:
        return f"the list is used up: {_many(job.in_work, 'contact is', 'contacts are')} being worked on"
    return f"the list is used up: {_many(job.callbacks, 'callback waits', 'callbacks wait')} for their time"


def _ringing(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    return _at_work(job) if job.view.ringing else ""


def _nobody(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    level = f" of level {job.min_level} or more" if job.min_level > 1 else ""
    return "" if job.skilled else f"no agent with the skill {job.skill}{level} is logged on"


def _not_due(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    left, due_at = of.left, job.next_due_at
    if job.on_hand or due_at is None or due_at <= of.now:
        return ""
    if left.outside and not left.fresh and not left.waiting:
        if left.opens_at is None:
            return "all that is left is outside its calling hours, which never come"
        return f"all that is left is outside its calling hours until {clock(left.opens_at, of.now)}"
    return f"nothing is due until {clock(due_at, of.now)}"


def _nobody_works(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if job.view.idle or job.view.busy:
        return ""
    others = (
        (job.on_break, "not ready or leaving"),
        (job.away, "without a desktop"),
        (job.elsewhere, "in other campaigns"),
        (job.inbound, "taking inbound"),
        (job.unnailed, "without a line"),
    )
    reasons = ", ".join(f"{number} {what}" for number, what in others if number)
    return (
        f"none of the {job.skilled} agents with the skill {job.skill} is free for it: {reasons or 'no line'}"
    )


def _no_contacts(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if job.on_hand:
        return ""
    return "contacts are being fetched from the database" if job.is_fetching else ""


def _limit(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if job.view.idle or job.pacing is not PacingType.Predictive:
        return ""
    if job.may_risk and job.abandoned > job.abandon_limit * job.answers:
        share = job.abandoned / job.answers
        return (
            f"abandonment limit: {share:.1%} of the answered calls found no agent,"
            f" {job.abandon_limit:.1%} are allowed; all {job.view.busy} agents are busy,"
            " and less is dialled ahead"
        )
    return ""


def _all_busy(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if job.view.idle:
        return ""
    return f"all agents are busy: {_many(job.view.busy, 'has a contact', 'have contacts')}"


def _promised(of: Dialling, zone: ZoneView, job: JobFacts) -> str:
    if not job.view.waiting:
        return ""
    return f"{_many(job.view.waiting, 'person who answered waits', 'people who answered wait')} for an agent"


_OF_ZONE: Sequence[Callable[[Dialling, ZoneView, JobFacts], str]] = (
    _stopping,
    _ending,
    _telephony,
    _database,
    _used_up,
    _ringing,
    _nobody,
    _not_due,
    _nobody_works,
    _no_contacts,
    _limit,
    _all_busy,
    _promised,
)
"""The first that has something to say says it."""


def _at_work(job: JobFacts) -> str:
    if job.view.ringing:
        most = job.max_calls_per_agent * (job.view.idle + job.view.busy)
        is_most = job.pacing is PacingType.Predictive and job.view.ringing >= most > 0
        limit = f", at their limit of {job.max_calls_per_agent:g} for each agent" if is_most else ""
        return f"it is dialling: {_many(job.view.ringing, 'line rings', 'lines ring')}{limit}"
    return f"it goes on in a moment: {_many(job.view.idle, 'agent is', 'agents are')} idle"


def _many(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"
