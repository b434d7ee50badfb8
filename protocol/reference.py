"""PROTOCOL.md: the reference of the wire, generated from the registry so that it cannot be out of date."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from protocol import enums, structures
from protocol.codec import encode_args, pack
from protocol.enums import WireEnum
from protocol.examples import (
    CONNECTION_NOTIFICATIONS,
    NEVER_SENT,
    Example,
    command_examples,
    example,
    notification_example,
)
from protocol.reference_text import BEHAVIOUR, FIRST_SESSION, FOUNDATIONS, FURTHER_SESSIONS
from protocol.registry import COMMANDS, NOTIFICATIONS, CommandSpec, wire_name
from protocol.results import GENERAL_CODES, LIBRARY_CODES, UNUSED_CODES, ResultCode
from protocol.structures import Capabilities
from protocol.test_numbers import reference as test_numbers

MatrixRow = tuple[str, Capabilities]
"""A situation of an agent, in words, and what its desktop may offer then."""

GuardRow = tuple[str, Sequence[ResultCode | None]]
"""A command, and its refusal in each situation; None where the state is no reason to refuse it."""


@attrs.frozen
class Guards:
    """Which state refuses which command, with which code."""

    situations: Sequence[str]
    rows: Sequence[GuardRow]


def generate(
    matrix: Sequence[MatrixRow] = (),
    guards: Guards | None = None,
    times: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the reference.

    Args:
        matrix: the capability matrix, which the state machine owns; left out if empty.
        guards: the rules of the commands; left out if there are none.
        times: what a desktop notices when a time of the server is over, and which settings it is made of.
    """
    head, *rest = FOUNDATIONS.strip().split("\n## ", 1)
    parts = [
        *(f"## {part}" for part in rest),
        _example_walk(),
        BEHAVIOUR,
        FIRST_SESSION,
        FURTHER_SESSIONS,
        *_matrix(matrix),
        *_guards(guards),
        *_times(times),
        *_codes(),
        *_indexes(),
        "## Enumerations\n\nRead without regard to case, written as spelled here.",
        *(_enumeration(cls) for cls in classes_of(enums, WireEnum)),
        "## Structures\n\nMaps inside of messages. A structure that lacks a needed field, or has a malformed"
        " one, makes the field malformed that holds it.",
        *(_structure(cls) for cls in classes_of(structures, object)),
        "## Commands",
        *(_command(spec) for spec in COMMANDS.values()),
        "## Notifications\n\nSent by the server at any time; nothing answers them unless it is said.",
        *(_notification(name, cls) for name, cls in NOTIFICATIONS.items()),
        test_numbers(),
    ]
    return "\n\n".join(part.strip() for part in (head, _contents(parts), *parts)) + "\n"


def classes_of(module: Any, base: type[Any]) -> Iterator[type[Any]]:
    """Yield the classes of a base that a module defines itself, in its order."""
    for cls in vars(module).values():
        ours = isinstance(cls, type) and cls.__module__ == module.__name__
        if ours and issubclass(cls, base) and cls is not base:
            yield cls


# -- parts of a message --------------------------------------------------------------------------


def type_name(tp: Any) -> str:
    """Name the type of a field in words that don't belong to one programming language."""
    origin = get_origin(tp)
    if origin is UnionType:
        return type_name(get_args(tp)[0])
    if origin is tuple:
        return f"list of {type_name(get_args(tp)[0])}"
    if origin is dict:
        return f"map of string to {type_name(get_args(tp)[1])}"
    simple = {str: "string", bool: "boolean", int: "integer", ResultCode: "integer, a result code"}
    return simple.get(tp) or f"[{tp.__name__}](#{tp.__name__.lower()})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _fields(cls: type[Any], *, refusable: bool = False) -> str:
    """List the fields of a class; with `refusable` the code that a malformed one is answered with."""
    hints = get_type_hints(cls)
    rows = []
    for attribute in attrs.fields(cls):
        row = [
            f"`{wire_name(attribute)}`",
            type_name(hints[attribute.name]),
            _default(attribute),
            attribute.metadata["doc"],
        ]
        if refusable:
            row.append(str(int(attribute.metadata["invalid"])))
        rows.append(row)
    head = ["field", "type", "if left out", "meaning"] + ["malformed"] * refusable
    return _table(head, rows) if rows else "No arguments."


def _default(attribute: "attrs.Attribute[Any]") -> str:
    default: Any = attribute.default
    if default is attrs.NOTHING:
        return "**needed**"
    if default is None:
        return "nothing"
    if isinstance(default, tuple) or hasattr(default, "factory"):
        return "empty"
    if isinstance(default, bool | int):
        return str(default).lower()
    return f"`{default}`" if default else "empty"


def _doc(cls: type[Any]) -> str:
    return " ".join((cls.__doc__ or "").split())


def _bytes(frame: bytes) -> str:
    lines = textwrap.wrap(frame.hex(), 64)
    return "\n".join(["```", *lines, "```"])


def _sample(one: Example) -> str:
    text = json.dumps(one.json, ensure_ascii=False)
    return f"```json\n{text}\n```\n\n{_bytes(one.frame)}"


# -- sections ------------------------------------------------------------------------------------


def _example_walk() -> str:
    """Take one frame apart, byte by byte."""
    one, _ = command_examples("AGTHoldCall")
    rows = [(one.frame[:4].hex(" "), f"length: {len(one.frame) - 4} bytes follow")]
    rows.append((one.frame[4:5].hex(), f"map of {len(one.json)} pairs"))
    for key, value in one.json.items():
        rows.append((pack(key).hex(" "), f"`{key}`"))
        rows.append((pack(value).hex(" "), f"`{json.dumps(value)}`"))
    intro = f"### A frame byte by byte\n\n`{json.dumps(one.json)}` is sent as:\n\n"
    return intro + _table(("bytes", "meaning"), rows)


def _matrix(matrix: Sequence[MatrixRow]) -> Iterator[str]:
    if not matrix:
        return
    names = [wire_name(a) for a in attrs.fields(Capabilities)]
    rows = [
        [label, ", ".join(name for name in names if encode_args(vector)[name])] for label, vector in matrix
    ]
    yield (
        "## Capability matrix\n\n"
        "What is listed is true, all else is false. True promises that the command, with right arguments,"
        " is accepted now; false, that it is refused. Which command a capability stands for is told at"
        " [Capabilities](#capabilities)."
    )
    yield _table(("situation", "true"), rows)


def _guards(guards: Guards | None) -> Iterator[str]:
    if guards is None:
        return
    yield (
        "## Commands by state\n\n"
        "Where a command of an agent is refused for its state, and with which code; `✓`: the state is no"
        " reason"
        " to refuse it, though its arguments or what the command's own section names may be. What is looked"
        " at"
        " first: the agent is logged on over this connection (9002), its phone is nailed (9006), it has a"
        " contact, the `sessionID` is that contact's (9008), then the state. PendingNotReady changes nothing"
        " here."
    )
    yield _table(
        ("command", *guards.situations),
        (
            (_link(name), *("✓" if code is None else str(int(code)) for code in codes))
            for name, codes in guards.rows
            if any(codes)
        ),
    )
    free = ", ".join(_link(name) for name, codes in guards.rows if not any(codes))
    yield f"No call state refuses these; what else they need is in their sections: {free}."
    plain = ", ".join(_link(name) for name in COMMANDS if name not in {command for command, _ in guards.rows})
    yield f"These need no agent that is logged on: {plain}."


def _times(times: Sequence[tuple[str, str]]) -> Iterator[str]:
    if times:
        yield (
            "## Times\n\n"
            "What the server does by itself when a time is over, and where that time is set, with its"
            " default:"
            " in a table of the server's settings, or with the campaign. Where several are named, the"
            " sentence"
            " says how they go together."
        )
        yield _table(("what a desktop notices", "setting and default"), times)


def _contents(parts: Iterable[str]) -> str:
    titles = [
        line.removeprefix("## ")
        for part in parts
        for line in part.strip().splitlines()
        if line.startswith("## ")
    ]
    return "## Contents\n\n" + "\n".join(f"- {_link(title)}" for title in titles)


def _link(title: str) -> str:
    return f"[{title}](#{title.lower().replace(' ', '-')})"


def _enumeration(cls: type[WireEnum]) -> str:
    return f"### {cls.__name__}\n\n{_doc(cls)}\n\n{' · '.join(f'`{member}`' for member in cls)}"


def _structure(cls: type[Any]) -> str:
    text = json.dumps(encode_args(example(cls)), ensure_ascii=False)
    return f"### {cls.__name__}\n\n{_doc(cls)}\n\n{_fields(cls)}\n\n```json\n{text}\n```"


def _codes() -> Iterator[str]:
    yield "## Result codes\n\nThe `result` of every RESP. The texts are those of AGTGetErrorString."
    yield _table(
        ("code", "kind", "text", "sent by"),
        ((str(int(code)), str(code.severity), code.text, _sender(code)) for code in ResultCode),
    )
    general = ", ".join(str(int(code)) for code in ResultCode if code in GENERAL_CODES - UNUSED_CODES.keys())
    yield f"Every command can be answered with {general}, beside the codes of its own."


def _sender(code: ResultCode) -> str:
    if code in UNUSED_CODES:
        return f"nobody: {UNUSED_CODES[code]}"
    return "client library" if code in LIBRARY_CODES else "server"


def _indexes() -> Iterator[str]:
    yield "## Index of commands"
    yield _table(("command", "arguments"), ((_link(s.name), _names(s.cls)) for s in COMMANDS.values()))
    yield "## Index of notifications"
    yield _table(("notification", "fields"), ((_link(n), _names(cls)) for n, cls in NOTIFICATIONS.items()))
    yield "## Index of structures and enumerations"
    yield _table(
        ("type", "fields or values"),
        (
            *((_link(cls.__name__), _names(cls)) for cls in classes_of(structures, object)),
            *((_link(cls.__name__), ", ".join(f"`{m}`" for m in cls)) for cls in classes_of(enums, WireEnum)),
        ),
    )


def _names(cls: type[Any]) -> str:
    return ", ".join(f"`{wire_name(attribute)}`" for attribute in attrs.fields(cls))


def _command(spec: CommandSpec) -> str:
    command, response = command_examples(spec.name)
    parts = [f"### {spec.name}", _doc(spec.cls)]
    if not spec.for_agent:
        parts.append("Concerns the connection: `agentID` may be empty.")
    parts.append(_fields(spec.cls, refusable=True))
    parts.append(_sample(command))
    parts.append(f"Answered by `{spec.resp.__name__}`:")
    parts.append(_fields(spec.resp))
    parts.append(_sample(response))
    if spec.codes:
        parts.append(_table(("its codes", ""), ((str(int(code)), _meaning(code)) for code in spec.codes)))
    return "\n\n".join(parts)


def _meaning(code: ResultCode) -> str:
    return f"{code.text} Never sent: {UNUSED_CODES[code]}." if code in UNUSED_CODES else code.text


def _notification(name: str, cls: type[Any]) -> str:
    parts = [f"### {name}", _doc(cls)]
    if name in CONNECTION_NOTIFICATIONS:
        parts.append("Concerns the connection: `agentID` is empty.")
    if attrs.fields(cls):
        parts.append(_fields(cls))
    if name not in NEVER_SENT:
        parts.append(_sample(notification_example(name)))
    return "\n\n".join(parts)
