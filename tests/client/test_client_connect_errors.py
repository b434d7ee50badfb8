"""What comes out of `connect`: one exception at a time, whatever went wrong where."""

import asyncio
import re

import pytest
import trio
import trio.testing

import agentmgr.client
from agentmgr.client import CommandError
from agentmgr.testing.scripted import Connect, ScriptedServer


async def test_error_of_the_body_comes_out_as_itself(connect: Connect) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        async with connect():
            raise ZeroDivisionError

    assert caught.value.__cause__ is None


async def test_group_of_the_body_comes_out_as_it_was_raised(connect: Connect) -> None:
    group = ExceptionGroup("of the application", [ZeroDivisionError(), KeyError()])
    with pytest.raises(ExceptionGroup) as caught:
        async with connect():
            raise group

    assert caught.value is group


async def test_cancelled_body_is_cancelled(connect: Connect, autojump_clock: trio.testing.MockClock) -> None:
    with trio.move_on_after(1) as scope:
        async with connect():
            await trio.sleep_forever()

    assert scope.cancelled_caught


async def test_fault_in_the_library_s_own_task_comes_out_alone(server: ScriptedServer) -> None:
    def broken(failures: int) -> float:
        raise ZeroDivisionError

    async def connect_and_stay() -> None:
        async with agentmgr.client.connect(["am1:9970"], opener=server.open, backoff=broken):
            await server.visits[0].cut()
            await trio.sleep_forever()

    with pytest.raises(ZeroDivisionError):
        await connect_and_stay()


async def test_opener_that_fails_in_its_own_way_is_a_server_that_cannot_be_reached(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(address: tuple[str, int]) -> trio.abc.Stream:
        raise KeyError("certificate")

    with pytest.raises(CommandError, match="am1:9970: 'certificate'"):
        async with agentmgr.client.connect(["am1:9970"], opener=broken, patience_s=3):
            pass
    assert "opening a stream failed" in caplog.text


def test_connect_under_asyncio_says_which_client_is_the_right_one() -> None:
    async def main() -> None:
        async with agentmgr.client.connect(["127.0.0.1:9970"]):
            pass

    line = "this is the trio client; under asyncio use agentmgr.client.aio"
    with pytest.raises(RuntimeError, match=re.escape(line)):
        asyncio.run(main())
