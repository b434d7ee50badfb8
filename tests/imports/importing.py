"""A store of each kind with services, and what imports are carried out with."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from attrs import Factory, define, evolve

from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.connectors.workers import Plan
from agentmgr.imports.importer import Importer, Means
from agentmgr.imports.process import reading
from agentmgr.imports.reading import Frame, Task, carry_out
from agentmgr.ports import DataSource, ImportJob, ImportState, NoFloors, SourceKind
from agentmgr.store import SqlStore

T0 = 1_750_000_000.0


class Inline:
    """Carries out tasks where it is: what the process of an import does, without its second of starting."""

    def begin(self, task: Task) -> None:
        self._frames = carry_out(task)

    def frame(self, within_s: float, look: Callable[[], bool]) -> Frame | None:
        return next(self._frames) if look() else None


@define
class Desk:
    """Where imports are made: files in `directory`, data sources, and somebody who carries imports out."""

    store: SqlStore
    directory: Path
    rules: ImportRules
    now: float = T0
    hinted: list[str] = Factory(list)
    is_ending: Callable[[], bool] = bool
    in_process: bool = False
    plugins: tuple[Plan, ...] = ()

    @property
    def services(self) -> Services:
        backing = Backing(self.store, lambda: self.now, frozenset, self.hinted.append, NoFloors())
        return Services(backing, Caller("ann"))

    def write(self, name: str, rows: int, first: int = 0) -> str:
        lines = ["UserContactId,PhoneNumber1,City"]
        lines += [f"C{i},+1212555{i:04},Town {i}" for i in range(first, first + rows)]
        (self.directory / name).write_text("\n".join(lines) + "\n")
        return name

    def source(self, location: str, **changes: Any) -> DataSource:
        source = DataSource(0, "Leads", "Leads", SourceKind.FILE, location)
        return self.services.sources.add(evolve(source, **changes))

    def begin(self) -> ImportJob:
        return self.services.sources.begin("Leads")

    def carry_out(self, owner: str = "me", dead_before: float = 0.0) -> ImportJob | None:
        """Claim what waits and carry it out as far as it goes; return it."""
        job = self.store.claim_import(owner, self.now, dead_before)
        if job is None:
            return None
        means = Means(
            self.store,
            lambda: self.now,
            self.hinted.append,
            lambda: self.is_ending(),
            self.rules,
            self.plugins,
            reading=reading if self.in_process else lambda: nullcontext(Inline()),
        )
        Importer(means, job, self.services.contacts).run()
        return self.store.find_import(job.import_id)

    def imported(self) -> ImportJob:
        """Begin an import and carry it out."""
        self.begin()
        found = self.carry_out()
        assert found is not None
        return found

    def contacts(self) -> int:
        return sum(each.contacts for each in self.store.contact_lists())

    def state(self) -> ImportState:
        return self.services.sources.imports("Leads")[0].state
