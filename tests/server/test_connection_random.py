"""Desktops that write whatever they like, in pieces, and end at any point: each command is answered once.

The real connections over memory streams, with a zone that answers when it likes. The model knows what was
sent whole and readable; of each such command exactly one RESP must come while its connection lives, unless
the server has closed it and said why.
"""

from collections import Counter
from typing import Any

import msgpack
import pytest
import trio
import trio.testing
from agt_stage import HELLO, Stage
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from agentmgr.server.limits import Limits
from protocol.commands import AGTGetTimezones, AGTHoldCall, POMClientAlive
from protocol.connection import ClientConnection, NotificationReceived, command_bytes
from protocol.notifications import POMConnectionClosed

GOOD = st.sampled_from([POMClientAlive(), AGTHoldCall("s"), AGTGetTimezones()]).map(
    lambda command: lambda number: command_bytes(number, "1001", command)
)


def _raw(name: str, args: dict[str, Any]) -> Any:
    def make(number: int) -> bytes:
        value = msgpack.packb({"name": name, "id": number, "agentID": "1001", "args": args})
        return len(value).to_bytes(4, "big") + value

    return make


REFUSED = st.sampled_from(
    [_raw("AGTNoSuch", {}), _raw("AGTHoldCall", {}), _raw("AGTHoldCall", {"sessionID": 7})]
)
BAD = st.sampled_from(
    [
        b"\x00" * 4,
        b"\xff" * 4,
        b"\x00\x00\x00\x01\xc1",
        b"GET / HTTP/1.1\r\n\r\n",
        _raw("POMClientAlive", {"x": 1.5})(1),
    ]
)
ACTIONS = st.one_of(
    st.tuples(st.just("send"), st.lists(st.one_of(GOOD, GOOD, REFUSED), min_size=1, max_size=12)),
    st.tuples(st.just("cut"), st.integers(1, 40)),
    st.tuples(st.just("answer"), st.integers(1, 12)),
    st.tuples(st.just("hold the zone"), st.booleans()),
    st.tuples(st.just("fail in the zone"), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 1.0, 5.0])),
)
ENDS = st.one_of(
    st.tuples(st.just("half-close"), st.none()),
    st.tuples(st.just("bad frame"), BAD),
    st.tuples(st.just("break"), st.none()),
    st.tuples(st.just("stop the server"), st.none()),
)
LIVES = st.tuples(
    st.lists(ACTIONS, max_size=14),
    ENDS,
    st.sampled_from([1, 3, 256]),
    st.sampled_from([11, 100, 100_000]),
)
"""What is done, the end, how many commands may be unanswered, how many bytes are written at a time."""


class Life:
    """One connection from its beginning to its end, and what is owed to it."""

    def __init__(self, nursery: trio.Nursery, stage: Stage, piece_bytes: int) -> None:
        self.stage = stage
        self.desktop = stage.connect()
        self.piece_bytes = piece_bytes
        self.sent = 0
        self.unsent = b""
        self.owed: set[int] = set()
        self.answered: Counter[int] = Counter()
        self.reason: str | None = None
        self.over = False
        self.waiting: list[Any] = []
        self.holds = False
        self.fails = 0
        stage.inbox.react = self._react
        nursery.start_soon(self._read)

    def _react(self, event: Any) -> None:
        if isinstance(event.command, type(HELLO)):
            self.stage.inbox.answer(event)
        elif self.fails:
            self.fails -= 1
            raise ZeroDivisionError("ours")
        elif self.holds:
            self.waiting.append(event)
        else:
            self.stage.inbox.answer(event)

    async def _read(self) -> None:
        wire = ClientConnection()
        try:
            while data := await self.desktop.stream.receive_some(65536):
                for message in wire.receive(bytes(data)):
                    if not isinstance(message, NotificationReceived):
                        assert self.reason is None, "a RESP comes after the reason"
                        self.answered[message.request_id] += 1
                    elif isinstance(message.notification, POMConnectionClosed):
                        self.reason = message.notification.reason
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        self.over = True

    async def act(self, name: str, argument: Any) -> None:
        match name:
            case "send":
                for make in argument:
                    self.sent += 1
                    self.unsent += make(self.sent)
                    self.owed.add(self.sent)
                await self._write(self.unsent)
            case "cut":
                await self._write(self.unsent)
                self.sent += 1
                whole = command_bytes(self.sent, "", POMClientAlive())
                self.owed.add(self.sent)
                await self._write(whole[:argument])
                self.unsent = whole[argument:]
            case "answer":
                self._answer(argument)
            case "hold the zone":
                self.holds = argument
            case "fail in the zone":
                self.fails += 1
            case "wait":
                await trio.sleep(argument)
        await trio.testing.wait_all_tasks_blocked()

    def _answer(self, count: int) -> None:
        for event in self.waiting[:count]:
            self.stage.inbox.answer(event)
        del self.waiting[:count]

    async def _write(self, data: bytes) -> None:
        self.unsent = b""
        for start in range(0, len(data), self.piece_bytes):
            if not self.over:
                await self.desktop.stream.send_all(data[start : start + self.piece_bytes])
                if self.piece_bytes < len(data):
                    await trio.testing.wait_all_tasks_blocked()

    async def end(self, name: str, argument: Any) -> None:
        """End as the script says, answer what waits, and hold what came against what was owed."""
        await self._write(self.unsent)
        match name:
            case "half-close":
                await self.desktop.stream.send_eof()
            case "bad frame":
                await self._write(argument)
            case "break":
                await trio.aclose_forcefully(self.desktop.stream)
            case "stop the server":
                await trio.testing.wait_all_tasks_blocked()
                while self.waiting:
                    self._answer(1000)
                    await trio.testing.wait_all_tasks_blocked()
                await self.stage.server.close("the zone moves")
        await trio.testing.wait_all_tasks_blocked()
        while self.waiting:
            self._answer(1)
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(15)
        assert self.over, "the connection does not end"
        assert len(self.stage.connections) == 0
        assert all(count == 1 for count in self.answered.values()), "a command is answered twice"
        assert self.answered.keys() <= self.owed | {0}
        if name != "break":
            assert self.answered.keys() >= self.owed, ("not answered", self.owed - self.answered.keys())
            assert (self.reason is not None) == (name != "half-close")
        assert self.stage.inbox.lost == [1], "the zone hears of the end once"


def live(life: Any) -> None:
    actions, end, unanswered, piece_bytes = life

    async def play() -> None:
        with trio.fail_after(10_000):
            async with trio.open_nursery() as nursery:
                stage = await Stage(nursery, Limits(unanswered=unanswered, answers_s=10, frame_s=99)).start()
                one = Life(nursery, stage, piece_bytes)
                await one.desktop.stream.send_all(command_bytes(0, "", HELLO))
                await trio.testing.wait_all_tasks_blocked()
                for name, argument in actions:
                    await one.act(name, argument)
                await one.end(*end)
                nursery.cancel_scope.cancel()

    with capture_logs():
        trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))


@given(LIVES)
def test_every_command_is_answered_once_in_the_life_of_its_connection(life: Any) -> None:
    live(life)


@pytest.mark.nightly
@settings(max_examples=5000)
@given(LIVES)
def test_every_command_is_answered_once_in_many_lives(life: Any) -> None:
    live(life)
