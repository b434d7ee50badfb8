"""The configuration file: read with every mistake reported at once, and written as a sample."""

import difflib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from agentmgr.fields import Allowed, Value
from agentmgr.settings.classes import Settings, ZoneSettings

T = TypeVar("T")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` has one line for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises:
        SettingsError: with a line for every mistake: file, key, what was found, what is allowed.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: byte {error.start} is not UTF-8; TOML files are"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}: not valid TOML: {error}"]) from None
    try:
        found = _CONVERTER.structure(document, Settings)
    except (ClassValidationError, _Wrong) as error:
        raise SettingsError([f"{path}: {problem}" for problem in _problems(error, "")]) from None
    problems = _contradictions(found)
    if problems:
        raise SettingsError([f"{path}: {problem}" for problem in problems])
    return found


def sample() -> str:
    """Write a configuration file that has every setting with its default, explained."""
    lines = [
        "# Configuration of agentmgr: every setting with its default. What is left out has its default.",
        "# Check a changed file with: agentmgr check-config FILE",
    ]
    for name, table in _values(Settings()):
        array = isinstance(table, tuple)
        _write_table(lines, name, table[0] if array else table, f"[[{name}]]" if array else f"[{name}]")
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


def _values(table: Any) -> list[tuple[str, Any]]:
    # what a class has itself comes before what it has from the classes of other rooms
    found = sorted(attrs.fields(type(table)), key=lambda a: a.inherited)
    return [(a.name, getattr(table, a.name)) for a in found]


def _tables(table: Any) -> Iterator[type]:
    for _, value in _values(table):
        for inner in value if isinstance(value, tuple) else (value,):
            if attrs.has(type(inner)):
                yield from _tables(inner)
    yield type(table)


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
                    f"zones[{index}].{key}: found {_shown(value)}; zones[{seen[value]}] has it already"
                )
            seen.setdefault(value, index)
    if len(found.admin.socket.encode()) > 100:
        problems.append(f"admin.socket: found {_shown(found.admin.socket)}; allowed: at most 100 bytes")
    return problems


class _Wrong(ValueError):
    """A value that is not allowed; the text has what was found and what is allowed."""


def _shown(value: object) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    if isinstance(value, bool):
        shown = shown.lower()
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _check(allowed: Allowed) -> Callable[[Any, Any], Value]:
    def check(value: Any, _: Any) -> Value:
        if not allowed.test(value):
            raise _Wrong(f"found {_shown(value)}; allowed: {allowed.words}")
        return allowed.convert(value)

    return check


def _table_hook(converter: Converter, cls: type[T]) -> Callable[[Any, Any], T]:
    overrides: dict[str, Any] = {
        a.name: override(struct_hook=_check(a.metadata["allowed"]))
        for a in attrs.fields(cls)  # type: ignore[arg-type]  # T is an attrs class
        if "allowed" in a.metadata
    }
    if cls is Settings:
        overrides["zones"] = override(struct_hook=_zones_hook)
    structure = make_dict_structure_fn(
        cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **overrides
    )

    def hook(value: Any, type_: Any) -> T:
        if not isinstance(value, Mapping):
            raise _Wrong(f"found {_shown(value)}; allowed: a table of settings")
        return structure(value, type_)

    return hook


def _zones_hook(value: Any, _: Any) -> tuple[ZoneSettings, ...]:
    if not isinstance(value, list):
        raise _Wrong(f"found {_shown(value)}; allowed: tables, each under a line [[zones]]")
    zones: tuple[ZoneSettings, ...] = tuple(_CONVERTER.structure(value, list[ZoneSettings]))
    return zones


def _problems(error: BaseException, path: str) -> list[str]:
    """Turn cattrs' tree of errors into lines, with keys as they are spelled in TOML."""
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, rest = error.group_exceptions()
        found = []
        for inner, note in noted:
            # cattrs counts from 0; a person counts the [[zones]] from 1.
            step = (
                f".{note.name}" if isinstance(note, AttributeValidationNote) else f"[{int(note.index) + 1}]"
            )
            found += _problems(inner, f"{path}{step}".lstrip("."))
        return found + [line for inner in rest for line in _problems(inner, path)]
    if isinstance(error, ForbiddenExtraKeysError):
        known = [a.name for a in attrs.fields(error.cl)]
        return [_unknown(key, path, known) for key in sorted(error.extra_fields)]
    return [f"{path}: {error}" if path else str(error)]


def _unknown(key: str, path: str, known: list[str]) -> str:
    full = f"{path}.{key}".lstrip(".")
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{full}: no such setting; {hint}allowed here: {', '.join(known)}"


def _converter() -> Converter:
    converter = Converter(detailed_validation=True, forbid_extra_keys=True)
    for cls in dict.fromkeys(_tables(Settings())):
        converter.register_structure_hook(cls, _table_hook(converter, cls))
    return converter


_CONVERTER = _converter()
