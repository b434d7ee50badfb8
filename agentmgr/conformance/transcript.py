"""What was on the wire in a scenario, both ways, in the order in which it was read and written."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import trio
from attrs import define, field, frozen

from protocol.codec import encode_args

MAX_SHOWN_CHARACTERS = 160
_SECRET = frozenset({"pwd", "resumeToken"})


class Kind(Enum):
    """Which way a message went; the value is its mark in sequences."""

    COMMAND = ">"
    RESPONSE = "<"
    NOTIFICATION = "!"
    REMARK = "-"


@frozen(eq=False)
class Entry:
    """A message, or a remark about the connection.

    `line` is the number of the connection in the scenario, `at_s` the time since its start, `message` an
    object of `protocol`, or None if it is known by its name alone; `text` says the rest.
    """

    number: int
    line: int
    at_s: float
    kind: Kind
    agent_id: str
    name: str
    request_id: int | None = None
    message: Any = None
    text: str = ""

    def __str__(self) -> str:
        words = f"{self.kind.value} {self.name}"
        if self.message is not None:
            words += _arguments(self.message)
        return f"{words} {self.text}".rstrip()


@define(eq=False)
class Transcript:
    """Grows as messages pass; whoever waits for more is woken."""

    entries: list[Entry] = field(factory=list)
    faults: list[str] = field(factory=list)
    _lines: int = 0
    _more: trio.Event = field(factory=trio.Event)
    _began: float = field(factory=trio.current_time)

    def new_line(self) -> int:
        """Return the number of a new connection."""
        self._lines += 1
        return self._lines

    def note(self, line: int, kind: Kind, agent_id: str, name: str, **details: Any) -> None:
        """Append an entry."""
        at_s = trio.current_time() - self._began
        self.entries.append(Entry(len(self.entries), line, at_s, kind, agent_id, name, **details))
        self._more.set()
        self._more = trio.Event()

    def fault(self, line: int, text: str) -> None:
        """Note that the other side broke the protocol."""
        self.faults.append(text)
        self.note(line, Kind.REMARK, "", text)

    async def until(self, condition: Callable[[], bool], patience_s: float) -> bool:
        """Wait until a condition on the entries holds; False if that takes too long."""
        with trio.move_on_after(patience_s):
            while not condition():
                await self._more.wait()
            return True
        return condition()

    def text(self, last: int = 60) -> str:
        """Write the last entries, a line each: connection, seconds, agent, message."""
        shown = self.entries[-last:]
        lines = [f"{e.line} {e.at_s:7.3f} {e.agent_id or '-':>6} {e}" for e in shown]
        if len(shown) < len(self.entries):
            lines.insert(0, f"... {len(self.entries) - len(shown)} messages before")
        return "\n".join(lines)


def _arguments(message: Any) -> str:
    args = encode_args(message)
    shown = ", ".join(f"{key}={'***' if key in _SECRET else _value(value)}" for key, value in args.items())
    cut = shown if len(shown) <= MAX_SHOWN_CHARACTERS else f"{shown[:MAX_SHOWN_CHARACTERS]}..."
    return f"({cut})"


def _value(value: Any) -> str:
    if isinstance(value, dict) and value and all(each.__class__ is bool for each in value.values()):
        return f"[{', '.join(key for key, true in value.items() if true)}]"
    return str(value)
