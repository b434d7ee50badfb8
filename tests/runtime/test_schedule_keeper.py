"""When what is scheduled is seen to."""

import trio

from agentmgr.ports import StoreFault
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.schedules import ScheduleKeeper

T0 = 1_760_000_000.0


class Due:
    """What is due next at each time that it is seen to; remembers when that was."""

    def __init__(self, clock: Clock, *answers: float | Exception | None) -> None:
        self.clock = clock
        self.answers = list(answers)
        self.at: list[float] = []
        self.all_given = trio.Event()

    async def __call__(self) -> float | None:
        self.at.append(round(self.clock.now() - T0, 3))
        if not self.answers:
            self.all_given.set()
            await trio.sleep_forever()
        match self.answers.pop(0):
            case Exception() as error:
                raise error
            case answer:
                return answer


async def seen_to(*answers: float | Exception | None, speed: float = 1.0) -> list[float]:
    clock = Clock(T0, speed)
    due = Due(clock, *answers)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ScheduleKeeper(due, clock, every_s=10).run)
        await due.all_given.wait()
        nursery.cancel_scope.cancel()
    return due.at


async def test_keeper_wakes_when_something_is_due(autojump_clock):
    assert await seen_to(T0 + 3, T0 + 4.5) == [0, 3, 4.5]


async def test_keeper_with_nothing_due_looks_from_time_to_time(autojump_clock):
    assert await seen_to(None, T0 + 3600) == [0, 10, 20]


async def test_keeper_of_a_faster_clock_wakes_as_that_says(autojump_clock):
    assert await seen_to(T0 + 30, speed=10) == [0, 30]


async def test_keeper_asks_a_store_that_failed_again(autojump_clock):
    assert await seen_to(StoreFault("gone"), T0 + 12) == [0, 10, 12]
