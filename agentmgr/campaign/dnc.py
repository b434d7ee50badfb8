"""The do-not-call list: added to, taken from, listed, imported."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from attrs import frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.campaign.textfile import csv_rows, open_text
from agentmgr.core.numbers import parse_country, read_address
from agentmgr.ports import DncEntry

CHUNK = 1000


@frozen
class DncReport:
    """What an import did: `rows` = `added` + those that were there + `rejected`, each with its line."""

    rows: int
    added: int
    rejected: tuple[str, ...]


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

        Raises:
            ServiceError: one of them is no address; none was removed then.
        """
        return self._at.store.remove_from_dnc(_parse_all(addresses, country))

    def all(self) -> Iterator[DncEntry]:
        """Return the whole list by address, read in chunks."""
        last = ""
        while entries := self._at.store.dnc_entries(last, CHUNK):
            yield from entries
            last = entries[-1].address

    def import_file(self, path: Path, country: str = "", encoding: str = "utf-8") -> DncReport:
        """Put the first column of a CSV or text file on the list; a first line without one is a header.

        Raises:
            ServiceError: the file cannot be read; nothing was added.
        """
        region = _region(country)
        now = self._at.now()
        rows = added = 0
        rejected: list[str] = []
        with open_text(path, encoding) as file:
            lines = csv_rows(file)
            while chunk := list(islice(lines, CHUNK)):
                entries = []
                for row in chunk:
                    found = row.values[0].strip() if row.values else ""
                    try:
                        if row.fault:
                            raise ValueError(row.fault)
                        entries.append(self._entry(read_address(found, region), now))
                    except ValueError as error:
                        if row.line == 1 and not any(c.isdigit() for c in found):
                            continue
                        rejected.append(f"{path}:{row.line}: {found[:50]!r} {error}")
                    rows += 1
                added += self._at.store.add_to_dnc(entries)
        return DncReport(rows, added, tuple(rejected))

    def _entry(self, address: str, now: float) -> DncEntry:
        return DncEntry(address, self._caller.name, now)


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
