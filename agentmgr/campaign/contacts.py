"""Contact lists: rows that people wrote come in, those of no use go back with their reasons."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count

from attrs import frozen

from agentmgr.campaign.checks import NO_CHECKS, Checks, ContactReader, Fault
from agentmgr.campaign.columns import MAX_NAME_CHARACTERS, SYSTEM_ATTRIBUTES, Columns, read_columns
from agentmgr.campaign.phone_rules import NO_RULES, PhoneRules
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.campaign.sheet import Chunks, Problem, Rejected, Row, Stopped
from agentmgr.core import numbers
from agentmgr.core.contact_size import room_for_values
from agentmgr.core.model import AttributeSpec
from agentmgr.ports import (
    ContactDraft,
    ContactHistory,
    ContactList,
    DncStore,
    JobState,
    TakenIn,
)
from agentmgr.text import fault_of

CHUNK_ROWS = 200
EMPTY_CHUNK = 200
_MAX_FOUND_CHARACTERS = 200


@frozen
class Intake:
    """What an import means to a campaign with that list.

    `taken_in` says how many contacts its job has more, which runs or is paused; one that is over has taken
    none, and `state` is how its latest one is, None if it was never run.
    """

    campaign: str
    state: JobState | None
    taken_in: int


@frozen
class ImportReport:
    """What an import did: `rows` = `created` + `updated` + `rejected`.

    `on_dnc` of the contacts have a number that is on the do-not-call list; `last_line` is where the last
    row that was read begins, `stopped` whether more would have come; `campaigns` are those with the list.
    """

    list_name: str
    rows: int
    created: int
    updated: int
    rejected: int
    on_dnc: int
    last_line: int
    stopped: bool = False
    campaigns: tuple[Intake, ...] = ()


@frozen
class ListState:
    """Whether a list is being emptied, and how many contacts are in it now."""

    being_emptied: bool
    contacts: int


class ContactService(Service):
    """Contact lists, and what is imported into them."""

    def lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists that the caller may see, by name."""
        return self.visible_lists()

    def history(self, user_contact_id: str, list_name: str = "") -> tuple[ContactHistory, frozenset[str]]:
        """Return all that is known of a contact, and which of its addresses are on the do-not-call list.

        Raises:
            ServiceError: no contact has that id, or contacts in several lists have and none of them is named.
        """
        store, name = self._at.store, list_name.strip()
        visible = {each.name: each for each in self.visible_lists()}
        found = [each for each in store.find_contacts(user_contact_id) if each[1] in visible]
        lists = ", ".join(each for _, each in found)
        if name:
            self.find_list(name)
        wanted = [contact_id for contact_id, each in found if name in ("", each)]
        if not wanted:
            elsewhere = f"; it is in: {lists}" if found else "; ids are those of the column UserContactId"
            where = f" in list {name}" if name else ""
            raise ServiceError(Cause.NO_CONTACTS, f"no contact {user_contact_id[:100]!r}{where}{elsewhere}")
        if len(wanted) > 1:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"contact {user_contact_id!r} is in several lists: {lists}; say which with --list",
            )
        history = store.contact_history(wanted[0])
        addresses = {number.number for number in history.contact.numbers}
        addresses.update(each.number for each in history.attempts)
        addresses.update(each.number for each in history.callbacks)
        email = history.contact.attributes.get("Email", "")
        if "@" in email:
            addresses.add(email.casefold())
        of_list = visible[next(each for contact_id, each in found if contact_id == wanted[0])]
        return history, store.on_dnc(addresses, of_list.organisation)

    def make_list(self, list_name: str, country: str = "", organisation: str = "") -> None:
        """Make a list without contacts.

        Args:
            list_name: how it shall be called.
            country: calling code or ISO region of numbers that are written without one.
            organisation: whose it is; by default the caller's.

        Raises:
            ServiceError: there is one of that name, or the name, country or organisation is of no use.
        """
        name, country = _checked_list(list_name, country)
        owner = self.owner_of_new(organisation)
        if self._at.store.find_list(name) is not None:
            raise ServiceError(
                Cause.EXISTS, f"contact list {name}: there is one already; choose another name"
            )
        self._at.store.ensure_list(name, self._at.now(), country, owner)

    def empty(self, list_name: str) -> int:
        """Let all contacts that are in a list now be deleted, in the background; return how many there are.

        What is saved meanwhile stays.

        Raises:
            ServiceError: there is no such list for the caller, a job that is not over has it, or it is being
                emptied already.
        """
        contact_list = self.find_list(list_name)
        count = self._at.store.begin_emptying(contact_list.list_id, self._at.now())
        if count is None:
            raise ServiceError(
                Cause.IN_USE,
                f"contact list {list_name}: a job that is not over has it, or it is being emptied already",
            )
        return count

    def emptying(self, list_name: str) -> ListState:
        """Return whether a list is being emptied, and how many contacts it has.

        Raises:
            ServiceError: there is no such list for the caller; or the last emptying failed, which is said
                once.
        """
        store, contact_list = self._at.store, self.find_list(list_name)
        state = store.emptying(contact_list.list_id)
        if state.error:
            store.forget_emptying_error(contact_list.list_id)
            raise ServiceError(
                Cause.WRONG_STATE, f"contact list {list_name}: could not be emptied: {state.error}"
            )
        return ListState(state.since is not None, store.count_contacts(contact_list.list_id))

    def go_on_emptying(self) -> bool:
        """Delete some contacts of each list that is being emptied; tell whether there are more."""
        store = self._at.store
        lists = store.lists_being_emptied()
        more = [store.empty_some(each, EMPTY_CHUNK, self._at.now(), self._caller.name) for each in lists]
        return any(more)

    def import_rows(
        self,
        rows: Iterator[Row],
        list_name: str,
        *,
        source: str,
        mapping: Mapping[str, str] | None = None,
        country: str = "",
        allow_premium: bool = False,
        organisation: str = "",
    ) -> Iterator[Rejected | ImportReport]:
        """Import rows of which the first names the columns; yield what is rejected, then how it went.

        The list is made if it is not there; a contact whose id is in the list already is updated. Rows are
        stored in chunks, so that neither memory nor a running zone suffers.

        Args:
            rows: of the file; may end with Stopped.
            list_name: the contact list.
            source: how errors call the file.
            mapping: column -> attribute, for columns that have neither the attribute's name nor a common
                other one; an empty attribute ignores the column.
            country: calling code or ISO region of numbers that have none in their row; by default that of
                the list, which keeps the one given here.
            allow_premium: take numbers that cost whoever calls them a premium.
            organisation: whose the list is if it is made; by default the caller's.

        Raises:
            ServiceError: the file as a whole cannot be used; nothing was stored.
            StoreFault: chunks stored before stay.
        """
        name, country = _checked_list(list_name, country)
        there = self._at.store.find_list(name)
        if there is not None:
            self.find_list(name)
            if organisation not in ("", there.organisation):
                whose = f"is {there.organisation}'s" if there.organisation else "belongs to no organisation"
                raise ServiceError(Cause.EXISTS, f"contact list {name}: {whose}; leave --org out")
        owner = there.organisation if there is not None else self.owner_of_new(organisation)
        store, now = self._at.store, self._at.now()
        columns = read_header(source, rows, mapping or {}, {each.name for each in store.attributes()})
        specs = (*SYSTEM_ATTRIBUTES, *(AttributeSpec(each, organisation=owner) for each in columns.custom))
        self.check_attributes(specs)
        store.define_attributes(specs)
        list_id = store.ensure_list(name, now, country, owner)
        kept = self.find_list(name).country
        known = store.attributes()
        too_large = (
            "are the values of this contact, those included that it has already; a desktop can be told"
            f" {room_for_values(known)} bytes at once"
        )
        reader = RowReader(columns, known, kept or None, allow_premium)
        created = updated = rejected = on_dnc = read_rows = last_line = 0
        taken_in: Counter[str] = Counter()
        chunks = Chunks(rows)
        while chunk := chunks.next(CHUNK_ROWS):
            read_rows += len(chunk)
            last_line = chunk[-1].line
            read = [(row.line, *reader.read(row)) for row in chunk]
            drafts = [draft for _, draft, _ in read if draft is not None]
            put = store.put_contacts(list_id, drafts, now, self._caller.name)
            created += put.created
            updated += put.updated
            self._hint(put.taken_in, taken_in)
            on_dnc += _count_on_dnc(store, drafts, owner)
            places = count()
            for line, draft, problems in read:
                size = put.too_large.get(next(places)) if draft is not None else None
                if size is not None:
                    problems = [Problem("", f"{size} bytes", too_large)]
                if problems:
                    rejected += 1
                    yield Rejected(line, tuple(problems))
        yield ImportReport(
            name,
            read_rows,
            created,
            updated,
            rejected,
            on_dnc,
            last_line,
            chunks.stopped,
            self._intakes(name, taken_in),
        )

    def _hint(self, jobs: Iterable[TakenIn], taken_in: Counter[str]) -> None:
        """Add up what jobs have taken in, and let their zones look for it."""
        for job in jobs:
            taken_in[job.campaign] += job.contacts
            self.hint(job.zones)

    def _intakes(self, list_name: str, taken_in: Counter[str]) -> tuple[Intake, ...]:
        with_list = (each for each in self.visible_campaigns() if list_name in each.lists)
        return tuple(
            Intake(each.name, each.job.state if each.job is not None else None, taken_in[each.name])
            for each in with_list
        )


def _checked_list(list_name: str, country: str) -> tuple[str, str]:
    """Return the name of a list and the ISO region of its numbers as they are kept."""
    if not list_name.strip():
        raise ServiceError(Cause.BAD_VALUE, "the contact list needs a name")
    if fault := fault_of(list_name):
        raise ServiceError(Cause.BAD_VALUE, f"the contact list's name {list_name!r} {fault}")
    name = list_name.strip()
    if len(name) > MAX_NAME_CHARACTERS:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"contact list {name[:50]!r}...: a name has at most {MAX_NAME_CHARACTERS} characters",
        )
    try:
        country = numbers.parse_country(country) if country else ""
    except ValueError as error:
        raise ServiceError(Cause.BAD_VALUE, f"country {country!r}: {error}") from None
    return name, country


def read_header(
    source: str, rows: Iterator[Row], mapping: Mapping[str, str], known: Collection[str] = ()
) -> Columns:
    """Take the first row, and tell what each column is.

    Raises:
        ServiceError: there is none, or it is of no use.
    """
    try:
        header = next(rows, None)
    except Stopped:
        raise ServiceError(Cause.BAD_FILE, f"{source}: stopped before anything was read") from None
    if header is None:
        raise ServiceError(
            Cause.BAD_FILE, f"{source}: the file has only empty lines; its first line must name the columns"
        )
    if header.fault:
        raise ServiceError(Cause.BAD_FILE, f"{source}:{header.line}: {header.fault}")
    return read_columns(f"{source}:{header.line}", header.values, mapping, known)


def _count_on_dnc(store: DncStore, drafts: list[ContactDraft], organisation: str) -> int:
    present = store.on_dnc({phone.number for draft in drafts for phone in draft.numbers}, organisation)
    return sum(any(phone.number in present for phone in draft.numbers) for draft in drafts)


class RowReader:
    """Turns the rows of one file into contacts."""

    def __init__(
        self,
        columns: Columns,
        specs: Iterable[AttributeSpec],
        region: str | None,
        allow_premium: bool,
        checks: Checks = NO_CHECKS,
        rules: PhoneRules = NO_RULES,
    ) -> None:
        self._columns = columns
        self._contacts = ContactReader(
            specs, region, checks, rules, needs_number=True, allow_premium=allow_premium
        )

    def read(self, row: Row) -> tuple[ContactDraft | None, list[Problem]]:
        """Return the contact, or None and all that is wrong with the row."""
        draft, faults = self.checked(row)
        return draft, [self.problem(each) for each in faults]

    def checked(self, row: Row) -> tuple[ContactDraft | None, list[Fault]]:
        """Return the contact, or None and all that is wrong with it, by attributes."""
        if row.fault:
            return None, [Fault("", "", row.fault)]
        named = len(self._columns.header)
        if len(row.values) < named or any(map(str.strip, row.values[named:])):
            return None, [Fault("", f"{len(row.values)} columns", f"the header names {named} columns")]
        return self._contacts.read(
            {
                name: value.strip(" ")
                for name, value in zip(self._columns.attributes, row.values, strict=False)
                if name
            }
        )

    def problem(self, fault: Fault) -> Problem:
        """Return what is wrong as the file calls it."""
        column = self._columns.column_of(fault.attribute)
        return Problem(column, fault.found[:_MAX_FOUND_CHARACTERS], fault.why)
