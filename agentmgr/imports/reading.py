"""What the process of an import does: it copies a file, and reads rows into contacts.

`python -m agentmgr.imports` takes tasks from its standard input and writes what comes of each to its standard
output, frame by frame; it is nobody's but that of the process that made it, which ends it as well.
"""

import os
import pickle
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO

from attrs import evolve, frozen

from agentmgr.campaign.checks import Checks
from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.contacts import RowReader, read_header
from agentmgr.campaign.phone_rules import compiled
from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.sheet import Problem, Row
from agentmgr.campaign.sources import without_password
from agentmgr.campaign.textfile import csv_rows, open_text
from agentmgr.connectors.protocols import Contact
from agentmgr.connectors.workers import ConnectorFailed, Connectors, Plan
from agentmgr.core.model import AttributeSpec
from agentmgr.imports import querying
from agentmgr.imports.fetching import NotFetched, copy
from agentmgr.ports import Check, ContactDraft, DataSource, ImportCounts, PhoneRule, SourceKind

LENGTH = struct.Struct(">I")
BATCH_ROWS = 25
"""A zone waits for a batch at most that is being stored."""
NICENESS = 10
"""Whoever talks to customers goes before whoever reads files."""


@frozen
class Copy:
    """Copy the file of a data source to a path."""

    source: DataSource
    path: Path
    rules: ImportRules


@frozen
class Read:
    """Read the rows of a data source behind the first so many.

    `path` is the copy of its file; `specs` are the attributes that there are, `country` is its list's.
    """

    source: DataSource
    import_id: int
    path: Path
    rules: ImportRules
    plugins: Sequence[Plan]
    specs: Sequence[AttributeSpec]
    country: str
    skip: int
    rules_for_numbers: tuple[PhoneRule, ...] = ()


@frozen
class Copied:
    """A file was copied; `fingerprint` tells it from any other."""

    fingerprint: str


@frozen
class Header:
    """What the rows have beside what all contacts have."""

    attributes: tuple[str, ...]


@frozen
class Batch:
    """Rows that were read: contacts, and what became of the others, with why of the first ones."""

    rows: int
    drafts: Sequence[ContactDraft]
    counts: ImportCounts
    problems: Sequence[tuple[int, Problem]]


@frozen
class Failed:
    """The import cannot go on; the text is one line for a person."""

    text: str


@frozen
class Ended:
    """There are no more rows."""


Task = Copy | Read
Frame = Copied | Header | Batch | Failed | Ended


def carry_out(task: Task) -> Iterator[Frame]:
    """Do what a task says, and yield what comes of it; the last frame is `Copied`, `Ended` or `Failed`."""
    try:
        match task:
            case Copy(source, path, rules):
                yield Copied(copy(source.location, path, rules))
            case Read():
                yield from _read(task)
                yield Ended()
    except (NotFetched, ServiceError, ConnectorFailed) as error:
        yield Failed(str(error))
    except OSError as error:
        yield Failed(f"{error.filename or 'the data source'}: cannot be read: {error.strerror}")


def _read(task: Read) -> Iterator[Frame]:
    source = task.source
    with _rows(task) as rows:
        known = {spec.name: spec for spec in (*SYSTEM_ATTRIBUTES, *task.specs)}
        columns = read_header(without_password(source.location), rows, source.columns, known)
        yield Header(columns.custom)
        reader = RowReader(
            columns,
            tuple(known.values()),
            task.country or None,
            source.allow_premium,
            Checks(
                reject_patterns=Check.REJECT in source.checks,
                phone_formats=Check.FORMAT in source.checks,
                automatic_timezone=Check.TIMEZONE in source.checks,
            ),
            compiled(task.rules_for_numbers),
        )
        for _ in islice(rows, task.skip):
            pass
        while chunk := list(islice(rows, BATCH_ROWS)):
            yield _batch(reader, chunk, keeps_empty=source.kind is not SourceKind.CUSTOM)


def _batch(reader: RowReader, chunk: Sequence[Row], *, keeps_empty: bool) -> Batch:
    """Read rows; where what is empty says nothing, it takes nothing away from a contact that is there."""
    drafts, problems = [], []
    counts: Counter[str] = Counter()
    for row in chunk:
        draft, faults = reader.checked(row)
        if draft is None:
            first = min(faults, key=lambda fault: _ORDER[fault.check])
            counts[first.check] += 1
            problems.append((row.line, reader.problem(first)))
        elif keeps_empty:
            drafts.append(draft)
        else:
            said = {name: value for name, value in draft.attributes.items() if value}
            drafts.append(evolve(draft, attributes=said))
    found = ImportCounts(invalid=counts[""], misformatted=counts[Check.FORMAT], rejected=counts[Check.REJECT])
    return Batch(len(chunk), drafts, found, problems)


_ORDER = {"": 0, Check.FORMAT: 1, Check.REJECT: 2}
"""A row that cannot be taken for several reasons counts for the first one."""


@contextmanager
def _rows(task: Read) -> Iterator[Iterator[Row]]:
    """Give the rows of a data source, the first with the names of the columns."""
    source = task.source
    with ExitStack() as stack:
        match source.kind:
            case SourceKind.FILE:
                yield csv_rows(stack.enter_context(open_text(task.path, source.encoding)))
            case SourceKind.DATABASE:
                yield querying.rows(source.location, source.query, task.rules)
            case SourceKind.CUSTOM:
                plugins = Connectors(task.plugins)
                stack.callback(plugins.close)
                run = stack.enter_context(plugins.import_source(source.location, task.import_id))
                contacts = (each for batch in run.batches() for each in batch)
                yield _of_contacts(contacts, task.specs, source.organisation)


_NAMES: Mapping[str, str] = {
    "user_contact_id": "UserContactId",
    "first_name": "FirstName",
    "last_name": "LastName",
    "phone_number1": "PhoneNumber1",
    "phone_number2": "PhoneNumber2",
    "email": "Email",
    "language": "Language",
    "time_zone": "TimeZone",
}
"""What a plug-in calls what all contacts have."""


def _of_contacts(
    contacts: Iterator[Contact], specs: Sequence[AttributeSpec], organisation: str
) -> Iterator[Row]:
    """Give contacts as rows; the columns are what all contacts have, and the attributes that are defined.

    Raises:
        ServiceError: a contact has an attribute of another organisation.
    """
    common = {spec.name for spec in SYSTEM_ATTRIBUTES}
    names = [s.name for s in specs if s.name not in common and s.organisation in ("", organisation)]
    foreign = {s.name for s in specs if s.organisation not in ("", organisation)}
    yield Row(1, (*_NAMES.values(), *names))
    for line, contact in enumerate(contacts, 2):
        if theirs := sorted(foreign.intersection(contact.attributes)):
            raise ServiceError(
                Cause.FOREIGN_ATTRIBUTE,
                f"contact {line - 1} has the attribute {theirs[0]}, which belongs to another organisation",
            )
        unknown = sorted(set(contact.attributes) - set(names))
        if unknown:
            yield Row(line, (), f"has the attribute {unknown[0]!r}, which is not defined")
            continue
        fixed = (getattr(contact, each) for each in _NAMES)
        yield Row(line, (*fixed, *(contact.attributes.get(name, "") for name in names)))


def write_frame(file: IO[bytes], value: Task | Frame) -> None:
    """Write a frame."""
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    file.write(LENGTH.pack(len(body)) + body)
    file.flush()


def main() -> None:
    """Carry out tasks as they come, until no more do."""
    os.nice(NICENESS)
    frames = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a driver prints is no frame
    with suppress(BrokenPipeError):  # whoever made the process wants nothing more of it
        while head := sys.stdin.buffer.read(LENGTH.size):
            task: Task = pickle.loads(sys.stdin.buffer.read(*LENGTH.unpack(head)))
            for frame in carry_out(task):
                write_frame(frames, frame)
