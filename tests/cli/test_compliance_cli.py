"""Records for auditors: what is counted on which day, and that a signed report cannot be changed."""

import csv
import io
from pathlib import Path

import pytest
from attrs import evolve
from clishell import Shell

from agentmgr.core.effects import EndAttempt, MarkAnswered, Record, StartAttempt
from agentmgr.store.opening import open_sqlite
from protocol.enums import ContactType

NINE = 1_772_442_000.0
"""2026-03-02 09:00 UTC."""
DAY_S, HOUR_S = 86_400.0, 3600.0
NUMBER = "+442079460958"


@pytest.fixture
def called(shell: Shell, campaign: str, database: Path) -> None:
    """A campaign that was called on three days, by predictive dialling but for one preview."""
    shell("campaign", "run", campaign)
    records: list[Record] = []

    def call(
        at: float, outcome: str, kind: ContactType = ContactType.Predictive, *, dialed: bool = True
    ) -> None:
        name = f"a{len(records)}"
        start = StartAttempt(name, 1, 1, kind, NUMBER, at, number_name="PhoneNumber1")
        records.append(evolve(start, session_id=name, dialed_at=at if dialed else None))
        if outcome in ("Handled", "Nuisance"):
            records.append(MarkAnswered(name, at + 5, None))
        records.append(EndAttempt(name, outcome, at + 9, dialed=dialed))

    for minute in range(3):
        call(NINE + 60 * minute, "Handled")
    call(NINE + 600, "Nuisance")
    call(NINE + 700, "NoAnswer")
    call(NINE + 800, "Handled", ContactType.Preview)
    call(NINE + 900, "DncBlocked", dialed=False)
    call(NINE + 14.5 * HOUR_S, "OutsideCallingHours", dialed=False)  # 23:30: the next day in Berlin
    call(NINE + 600 + 72 * HOUR_S - 1, "Handled")
    call(NINE + 600 + 72 * HOUR_S, "NoAnswer")
    call(NINE + 600 + 30 * DAY_S, "Handled")
    store = open_sqlite(database)
    store.commit(store.open_zone("Default", 0.0).token, records)
    store.close()


def report(shell: Shell, *tokens: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shell("compliance", "report", *tokens))))


@pytest.mark.usefixtures("called")
def test_report_counts_a_day_and_the_thirty_days_that_end_with_it(shell: Shell) -> None:
    days = {row["day"]: row for row in report(shell, "--from", "2026-03-01", "--to", "2026-04-01")}
    assert len(days) == 32
    assert days["2026-03-02"] == {
        "campaign": "Spring",
        "day": "2026-03-02",
        "dials": "6",
        "live_answers": "4",
        "abandoned": "1",
        "abandon_rate": "0.25",
        "live_answers_30_days": "4",
        "abandoned_30_days": "1",
        "abandon_rate_30_days": "0.25",
        "abandon_limit": "0.03",
        "within_limit": "no",
        "refused_on_dnc": "1",
        "refused_outside_hours": "1",
        "again_within_72_h": "2",
    }
    assert days["2026-03-01"]["within_limit"] == "yes"
    assert days["2026-03-31"]["abandon_rate_30_days"] == "0.2"
    assert (days["2026-04-01"]["live_answers_30_days"], days["2026-04-01"]["within_limit"]) == ("2", "yes")


@pytest.mark.usefixtures("called")
def test_report_takes_the_days_of_a_time_zone(shell: Shell) -> None:
    in_berlin = report(shell, "--from", "2026-03-02", "--to", "2026-03-03", "--timezone", "Europe/Berlin")
    assert [row["refused_outside_hours"] for row in in_berlin] == ["0", "1"]


@pytest.mark.usefixtures("called")
def test_report_of_no_time_has_the_thirty_days_up_to_today(shell: Shell) -> None:
    assert len(report(shell)) == 30
    assert report(shell, "--to", "2026-03-02")[0]["day"] == "2026-02-01"


@pytest.mark.usefixtures("called")
def test_signed_report_is_verified_and_a_changed_one_is_not(shell: Shell, tmp_path: Path) -> None:
    shell("compliance", "new-key", "key.pem")
    assert Path("key.pem").stat().st_mode & 0o777 == 0o600
    shell("compliance", "report", "--to", "2026-03-02", "--out", "march.csv", "--key", "key.pem")
    assert "as it was signed" in shell("compliance", "verify", "march.csv", "--key", "key.pem.pub")

    signature = Path("march.csv.sig").read_bytes()
    Path("march.csv.sig").unlink()
    shell("compliance", "sign", "march.csv", "--key", "key.pem")
    assert Path("march.csv.sig").read_bytes() == signature

    shell("compliance", "new-key", "other.pem")
    shell("compliance", "verify", "march.csv", "--key", "other.pem.pub", code=1)
    changed = Path("march.csv").read_text().replace(",1,", ",0,", 1)
    Path("march.csv").write_text(changed)
    shell("compliance", "verify", "march.csv", "--key", "key.pem.pub", code=1)
    assert "not what was signed" in shell.error


@pytest.mark.parametrize(
    ("tokens", "code", "says"),
    [
        ("report --from 2026-13-01", 2, "--from: found 2026-13-01; allowed: a day such as"),
        ("report --from 2026-03-02T09:00", 2, "allowed: a day such as"),
        ("report --from 2026-03-02 --to 2026-03-01", 1, "a last day that is not before the first"),
        ("report --from 1999-03-02 --to 2026-03-01", 1, "3660 days at most"),
        ("report --to 0001-01-01", 1, "allowed: 1980-01-01 to 9998-12-31"),
        ("report --from 0001-01-01", 1, "allowed: 1980-01-01 to 9998-12-31"),
        ("report --timezone Berlin", 2, "--timezone: found Berlin"),
        ("report --campaign Summer", 1, "no campaign 'Summer'; there are: Spring"),
        ("report --key key.pem", 2, "--key: needs --out"),
        ("report --out a.csv --key agentmgr.toml", 1, "is no private Ed25519 key in PEM"),
        ("report --out a.csv --key none.pem", 1, "none.pem: cannot be read"),
        ("sign none.csv --key agentmgr.toml", 1, "is no private Ed25519 key in PEM"),
        ("verify none.csv --key none.pem", 1, "none.pem: cannot be read"),
        ("verify none.csv --key agentmgr.toml", 1, "is no public Ed25519 key in PEM"),
        ("new-key agentmgr.toml", 1, "agentmgr.toml: cannot be written: File exists"),
    ],
)
def test_mistakes_are_named(shell: Shell, campaign: str, tokens: str, code: int, says: str) -> None:
    shell("compliance", *tokens.split(), code=code)
    assert says in shell.error
    assert not Path("a.csv").exists()
