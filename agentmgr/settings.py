"""The configuration file: what can be set, what is allowed, and every mistake in it at once.

The classes below are the only list of settings: the checks, the sample file and its comments all
come from them.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
from attrs import Factory, field, frozen
from cattrs import Converter
from cattrs.errors import (
    AttributeValidationNote,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

Value = bool | int | float | str
T = TypeVar("T")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` has one line for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@frozen
class Allowed:
    """What a setting may be: a test, and the same in words."""

    words: str
    test: Callable[[Any], bool]
    convert: Callable[[Any], Value]


def whole_number(low: int, high: int) -> Allowed:
    """Allow integers from `low` to `high`, both included."""
    return Allowed(
        f"a whole number from {low} to {high}", lambda v: type(v) is int and low <= v <= high, lambda v: v
    )


def number(low: float, high: float) -> Allowed:
    """Allow numbers from `low` to `high`, both included."""
    return Allowed(
        f"a number from {low:g} to {high:g}", lambda v: type(v) in (int, float) and low <= v <= high, float
    )


def text(words: str = "a text, not empty") -> Allowed:
    """Allow any string but the empty one."""
    return Allowed(words, lambda v: type(v) is str and bool(v.strip()), lambda v: v)


def one_of(*choices: str) -> Allowed:
    """Allow one of a few words."""
    return Allowed("one of " + ", ".join(f'"{c}"' for c in choices), lambda v: v in choices, lambda v: v)


def setting(default: Value, allowed: Allowed, about: str) -> Any:
    """Declare a setting: its default, what is allowed, and the comment that the sample file has for it."""
    return field(default=default, metadata={"allowed": allowed, "about": about})


SECONDS = number(0.05, 86_400)
SHARE = number(0, 1)
PORT = whole_number(0, 65_535)


@frozen
class DatabaseSettings:
    """Where everything durable is kept."""

    path: str = setting(
        "var/agentmgr.sqlite",
        text("the path of an SQLite file, relative to the working directory"),
        "SQLite file, made by `agentmgr init`. One process at a time can have it open.",
    )


@frozen
class AdminSettings:
    """The socket through which the other agentmgr commands reach a running server."""

    socket: str = setting(
        "var/run/admin.sock",
        text("the path of a Unix socket of at most 100 bytes"),
        "Unix socket; only its owner may open it. Its directory is made with mode 0700.",
    )


@frozen
class HttpSettings:
    """/metrics for Prometheus and /healthz."""

    host: str = setting("127.0.0.1", text("a host name or address"), "Address to listen on.")
    port: int = setting(9971, PORT, "Port to listen on; 0 takes any free one.")


@frozen
class LogSettings:
    """What is logged to standard error, and how."""

    level: str = setting(
        "info",
        one_of("debug", "info", "warning", "error"),
        "debug shows every command and notification, with passwords masked.",
    )
    format: str = setting(
        "auto",
        one_of("auto", "console", "json"),
        "auto: for people on a terminal, one JSON object a line otherwise.",
    )


@frozen
class TimerSettings:
    """Times that hold for a whole zone; those of a campaign are set with the campaign."""

    nail_timeout_s: float = setting(25.0, SECONDS, "How long an agent's phone may ring for the nailing call.")
    nail_retry_s: float = setting(
        15.0, SECONDS, "Pause before an agent that could not be nailed is tried again."
    )
    queue_timeout_s: float = setting(
        2.0, SECONDS, "How long a person who answered waits for an agent; after that the call is abandoned."
    )
    wrapup_grace_s: float = setting(
        5.0, SECONDS, "How much later than the wrapup time the default completion code is set."
    )
    preview_grace_s: float = setting(
        5.0, SECONDS, "How much later than the preview time the server acts for a silent desktop."
    )
    preview_max_s: float = setting(900.0, SECONDS, "How long an untimed preview may take.")
    call_max_s: float = setting(14_400.0, SECONDS, "How long a call may last.")
    lost_desktop_s: float = setting(
        60.0, SECONDS, "How long an agent without its desktop is kept before it is logged off."
    )
    pace_interval_s: float = setting(1.0, SECONDS, "How often the pacer looks whether to dial.")
    fetch_size: int = setting(200, whole_number(1, 10_000), "How many contacts a job claims at a time.")


@frozen
class ZoneSettings:
    """A zone: agents, campaigns and calls that belong together, and the port of its desktops."""

    name: str = setting("Default", text(), "Name of the zone, as desktops give it at logon.")
    host: str = setting("127.0.0.1", text("a host name or address"), "Address that desktops connect to.")
    port: int = setting(9970, PORT, "Port that desktops connect to; 0 takes any free one.")
    timers: TimerSettings = TimerSettings()


@frozen
class SwitchSettings:
    """The simulated switch with its customers; everything it does follows from the seed."""

    seed: int = setting(1, whole_number(0, 2**32 - 1), "The same seed gives the same calls.")
    speed: float = setting(
        1.0, number(0.1, 10_000), "How much faster than real time the server's clock runs."
    )


@frozen
class Settings:
    """Everything that can be configured."""

    database: DatabaseSettings = DatabaseSettings()
    admin: AdminSettings = AdminSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    zones: tuple[ZoneSettings, ...] = Factory(lambda: (ZoneSettings(),))
    switch: SwitchSettings = SwitchSettings()


TABLES = (
    DatabaseSettings,
    AdminSettings,
    HttpSettings,
    LogSettings,
    TimerSettings,
    ZoneSettings,
    SwitchSettings,
    Settings,
)


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
        settings = _CONVERTER.structure(document, Settings)
    except (ClassValidationError, _Wrong) as error:
        raise SettingsError([f"{path}: {problem}" for problem in _problems(error, "")]) from None
    problems = _contradictions(settings)
    if problems:
        raise SettingsError([f"{path}: {problem}" for problem in problems])
    return settings


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
    return [(a.name, getattr(table, a.name)) for a in attrs.fields(type(table))]


def _toml(value: Value) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    if not settings.zones:
        problems.append("zones: found none; at least one [[zones]] is needed")
    for key in ("name", "port"):
        seen: dict[Any, int] = {}
        for index, zone in enumerate(settings.zones, 1):
            value = getattr(zone, key)
            if value != 0 and value in seen:
                problems.append(
                    f"zones[{index}].{key}: found {_shown(value)}; zones[{seen[value]}] has it already"
                )
            seen.setdefault(value, index)
    if len(settings.admin.socket.encode()) > 100:
        problems.append(f"admin.socket: found {_shown(settings.admin.socket)}; allowed: at most 100 bytes")
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
        for a in attrs.fields(cls)  # type: ignore[arg-type]  # T is one of the attrs classes in TABLES
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
    for cls in TABLES:
        converter.register_structure_hook(cls, _table_hook(converter, cls))
    return converter


_CONVERTER = _converter()
