"""What all commands share: where the configuration comes from, how requests travel, how answers look."""

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

from attrs import frozen
from cyclopts import App, Parameter

from agentmgr.text import shown

if TYPE_CHECKING:
    from agentmgr.admin.requests import Request
    from agentmgr.client.tls import Tls
    from agentmgr.settings.classes import Settings

DEFAULT_CONFIG = Path("config/agentmgr.toml")
DEMO_PORT, SERVE_PORT = 9971, 9972
"""Where the demo's server listens, and the suite that plays one: beside a server with its defaults."""

Config = Annotated[
    Path | None,
    Parameter(
        name="--config",
        env_var="AGENTMGR_CONFIG",
        help="Configuration file. Without it: config/agentmgr.toml below the working directory, "
        "and the defaults if there is none.",
    ),
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object a line, for programs.")]


@Parameter(name="*")
@frozen
class TlsOptions:
    """How a command that plays desktops encrypts its connections."""

    tls: Annotated[
        bool,
        Parameter(negative="", help="Encrypt the connections, and trust the authorities of this machine."),
    ] = False
    ca_file: Annotated[
        Path | None, Parameter(help="Encrypt them, and trust the authorities in this PEM file.")
    ] = None
    server_name: Annotated[
        str, Parameter(help="Encrypt them; the name that the certificate must have. The host by default.")
    ] = ""
    certificate: Annotated[
        Path | None, Parameter(help="The desktops' own certificate, for a server that asks for one.")
    ] = None
    key: Annotated[Path | None, Parameter(help="The key of that.")] = None

    def checked(self) -> "Tls | None":
        """Return what the library wants; None is plaintext.

        Raises:
            Misused: a file cannot be used.
        """
        if not (self.tls or self.ca_file or self.server_name or self.certificate or self.key):
            return None
        from agentmgr.client.tls import Tls

        tls = Tls(self.ca_file, self.server_name, self.certificate, self.key)
        try:
            tls.context()
        except ValueError as error:
            raise Misused(str(error)) from None
        return tls


PLAINTEXT = TlsOptions()
Scalar = str | int | float | bool | None
Row = Mapping[str, Scalar]


class Failed(Exception):
    """What was asked for did not succeed; the text is one line for a person. Exit code 1."""


class Interrupted(Exception):
    """Ctrl-C ended it in good order; the text says what was done. Exit code 130."""


class Misused(Exception):
    """It was asked for in a way that cannot succeed; the text is for a person. Exit code 2."""


def group(name: str, about: str) -> App:
    """Make a command that has commands of its own."""
    return App(name=name, help=about, help_format="markdown", version_flags=[])


def settings_of(config: Path | None) -> "Settings":
    """Load the configuration that a command was given, or what stands for it."""
    from agentmgr.settings.classes import Settings
    from agentmgr.settings.file import load
    from agentmgr.tables import Mistakes

    if config is None:
        if not DEFAULT_CONFIG.exists():
            return Settings()
        config = DEFAULT_CONFIG
    try:
        return load(config)
    except Mistakes as error:
        raise Misused(str(error)) from None


def perform(config: Path | None, request: "Request", pieces: Iterator[str] | None = None) -> Iterator[Row]:
    """Let the running server carry a request out, or do it on the store itself if none runs.

    `pieces` are what it brings beside its arguments, as `agentmgr.admin.feed` makes them.
    """
    from attrs import asdict

    from agentmgr.admin.socket import AdminRefused, NoServer, ask

    settings, fed = settings_of(config), pieces or iter(())
    try:
        try:
            yield from ask(
                Path(settings.admin.socket), type(request).__name__, asdict(request), pieces or iter(())
            )
        except NoServer:
            from agentmgr.databases import perform_on_store

            try:
                # one may have started while this was being loaded
                yield from ask(Path(settings.admin.socket), type(request).__name__, asdict(request), fed)
            except NoServer:
                yield from perform_on_store(settings, request, fed)
    except AdminRefused as error:
        raise Failed(str(error)) from None


MAX_SECRET_CHARACTERS = 4096


def secret_from_stdin(whose: str) -> str:
    """Return the first line of standard input; on a terminal it is asked for, and not shown.

    Raises:
        Misused: there is no standard input, or no text in it.
    """
    from getpass import getpass

    if sys.stdin is None:
        raise Misused("--password-stdin: the standard input is closed; give the password there")
    if sys.stdin.isatty():
        return getpass(f"Password for {whose}: ")
    try:
        return sys.stdin.readline(MAX_SECRET_CHARACTERS).rstrip("\r\n")
    except UnicodeDecodeError:
        raise Misused("--password-stdin: what comes over the standard input is no text") from None


def default_zone(config: Path | None, zone: str | None) -> str:
    """Return the zone that is meant: the one given, or the first of the configuration."""
    names = [each.name for each in settings_of(config).zones]
    if zone is None:
        return names[0]
    if zone not in names:
        raise Misused(f"--zone: found {zone}; the configuration has: {', '.join(names)}")
    return zone


def say(text: str) -> None:
    """Write a line to standard output, or several; nothing in it does anything to a terminal.

    Raises:
        OSError: it cannot be written: the disk is full, whoever read it has gone, it is closed.
    """
    output().write(shown(text, keeps="\n\t") + "\n")


def output() -> TextIO:
    """Return the standard output.

    Raises:
        OSError: it is closed.
    """
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdout


def complain(text: str) -> None:
    """Write a line to standard error, or several, as `say` does; where nobody hears, the exit code tells."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(shown(text, keeps="\n\t") + "\n")
            sys.stderr.flush()


def as_json(row: Row) -> str:
    """Return a row as a JSON object on one line."""
    import orjson

    return orjson.dumps(dict(row)).decode()


def show(rows: Iterable[Row], as_json_lines: bool, nothing: str) -> None:
    """Write rows as a table for people, or as a JSON object a line; `nothing` is said if there are none."""
    if as_json_lines:
        for row in rows:
            say(as_json(row))
        return
    lines = [{key: shown_value(value) for key, value in row.items()} for row in rows]
    if not lines:
        say(nothing)
        return
    keys = dict.fromkeys(key for line in lines for key in line)
    lines = [{key: line.get(key, "-") for key in keys} for line in lines]
    widths = {key: max(len(key), *(len(line[key]) for line in lines)) for key in keys}
    _columns({key: key for key in widths}, widths)
    for line in lines:
        _columns(line, widths)


def _columns(line: Mapping[str, str], widths: Mapping[str, int]) -> None:
    say("  ".join(line[key].ljust(width) for key, width in widths.items()).rstrip())


def shown_value(value: Scalar) -> str:
    """Return what stands in a table for a value."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else shown(str(value))


def clock_time(seconds: float) -> str:
    """Return a duration as people read it: 0:07, 12:34, 1:02:03."""
    minutes, s = divmod(max(0, round(seconds)), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def pairs(option: str, values: Sequence[str], example: str) -> dict[str, str]:
    """Read options such as `--map Col=Attr`, which may be repeated; what follows = may be empty."""
    found = {}
    for value in values:
        key, equals, meaning = value.partition("=")
        if not (equals and key.strip()):
            raise Misused(f"{option}: found {value}; allowed: two names with = between, such as {example}")
        found[key.strip()] = meaning.strip()
    return found


def consecutive(option: str, first: str, count: int) -> list[str]:
    """Return `count` ids that follow each other, with the leading zeros of the first."""
    if count == 1:
        return [first]
    if not (first.isascii() and first.isdigit()):
        raise Misused(f"{option}: found {first}; allowed with --count: digits, such as 1001")
    return [str(int(first) + number).zfill(len(first)) for number in range(count)]
