"""The process of a plug-in: `python -m agentmgr.connectors.worker KIND NAME MEMORY_MB`.

What the plug-in prints goes to standard error. The process ends with the one that made it, whatever the
plug-in does.
"""

import os
import queue
import resource
import sys
import threading
import traceback
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any, BinaryIO

from agentmgr.connectors.pipe import LENGTH, BadFrame, decode, encode
from agentmgr.connectors.protocols import METHODS, Kind

NICENESS = 5
"""A plug-in gets what the zones leave of the processors."""


def main(arguments: Sequence[str]) -> None:
    """Load a plug-in, and call it as frames say until there are no more."""
    kind, name, memory_mb = Kind(arguments[0]), arguments[1], int(arguments[2])
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a plug-in that prints must not spoil what is answered
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1024 * 1024,) * 2)
    calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, calls), daemon=True).start()
    plugin: Any = None
    while True:
        method, values = calls.get()
        try:
            if method == "":
                plugin = _made(kind, name, values)
                result = None
            else:
                result = getattr(plugin, method)(*values)
            frame = encode(["done", result])
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        except BaseException as error:
            traceback.print_exc()
            frame = encode(["failed", f"{type(error).__name__}: {error}"[:_MAX_TEXT]])
        answers.write(frame)


_MAX_TEXT = 1000
_OUT_OF_MEMORY = 86
"""Exit code that says so."""


def _made(kind: Kind, name: str, values: Sequence[Any]) -> Any:
    found = entry_points(group=kind.group, name=name)
    if not found:
        raise LookupError(f"there is no entry point {name} in the group {kind.group}")
    plugin = next(iter(found)).load()(*values)
    missing = [method for method in METHODS[kind] if not callable(getattr(plugin, method, None))]
    if missing:
        raise TypeError(f"{name} is no {kind}: it has no method {', '.join(missing)}")
    return plugin


def _read(stream: BinaryIO, calls: "queue.SimpleQueue[Any]") -> None:
    """Read calls beside the plug-in, so that the end of the manager is noticed while it works."""
    try:
        while header := stream.read(LENGTH.size):
            (length,) = LENGTH.unpack(header)
            calls.put(decode(stream.read(length)))
    except (BadFrame, OSError, MemoryError):
        traceback.print_exc()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
