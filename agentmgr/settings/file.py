"""The configuration file: read with every mistake reported at once, and written as a sample."""

from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs

from agentmgr.fields import Allowed, Value
from agentmgr.ha.times import fault_of
from agentmgr.publish import settings as publishing
from agentmgr.settings.classes import Settings
from agentmgr.tables import Mistakes, Tables, read_toml, shown
from agentmgr.tls.settings import contradictions

_TABLES = Tables(Settings)


def load(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises:
        Mistakes: with a line for every mistake: file, key, what was found, what is allowed.
    """
    document = read_toml(path)
    try:
        found = _TABLES.read(document)
        problems = _contradictions(found)
    except Mistakes as mistakes:
        problems = mistakes.problems
    if problems:
        raise Mistakes([f"{path}: {problem}" for problem in problems])
    return found


def sample() -> str:
    """Write a configuration file that has every setting with its default, explained."""
    lines = [
        "# Configuration of agentmgr: every setting with its default. What is left out has its default.",
        "# Check a changed file with: agentmgr check-config FILE",
    ]
    kinds = get_type_hints(Settings)
    for name, table in _values(Settings()):
        if not isinstance(table, tuple):
            _write_table(lines, name, table, f"[{name}]")
        elif table:
            _write_table(lines, name, table[0], f"[[{name}]]")
        else:
            _write_absent(lines, name, get_args(kinds[name])[0]())
    return "\n".join(lines) + "\n"


def _write_table(lines: list[str], name: str, table: Any, heading: str) -> None:
    lines += ["", f"# {type(table).__doc__}", heading]
    tables = []
    for key, value in _values(table):
        if attrs.has(type(value)):
            tables.append((f"{name}.{key}", value))
            continue
        metadata = attrs.fields_dict(type(table))[key].metadata
        allowed: Allowed = metadata["allowed"]
        lines += [f"# {metadata['about']}", f"# Allowed: {allowed.words}.", f"{key} = {_toml(value)}"]
    for inner, value in tables:
        _write_table(lines, inner, value, f"[{inner}]")


def _write_absent(lines: list[str], name: str, example: Any) -> None:
    """Write a table of which there is none, as a comment that shows one."""
    shown: list[str] = []
    _write_table(shown, name, example, f"[[{name}]]")
    about = next(index for index, line in enumerate(shown) if line.startswith("[["))
    lines += shown[:about]
    lines.append("# There is none; each begins with the line [[" + name + "]], as this one:")
    lines += [line if line.startswith("# ") else f"#{line}" for line in shown[about:]]


def _values(table: Any) -> list[tuple[str, Any]]:
    # what a class has itself comes before what it has from the classes of other rooms
    found = sorted(attrs.fields(type(table)), key=lambda a: a.inherited)
    return [(a.name, getattr(table, a.name)) for a in found]


def _toml(value: Value) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contradictions(found: Settings) -> list[str]:
    problems = []
    if not found.zones:
        problems.append("zones: found none; at least one [[zones]] is needed")
    for key in ("name", "port"):
        seen: dict[Any, int] = {}
        for index, zone in enumerate(found.zones, 1):
            value = getattr(zone, key)
            if value != 0 and value in seen:
                problems.append(
                    f"zones[{index}].{key}: found {shown(value)}; zones[{seen[value]}] has it already"
                )
            seen.setdefault(value, index)
    fault = fault_of(found.leases)
    if fault is not None:
        problems.append(f"leases: {fault}")
    for index, zone in enumerate(found.zones, 1):
        problems += contradictions(f"zones[{index}]", zone.host, zone.tls)
    problems += contradictions("http", found.http.host, found.http.tls)
    problems += publishing.contradictions(found.webhooks)
    if len(found.admin.socket.encode()) > 100:
        problems.append(f"admin.socket: found {shown(found.admin.socket)}; allowed: at most 100 bytes")
    return problems
