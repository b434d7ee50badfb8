"""A store of each kind with services, and what imports are carried out with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from importing import Desk

from agentmgr.campaign.rules import ImportRules
from tests.databases import new_place, new_postgres


@pytest.fixture(params=["sqlite", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A store of each kind in turn."""
    directory = tmp_path / "files"
    directory.mkdir()
    rules = ImportRules(directory=str(directory), work_directory=str(tmp_path / "work"))
    if request.param == "sqlite":
        store = new_place(tmp_path / "agentmgr.sqlite").open()
        yield Desk(store, directory, rules)
        store.close()
        return
    place = new_postgres(request.getfixturevalue("postgres_server"))
    store = place.open()
    yield Desk(store, directory, rules)
    store.close()
    place.give_back()
