"""The heap of planned actions."""

from functools import partial
from random import Random

from agentmgr.telephony.agenda import SLACK, Agenda


def test_run_many_planned_in_any_order_happen_in_order_of_time() -> None:
    agenda = Agenda()
    done: list[float] = []
    draw = Random(4)
    times = [draw.uniform(0, 100) for _ in range(500)]
    for at in times:
        agenda.plan(at, done.append)
    agenda.run(100.0)
    assert done == sorted(times)
    assert agenda.next_at() is None
    assert len(agenda) == 0


def test_run_same_time_happens_in_the_order_planned() -> None:
    agenda = Agenda()
    done: list[int] = []
    for n in range(50):
        agenda.plan(7.0, partial(lambda n, _: done.append(n), n))
    agenda.run(7.0)
    assert done == list(range(50))


def test_run_leaves_what_is_later() -> None:
    agenda = Agenda()
    done: list[float] = []
    for at in (1.0, 2.0, 3.0):
        agenda.plan(at, done.append)
    agenda.run(2.0)
    assert done == [1.0, 2.0]
    assert agenda.next_at() == 3.0


def test_cancel_entry_in_front_uncovers_the_next() -> None:
    agenda = Agenda()
    done: list[float] = []
    tickets = [agenda.plan(float(n), done.append) for n in range(1, 5)]
    agenda.cancel(tickets[0])
    agenda.cancel(tickets[2])
    assert agenda.next_at() == 2.0
    assert len(agenda) == 2
    agenda.run(10.0)
    assert done == [2.0, 4.0]


def test_cancel_twice_or_after_it_happened_does_no_harm() -> None:
    agenda = Agenda()
    done: list[float] = []
    ticket = agenda.plan(1.0, done.append)
    agenda.run(1.0)
    agenda.cancel(ticket)
    agenda.cancel(None)
    assert done == [1.0]


def test_run_action_plans_another_in_time_happens_in_the_same_run() -> None:
    agenda = Agenda()
    done: list[float] = []

    def again(at: float) -> None:
        done.append(at)
        if at < 5:
            agenda.plan(at + 1, again)

    agenda.plan(1.0, again)
    agenda.run(3.5)
    assert done == [1.0, 2.0, 3.0]
    assert agenda.next_at() == 4.0


def test_clear_everything_planned_is_gone() -> None:
    agenda = Agenda()
    done: list[float] = []
    agenda.plan(1.0, done.append)
    agenda.clear()
    agenda.run(2.0)
    assert done == []
    assert agenda.next_at() is None


def test_cancel_many_leaves_the_others_in_order_and_takes_no_room() -> None:
    draw = Random(1)
    agenda = Agenda()
    happened: list[float] = []
    tickets = [agenda.plan(at, happened.append) for at in draw.sample(range(10_000), 1000)]
    cancelled = set(draw.sample(tickets, 800))
    for ticket in cancelled:
        agenda.cancel(ticket)

    assert len(agenda) == 200
    assert len(agenda._heap) <= 2 * 200 + SLACK
    agenda.run(10_000)
    assert len(happened) == 200
    assert happened == sorted(happened)
