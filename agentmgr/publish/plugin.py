"""A publisher that somebody wrote: results told to a plug-in in a process of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from attrs import frozen

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.protocols import Kind, ResultMessage
from agentmgr.connectors.workers import ConnectorFailed
from agentmgr.ports import AttemptResult
from agentmgr.publish.ways import OpenWay, Told


@frozen
class PluginPublisher:
    """A plug-in; implements `Way` and `OpenWay`: its process is made and ended elsewhere."""

    plugin: str
    calls: ConnectorCalls

    @property
    def name(self) -> str:
        return f"connector {self.plugin}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenWay]:
        """Nothing to do: the first call starts the process."""
        yield self

    async def tell(self, results: Sequence[AttemptResult]) -> Told:
        """Let the plug-in tell all of them, or none as far as is known."""
        try:
            await self.calls.call(Kind.Publisher, self.plugin, "publish", [message(each) for each in results])
        except ConnectorFailed as error:
            return Told(frozenset(), str(error))
        return Told(frozenset(each.seq for each in results))

    async def check(self) -> None:
        """Nothing to do: a process that has ended is made anew by the next call."""


def message(result: AttemptResult) -> ResultMessage:
    """Return a result as a plug-in is told it."""
    session = result.session_id
    return ResultMessage(
        message_id=result.message_id,
        campaign_name=result.campaign,
        job_id=result.job_id,
        contact_id=result.user_contact_id,
        pim_session_id=int(session) if session.isdecimal() else session,
        address=result.address,
        contact_group_name=result.contact_list,
        zone_name=result.zone,
        result=result.result,
    )
