"""A rule that fails anywhere ends what it was about, and nothing else: faults planted in random days.

A fault is raised where a function of the core is entered, or at a line of it. After every turn all must add
up, and what the desktops were told must be so; in the end all comes to rest as on any other day.
"""

import sys
from pathlib import Path
from random import Random

import pytest
from test_zone_stateful import ZoneWorld
from test_zone_walk import act

import agentmgr.core
from agentmgr.core.effects import ReportFault
from protocol.enums import PacingType

CORE = Path(agentmgr.core.__file__).parent
NO_RULES = {"quarantine.py", "outbox.py", "effects.py", "events.py", "model.py", "registry.py"}
"""What ends a fault, what collects effects, and what only holds values."""

RULES = {str(path) for path in CORE.rglob("*.py") if path.name not in NO_RULES}
GUARDS = {f"Zone.{name}" for name in ("handle", "_named_by", "_end_turn", "_each", "_tell_changes")}
"""What catches a fault."""

SEEDS = range(40)
STEPS = 120
RARELY = 0.06


class Planted(Exception):
    """The fault."""


class Saboteur:
    """Lets turns of a zone fail now and then, once each.

    Attributes:
        places: where faults were raised; a function's name, or a line's number.
    """

    def __init__(self, draw, by_line):
        self.places = set()
        self.is_armed = False
        self._draw = draw
        self._by_line = by_line
        self._left = 0

    def sabotage(self, zone):
        """Let the turns of a zone fail."""
        handle = zone.handle

        def watched(event, now):
            if not self.is_armed or self._draw.random() > RARELY:
                return handle(event, now)
            self._left = self._draw.randrange(60)
            before = sys.gettrace()
            sys.settrace(self._see_line if self._by_line else self._see_entry)
            try:
                return handle(event, now)
            finally:
                sys.settrace(before)

        zone.handle = watched

    def _see_entry(self, frame, event, arg):
        if event == "call" and self._is_rule(frame.f_code):
            place = frame.f_code.co_filename, frame.f_code.co_qualname
            if place not in self.places:
                self._fail(place)
        return

    def _see_line(self, frame, event, arg):
        if event == "line":
            self._left -= 1
            if self._left < 0:
                self._fail((frame.f_code.co_filename, frame.f_lineno))
        return self._see_line if self._is_rule(frame.f_code) else None

    def _is_rule(self, code):
        return code.co_filename in RULES and code.co_qualname not in GUARDS

    def _fail(self, place):
        self.places.add(place)
        raise Planted(place)


class SabotagedWorld(ZoneWorld):
    """A zone whose rules fail."""

    saboteur = None

    def enter(self, stage):
        super().enter(stage)
        stage.expects_faults = True
        self.saboteur.sabotage(stage.zone)

    def watch(self, event, caused):
        if any(isinstance(effect, ReportFault) for effect in caused):
            self.sent = None  # what was foretold is not what a fault is answered with
        super().watch(event, caused)


def sabotaged_day(seed, saboteur):
    draw = Random(seed)
    world = SabotagedWorld()
    world.saboteur = saboteur
    world.set_up(
        calls=draw.choice([PacingType.Predictive, PacingType.Progressive]),
        previews=draw.choice([PacingType.PreviewTimed, PacingType.PreviewUntimed]),
        late_answers=draw.random() < 0.2,
        switch_confirms=draw.random() < 0.3,
    )
    saboteur.is_armed = True
    for _ in range(STEPS):
        act(world, draw, draw.randrange(60), draw.randrange(60))
        world.all_adds_up()
    saboteur.is_armed = False
    world.teardown()
    assert saboteur.places


@pytest.mark.parametrize("by_line", [False, True], ids=["entrance", "line"])
@pytest.mark.parametrize("seed", SEEDS)
def test_fault_of_a_rule_ends_what_it_was_about_and_all_adds_up(seed, by_line):
    sabotaged_day(seed, Saboteur(Random(1000 + seed), by_line))
