"""Plug-ins called from trio's thread: each waits in a thread, and one that is slow keeps no other waiting."""

from typing import Any

import trio

from agentmgr.connectors.protocols import Kind, PomInfo
from agentmgr.connectors.workers import ConnectorFailed, Connectors

MOST_WAITING = 1000
"""So many calls of a plug-in wait for their turn; those beyond fail at once."""


class ConnectorCalls:
    """Calls of plug-ins for whoever must not block. Whoever is cancelled leaves the call to itself."""

    def __init__(self, connectors: Connectors) -> None:
        self._connectors = connectors
        self._limiters: dict[tuple[Kind, str], trio.CapacityLimiter] = {}

    async def act(self, name: str, pom_info: PomInfo, parent_state_name: str) -> bool:
        """Let a custom action do something for a contact; False says that the attempt has failed.

        Raises:
            ConnectorFailed: it failed, was late, is being started again, or too many wait for it.
        """
        return await self._decide(Kind.Action, name, "process_contact", pom_info, parent_state_name)

    async def process_result(self, name: str, pom_info: PomInfo, result: str) -> bool:
        """Let a result processor take a result; False says that it failed.

        Raises:
            ConnectorFailed: as for `act`.
        """
        return await self._decide(Kind.ResultProcessor, name, "process_result", pom_info, result)

    async def call(self, kind: Kind, name: str, method: str, *values: Any) -> Any:
        """Let a plug-in do something.

        Raises:
            ConnectorFailed: as for `act`.
        """
        limiter = self._limiter(kind, name)
        return await trio.to_thread.run_sync(
            self._connectors.call, kind, name, method, *values, limiter=limiter, abandon_on_cancel=True
        )

    async def _decide(self, kind: Kind, name: str, method: str, *values: Any) -> bool:
        limiter = self._limiter(kind, name)
        return await trio.to_thread.run_sync(
            self._connectors.decide, kind, name, method, *values, limiter=limiter, abandon_on_cancel=True
        )

    def _limiter(self, kind: Kind, name: str) -> trio.CapacityLimiter:
        if (kind, name) not in self._limiters:
            most = self._connectors.processes_of(kind, name)
            self._limiters[kind, name] = trio.CapacityLimiter(most)
        limiter = self._limiters[kind, name]
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise ConnectorFailed(f"{kind} {name}: {MOST_WAITING} calls wait for it already")
        return limiter
