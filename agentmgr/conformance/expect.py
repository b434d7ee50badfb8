"""What a scenario expects to come, message by message."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from agentmgr.conformance.matrix import ROWS, Row, vector
from agentmgr.conformance.transcript import Entry, Kind
from protocol.codec import encode_args
from protocol.enums import AgentState, CallState
from protocol.notifications import AGTCallStateChangedNotify, AGTCapabilitiesChanged, AGTStateChangedNotify
from protocol.structures import Capabilities


@frozen
class Message:
    """A notification or RESP of a class, with these fields whatever the others are."""

    cls: type[Any]
    fields: Mapping[str, Any]
    kind: Kind = Kind.NOTIFICATION
    optional: bool = False

    def matches(self, entry: Entry) -> bool:
        """Tell whether a message is this one."""
        message = entry.message
        return message.__class__ is self.cls and all(
            getattr(message, name) == value for name, value in self.fields.items()
        )

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.fields.items())
        words = f"{self.kind.value} {self.cls.__name__}" + (f"({shown})" if shown else "")
        return f"perhaps {words}" if self.optional else words


@frozen
class Caps:
    """AGTCapabilitiesChanged with the vector of a row; nothing where the desktop has that one already."""

    row: Row

    def message(self, agent_state: AgentState, known: Capabilities | None) -> Message | None:
        """Return what must come to a desktop that knows these capabilities."""
        wanted = vector(self.row, agent_state)
        if wanted == known:
            return None
        return Message(AGTCapabilitiesChanged, {"capabilities": wanted})


Step: TypeAlias = Message | Caps | tuple["Step", ...]


def told(cls: type[Any], **fields: Any) -> Message:
    """Expect a notification."""
    return Message(cls, fields)


def maybe(cls: type[Any], **fields: Any) -> Message:
    """Allow a notification at this place, which the contract leaves open."""
    return Message(cls, fields, optional=True)


def state(call_state: CallState, row: Row | None = None) -> Step:
    """Expect a call state with its capabilities; `row` where the state may stand for several."""
    return (told(AGTCallStateChangedNotify, call_state=call_state), Caps(row or ROWS[call_state][0]))


def agent_state(new: AgentState, row: Row) -> Step:
    """Expect an agent state with the capabilities that it makes."""
    return (told(AGTStateChangedNotify, agent_state=new), Caps(row))


def flat(steps: Sequence[Step]) -> list[Message | Caps]:
    """Return the single steps in order."""
    found: list[Message | Caps] = []
    for step in steps:
        found.extend(flat(step) if isinstance(step, tuple) else [step])
    return found


def _shown(value: Any) -> str:
    if isinstance(value, Capabilities):
        true = [key for key, is_true in encode_args(value).items() if is_true]
        return f"[{', '.join(true)}]"
    return str(int(value)) if isinstance(value, int) and not isinstance(value, bool) else str(value)
