"""All scenarios; a module of scenarios that is not named here is not played."""

from agentmgr.conformance import (
    scenes_agent,
    scenes_callback,
    scenes_capability,
    scenes_connection,
    scenes_consult,
    scenes_contact,
    scenes_pulse,
    scenes_return,
    scenes_service,
)
from agentmgr.conformance.registry import by_name

SCENARIOS = by_name(
    scenes_connection.SCENES,
    scenes_agent.SCENES,
    scenes_contact.SCENES,
    scenes_consult.SCENES,
    scenes_callback.SCENES,
    scenes_capability.SCENES,
    scenes_return.SCENES,
    scenes_pulse.SCENES,
    scenes_service.SCENES,
)
