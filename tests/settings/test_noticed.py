"""The times that the reference of the wire tells: none is forgotten."""

from itertools import chain

import attrs

from agentmgr.core.events import Timer
from agentmgr.core.model import ZoneTimers
from agentmgr.server.limits import Limits
from agentmgr.settings.classes import ServerSettings
from agentmgr.settings.noticed import BY_TIMER, OF_THE_PROCESS, UNSEEN_SETTINGS, noticed


def times_of(cls: type) -> set[str]:
    return {each.name for each in attrs.fields(cls) if each.name.endswith("_s")}


def test_every_timer_of_the_zone_is_told_or_said_to_be_unseen() -> None:
    assert BY_TIMER.keys() == {*Timer}


def test_every_time_of_zone_connections_and_process_is_told_or_said_to_be_unseen() -> None:
    told = set(chain(*(each.settings for each in chain(*BY_TIMER.values(), OF_THE_PROCESS))))

    assert (times_of(ZoneTimers) | times_of(Limits) | times_of(ServerSettings)) - told == UNSEEN_SETTINGS


def test_setting_is_told_with_where_it_is_set_and_its_default() -> None:
    told = dict(noticed())
    (wrapup,) = (settings for what, settings in told.items() if "defaultCompCode" in what)
    (expiry,) = (settings for what, settings in told.items() if "callback" in what and "min" in settings)

    assert wrapup == "`wrapup-time` of the campaign: 60 s<br>`wrapup_grace_s` in `[zones.timers]`: 5 s"
    assert expiry == "`callback-expiry` of the campaign: 60 min"
