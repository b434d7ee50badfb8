"""The audit: one line for each act that somebody may have to answer for, whatever the level of the log is.

Neither a secret nor a customer's data may be given to it: names, ids, addresses and results alone.
"""

from typing import Any

import structlog

EVENT = "audit"
"""The event of all these lines."""

_log: Any = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(0))


def audit(act: str, who: str, outcome: str = "done", **more: object) -> None:
    """Write down what somebody did, or tried.

    Args:
        act: such as `logon`.
        who: the agent, account, manager or user of the machine.
        outcome: what came of it.
        more: what else tells: zone, address, what it was done to.
    """
    _log.info(EVENT, act=act, who=who, outcome=outcome, **more)
