"""Draw agentmgr/docs/states.md from the tables of the state machines."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from agentmgr.core.states import AGENT_TABLE, CALL_TABLE, COUPLED, NAIL_TABLE


def render() -> str:
    """Return the page; the diagrams are Mermaid, which GitHub and GitLab draw."""
    coupled = "\n".join(f"| {nail.name} | {call.name} |" for nail, call in COUPLED.items())
    return f"""# State machines

Generated from `agentmgr/core/states.py` by `scripts/generate.py`; change the tables there.

Every agent has three states, which change by these events and in no other way. An event of the nailing
machine may be one of the call machine too:

| nailing event | call event |
|---|---|
{coupled}

## Agent state

{_diagram(AGENT_TABLE)}

## Nailing state

{_diagram(NAIL_TABLE)}

## Call state

The states of consult and conference stand in the tables; their commands are not built yet.

{_diagram(CALL_TABLE)}
"""


def _diagram(table: Mapping[Any, Mapping[Any, Enum]]) -> str:
    lines = ["```mermaid", "stateDiagram-v2"]
    for state, row in table.items():
        by_target: dict[str, list[str]] = {}
        for event, target in row.items():
            by_target.setdefault(target.value, []).append(event.name)
        lines += [
            f"    {state.value} --> {target}: {', '.join(names)}" for target, names in by_target.items()
        ]
    return "\n".join([*lines, "```"])
