from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from callers import import_contacts, services

from agentmgr.campaign.contacts import ImportReport
from agentmgr.store import SqlStore
from agentmgr.store.contacts import read_contacts
from tests.databases import new_store

Import = Callable[..., ImportReport]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    yield store
    store.close()


@pytest.fixture
def load(store: SqlStore, tmp_path: Path) -> Import:
    """Import a text, or bytes, as the file people.csv into the list A."""

    def load(content: str | bytes, **options: object) -> ImportReport:
        path = tmp_path / "people.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_contacts(services(store), path, "A", **options)  # type: ignore[arg-type]  # of several types

    return load


@pytest.fixture
def imported(store: SqlStore) -> Callable[[], dict[str, dict[str, str]]]:
    """Return all contacts that are stored, as a desktop would see them, by their id."""

    def imported() -> dict[str, dict[str, str]]:
        contacts = store._database.read(
            lambda tx: read_contacts(tx.sql, tx.sql.fetch("SELECT contact_id, 0 FROM contact"))
        )
        return {contact.user_contact_id: dict(contact.attributes) for contact in contacts}

    return imported


@pytest.fixture
def rejects(tmp_path: Path) -> Callable[[], list[str]]:
    """Return the lines of the reject file below its header."""

    def rejects() -> list[str]:
        lines = (tmp_path / "people.rejects.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0] == "line,column,found,why"
        return lines[1:]

    return rejects
