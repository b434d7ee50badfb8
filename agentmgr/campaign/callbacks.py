"""Callbacks as they are seen from outside: listed, made, moved to another time or agent, cancelled."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from attrs import evolve, frozen

from agentmgr.campaign.records import iso_time, named, read_numbers
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.calling_hours import next_opening
from agentmgr.core.commands.call import FREE_FORM
from agentmgr.core.commands.contact import MAX_NOTE_BYTES, note_of
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, AgentSpec, CampaignSpec, ContactSpec, PhoneNumber
from agentmgr.core.numbers import read_number
from agentmgr.core.recurrence import read_minute, read_zone
from agentmgr.core.strategy import Strategy
from agentmgr.core.timezones import parse_timezone
from agentmgr.ports import (
    LIVE_JOB_STATES,
    CallbackChange,
    CallbackFilter,
    CallbackPlace,
    JobState,
    KeptCallback,
    NewCallback,
)
from agentmgr.text import fault_of
from protocol.enums import CallbackType

PAGE = 1000
MAX_REASON_CHARACTERS = 200


@frozen(kw_only=True)
class WantedCallbacks:
    """Which callbacks are wanted, as people name things; `since` and `until` bound when they are due."""

    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    also_ended: bool = False


@frozen(kw_only=True)
class Move:
    """Where callbacks go; what is None stays. `agent_id` empty: to anybody; times are epoch seconds."""

    due_at: float | None = None
    expires_at: float | None = None
    agent_id: str | None = None
    reason: str = ""


@frozen(kw_only=True)
class Promise:
    """When somebody shall be called back, as it is written: times as 2026/11/30 09:00.

    `timezone` is whose clocks show them, IANA's or such as GMT+5:30, the contact's own if empty. The number
    is the `address`, else the attribute `phone`, else the one at which the campaign would begin.
    """

    start: str
    end: str
    timezone: str = ""
    phone: str = ""
    address: str = ""
    notes: str = ""


MINUTE_S = 60


@frozen
class Moved:
    """A callback as it is now; `opens_at` is when it may be called first by the campaign's hours."""

    callback: KeptCallback
    opens_at: float


class CallbackService(Service):
    """Callbacks that are kept. A zone hears of a change by its level, with the version of the campaign."""

    def find(self, wanted: WantedCallbacks) -> Iterator[KeptCallback]:
        """Return the callbacks wanted by the time they are due, read in pages.

        Raises:
            ServiceError: there is no campaign of that name.
        """
        there = self.visible_campaigns()
        campaigns = named("campaign", there, lambda each: each.name, wanted.campaigns)
        if self._caller.organisation and not campaigns:
            if not there:
                return iter(())
            campaigns = list(there)
        found = CallbackFilter(
            waiting=not wanted.also_ended,
            campaign_ids=tuple(each.campaign_id for each in campaigns),
            agents=wanted.agents,
            contacts=wanted.contacts,
            numbers=read_numbers(wanted.numbers),
            since=wanted.since,
            until=wanted.until,
        )
        return self._pages(found)

    def _pages(self, wanted: CallbackFilter) -> Iterator[KeptCallback]:
        place = CallbackPlace()
        while page := self._at.store.find_callbacks(wanted, place, PAGE):
            yield from page
            place = CallbackPlace(page[-1].due_at, page[-1].callback_id)

    def schedule(self, campaign: str, list_name: str, user_contact_id: str, promise: Promise) -> str:
        """Let the running job of a campaign call a contact back; return the callback's id.

        Raises:
            ServiceError: there is no such list, campaign or contact for the caller, or no job that runs or is
                paused; the number or the times cannot be, or the campaign's hours never open between them.
        """
        contact_list, spec = self.find_list(list_name), self.find_campaign(campaign)
        self.check_list_for(spec, contact_list)
        who = f"contact {user_contact_id[:100]!r} of list {list_name}"
        found = self._at.store.find_contact(contact_list.list_id, user_contact_id)
        if found is None:
            raise ServiceError(Cause.NO_SUCH_CONTACT, f"no {who}; ids are those of UserContactId")
        job = self._at.store.latest_job(spec.campaign_id)
        if job is None or job.state not in (JobState.Running, JobState.Paused):
            how = f"its job is {job.state}" if job is not None else "was never run"
            raise ServiceError(Cause.NOT_RUNNING, f"campaign {campaign}: {how}; run it first")
        number = self._number(spec, found.contact, promise, who)
        due_at, expires_at = self._times(spec, found.contact, number, promise)
        notes = note_of(promise.notes)
        if notes is None:
            fault = fault_of(promise.notes, is_note=True) or f"have more than {MAX_NOTE_BYTES} bytes"
            raise ServiceError(Cause.BAD_VALUE, f"the notes: {fault}; no notes may")
        new = NewCallback(
            *(job.job_id, found.contact.contact_id, number, due_at, expires_at, notes, self._caller.name)
        )
        made = self._at.store.make_callback(new, self._at.now())
        if made is None:
            if self._at.store.find_contact(contact_list.list_id, user_contact_id) is None:
                raise ServiceError(Cause.NO_SUCH_CONTACT, f"no {who} any more")
            raise ServiceError(
                Cause.NOT_RUNNING, f"campaign {campaign}: its job {job.job_id} ended meanwhile"
            )
        self.hint(job.zones)
        return made

    def _number(
        self, campaign: CampaignSpec, contact: ContactSpec, promise: Promise, who: str
    ) -> PhoneNumber:
        """Return at which number a contact shall be called back."""
        if promise.address:
            return _typed(campaign, contact, promise)
        if promise.phone:
            phones = {
                each.name: each
                for each in self._at.store.attributes()
                if each.data_type == "phone" and self._caller.may_see(each.organisation)
            }
            own = next((each for each in contact.numbers if each.name == promise.phone), None)
            if promise.phone not in phones and (own is None or promise.phone not in PHONE_ZONE_ATTRIBUTES):
                raise ServiceError(
                    Cause.NO_SUCH_ATTRIBUTE,
                    f"no attribute {promise.phone[:100]!r} that is a telephone number; there are"
                    f" {', '.join(sorted({*phones, *PHONE_ZONE_ATTRIBUTES}))}",
                )
            if own is None:
                raise ServiceError(Cause.NO_NUMBER, f"{who}: has no {promise.phone}")
            return own
        first = Strategy(campaign).next_number(contact)
        if first is None:
            raise ServiceError(Cause.NO_NUMBER, f"{who}: has no number that can be dialled")
        return first

    def _times(
        self, campaign: CampaignSpec, contact: ContactSpec, number: PhoneNumber, promise: Promise
    ) -> tuple[float, float]:
        """Return from when to when a callback can be made, epoch seconds."""
        own = (each.timezone for each in (*contact.numbers, number) if each.timezone)
        # a number may be in several zones
        written = promise.timezone or next(own, "").partition(",")[0]
        if not written:
            raise ServiceError(
                Cause.BAD_VALUE,
                "the contact has no time zone; say in which one the times are, as Europe/Berlin",
            )
        try:
            timezone = read_zone(written)
            due_at = read_minute("start", promise.start, timezone)
            expires_at = read_minute("end", promise.end, timezone)
        except ValueError as error:
            raise ServiceError(Cause.BAD_VALUE, f"{error} (times in {written[:50]!r})") from None
        now = self._at.now()
        if due_at + MINUTE_S <= now or expires_at <= max(due_at, now):
            raise ServiceError(
                Cause.BAD_VALUE,
                f"from {iso_time(due_at)} to {iso_time(expires_at)}; the start may not be over, and the end"
                f" comes after it; it is {iso_time(now)}",
            )
        opening = next_opening(campaign.calling_hours, number.timezone, max(due_at, now))
        if opening is None or opening >= expires_at:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"the calling hours of campaign {campaign.name} do not open between {iso_time(due_at)} and"
                f" {iso_time(expires_at)} for {number.number}",
            )
        return due_at, expires_at

    def move(self, callback_ids: Sequence[str], move: Move) -> list[Moved]:
        """Give callbacks another time or agent, all or none.

        One that moves to another time can be made for as long after it as before, unless that is said.

        Raises:
            ServiceError: one of them is not there, over, or being worked on; there is no such agent; the time
                is over before it begins, or the campaign's hours never open for the number.
        """
        self._check(move.reason)
        agent = None
        if move.agent_id:
            login = self._at.store.find_agent(move.agent_id)
            if login is None or not self._caller.may_see(login.agent.organisation):
                raise ServiceError(
                    Cause.NO_SUCH_AGENT, f"no agent {move.agent_id!r}; agentmgr agents list has all"
                )
            if not login.enabled:
                raise ServiceError(
                    Cause.BAD_VALUE,
                    f"agent {move.agent_id}: may not log on; agentmgr agents set changes that",
                )
            agent = login.agent
        return [
            Moved(each, self._opens_at(each))
            for each in self._change(callback_ids, lambda kept: self._move(kept, move, agent))
        ]

    def _move(self, kept: KeptCallback, move: Move, agent: AgentSpec | None) -> CallbackChange:
        campaign = self._at.store.find_campaign(kept.campaign)
        if agent is not None and campaign is not None and not agent.works_for(campaign.organisation):
            raise ServiceError(
                Cause.BAD_VALUE,
                f"agent {agent.agent_id}: works for {agent.organisation}, campaign {kept.campaign} is"
                f" {campaign.organisation}'s; nothing was changed",
            )
        due_at = kept.due_at if move.due_at is None else move.due_at
        expires_at = move.expires_at
        if expires_at is None:
            expires_at = due_at + kept.expires_at - kept.due_at
        if expires_at <= max(due_at, self._at.now()):
            raise ServiceError(
                Cause.BAD_VALUE,
                f"callback {kept.callback_id}: would be over at {iso_time(expires_at)}, before it can be"
                " made; give a later --to or --expires",
            )
        if self._opens_at(evolve(kept, due_at=due_at)) >= expires_at:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"callback {kept.callback_id}: the calling hours of campaign {kept.campaign} do not open"
                f" between {iso_time(due_at)} and {iso_time(expires_at)} for {kept.number};"
                " give another --to or --expires",
            )
        agent_id, callback_type = kept.agent_id, kept.callback_type
        if move.agent_id is not None:
            agent_id = move.agent_id
            callback_type = str(CallbackType.Agent if agent_id else CallbackType.Standard)
        return CallbackChange(kept.callback_id, due_at, expires_at, agent_id, callback_type, move.reason)

    def _opens_at(self, kept: KeptCallback) -> float:
        campaign = self._at.store.find_campaign(kept.campaign)
        if campaign is None:
            return kept.due_at
        opening = next_opening(campaign.calling_hours, kept.timezone, max(kept.due_at, self._at.now()))
        return float("inf") if opening is None else opening

    def cancel(self, callback_ids: Sequence[str], reason: str) -> list[KeptCallback]:
        """Cancel callbacks, all or none; their contacts are called again as their jobs have them.

        Raises:
            ServiceError: one of them is not there, over, or being worked on; there is no reason.
        """
        self._check(reason)
        if not reason.strip():
            raise ServiceError(Cause.BAD_VALUE, "a promised callback is cancelled for a reason; give one")
        return self._change(
            callback_ids,
            lambda kept: CallbackChange(
                *(kept.callback_id, kept.due_at, kept.expires_at, kept.agent_id, kept.callback_type),
                reason=reason.strip(),
                cancelled=True,
            ),
        )

    @staticmethod
    def _check(reason: str) -> None:
        if fault := fault_of(reason):
            raise ServiceError(Cause.BAD_VALUE, f"the reason {fault}; no reason may have one")
        if len(reason) > MAX_REASON_CHARACTERS:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"the reason has {len(reason)} characters; allowed are {MAX_REASON_CHARACTERS}",
            )

    def _change(
        self, callback_ids: Sequence[str], change: Callable[[KeptCallback], CallbackChange]
    ) -> list[KeptCallback]:
        store, wanted = self._at.store, list(dict.fromkeys(callback_ids))
        kept = {each.callback_id: each for each in store.kept_callbacks(wanted)}
        there = {each.name for each in self.visible_campaigns()} if kept else set()
        for each in wanted:
            if each not in kept or kept[each].campaign not in there:
                raise ServiceError(
                    Cause.BAD_VALUE,
                    f"no callback {each[:100]!r}; agentmgr callbacks list has those that wait",
                )
            _refuse(kept[each])
        for against in store.change_callbacks([change(kept[each]) for each in wanted], self._at.now()):
            _refuse(against)
        names = {each.campaign for each in kept.values()}
        for campaign in self.visible_campaigns():
            job = campaign.job
            if campaign.name in names and job is not None and job.state in LIVE_JOB_STATES:
                self.hint(job.zones)
        changed = {each.callback_id: each for each in store.kept_callbacks(wanted)}
        return [changed[each] for each in wanted]


def _typed(campaign: CampaignSpec, contact: ContactSpec, promise: Promise) -> PhoneNumber:
    """Return the number that is written, as the contact has it if it is one of its own."""
    try:
        number = read_number(promise.address, contact.list_country or None)
    except ValueError as error:
        raise ServiceError(Cause.BAD_ADDRESS, f"number {promise.address[:50]!r}: {error}") from None
    if number.premium and not campaign.allow_premium:
        raise ServiceError(
            Cause.BAD_ADDRESS,
            f"number {number.e164}: costs more than a call, which campaign {campaign.name} does not pay",
        )
    own = next((each for each in contact.numbers if each.number == number.e164), None)
    if own is not None:
        return own
    timezone = number.timezone
    if not timezone:
        with suppress(ValueError):
            timezone = parse_timezone(promise.timezone)
    return PhoneNumber(FREE_FORM, number.e164, timezone, number.wireless)


def _refuse(kept: KeptCallback) -> None:
    """Refuse what cannot be changed any more, or not now."""
    if kept.ended_at is not None:
        raise ServiceError(
            Cause.WRONG_STATE,
            f"callback {kept.callback_id}: is over since {iso_time(kept.ended_at)}: {kept.outcome};"
            " nothing was changed",
        )
    if kept.worked_on_by is not None:
        who = f"agent {kept.worked_on_by}" if kept.worked_on_by else "an agent"
        raise ServiceError(
            Cause.IN_USE,
            f"callback {kept.callback_id}: {who} is working on it; try again when that is over;"
            " nothing was changed",
        )
