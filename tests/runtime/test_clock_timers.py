"""The clock and the heap of timers, in virtual time."""

import pytest
import structlog
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.runtime.clock import Clock
from agentmgr.runtime.timers import TimerHeap


async def test_clock_starts_where_it_is_told_and_runs_at_its_speed(autojump_clock):
    clock = Clock(5000.0, speed=60.0)
    assert clock.now() == 5000.0
    await trio.sleep(2.0)
    assert clock.now() == pytest.approx(5120.0)


@pytest.mark.parametrize("speed", [0.1, 1.0, 60.0, 1000.0])
async def test_clock_has_reached_the_time_it_slept_until(autojump_clock, speed):
    clock = Clock(1_800_000_000.123, speed)
    for _ in range(200):
        at = clock.now() + 0.1
        await clock.sleep_until(at)
        assert at <= clock.now() < at + 0.001


async def test_clock_without_a_start_begins_now(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1234.5)
    assert Clock().now() == pytest.approx(1234.5, abs=5)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_clock_speed_that_is_none_is_refused(speed):
    with pytest.raises(ValueError, match="speed must be above 0"):
        Clock(0.0, speed)


class Wall:
    """A wall clock that goes with trio's, and that a test sets."""

    def __init__(self):
        self.ahead_s = 1_800_000_000.0

    def __call__(self):
        return trio.current_time() + self.ahead_s


@pytest.fixture
def wall():
    """The wall clock."""
    return Wall()


async def test_clock_follows_the_wall_clock_by_steps_and_tells_them(autojump_clock, wall, nursery):
    clock, steps = Clock(wall=wall), []
    clock.listeners.add(steps.append)
    nursery.start_soon(clock.follow)
    for by_s in (8 * 3600.0, -30 * 3600.0, 2.0, -1.5):
        await trio.sleep(100.25)
        wall.ahead_s += by_s
        await trio.sleep(1.1)
        assert clock.now() == pytest.approx(wall(), abs=1e-5)
    assert steps == pytest.approx([8 * 3600.0, -30 * 3600.0, 2.0, -1.5])
    assert clock.steady.now() == pytest.approx(1_800_000_000.0 + 4 * 101.35, abs=1e-5)


async def test_clock_that_was_stepped_is_logged_by_how_much(autojump_clock, wall, nursery):
    clock = Clock(wall=wall)
    wall.ahead_s -= 7200.0
    with structlog.testing.capture_logs() as logs:
        clock.check()
    assert [(log["event"], log["log_level"], log["by_s"]) for log in logs] == [
        ("clock_stepped", "warning", -7200.0)
    ]
    assert logs[0]["now"] == wall()


@pytest.mark.parametrize("late_s", [0.9, -0.9, 0.02, -0.02])
async def test_clock_makes_up_for_a_little_smoothly(autojump_clock, wall, nursery, late_s):
    clock, steps = Clock(wall=wall), []
    clock.listeners.add(steps.append)
    nursery.start_soon(clock.follow)
    await trio.sleep(0.5)
    wall.ahead_s += late_s
    before = clock.now()
    for _ in range(250):
        await trio.sleep(0.1)
        assert 0.09 < clock.now() - before < 0.11
        before = clock.now()
    assert clock.now() == pytest.approx(wall(), abs=1e-5)
    assert not steps


@given(st.floats(-0.99, 0.99), st.floats(0.0, 3.0), st.floats(0.0, 100.0))
def test_clock_that_makes_up_has_reached_a_time_at_its_deadline(late_s, after_s, in_s):
    async def check():
        wall = Wall()
        clock = Clock(wall=wall)
        wall.ahead_s += late_s
        clock.check()
        await trio.sleep(after_s)
        at = clock.now() + in_s
        await clock.sleep_until(at)
        assert at <= clock.now() < at + 0.001

    trio.run(check, clock=trio.testing.MockClock(autojump_threshold=0))


async def test_clock_sleeper_is_not_woken_before_its_time_by_a_step_forward_alone(autojump_clock, wall):
    clock = Clock(wall=wall)
    at = clock.now() + 50.0
    wall.ahead_s += 20.0
    clock.check()
    began = trio.current_time()
    await clock.sleep_until(at)
    assert trio.current_time() - began == pytest.approx(30.0, abs=0.001)


@pytest.mark.parametrize("own", [{"start_s": 5000.0}, {"speed": 60.0}])
async def test_clock_with_a_time_of_its_own_follows_nobody(autojump_clock, wall, own):
    clock = Clock(wall=wall, **own)
    before = clock.now()
    wall.ahead_s += 9000.0
    await clock.follow()
    assert clock.now() == before


async def test_clock_takes_no_reading_that_was_interrupted_for_a_step(autojump_clock):
    def slow():
        """A process that was stopped between two readings: the wall clock has gone on."""
        autojump_clock.jump(600.0)
        return trio.current_time() + 1_800_000_000.0

    clock, steps = Clock(), []
    clock.listeners.add(steps.append)
    clock._wall = slow
    clock.check()
    assert not steps


KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers(0, 20)),
        st.tuples(st.just("cancel"), KEYS, st.none()),
        st.tuples(st.just("due"), st.none(), st.integers(0, 20)),
        st.tuples(st.just("look"), st.none(), st.none()),
    ),
    max_size=300,
)


@given(STEPS)
def test_timers_agree_with_a_plain_dictionary(steps):
    heap, model, count = TimerHeap(), {}, 0
    for kind, key, at in steps:
        if kind == "set":
            count += 1
            heap.set(key, at)
            model[key] = (at, count)
        elif kind == "cancel":
            heap.cancel(key)
            model.pop(key, None)
        elif kind == "look":  # a step of its own, for it clears dead entries away
            assert heap.next_at() == min((when for when, _ in model.values()), default=None)
        else:
            due = sorted((when, key) for key, when in model.items() if when[0] <= at)
            assert list(heap.due(at)) == [key for _, key in due]
            for _, key in due:
                del model[key]
        assert len(heap) == len(model)


def test_timers_set_and_cancelled_often_keep_the_heap_small():
    heap = TimerHeap()
    heap.set(("keep", ""), 5.0)
    for i in range(10_000):
        heap.set(("again", ""), float(i))
        heap.set(("once", str(i)), float(i))
        heap.cancel(("once", str(i)))
    assert len(heap) == 2
    assert len(heap._heap) < 100


def test_timer_set_anew_is_due_at_its_new_time_alone():
    heap = TimerHeap()
    heap.set(("a", ""), 1.0)
    heap.set(("a", ""), 10.0)
    assert list(heap.due(5.0)) == []
    assert list(heap.due(10.0)) == [("a", "")]
    assert list(heap.due(20.0)) == []


def test_timer_set_while_others_are_due_waits_for_the_next_call():
    heap = TimerHeap()
    heap.set(("a", ""), 1.0)
    due = heap.due(5.0)
    assert next(due) == ("a", "")
    heap.set(("b", ""), 2.0)
    assert list(due) == []
    assert list(heap.due(5.0)) == [("b", "")]


def test_timers_not_taken_by_a_caller_that_stops_early_stay_due():
    heap = TimerHeap()
    for name in "abc":
        heap.set((name, ""), 1.0)
    due = heap.due(5.0)
    next(due)
    due.close()
    assert list(heap.due(5.0)) == [("b", ""), ("c", "")]


def test_timer_set_anew_while_others_are_due_comes_at_its_new_time_alone():
    heap = TimerHeap()
    heap.set(("a", ""), 1.0)
    heap.set(("b", ""), 2.0)
    due = heap.due(5.0)
    assert next(due) == ("a", "")
    heap.set(("b", ""), 7.0)
    assert list(due) == []
    assert heap.next_at() == 7.0
    assert list(heap.due(7.0)) == [("b", "")]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60),
    st.lists(st.integers(-100, 100), max_size=4),
)
def test_timers_of_a_stepped_clock_keep_durations_and_times_of_the_calendar(timers, steps):
    heap, now = TimerHeap(), 1000.0
    for number, (at, calendar) in enumerate(timers):
        heap.set(("a", str(number)), now + at, calendar=calendar)
        heap.set(("b", str(number)), now + at)
        heap.cancel(("b", str(number)))
    for by_s in steps:
        heap.step(by_s)
    moved = sum(steps)
    expected = sorted(
        (now + at + (0 if calendar else moved), number) for number, (at, calendar) in enumerate(timers)
    )
    assert heap.next_at() == (expected[0][0] if expected else None)
    assert [int(number) for _, number in heap.due(5000.0)] == [number for _, number in expected]
    assert len(heap) == 0
