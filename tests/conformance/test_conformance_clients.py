"""The whole suite, played with the clients for asyncio and for threads."""

import pytest

from agentmgr.conformance.runner import Result, play
from agentmgr.conformance.scenes import SCENARIOS
from agentmgr.conformance.stage import Target
from tests.conformance.clients import CLIENTS, stage_of
from tests.conformance.test_conformance_server import CANNOT_BE_PROVOKED

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_server_passes_with_the_other_clients(target: Target, name: str, client: str) -> None:
    outcome = await play(target, SCENARIOS[name], stage_of(client))

    expected = Result.SKIP if name in CANNOT_BE_PROVOKED else Result.PASS
    assert outcome.result is expected, outcome.why
