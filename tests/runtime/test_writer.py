"""The writer thread: one call after another, none abandoned."""

import threading

import pytest
import trio
import trio.testing

from agentmgr.runtime.writer import open_writer


async def test_writer_runs_calls_in_their_order_in_one_thread_that_is_not_trios():
    seen = []

    def note(value):
        seen.append((value, threading.get_ident()))
        return value * 2

    async with open_writer() as writer, trio.open_nursery() as nursery:
        for value in range(5):
            nursery.start_soon(writer.call, note, value)
        await trio.testing.wait_all_tasks_blocked()
        assert await writer.call(note, 21) == 42
    assert sorted(value for value, _ in seen[:5]) == [0, 1, 2, 3, 4]
    assert seen[5][0] == 21
    assert len({thread for _, thread in seen}) == 1
    assert seen[0][1] != threading.get_ident()


async def test_writer_raises_what_the_call_raises_and_goes_on():
    async with open_writer() as writer:
        with pytest.raises(ZeroDivisionError):
            await writer.call(lambda: 1 // 0)
        assert await writer.call(len, "abc") == 3


async def test_writer_call_that_is_cancelled_is_waited_for():
    go_on, done = threading.Event(), []

    def slow():
        go_on.wait(30)
        done.append(True)

    async with open_writer() as writer:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(writer.call, slow)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
            go_on.set()
        assert done == [True]


async def test_writer_lets_queued_calls_finish_when_its_block_is_cancelled():
    go_on, done = threading.Event(), []

    def slow(value):
        go_on.wait(30)
        done.append(value)

    with trio.CancelScope() as scope:
        async with open_writer() as writer, trio.open_nursery() as nursery:
            for value in (1, 2):
                nursery.start_soon(writer.call, slow, value)
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
            go_on.set()
    assert sorted(done) == [1, 2]


async def test_writer_that_was_closed_refuses_calls():
    async with open_writer() as writer:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await writer.call(len, "abc")
