"""The whole suite, played with the clients for asyncio and for threads."""

import pytest

from agentmgr.conformance.runner import Result, play
from agentmgr.conformance.scenes import SCENARIOS
from agentmgr.conformance.stage import Target
from tests.conformance.clients import CLIENTS, stage_of
from tests.conformance.test_conformance_server import NEEDS_A_RESTART

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in {*NEEDS_A_RESTART, "taken-over"}])
async def test_server_passes_with_the_other_clients(target: Target, name: str, client: str) -> None:
    outcome = await play(target, SCENARIOS[name], stage_of(client))

    assert outcome.result is Result.PASS, outcome.why


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", sorted(NEEDS_A_RESTART))
async def test_server_that_is_restarted_passes_with_the_other_clients(
    restartable: Target, name: str, client: str
) -> None:
    outcome = await play(restartable, SCENARIOS[name], stage_of(client))

    assert outcome.result is Result.PASS, outcome.why
