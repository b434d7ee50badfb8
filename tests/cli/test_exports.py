"""Exports: every attempt that fits what was asked, lists that come back unchanged, files and pipes."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve
from clishell import Shell

from agentmgr.campaign import records as records_service
from agentmgr.core.effects import (
    EndAttempt,
    MarkAnswered,
    Record,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.model import DialCheck
from agentmgr.store.opening import open_sqlite
from protocol.enums import ContactType

ADA, BOB = "+442079460958", "+442079460959"
NINE = 1_772_442_000.0
"""2026-03-02 09:00 UTC."""


@pytest.fixture
def called(shell: Shell, database: Path, tmp_path: Path) -> Path:
    """Two campaigns with a list of three; five attempts of all kinds, one of which goes on."""
    path = tmp_path / "people.csv"
    path.write_text(
        "UserContactId,FirstName,Card,PhoneNumber1,PhoneNumber2\n"
        f"A1,Ada,77,{ADA},\nB1,'=Bob,78,,{BOB}\nC1,Cleo,,+14155550123,+18005550199\n"
    )
    shell("contacts", "import", str(path), "--list", "People")
    for name in ("Spring", "Autumn"):
        shell("campaign", "create", name, "--list", "People", "--skill", "English")
        shell("campaign", "run", name)
    store = open_sqlite(database)
    for agent in ("1001", "1002"):
        store.put_agent(evolve(_login(), agent=evolve(_login().agent, agent_id=agent)))
    token = store.open_zone("Default", 0.0).token
    store.claim_contacts(token, 1, 3, NINE)
    shown = StartAttempt("a1", 1, 1, ContactType.Preview, ADA, NINE, number_name="PhoneNumber1")
    dial = evolve(shown, attempt_id="a2", session_id="a2", contact_id=2, number=BOB, at=NINE + 3600)
    checked = DialCheck(NINE + 3600, "Europe/London", "09:00-20:00 12345")
    done: list[Record] = [
        shown,
        EndAttempt("a1", "Cancelled", NINE + 5, "1001", dialed=False),
        evolve(dial, dialed_at=NINE + 3600),
        MarkAnswered("a2", NINE + 3605, "1002"),
        SaveDisposition("a2", 2, 1, "1002", 1, "agent", NINE + 3700),
        EndAttempt("a2", "Handled", NINE + 3650, "1002", True, checked),
        evolve(dial, attempt_id="a4", session_id="a4", at=NINE + 3600, dialed_at=NINE + 3600),
        EndAttempt("a4", "Busy", NINE + 3601, None, dialed=True),
        evolve(shown, attempt_id="a3", session_id="a3", job_id=2, at=NINE + 7200),
        evolve(shown, attempt_id="a0", session_id="a0", contact_id=3, at=NINE + 90_000),
        EndAttempt("a0", "DncBlocked", NINE + 90_000, None, dialed=False),
        ReturnContact(1, 2, 1, "Handled", None),
        ReturnContact(1, 1, 1, "NoAnswer", NINE + 600),
    ]
    store.commit(token, done)
    store.close()
    return database


def _login() -> object:
    from agentmgr.core.model import AgentSpec
    from agentmgr.ports import AgentLogin

    return AgentLogin(AgentSpec("1001", "Ann", ()), "hash", "Default", True)


def attempts(shell: Shell, *tokens: str) -> list[str]:
    rows = csv.DictReader(io.StringIO(shell("attempts", "export", *tokens)))
    return [row["attempt_id"] for row in rows]


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ("", "a1 a2 a4 a0 a3"),
        ("--campaign Spring", "a1 a2 a4 a0"),
        ("--campaign Spring --campaign Autumn", "a1 a2 a4 a0 a3"),
        ("--job 2", "a3"),
        ("--list People --agent 1002", "a2"),
        ("--agent 1001 --agent 1002", "a1 a2"),
        ("--contact B1", "a2 a4"),
        (f"--number {ADA}", "a1 a0 a3"),
        ("--outcome Busy --outcome DncBlocked", "a4 a0"),
        ("--code Sale", "a2"),
        ("--from 2026-03-02T09:00 --to 2026-03-02T10:00", "a1"),
        ("--from 2026-03-02T10:00:00Z", "a2 a4 a0 a3"),
        ("--from 2026-03-02 --to 2026-03-02", "a1 a2 a4 a3"),
        ("--from 2026-03-03", "a0"),
        ("--from 2026-03-02T11:00 --timezone Europe/Berlin", "a2 a4 a0 a3"),
        ("--from 2026-03-02T10:00+00:00 --to 2026-03-02T11:00+00:00 --timezone Asia/Tokyo", "a2 a4"),
        ("--campaign Spring --agent 1002 --outcome Busy", ""),
    ],
)
@pytest.mark.parametrize("page", [2, 1000])
def test_attempts_export_has_what_fits_in_order(
    shell: Shell, called: Path, monkeypatch: pytest.MonkeyPatch, tokens: str, found: str, page: int
) -> None:
    monkeypatch.setattr(records_service, "PAGE", page)
    assert attempts(shell, *tokens.split()) == found.split()


def test_attempts_export_tells_all_of_an_attempt(shell: Shell, called: Path) -> None:
    row = json.loads(shell("attempts", "export", "--code", "Sale", "--format", "json"))
    assert row == {
        "attempt_id": "a2",
        "session_id": "a2",
        "campaign": "Spring",
        "job_id": 1,
        "zone": "Default",
        "contact_list": "People",
        "user_contact_id": "B1",
        "contact_type": "Preview",
        "number_name": "PhoneNumber1",
        "number": BOB,
        "agent_id": "1002",
        "started_at": "2026-03-02T10:00:00+00:00",
        "dialed_at": "2026-03-02T10:00:00+00:00",
        "answered_at": "2026-03-02T10:00:05+00:00",
        "ended_at": "2026-03-02T10:00:50+00:00",
        "outcome": "Handled",
        "code": "Sale",
        "source": "agent",
        "callback_id": "",
        "checked_at": "2026-03-02T10:00:00+00:00",
        "timezone": "Europe/London",
        "hours": "09:00-20:00 12345",
    }
    row = json.loads(
        shell("attempts", "export", "--job", "2", "--format", "json", "--timezone", "Asia/Tokyo")
    )
    assert (row["started_at"], row["ended_at"], row["outcome"]) == ("2026-03-02T20:00:00+09:00", None, "")


@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        ("--campaign Sprint", 1, "no campaign 'Sprint'; there are: Autumn, Spring"),
        ("--job 9", 1, "no job 9"),
        ("--campaign Spring --job 2", 1, "no job 2 of campaign Spring"),
        ("--list X", 1, "no contact list 'X'; there are: People"),
        ("--contact X", 1, "no contact 'X'"),
        ("--agent 7", 1, "no agent '7'"),
        ("--number 12", 1, "number '12': has no country code"),
        ("--outcome busy", 1, "no outcome 'busy'; there are: Handled"),
        ("--from yesterday", 2, "--from: found yesterday; allowed: a day such as"),
        ("--from 2026-03-03 --to 2026-03-02", 2, "--to: found 2026-03-02, which is not after --from"),
        ("--timezone Mars/Base", 2, "--timezone: found Mars/Base; allowed: an IANA name"),
    ],
)
def test_attempts_export_of_what_is_not_there_is_one_line(
    shell: Shell, called: Path, tokens: str, code: int, words: str
) -> None:
    shell("attempts", "export", *tokens.split(), code=code)
    assert words in shell.error
    assert shell.error.count("\n") == 1


def test_export_to_a_file_replaces_it_when_it_is_whole(shell: Shell, called: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    shell("attempts", "export", "--job", "9", "--out", str(out), code=1)
    assert out.read_text() == "before"
    assert shell("attempts", "export", "--job", "2", "--out", str(out)) == ""
    assert out.read_text() == shell("attempts", "export", "--job", "2")
    assert [path.name for path in tmp_path.iterdir() if "out.csv" in path.name] == ["out.csv"]
    shell("attempts", "export", "--out", str(tmp_path / "gone" / "x.csv"), code=1)
    assert "x.csv: cannot be written: No such file" in shell.error
    shell("attempts", "export", "--out", "/dev/full", code=1)
    assert "/dev/full: cannot be written: No space left" in shell.error
    shell("attempts", "export", "--out", str(tmp_path), code=1)
    assert "cannot be written" in shell.error


def test_contacts_export_comes_back_unchanged(shell: Shell, called: Path, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"
    shell("contacts", "export", "--list", "People", "--out", str(out))
    before = [shell("contacts", "show", each, "--json") for each in ("A1", "B1", "C1")]
    again = shell("contacts", "import", str(out), "--list", "People")
    assert again.splitlines()[0] == "0 contacts new, 3 updated, 0 rows rejected"
    assert [shell("contacts", "show", each, "--json") for each in ("A1", "B1", "C1")] == before
    shell("contacts", "import", str(out), "--list", "Copy")
    shell("contacts", "export", "--list", "Copy", "--out", str(tmp_path / "copy.csv"))
    rows, copies = (_sheet(path) for path in (out, tmp_path / "copy.csv"))
    attributes = [name for name in rows[0] if not name.startswith("campaign:")]
    assert [[row[name] for name in attributes] for row in rows] == [list(row.values()) for row in copies]
    assert list(copies[0]) == attributes


def _sheet(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_contacts_export_says_how_far_each_contact_is(shell: Shell, called: Path) -> None:
    lines = shell("contacts", "export", "--list", "People", "--campaign", "Spring", "--format", "json")
    far = [
        [row[f"campaign:Spring:{each}"] for each in ("state", "attempts", "due_at", "last_outcome")]
        for row in map(json.loads, lines.splitlines())
    ]
    assert far == [
        ["pending", "1", "2026-03-02T09:10:00+00:00", "NoAnswer"],
        ["done", "1", "", "Handled"],
        ["claimed", "0", "", ""],
    ]
    assert "campaign:Autumn:state" not in lines
    assert "campaign:Autumn:state" in shell("contacts", "export", "--list", "People")
    shell("contacts", "export", "--list", "People", "--campaign", "X", code=1)
    assert "no campaign with this list that was run 'X'" in shell.error


def test_contacts_export_leaves_out_what_desktops_hide(shell: Shell, called: Path, tmp_path: Path) -> None:
    shell("attributes", "define", "Card", "--type", "MASKED_WRITE")
    out = tmp_path / "list.csv"
    shell("contacts", "export", "--list", "People", "--out", str(out))
    assert "left out, as desktops hide them: Card; --unmasked writes them too" in shell.error
    assert "Card" not in out.read_text()
    shell("contacts", "import", str(out), "--list", "People")
    lines = shell("contacts", "export", "--list", "People", "--unmasked", "--format", "json")
    assert [json.loads(line)["Card"] for line in lines.splitlines()] == ["77", "78", ""]


# -- where output cannot go ----------------------------------------------------------------

COMMAND = [sys.executable, "-m", "agentmgr"]


@pytest.mark.parametrize(
    "tokens",
    ["attempts export", "contacts export --list People", "contacts lists", "campaign list --json", "--help"],
)
def test_output_that_is_full_is_one_line(called: Path, tokens: str) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run([*COMMAND, *tokens.split()], stdout=full, stderr=subprocess.PIPE, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "the output: cannot be written: No space left on device\n"


@pytest.mark.parametrize("closing", [">&-", "2>&-", "2>/dev/full >/dev/full"])
def test_output_that_is_closed_leaves_no_traceback(called: Path, closing: str) -> None:
    line = f"{sys.executable} -m agentmgr contacts lists {closing}"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert ended.returncode == (0 if closing == "2>&-" else 1)


def test_reader_that_goes_is_no_matter(called: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*COMMAND, "attempts", "export"], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert ended.stderr == ""


# -- what goes in --------------------------------------------------------------------------


def test_import_from_standard_input_and_into_named_rejects(
    shell: Shell, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"Id,Phone\nA1,+442079460958\nA2,x\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    output = shell("contacts", "import", "-", "--list", "L", "--rejects", str(tmp_path / "why.csv"))
    assert output.splitlines() == [
        "1 contacts new, 0 updated, 1 rows rejected",
        f"rejected rows, each with the reason: {tmp_path / 'why.csv'}",
    ]
    assert (tmp_path / "why.csv").read_text().splitlines()[1].startswith("3,Phone,x,")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    shell("contacts", "import", "-", "--list", "L", "--rejects", str(tmp_path / "why.csv"), code=1)
    assert "why.csv: is there already; name a new file for rejected rows, or a directory" in shell.error


@pytest.mark.parametrize("content", ["Id,Phone\n", "Id,Phone\nA1,x\n"])
def test_import_of_nothing_has_failed(shell: Shell, database: Path, tmp_path: Path, content: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(content)
    shell("contacts", "import", str(path), "--list", "L", code=1)
    assert shell.error.startswith("nothing was imported: ")
    path.write_text(content.split("\n", 1)[1] or "\n")
    shell("dnc", "import", str(path), code=1)


def test_import_that_is_interrupted_says_how_far_it_came(
    shell: Shell, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    from agentmgr.admin import feed

    cut = feed.pieces

    def interrupting(rows: object) -> object:
        for number, piece in enumerate(cut(rows)):  # type: ignore[arg-type]  # as the true one
            if number == 3:
                signal.raise_signal(signal.SIGINT)
            yield piece

    monkeypatch.setattr(feed, "pieces", interrupting)
    path = tmp_path / "people.csv"
    path.write_text("Id,Phone\n" + "".join(f"A{n},+1212555{n:04}\n" for n in range(1000)))
    before = signal.getsignal(signal.SIGINT)
    output = shell("contacts", "import", str(path), "--list", "L", code=130)
    created = int(output.split()[0])
    assert 100 < created < 900
    assert f"stopped after line {created + 1}: what was read until there is in" in shell.error
    assert shell("contacts", "lists", "--json") == f'{{"list":"L","contacts":{created}}}\n'
    assert signal.getsignal(signal.SIGINT) is before


def test_command_finds_a_server_that_starts_while_it_loads(
    shell: Shell, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentmgr.admin import socket

    asked: list[str] = []

    def ask(path: object, operation: str, *rest: object) -> object:
        asked.append(operation)
        if len(asked) == 1:
            raise socket.NoServer(str(path))
        yield {"list": "of the server", "contacts": 7}

    monkeypatch.setattr(socket, "ask", ask)
    assert "of the server" in shell("contacts", "lists")
    assert asked == ["ListContactLists"] * 2
