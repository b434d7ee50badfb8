"""The clock and the heap of timers."""

import pytest
import trio
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
