"""Records of what was done, for whoever works on with them: every attempt, contact lists as they are."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from attrs import evolve, field, frozen

from agentmgr.campaign.columns import OF_CAMPAIGN
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, ContactSpec
from agentmgr.core.numbers import read_number
from agentmgr.ports import (
    ATTEMPT_OUTCOMES,
    AttemptFilter,
    AttemptPlace,
    AttemptRow,
    ContactInJob,
    ContactList,
)
from protocol.enums import AttributeType

PAGE = 1000
"""So many attempts are looked at, or contacts read, at a time; the store is free for others in between."""
STANDING = ("state", "attempts", "due_at", "last_outcome")
"""What is told of a contact in a campaign."""

T = TypeVar("T")


@frozen(kw_only=True)
class WantedAttempts:
    """Which attempts are wanted, as people name things: those that fit all that is given.

    `since` and `until` bound when it began, epoch seconds, the second excluded.
    """

    campaigns: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()
    lists: tuple[str, ...] = ()
    contact: str = ""
    agents: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None


@frozen
class ListExport:
    """A contact list as a sheet: its columns, its rows, and the masked attributes that were left out."""

    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    rows: Iterator[tuple[str, ...]] = field(repr=False)


class RecordService(Service):
    """Exports; each is read in pages, and yields rows as they are read."""

    def attempts(self, wanted: WantedAttempts) -> Iterator[AttemptRow]:
        """Return the attempts wanted, also those that go on, by job and time.

        Raises:
            ServiceError: there is no campaign, job, list, contact, agent, outcome or code of that name.
        """
        job_ids, found = self._found(wanted)
        return self._attempts(job_ids, found)

    def attempts_after(
        self, wanted: WantedAttempts, job_id: int, place: AttemptPlace, limit: int
    ) -> tuple[list[AttemptRow], tuple[int, AttemptPlace] | None]:
        """Return the next attempts wanted, by job and time, and where to go on; None once there are no more.

        So many rows are looked at, and there may be fewer, or none, although more follow.

        Args:
            wanted: which.
            job_id: the job to go on in.
            place: where in that.
            limit: how many at most.

        Raises:
            ServiceError: as for `attempts`.
        """
        job_ids, found = self._found(wanted)
        rows: list[AttemptRow] = []
        for each in (each for each in job_ids if each >= job_id):
            at: AttemptPlace | None = place if each == job_id else AttemptPlace()
            more, at = self._at.store.attempts(each, found, at or AttemptPlace(), limit - len(rows))
            rows += more
            if at is not None:
                return rows, (each, at)
            if len(rows) >= limit:
                return rows, (each + 1, AttemptPlace())
        return rows, None

    def _found(self, wanted: WantedAttempts) -> tuple[list[int], AttemptFilter]:
        """Return the jobs with attempts that are wanted, and which of these are."""
        store = self._at.store
        there = self.visible_campaigns()
        campaigns = named("campaign", there, lambda each: each.name, wanted.campaigns)
        if self._caller.organisation:
            campaigns = campaigns or list(there)
        of_all = not campaigns and not self._caller.organisation
        job_ids = store.job_ids(None if of_all else [each.campaign_id for each in campaigns])
        for job_id in wanted.jobs:
            if job_id not in job_ids:
                of = f" of campaign {', '.join(wanted.campaigns)}" if wanted.campaigns else ""
                raise ServiceError(Cause.BAD_VALUE, f"no job {job_id}{of}")
        lists = named("contact list", self.visible_lists(), lambda each: each.name, wanted.lists)
        for outcome in wanted.outcomes:
            if outcome not in ATTEMPT_OUTCOMES:
                raise ServiceError(
                    Cause.BAD_VALUE, f"no outcome {outcome!r}; there are: {', '.join(ATTEMPT_OUTCOMES)}"
                )
        for agent_id in wanted.agents:
            if store.find_agent(agent_id) is None:
                raise ServiceError(
                    Cause.NO_SUCH_AGENT, f"no agent {agent_id!r}; agentmgr agents list has all"
                )
        found = AttemptFilter(
            since=wanted.since,
            until=wanted.until,
            contact_ids=self._contact_ids(wanted.contact, lists) if wanted.contact else None,
            list_ids=tuple(each.list_id for each in lists),
            agents=wanted.agents,
            numbers=read_numbers(wanted.numbers),
            outcomes=wanted.outcomes,
            codes=wanted.codes,
        )
        return [each for each in job_ids if not wanted.jobs or each in wanted.jobs], found

    def _contact_ids(self, user_contact_id: str, lists: Sequence[ContactList]) -> tuple[int, ...]:
        names = [each.name for each in lists]
        found = [
            contact_id
            for contact_id, name in self._at.store.find_contacts(user_contact_id, deleted=True)
            if not names or name in names
        ]
        if not found:
            raise ServiceError(
                Cause.NO_CONTACTS,
                f"no contact {user_contact_id[:100]!r}; ids are those of the column UserContactId",
            )
        return tuple(found)

    def _attempts(self, job_ids: Iterable[int], wanted: AttemptFilter) -> Iterator[AttemptRow]:
        for job_id in job_ids:
            place: AttemptPlace | None = AttemptPlace()
            while place is not None:
                rows, place = self._at.store.attempts(job_id, wanted, place, PAGE)
                yield from rows

    def contacts_after(self, list_name: str, user_contact_id: str, limit: int) -> tuple[ContactSpec, ...]:
        """Return the next contacts of a list by their ids, without what the caller or nobody may read.

        Raises:
            ServiceError: there is no such list for the caller.
        """
        found = self.find_list(list_name)
        hidden = self._masked() | {
            each.name for each in self._at.store.attributes() if not self._caller.may_see(each.organisation)
        }
        page = self._at.store.list_page(found.list_id, (), user_contact_id, limit)
        return tuple(
            evolve(
                each, attributes={name: text for name, text in each.attributes.items() if name not in hidden}
            )
            for each in page.contacts
        )

    def _masked(self) -> set[str]:
        """Return the attributes that desktops hide, with the time zones of numbers among them."""
        masked = {
            each.name
            for each in self._at.store.attributes()
            if each.attribute_type is AttributeType.MASKED_WRITE
        }
        return masked | {zone for number, zone in PHONE_ZONE_ATTRIBUTES.items() if number in masked}

    def contact_list(
        self, list_name: str, campaigns: Sequence[str] = (), *, unmasked: bool = False
    ) -> ListExport:
        """Return a list as a sheet that can be imported again unchanged, with how far each contact is.

        Args:
            list_name: the list.
            campaigns: whose latest job is told of; all that have the list if none is named.
            unmasked: also what desktops hide; left out otherwise, as columns: a hidden value that came back
                would replace the true one.

        Raises:
            ServiceError: there is no list or campaign of that name.
        """
        store = self._at.store
        (wanted,) = named("contact list", self.visible_lists(), lambda each: each.name, (list_name,))
        with_list = [
            each for each in self.visible_campaigns() if list_name in each.lists and each.job is not None
        ]
        shown = named("campaign with this list that was run", with_list, lambda each: each.name, campaigns)
        specs = store.attributes()
        masked = set() if unmasked else self._masked()
        names = tuple(each.name for each in specs if each.name not in masked)
        jobs = {each.name: each.job.job_id for each in shown or with_list if each.job is not None}
        columns = (*names, *(f"{OF_CAMPAIGN}{name}:{each}" for name in jobs for each in STANDING))
        return ListExport(
            columns, tuple(sorted(masked)), self._contacts(wanted.list_id, names, tuple(jobs.values()))
        )

    def _contacts(
        self, list_id: int, names: Sequence[str], job_ids: Sequence[int]
    ) -> Iterator[tuple[str, ...]]:
        last = ""
        while (page := self._at.store.list_page(list_id, job_ids, last, PAGE)).contacts:
            for contact in page.contacts:
                values = [contact.attributes.get(name, "") for name in names]
                for job_id in job_ids:
                    values += _standing(page.standings.get((job_id, contact.contact_id)))
                yield tuple(values)
            last = page.contacts[-1].user_contact_id


def _standing(found: ContactInJob | None) -> list[str]:
    if found is None:
        return [""] * len(STANDING)
    due = iso_time(found.due_at) if found.due_at > 0 and found.state == "pending" else ""
    return [found.state, str(found.attempts), due, found.last_outcome]


def iso_time(at: float, zone: tzinfo = UTC) -> str:
    """Write a time, epoch seconds, as ISO 8601 in a zone."""
    return datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def named(what: str, there: Iterable[T], name: Callable[[T], str], wanted: Iterable[str]) -> list[T]:
    """Return what has the names wanted, none twice.

    Raises:
        ServiceError: something is not there.
    """
    by_name = {name(each): each for each in there}
    for each in wanted:
        if each not in by_name:
            cause = Cause.NO_SUCH_LIST if "list" in what else Cause.NO_SUCH_CAMPAIGN
            raise ServiceError(cause, f"no {what} {each!r}; there are: {', '.join(by_name) or 'none yet'}")
    return [by_name[each] for each in dict.fromkeys(wanted)]


def read_numbers(texts: Iterable[str]) -> tuple[str, ...]:
    """Return numbers that people wrote, with their country codes, in E.164.

    Raises:
        ServiceError: one of them is none.
    """
    found = []
    for text in texts:
        try:
            found.append(read_number(text).e164)
        except ValueError as error:
            raise ServiceError(Cause.BAD_VALUE, f"number {text[:50]!r}: {error}") from None
    return tuple(found)
