"""Long random days of the whole zone, the same for the same seed: they go further than short examples do."""

from random import Random

import pytest
from test_zone_stateful import AGENTS, ALWAYS, CLOSING_AND_OPENING, COMMANDS, TROUBLES, ZoneWorld

from agentmgr.core.effects import TELEPHONY_ORDERS
from agentmgr.core.events import CallAnswered, CallEnded, CallFailed, NailAnswered, NailEnded, NailFailed
from protocol.enums import PacingType


def days(quick, usual, nightly):
    """Return seeds, marked by when they are played: the first always, the next usually, the last at night."""
    return [
        *range(quick),
        *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, usual)),
        *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(usual, nightly)),
    ]


SEEDS = days(12, 90, 600)
STEPS = 250
BAD_SWITCH = 2
"""Every fifth day the switch refuses orders, and on half of these it confirms the others."""
SHORT_DAY = 6
"""Every tenth day numbers are closed, and others opened, in the middle of it."""
CALL_NEWS = (CallAnswered, CallEnded, CallFailed)
LINE_NEWS = (NailAnswered, NailFailed, NailEnded)


def walk(seed, steps=STEPS):
    """Let a day pass by chance, checked after every step, and come to rest."""
    draw = Random(seed)
    hours = CLOSING_AND_OPENING if seed % 10 == SHORT_DAY else ALWAYS
    world = begun(ZoneWorld(), draw, switch_confirms=seed % 10 == BAD_SWITCH, hours=hours)
    whims = Random(f"{seed}/switch")
    for _ in range(steps):
        if seed % 5 == BAD_SWITCH:
            trouble_the_switch(world, whims)
        act(world, draw, draw.randrange(60), draw.randrange(60))
        world.all_adds_up()
    world.teardown()
    return world


def begun(world, draw, switch_confirms, hours=ALWAYS):
    """Return a world in which a day begins."""
    world.set_up(
        calls=draw.choice([PacingType.Predictive, PacingType.Progressive]),
        previews=draw.choice([PacingType.PreviewTimed, PacingType.PreviewUntimed]),
        late_answers=draw.random() < 0.2,
        switch_confirms=switch_confirms,
        hours=hours,
    )
    return world


def trouble_the_switch(world, draw):
    """It begins or ceases to refuse a kind of orders, or speaks of one at last."""
    if draw.random() < 0.1:
        world.switch_begins_or_ceases_to_refuse(kind=draw.choice(TELEPHONY_ORDERS), n=draw.randrange(60))
    while world.stage.unconfirmed and draw.random() < 0.5:
        world.switch_says_its_word_or_never_will(n=draw.randrange(60))


def act(world, draw, n, choice):
    """One thing happens: mostly sensible, at times anything."""
    kind = draw.random()
    if kind < 0.55:
        world.agent_works(agent_id=draw.choice(AGENTS), choice=choice)
    elif kind < 0.72:
        world.customer_acts(n=n, choice=choice)
    elif kind < 0.82:
        world.time_passes(seconds=draw.choice([0.5, 2.0, 6.0, 26.0, 70.0]))
    elif kind < 0.86 and world.stage.asked:
        world.store_answers(n=n)
    elif kind < 0.95 and world.open_connections:
        world.desktop_sends_anything(n=n, kind=draw.choice(sorted(COMMANDS)), choice=choice)
    elif kind < 0.965:
        world.switch_tells_old_news_of_a_call(n=n, news=draw.choice(CALL_NEWS))
    elif kind < 0.975:
        world.switch_tells_news_of_any_line(n=n, news=draw.choice(LINE_NEWS))
    else:
        world.trouble_comes(what=draw.choice(TROUBLES), n=n)


@pytest.mark.parametrize("seed", SEEDS)
def test_day_of_the_zone_adds_up_at_every_step_and_comes_to_rest(seed):
    walk(seed)
