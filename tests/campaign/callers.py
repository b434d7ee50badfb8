"""The services over a store, as a test calls them."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import attrs

from agentmgr.campaign.contacts import ImportReport
from agentmgr.campaign.dnc import DncReport
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import Rejected, RejectFile
from agentmgr.campaign.textfile import AUTO, csv_rows, open_text
from agentmgr.ports import Floors, NoFloors, ServiceStore

T0 = 1_750_000_000.0


def services(
    store: ServiceStore,
    served: Iterable[str] = (),
    *,
    caller: str = "Ann",
    organisation: str = "",
    now: float = T0,
    hint: Callable[[str], None] = lambda zone: None,
    floors: Floors | None = None,
) -> Services:
    """Return the services for a caller while some zones are served."""
    zones = frozenset(served)
    return Services(
        Backing(store, lambda: now, lambda: zones, hint, floors or NoFloors()), Caller(caller, organisation)
    )


Report = TypeVar("Report")


def import_contacts(
    at: Services, path: Path, list_name: str, *, encoding: str = AUTO, **options: Any
) -> ImportReport:
    """Import a file into a list, as a command does; what is rejected goes beside it."""
    with open_text(path, encoding) as file:
        rows = csv_rows(file)
        return _with_rejects(path, at.contacts.import_rows(rows, list_name, source=str(path), **options))


def import_dnc(
    at: Services, path: Path, country: str = "", *, encoding: str = AUTO, column: str = ""
) -> DncReport:
    """Import a file into the do-not-call list, as a command does; what is rejected goes beside it."""
    with open_text(path, encoding) as file:
        rows = csv_rows(file)
        return _with_rejects(path, at.dnc.import_rows(rows, country, source=str(path), column=column))


def _with_rejects(path: Path, results: Iterator[Rejected | Report]) -> Report:
    path.with_suffix(".rejects.csv").unlink(missing_ok=True)
    with RejectFile(path, path.parent) as file:
        for each in results:
            if not isinstance(each, Rejected):
                report = each
                continue
            for problem in each.problems:
                file.write({"line": each.line, **attrs.asdict(problem)})
    return report
