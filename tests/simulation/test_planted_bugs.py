"""Bugs planted in the product are found by the simulation, each within a hundred lives."""

import pytest

from agentmgr.testing.simulation.bugs import BUGS, Bug, find

LIVES = 100


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    assert find(bug, range(LIVES)) is not None, bug.about
