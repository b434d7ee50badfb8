"""Connections that cannot be taken, in virtual time."""

import errno
import resource
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from agentmgr.accepting import QUIET_S, RETRY_S, accept_all, highest_descriptor


class Listener(trio.abc.Listener[Any]):
    """Gives what it was told to, an error or a connection with a descriptor, and then nothing."""

    def __init__(self, *gives: OSError | int) -> None:
        self.gives = list(gives)
        self.is_closed = False

    async def accept(self) -> Any:
        await trio.lowlevel.checkpoint()
        if not self.gives:
            await trio.sleep_forever()
        given = self.gives.pop(0)
        if isinstance(given, OSError):
            raise given
        ours, _ = trio.testing.memory_stream_pair()
        ours.socket = SimpleNamespace(fileno=lambda: given)
        return ours

    async def aclose(self) -> None:
        self.is_closed = True


async def taken_of(*gives: OSError | int) -> tuple[list[int], list[Any]]:
    """Return the descriptors of connections that were taken, and the log."""
    listener, taken = Listener(*gives), []
    with capture_logs() as told, trio.move_on_after(1000):
        await accept_all(listener, "desktops", 1.0, lambda stream: taken.append(stream.socket.fileno()))
    assert listener.is_closed
    return taken, [line for line in told if line["log_level"] == "warning"]


FULL = OSError(errno.EMFILE, "Too many open files")


async def test_accepting_goes_on_after_the_process_was_out_of_descriptors(autojump_clock: Any) -> None:
    taken, told = await taken_of(7, FULL, FULL, FULL, 8)
    assert taken == [7, 8]
    assert [(line["kind"], line["why"], line["how_many"]) for line in told] == [
        ("desktops", "Too many open files", 1)
    ]


async def test_shortage_that_lasts_is_told_every_while_with_how_many(autojump_clock: Any) -> None:
    times = round(2.5 * QUIET_S / RETRY_S)
    _, told = await taken_of(*times * [FULL])
    assert len(told) == 3
    assert sum(line["how_many"] for line in told) <= times


async def test_connection_that_failed_before_it_was_taken_is_no_shortage(autojump_clock: Any) -> None:
    assert await taken_of(OSError(errno.ECONNABORTED, "gone"), 5) == ([5], [])


async def test_connection_of_the_reserve_is_closed(autojump_clock: Any) -> None:
    highest = highest_descriptor()
    taken, told = await taken_of(highest - 1, highest, highest + 1)
    assert taken == [highest - 1]
    assert [line["why"] for line in told] == ["too few file descriptors are left"]


@pytest.mark.parametrize(("limit", "desktops", "admin"), [(1024, 960, 1008), (64, 48, 60)])
def test_reserve_is_a_part_of_a_low_limit_and_supervisors_may_take_most_of_it(
    monkeypatch: pytest.MonkeyPatch, limit: int, desktops: int, admin: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert (highest_descriptor(), highest_descriptor(0.25)) == (desktops, admin)
