"""Plug-ins in processes of their own: what a bad one can do, and what it cannot."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog
import trio
from attrs import evolve

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.errands import ConnectorErrands
from agentmgr.connectors.installed import installed, missing
from agentmgr.connectors.protocols import Contact, Kind, PomInfo
from agentmgr.connectors.settings import ConnectorSettings
from agentmgr.connectors.workers import ConnectorFailed, Connectors, Plan
from agentmgr.core.effects import AskConnector
from agentmgr.core.events import ConnectorAnswered
from agentmgr.runtime.errands import Errands
from tests.connectors.plugged import install

pytestmark = pytest.mark.slow

INFO = PomInfo(
    job_id=4,
    contact_id="C-7",
    contact_group_id=2,
    contact_group_name="Spring",
    address="+12025550100",
    campaign_name="Spring sale",
)


@pytest.fixture(autouse=True)
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))


class Seconds:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def connectors(seconds: Seconds) -> Iterator[Connectors]:
    plan = Plan(ConnectorSettings(kind="action", name="act", time_limit_s=1.0), {"wanted": "C-7"})
    sources = [
        Plan(ConnectorSettings(kind="import_source", name=name)) for name in ("source", "wrong", "bad")
    ]
    made = Connectors([plan, *sources], seconds)
    yield made
    made.close()


def act(connectors: Connectors, state: str, info: PomInfo = INFO) -> bool:
    return connectors.decide(Kind.Action, "act", "process_contact", info, state)


def test_action_gets_the_contact_and_its_options_and_its_answer_comes_back(connectors: Connectors) -> None:
    assert act(connectors, "answer") is True


def test_plugin_that_raises_fails_the_call_alone_and_goes_on(connectors: Connectors) -> None:
    with pytest.raises(ConnectorFailed, match="action act: RuntimeError: no such ticket"):
        act(connectors, "raise")
    assert act(connectors, "usual") is True


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("sleep", "took longer than 1 s; its process was ended"),
        ("crash", "its process ended, by SIGABRT"),
        ("leave", "its process ended, with exit code 3"),
        ("eat", "its process ended, out of memory: raise memory_mb"),
    ],
)
def test_plugin_that_is_late_or_ends_loses_its_process_and_gets_one_after_a_while(
    state: str, why: str, connectors: Connectors, seconds: Seconds
) -> None:
    with pytest.raises(ConnectorFailed, match=why):
        act(connectors, state)
    with pytest.raises(ConnectorFailed, match="failed; is started again in 1 s"):
        act(connectors, "usual")
    seconds.now += 1.01
    assert act(connectors, "usual") is True


def test_plugin_that_ends_again_and_again_is_started_ever_more_seldom(
    connectors: Connectors, seconds: Seconds
) -> None:
    waits = []
    for _ in range(8):
        with pytest.raises(ConnectorFailed):
            act(connectors, "leave")
        for wait_s in (0.9, 1.9, 3.9, 7.9, 15.9, 31.9, 59.9, 70.0):
            before = seconds.now
            seconds.now = before + wait_s
            try:
                act(connectors, "raise")
            except ConnectorFailed as error:
                if "no such ticket" in str(error):
                    waits.append(wait_s)
                    break
            seconds.now = before
    assert waits == [1.9, 3.9, 7.9, 15.9, 31.9, 59.9, 70.0, 70.0]


def test_answer_that_is_no_yes_or_no_is_a_failure(connectors: Connectors) -> None:
    with pytest.raises(ConnectorFailed, match="gave NoneType; allowed: True or False"):
        act(connectors, "nothing")


def test_answer_that_is_too_long_is_refused_in_the_process_itself(connectors: Connectors) -> None:
    with pytest.raises(ConnectorFailed, match="allowed: 16777216 at a time"):
        act(connectors, "lots")


def test_what_a_plugin_prints_is_logged_and_spoils_no_answer(connectors: Connectors) -> None:
    with structlog.testing.capture_logs() as lines:
        assert act(connectors, "print") is True
        for _ in range(500):
            if any(line.get("text") == "heard C-7" for line in lines):
                return
            time.sleep(0.01)
    pytest.fail(str(lines))


def test_what_a_late_plugin_started_ends_with_it(connectors: Connectors, tmp_path: Path) -> None:
    with pytest.raises(ConnectorFailed, match="took longer"):
        act(connectors, "child", with_address(tmp_path / "pids"))
    for pid in read_pids(tmp_path / "pids"):
        wait_for_end(pid)


def with_address(path: Path) -> PomInfo:
    return evolve(INFO, address=str(path))


def read_pids(path: Path) -> tuple[int, int]:
    """Wait for a plug-in to say which process it is, and which one it has started."""
    for _ in range(3000):
        with suppress(FileNotFoundError, ValueError):
            worker, child = map(int, path.read_text().split())
            return worker, child
        time.sleep(0.01)
    pytest.fail("the plug-in was not called")


def wait_for_end(pid: int) -> None:
    for _ in range(3000):
        if has_ended(pid):
            return
        time.sleep(0.01)
    pytest.fail(f"process {pid} goes on")


def has_ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def test_close_ends_a_call_that_is_under_way(tmp_path: Path) -> None:
    connectors = Connectors([Plan(ConnectorSettings(kind="action", name="act", time_limit_s=60))])
    failures: list[str] = []

    def call() -> None:
        try:
            act(connectors, "child", with_address(tmp_path / "pids"))
        except ConnectorFailed as error:
            failures.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    read_pids(tmp_path / "pids")
    connectors.close()
    thread.join(20)
    assert failures == ["action act: its process ended, by SIGKILL"]


def test_import_source_gives_its_batches_in_order_and_ends(connectors: Connectors) -> None:
    with connectors.import_source("source", 12) as run:
        batches = list(run.batches())
    assert [[each.user_contact_id for each in batch] for batch in batches] == [["12-2"], ["12-1"], ["12-0"]]
    assert batches[0][0] == Contact(
        user_contact_id="12-2", phone_number1="+12025550100", attributes={"City": "Ulm"}
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("wrong", "a batch has something in it that is no Contact"),
        ("bad", "TypeError: .*user_contact_id"),
    ],
)
def test_import_source_that_gives_no_contacts_fails_its_import(
    name: str, why: str, connectors: Connectors
) -> None:
    with pytest.raises(ConnectorFailed, match=why), connectors.import_source(name, 1) as run:
        list(run.batches())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("poor", "is no action: it has no method process_contact"),
        ("broken", "ValueError: the option url is missing"),
        ("absent", "there is no entry point absent in the group agentmgr.action"),
    ],
)
def test_plugin_that_cannot_be_loaded_says_why(name: str, why: str) -> None:
    connectors = Connectors()
    with pytest.raises(ConnectorFailed, match=why):
        connectors.call(Kind.Action, name, "process_contact", INFO, "")
    connectors.close()


async def test_slow_plugin_keeps_no_other_waiting_and_a_cancelled_caller_goes_on() -> None:
    slow = Plan(ConnectorSettings(kind="action", name="act", time_limit_s=60))
    connectors = Connectors([slow])
    calls = ConnectorCalls(connectors)
    try:
        with trio.move_on_after(30) as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(calls.act, "act", INFO, "sleep")
                with pytest.raises(ConnectorFailed, match="no entry point other"):
                    await calls.act("other", INFO, "")
                nursery.cancel_scope.cancel()
        assert not scope.cancelled_caught
    finally:
        connectors.close()


def test_installed_plugins_are_found_with_their_distribution() -> None:
    (found,) = [each for each in installed() if each.name == "act"]
    assert (found.kind, found.distribution, found.version) == (Kind.Action, "plugged_for_tests", "1.5")
    assert found.target == "plugged_for_tests:Act"


def test_plugin_that_is_configured_and_not_installed_is_told() -> None:
    (line,) = missing([ConnectorSettings(kind="publisher", name="act"), ConnectorSettings(name="act")])
    assert line.startswith("connectors: found publisher act; installed are: ")
    assert "action act" in line


MANAGER = """
import sys
from tests.connectors.test_workers import *
connectors = Connectors([Plan(ConnectorSettings(kind="action", name="act", time_limit_s=60))])
act(connectors, "child", with_address(Path(sys.argv[1])))
"""


def test_process_of_a_plugin_ends_with_the_manager_that_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", MANAGER, str(tmp_path / "pids")]) as manager:
        worker, child = read_pids(tmp_path / "pids")
        manager.kill()
    try:
        wait_for_end(worker)
    finally:
        os.kill(child, 9)


@pytest.mark.parametrize(
    ("told", "is_done"), [("", True), ("nothing", False), ("raise", False), ("leave", False)]
)
async def test_errand_of_a_strategy_is_done_by_its_plugin_or_not_at_all(told: str, is_done: bool) -> None:
    send, receive = trio.open_memory_channel[ConnectorAnswered](2)
    connectors = Connectors()
    errands = Errands(ConnectorErrands(ConnectorCalls(connectors)), send.send_nowait)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(errands.run)
            errands.ask(AskConnector(5, "action", "act", told, "Spring", 4, "C-7", 2, "List", "+12025550100"))
            errands.ask(
                AskConnector(6, "result_processor", "gone", "Busy", "Spring", 4, "C-7", 2, "List", "")
            )
            with trio.fail_after(60):
                answers = [await receive.receive() for _ in range(2)]
            nursery.cancel_scope.cancel()
    finally:
        connectors.close()
    assert sorted(answers, key=lambda each: each.key) == [
        ConnectorAnswered(5, is_done),
        ConnectorAnswered(6, False),
    ]
