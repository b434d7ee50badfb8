"""STOMP 1.2 without a broker: frames as bytes, and a peer that does what a good one does not."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock, memory_stream_pair

from agentmgr.ports import AttemptResult
from agentmgr.publish.settings import TopicSettings
from agentmgr.publish.stomp import RECEIPT_S, _Connection
from agentmgr.publish.stomp_frames import BadStomp, Frame, FrameReader
from agentmgr.publish.ways import PublishFailed

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)


@given(
    st.dictionaries(_text.filter(lambda name: name != "content-length"), _text, max_size=4),
    st.binary(max_size=50),
    st.lists(st.integers(1, 7), max_size=20),
)
def test_frame_is_read_as_it_was_written_however_it_is_cut(
    headers: dict[str, str], body: bytes, cuts: Sequence[int]
) -> None:
    written = b"\n\r\n" + bytes(Frame("MESSAGE", headers, body)) + b"\n" + bytes(Frame("RECEIPT", {}))
    reader, read, rest = FrameReader(), list[Frame](), written
    for cut in (*cuts, len(written)):
        read += reader.feed(rest[:cut])
        rest = rest[cut:]
    found, receipt = read
    assert {name: value for name, value in found.headers.items() if name != "content-length"} == headers
    assert (found.command, found.body, receipt.command) == ("MESSAGE", body, "RECEIPT")


def test_frame_with_ends_of_lines_of_two_characters_is_read() -> None:
    (frame,) = FrameReader().feed(b"ERROR\r\nmessage:no\\cway\r\n\r\nbody\0")
    assert (frame.command, dict(frame.headers), frame.body) == ("ERROR", {"message": "no:way"}, b"body")


def test_header_that_is_repeated_counts_as_it_was_first() -> None:
    (frame,) = FrameReader().feed(b"MESSAGE\nfoo:World\nfoo:Hello\n\n\0")
    assert frame.headers == {"foo": "World"}


@pytest.mark.parametrize(
    "data",
    [
        b"MESSAGE\nno header\n\n\0",
        b"MESSAGE\nbad:\\t\n\n\0",
        b"MESSAGE\ncontent-length:2\n\nabc\0",
        b"MESSAGE\ncontent-length:-2\n\nabc\0",
        b"MESSAGE\ncontent-length:99999999999\n\n",
        b"\xff\xfe\n\n\0",
        b"x" * 1_100_000,
        b"MESSAGE\n\n" + b"x" * 1_100_000,
    ],
)
def test_what_is_no_stomp_is_refused(data: bytes) -> None:
    with pytest.raises(BadStomp):
        list(FrameReader().feed(data))


async def greeted(
    nursery: trio.Nursery, answer: Callable[[Frame], bytes | None], heart_beat_s: float = 10.0
) -> _Connection:
    ours, theirs = memory_stream_pair()

    async def peer() -> None:
        reader = FrameReader()
        async for data in theirs:
            for frame in reader.feed(data):
                reply = answer(frame)
                if reply:
                    await theirs.send_all(reply)

    nursery.start_soon(peer)
    connection = _Connection(ours, "broker B port 1", "/topic/results")
    await connection.greet(TopicSettings(host="B", heart_beat_s=heart_beat_s))
    return connection


def connected(beat: str = "0,0") -> bytes:
    return bytes(Frame("CONNECTED", {"version": "1.2", "heart-beat": beat}))


def result(seq: int) -> AttemptResult:
    return AttemptResult(seq, f"s{seq}", "Spring", 1, "C1", seq, "7", "+1", "L", "Z", "Busy", 0.0)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (bytes(Frame("ERROR", {"message": "Access refused"})), "says ERROR Access refused"),
        (bytes(Frame("CONNECTED", {"version": "1.0"})), "says CONNECTED"),
    ],
)
async def test_broker_that_does_not_let_us_in_says_why(reply: bytes, why: str) -> None:
    async with trio.open_nursery() as nursery:
        with pytest.raises(PublishFailed, match=f"broker B port 1: {why}"):
            await greeted(nursery, lambda frame: reply)
        nursery.cancel_scope.cancel()


async def test_error_in_the_middle_leaves_what_has_its_receipt_told_and_the_rest_not(
    autojump_clock: MockClock,
) -> None:
    def answer(frame: Frame) -> bytes | None:
        if frame.command == "CONNECT":
            return connected()
        if frame.headers["correlation-id"] == "s3":
            return bytes(Frame("ERROR", {"message": "disk full"}))
        return bytes(Frame("RECEIPT", {"receipt-id": frame.headers["receipt"]}))

    async with trio.open_nursery() as nursery:
        connection = await greeted(nursery, answer)
        nursery.start_soon(connection.read)
        told = await connection.tell([result(seq) for seq in (1, 2, 3)])
        assert (told.seqs, told.failure) == ({1, 2}, "broker B port 1: says ERROR disk full")
        with pytest.raises(PublishFailed, match="disk full"):
            await connection.check()
        nursery.cancel_scope.cancel()


async def test_receipt_that_does_not_come_ends_the_connection(autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        connection = await greeted(nursery, lambda f: connected() if f.command == "CONNECT" else None)
        nursery.start_soon(connection.read)
        began = trio.current_time()
        told = await connection.tell([result(1)])
        assert (told.seqs, told.failure) == (frozenset(), "broker B port 1: gave no receipt for 30 s")
        assert trio.current_time() - began == pytest.approx(RECEIPT_S)
        nursery.cancel_scope.cancel()


async def test_broker_that_promised_signs_of_life_and_is_silent_is_left(autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        connection = await greeted(nursery, lambda f: connected("5000,0") if f.command == "CONNECT" else None)
        nursery.start_soon(connection.read)
        await trio.sleep(19.9)
        await connection.check()
        await trio.sleep(0.2)
        with pytest.raises(PublishFailed, match="did not answer in time"):
            await connection.check()
        nursery.cancel_scope.cancel()


async def test_signs_of_life_are_given_as_often_as_agreed(autojump_clock: MockClock) -> None:
    beats: list[float] = []
    ours, theirs = memory_stream_pair()
    connection = _Connection(ours, "broker", "/topic/results")

    async def peer() -> None:
        async for data in theirs:
            if data == b"\n":
                beats.append(trio.current_time())
            else:
                await theirs.send_all(connected("0,4000"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(peer)
        await connection.greet(TopicSettings(host="B", heart_beat_s=1.0))
        nursery.start_soon(connection.beat)
        await trio.sleep(21)
        nursery.cancel_scope.cancel()
    gaps = [after - before for before, after in pairwise(beats)]
    assert len(beats) >= 9
    assert max(gaps) <= 4.0
