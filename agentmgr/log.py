"""Logs: constant event names with fields; for people on a terminal, JSON lines otherwise."""

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO, TextIO, cast

import attrs
import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from agentmgr.text import shown

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
SECRET_KEYS = frozenset({"pwd", "password", "passwd"})
MASK = "***"
_PLAIN = frozenset({str, int, float, bool, type(None)})


def configure(level: str = "info", style: str = "auto", stream: TextIO | None = None) -> None:
    """Set structlog up for the whole process.

    Args:
        level: one of LEVELS; what is less important is dropped before it costs anything.
        style: `console`, `json`, or `auto`: console if the stream is a terminal.
        stream: where to write; standard error if it is None, and nowhere if that is closed.
    """
    out = stream or sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # for good
    console = style == "console" or (style == "auto" and out.isatty())
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_secrets,
    ]
    factory: Any
    if console:
        processors += [harmless, structlog.dev.ConsoleRenderer(colors=out.isatty())]
        factory = structlog.WriteLoggerFactory(cast("TextIO", _Unfailing(out)))
    else:
        # Bytes straight to the file: 5 us an event, a quarter of what the standard library's handlers take.
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
        factory = structlog.BytesLoggerFactory(cast("BinaryIO", _Unfailing(out.buffer)))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )


def mask_secrets(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace what stands under the key of a password, in fields and in mappings or objects inside them."""
    for key, value in event.items():
        if key in SECRET_KEYS:
            event[key] = MASK
        elif value.__class__ in _PLAIN:  # nearly all are, and the tests below are dear
            continue
        elif isinstance(value, Mapping):
            event[key] = _masked(value)
        elif attrs.has(type(value)):
            event[key] = _masked(attrs.asdict(value, recurse=False))
    return event


def harmless(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Write what would act on the terminal of whoever reads the log as its code."""
    return {key: shown(value) if isinstance(value, str) else value for key, value in event.items()}


def _masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: MASK if key in SECRET_KEYS else _masked(value) if isinstance(value, Mapping) else value
        for key, value in fields.items()
    }


def _json(event: EventDict, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS)


class _Unfailing:
    """A stream that drops what it cannot write: a full disk must stop the log, never the zone that logs."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, data: Any) -> int:
        with suppress(OSError, ValueError):
            return int(self._out.write(data))
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._out.flush()
