"""Callbacks listed, moved and cancelled at the terminal."""

import json
from pathlib import Path

import pytest
from clishell import Shell

from agentmgr.core.effects import EndCallback, SaveCallback, StartAttempt
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin
from agentmgr.store.opening import open_sqlite
from protocol.enums import CallbackType, ContactType

NUMBER = "+442079460958"
DUE = 4_102_480_800.0
"""2100-01-01 10:00 UTC."""


@pytest.fixture
def promised(shell: Shell, campaign: str, database: Path) -> Path:
    """One callback that waits, one that agent 1001 is working on, one that is over."""
    shell("campaign", "run", campaign)
    store = open_sqlite(database)
    for agent_id, enabled in (("1001", True), ("1002", False)):
        store.put_agent(AgentLogin(AgentSpec(agent_id, "Ann", ()), "hash", "Default", enabled))
    token = store.open_zone("Default", 0.0).token
    promise = [
        SaveCallback(
            *(f"cb{n}", 1, 1, contact, CallbackType.Standard, "", "1001", NUMBER, "PhoneNumber1"),
            *("Europe/London", DUE + n * 3600, DUE + n * 3600 + 600, "\x1b[31mafter tea", 0.0),
        )
        for n, contact in enumerate((1, 2, 1))
    ]
    working = StartAttempt("a1", 1, 2, ContactType.Callback, NUMBER, DUE, agent_id="1001", callback_id="cb1")
    store.commit(token, [*promise, working, EndCallback("cb2", "Handled", DUE, 1)])
    store.close()
    return database


def listed(shell: Shell, *tokens: str) -> list[tuple[str, str, str]]:
    lines = shell("callbacks", "list", "--json", *tokens).splitlines()
    return [(row["callback_id"], row["state"], row["agent"]) for row in map(json.loads, lines)]


def test_callbacks_are_listed_as_asked(shell: Shell, promised: Path) -> None:
    waiting, working, over = ("cb0", "waiting", ""), ("cb1", "worked on", "1001"), ("cb2", "Handled", "")
    assert listed(shell) == [waiting, working]
    assert listed(shell, "--all") == [waiting, working, over]
    assert listed(shell, "--from", "2100-01-01T11:00", "--to", "2100-01-01") == [working]
    assert listed(shell, "--to", "2100-01-01T12:00", "--timezone", "Europe/Berlin") == [waiting]
    assert listed(shell, "--contact", "A1", "--number", NUMBER, "--campaign", "Spring") == [waiting]
    assert listed(shell, "--agent", "1002") == []
    table = shell("callbacks", "list", "--timezone", "Europe/Berlin")
    assert "2100-01-01T11:00:00+01:00" in table
    assert "\x1b" not in table
    shell("callbacks", "list", "--campaign", "X", code=1)
    assert "no campaign 'X'; there are: Spring" in shell.error


def test_callback_is_moved_to_another_time_and_agent(shell: Shell, promised: Path) -> None:
    said = shell(
        "callbacks", "move", "cb0", "--to", "2100-02-03T12:00", "--agent", "1001", "--reason", "asked"
    )
    assert said == (
        "callback cb0: is due 2100-02-03T12:00:00+00:00 for agent 1001;"
        " it expires 2100-02-03T12:10:00+00:00\n"
    )
    (row,) = [json.loads(each) for each in shell("callbacks", "list", "--json").splitlines()][1:]
    assert (row["type"], row["agent"], row["reason"]) == ("Agent", "1001", "asked")
    said = shell(
        "callbacks", "move", "cb0", "--anyone", "--expires", "2100-02-05", "--timezone", "Asia/Tokyo"
    )
    assert (
        "is due 2100-02-03T21:00:00+09:00 for whoever is free; it expires 2100-02-06T00:00:00+09:00" in said
    )


def test_callback_outside_the_hours_says_when_it_is_called(shell: Shell, promised: Path) -> None:
    shell("campaign", "set", "Spring", "calling_hours=09:00-20:00")
    shell("callbacks", "move", "cb0", "--to", "2100-02-03T06:00", code=1)
    assert "the calling hours of campaign Spring do not open between 2100-02-03T06:00:00+00:00" in shell.error
    said = shell("callbacks", "move", "cb0", "--to", "2100-02-03T06:00", "--expires", "2100-02-03")
    assert "called from 2100-02-03T09:00:00+00:00 on" in said


@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        ("move cbX --anyone", 1, "no callback 'cbX'; agentmgr callbacks list has"),
        ("move cb1 --anyone", 1, "callback cb1: agent 1001 is working on it; try again when that is over"),
        ("cancel cb1 --reason x", 1, "callback cb1: agent 1001 is working on it"),
        ("cancel cb0 cb2 --reason x", 1, "callback cb2: is over since 2100-01-01T10:00:00+00:00: Handled"),
        ("cancel cb0 --reason=", 1, "a promised callback is cancelled for a reason; give one"),
        ("move cb0 --agent 1003", 1, "no agent '1003'"),
        ("move cb0 --agent 1002", 1, "agent 1002: may not log on"),
        ("move cb0 --to 2001-01-01T00:00", 1, "would be over at 2001-01-01T00:10:00+00:00, before it can be"),
        ("move cb0", 2, "callbacks move: found nothing to change; allowed: --to"),
        ("move cb0 --agent 1001 --anyone", 2, "--anyone: found with --agent"),
        ("move cb0 --to soon", 2, "--to: found soon; allowed: a day such as"),
    ],
)
def test_callback_that_cannot_be_changed_is_one_line_and_nothing_is(
    shell: Shell, promised: Path, tokens: str, code: int, words: str
) -> None:
    before = shell("callbacks", "list", "--all", "--json")
    shell("callbacks", *tokens.split(), code=code)
    assert words in shell.error
    assert shell.error.count("\n") == 1
    assert shell("callbacks", "list", "--all", "--json") == before


def test_callback_is_cancelled_with_its_reason(shell: Shell, promised: Path) -> None:
    assert shell("callbacks", "cancel", "cb0", "--reason", "has called us") == "callback cb0: is cancelled\n"
    row = json.loads(shell("callbacks", "list", "--all", "--json").splitlines()[0])
    assert (row["callback_id"], row["state"], row["reason"]) == ("cb0", "Cancelled", "has called us")
