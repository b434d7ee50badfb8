"""The inbox of a zone: whose turn it is, counted in what events cost, not in time."""

from collections import Counter, deque

from hypothesis import given
from hypothesis import strategies as st
from runner_fakes import command

from agentmgr.core.events import CallEnded, ConnectionLost
from agentmgr.runtime.inbox import SHARE_S, Inbox

CHEAP, DEAR = SHARE_S / 10, SHARE_S * 2


def filled(**waiting: int) -> Inbox:
    """An inbox with so many commands of each connection c1, c2, ..."""
    inbox = Inbox(10_000)
    for connection, count in waiting.items():
        for number in range(count):
            inbox.put(command(number, int(connection[1:])), 0.0)
    return inbox


def served(inbox: Inbox, count: int, cost_s: dict[int, float]) -> list[int]:
    """Whose events are taken, one after another, if those of a connection cost so much each."""
    order = []
    for _ in range(count):
        event, _ = inbox.take()
        order.append(event.connection)
        inbox.charge(cost_s[event.connection])
    return order


def test_connections_take_turns_by_cost():
    inbox = filled(c1=1000, c2=1000)

    turns = Counter(served(inbox, 110, {1: DEAR, 2: DEAR / 10}))

    assert turns[1] * DEAR <= turns[2] * DEAR / 10 + 2 * DEAR
    assert turns[2] * DEAR / 10 <= turns[1] * DEAR + SHARE_S


def test_one_command_comes_after_at_most_one_share_of_each_other():
    inbox = filled(c1=4000, c2=4000, c3=4000)
    served(inbox, 100, {1: DEAR, 2: CHEAP, 3: DEAR})
    inbox.put(command(1, connection=9), 0.0)

    order = served(inbox, 12, {1: DEAR, 2: CHEAP, 3: DEAR, 9: CHEAP})

    assert order.index(9) <= 1


def test_many_that_ask_once_come_in_the_order_in_which_they_came():
    inbox = filled(c1=4000)
    served(inbox, 5, {1: DEAR})
    for connection in (5, 3, 4):
        inbox.put(command(1, connection), 0.0)

    assert [each for each in served(inbox, 5, {1: DEAR, 3: CHEAP, 4: CHEAP, 5: CHEAP}) if each != 1] == [
        5,
        3,
        4,
    ]


def test_those_that_ask_again_and_again_do_not_keep_out_one_that_asked_much():
    """Each of ten asks its next as soon as it is answered: all are as new, but not for ever."""
    inbox = filled(c1=100, **{f"c{n}": 1 for n in range(2, 12)})
    turns = Counter()
    for _ in range(220):
        event, _ = inbox.take()
        turns[event.connection] += 1
        inbox.charge(CHEAP)
        if event.connection != 1:
            inbox.put(command(1, event.connection), 0.0)

    assert turns[1] >= 220 / 11 / 2
    assert min(turns[n] for n in range(2, 12)) >= 5


def test_own_events_come_first_and_in_order():
    inbox = filled(c1=3)
    for number in range(3):
        inbox.put(CallEnded(str(number)), float(number))
    inbox.put_first([CallEnded("a"), CallEnded("b")], 9.0)

    taken = [inbox.take() for _ in range(8)]

    assert taken[:5] == [
        (CallEnded("a"), 9.0),
        (CallEnded("b"), 9.0),
        *((CallEnded(str(number)), float(number)) for number in range(3)),
    ]
    assert [event for event, _ in taken[5:]] == [command(number, 1) for number in range(3)]
    assert not inbox


def test_end_of_a_connection_comes_after_its_commands():
    inbox = filled(c1=50, c2=50)
    inbox.put(ConnectionLost(1), 0.0)

    order = [inbox.take()[0] for _ in range(101)]

    assert [event for event in order if event.connection == 1] == [
        *(command(number, 1) for number in range(50)),
        ConnectionLost(1),
    ]


def test_full_inbox_has_room_for_one_of_each_connection():
    inbox = Inbox(3)
    for number in range(3):
        assert inbox.has_room(1)
        inbox.put(command(number, 1), 0.0)

    assert (inbox.room, inbox.has_room(1), inbox.has_room(2)) == (0, False, True)
    inbox.put(command(1, 2), 0.0)
    assert not inbox.has_room(2)
    inbox.take()
    inbox.take()
    assert inbox.has_room(1)


OWN = 0
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(OWN, 4)),
        st.tuples(st.just("take"), st.sampled_from([0.0, CHEAP, SHARE_S, DEAR, 20 * SHARE_S])),
    ),
    max_size=200,
)


@given(STEPS)
def test_nothing_is_lost_or_comes_twice_and_each_keeps_its_order(steps):
    inbox, waiting, cost = Inbox(5), {n: deque() for n in range(5)}, Counter()
    busy_since: dict[int, Counter] = {}
    for count, (what, argument) in enumerate(steps):
        if what == "put":
            event = CallEnded(str(count)) if argument == OWN else command(count, argument)
            if not waiting[argument]:
                busy_since[argument] = cost.copy()
            waiting[argument].append(event)
            inbox.put(event, count)
        elif any(waiting.values()):
            event, _ = inbox.take()
            source = OWN if isinstance(event, CallEnded) else event.connection
            assert source == OWN or not waiting[OWN]
            assert event == waiting[source].popleft()
            inbox.charge(argument)
            if source != OWN:
                _check_share(source, argument, cost, waiting, busy_since)
        assert len(inbox) == sum(map(len, waiting.values()))


def _check_share(source, spent, cost, waiting, busy_since):
    """Nobody who has something waiting falls behind by more than the dearest command and some shares."""
    cost[source] += spent
    for other, events in waiting.items():
        if other not in (OWN, source) and events:
            begun = busy_since[other]
            ahead = (cost[source] - begun[source]) - (cost[other] - begun[other])
            assert ahead <= 20 * SHARE_S + 3 * SHARE_S, (source, other)
