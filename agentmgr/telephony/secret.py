"""The secret that a switch and its managers share, and where either may do without."""

import ipaddress
import os
import stat
from pathlib import Path

ENVIRONMENT = "AGENTMGR_SWITCH_SECRET"
SHORTEST_BYTES = 16
LONGEST_BYTES = 4096


class SecretUnusable(ValueError):
    """There is no secret where one is needed, or it cannot be used; the text is one line for a person."""


def read_secret(path: str, host: str) -> bytes:
    """Return the secret from a file, or else from the environment; empty if there is none and none is needed.

    Args:
        path: of the file; empty for none.
        host: where the switch listens; on loopback it may do without a secret.

    Raises:
        SecretUnusable: it cannot be read, is too short, may be read by others, or is missing.
    """
    found = _from_file(Path(path)) if path else os.environb.get(ENVIRONMENT.encode(), b"").strip()
    where = path or f"the environment variable {ENVIRONMENT}"
    if found and len(found) < SHORTEST_BYTES:
        raise SecretUnusable(f"{where}: the secret of the switch has {len(found)} bytes; allowed: {_ALLOWED}")
    if not found and (path or not is_loopback(host)):
        what = f"{path}: is empty" if path else f"others can reach a switch at {host}, so it needs a secret"
        raise SecretUnusable(
            f"{what}; name a file with {_ALLOWED} as secret_file in [switch], or set {ENVIRONMENT}"
        )
    return found


_ALLOWED = f"{SHORTEST_BYTES} bytes or more, such as from: openssl rand -hex 32"


def _from_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
                raise SecretUnusable(f"{path}: others may read this secret; run: chmod 600 {path}")
            return file.read(LONGEST_BYTES).strip()
    except OSError as error:
        raise SecretUnusable(f"{path}: the secret of the switch cannot be read: {error.strerror}") from None


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
