"""The custom actions and result processors of a strategy, as a zone asks for them."""

import structlog

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.protocols import PomInfo
from agentmgr.connectors.workers import ConnectorFailed
from agentmgr.core.effects import AskConnector
from agentmgr.core.tasks import ACTION

log = structlog.get_logger()


class ConnectorErrands:
    """Implements `agentmgr.ports.ErrandRunner` with plug-ins."""

    def __init__(self, calls: ConnectorCalls) -> None:
        self._calls = calls

    async def do(self, errand: AskConnector) -> bool:
        """Have a plug-in do it; one that fails, is late or not there leaves a line in the log."""
        info = PomInfo(
            job_id=errand.job_id,
            contact_id=errand.contact_id,
            contact_group_id=errand.list_id,
            contact_group_name=errand.list_name,
            address=errand.address,
            campaign_name=errand.campaign,
        )
        do = self._calls.act if errand.kind == ACTION else self._calls.process_result
        try:
            return await do(errand.name, info, errand.told)
        except ConnectorFailed as error:
            log.warning(
                "errand_failed", kind=errand.kind, name=errand.name, job=errand.job_id, why=str(error)
            )
            return False
