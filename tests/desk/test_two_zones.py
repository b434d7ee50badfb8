"""A campaign in two zones at once: every contact once, no number twice, one end, whatever happens."""

from pathlib import Path

import pytest

from tests.desk.two_zones import CAMPAIGN, TwoZones

pytestmark = pytest.mark.slow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agentmgr.sqlite"


def test_two_zones_finish_a_list_together_and_each_keeps_the_limit(path: Path) -> None:
    world = TwoZones(path, {"North": 8, "South": 3}, contacts=400, same_numbers=100)
    world.run_to_the_end()
    shares = world.store.shares(world.job_id)
    assert all(share.live_answers > 40 for share in shares)
    for share in shares:
        assert share.abandoned <= CAMPAIGN.abandon_limit * share.live_answers + 1
    tally = world.store.tally(world.job_id)
    assert tally.abandoned <= CAMPAIGN.abandon_limit * tally.live_answers + 1
    assert world.done_in("North") > world.done_in("South"), "who has more agents takes more"
    assert world.witness.refused > 0, "the same numbers never met"


def test_zone_without_agents_leaves_its_contacts_to_the_other(path: Path) -> None:
    world = TwoZones(path, {"North": 5, "South": 0}, contacts=120)
    world.run_to_the_end()
    assert (world.done_in("North"), world.done_in("South")) == (120, 0)


def test_zone_that_dies_is_taken_over_and_nothing_is_lost_or_done_twice(path: Path) -> None:
    world = TwoZones(path, {"North": 4, "South": 4}, contacts=200)
    world.run(600)
    world.kill("South")
    world.run(120)
    assert 0 < world.done_in("South") < 100
    world.open("South")
    world.run_to_the_end()


def test_zone_that_is_never_opened_again_keeps_what_was_open_in_it_alone(path: Path) -> None:
    world = TwoZones(path, {"North": 6, "South": 2}, contacts=150)
    world.run(300)
    world.kill("South")
    world.run(4 * 3600)
    north, south = world.store.shares(world.job_id)
    assert (north.pending, north.in_work, south.pending) == (0, 0, 0)
    assert 0 < south.in_work < 30
    world.open("South")
    world.run_to_the_end()
