"""Reports: which attempt counts under which key, by the clocks of a zone."""

import csv
import io
import json
from pathlib import Path

import pytest
from attrs import evolve
from clishell import Shell

from agentmgr.core.effects import EndAttempt, MarkAnswered, Record, StartAttempt
from agentmgr.store.opening import open_sqlite
from protocol.enums import ContactType

NINE = 1_772_442_000.0
"""2026-03-02 09:00 UTC."""
HOUR_S = 3600.0
CLOCKS_CHANGE = 1_774_746_000.0
"""2026-03-29 01:00 UTC: from 02:00 it is 03:00 in Berlin, and the day has 23 hours."""


@pytest.fixture
def called(shell: Shell, campaign: str, database: Path) -> None:
    """A campaign that was called on a Monday, late in its evening, and when clocks went forward."""
    shell("campaign", "run", campaign)
    records: list[Record] = []

    def call(at: float, outcome: str, agent_id: str = "") -> None:
        name = f"a{len(records)}"
        start = StartAttempt(name, 1, 1, ContactType.Predictive, "+442079460958", at)
        records.append(evolve(start, session_id=name, dialed_at=at))
        if outcome in ("Handled", "Nuisance"):
            records.append(MarkAnswered(name, at + 5, agent_id or None))
        records.append(EndAttempt(name, outcome, at + 65))

    call(NINE, "Handled", "1001")
    call(NINE + 600, "Handled", "1002")
    call(NINE + 700, "Nuisance")
    call(NINE + HOUR_S, "NoAnswer")
    call(NINE + 14.5 * HOUR_S, "NoAnswer")  # 23:30: the next day in Berlin
    for hours in (-1, -0.5, 0, 0.5, 1):
        call(CLOCKS_CHANGE + hours * HOUR_S, "NoAnswer")
    store = open_sqlite(database)
    store.commit(store.open_zone("Default", 0.0).token, records)
    store.close()


def report(shell: Shell, *tokens: str) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(io.StringIO(shell("report", *tokens)))
    return {row["key"]: row for row in rows}


MONDAY = ("--from", "2026-03-02", "--to", "2026-03-02")


@pytest.mark.usefixtures("called")
def test_report_by_campaign_has_all_of_a_day(shell: Shell, campaign: str) -> None:
    assert report(shell, *MONDAY) == {
        campaign: {
            "key": campaign,
            "attempts": "5",
            "dials": "5",
            "answers": "3",
            "live_answers": "3",
            "abandoned": "1",
            "abandon_rate": "0.33333",
            "handled": "2",
            "successes": "0",
            "success_rate": "0.0",
            "handle_s": "120",
            "mean_handle_s": "60.0",
            "callbacks": "0",
        }
    }


@pytest.mark.usefixtures("called")
def test_report_by_agent_has_those_who_had_a_contact(shell: Shell) -> None:
    found = report(shell, "--by", "agent", *MONDAY)
    assert {key: row["handled"] for key, row in found.items()} == {"1001": "1", "1002": "1"}


@pytest.mark.usefixtures("called")
def test_report_by_hour_and_day_is_of_the_clocks_that_are_meant(shell: Shell) -> None:
    utc = report(shell, "--by", "hour", *MONDAY)
    assert {key: row["attempts"] for key, row in utc.items()} == {"09:00": "3", "10:00": "1", "23:00": "1"}
    berlin = report(shell, "--by", "hour", *MONDAY, "--timezone", "Europe/Berlin")
    assert {key: row["attempts"] for key, row in berlin.items()} == {"10:00": "3", "11:00": "1"}
    kathmandu = report(shell, "--by", "hour", *MONDAY, "--timezone", "Asia/Kathmandu")
    assert {key: row["attempts"] for key, row in kathmandu.items()} == {"14:00": "3", "15:00": "1"}
    days = report(
        shell, "--by", "day", "--from", "2026-03-01", "--to", "2026-03-03", "--timezone", "Europe/Berlin"
    )
    assert {key: row["attempts"] for key, row in days.items()} == {"2026-03-02": "4", "2026-03-03": "1"}


@pytest.mark.usefixtures("called")
def test_hours_of_a_day_on_which_clocks_go_forward_are_those_that_there_were(shell: Shell) -> None:
    day = ("--from", "2026-03-29", "--to", "2026-03-29", "--timezone", "Europe/Berlin")
    found = report(shell, "--by", "hour", *day)
    assert {key: row["attempts"] for key, row in found.items()} == {"01:00": "2", "03:00": "2", "04:00": "1"}


@pytest.mark.usefixtures("called")
def test_report_as_json_has_numbers(shell: Shell) -> None:
    (row,) = map(json.loads, shell("report", *MONDAY, "--format", "json").splitlines())
    assert (row["attempts"], row["abandon_rate"]) == (5, 0.33333)


@pytest.mark.parametrize(
    ("tokens", "code", "said"),
    [
        (("--by", "moon"), 2, "moon"),
        (("--campaign", "Winter"), 1, "no campaign 'Winter'"),
        (("--from", "2026-03-05", "--to", "2026-03-02"), 1, "a last day that is not before the first"),
        (("--from", "2025-01-01", "--to", "2026-03-02"), 1, "366 days at most"),
        (("--from", "March"), 2, "--from: found March; allowed: a day such as 2026-03-02"),
        (("--timezone", "Nowhere"), 2, "--timezone: found Nowhere"),
    ],
)
@pytest.mark.usefixtures("called")
def test_report_that_cannot_be_says_why(shell: Shell, tokens: tuple[str, ...], code: int, said: str) -> None:
    shell("report", *tokens, code=code)
    assert said in shell.error
