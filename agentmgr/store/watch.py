"""Whether an open database is still the file that its path leads to, and where its data is if it is not.

What is written to a file that was deleted ends with the process, and nothing tells: not the kernel, and not
SQLite. So file and log are looked at around every transaction, and once a second when there is none.
"""

import ctypes
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

Identity = tuple[int, int]
"""Device and inode. The inode of a file that is open is not given to another one, even if it was deleted."""

OPEN_FILES = Path("/proc/self/fd")


class Watch:
    """File and log of a database that one connection alone writes to; none of it opens anything.

    Opening and closing the file would end SQLite's locks on it, which belong to the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        real = path.resolve()  # as SQLite does, whose log is beside the file itself
        self.log = real.with_name(real.name + "-wal")
        self._file, self._log = os.fspath(self.path), os.fspath(self.log)
        self.identity = _identity(os.stat(self._file))
        self._log_identity: Identity | None = None
        self.file_bytes, self.log_bytes = 0, 0
        self.look()

    def look(self) -> str | None:
        """Look at the files; returns what is wrong with them, None if they are the open ones.

        Then `file_bytes` and `log_bytes` say how long they are.
        """
        name = self._file
        try:
            found = os.stat(name)
            if _identity(found) != self.identity:
                return f"{name} is another file than the one that was opened"
            self.file_bytes = found.st_size
            name = self._log
            log = os.stat(name)
        except FileNotFoundError:
            if name is self._log and self._log_identity is None:
                return None  # nothing was written yet
            return f"{name} was deleted or moved away while it was open"
        except OSError as error:
            return f"{name} cannot be looked at any more: {error.strerror}"
        if self._log_identity is None:
            self._log_identity = _identity(log)
        elif _identity(log) != self._log_identity:
            return f"{name} is another file than the one that was opened"
        self.log_bytes = log.st_size
        return None

    def is_in_place(self) -> bool:
        """Whether the file itself, whatever is with its log, is where its path leads to."""
        try:
            return _identity(os.stat(self._file)) == self.identity
        except OSError:
            return False


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def present_name(identity: Identity) -> Path | None:
    """Return the path that an open file has now; None if it has none, or the system does not tell."""
    try:
        numbers = os.listdir(OPEN_FILES)
    except OSError:
        return None
    for number in numbers:
        try:
            found = os.stat(OPEN_FILES / number)
            if stat.S_ISREG(found.st_mode) and _identity(found) == identity:
                name = Path(os.readlink(OPEN_FILES / number))
                return name if _identity(os.stat(name)) == identity else None
        except OSError:
            continue
    return None


def save_copy(connection: sqlite3.Connection, path: Path) -> Path:
    """Write all that a connection sees into a new file: beside `path`, else above it, else where `/tmp` is.

    Raises:
        OSError, sqlite3.Error: it could be written nowhere.
    """
    name = f"{path.name}.saved-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    failed: Exception | None = None
    for directory in _places(path):
        copy = directory / name
        try:
            os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            failed = failed or error
            continue
        try:
            with closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
            return copy
        except sqlite3.Error as error:
            failed = failed or error
            copy.unlink(missing_ok=True)
    assert failed is not None
    raise failed


def _places(path: Path) -> Iterator[Path]:
    yield from (parent for parent in path.parents if parent.is_dir() and os.access(parent, os.W_OK))
    yield Path(tempfile.gettempdir())


def keep_open(connection: sqlite3.Connection) -> None:
    """Let a connection end with the process alone, in the kernel.

    SQLite would write into the files and delete the log by its name, which may be somebody else's by now.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
