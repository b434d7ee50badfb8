import json
import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agentmgr.cli import run
from agentmgr.demo.contacts import write_first, write_more
from agentmgr.demo.run import SHIPPED_CONTACTS, _desktops_in_the_log

pytestmark = pytest.mark.slow

SUMMARY = [
    "contacts",
    "attempts",
    "live_answers",
    "abandoned",
    "abandon_rate",
    "utilisation",
    "agents",
    "dispositions",
    "resp_ok",
    "stored",
    "seconds",
]
OPTIONS = ["--contacts", "30", "--agents", "6", "--speed", "500"]


@pytest.mark.parametrize("pacing", ["predictive", "progressive", "preview"])
def test_demo_with_json_prints_one_object_and_ends_by_itself(tmp_path: Path, pacing: str) -> None:
    command = [sys.executable, "-m", "agentmgr", "demo", "--json", "--pacing", pacing, *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert list(summary) == SUMMARY
    assert summary["contacts"] == 30
    assert summary["agents"] == 6
    assert summary["attempts"] >= 30
    assert summary["attempts"] >= summary["live_answers"] > 0
    assert summary["stored"] == sum(summary["dispositions"].values()) >= summary["resp_ok"] > 0
    assert 0 < summary["utilisation"] < 1


def test_demo_without_a_terminal_prints_lines_and_what_to_try_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "agentmgr", "demo", *OPTIONS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "/30 contacts, " in done.stdout
    assert "Contacts by completion code" in done.stdout
    (suggested,) = [line for line in done.stdout.splitlines() if "campaign status" in line]
    monkeypatch.chdir(tmp_path)
    assert run(suggested.split()[1:]) == 0


def test_demo_ends_at_ctrl_c_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "agentmgr", "demo", "--speed", "1"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=tmp_path, **streams) as demo:
        assert demo.stdout is not None
        for line in demo.stdout:
            if "/500 contacts" in line:
                break
        demo.send_signal(signal.SIGINT)
        _, errors = demo.communicate()
    assert (demo.returncode, errors) == (130, "")


def test_demo_keeps_what_the_library_of_its_desktops_tells_in_its_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with capture_logs() as told, _desktops_in_the_log():
        logging.getLogger("agentmgr.client").warning("no connection to %s", "10.0.0.1:9970")
    assert [line["text"] for line in told] == ["no connection to 10.0.0.1:9970"]
    assert capsys.readouterr().err == ""


def rows(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()[1:]


def test_first_contacts_are_those_shipped(tmp_path: Path) -> None:
    write_first(SHIPPED_CONTACTS, tmp_path / "first.csv", 10)
    assert rows(tmp_path / "first.csv") == rows(SHIPPED_CONTACTS)[:10]


def test_further_contacts_have_ids_of_their_own_and_leave_rejected_people_out(tmp_path: Path) -> None:
    used, rejected, more = tmp_path / "used.csv", tmp_path / "rejected.csv", tmp_path / "more.csv"
    used.write_text("UserContactId,FirstName\n1,Ada\n2,Bad\n3,Cleo\n")
    rejected.write_text("line,column,found,why\n3,FirstName,Bad,bad\n")
    write_more(used, rejected, more, 3)
    assert rows(more) == ["X000001,Ada", "X000002,Cleo", "X000003,Ada"]
