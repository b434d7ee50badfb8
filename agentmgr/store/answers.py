"""Answers that were given to agents, as frames of the wire in hexadecimal: a few of each agent, in a ring."""

from collections.abc import Mapping
from typing import Any

from agentmgr.core.effects import SaveAnswer
from agentmgr.core.model import SavedAnswer
from agentmgr.core.sent import MAX_ANSWERS
from agentmgr.store.sql import Sql
from protocol.codec import decode_args, unpack
from protocol.connection import command_bytes, response_bytes
from protocol.framing import HEADER_BYTES
from protocol.registry import COMMANDS, RESPONSES

SAVE_ANSWER = (
    "INSERT INTO agent_answer (agent_id, slot, number, request_id, command, response)"
    " VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (agent_id, slot) DO UPDATE SET number = excluded.number, request_id = excluded.request_id,"
    " command = excluded.command, response = excluded.response"
)
DROP_ANSWERS = "DELETE FROM agent_answer WHERE agent_id = ?"

_COMMANDS: Mapping[str, type[Any]] = {name: spec.cls for name, spec in COMMANDS.items()}


def parameters_of(record: SaveAnswer) -> tuple[Any, ...]:
    """Return what `SAVE_ANSWER` takes."""
    agent_id, request_id, number = record.agent_id, record.request_id, record.number
    command = command_bytes(request_id, agent_id, record.command).hex()
    response = response_bytes(request_id, agent_id, record.response).hex()
    return agent_id, number % MAX_ANSWERS, number, request_id, command, response


def read_answers(sql: Sql, zone: str) -> dict[str, tuple[SavedAnswer, ...]]:
    """Return the answers of the saved agents of a zone, by agent, the oldest first."""
    found: dict[str, list[SavedAnswer]] = {}
    for agent_id, number, request_id, command, response in sql.fetch(
        "SELECT agent_answer.agent_id, number, request_id, command, response FROM agent_answer"
        " JOIN saved_agent ON saved_agent.agent_id = agent_answer.agent_id WHERE zone = ? ORDER BY number",
        (zone,),
    ):
        answer = SavedAnswer(number, request_id, _read(_COMMANDS, command), _read(RESPONSES, response))
        found.setdefault(agent_id, []).append(answer)
    return {agent_id: tuple(answers) for agent_id, answers in found.items()}


def _read(classes: Mapping[str, type[Any]], frame: str) -> Any:
    message = unpack(bytes.fromhex(frame)[HEADER_BYTES:])
    return decode_args(classes[message["name"]], message.get("args", {}))
