"""Connections before a logon: what they may send, how long, how many there may be, and of whom."""

from random import Random

import trio
import trio.testing
from agt_stage import Stage

from agentmgr.server.admission import CROWDED, FULL, OF_ONE, Admission
from agentmgr.server.limits import Limits
from protocol.commands import AGTGetErrorString, AGTGetErrorStringRESP, POMClientAlive
from protocol.connection import command_bytes
from protocol.framing import frame
from protocol.registry import MAX_VALUE_BYTES, NO_LOGON, UNPROVEN_VALUE_BYTES


async def stranger_stage(nursery: trio.Nursery, limits: Limits | None = None) -> Stage:
    """A stage on which a greeting proves nothing."""
    stage = await Stage(nursery, limits).start()
    stage.inbox.proves = False
    return stage


async def test_connection_without_logon_is_closed_however_busy_it_is(nursery, autojump_clock):
    stage = await stranger_stage(nursery, Limits(logon_s=10))
    desktop = stage.connect()
    await desktop.hello()
    for _ in range(9):
        await trio.sleep(1)
        await desktop.send(POMClientAlive(), "")
        await desktop.next()
    began = trio.current_time()
    assert (await desktop.reason()).startswith(NO_LOGON)
    assert trio.current_time() - began < 3
    assert stage.closed("no_logon") == 1


async def test_connection_whose_password_waits_for_its_check_is_left_in_peace(nursery, autojump_clock):
    stage = await stranger_stage(nursery, Limits(logon_s=10))
    desktop = stage.connect()
    await desktop.hello()
    waiting = []
    stage.inbox.react = waiting.append
    await desktop.send(POMClientAlive(), "")
    await trio.sleep(25)
    assert len(stage.connections) == 1
    stage.inbox.answer(waiting[0])
    await desktop.next()
    assert (await desktop.reason()).startswith(NO_LOGON)


async def test_connection_with_a_logon_stays(nursery, autojump_clock):
    stage = await stranger_stage(nursery, Limits(logon_s=10))
    desktop = stage.connect()
    await desktop.hello()
    stage.connections.trust(1)
    await trio.sleep(60)
    await desktop.send(POMClientAlive(), "")
    assert (await desktop.next()).result == 0


def padded(size: int) -> bytes:
    """Return a command in a frame of exactly so many bytes."""
    room = size - len(command_bytes(7, "", POMClientAlive())) + 4 - len(b"\xa1x\xda\x00\x00")
    whole = command_bytes(7, "", POMClientAlive())[4:]
    # one key more in the map that the message is
    value = bytes([whole[0] + 1]) + whole[1:] + b"\xa1x\xda" + room.to_bytes(2, "big") + b"y" * room
    assert len(value) == size
    return frame(value)


async def test_frames_are_small_before_a_logon_and_large_after_it(nursery):
    stage = await stranger_stage(nursery)
    desktops = []
    for _ in range(2):  # one after the other, so that they have these numbers
        desktop = stage.connect()
        desktops.append(desktop)
        await desktop.hello()
        await desktop.stream.send_all(padded(UNPROVEN_VALUE_BYTES))
        assert (await desktop.next()).result == 0
    small, large = desktops
    stage.connections.trust(2)
    await large.stream.send_all(padded(MAX_VALUE_BYTES))
    assert (await large.next()).result == 0
    await small.stream.send_all(padded(UNPROVEN_VALUE_BYTES + 1)[:8])  # its length is enough
    assert f"allowed are 1 to {UNPROVEN_VALUE_BYTES}" in await small.reason()


async def test_commands_beyond_those_of_a_second_wait_for_the_next(nursery, autojump_clock):
    limits = Limits(unproven_commands_a_second=10, commands_a_second=100, logon_s=1000)
    stage = await stranger_stage(nursery, limits)
    desktop = stage.connect()
    await desktop.hello()
    await trio.sleep(1.5)  # a new second

    async def answered(how_many: int) -> float:
        data = b"".join(command_bytes(n, "", AGTGetErrorString(17)) for n in range(how_many))
        began = trio.current_time()
        nursery.start_soon(desktop.stream.send_all, data)
        for _ in range(how_many):
            assert isinstance(await desktop.next(), AGTGetErrorStringRESP)
        return trio.current_time() - began

    assert 2 <= await answered(40) <= 4
    stage.connections.trust(1)
    assert await answered(90) <= 1
    assert 2 <= await answered(350) <= 4
    await trio.sleep(200)
    assert stage.closed("silence") in (None, 1.0)


async def test_connection_that_is_slowed_down_keeps_nobody_else_waiting(nursery, autojump_clock):
    stage = await stranger_stage(nursery, Limits(unproven_commands_a_second=10, logon_s=1000))
    flooder, other = stage.connect(), stage.connect()
    for desktop in (flooder, other):
        await desktop.hello()
    nursery.start_soon(
        flooder.stream.send_all, b"".join(command_bytes(n, "", POMClientAlive()) for n in range(500))
    )
    began = trio.current_time()
    for _ in range(5):
        await other.send(POMClientAlive(), "")
        assert (await other.next()).result == 0
    assert trio.current_time() == began
    nursery.cancel_scope.cancel()


# -- how many --------------------------------------------------------------------------------------


async def test_connections_without_logon_are_limited_and_a_proven_one_makes_room(nursery):
    stage = await stranger_stage(nursery, Limits(unproven=2))
    await stage.connect().hello()
    await stage.connect().hello()
    assert CROWDED in await stage.connect().reason()
    stage.connections.trust(1)
    stage.connections.trust(1)
    third = stage.connect()
    await third.hello()
    assert CROWDED in await stage.connect().reason()
    stage.connections.trust(2)
    assert stage.closed("full") == 2


async def test_proven_connection_that_leaves_makes_no_room_for_an_unproven_one(nursery):
    stage = await stranger_stage(nursery, Limits(unproven=2))
    proven = stage.connect()
    await proven.hello()
    stage.connections.trust(1)
    await stage.connect().hello()
    await proven.stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert len(stage.connections) == 1
    await stage.connect().hello()
    assert CROWDED in await stage.connect().reason()


def test_new_ones_are_turned_away_at_random_before_there_are_too_many():
    admission = Admission(Limits(crowded=30, unproven=100), Random(1))
    shares = []
    for number in range(101):
        if number in (29, 30, 65, 99, 100):
            judged = [admission.judge("10.0.0.1") for _ in range(2000)]
            assert set(judged) <= {"", CROWDED}
            shares.append(judged.count(CROWDED) / 2000)
        admission.came("10.0.0.1")
    assert shares[0] == 0
    assert 0.25 < shares[1] < 0.35
    assert 0.6 < shares[2] < 0.7
    assert 0.95 < shares[3] < 1
    assert shares[4] == 1


def test_limit_of_an_address_is_nobody_elses():
    admission = Admission(Limits(of_one_address=3, unproven_of_one_address=2))
    for _ in range(2):
        admission.came("10.0.0.1")
    assert admission.judge("10.0.0.1") == OF_ONE
    assert admission.judge("10.0.0.2") == ""
    admission.proved("10.0.0.1")
    assert admission.judge("10.0.0.1") == ""
    admission.came("10.0.0.1")
    assert admission.judge("10.0.0.1") == OF_ONE  # three in all
    admission.went("10.0.0.1", proven=True)
    admission.went("10.0.0.1", proven=False)
    assert admission.judge("10.0.0.1") == ""


def test_network_of_ipv6_counts_as_one_address():
    admission = Admission(Limits(of_one_address=1))
    admission.came("2001:db8::1")
    assert admission.judge("2001:db8::2") == OF_ONE
    assert admission.judge("2001:db8:0:1::1") == ""


def test_whole_site_behind_one_address_fits_the_defaults():
    admission = Admission(Limits())
    for _ in range(500):
        assert admission.judge("192.0.2.7") == ""
        admission.came("192.0.2.7")
    for _ in range(500):
        admission.proved("192.0.2.7")
    assert admission.judge("192.0.2.7") == ""


def test_no_more_than_all_are_taken_however_proven():
    admission = Admission(Limits(connections=1))
    admission.came("10.0.0.1")
    admission.proved("10.0.0.1")
    assert admission.judge("10.0.0.2") == FULL
