"""When an event comes alone."""

import pytest

from agentmgr.runtime.rounds import Rounds


@pytest.fixture
def rounds():
    rounds = Rounds()
    rounds.after_io_wait(0.0)
    rounds.after_io_wait(0.0)
    return rounds


def test_event_before_the_rounds_are_counted_does_not_come_alone():
    assert not Rounds().comes_alone()


def test_one_event_a_round_comes_alone_each_time(rounds):
    for _ in range(3):
        assert rounds.comes_alone()
        rounds.after_io_wait(0.0)


def test_second_event_of_a_round_makes_it_busy_and_the_next_one_too(rounds):
    assert [rounds.comes_alone(), rounds.comes_alone()] == [True, False]
    rounds.after_io_wait(0.0)
    assert not rounds.comes_alone()
    rounds.after_io_wait(0.0)
    assert rounds.comes_alone()


def test_events_that_waited_together_make_their_round_busy(rounds):
    rounds.note_busy()
    rounds.after_io_wait(0.0)
    assert not rounds.comes_alone()
    rounds.after_io_wait(0.0)
    assert rounds.comes_alone()
