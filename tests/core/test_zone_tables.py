"""The zone's tables have an entry for each of what they are about."""

from typing import get_args

from agentmgr.core import events, remedies, whose, zone
from agentmgr.core.effects import TELEPHONY_ORDERS
from agentmgr.core.events import Timer


def test_every_event_has_a_handler():
    assert zone._HANDLERS.keys() == {*get_args(events.Event)}


def test_every_timer_of_the_zone_has_something_to_do():
    assert zone._TIMERS.keys() == {*Timer} - {Timer.BLEND}


def test_every_order_has_a_remedy():
    assert remedies._REMEDIES.keys() == {*TELEPHONY_ORDERS}


def test_every_timer_of_the_zone_has_an_owner_who_is_found():
    assert whose._TIMERS.keys() == zone._TIMERS.keys()
