"""What a password check ends in, and how many run at a time."""

import os
import threading

import pytest
import trio
import trio.testing
from runner_fakes import Rig, command

from agentmgr.core.effects import CheckAccount, CheckLogon
from agentmgr.core.events import AccountChecked, CommandReceived, LogonChecked
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AccountLogin, AgentLogin, Role, StoreFault
from protocol.results import ResultCode

RECORD = AgentSpec("1001", "Ann", ())


def check(login, password):
    if password == "broken":
        raise RuntimeError("the hash is damaged")
    return login is not None and password == login.password_hash


async def checked(rig: Rig, count: int) -> list[LogonChecked]:
    while True:
        seen = [event for event in rig.zone.seen if isinstance(event, LogonChecked)]
        if len(seen) >= count:
            return seen
        await trio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    ("agent_id", "password", "zone", "enabled", "result"),
    [
        ("1001", "right", "Default", True, ResultCode.SUCCESS),
        ("1001", "wrong", "Default", True, ResultCode.AUTHENTICATION_FAILED),
        ("9999", "right", "Default", True, ResultCode.AUTHENTICATION_FAILED),
        ("1001", "right", "Default", False, ResultCode.AGENT_NOT_IN_SYSTEM),
        ("1001", "wrong", "Default", False, ResultCode.AUTHENTICATION_FAILED),
        ("1001", "right", "Other", True, ResultCode.AGENT_NOT_IN_SYSTEM),
        ("1001", "broken", "Default", True, ResultCode.PASSWORD_NOT_VERIFIABLE),
    ],
)
async def test_logon_check_answers_with_the_contracts_code(
    nursery, agent_id, password, zone, enabled, result
):
    rig = Rig(verify=check)
    rig.store.agents["1001"] = AgentLogin(RECORD, "right", zone, enabled)
    rig.zone.script[CommandReceived] = lambda e: [CheckLogon(3, 4, agent_id, password)]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    agent = RECORD if result is ResultCode.SUCCESS else None
    assert await checked(rig, 1) == [LogonChecked(3, 4, agent_id, result, agent)]


async def test_logon_check_with_a_store_out_of_order_is_not_verifiable_and_the_zone_lives(nursery):
    rig = Rig(verify=check)
    rig.store.fault = StoreFault("disk gone")
    rig.zone.script[CommandReceived] = lambda e: [CheckLogon(3, e.request_id, "1001", "right")]
    await nursery.start(rig.runner.run)
    for number in (1, 2):
        rig.runner.push(command(number))
        results = [event.result for event in await checked(rig, number)]
    assert results == [ResultCode.PASSWORD_NOT_VERIFIABLE] * 2


@pytest.mark.parametrize(
    ("name", "password", "role", "enabled", "result"),
    [
        ("blender", "right", Role.SERVICE, True, ResultCode.SUCCESS),
        ("blender", "wrong", Role.SERVICE, True, ResultCode.AUTHENTICATION_FAILED),
        ("nobody", "right", Role.SERVICE, True, ResultCode.AUTHENTICATION_FAILED),
        ("blender", "right", Role.SERVICE, False, ResultCode.AUTHENTICATION_FAILED),
        ("blender", "broken", Role.SERVICE, True, ResultCode.PASSWORD_NOT_VERIFIABLE),
    ],
)
async def test_account_check_answers_with_the_contracts_code(nursery, name, password, role, enabled, result):
    rig = Rig(verify=check)
    rig.store.accounts["blender"] = AccountLogin("blender", "right", role, enabled)
    rig.zone.script[CommandReceived] = lambda e: [CheckAccount(3, 4, name, password)]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    while not (seen := [event for event in rig.zone.seen if isinstance(event, AccountChecked)]):
        await trio.lowlevel.checkpoint()
    assert seen == [AccountChecked(3, 4, result)]
    assert rig.desktops.trusted == ({3} if result is ResultCode.SUCCESS else set())


async def test_logon_checks_run_at_most_one_a_core(nursery):
    cores = os.cpu_count() or 1
    running, most = 0, 0
    lock = threading.Lock()
    all_cores_busy = threading.Event()

    def slow_check(login, password):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == cores:
                all_cores_busy.set()
        all_cores_busy.wait(30)
        with lock:
            running -= 1
        return False

    rig = Rig(verify=slow_check)
    count = 4 * cores
    rig.zone.script[CommandReceived] = lambda e: [CheckLogon(1, 1, str(n), "same") for n in range(count)]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await checked(rig, count)
    assert most == cores
