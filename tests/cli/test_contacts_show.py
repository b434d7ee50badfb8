"""All that is known of a contact, as a person and as a program sees it."""

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from agentmgr.cli import run
from agentmgr.core.effects import (
    AddToDnc,
    EndAttempt,
    MarkAnswered,
    Record,
    SaveCallback,
    SaveDisposition,
    SaveNote,
    StartAttempt,
)
from agentmgr.store.opening import open_sqlite
from protocol.enums import CallbackType, ContactType

FIRST, SECOND, TYPED, CALLED_BACK = "+442079460958", "+442079460959", "+442079460960", "+442079460961"
CONTACTS = (
    f"UserContactId,FirstName,Email,Card,PhoneNumber1,PhoneNumber2\n4711,Ada,a@x.org,77,{FIRST},{SECOND}\n"
)


def shell(capsys: pytest.CaptureFixture[str], *tokens: str, code: int = 0) -> str:
    capsys.readouterr()
    found = run(tokens)
    output, error = capsys.readouterr()
    assert found == code, error
    return output or error


@pytest.fixture
def called(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A contact with two numbers that was called in one of the two campaigns that have it."""
    path = tmp_path / "people.csv"
    path.write_text(CONTACTS)
    shell(capsys, "contacts", "import", str(path), "--list", "People")
    for name in ("Spring", "Autumn"):
        shell(capsys, "campaign", "create", name, "--list", "People", "--skill", "English")
        shell(capsys, "campaign", "run", name)
    store = open_sqlite(database)
    token = store.open_zone("Default", 0.0).token
    store.claim_contacts(token, 1, 1, 0.0)
    first = StartAttempt("a1", 1, 1, ContactType.Preview, FIRST, 60.0, number_name="PhoneNumber1")
    redial = evolve(first, attempt_id="a2", session_id="a1", at=90.0, dialed_at=90.0, number=TYPED)
    records: list[Record] = [
        first,  # shown, and never dialled
        EndAttempt("a1", "Cancelled", 80.0, "1001", dialed=False),
        evolve(redial, number_name="ExternalNumber"),
        MarkAnswered("a2", 95.0, "1001"),
        SaveNote(1, 1, "a1", "1001", "first line\nsecond line", 96.0),
        SaveDisposition("a2", 1, 1, "1001", 1, "agent", 99.0),
        SaveCallback(
            *(
                "cb",
                2,
                1,
                1,
                CallbackType.Agent,
                "1001",
                "1002",
                CALLED_BACK,
                "CallbackNumber",
                "Europe/London",
            ),
            *(600.0, 900.0, "ask for Ada", 98.0),
        ),
        EndAttempt("a2", "Handled", 99.0, "1001"),
        *(AddToDnc(address, "1001", 99.0) for address in (SECOND, TYPED, "a@x.org")),
    ]
    store.commit(token, records)
    store.close()
    return database


def rows_of(capsys: pytest.CaptureFixture[str], *tokens: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in shell(capsys, "contacts", "show", "4711", "--json", *tokens).splitlines():
        row = json.loads(line)
        found.setdefault(row.pop("kind"), []).append(row)
    return found


def test_contact_is_shown_with_all_that_is_known(called: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(capsys)
    assert rows["contact"] == [{"id": "4711", "list": "People"}]
    assert [
        (each["name"], each["number"], each["timezones"], each["do_not_call"]) for each in rows["number"]
    ] == [
        ("PhoneNumber1", FIRST, "Europe/London", False),
        ("PhoneNumber2", SECOND, "Europe/London", True),
    ]
    values = {each["name"]: each["value"] for each in rows["attribute"]}
    assert (values["FirstName"], values["Email"], values["Card"]) == ("Ada", "a@x.org", "77")
    assert "PhoneNumber1" not in values
    assert rows["do_not_call"] == [{"address": TYPED}, {"address": "a@x.org"}]
    assert [(each["campaign"], each["job_id"], each["state"]) for each in rows["job"]] == [
        ("Spring", 1, "claimed"),
        ("Autumn", 2, "pending"),
    ]
    shown, dialled = rows["attempt"]
    assert (shown["number"], shown["dialed_at"], shown["outcome"]) == (FIRST, None, "Cancelled")
    assert (dialled["number_name"], dialled["number"]) == ("ExternalNumber", TYPED)
    assert (dialled["campaign"], dialled["agent_id"], dialled["code"], dialled["source"]) == (
        *("Spring", "1001", "Sale", "agent"),
    )
    assert dialled["answered_at"] == "1970-01-01T00:01:35+00:00"
    (callback,) = rows["callback"]
    assert (callback["campaign"], callback["number"], callback["due_at"], callback["ended_at"]) == (
        *("Autumn", CALLED_BACK, "1970-01-01T00:10:00+00:00", None),
    )
    (note,) = rows["note"]
    assert (note["text"], note["agent_id"]) == ("first line\nsecond line", "1001")


def test_contact_is_shown_to_people_under_headings(called: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = shell(capsys, "contacts", "show", "4711", "--list", "People")
    headings = [line for line in text.splitlines() if line and "  " not in line and line[0].isupper()]
    assert headings == [
        "Numbers",
        "Attributes",
        "Do not call, beside its numbers",
        "In campaigns",
        "Attempts",
        "Callbacks",
        "Notes",
    ]
    assert "first line / second line" in text


def test_contact_values_that_desktops_hide_are_hidden_unless_asked_for(
    called: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Card", "PhoneNumber1", "Email"):
        shell(capsys, "attributes", "define", name, "--type", "MASKED_WRITE")
    text = shell(capsys, "contacts", "show", "4711") + shell(capsys, "contacts", "show", "4711", "--json")
    for hidden in ("77 ", '"77"', FIRST, "a@x.org"):
        assert hidden not in text
    assert SECOND in text
    assert {each["value"] for each in rows_of(capsys, "--unmasked")["attribute"]} >= {"77", "a@x.org"}


def test_contact_that_is_not_there_or_in_several_lists_is_told(
    called: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show = ("contacts", "show")
    assert shell(capsys, *show, "9", code=1) == "no contact '9'; ids are those of the column UserContactId\n"
    shell(capsys, "contacts", "import", str(tmp_path / "people.csv"), "--list", "More")
    assert shell(capsys, *show, "4711", code=1) == (
        "contact '4711' is in several lists: More, People; say which with --list\n"
    )
    assert rows_of(capsys, "--list", "More").keys() == {"contact", "number", "attribute", "do_not_call"}
    assert "there are: More, People" in shell(capsys, *show, "4711", "--list", "Nowhere", code=1)
    (tmp_path / "people.csv").write_text(CONTACTS.replace("4711", "5"))
    shell(capsys, "contacts", "import", str(tmp_path / "people.csv"), "--list", "More")
    said = shell(capsys, *show, "5", "--list", "People", code=1)
    assert said == "no contact '5' in list People; it is in: More\n"


def test_contact_s_attempts_are_found_by_an_index(called: Path) -> None:
    store = open_sqlite(called)
    asked: list[str] = []

    def plans(tx: Any) -> list[str]:
        class Explaining:
            def fetch(self, sql: str, parameters: Any = ()) -> Any:
                asked.extend(row[-1] for row in tx.sql.fetch(f"EXPLAIN QUERY PLAN {sql}", parameters))
                return tx.sql.fetch(sql, parameters)

        from agentmgr.store.history import read_history

        read_history(evolve(tx, sql=Explaining()), 1)
        return asked

    steps = store._database.read(plans)
    store.close()
    assert any("attempt USING INDEX ix_attempt_contact (contact_id=? AND job_id=?)" in step for step in steps)
    scans = {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scans <= {"job", "contact_list", "campaign"}
