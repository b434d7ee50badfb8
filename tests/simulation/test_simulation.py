"""A whole cluster lives from a seed: the same life for the same seed, and nothing goes wrong in it."""

import os
import subprocess
import sys

import pytest

from agentmgr.testing.simulation.centre import Centre
from agentmgr.testing.simulation.world import Plan, simulate

AT_ONCE = 10
SEEDS = [
    *range(0, 60, AT_ONCE),
    *(pytest.param(first, marks=pytest.mark.nightly) for first in range(60, 400, AT_ONCE)),
]
"""Where each ten lives begin."""
BRIEF = Plan(Centre(agents=1), faults_s=10.0, calm_s=10.0)


def test_a_life_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    one, again, another = (simulate(seed, BRIEF) for seed in (7, 7, 8))
    assert one == again
    assert one.digest != another.digest


@pytest.mark.slow
def test_a_life_is_the_same_in_every_process() -> None:
    program = (
        "import logging; logging.disable();"
        "from agentmgr.testing.simulation.world import Plan, simulate;"
        "print(simulate(3, Plan(faults_s=20.0)).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            timeout=120,
        ).stdout
        for hash_seed in ("0", "1", "2")
    }
    assert len(digests) == 1
    assert digests != {b""}


@pytest.mark.slow
@pytest.mark.parametrize("first", SEEDS)
def test_nothing_is_lost_doubled_or_stuck_in_any_life(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        outcome = simulate(seed)
        assert not outcome.findings, f"./scripts/simulate --seeds 1 --first {seed}: {outcome.findings}"
        assert outcome.counts["wrapups"] > 10
