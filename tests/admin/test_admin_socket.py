import socket
import stat
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from agentmgr.admin.socket import (
    MAX_PIECE_CHARACTERS,
    AdminRefused,
    NoServer,
    Row,
    _follow,
    admin_socket,
    ask,
    serve_admin,
)
from agentmgr.campaign.sheet import Stopped
from protocol.codec import pack, unpack
from protocol.framing import FrameDecoder, frame

LEFT = threading.Event()
"""Set once an operation heard that the client has gone."""


def perform(name: str, args: Mapping[str, Any], pieces: Iterator[str]) -> Iterator[Row]:
    if name == "feed":
        return fed(pieces)
    if name == "refuse":
        raise AdminRefused("not like this")
    if name == "break":
        raise ZeroDivisionError
    return ({"number": number, "text": args["text"]} for number in range(args["count"]))


def fed(pieces: Iterator[str]) -> Iterator[Row]:
    how, count, characters = "whole", 0, 0
    try:
        for piece in pieces:
            count += 1
            characters += len(piece)
            if count % 100 == 0:
                yield {"so_far": count}
    except Stopped:
        how = "stopped"
    except trio.BrokenResourceError:
        LEFT.set()
        raise
    yield {"how": how, "pieces": count, "characters": characters}


FOLLOWED: list[str] = []


async def clock(args: Mapping[str, Any]) -> AsyncIterator[Sequence[Row]]:
    """Yield for ever, and note when nobody reads any more."""
    try:
        for number in count():
            if number == args["fails_at"]:
                raise ZeroDivisionError if args.get("badly") else AdminRefused("no longer")
            yield [{"number": number}, {"number": number}]
            await trio.lowlevel.checkpoint()
    finally:
        FOLLOWED.append("ended")


@pytest.fixture
async def path(tmp_path: Path, nursery: trio.Nursery) -> Path:
    where = tmp_path / "run" / "admin.sock"
    started = trio.Event()

    async def serve() -> None:
        with admin_socket(where) as listener:
            started.set()
            await serve_admin(listener, perform, {"clock": clock})

    nursery.start_soon(serve)
    await started.wait()
    return where


async def asked(path: Path, name: str, **args: Any) -> list[Row]:
    return await trio.to_thread.run_sync(lambda: list(ask(path, name, args)))


async def test_ask_gets_every_row_in_order(path: Path) -> None:
    rows = await asked(path, "count", count=1000, text="x" * 5000)
    assert [row["number"] for row in rows] == list(range(1000))
    assert rows[-1]["text"] == "x" * 5000


async def test_ask_for_nothing_gets_no_rows(path: Path) -> None:
    assert await asked(path, "count", count=0, text="") == []


async def test_ask_for_what_is_refused_raises_with_the_reason(path: Path) -> None:
    with pytest.raises(AdminRefused, match=r"^not like this$"):
        await asked(path, "refuse")


async def test_ask_after_a_fault_of_the_server_still_works(path: Path) -> None:
    with pytest.raises(AdminRefused, match="its log says more"):
        await asked(path, "break")
    assert len(await asked(path, "count", count=2, text="")) == 2


async def fed_with(path: Path, pieces: Iterator[str]) -> list[Row]:
    return await trio.to_thread.run_sync(lambda: list(ask(path, "feed", {}, pieces)))


async def test_feed_comes_piece_by_piece_while_rows_go(path: Path) -> None:
    largest = "\U0001f600" * MAX_PIECE_CHARACTERS
    *so_far, end = await fed_with(path, iter([largest] * 1000))
    assert len(so_far) == 10
    assert end == {"how": "whole", "pieces": 1000, "characters": 1000 * MAX_PIECE_CHARACTERS}


async def test_feed_that_stops_lets_the_operation_end_with_what_it_has(path: Path) -> None:
    def pieces() -> Iterator[str]:
        yield "a"
        yield "b"
        raise Stopped

    assert await fed_with(path, pieces()) == [{"how": "stopped", "pieces": 2, "characters": 2}]


async def test_feed_is_taken_no_faster_than_it_is_used(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(frame(pack({"operation": "feed", "args": {}})))
        client.setblocking(False)
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(client.dup()))
        more = frame(pack({"more": True}))
        for _ in range(3):
            assert await stream.receive_some(100) == more
            await stream.send_all(frame(pack({"piece": "x"})))
        assert await stream.receive_some(100) == more
        await stream.aclose()


async def test_feed_ends_when_the_client_goes(path: Path) -> None:
    LEFT.clear()
    stream = await trio.open_unix_socket(str(path))
    await stream.send_all(frame(pack({"operation": "feed", "args": {}})))
    await stream.receive_some(100)
    await stream.aclose()
    assert await trio.to_thread.run_sync(LEFT.wait, 5)


async def test_feed_that_is_none_is_refused(path: Path) -> None:
    stream = await trio.open_unix_socket(str(path))
    await stream.send_all(frame(pack({"operation": "feed", "args": {}})))
    await stream.receive_some(100)
    await stream.send_all(frame(pack({"piece": 7})))
    assert b"differ in version" in await stream.receive_some(1000)
    await stream.aclose()


async def test_socket_can_be_opened_by_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_socket_of_a_running_server_is_not_taken(path: Path) -> None:
    with pytest.raises(AdminRefused, match="another server is running"), admin_socket(path):
        pass
    assert len(await asked(path, "count", count=1, text="")) == 1


@pytest.mark.parametrize("sent", [b"\xff\xff\xff\xff", frame(pack("hello")), frame(b"\xc1"), b"\0\0"])
async def test_unusable_request_ends_the_connection_and_nothing_else(path: Path, sent: bytes) -> None:
    async with await trio.open_unix_socket(str(path)) as stream:
        await stream.send_all(sent)
        stream.socket.shutdown(trio.socket.SHUT_WR)
        assert await stream.receive_some() == b""
    assert len(await asked(path, "count", count=1, text="")) == 1


async def test_rows_come_in_frames_of_the_wire(path: Path) -> None:
    async with await trio.open_unix_socket(str(path)) as stream:
        await stream.send_all(frame(pack({"operation": "count", "args": {"count": 2, "text": "a"}})))
        received = b"".join([chunk async for chunk in stream])
    assert [unpack(value) for value in FrameDecoder().feed(received)] == [
        {"row": {"number": 0, "text": "a"}},
        {"row": {"number": 1, "text": "a"}},
        {"end": "done"},
    ]


def test_socket_left_behind_by_a_killed_server_is_replaced_and_removed_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    trio.run(partial(_open_and_close, path))
    assert not path.exists()


async def _open_and_close(path: Path) -> None:
    with admin_socket(path):
        assert path.is_socket()


async def test_something_else_at_the_path_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    path.write_text("mine")
    with pytest.raises(AdminRefused, match="in the way"), admin_socket(path):
        pass
    assert path.read_text() == "mine"


def test_ask_without_a_server_says_that_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoServer):
        list(ask(tmp_path / "admin.sock", "count", {}))


async def test_what_is_followed_comes_until_the_reader_leaves(path: Path) -> None:
    FOLLOWED.clear()

    def read() -> list[object]:
        rows = ask(path, "clock", {"fails_at": None})
        found = [row["number"] for row in islice(rows, 1001)]
        rows.close()  # type: ignore[attr-defined]  # it is a generator
        return found

    assert await trio.to_thread.run_sync(read) == [number // 2 for number in range(1001)]
    with trio.fail_after(10):
        while not FOLLOWED:
            await trio.testing.wait_all_tasks_blocked()


async def test_what_is_followed_ends_when_the_reader_leaves_although_nothing_more_comes(path: Path) -> None:
    """A floor on which nothing happens must not keep a screen that was closed."""
    ended = trio.Event()

    async def silent(args: Mapping[str, Any]) -> AsyncIterator[Sequence[Row]]:
        try:
            yield [{"number": 1}]
            await trio.sleep_forever()
        finally:
            ended.set()

    one, other = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_follow, silent, "silent", {}, one)
        await other.receive_some()
        await other.aclose()
        with trio.fail_after(10):
            await ended.wait()


async def test_what_is_followed_and_refused_ends_with_the_reason(path: Path) -> None:
    with pytest.raises(AdminRefused, match=r"^no longer$"):
        await asked(path, "clock", fails_at=2)


async def test_what_is_followed_and_fails_ends_with_that_and_the_server_goes_on(path: Path) -> None:
    with pytest.raises(AdminRefused, match="its log says more"):
        await asked(path, "clock", fails_at=2, badly=True)
    assert await asked(path, "count", count=1, text="x")
