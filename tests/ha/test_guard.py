"""How long a manager may act, and what ends it when it does not notice."""

import math
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from agentmgr.ha.guard import Guard

ALARM = -signal.SIGALRM
PROGRAM = """
import sys, time
from agentmgr.ha.guard import Guard, boot_time, kernel_timer
guard = Guard(boot_time, kernel_timer)
guard.renewed(boot_time() + 0.2)
print("armed", flush=True)
"""


@pytest.fixture
def clock() -> Iterator[list[float]]:
    return [100.0]


def test_guard_is_valid_from_a_renewal_to_its_time_and_not_at_it(clock: list[float]) -> None:
    guard = Guard(lambda: clock[0])
    assert not guard.is_valid()
    guard.renewed(105.0)
    clock[0] = 104.9
    assert guard.is_valid()
    clock[0] = 105.0
    assert not guard.is_valid()


def test_renewal_that_was_sent_earlier_takes_nothing_away(clock: list[float]) -> None:
    guard = Guard(lambda: clock[0])
    guard.renewed(105.0)
    guard.renewed(104.0)
    assert guard.valid_until == 105.0


def test_guard_tells_each_change_once_however_often_it_is_looked_at(clock: list[float]) -> None:
    told: list[bool] = []
    guard = Guard(lambda: clock[0])
    guard.on_change.add(told.append)
    guard.renewed(105.0)
    guard.look()
    clock[0] = 106.0
    guard.look()
    guard.look()
    guard.renewed(110.0)
    guard.end()
    assert told == [True, False, True, False]
    assert guard.valid_until == -math.inf


def test_kernel_timer_is_set_while_valid_and_taken_back_once_all_are_told(clock: list[float]) -> None:
    timers: list[float] = []
    guard = Guard(lambda: clock[0], timers.append)
    guard.renewed(105.0)
    clock[0] = 103.0
    guard.look()
    clock[0] = 105.5
    guard.look()
    assert timers == [5.5, 2.5, 0.0]


def end_of(busy: str) -> int:
    """Return how a process ends whose time is over while it does something else."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + busy], capture_output=True, timeout=30, check=False
    )
    assert done.stdout.startswith(b"armed")
    return done.returncode


@pytest.mark.slow
def test_process_whose_loop_hangs_in_c_code_is_ended_by_the_kernel() -> None:
    assert end_of("sum(range(10**11))") == ALARM


@pytest.mark.slow
def test_process_that_has_frozen_is_left_alone() -> None:
    assert end_of("time.sleep(0.25); guard.look(); time.sleep(1.0)") == 0


@pytest.mark.slow
def test_process_stopped_past_its_time_ends_before_it_runs_another_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + "time.sleep(0.05)\nwhile True: print('alive', flush=True)"],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"armed\n"
        os.kill(process.pid, signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        select.select([], [], [], 1.0)  # its time passes, whatever it does
        os.kill(process.pid, signal.SIGCONT)
        process.stdout.read()
        assert process.wait(timeout=30) == ALARM
