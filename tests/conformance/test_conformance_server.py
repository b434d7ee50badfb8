"""The real server against the whole suite, and the suite's command line."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from attrs import evolve

from agentmgr.cli import run
from agentmgr.conformance.runner import Result, choose, play
from agentmgr.conformance.scenes import SCENARIOS
from agentmgr.conformance.stage import Target
from tests.conformance.conftest import end_server, start_server

pytestmark = pytest.mark.slow

NEEDS_A_RESTART = {"zone-handed-back", "grace-over"}
OVER_TLS = (
    "pieces",
    "bad-frame-garbage",
    "half-close",
    "flood",
    "largest-frame",
    "return-in-step",
    "preview",
)
"""Those for which it matters how bytes travel, and one that is a working day."""


@pytest.mark.parametrize("name", SCENARIOS)
async def test_server_passes(target: Target, name: str) -> None:
    outcome = await play(target, SCENARIOS[name])

    expected = Result.SKIP if name in NEEDS_A_RESTART or name == "taken-over" else Result.PASS
    assert outcome.result is expected, outcome.why


@pytest.mark.parametrize("name", sorted(NEEDS_A_RESTART))
async def test_server_that_is_restarted_passes(restartable: Target, name: str) -> None:
    outcome = await play(restartable, SCENARIOS[name])

    assert outcome.result is Result.PASS, outcome.why


async def test_server_that_is_killed_gives_its_agents_their_places_and_answers_again(
    restartable: Target,
) -> None:
    script = "restart_server.py"
    killed = evolve(restartable, restart=restartable.restart.replace(script, f"{script} --kill"))
    outcome = await play(killed, SCENARIOS["taken-over"])

    assert outcome.result is Result.PASS, outcome.why


async def test_planned_stop_of_a_server_that_logs_its_agents_out_is_no_takeover(restartable: Target) -> None:
    outcome = await play(restartable, SCENARIOS["taken-over"])

    assert outcome.result is Result.SKIP, outcome.why


def conformance(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "agentmgr", "conformance", "--port", str(port), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_has_exactly_the_scenarios_with_their_results(port: int) -> None:
    ended = conformance(port, "--json", "--only", "connect", "--only", "zone-*")

    report = json.loads(ended.stdout)
    assert set(report) == {"scenarios"}
    assert [(each["name"], each["result"]) for each in report["scenarios"]] == [
        ("connect", "pass"),
        ("zone-list", "pass"),
        ("zone-handed-back", "skip"),
    ]
    assert all(set(each) == {"name", "result", "why", "seconds"} for each in report["scenarios"])
    assert ended.returncode == 0


def test_failed_scenario_is_told_with_its_transcript_and_exit_code_1(port: int, tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"

    ended = conformance(port, "--only", "logon", "--password", "wrong", "--junit", str(junit))

    assert ended.returncode == 1
    assert "0 passed, 1 failed" in ended.stdout
    assert "got < AGTLogonRESP(result=17)" in ended.stdout
    assert "> AGTLogon(" in ended.stdout
    assert "wrong" not in ended.stdout
    failure = ElementTree.parse(junit).find("testcase/failure")
    assert failure is not None
    assert "expected" in failure.attrib["message"]


def test_scenario_that_needs_more_than_was_given_is_skipped_and_says_what(port: int) -> None:
    ended = conformance(
        port, "--json", "--agents", "1001", "--without", "predictive", "--only", "pred*", "--only", "transfer"
    )

    whys = {each["name"]: each["why"] for each in json.loads(ended.stdout)["scenarios"]}
    assert whys == {
        "predictive": "needs a predictive campaign, which --without says there is not",
        "transfer": "needs 2 agents, --agents names 1",
    }


def test_unknown_scenario_is_a_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conformance", "--only", "no-such"]) == 2
    assert "--list shows all names" in capsys.readouterr().err


def test_list_has_every_scenario_with_what_it_proves(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conformance", "--list"]) == 0

    listed = capsys.readouterr().out
    for scenario in choose(()):
        assert f"{scenario.name}\n    {scenario.about}\n    proves {scenario.proves}" in listed
        assert scenario.about.endswith(".")


def test_server_that_is_not_there_is_told_of_once_and_not_by_every_scenario() -> None:
    ended = conformance(1, "--json")

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("no server at 127.0.0.1 port 1: ")
    assert ended.stderr.count("\n") == 1


async def test_demo_server_goes_on_in_its_directory(tmp_path: Path, target: Target) -> None:
    for _ in range(2):
        process, port = start_server(tmp_path)
        try:
            again = Target("127.0.0.1", port, "Default", target.agents, "demo", target.skills)
            outcome = await play(again, SCENARIOS["preview"])
        finally:
            assert end_server(process) == 0
        assert outcome.result is Result.PASS, outcome.why


@pytest.mark.parametrize("name", OVER_TLS)
async def test_server_passes_over_tls(secure: Target, name: str) -> None:
    outcome = await play(secure, SCENARIOS[name])

    assert outcome.result is Result.PASS, outcome.why


def test_command_line_plays_over_tls_and_trusts_nobody_without_being_told(secure: Target) -> None:
    assert secure.tls is not None
    played = conformance(secure.port, "--only", "hold", "--ca-file", str(secure.tls.ca_file))
    assert played.returncode == 0, played.stdout + played.stderr
    refused = conformance(secure.port, "--only", "hold", "--tls", "--patience", "1")
    assert refused.returncode == 1
    assert "certificate is not accepted" in refused.stdout
