"""Contacts deleted and lists emptied, and rules for telephone numbers, from the command line."""

import json
from pathlib import Path

import pytest
from clishell import Shell


@pytest.fixture
def people(shell: Shell, campaign: str) -> str:
    """A list of two contacts, of which no job has any."""
    return "People"


def test_contact_deleted_is_gone_and_one_that_is_not_there_is_told(shell: Shell, people: str) -> None:
    assert shell("contacts", "delete", "A1", "--list", people) == "contact A1: deleted from list People\n"
    assert json.loads(shell("contacts", "lists", "--json"))["contacts"] == 1
    shell("contacts", "delete", "A1", "--list", people, code=1)
    assert "no contact 'A1' in list People" in shell.error


def test_list_emptied_says_how_many_went_and_one_of_a_job_stays(shell: Shell, people: str) -> None:
    assert shell("contacts", "empty", people) == "contact list People: 2 contacts deleted, 0 left\n"
    shell("contacts", "import", "people.csv", "--list", people)
    shell("campaign", "run", "Spring")
    shell("contacts", "empty", people, code=1)
    assert "a job that is not over has it" in shell.error
    shell("contacts", "delete", "A1", "--list", people, code=1)
    assert "a job that is not over wants it" in shell.error


def test_phone_rule_is_added_listed_and_removed(shell: Shell, database: object) -> None:
    assert shell("phone-rules", "list") == "no rules yet; agentmgr phone-rules add makes one\n"
    added = shell("phone-rules", "add", "reject", "900.*", "--country", "us")
    assert added == "rule 1: reject 900.* for numbers of US\n"
    rule = json.loads(shell("phone-rules", "list", "--json"))
    assert rule == {"rule": 1, "kind": "reject", "country": "US", "pattern": "900.*"}
    assert shell("phone-rules", "remove", "1") == "rule 1: removed\n"
    shell("phone-rules", "add", "reject", "(900", code=1)
    assert "pattern (900: missing )" in shell.error


def test_campaign_with_a_filter_of_no_use_says_where(shell: Shell, people: str) -> None:
    made = ("campaign", "create", "Other", "--list", people, "--skill", "English", "--filter")
    shell(*made, "FirstName = 'Ada' and balance > 1", code=1)
    assert "campaign Other: filter: character 23: no attribute 'balance'" in shell.error
    shell(*made, "FirstName = 'Ada'")
    assert "filter = \"FirstName = 'Ada'\"" in shell("campaign", "show", "Other", "--toml")
    assert "with 1 contacts" in shell("campaign", "run", "Other")


def test_list_made_without_contacts_is_there_once(shell: Shell, database: object) -> None:
    made = shell("contacts", "new-list", "Web", "--country", "de")
    assert made == "contact list Web: made; it has no contacts yet\n"
    assert json.loads(shell("contacts", "lists", "--json")) == {"list": "Web", "contacts": 0}
    shell("contacts", "new-list", "Web", code=1)
    assert "there is one already" in shell.error
    for wrong, said in ((" ", "needs a name"), ("A\x01", "has U+0001"), ("B", "no such country code")):
        shell("contacts", "new-list", wrong, *(("--country", "XX") if wrong == "B" else ()), code=1)
        assert said in shell.error


def test_number_of_another_name_is_shown_as_a_number_alone(shell: Shell, people: str, tmp_path: Path) -> None:
    shell("attributes", "define", "Mobile", "--data-type", "phone")
    (tmp_path / "more.csv").write_text("UserContactId,PhoneNumber1,Mobile\nA1,+442079460958,+4915123456789\n")
    shell("contacts", "import", str(tmp_path / "more.csv"), "--list", people)
    rows = [json.loads(line) for line in shell("contacts", "show", "A1", "--json").splitlines()]
    found = [(row["kind"], row["name"]) for row in rows if row.get("name") == "Mobile"]
    assert found == [("number", "Mobile")]
