"""Every message both ways in the log `agentmgr.client` at DEBUG, without passwords and tokens."""

import json
import logging
from typing import Any

import attrs

from protocol.codec import encode_args
from protocol.registry import COMMANDS, RESPONSES, wire_name

logger = logging.getLogger("agentmgr.client")

_MASKED = frozenset(
    wire_name(field)
    for cls in (*(spec.cls for spec in COMMANDS.values()), *RESPONSES.values())
    for field in attrs.fields(cls)
    if not field.repr
)
"""Arguments that are secret: kept out of `repr`, and so out of here."""


def _text(message: Any) -> str:
    args = {key: "***" if key in _MASKED else value for key, value in encode_args(message).items()}
    return json.dumps(args, ensure_ascii=False)


def log_sent(peer: str, request_id: int, agent_id: str, command: Any) -> None:
    """Log a command that is about to be sent."""
    if logger.isEnabledFor(logging.DEBUG):
        name = type(command).__name__
        logger.debug("%s > %s #%d %s %s", peer, agent_id or "-", request_id, name, _text(command))


def log_received(peer: str, request_id: int | None, agent_id: str, message: Any) -> None:
    """Log a RESP, or a notification if there is no request id."""
    if logger.isEnabledFor(logging.DEBUG):
        mark = "!" if request_id is None else f"< #{request_id}"
        logger.debug("%s %s %s %s %s", peer, mark, agent_id or "-", type(message).__name__, _text(message))
