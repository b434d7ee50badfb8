"""Write the files that are generated from the code, or with --check say which of them are out of date."""

import sys
from collections.abc import Callable
from pathlib import Path

import client_commands
import demo_contacts
import demo_picture
import page_types
import state_diagrams

from agentmgr.core.capabilities import Row, capabilities
from agentmgr.core.commands import AGENT_RULES, guards
from agentmgr.settings.file import sample
from agentmgr.settings.noticed import noticed
from protocol import examples, reference
from protocol.enums import AgentState
from protocol.registry import COMMANDS

ROOT = Path(__file__).parent.parent

SITUATIONS = {
    Row.FREE: "no contact",
    Row.OFFERED: "Preview, Callback",
    Row.DIALING: "Dialing",
    Row.TALKING: "Talking",
    Row.CONSULT_ASKED: "Talking, own consult pending or dialing",
    Row.CONSULT_CANCELLABLE: "the same, after AGTEnableCancelConsult",
    Row.HELD: "Held",
    Row.CONSULT_WITH_AGENT: "Consult, active side, with an agent",
    Row.CONSULT_WITH_EXTERNAL: "Consult, active side, with an external party",
    Row.CONSULT_PASSIVE: "Consult, passive side",
    Row.CONFERENCE_WITH_AGENT: "ConferenceOwner, with an agent",
    Row.CONFERENCE_WITH_EXTERNAL: "ConferenceOwner, with an external party",
    Row.CONFERENCE_PASSIVE: "ConferencePassive",
    Row.WRAPUP: "Wrapup",
    Row.WRAPUP_NAILING_LOST: "Wrapup, nailing lost",
}


def protocol_reference() -> str:
    """Write PROTOCOL.md with what only the server knows: the capability matrix, the rules, the times."""
    matrix = [("NotReady, no contact", capabilities(Row.FREE, AgentState.NotReady))]
    matrix += [(f"Ready, {words}", capabilities(row, AgentState.Ready)) for row, words in SITUATIONS.items()]
    matrix += [
        (f"PendingNotReady, {words}", capabilities(row, AgentState.PendingNotReady))
        for row, words in SITUATIONS.items()
        if row is not Row.FREE
    ]
    rules = [
        (name, [guards.refusal_in(spec.cls, situation) for situation in guards.SITUATIONS])
        for name, spec in COMMANDS.items()
        if spec.cls in AGENT_RULES
    ]
    by_state = reference.Guards([situation.words for situation in guards.SITUATIONS], rules)
    return reference.generate(matrix, by_state, list(noticed()))


GENERATED: dict[str, Callable[[], str]] = {
    **{f"agentmgr/client/{name}": render for name, render in client_commands.RENDERED.items()},
    "agentmgr/docs/demo.svg": demo_picture.render,
    "agentmgr/docs/states.md": state_diagrams.render,
    "agentmgr/web/desktop/wire.ts": page_types.render,
    "agentmgr/web/supervise/requests.ts": page_types.render_requests,
    "config/agentmgr.toml": sample,
    "config/demo/contacts.csv": demo_contacts.render,
    "protocol/PROTOCOL.md": protocol_reference,
    "tests/protocol/golden.txt": examples.golden,
}


def main(arguments: list[str]) -> int:
    stale = []
    for name, write in GENERATED.items():
        path, content = ROOT / name, write()
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
            print(f"written: {name}")
    if "--check" in arguments and stale:
        print(f"out of date: {', '.join(stale)}; run: .venv/bin/python scripts/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
