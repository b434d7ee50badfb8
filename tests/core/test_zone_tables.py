"""The zone's tables have an entry for each of what they are about."""

from typing import get_args

from agentmgr.core import events, remedies, zone
from agentmgr.core.effects import TELEPHONY_ORDERS
from agentmgr.core.events import Timer
from agentmgr.core.quarantine import AGENT_TIMERS, SESSION_TIMERS


def test_every_event_has_a_handler():
    assert zone._HANDLERS.keys() == {*get_args(events.Event)}


def test_every_timer_of_the_zone_has_somebody_and_something_to_do():
    assert zone._TIMERS.keys() == {*Timer} - {Timer.BLEND}


def test_every_order_has_a_remedy():
    assert remedies._REMEDIES.keys() == {*TELEPHONY_ORDERS}


def test_quarantine_knows_every_timer_of_a_session_and_of_an_agent():
    for whose, timers in ((zone._session, SESSION_TIMERS), (zone._agent, AGENT_TIMERS)):
        assert {timer for timer, (of, _) in zone._TIMERS.items() if of is whose} == {*timers}
