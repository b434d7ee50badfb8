"""Frames that no client would send, to the real listener, connection, runner and zone."""

import pytest

from scripts.benchmarks.fuzz import measure


@pytest.mark.slow
def test_ten_thousand_fuzzed_frames_end_their_own_connections_alone():
    told = measure(10_000, seed=20)
    assert told["frames"] == 10_000
    assert told["ended"] > 100
    assert told["connections"] > told["ended"] / 2
