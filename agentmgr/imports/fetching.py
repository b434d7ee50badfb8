"""A file copied to where it is read: from below a directory, or from a URL, within limits."""

import hashlib
import http.client
import os
import socket
import ssl
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.sources import without_password
from agentmgr.imports.addresses import Unreachable, checked_address

MEBIBYTE = 1024 * 1024
CHUNK_BYTES = 256 * 1024
MOST_REDIRECTS = 5
CONNECT_S = 30.0
"""How long a server may take to answer, and be silent in between; the whole has a limit of its own."""

WEB = ("http", "https")
SCHEMES = (*WEB, "sftp")


class NotFetched(Exception):
    """A file was not copied; the text is one line for a person."""


def copy(location: str, target: Path, rules: ImportRules) -> str:
    """Copy a file to where it is read; return what tells it from any other.

    Args:
        location: a path below the configured directory, or a URL.
        target: where the copy shall be; what is there is replaced.
        rules: what may be reached, and how much of it.

    Raises:
        NotFetched: it was not; nothing is left of it.
    """
    try:
        return _write(target, _chunks(location, rules), rules.file_mb * MEBIBYTE)
    except NotFetched:
        raise
    except Unreachable as error:
        raise NotFetched(str(error)) from None
    except (OSError, http.client.HTTPException) as error:
        raise NotFetched(f"{without_password(location)}: cannot be copied: {_said(error)}") from None


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _write(target: Path, chunks: Iterator[bytes], most_bytes: int) -> str:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most_bytes:
                    raise NotFetched(
                        f"the file has more than {most_bytes // MEBIBYTE} MiB; imports.file_mb in the"
                        " configuration says how many are allowed"
                    )
                digest.update(chunk)
                file.write(chunk)
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
    return digest.hexdigest()


def _chunks(location: str, rules: ImportRules) -> Iterator[bytes]:
    scheme = urlsplit(location).scheme.casefold()
    if scheme in WEB:
        return _from_web(location, rules)
    if scheme == "sftp":
        from agentmgr.imports.sftp import from_sftp  # it takes a moment to load

        return from_sftp(location, rules)
    if "://" in location:
        raise NotFetched(
            f"{without_password(location)}: allowed are a path, and URLs of {', '.join(SCHEMES)}"
        )
    return _from_directory(location, rules)


# -- a directory ---------------------------------------------------------------------------


def _from_directory(location: str, rules: ImportRules) -> Iterator[bytes]:
    """Read a file below the directory; where it really is counts, whatever links lead to it."""
    if not rules.directory:
        raise NotFetched(
            f"{location}: files are not read here; imports.directory in the configuration names the"
            " directory of those that are"
        )
    root = Path(rules.directory).resolve()
    # not waiting: a named pipe that nobody writes into would keep us here for good
    descriptor = os.open(root / location, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        os.close(descriptor)
        raise NotFetched(f"{location}: is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        where = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if not where.is_relative_to(root):
            raise NotFetched(f"{location}: is not below {rules.directory}; imports.directory allows no other")
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
        if _version(os.fstat(descriptor)) != _version(before):
            raise NotFetched(f"{location}: was changed while it was read; import it again when it is whole")


def _version(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


# -- the web -------------------------------------------------------------------------------


def _from_web(url: str, rules: ImportRules) -> Iterator[bytes]:
    """Read a URL; each redirect is checked as the first address was, and gets no password of another host."""
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        with _opened(url, parts, rules) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                url = _redirected(url, parts, answer.headers.get("location", ""))
                continue
            if answer.status != http.HTTPStatus.OK:
                raise NotFetched(f"{without_password(url)}: the server says {answer.status} {answer.reason}")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise NotFetched(
                    f"{without_password(url)}: is sent compressed, though that was not asked for"
                )
            yield from _body(url, answer)
            return
    raise NotFetched(f"{without_password(url)}: more than {MOST_REDIRECTS} redirects")


def _redirected(url: str, parts: SplitResult, location: str) -> str:
    target = urljoin(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), location)
    found = urlsplit(target)
    if found.scheme not in WEB or (parts.scheme == "https" and found.scheme == "http"):
        raise NotFetched(
            f"{without_password(url)}: redirects to {without_password(target)}, which is not allowed"
        )
    if "@" not in found.netloc and (found.scheme, found.netloc) == (
        parts.scheme,
        parts.netloc.rpartition("@")[2],
    ):
        return found._replace(netloc=parts.netloc).geturl()
    return target


@contextmanager
def _opened(url: str, parts: SplitResult, rules: ImportRules) -> Iterator[http.client.HTTPResponse]:
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise NotFetched(f"{without_password(url)}: {error}") from None
    connection = http.client.HTTPConnection(host, port)
    address = checked_address(host, port, rules.may_be_inner)
    connection.sock = socket.create_connection((address, port), CONNECT_S)
    try:
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        headers = {"Accept-Encoding": "identity", "User-Agent": "agentmgr", "Connection": "close"}
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = "Basic " + b64encode(secret.encode()).decode()
        path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request("GET", path, headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


def _body(url: str, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    told, came = answer.headers.get("content-length"), 0
    while chunk := answer.read(CHUNK_BYTES):
        came += len(chunk)
        yield chunk
    if told is not None and told.isdecimal() and came != int(told):
        raise NotFetched(f"{without_password(url)}: {came} of {told} bytes came; import it again")
