"""A system that organisations share, at the command line; without any it looks as it always did."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clishell import Shell

Secret = Callable[[], None]


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Secret:
    """Give the next command a password."""
    return lambda: monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))


def rows(shell: Shell, *tokens: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in shell(*tokens, "--json").splitlines()]


def import_contacts(shell: Shell, directory: Path, *options: str) -> None:
    people = directory / "people.csv"
    people.write_text("UserContactID,PhoneNumber1\nU1,+442079460018\n")
    shell("contacts", "import", str(people), *options)


def test_what_belongs_to_an_organisation_says_so_wherever_it_is_listed(
    shell: Shell, database: Path, tmp_path: Path, secret: Secret
) -> None:
    assert shell("org", "list") == "no organisations; everything is everybody's\n"
    assert shell("org", "add", "North Bank") == "organisation North Bank added\n"
    north = ("--org", "North Bank")
    secret()
    shell("account", "add", "nora", "--role", "manager", *north, "--password-stdin")
    secret()
    shell("agents", "add", "1001", "--skill", "English", *north, "--password-stdin")
    secret()
    shell("agents", "add", "1002", "--skill", "English", "--password-stdin")
    import_contacts(shell, tmp_path, "--list", "North", *north)
    import_contacts(shell, tmp_path, "--list", "All")
    shell("attributes", "define", "Balance", *north)
    shell("campaign", "create", "Spring", "--list", "North", "--skill", "English", *north)
    shell("dnc", "add", "+442079460019", *north)

    assert rows(shell, "org", "list") == [{"organisation": "North Bank"}]
    owned = {
        "account list": "account",
        "agents list": "agent",
        "contacts lists": "list",
        "attributes list": "attribute",
        "campaign list": "campaign",
    }
    owners = {
        command: {str(row[key]): row.get("organisation") for row in rows(shell, *command.split())}
        for command, key in owned.items()
    }
    assert owners["account list"] == {"nora": "North Bank"}
    assert owners["agents list"] == {"1001": "North Bank", "1002": None}
    assert owners["contacts lists"] == {"North": "North Bank", "All": None}
    assert owners["attributes list"]["Balance"] == "North Bank"
    assert owners["campaign list"] == {"Spring": "North Bank"}
    assert 'organisation = "North Bank"' in shell("campaign", "show", "Spring", "--toml")
    assert [line.split()[-2:] for line in shell("agents", "list").splitlines()[1:]] == [
        ["North", "Bank"],
        ["yes", "-"],
    ]
    assert [row["address"] for row in rows(shell, "dnc", "list", *north)] == ["+442079460019"]
    assert rows(shell, "dnc", "list") == []
    shell("agents", "set", "1001", "--org", "")
    assert "organisation" not in rows(shell, "agents", "list")[0]


def test_command_for_an_organisation_that_is_not_there_says_which_are(
    shell: Shell, database: Path, tmp_path: Path, secret: Secret
) -> None:
    shell("dnc", "add", "+442079460019", "--org", "North Bank", code=1)
    assert shell.error == "no organisation 'North Bank'; there are: none yet; agentmgr org add makes one\n"
    shell("org", "add", "South Bank")
    secret()
    shell("account", "add", "nora", "--role", "manager", "--org", "North Bank", "--password-stdin", code=1)
    assert shell.error == "no organisation 'North Bank'; there are: South Bank\n"
    assert shell("org", "delete", "South Bank") == "organisation South Bank deleted\n"
