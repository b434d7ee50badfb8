"""What a turn says has changed is all that has: whoever follows a zone by it sees the zone as it is."""

from contextlib import ExitStack
from random import Random

import pytest
from test_zone_stateful import ZoneWorld
from test_zone_walk import act, begun, days

from agentmgr.runtime.feed import Feed

SEEDS = days(5, 25, 100)
STEPS = 200


class Follower:
    """Knows of a zone what its updates have told."""

    def __init__(self, zone, draw):
        self.feed = Feed(zone, max_changes=draw.choice([3, 8, 1000]))
        self.draw = draw
        self._open = ExitStack()  # for as long as the follower lives
        self.reader = self._open.enter_context(self.feed.open())
        self.known = ({}, {}, {})
        self.number = 0
        self.snapshots = 0

    def note(self, changed):
        self.feed.note(changed)
        if self.draw.random() < 0.3:
            self.look()

    def look(self):
        """Take what is new, and compare with all there is."""
        update = self.reader.take()
        assert update.number == self.number + 1
        self.number = update.number
        self.snapshots += update.is_snapshot
        told = (update.agents, update.jobs, update.callbacks)
        for known, views in zip(self.known, told, strict=True):
            if update.is_snapshot:
                known.clear()
                assert None not in views.values()
            known.update(views)
            for thing_id in [thing_id for thing_id, view in known.items() if view is None]:
                del known[thing_id]
        with self.feed.open() as fresh:
            whole = fresh.take()
        assert self.known == (whole.agents, whole.jobs, whole.callbacks)


class FollowedWorld(ZoneWorld):
    """A zone that somebody follows."""

    draw = None

    def enter(self, stage):
        super().enter(stage)
        self.follower = Follower(stage.zone, self.draw)

    def watch(self, event, caused):
        super().watch(event, caused)
        self.follower.note(self.stage.changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_follows_what_changed_sees_the_zone_as_it_is(seed):
    draw = Random(seed)
    world = FollowedWorld()
    world.draw = draw
    begun(world, draw, switch_confirms=draw.random() < 0.3)
    for _ in range(STEPS):
        act(world, draw, draw.randrange(60), draw.randrange(60))
    world.teardown()
    world.follower.look()
    assert world.follower.snapshots
