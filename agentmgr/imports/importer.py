"""One import carried out, from where it stands to its end, or to where somebody wants it to stop."""

import csv
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import structlog
from attrs import define, evolve, field, frozen

from agentmgr.campaign.checks import addresses_of
from agentmgr.campaign.contacts import EMPTY_CHUNK
from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.service import Service, ServiceError
from agentmgr.campaign.sheet import RejectFile, neutral
from agentmgr.connectors.workers import Plan
from agentmgr.core.model import AttributeSpec
from agentmgr.imports.process import Frames, reading
from agentmgr.imports.reading import Batch, Copied, Copy, Ended, Failed, Header, Read
from agentmgr.ports import (
    Check,
    ContactDraft,
    ImportBatch,
    ImportJob,
    ImportState,
    ServiceStore,
    SourceKind,
)

log = structlog.get_logger()

_S = ImportState
REJECTS_LINES = 100_000
"""So many rows of no use are written down with why; the others are counted alone."""


@frozen
class Means:
    """What imports are carried out with.

    `is_ending` says whether the process ends: then each import stops behind its batch, for somebody else to
    go on. `hint` is called with a zone whose jobs have more contacts. `reading` gives what reads, for one.
    """

    store: ServiceStore
    now: Callable[[], float]
    hint: Callable[[str], None]
    is_ending: Callable[[], bool]
    rules: ImportRules
    plugins: Sequence[Plan] = ()
    reading: Callable[[], AbstractContextManager[Frames]] = reading


class _Stopped(Exception):
    """The import is somebody else's by now, or this process ends."""


@define(eq=False)
class Importer:
    """Carries out one import; blocks, for a worker thread."""

    _at: Means
    _job: ImportJob
    _service: Service
    _seen_at: float = 0.0
    _rejects: "_Rejects" = field(init=False)

    def __attrs_post_init__(self) -> None:
        directory = Path(self._at.rules.work_directory)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._rejects = _Rejects(directory / f"import-{self._job.import_id}.rejects.csv")

    @property
    def _path(self) -> Path:
        return Path(self._at.rules.work_directory) / f"import-{self._job.import_id}.copy"

    def run(self) -> None:
        """Carry it out; what it comes to stands in the store.

        Raises:
            StoreFault: the store failed; whoever claims the import next goes on with it.
        """
        log.info("import_begins", id=self._job.import_id, source=self._job.source.name, at=self._job.position)
        try:
            self._carry_out()
        except _Stopped:
            self._at.store.release_import(self._job)
        except ServiceError as error:
            self._fail(str(error))
        if self._job.state in (_S.COMPLETED, _S.ERROR):
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        counts = self._job.counts
        log.info(
            "import_ends",
            id=self._job.import_id,
            state=str(self._job.state),
            rows=counts.processed,
            created=counts.created,
            updated=counts.updated,
            error=self._job.error or None,
        )

    def _carry_out(self) -> None:
        if self._job.state is _S.PAUSING:
            self._step(_S.PAUSED)
            return
        if self._job.state not in (_S.STOPPING, _S.CREATING_HISTORY):
            with self._at.reading() as process:
                if self._job.source.kind is SourceKind.FILE and not self._copy(process):
                    return
                if self._job.source.empty_first and self._job.position == 0 and not self._empty():
                    return
                if not self._read(process):
                    return
        self._step(_S.CREATING_HISTORY)
        self._step(_S.COMPLETED)

    # -- the file --------------------------------------------------------------------------

    def _copy(self, process: Frames) -> bool:
        """Copy the file, unless that was done here before; False if the import is over."""
        job = self._job
        if job.fingerprint and self._path.exists():
            return True
        if job.state is _S.QUEUED:
            self._step(_S.FILE_COPYING)
        process.begin(Copy(job.source, self._path, self._at.rules))
        frame = process.frame(self._at.rules.fetch_s, self._look)
        if frame is None:
            return True  # it is to be stopped
        if not isinstance(frame, Copied):
            self._fail(frame.text if isinstance(frame, Failed) else "the file was not copied")
            return False
        if job.fingerprint and job.fingerprint != frame.fingerprint:
            self._fail("the file is another one than the import began with; import it again")
            return False
        self._step(fingerprint=frame.fingerprint)
        return True

    def _empty(self) -> bool:
        """Empty the list before its first new contact; False if the import is over."""
        store, list_name = self._at.store, self._job.source.list_name
        self._step(_S.DELETING_CONTACTS)
        found = store.find_list(list_name)
        assert found is not None, "lists are never taken away"
        begun = store.begin_emptying(found.list_id, self._at.now())
        if begun is None and store.emptying(found.list_id).since is None:
            self._fail(f"contact list {list_name} cannot be emptied: a job that is not over has it")
            return False
        self._step(deleted=begun or 0)
        while store.empty_some(found.list_id, EMPTY_CHUNK, self._at.now(), self._job.made_by):
            self._look()
        if error := store.emptying(found.list_id).error:
            self._fail(f"contact list {list_name} was not emptied: {error}")
            return False
        return True

    # -- the rows --------------------------------------------------------------------------

    def _read(self, process: Frames) -> bool:
        """Read and store the rows; False if the import is paused or over."""
        self._step(_S.RUNNING)
        if self._job.state is not _S.RUNNING:
            return True  # it is to be stopped
        job, at = self._job, self._at
        lists = {each.name: each for each in at.store.contact_lists()}
        task = Read(
            job.source,
            job.import_id,
            self._path,
            at.rules,
            at.plugins,
            at.store.attributes(),
            lists[job.source.list_name].country if job.source.list_name in lists else job.source.country,
            job.position,
            at.store.phone_rules(),
        )
        process.begin(task)
        return self._store_rows(process)

    def _store_rows(self, process: Frames) -> bool:
        while self._job.state is not _S.STOPPING:
            if self._job.state is _S.PAUSING:
                self._step(_S.PAUSED)
                return False
            match process.frame(self._at.rules.silence_s, self._look):
                case Header(attributes):
                    owner = self._job.source.organisation
                    specs = [AttributeSpec(each, organisation=owner) for each in attributes]
                    self._service.check_attributes(specs)
                    self._at.store.define_attributes(specs)
                case Batch() as batch:
                    self._store(batch)
                case Ended():
                    return True
                case Failed(text):
                    self._fail(text)
                    return False
        return True

    def _store(self, batch: Batch) -> None:
        job, now = self._job, self._at.now()
        drafts, on_dnc = self._without_dnc(batch.drafts)
        counts = evolve(batch.counts, on_dnc=on_dnc)
        step = self._at.store.put_batch(job, ImportBatch(job.position, batch.rows, drafts, counts), now)
        if step is None:
            raise _Stopped
        self._seen_at = now
        self._job = evolve(job, position=job.position + batch.rows, state=step.state)
        self._rejects.write(batch)
        for taken in step.taken_in:
            for zone in taken.zones:
                self._at.hint(zone)
        if self._at.is_ending():
            raise _Stopped

    def _without_dnc(self, drafts: Sequence[ContactDraft]) -> tuple[Sequence[ContactDraft], int]:
        if Check.DNC not in self._job.source.checks:
            return drafts, 0
        addresses = [addresses_of(draft) for draft in drafts]
        present = self._at.store.on_dnc(frozenset().union(*addresses), self._job.source.organisation)
        kept = [draft for draft, its in zip(drafts, addresses, strict=True) if not its & present]
        return kept, len(drafts) - len(kept)

    # -- what is said of it ----------------------------------------------------------------

    def _step(
        self,
        state: ImportState | None = None,
        fingerprint: str | None = None,
        error: str = "",
        deleted: int = 0,
    ) -> None:
        now = self._at.now()
        job = self._at.store.take_step(
            self._job, now, state=state, fingerprint=fingerprint, error=error, deleted=deleted
        )
        if job is None:
            raise _Stopped
        self._seen_at = now
        self._job = evolve(job, owner=self._job.owner)

    def _fail(self, why: str) -> None:
        self._step(_S.ERROR, error=why)

    def _look(self) -> bool:
        """Say that the import lives, and whether it is to go on."""
        self._step()
        if self._at.is_ending():
            raise _Stopped
        return self._job.state not in (_S.STOPPING, _S.PAUSING)


class _Rejects:
    """A file with the first rows of no use, each with why."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0

    def write(self, batch: Batch) -> None:
        if not batch.problems or self._lines >= REJECTS_LINES:
            return
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(RejectFile.COLUMNS)
            for line, problem in batch.problems:
                writer.writerow((line, problem.column, neutral(problem.found), problem.why))
        self._lines += len(batch.problems)
