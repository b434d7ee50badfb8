"""The command line on a database in PostgreSQL, with and without a running server."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from clishell import CONFIG, Shell

from agentmgr.app import open_server
from agentmgr.settings.file import load
from agentmgr.testing.postgres import ThrowawayPostgres
from tests.databases import PostgresPlace

_numbers = itertools.count(1)


@pytest.fixture
def fresh(postgres_server: ThrowawayPostgres) -> PostgresPlace:
    """A database without tables."""
    name = f"cli_{next(_numbers)}"
    postgres_server.ask(f"CREATE DATABASE {name}")
    return PostgresPlace(postgres_server, name)


@pytest.fixture
def on_postgres(config: Path, fresh: PostgresPlace) -> Iterator[Path]:
    """A configuration that names it, and a password that nobody may see, which is not asked for."""
    (config.parent / "password").write_text("opensesame\n")
    text = CONFIG.format(directory=config.parent)
    config.write_text(
        text.replace("[database]", f'[database]\nurl = "{fresh.url}"\npassword_file = "password"')
    )
    yield config
    assert not (config.parent / "agentmgr.sqlite").exists()


# Each command that reads or writes the database, in an order in which each has something to do.
COMMANDS = (
    "contacts import people.csv --list People",
    "contacts lists",
    "campaign create Spring --list People --skill English",
    "campaign set Spring priority=7",
    "campaign list",
    "agents list",
    "attributes list",
    "dnc add +442079460000",
    "dnc list",
    "campaign run Spring",
    "campaign status Spring",
    "contacts show A1",
    "contacts export --list People",
    "dispositions export --campaign Spring",
    "attempts export --campaign Spring",
    "callbacks list",
    "zones status",
    "campaign pause Spring",
    "campaign resume Spring",
    "campaign stop Spring",
    "campaign delete Spring",
)


def run_all(shell: Shell) -> None:
    for command in COMMANDS:
        if command == "campaign delete Spring":  # a zone ends a stopped job as soon as it hears of it
            while (
                json.loads(shell("campaign", "status", "Spring", "--json").splitlines()[0])["ended"] is None
            ):
                pass
        shell(*command.split())


def test_commands_work_on_a_database_that_nobody_serves(
    shell: Shell, on_postgres: Path, fresh: PostgresPlace, contacts: Path
) -> None:
    shell("campaign", "list", code=1)
    assert "there are no tables here" in shell.error
    assert shell("init") == f"{fresh.url}: made\n"
    assert shell("init") == f"{fresh.url}: is there already, and in order\n"
    run_all(shell)
    assert shell("init", "--restored") == f"{fresh.url}: a new era for 0 zones\n"


async def test_commands_work_on_a_database_that_a_server_serves(
    shell: Shell, on_postgres: Path, fresh: PostgresPlace, contacts: Path
) -> None:
    shell("init")
    with trio.fail_after(120):
        async with open_server(load(on_postgres)) as server:
            while not server.zones:
                await trio.testing.wait_all_tasks_blocked()
            await trio.to_thread.run_sync(run_all, shell)
            # beside the server: other processes have the same database
            store = fresh.open()
            assert [each.name for each in store.contact_lists()] == ["People"]
            store.close()


def test_copy_brings_a_file_to_postgres(
    shell: Shell, campaign: str, database: Path, fresh: PostgresPlace
) -> None:
    said = shell("copy", "--to", fresh.url)
    assert "campaign: 1\n" in said
    assert "contact: 2\n" in said
    assert f'next: url = "{fresh.url}"' in said
    assert shell("init", "--url", fresh.url) == f"{fresh.url}: is there already, and in order\n"
    shell("copy", "--to", fresh.url, code=1)
    assert "something in it already" in shell.error


@pytest.mark.parametrize("url", ["postgresql://a:secret@localhost/b", "postgresql://h/b?password=secret"])
@pytest.mark.parametrize("command", [["init", "--url"], ["copy", "--to"]])
def test_password_in_the_list_of_processes_is_refused(
    shell: Shell, database: Path, command: list[str], url: str
) -> None:
    shell(*command, url, code=2)
    assert "list of processes" in shell.error
    assert "secret" not in shell.error


@pytest.mark.parametrize(
    "url", ["postgresql://ada:secret@127.0.0.1:1/b", "postgresql://127.0.0.1:1/b?nonsense=1&password=secret"]
)
def test_password_is_in_no_error(shell: Shell, config: Path, url: str) -> None:
    config.write_text(config.read_text().replace("[database]", f'[database]\nurl = "{url}"'))
    for command in (["init"], ["campaign", "list"], ["serve"]):
        shell(*command, code=1)
        assert shell.error.count("\n") == 1
        assert "secret" not in shell.error
