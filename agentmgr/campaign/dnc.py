"""The do-not-call lists, everybody's and each organisation's: added to, taken from, listed, imported."""

from collections.abc import Iterator, Sequence
from itertools import chain

from attrs import frozen

from agentmgr.campaign.checks import NO_CHECKS, Checks, ContactReader, WrittenNumber
from agentmgr.campaign.phone_rules import compiled
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.campaign.sheet import Chunks, Problem, Rejected, Row
from agentmgr.core.numbers import parse_country, read_address
from agentmgr.ports import DncEntry

CHUNK = 1000
MAX_FOUND_CHARACTERS = 200
MIN_DIGITS = 4
"""A first line with fewer digits and some letters is a header; no telephone number is so short."""


@frozen
class DncReport:
    """What an import did: `rows` = `added` + `known` + `rejected`; a header is no row.

    `last_line` is where the last row that was read begins, `stopped` whether more would have come.
    """

    rows: int
    added: int
    known: int
    rejected: int
    last_line: int
    stopped: bool = False


class DncService(Service):
    """The lists that are looked up before every dial: for an organisation its own, and everybody's.

    Only who belongs to no organisation changes them.
    """

    def add(self, addresses: Sequence[str], country: str = "", organisation: str = "") -> int:
        """Put telephone numbers or e-mail addresses on a list; return how many were not there yet.

        Raises:
            ServiceError: one of them is neither, or there is no such organisation; none was added then.
        """
        self.check_change(organisation)
        now = self._at.now()
        return self._at.store.add_to_dnc(
            [self._entry(address, now, organisation) for address in _parse_all(addresses, country)]
        )

    def remove(self, addresses: Sequence[str], country: str = "", organisation: str = "") -> int:
        """Take addresses off the list; return how many were on it.

        One that is on the list as it is given is taken off, also if there is no such number any more.

        Raises:
            ServiceError: one of them is no address, or there is no such organisation; none was removed then.
        """
        self.check_change(organisation)
        as_given = self._at.store.on_own_dnc(addresses, organisation)
        read = _parse_all([each for each in addresses if each not in as_given], country)
        return self._at.store.remove_from_dnc([*as_given, *read], organisation)

    def has(self, address: str, country: str = "", organisation: str = "") -> bool:
        """Tell whether an address is on one list, everybody's or an organisation's; as it is given or read.

        Raises:
            ServiceError: it is not on the list and no address, there is no such organisation, or that is not
                the caller's.
        """
        self._check_look(organisation)
        try:
            read = _parse_all([address], country)
        except ServiceError:
            if self._at.store.on_own_dnc([address], organisation):
                return True
            raise
        return bool(self._at.store.on_own_dnc([address, *read], organisation))

    def check(self, address: str, checks: Checks, country: str = "") -> None:
        """Check a telephone number by the rules that are asked for; an e-mail address is under none.

        Raises:
            ServiceError: it is no address, or a rule refuses it.
        """
        if "@" in address or checks == NO_CHECKS:
            return
        reader = ContactReader((), _region(country), checks, compiled(self._at.store.phone_rules()))
        _, faults = reader.read_number(WrittenNumber("", address, timezone="UTC"))
        for fault in faults:
            cause = Cause.CHECK_FAILED if fault.cause is Cause.CHECK_FAILED else Cause.BAD_ADDRESS
            raise ServiceError(cause, f"{address[:50]!r} {fault.why}")

    def check_change(self, organisation: str) -> None:
        """Check that the caller may change a list.

        Raises:
            ServiceError: the caller works for an organisation, or there is no such organisation.
        """
        self.check_global("to change a do-not-call list")
        self.check_organisation(organisation)

    def _check_look(self, organisation: str) -> None:
        self.check_organisation(organisation)
        self.check_owner(organisation, Cause.DENIED, f"the do-not-call list of {organisation}")

    def after(self, address: str, limit: int, organisation: str = "") -> tuple[DncEntry, ...]:
        """Return the next entries of a list by address, those above one.

        Raises:
            ServiceError: there is no such organisation, or it is not the caller's.
        """
        self._check_look(organisation)
        return self._at.store.dnc_entries(address, limit, organisation)

    def all(self, organisation: str = "") -> Iterator[DncEntry]:
        """Return a whole list by address, read in chunks.

        Raises:
            ServiceError: there is no such organisation, or it is not the caller's.
        """
        self._check_look(organisation)
        return self._pages(organisation)

    def _pages(self, organisation: str) -> Iterator[DncEntry]:
        last = ""
        while entries := self._at.store.dnc_entries(last, CHUNK, organisation):
            yield from entries
            last = entries[-1].address

    def import_rows(
        self,
        rows: Iterator[Row],
        country: str = "",
        *,
        source: str,
        column: str = "",
        organisation: str = "",
    ) -> Iterator[Rejected | DncReport]:
        """Put a column of a file's rows on the list; yield what is rejected, then how it went.

        Args:
            rows: of the file, may end with Stopped; a first one of words is a header.
            country: calling code or ISO region of numbers that have none.
            source: how errors call the file.
            column: how the header calls the column; the first one if empty.
            organisation: whose list; everybody's if empty.

        Raises:
            ServiceError: the file as a whole cannot be used; nothing was added.
            StoreFault: chunks added before stay.
        """
        self.check_change(organisation)
        region = _region(country)
        now = self._at.now()
        read_rows = added = rejected = last_line = 0
        chunks = Chunks(rows)
        first = next(iter(chunks.next(1)), None)
        index = _column(source, first, column)
        if first is not None and not _is_header(first, column, region):
            chunks = Chunks(chain([first], rows))
        while chunk := chunks.next(CHUNK):
            read_rows += len(chunk)
            last_line = chunk[-1].line
            entries = []
            for row in chunk:
                try:
                    entries.append(self._entry(_read_row(row, index, region), now, organisation))
                except ValueError as error:
                    found = row.values[index].strip() if len(row.values) > index else ""
                    problem = Problem(column or str(index + 1), found[:MAX_FOUND_CHARACTERS], str(error))
                    rejected += 1
                    yield Rejected(row.line, (problem,))
            added += self._at.store.add_to_dnc(entries)
        known = read_rows - added - rejected
        yield DncReport(read_rows, added, known, rejected, last_line, chunks.stopped)

    def _entry(self, address: str, now: float, organisation: str) -> DncEntry:
        return DncEntry(address, self._caller.name, now, organisation)


def _column(source: str, first: Row | None, name: str) -> int:
    if not name:
        return 0
    there = [each.strip() for each in first.values] if first is not None else []
    if name not in there:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{source}:{first.line if first is not None else 1}: no column is {name!r}; there are"
            f" {', '.join(there)[:200] or 'none'}",
        )
    return there.index(name)


def _is_header(first: Row, column: str, region: str | None) -> bool:
    """Tell whether the first line names the columns: what is an address, or looks like one, is no name."""
    if column:
        return True
    found = first.values[0] if first.values else ""
    try:
        read_address(found, region)
    except ValueError:
        digits = sum(c.isdigit() for c in found)
        return any(c.isalpha() for c in found) and digits < MIN_DIGITS and "@" not in found
    return False


def _read_row(row: Row, index: int, region: str | None) -> str:
    if row.fault:
        raise ValueError(row.fault)
    if len(row.values) <= index:
        raise ValueError(f"the row has {len(row.values)} columns, the header names more")
    return read_address(row.values[index], region)


def _parse_all(addresses: Sequence[str], country: str) -> list[str]:
    region = _region(country)
    parsed = []
    for address in addresses:
        try:
            parsed.append(read_address(address, region))
        except ValueError as error:
            raise ServiceError(Cause.BAD_ADDRESS, f"{address[:50]!r} {error}") from None
    return parsed


def _region(country: str) -> str | None:
    try:
        return parse_country(country) if country else None
    except ValueError as error:
        raise ServiceError(Cause.BAD_VALUE, f"country {country!r}: {error}") from None
