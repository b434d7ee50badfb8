"""The do-not-call list: added to, taken from, listed, imported."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

from attrs import frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.campaign.sheet import Problem, RejectFile
from agentmgr.campaign.textfile import Row, csv_rows, open_text
from agentmgr.core.numbers import parse_country, read_address
from agentmgr.ports import DncEntry

CHUNK = 1000
MAX_FOUND_CHARACTERS = 200
MIN_DIGITS = 4
"""A first line with fewer digits and some letters is a header; no telephone number is so short."""


@frozen
class DncReport:
    """What an import did: `rows` = `added` + `known` + `rejected`; a header is no row.

    `reject_file` is there if rows were rejected.
    """

    rows: int
    added: int
    known: int
    rejected: int
    reject_file: Path | None


class DncService(Service):
    """The list that is looked up before every dial."""

    def add(self, addresses: Sequence[str], country: str = "") -> int:
        """Put telephone numbers or e-mail addresses on the list; return how many were not there yet.

        Raises:
            ServiceError: one of them is neither; none was added then.
        """
        return self._at.store.add_to_dnc(
            [self._entry(address, self._at.now()) for address in _parse_all(addresses, country)]
        )

    def remove(self, addresses: Sequence[str], country: str = "") -> int:
        """Take addresses off the list; return how many were on it.

        One that is on the list as it is given is taken off, also if there is no such number any more.

        Raises:
            ServiceError: one of them is no address; none was removed then.
        """
        as_given = self._at.store.on_dnc(addresses)
        read = _parse_all([each for each in addresses if each not in as_given], country)
        return self._at.store.remove_from_dnc([*as_given, *read])

    def all(self) -> Iterator[DncEntry]:
        """Return the whole list by address, read in chunks."""
        last = ""
        while entries := self._at.store.dnc_entries(last, CHUNK):
            yield from entries
            last = entries[-1].address

    def import_file(
        self,
        path: Path,
        country: str = "",
        *,
        encoding: str = "utf-8",
        column: str = "",
        reject_file: Path | None = None,
    ) -> DncReport:
        """Put a column of a CSV file, or each line of a text file, on the list.

        Args:
            path: the file; a first line of words is a header.
            country: calling code or ISO region of numbers that have none.
            encoding: of the file.
            column: how the header calls the column; the first one if empty.
            reject_file: where bad rows go; by default beside the file, as `NAME.rejects.csv`.

        Raises:
            ServiceError: the file as a whole cannot be used; nothing was added.
            StoreFault: chunks added before stay.
        """
        region = _region(country)
        now = self._at.now()
        rows = added = 0
        with ExitStack() as stack:
            lines = csv_rows(stack.enter_context(open_text(path, encoding)))
            first = next(lines, None)
            index = _column(path, first, column)
            if first is not None and not _is_header(first, column, region):
                lines = chain([first], lines)
            rejects = stack.enter_context(RejectFile(reject_file or path.with_suffix(".rejects.csv"), path))
            while chunk := list(islice(lines, CHUNK)):
                rows += len(chunk)
                entries = []
                for row in chunk:
                    try:
                        entries.append(self._entry(_read_row(row, index, region), now))
                    except ValueError as error:
                        found = row.values[index].strip() if len(row.values) > index else ""
                        problem = Problem(column or str(index + 1), found[:MAX_FOUND_CHARACTERS], str(error))
                        rejects.add(row.line, [problem])
                added += self._at.store.add_to_dnc(entries)
        rejected = rejects.rows
        return DncReport(rows, added, rows - added - rejected, rejected, rejects.path if rejected else None)

    def _entry(self, address: str, now: float) -> DncEntry:
        return DncEntry(address, self._caller.name, now)


def _column(path: Path, first: Row | None, name: str) -> int:
    if not name:
        return 0
    there = [each.strip() for each in first.values] if first is not None else []
    if name not in there:
        raise ServiceError(
            Cause.BAD_FILE,
            f"{path}:{first.line if first is not None else 1}: no column is {name!r}; there are"
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
            raise ServiceError(Cause.BAD_VALUE, f"{address[:50]!r} {error}") from None
    return parsed


def _region(country: str) -> str | None:
    try:
        return parse_country(country) if country else None
    except ValueError as error:
        raise ServiceError(Cause.BAD_VALUE, f"country {country!r}: {error}") from None
