"""Plug-ins called in processes of their own, each call within its time; for any thread.

A plug-in that fails is told as `ConnectorFailed` and goes on; one that is late, ends, or answers nonsense
loses its process, and gets a new one after a while that doubles with each such end in a row.
"""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import structlog
from attrs import define, field, frozen

from agentmgr.connectors.pipe import LENGTH, MAX_FRAME_BYTES, BadFrame, decode, encode
from agentmgr.connectors.protocols import Contact, Kind
from agentmgr.connectors.settings import ConnectorSettings

log = structlog.get_logger()

START_S = 30.0
"""How long a plug-in may take to be loaded."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LINES_A_MINUTE = 100
"""So much of what a plug-in prints is logged."""
LINE_BYTES = 1000


class ConnectorFailed(Exception):
    """A plug-in did not do what was asked; the text is one line for a person."""


@frozen
class Plan:
    """A plug-in as it is to be called: its limits, and what it is given itself."""

    settings: ConnectorSettings
    options: Mapping[str, Any] = field(factory=dict)

    @property
    def label(self) -> str:
        """How it is named to people."""
        return f"{self.settings.kind} {self.settings.name}"


@define
class Counts:
    """What became of the calls of a plug-in since the server started."""

    done: int = 0
    failed: int = 0
    ended: int = 0


class Process:
    """A plug-in in a process, for one thread at a time."""

    def __init__(self, plan: Plan, arguments: Sequence[Any]) -> None:
        """Start it and load the plug-in with its arguments.

        Raises:
            ConnectorFailed: it cannot be loaded; there is no process then.
        """
        self._plan = plan
        settings = plan.settings
        command = [sys.executable, "-m", "agentmgr.connectors.worker"]
        self._popen = subprocess.Popen(
            [*command, settings.kind, settings.name, str(settings.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # what it starts itself ends with it
        )
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        self._stdin, self._stdout = self._popen.stdin.fileno(), self._popen.stdout.fileno()
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)
        threading.Thread(target=_tell, args=(plan.label, self._popen.stderr), daemon=True).start()
        self.is_alive = True
        try:
            self._exchange("", arguments, START_S)
        except BaseException:
            self.end()
            raise

    def call(self, method: str, *values: Any) -> Any:
        """Let the plug-in do something.

        Raises:
            ConnectorFailed: it raised, was late or ended; in the last two cases it is not alive any more.
        """
        return self._exchange(method, values, self._plan.settings.time_limit_s)

    def end(self) -> None:
        """End the process with all that it started; for the thread that has it."""
        self.is_alive = False
        self.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()

    def kill(self) -> None:
        """Let the process end soon, with all that it started; for any thread."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)

    def _exchange(self, method: str, values: Sequence[Any], limit_s: float) -> Any:
        label = self._plan.label
        try:
            frame = encode([method, list(values)])
        except BadFrame as error:
            raise ConnectorFailed(f"{label}: what it is given {error}") from None
        try:
            answer = decode(self._swap(frame, time.monotonic() + limit_s))
            word, value = answer
        except TimeoutError:
            self.end()
            raise ConnectorFailed(f"{label}: took longer than {limit_s:g} s; its process was ended") from None
        except EOFError:
            self.end()
            raise ConnectorFailed(f"{label}: its process ended, {_ending(self._popen.returncode)}") from None
        except (BadFrame, TypeError, ValueError) as error:
            self.end()
            raise ConnectorFailed(f"{label}: what it gave cannot be used: {error}") from None
        except BaseException:
            self.end()
            raise
        if word != "done":
            raise ConnectorFailed(f"{label}: {value}")
        return value

    def _swap(self, frame: bytes, deadline: float) -> bytes:
        """Send a frame and return the body of the next one that comes."""
        unsent, came, wanted = memoryview(frame), bytearray(), LENGTH.size
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdout, selectors.EVENT_READ)
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while True:
                left = deadline - time.monotonic()
                ready = selector.select(left) if left > 0 else []
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fd == self._stdin:
                        unsent = unsent[_write(self._stdin, unsent) :]
                        if not unsent:
                            selector.unregister(self._stdin)
                        continue
                    data = os.read(self._stdout, 65536)
                    if not data:
                        raise EOFError
                    came += data
                    if len(came) >= LENGTH.size:
                        wanted = LENGTH.size + LENGTH.unpack_from(came)[0]
                    if wanted > LENGTH.size + MAX_FRAME_BYTES:
                        raise BadFrame(f"{wanted} bytes in one answer; allowed: {MAX_FRAME_BYTES}")
                    if len(came) >= wanted > LENGTH.size:
                        return bytes(came[LENGTH.size :])


def _write(fd: int, data: memoryview) -> int:
    try:
        return os.write(fd, data)
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        raise EOFError from None


def _ending(code: int | None) -> str:
    if code == 86:
        return "out of memory: raise memory_mb"
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"


def _tell(label: str, stderr: IO[bytes]) -> None:
    """Log what a plug-in prints, so much of it."""
    minute, lines = 0.0, 0
    with stderr:
        while line := stderr.readline(LINE_BYTES):
            if time.monotonic() - minute > 60:
                minute, lines = time.monotonic(), 0
            lines += 1
            if lines <= LINES_A_MINUTE:
                log.info("connector_said", connector=label, text=line.decode(errors="replace").rstrip())


class _Pool:
    """The processes of one plug-in."""

    def __init__(self, plan: Plan, monotonic: Callable[[], float]) -> None:
        self.plan = plan
        self.counts = Counts()
        self._monotonic = monotonic
        self._turns = threading.BoundedSemaphore(plan.settings.processes)
        self._idle: deque[Process] = deque()
        self._busy: set[Process] = set()
        self._mutex = threading.Lock()
        self._pause_s = 0.0
        self._not_before = 0.0
        self._is_closed = False

    def call(self, method: str, values: Sequence[Any]) -> Any:
        with self._taken() as process:
            return process.call(method, *values)

    @contextmanager
    def own(self, arguments: Sequence[Any]) -> Iterator[Process]:
        """Have a process for oneself alone, ended afterwards."""
        process = self._started(arguments)
        try:
            with self._counting(process):
                yield process
        finally:
            with self._mutex:
                self._busy.discard(process)
            process.end()

    @contextmanager
    def _taken(self) -> Iterator[Process]:
        with self._turns:
            with self._mutex:
                process = self._idle.pop() if self._idle else None
                if process is not None:
                    self._busy.add(process)
            if process is None:
                process = self._started(())
            try:
                with self._counting(process):
                    yield process
            finally:
                with self._mutex:
                    self._busy.discard(process)
                    if process.is_alive and not self._is_closed:
                        self._idle.append(process)
                if self._is_closed:
                    process.end()

    def _started(self, arguments: Sequence[Any]) -> Process:
        wait_s = self._not_before - self._monotonic()
        if self._is_closed or wait_s > 0:
            raise ConnectorFailed(
                f"{self.plan.label}: "
                + (
                    "the server is ending"
                    if self._is_closed
                    else f"failed; is started again in {wait_s:.0f} s"
                )
            )
        try:
            process = Process(self.plan, (self.plan.options, *arguments))
        except ConnectorFailed:
            self.counts.failed += 1
            self._put_off()
            raise
        except OSError as error:
            self.counts.failed += 1
            self._put_off()
            raise ConnectorFailed(f"{self.plan.label}: cannot be started: {error.strerror}") from None
        with self._mutex:
            self._busy.add(process)
            closed = self._is_closed
        if closed:
            process.end()
        return process

    @contextmanager
    def _counting(self, process: Process) -> Iterator[None]:
        try:
            yield
        except ConnectorFailed as error:
            self.counts.failed += 1
            log.warning("connector_failed", connector=self.plan.label, why=str(error))
            if not process.is_alive:
                self._put_off()
            raise
        self.counts.done += 1
        self._pause_s = 0.0

    def _put_off(self) -> None:
        self.counts.ended += 1
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._not_before = self._monotonic() + self._pause_s

    def close(self) -> None:
        with self._mutex:
            self._is_closed = True
            idle, busy = list(self._idle), list(self._busy)
            self._idle.clear()
        for process in idle:
            process.end()
        for process in busy:  # whoever waits for it ends it
            process.kill()


class ImportRun:
    """An import source at work, in a process of its own; for one thread."""

    def __init__(self, process: Process, label: str) -> None:
        self._process = process
        self._label = label

    def batches(self) -> Iterator[Sequence[Contact]]:
        """Return the contacts that it has, batch by batch; each call within its time.

        Raises:
            ConnectorFailed: the import ends with that.
        """
        self._process.call("init")
        goes_on = True
        while goes_on:
            batch = self._process.call("get_next_contact_batch")
            if not isinstance(batch, list) or not all(type(each) is Contact for each in batch):
                raise ConnectorFailed(f"{self._label}: a batch has something in it that is no Contact")
            yield batch
            goes_on = _yes_or_no(self._process.call("has_more_contacts"), self._label)


def _yes_or_no(value: Any, label: str) -> bool:
    if type(value) is not bool:
        raise ConnectorFailed(f"{label}: gave {type(value).__name__}; allowed: True or False")
    return value


class Connectors:
    """All plug-ins, called by kind and name. Blocking calls, from any thread; `close` ends them all.

    Args:
        plans: those that have something configured; others have the defaults.
        monotonic: seconds that only grow.
    """

    def __init__(self, plans: Sequence[Plan] = (), monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._pools = {(plan.settings.kind, plan.settings.name): _Pool(plan, monotonic) for plan in plans}
        self._mutex = threading.Lock()
        self._is_closed = False

    def call(self, kind: Kind, name: str, method: str, *values: Any) -> Any:
        """Let a plug-in do something within its time limit; waits for its turn before.

        Raises:
            ConnectorFailed: it failed, was late, or is being started again.
        """
        return self._pool(kind, name).call(method, values)

    def decide(self, kind: Kind, name: str, method: str, *values: Any) -> bool:
        """Let a plug-in do what is answered with True or False.

        Raises:
            ConnectorFailed: as for `call`.
        """
        return _yes_or_no(self.call(kind, name, method, *values), f"{kind} {name}")

    @contextmanager
    def import_source(self, name: str, import_id: int) -> Iterator[ImportRun]:
        """Run an import source for one import.

        Raises:
            ConnectorFailed: it cannot be loaded, or what is done in the block failed.
        """
        pool = self._pool(Kind.ImportSource, name)
        with pool.own((import_id,)) as process:
            yield ImportRun(process, pool.plan.label)

    def load(self, kind: Kind, name: str, *arguments: Any) -> None:
        """Load a plug-in and let it go again, `arguments` beside its options.

        Raises:
            ConnectorFailed: it cannot be loaded.
        """
        with self._pool(kind, name).own(arguments):
            pass

    @property
    def counts(self) -> Mapping[tuple[str, str], Counts]:
        """What became of the calls, by kind and name."""
        with self._mutex:
            return {key: pool.counts for key, pool in self._pools.items()}

    def processes_of(self, kind: str, name: str) -> int:
        """Return how many calls of a plug-in may go on at a time."""
        return self._pool(kind, name).plan.settings.processes

    def _pool(self, kind: str, name: str) -> _Pool:
        with self._mutex:
            if self._is_closed:
                raise ConnectorFailed(f"{kind} {name}: the server is ending")
            if (kind, name) not in self._pools:
                plan = Plan(ConnectorSettings(kind=str(kind), name=name))
                self._pools[kind, name] = _Pool(plan, self._monotonic)
            return self._pools[kind, name]

    def close(self) -> None:
        """End all processes; calls under way fail."""
        with self._mutex:
            self._is_closed = True
            pools = list(self._pools.values())
        for pool in pools:
            pool.close()
