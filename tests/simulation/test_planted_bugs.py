"""Bugs planted in the product are found by the simulation, each within a hundred lives."""

import pytest

from agentmgr.testing.simulation.bugs import BUGS, Bug, find

LIVES = 100

FIRST = {
    "guard_not_asked": 16,
    "lost_is_acknowledged": 11,
    "the_dead_renew": 14,
    "unchecked_write": 25,
    "validity_over_lease": 20,
}
"""Where the search for bugs begins that no earlier life has shown: when lives change, it takes longer."""


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Bug) -> None:
    first = FIRST.get(bug.name, 0)
    assert find(bug, range(first, first + LIVES)) is not None, bug.about
