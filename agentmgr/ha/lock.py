"""A file that a manager holds locked as long as it lives: whoever can lock it on the same machine knows."""

import fcntl
import os
from pathlib import Path

BYTES = 64


class NameInUse(Exception):
    """Another process of this machine has the manager's name; the text is one line for a person."""


def hold(path: Path, incarnation: str) -> int:
    """Lock the file and write the incarnation into it; return what holds it until the process ends.

    Raises:
        NameInUse: another process holds it.
        OSError: it cannot be opened.
    """
    file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise NameInUse(
            f"{path} is locked: a manager with this name runs on this machine; stop it, or give this one"
            " another server.name"
        ) from None
    os.ftruncate(file, 0)
    os.pwrite(file, incarnation.encode(), 0)
    return file


def is_free(path: str, incarnation: str) -> bool:
    """Whether the process of an incarnation has ended for certain; False if that cannot be known.

    The file of another machine, or of another container, does not have the incarnation in it.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if os.pread(file, BYTES, 0) != incarnation.encode():
            return False
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(file)


def ended(path: Path) -> str | None:
    """Return the incarnation that held the file last, if its process has ended; else None."""
    try:
        incarnation = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return incarnation if incarnation and is_free(str(path), incarnation) else None
