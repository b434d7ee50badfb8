"""The process of an import, as whoever carries that out has it: frames come in time, or it is ended."""

import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol, cast

from agentmgr.imports.reading import LENGTH, Failed, Frame, Task, write_frame

LOOK_EVERY_S = 1.0
_READ_BYTES = 1024 * 1024


class Frames(Protocol):
    """What carries out one task after another, and says what comes of them."""

    def begin(self, task: Task) -> None:
        """Let it carry out a task; the one before is over."""
        ...

    def frame(self, within_s: float, look: Callable[[], bool]) -> Frame | None:
        """Return the next frame, `Failed` if none comes in time; None if `look` says that none is wanted.

        Args:
            within_s: how long it may take, real seconds.
            look: called about once a second while nothing comes.
        """
        ...


class Reading:
    """A process that carries out one task after another."""

    def __init__(self) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "agentmgr.imports"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # what it starts itself ends with it
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._stdout = self._popen.stdout.fileno()
        self._stdin = self._popen.stdin
        os.set_blocking(self._stdout, False)
        self._came = bytearray()

    def begin(self, task: Task) -> None:
        """Let it carry out a task; the one before is over."""
        with suppress(BrokenPipeError):
            write_frame(self._stdin, task)

    def frame(self, within_s: float, look: Callable[[], bool]) -> Frame | None:
        """Return the next frame that the process gives."""
        deadline = time.monotonic() + within_s
        looked_at = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            while (frame := self._whole()) is None:
                now = time.monotonic()
                if now - looked_at >= LOOK_EVERY_S:
                    looked_at = now
                    if not look():
                        return None
                if now > deadline:
                    return Failed(f"took longer than {within_s:g} s; the configuration says how long it may")
                if not selector.select(LOOK_EVERY_S):
                    continue
                data = os.read(self._stdout, _READ_BYTES)
                if not data:
                    return Failed(f"the process that reads has ended, with {self._popen.wait()}")
                self._came += data
        return frame

    def _whole(self) -> Frame | None:
        """Return a frame that is there; it comes from a process of this program, and is believed."""
        if len(self._came) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._came)[0]
        if len(self._came) < end:
            return None
        body = bytes(memoryview(self._came)[LENGTH.size : end])
        del self._came[:end]
        return cast(Frame, pickle.loads(body))

    def end(self) -> None:
        """End the process with all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


@contextmanager
def reading() -> Iterator[Reading]:
    """Have a process for the block, and end it behind that."""
    process = Reading()
    try:
        yield process
    finally:
        process.end()
