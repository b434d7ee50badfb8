"""Draw agentmgr/docs/states.md from the tables of the state machines."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from agentmgr.core.states import (
    AGENT_TABLE,
    CALL_TABLE,
    CALLBACK_TABLE,
    CONSULT_TABLE,
    COUPLED,
    CUSTOMER_TABLE,
    NAIL_TABLE,
    ConsultPhase,
)


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

## Customer

Where the customer of a session is. With an owner it goes along with the call state of that agent.

{_diagram(CUSTOMER_TABLE)}

## Consultation

It begins Pending with a busy agent, Dialing with an external party, Active with an agent who is free.

{_diagram(CONSULT_TABLE, ConsultPhase.DIALING, ConsultPhase.ACTIVE)}

## Callback

A callback that its job has to deliver; ENDED is handled, cancelled, expired, or the end of the job.

{_diagram(CALLBACK_TABLE)}
"""


def _diagram(table: Mapping[Any, Mapping[Any, Enum]], *also_first: Enum) -> str:
    """Draw a table; its first state, and those named, are where it may begin."""
    first = (next(iter(table)), *also_first)
    lines = ["```mermaid", "stateDiagram-v2", *(f"    [*] --> {state.value}" for state in first)]
    for state, row in table.items():
        by_target: dict[str, list[str]] = {}
        for event, target in row.items():
            by_target.setdefault(target.value, []).append(event.name)
        lines += [
            f"    {state.value} --> {target}: {', '.join(names)}" for target, names in by_target.items()
        ]
    return "\n".join([*lines, "```"])
