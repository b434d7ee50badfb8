"""An installation of its own for each test: a configuration, and a database where wanted."""

from pathlib import Path

import pytest
from clishell import CONFIG, Shell

from tests.databases import new_place


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that commands take without being told, without a database yet."""
    path = tmp_path / "agentmgr.toml"
    path.write_text(CONFIG.format(directory=tmp_path))
    monkeypatch.setenv("AGENTMGR_CONFIG", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def database(config: Path) -> Path:
    """The path of a fresh database."""
    return new_place(config.parent / "agentmgr.sqlite").path


CONTACTS = """UserContactId,FirstName,PhoneNumber1
A1,Ada,+442079460958
A2,Bob,nonsense
A3,Cleo,+14155550123
"""


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(CONTACTS)
    return path


@pytest.fixture
def campaign(shell: Shell, database: Path, contacts: Path) -> str:
    shell("contacts", "import", str(contacts), "--list", "People")
    shell("campaign", "create", "Spring", "--list", "People", "--skill", "English")
    return "Spring"
