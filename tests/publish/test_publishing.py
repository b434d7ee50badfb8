"""The publishers of a configuration: what becomes of results for one that is none any more."""

from contextlib import ExitStack

import trio
from prometheus_client import CollectorRegistry

from agentmgr.publishing import prepare
from agentmgr.settings.classes import ResultSettings, Settings
from agentmgr.store import SqlStore
from tests.publish.outboxes import T0, put, until, waiting


async def test_results_of_a_publisher_that_is_none_any_more_are_kept_as_long_as_others(
    store: SqlStore,
) -> None:
    """The name may come back; but nobody else would ever forget them."""
    put(store, "gone", 2000, 10)  # a second between one and the next
    settings = Settings(results=ResultSettings(keep_days=1))
    now = T0 + 86_400 + 1500
    with ExitStack() as stack:
        publishing = prepare(
            settings, store.outbox, store.processing, "me", lambda: now, CollectorRegistry(), stack
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(publishing.run)
            await until(lambda: waiting(store, "gone") == 500)
            nursery.cancel_scope.cancel()
    assert waiting(store, "gone") == 500
