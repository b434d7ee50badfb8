"""Tokens at the command line: shown once, listed without what they are, revoked."""

import io
import json
import sys
from pathlib import Path

import pytest
from clishell import Shell


def test_token_is_shown_once_listed_and_revoked(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    shell("account", "add", "crm", "--role", "manager", "--password-stdin")
    assert shell("account", "token", "list") == "no tokens; agentmgr account token add makes one\n"
    prefix, token_id, secret = (
        shell("account", "token", "add", "crm", "--name", "nightly").strip().split("_", 2)
    )
    assert prefix == "agentmgr"
    also = json.loads(shell("account", "token", "add", "crm", "--days", "3", "--json"))
    assert also["token"].split("_")[1] == also["id"]
    listed = shell("account", "token", "list", "--json")
    assert secret not in listed
    first, second = (json.loads(line) for line in listed.splitlines())
    assert {each["id"]: each["name"] for each in (first, second)} == {token_id: "nightly", also["id"]: ""}
    assert {each["ends"] is None for each in (first, second)} == {True, False}
    assert shell("account", "token", "revoke", token_id).startswith(
        f"token {token_id} of account crm revoked"
    )
    assert token_id not in shell("account", "token", "list", "crm")
