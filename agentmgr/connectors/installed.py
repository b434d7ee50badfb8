"""Which plug-ins are installed, and what they are given."""

from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path

from attrs import frozen

from agentmgr.connectors.protocols import Kind
from agentmgr.connectors.settings import ConnectorSettings
from agentmgr.connectors.workers import Plan
from agentmgr.tables import Mistakes, read_toml


@frozen
class Installed:
    """An entry point, and the distribution that has it."""

    kind: Kind
    name: str
    target: str
    distribution: str
    version: str


def installed() -> tuple[Installed, ...]:
    """Return all plug-ins that are installed, by kind and name; nothing of them is loaded."""
    found = [
        Installed(
            kind,
            each.name,
            each.value,
            each.dist.name if each.dist else "",
            each.dist.version if each.dist else "",
        )
        for kind in Kind
        for each in entry_points(group=kind.group)
    ]
    return tuple(sorted(found, key=lambda each: (each.kind, each.name)))


def plans(configured: Iterable[ConnectorSettings]) -> tuple[Plan, ...]:
    """Return the plug-ins that have something configured, with the options of their files.

    Raises:
        Mistakes: a file cannot be read.
    """
    return tuple(
        Plan(each, read_toml(Path(each.options_file)) if each.options_file else {}) for each in configured
    )


def missing(configured: Iterable[ConnectorSettings]) -> list[str]:
    """Return a line for each plug-in that is configured and not installed."""
    there = {(each.kind, each.name) for each in installed()}
    names = ", ".join(sorted(f"{kind} {name}" for kind, name in there)) or "none"
    return [
        f"connectors: found {each.kind} {each.name}; installed are: {names}"
        for each in configured
        if (Kind(each.kind), each.name) not in there
    ]


__all__ = ["Installed", "Mistakes", "installed", "missing", "plans"]
