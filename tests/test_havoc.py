"""What ./scripts/chaos rests on: the comparison finds what is wrong, and a short run finds nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.havoc.compare import MUST_BE_NONE, Journals, compare, read_journals

ROOT = Path(__file__).parent.parent
SESSION = "1000000001"


class Database:
    """Answers what is asked of each table with the rows that a test gives it."""

    def __init__(self, **rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def ask(self, sql: str, database: str) -> list[tuple[Any, ...]]:
        table = sql.split(" FROM ")[1].split()[0]
        return self._rows.get("open" if "ended_at IS NULL" in sql else table, [])


def journals(tmp_path: Path, *names: str, result: int = 0, session: str = SESSION) -> Journals:
    """Commands of agent 1001 with their RESPs, and the agent's end."""
    lines: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        common = {"agent": "1001", "id": number, "name": name}
        lines.append({"at": number, "kind": "command", "session": session, **common})
        lines.append({"at": number, "kind": "resp", "result": result, "port": "1", **common})
    lines.append({"at": 99, "kind": "end", "agent": "1001", "finished": True})
    path = tmp_path / "journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_journals([path])


def counts(
    journals: Journals, database: Database, log: list[dict[str, Any]] | None = None, agents: str = "1001"
) -> dict[str, int]:
    found = compare(journals, database, log or [], [agents])  # type: ignore[arg-type]
    return {name: count for name, count in found.counts.items() if count}


def test_all_that_was_confirmed_and_is_there_is_in_order(tmp_path):
    told = journals(tmp_path, "AGTWrapupContact", "AGTAddAgentNote", "AGTCreateCallback")
    there = Database(disposition=[(SESSION, 1)], note=[("1001", 1)], callback=[(f"{SESSION}-callback",)])
    assert counts(told, there) == {}


@pytest.mark.parametrize("name", ["AGTWrapupContact", "AGTAddAgentNote", "AGTCreateCallback"])
def test_confirmed_and_not_there_is_lost(name, tmp_path):
    assert counts(journals(tmp_path, name), Database()) == {"lost": 1}
    assert counts(journals(tmp_path, name, result=9005), Database()) == {}


def test_there_more_often_than_it_was_sent_is_doubled(tmp_path):
    told = journals(tmp_path, "AGTWrapupContact", "AGTAddAgentNote")
    assert counts(told, Database(disposition=[(SESSION, 2)], note=[("1001", 2)])) == {"doubled": 2}


def test_command_that_was_sent_again_and_answered_otherwise_is_doubled(tmp_path):
    told = journals(tmp_path, "AGTReleaseLine")
    told.results["1001", 0].append({"result": 9004})  # type: ignore[attr-defined]
    assert counts(told, Database()) == {"doubled": 1}


def test_attempt_of_an_owner_that_had_lost_the_zone_is_a_stale_write(tmp_path):
    there = Database(zone_event=[("North", 1, 1, 10.0), ("North", 2, 3, 20.0)], attempt=[("1000000007",)])
    assert counts(journals(tmp_path), there) == {"stale_writes": 1}


def test_agent_or_attempt_without_an_end_is_stuck(tmp_path):
    assert counts(journals(tmp_path), Database(open=[("1000000007",)]), agents="1002") == {"stuck": 2}


def order(kind: str, epoch: int = 1, *, talks: bool = False) -> dict[str, Any]:
    return {
        "event": "switch_order",
        "zone": "North",
        "kind": kind,
        "epoch": epoch,
        "leg": SESSION,
        "talks": talks,
        "timestamp": "",
    }


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ([order("Dial"), order("HangUp")], {}),
        ([order("Dial"), order("Dial")], {"double_dials": 1}),
        ([order("HangUp", talks=True)], {"calls_cut": 1}),
        ([{"event": "zone_taken_over", "zone": "North", "epoch": 2}, order("Hold")], {"stale_orders": 1}),
        (
            [{"event": "zone_kept", "zone": "North", "epoch": 2, "talks_ended": ["a", "b"], "timestamp": ""}],
            {"calls_cut": 2},
        ),
    ],
)
def test_log_of_the_switch_shows_what_was_ordered(log, found, tmp_path):
    assert counts(journals(tmp_path), Database(), log) == found


def test_call_that_its_agent_released_was_not_cut(tmp_path):
    told = journals(tmp_path, "AGTReleaseLine")
    assert counts(told, Database(), [order("HangUp", talks=True)]) == {}


@pytest.mark.slow
def test_short_run_with_a_killed_manager_loses_nothing():
    command = [sys.executable, "-m", "scripts.havoc", "--agents", "12", "--minutes", "0.4"]
    done = subprocess.run(
        [*command, "--faults", "kill", "--seed", "1", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=300,
    )
    found = json.loads(done.stdout)
    assert {name: found[name] for name in MUST_BE_NONE} == dict.fromkeys(MUST_BE_NONE, 0), found
    assert done.returncode == 0
    assert found["confirmed"]["AGTWrapupContact"] > 0
    assert all(seconds is not None for seconds in found["faults"][0]["taken_after_s"].values())
