"""Where contacts of a list come from by themselves, and how far each import from there is."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from agentmgr.ports.contacts import ContactDraft, TakenIn
from agentmgr.ports.schedules import Firing


class Check(StrEnum):
    """What may be checked of each contact of an import, beside what always is."""

    REJECT = "reject"
    FORMAT = "format"
    DNC = "dnc"
    TIMEZONE = "timezone"


class SourceKind(StrEnum):
    """What the contacts come from."""

    FILE = "file"
    DATABASE = "database"
    CUSTOM = "custom"


class OnDuplicate(StrEnum):
    """What becomes of a contact whose id is in the list already."""

    UPDATE = "update"
    IGNORE = "ignore"


@frozen
class DataSource:
    """Where contacts of a list come from.

    `location` is a file or its URL, the URL of a database, or the name of a plug-in; `query` is what the
    database is asked. `columns` gives columns another name, as in an import of a file. The source is its
    contact list's `organisation`'s.
    """

    source_id: int
    name: str
    list_name: str
    kind: SourceKind
    location: str
    query: str = ""
    description: str = ""
    columns: Mapping[str, str] = field(factory=dict)
    country: str = ""
    encoding: str = "auto"
    checks: frozenset[Check] = frozenset()
    on_duplicate: OnDuplicate = OnDuplicate.UPDATE
    empty_first: bool = False
    allow_premium: bool = False
    made_by: str = ""
    organisation: str = ""


class ImportState(StrEnum):
    """How far an import is."""

    QUEUED = "QUEUED"
    FILE_COPYING = "FILE_COPYING"
    DELETING_CONTACTS = "DELETING_CONTACTS"
    RUNNING = "RUNNING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"
    WAITING_TO_RESUME = "WAITING_TO_RESUME"
    STOPPING = "STOPPING"
    CREATING_HISTORY = "CREATING_HISTORY"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"


IMPORTS_OVER = (ImportState.COMPLETED, ImportState.ERROR)

_S = ImportState
GOES_TO: Mapping[ImportState, tuple[ImportState, ...]] = {
    _S.QUEUED: (_S.FILE_COPYING, _S.DELETING_CONTACTS, _S.RUNNING, _S.STOPPING, _S.ERROR),
    _S.FILE_COPYING: (_S.DELETING_CONTACTS, _S.RUNNING, _S.STOPPING, _S.ERROR),
    _S.DELETING_CONTACTS: (_S.RUNNING, _S.STOPPING, _S.ERROR),
    _S.RUNNING: (_S.CREATING_HISTORY, _S.PAUSING, _S.STOPPING, _S.ERROR),
    _S.PAUSING: (_S.PAUSED, _S.CREATING_HISTORY, _S.STOPPING, _S.ERROR),
    _S.PAUSED: (_S.WAITING_TO_RESUME, _S.STOPPING),
    _S.WAITING_TO_RESUME: (_S.RUNNING, _S.STOPPING, _S.ERROR),
    _S.STOPPING: (_S.CREATING_HISTORY, _S.ERROR),
    _S.CREATING_HISTORY: (_S.COMPLETED, _S.ERROR),
    _S.COMPLETED: (),
    _S.ERROR: (),
}
"""What a state may become: by whoever carries the import out, or by what somebody wants of it."""


@frozen
class ImportCounts:
    """What became of the rows of an import, of each one thing; `deleted` counts contacts."""

    created: int = 0
    updated: int = 0
    ignored: int = 0
    invalid: int = 0
    misformatted: int = 0
    rejected: int = 0
    on_dnc: int = 0
    failed: int = 0
    deleted: int = 0

    @property
    def processed(self) -> int:
        """How many rows were read."""
        return (
            self.created
            + self.updated
            + self.ignored
            + self.invalid
            + self.misformatted
            + self.rejected
            + self.on_dnc
            + self.failed
        )


@frozen
class ImportJob:
    """An import, under way or over; times are epoch seconds.

    `owner` is the process that works on it, empty if none does, last seen at `seen_at`. `position` counts the
    rows that are behind it; `fingerprint` is of the file that it reads.
    """

    import_id: int
    source: DataSource
    state: ImportState
    counts: ImportCounts
    position: int
    fingerprint: str
    error: str
    owner: str
    seen_at: float
    made_by: str
    created_at: float
    started_at: float | None
    ended_at: float | None


@frozen
class ImportBatch:
    """Rows that were read, behind so many others: contacts to be stored, and what became of the rest."""

    position: int
    rows: int
    drafts: Sequence[ContactDraft]
    counts: ImportCounts


@frozen
class ImportStep:
    """What a batch came to: the state that the import is in now, and the jobs that have more to do."""

    state: ImportState
    taken_in: tuple[TakenIn, ...] = ()


class ImportStore(Protocol):
    """Data sources, and the imports from them."""

    def add_source(self, source: DataSource, now: float) -> DataSource | None:
        """Keep a data source and return it with its id; None if there is one of that name.

        Its contact list is made if there is none of that name.
        """
        ...

    def find_source(self, name: str) -> DataSource | None:
        """Look a data source up."""
        ...

    def sources(self) -> tuple[DataSource, ...]:
        """Return all data sources by name."""
        ...

    def remove_source(self, source_id: int) -> bool:
        """Forget a data source with its schedules and imports; False while one of those is not over."""
        ...

    def queue_import(self, source_id: int, made_by: str, now: float) -> int:
        """Let an import from a data source wait for somebody who carries it out; return its id."""
        ...

    def fire_import(self, firing: Firing) -> int | None:
        """Do that with the firing of a schedule; None if somebody else was first."""
        ...

    def find_import(self, import_id: int) -> ImportJob | None:
        """Look an import up."""
        ...

    def imports(
        self, source_id: int | None, states: Iterable[ImportState], limit: int
    ) -> tuple[ImportJob, ...]:
        """Return imports that are in some states, of a data source or of all, the newest first."""
        ...

    def move_import(self, import_id: int, allowed: Iterable[ImportState], state: ImportState) -> bool:
        """Let an import be in a state if it is in an allowed one; return whether it was."""
        ...

    def claim_import(self, owner: str, now: float, dead_before: float) -> ImportJob | None:
        """Become the one who carries out the oldest import that waits for somebody; None if none does.

        So does one whose owner was last seen before a time. One that is paused waits for nobody.
        """
        ...

    def take_step(
        self,
        job: ImportJob,
        now: float,
        *,
        state: ImportState | None = None,
        fingerprint: str | None = None,
        error: str = "",
        deleted: int = 0,
    ) -> ImportJob | None:
        """Say what its owner does with an import, or nothing more than that it lives; None if it is not its.

        A state that cannot follow the one that it is in is not taken; what was returned has the one it is in.
        """
        ...

    def release_import(self, job: ImportJob) -> None:
        """Let somebody else carry an import on."""
        ...

    def put_batch(self, job: ImportJob, batch: ImportBatch, now: float) -> ImportStep | None:
        """Store a batch with what it counts, and where the import stands behind it, all or nothing.

        None if the import is not the owner's any more, or stands elsewhere.
        """
        ...
