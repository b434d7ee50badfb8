"""Hypothesis profiles for all tests (HYPOTHESIS_PROFILE=nightly looks for longer, deep for hours); logs."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from agentmgr.app import GARBAGE_OBJECTS
from agentmgr.testing.postgres import ThrowawayPostgres

settings.register_profile("project", deadline=None, print_blob=True)
settings.register_profile("nightly", deadline=None, print_blob=True, max_examples=500)
settings.register_profile("deep", deadline=None, print_blob=True, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

MEASURED = {"core", "protocol"}
"""The folders whose quick tests hold the coverage of what they test; see `scripts/test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what coverage is measured by."""
    tests = Path(__file__).parent
    for item in items:
        is_long = item.get_closest_marker("slow") or item.get_closest_marker("nightly")
        if not is_long and item.path.relative_to(tests).parts[0] in MEASURED:
            item.add_marker("measured")


def pytest_collection_finish() -> None:
    """Let Python look for garbage seldom, and not among the tests: a quarter of the time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)


@pytest.fixture(autouse=True)
def logs_are_set_up_for_one_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a server that a test runs has set up is not kept by loggers that others look at.

    Before it they write to standard error, as those of the program do: a server that runs in the process of a
    test says nothing where the test reads what a command has written.
    """
    configure = structlog.configure
    configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))

    def configure_uncached(**options: Any) -> None:
        configure(**{**options, "cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", configure_uncached)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[ThrowawayPostgres]:
    """One PostgreSQL for all tests that don't end it; `databases.new_postgres` makes room in it."""
    server = ThrowawayPostgres("deadlock_timeout=50ms")
    try:
        server.start()
        yield server
    finally:
        server.stop()
