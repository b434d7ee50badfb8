"""One connection: how it begins, what is refused, what bad input does, how it ends."""

import contextlib
import itertools
from unittest import mock

import msgpack
import pytest
import trio
import trio.testing
from agt_stage import HELLO, Stage
from structlog.testing import capture_logs

import protocol.connection
from agentmgr.server import connection as server_connection
from agentmgr.server.limits import Limits
from protocol.commands import (
    AgentSDKConnected,
    AgentSDKConnectedRESP,
    AGTGetZoneList,
    AGTGetZoneListRESP,
    AGTHoldCall,
    AGTStateChangeRESP,
    POMClientAlive,
    POMClientAliveRESP,
)
from protocol.connection import UnknownReceived, command_bytes, notification_bytes
from protocol.notifications import AGTInvalidCommandName, POMAvailable, POMConnectionClosed
from protocol.registry import VERSION
from protocol.results import ResultCode


def framed(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def message(name, args, agent_id="1001", request_id=9):
    return framed(msgpack.packb({"name": name, "id": request_id, "agentID": agent_id, "args": args}))


# -- how a connection begins -----------------------------------------------------------------


async def test_command_before_agentsdkconnected_is_9003_and_the_connection_goes_on(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.send(AGTGetZoneList(), "")
    assert await desktop.next() == AGTGetZoneListRESP(ResultCode.UNEXPECTED_COMMAND)
    await desktop.stream.send_all(message("AGTNoSuch", {}) + message("AGTStateChange", {}))
    assert isinstance(await desktop.next(), AGTInvalidCommandName)
    assert (await desktop.next()).result is ResultCode.UNEXPECTED_COMMAND
    assert (await desktop.next()).result is ResultCode.UNEXPECTED_COMMAND
    await desktop.hello()
    assert stage.inbox.commands == [HELLO]


@pytest.mark.parametrize("version", [VERSION, VERSION + 1, 2**53 - 1])
async def test_version_of_a_newer_wire_is_served(nursery, version):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.send(AgentSDKConnected(("1001",), version), "")
    assert (await desktop.next()).result is ResultCode.SUCCESS
    await desktop.send(POMClientAlive(), "")
    assert (await desktop.next()).result is ResultCode.SUCCESS


@pytest.mark.parametrize("version", [0, -1, -(2**53) + 1])
async def test_version_below_1_is_9008_with_ours_and_closes_with_a_reason_and_nothing_after_it_is_read(
    nursery, version
):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    wrong = command_bytes(1, "", AgentSDKConnected(("1001",), version))
    await desktop.stream.send_all(wrong + command_bytes(2, "", HELLO))
    resp, closed = await desktop.rest()
    assert resp == AgentSDKConnectedRESP(ResultCode.BAD_DATA, version=VERSION)
    assert f"version {version}" in closed.reason
    assert stage.inbox.events == []


async def test_malformed_agentsdkconnected_is_answered_and_may_be_sent_again(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.stream.send_all(message("AgentSDKConnected", {"agentIds": "1001"}, ""))
    assert (await desktop.next()).result is ResultCode.TOO_FEW_ARGUMENTS
    await desktop.hello()


# -- commands ----------------------------------------------------------------------------------


async def test_commands_cut_anywhere_arrive_whole_and_in_order(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    data = command_bytes(1, "", HELLO) + command_bytes(2, "", POMClientAlive()) * 3
    for start in range(0, len(data), 7):
        await desktop.stream.send_all(data[start : start + 7])
        await trio.testing.wait_all_tasks_blocked()
    assert stage.inbox.commands == [HELLO] + [POMClientAlive()] * 3


async def test_unknown_command_is_9011_with_a_notification_before_it_and_the_name_cut(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    await desktop.stream.send_all(message("AGT" + "x" * 5000, {}))
    assert await desktop.next() == AGTInvalidCommandName("AGT" + "x" * 61)
    resp = await desktop.next()
    assert isinstance(resp, UnknownReceived)
    assert (resp.request_id, resp.result) == (9, ResultCode.UNKNOWN_COMMAND)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"agentState": "Asleep"}, ResultCode.BAD_DATA),
        ({"agentState": 7}, ResultCode.BAD_DATA),
        ({"agentState": None}, ResultCode.BAD_DATA),
        ({"agentState": "Ready", "hasWalkedAway": "yes"}, ResultCode.BAD_DATA),
        ({}, ResultCode.TOO_FEW_ARGUMENTS),
    ],
)
async def test_wrong_argument_is_refused_and_the_connection_goes_on(nursery, args, code):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    await desktop.stream.send_all(message("AGTStateChange", args))
    assert await desktop.next() == AGTStateChangeRESP(code)
    await desktop.send(POMClientAlive(), "")
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    assert stage.inbox.commands == [HELLO, POMClientAlive()]


async def test_full_inbox_stops_the_reading_of_that_connection_and_nothing_is_lost(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    stage.inbox.full = True
    for _ in range(3):
        await desktop.send(POMClientAlive(), "")
    await trio.testing.wait_all_tasks_blocked()
    assert stage.inbox.commands == [HELLO]
    stage.inbox.make_room()
    await trio.testing.wait_all_tasks_blocked()
    assert stage.inbox.commands == [HELLO] + [POMClientAlive()] * 3


# -- bad input -----------------------------------------------------------------------------------

MILLION = 1_000_000
BAD_INPUT = {
    "a length above the limit": (16_001).to_bytes(4, "big"),
    "a length of 4 GB": b"\xff\xff\xff\xff",
    "an empty frame": b"\x00\x00\x00\x00",
    "a request of another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "bytes that are no msgpack": framed(b"\xc1\xc1\xc1"),
    "two values in a frame": framed(b"\x80\x80"),
    "half a value": framed(b"\x82\xa4name"),
    "deep nesting": framed(b"\x91" * 15_999 + b"\x90"),
    "deep maps": framed(b"\x81\xa1a" * 5_000 + b"\x80"),
    "a list of a million": framed(b"\xdd" + MILLION.to_bytes(4, "big") + b"\xc0" * 15_000),
    "a list of a million in the args": framed(
        b"\x83\xa4name\xa1x\xa2id\x01\xa4args\x81\xa1l\xdd" + MILLION.to_bytes(4, "big") + b"\x90" * 15_000
    ),
    "a map of a million": framed(b"\xdf" + MILLION.to_bytes(4, "big")),
    "a string of a million": framed(b"\xdb" + MILLION.to_bytes(4, "big")),
    "bad UTF-8": framed(b"\x81\xa4name\xa2\xff\xfe"),
    "a key twice": framed(b"\x82\xa1a\xc0\xa1a\xc0"),
    "a number as key": framed(b"\x81\x01\xc0"),
    "an extension": framed(b"\xd4\x05\x00"),
    "a list instead of a map": framed(b"\x93\x01\x02\x03"),
    "no name": framed(msgpack.packb({"id": 1, "args": {}})),
    "a name that is no string": framed(msgpack.packb({"name": 5, "id": 1, "args": {}})),
    "no id": framed(msgpack.packb({"name": "POMClientAlive", "args": {}})),
    "an id that is no number": framed(msgpack.packb({"name": "POMClientAlive", "id": "1", "args": {}})),
    "a negative id": framed(msgpack.packb({"name": "POMClientAlive", "id": -1, "args": {}})),
    "args that are a list": framed(msgpack.packb({"name": "POMClientAlive", "id": 1, "args": [1]})),
    "an agent id of 100": framed(
        msgpack.packb({"name": "POMClientAlive", "id": 1, "agentID": "9" * 100, "args": {}})
    ),
}


@pytest.mark.parametrize("data", BAD_INPUT.values(), ids=BAD_INPUT.keys())
async def test_bad_input_closes_its_connection_with_a_reason_and_touches_no_other(nursery, data):
    stage = await Stage(nursery).start()
    other = stage.connect()
    await other.hello()
    desktop = stage.connect()
    await desktop.hello()
    with capture_logs() as logs:
        await desktop.stream.send_all(command_bytes(2, "", POMClientAlive()) + data)
        *answers, closed = await desktop.rest()
    assert answers == [POMClientAliveRESP(ResultCode.SUCCESS)]
    assert isinstance(closed, POMConnectionClosed)
    assert "Traceback" not in closed.reason
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("connection_closed", closed.reason)]
    assert stage.inbox.lost == [2]
    assert stage.closed("protocol") == 1
    await other.send(POMClientAlive(), "")
    assert await other.next() == POMClientAliveRESP(ResultCode.SUCCESS)


async def test_nothing_after_bad_input_is_read(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    await desktop.stream.send_all(framed(b"\xc1") + command_bytes(2, "", POMClientAlive()) * 100)
    await desktop.stream.send_all(command_bytes(2, "", POMClientAlive()))
    assert "msgpack" in await desktop.reason()
    assert stage.inbox.commands == [HELLO]


async def test_end_of_the_stream_within_a_frame_is_a_lost_connection(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    await desktop.stream.send_all(b"\x00\x00\x10")
    await desktop.stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert stage.inbox.lost == [1]
    assert len(stage.connections) == 0


# -- answers that come late ----------------------------------------------------------------------

ENDS = {"half-close": b"", "a frame that cannot be read": framed(b"\xc1"), "a long frame": b"\xff" * 4}
"""What a desktop sends last, behind good commands."""


class Late:
    """A stage whose commands are answered when the test says."""

    def __init__(self, stage):
        self.waiting = []
        self.stage = stage
        stage.inbox.react = self.waiting.append

    def answer(self, count):
        for event in self.waiting[:count]:
            self.stage.inbox.answer(event)
        del self.waiting[:count]


async def begin(nursery, limits=None, pair=trio.testing.memory_stream_pair):
    stage = await Stage(nursery, limits).start()
    desktop = stage.connect(pair)
    await desktop.hello()
    return stage, desktop, Late(stage)


async def send_last(desktop, commands, end):
    data = b"".join(command_bytes(n, "", POMClientAlive()) for n in range(2, 2 + commands))
    await desktop.stream.send_all(data + end)
    if not end:
        await desktop.stream.send_eof()
    await trio.testing.wait_all_tasks_blocked()


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_all_answers_come_before_the_end_however_late_they_are(nursery, autojump_clock, end):
    stage, desktop, late = await begin(nursery)
    await send_last(desktop, 200, end)
    assert len(late.waiting) == 200
    for _ in range(8):
        await trio.sleep(1)
        late.answer(25)
        assert stage.inbox.lost == []
    answers = await desktop.rest()
    closed = answers.pop() if end else None
    assert answers == [POMClientAliveRESP(ResultCode.SUCCESS)] * 200
    assert isinstance(closed, POMConnectionClosed) == bool(end)
    assert stage.inbox.lost == [1]
    assert len(stage.connections) == 0


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_answers_that_do_not_come_are_not_waited_for_longer_than_is_set(nursery, autojump_clock, end):
    stage, desktop, late = await begin(nursery, Limits(answers_s=5))
    began = trio.current_time()
    await send_last(desktop, 3, end)
    late.answer(2)
    answers = await desktop.rest()
    assert len(answers) == (3 if end else 2)
    assert 5 <= trio.current_time() - began <= 7
    late.answer(1)  # nobody is there any more
    assert stage.inbox.lost == [1]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_desktop_that_never_reads_its_last_answers_holds_nothing_for_long(nursery, autojump_clock, end):
    async def never(data):
        await trio.sleep_forever()

    stage, desktop, late = await begin(nursery, Limits(answers_s=5))
    next(iter(stage.connections)).outgoing._transport.send_later = never
    await send_last(desktop, 3, end)
    late.answer(3)
    await trio.sleep(7)
    assert stage.inbox.lost == [1]
    assert len(stage.connections) == 0
    assert stage.server._running == 0


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
async def test_desktop_that_is_gone_altogether_is_lost_as_soon_as_an_answer_cannot_be_sent(
    nursery, autojump_clock, end
):
    stage, desktop, late = await begin(nursery)
    began = trio.current_time()
    await send_last(desktop, 10, end)
    await trio.aclose_forcefully(desktop.stream)
    await trio.sleep(1)
    late.answer(1)
    await trio.testing.wait_all_tasks_blocked()
    assert stage.inbox.lost == [1]
    assert trio.current_time() - began < 2


async def test_server_that_closes_does_not_wait_for_answers(nursery, autojump_clock):
    stage, desktop, _ = await begin(nursery)
    began = trio.current_time()
    await send_last(desktop, 10, b"")
    await stage.server.close("the zone moves")
    assert await desktop.reason() == "the zone moves"
    assert trio.current_time() - began < 4


async def test_no_more_commands_are_read_than_may_be_unanswered_and_none_is_lost(nursery, autojump_clock):
    stage, desktop, late = await begin(nursery, Limits(unanswered=5))
    await send_last(desktop, 50, b"")
    assert len(late.waiting) == 5
    for taken in (7, 9):
        late.answer(2)
        await trio.testing.wait_all_tasks_blocked()
        assert len(stage.inbox.commands) - 1 == taken
    while late.waiting:
        late.answer(5)
        await trio.testing.wait_all_tasks_blocked()
    assert await desktop.rest() == [POMClientAliveRESP(ResultCode.SUCCESS)] * 50


async def test_connection_that_is_held_back_is_neither_silent_nor_late_with_a_frame(nursery, autojump_clock):
    stage, desktop, late = await begin(nursery, Limits(unanswered=1))
    alive = command_bytes(2, "", POMClientAlive())
    await desktop.stream.send_all(alive * 2 + alive[:7])
    await trio.sleep(200)
    assert stage.closed("silence") is stage.closed("slow_frame") is None
    late.answer(1)
    await trio.testing.wait_all_tasks_blocked()
    late.answer(1)
    assert [await desktop.next() for _ in range(2)] == [POMClientAliveRESP(ResultCode.SUCCESS)] * 2


async def test_many_commands_in_one_write_do_not_keep_others_from_theirs(nursery, monkeypatch):
    """Each look at the clock takes a millisecond: commands are read one a turn."""
    ticks = itertools.count()
    monkeypatch.setattr(server_connection, "perf_counter", lambda: next(ticks) * 1e-3)
    stage = await Stage(nursery).start()
    busy = stage.connect()
    await busy.hello()
    other = stage.connect()
    await other.hello()
    refuse = mock.patch.object(server_connection.Connection, "_refuse", autospec=True)
    with refuse as refused:
        stage.inbox.react = lambda event: (when.append(refused.call_count), stage.inbox.answer(event))
        when = []
        await busy.stream.send_all(message("AGTNoSuch", {}) * 100)
        await other.send(POMClientAlive(), "")
        await other.next()
        await trio.testing.wait_all_tasks_blocked()
    assert refused.call_count == 100
    assert when[0] < 20


async def test_refusals_of_commands_that_came_together_leave_in_order_and_few_writes(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    await desktop.stream.send_all(message("AGTNoSuch", {}) * 100)
    answers = [await desktop.next() for _ in range(200)]
    assert [type(each) for each in answers] == [AGTInvalidCommandName, UnknownReceived] * 100


# -- faults of ours ------------------------------------------------------------------------------


async def test_fault_where_a_command_is_taken_costs_that_command_alone(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()

    def fail(event):
        if event.request_id == 3:
            raise ZeroDivisionError("ours")
        stage.inbox.answer(event)

    stage.inbox.react = fail
    with capture_logs() as logs:
        await desktop.stream.send_all(b"".join(command_bytes(n, "", POMClientAlive()) for n in range(2, 6)))
        answers = [(await desktop.next()).result for _ in range(4)]
    assert answers == [0, 9050, 0, 0]
    assert [(entry["event"], entry["name"]) for entry in logs] == [("command_failed", "POMClientAlive")]
    assert stage.closed("fault") is None


async def test_fault_of_ours_while_a_command_is_read_costs_that_command_alone(nursery, monkeypatch):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    with capture_logs() as logs, monkeypatch.context() as patched:
        decode = protocol.connection.decode_args

        def fail_for_commands(cls, args):
            if issubclass(cls, POMClientAlive | AGTHoldCall):
                raise RecursionError
            return decode(cls, args)

        patched.setattr(protocol.connection, "decode_args", fail_for_commands)
        await desktop.stream.send_all(message("POMClientAlive", {}) + message("AGTHoldCall", {}))
        for name in ("POMClientAliveRESP", "AGTHoldCallRESP"):
            answer = await desktop.next()
            assert (type(answer).__name__, answer.result) == (name, ResultCode.NOT_PROCESSED)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["command_failed"] * 2
    await desktop.send(POMClientAlive(), "")
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)


@pytest.mark.parametrize("at_once", [True, False])
async def test_fault_of_ours_in_a_connections_sending_closes_that_one_alone(nursery, monkeypatch, at_once):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    other = stage.connect()
    await other.hello()
    broken = next(iter(stage.connections)).outgoing._transport
    if at_once:
        broken.send_now = mock.Mock(side_effect=ZeroDivisionError)
    else:
        broken.send_later = mock.AsyncMock(side_effect=ZeroDivisionError)
    with capture_logs() as logs:
        await desktop.send(POMClientAlive(), "")
        assert await desktop.rest() == []
    assert "connection_failed" in [entry["event"] for entry in logs]
    await other.send(POMClientAlive(), "")
    assert await other.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    assert stage.inbox.lost == [1]


# -- time and space ------------------------------------------------------------------------------


async def test_silent_connection_is_closed_after_90_s_and_a_beating_one_is_not(nursery, autojump_clock):
    stage = await Stage(nursery).start()
    silent = stage.connect()
    await silent.hello()
    beating = stage.connect()
    await beating.hello()
    began = trio.current_time()
    reasons = []

    async def wait():
        reasons.append(await silent.reason())

    nursery.start_soon(wait)
    for _ in range(10):
        await trio.sleep(30)
        assert bool(reasons) == (trio.current_time() - began > 92)
        await beating.send(POMClientAlive(), "")
        assert (await beating.next()).result is ResultCode.SUCCESS
    assert reasons == ["nothing was received for 90 s"]
    assert stage.inbox.lost == [1]


async def test_frame_that_does_not_end_is_closed_after_10_s_whatever_trickles_in(nursery, autojump_clock):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    began = trio.current_time()
    with trio.move_on_after(60) as gave_up:
        async with trio.open_nursery() as inner:

            async def trickle():
                await desktop.stream.send_all((1000).to_bytes(4, "big"))
                while True:
                    await trio.sleep(1)
                    await desktop.stream.send_all(b"\xc0")

            inner.start_soon(trickle)
            reason = await desktop.reason()
            inner.cancel_scope.cancel()
    assert not gave_up.cancelled_caught
    assert reason == "a frame was not complete within 10 s"
    assert 10 <= trio.current_time() - began <= 14


async def test_frames_that_end_in_time_are_served_though_always_another_has_begun(nursery, autojump_clock):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()
    alive = command_bytes(2, "", POMClientAlive())
    begin, end = alive[:9], alive[9:]
    await desktop.stream.send_all(begin)
    for _ in range(15):
        await trio.sleep(1)
        await desktop.stream.send_all(end + begin)
        assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    await desktop.stream.send_all(end)
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    await trio.sleep(30)
    await desktop.send(POMClientAlive(), "")
    assert await desktop.next() == POMClientAliveRESP(ResultCode.SUCCESS)


async def test_connection_without_agentsdkconnected_is_closed_after_10_s(nursery, autojump_clock):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    assert await desktop.reason() == "AgentSDKConnected did not arrive within 10 s"
    assert trio.current_time() <= 14
    assert stage.inbox.events == []


async def test_desktop_that_does_not_read_is_closed_by_size_with_a_reason_and_others_are_served(
    nursery, autojump_clock
):
    stage = await Stage(nursery, Limits(queue_bytes=2_000)).start()
    slow = stage.connect(trio.testing.lockstep_stream_pair)
    await slow.hello()
    other = stage.connect()
    await other.hello()
    told = 0
    while 1 in [connection.number for connection in stage.connections]:
        stage.connections.send(1, notification_bytes("", POMAvailable("Default")))
        stage.connections.flush()
        await trio.testing.wait_all_tasks_blocked()
        told += 1
    assert told < 60
    await other.send(POMClientAlive(), "")
    assert await other.next() == POMClientAliveRESP(ResultCode.SUCCESS)
    *notifications, closed = await slow.rest()
    assert closed.reason == "slow consumer: 2000 bytes wait to be read"
    assert notifications == [POMAvailable("Default")] * told
    assert stage.closed("slow_consumer") == 1


async def test_desktop_that_does_not_read_is_asked_for_no_more_and_gets_all_answers_when_it_does(
    nursery, autojump_clock
):
    limits = Limits(queue_bytes=2_000, unanswered=10)
    stage = await Stage(nursery, limits).start()
    slow = stage.connect(trio.testing.lockstep_stream_pair)
    await slow.hello()
    with trio.move_on_after(9):
        for number in range(500):
            await slow.stream.send_all(command_bytes(number, "", POMClientAlive()))
    taken = len(stage.inbox.commands)
    assert taken < 60
    assert stage.closed("slow_consumer") is None
    for _ in range(1, taken):
        assert await slow.next() == POMClientAliveRESP(ResultCode.SUCCESS)


async def test_desktop_that_reads_too_late_is_closed_by_age(nursery, autojump_clock):
    stage = await Stage(nursery).start()
    slow = stage.connect(trio.testing.lockstep_stream_pair)
    await slow.hello()
    await slow.send(POMClientAlive(), "")
    await trio.sleep(11.5)
    assert (await slow.reason()).startswith("slow consumer: nothing was read for 10 s")


async def test_desktop_that_never_reads_again_is_gone_after_the_linger_time(nursery, autojump_clock):
    stage = await Stage(nursery, Limits(queue_bytes=10)).start()
    slow = stage.connect(trio.testing.lockstep_stream_pair)
    await slow.hello()
    stage.connections.send(1, notification_bytes("", POMAvailable("Default")))
    stage.connections.flush()
    await trio.sleep(2.5)
    assert len(stage.connections) == 0
    with pytest.raises(trio.BrokenResourceError):
        await slow.stream.send_all(b"x")


async def test_connections_are_limited_in_all(nursery):
    stage = await Stage(nursery, Limits(connections=1)).start()
    desktop = stage.connect()
    await desktop.hello()
    assert "too many connections" in await stage.connect().reason()
    await desktop.stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
    await stage.connect().hello()


# -- the end -------------------------------------------------------------------------------------


async def test_close_leaves_after_what_was_sent_before_and_is_the_last(nursery):
    stage = await Stage(nursery).start()
    desktop = stage.connect()
    await desktop.hello()

    def close(event):
        stage.inbox.answer(event)
        stage.connections.close_all("the zone is over")
        stage.inbox.answer(event)

    stage.inbox.react = close
    await desktop.send(POMClientAlive(), "")
    assert await desktop.rest() == [
        POMClientAliveRESP(ResultCode.SUCCESS),
        POMConnectionClosed("the zone is over"),
    ]
    assert stage.inbox.lost == [1]


async def test_server_close_tells_every_desktop_and_ends_serving(nursery, autojump_clock):
    stage = Stage(nursery)
    ended = trio.Event()

    async def serve(task_status):
        await stage.server.serve(task_status=task_status)
        ended.set()

    await nursery.start(serve)
    desktops = [stage.connect() for _ in range(3)]
    for desktop in desktops:
        await desktop.hello()
    frozen = stage.connect(trio.testing.lockstep_stream_pair)
    reasons = []

    async def read(desktop):
        reasons.append(await desktop.reason())
        await desktop.stream.aclose()

    for desktop in desktops:
        nursery.start_soon(read, desktop)
    await frozen.send(HELLO, "")
    began = trio.current_time()
    await stage.server.close("the server is ending")
    await ended.wait()
    assert reasons == ["the server is ending"] * 3
    assert trio.current_time() - began <= 4.0
    assert sorted(stage.inbox.lost) == [1, 2, 3, 4]


async def test_desktops_that_do_not_read_keep_nobody_else_waiting(nursery, autojump_clock):
    """Ten ask for what they never read; of 20 others each is answered in the turn in which it asks."""
    limits = Limits(queue_bytes=40_000, queue_age_s=10)
    stage = await Stage(nursery, limits).start()
    others = []
    for _ in range(20):
        others.append(stage.connect())
        await others[-1].hello()
    slow = [stage.connect(trio.testing.lockstep_stream_pair) for _ in range(10)]
    for each in slow:
        await each.hello()
    asked = command_bytes(2, "", POMClientAlive())

    async def flood(desktop):
        with contextlib.suppress(trio.BrokenResourceError):
            while True:
                await desktop.stream.send_all(asked * 50)

    for each in slow:
        nursery.start_soon(flood, each)
    for _ in range(9):
        await trio.sleep(1)
        for other in others:
            before = trio.current_time()
            await other.send(POMClientAlive(), "")
            assert await other.next() == POMClientAliveRESP(ResultCode.SUCCESS)
            assert trio.current_time() == before
        waiting = [connection.outgoing._waiting_bytes for connection in stage.connections]
        assert max(waiting) <= limits.queue_bytes // 4 + limits.unanswered * len(asked)
    await trio.sleep(5)
    assert stage.closed("slow_consumer") == 10
    assert len(stage.connections) == 20
    nursery.cancel_scope.cancel()
