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

A passive agent of a consult or conference has nothing to wrap up: for it NAILING_LOST is LEFT.

## Agent state

{_diagram(AGENT_TABLE)}

## Nailing state

{_diagram(NAIL_TABLE)}

## Call state

An agent who owns a contact has it until WRAPPED_UP or HANDED_OVER; a passive one until LEFT. What would
lead to Idle leads to NoState if the phone is not nailed up any more.

{_diagram(CALL_TABLE)}
"""


def _diagram(table: Mapping[Any, Mapping[Any, Enum]]) -> str:
    first = next(iter(table))
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {first.value}"]
    for state, row in table.items():
        by_target: dict[str, list[str]] = {}
        for event, target in row.items():
            by_target.setdefault(target.value, []).append(event.name)
        lines += [
            f"    {state.value} --> {target}: {', '.join(names)}" for target, names in by_target.items()
        ]
    return "\n".join([*lines, "```"])
