"""What a zone asks of connectors; each goes on by itself, and the answers come back as events."""

from collections import deque
from collections.abc import Callable

import trio

from agentmgr.core.effects import AskConnector
from agentmgr.core.events import ConnectorAnswered
from agentmgr.ports import ErrandRunner
from agentmgr.runtime.doorbell import Doorbell


class NobodyRuns:
    """Does no errand: there are no connectors."""

    async def do(self, errand: AskConnector) -> bool:
        """Return at once that it was not done."""
        return False


class Errands:
    """Has errands done, however many at a time their runner takes."""

    def __init__(self, runner: ErrandRunner, answer: Callable[[ConnectorAnswered], None]) -> None:
        self._runner = runner
        self._answer = answer
        self._wanted: deque[AskConnector] = deque()
        self._bell = Doorbell()

    def ask(self, errand: AskConnector) -> None:
        """Have an errand done; answered by `ConnectorAnswered`."""
        self._wanted.append(errand)
        self._bell.ring()

    async def run(self) -> None:
        """Have errands done until cancelled; those under way are then left to themselves."""
        async with trio.open_nursery() as nursery:
            while True:
                while self._wanted:
                    nursery.start_soon(self._do, self._wanted.popleft())
                await self._bell.wait()

    async def _do(self, errand: AskConnector) -> None:
        self._answer(ConnectorAnswered(errand.key, await self._runner.do(errand)))
