"""Calls and commands leave no garbage in cycles: Python's search for it makes all desktops wait."""

import gc

import pytest
from scenes import talking

from protocol import commands as c
from protocol.structures import Attribute
from scripts.benchmarks.pacing.days import Days
from scripts.benchmarks.pacing.scenes import SCENES


@pytest.fixture
def found():
    """Ask how many objects in cycles there are since it was asked last."""
    gc.disable()
    gc.collect()
    yield gc.collect
    gc.enable()


def test_half_an_hour_of_calls_leaves_no_cycles(found):
    days = Days(SCENES["exponential"], "ours", 5, 1, shift_s=1800.0)
    list(days.run(1))
    assert days.store.dials > 100
    assert found() == 0


def test_addresses_for_the_do_not_call_list_leave_no_cycles(found):
    scene = talking()
    found()
    addresses = tuple(Attribute("PhoneNumber1", f"+4930000000{number}") for number in range(10, 30))
    assert scene.send("A", c.AGTAddToDNC(addresses))[-1] == "A < AddToDNC 0 1000000001"
    assert found() == 0
