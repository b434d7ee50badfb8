"""A file read over SFTP, from a server whose key is known."""

import socket
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import paramiko
from paramiko.pkey import UnknownKeyType

from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.sources import without_password
from agentmgr.imports.addresses import checked_address
from agentmgr.imports.fetching import CHUNK_BYTES, CONNECT_S, NotFetched

SSH_PORT = 22


def from_sftp(url: str, rules: ImportRules) -> Iterator[bytes]:
    """Read a file; it must be as large at the end as it was at the beginning.

    Raises:
        NotFetched: the server is not known, lets nobody in, or the file changed.
    """
    parts, shown = urlsplit(url), without_password(url)
    try:
        host, port = parts.hostname or "", parts.port or SSH_PORT
    except ValueError as error:
        raise NotFetched(f"{shown}: {error}") from None
    if not rules.known_hosts:
        raise NotFetched(
            f"{shown}: no server is known; imports.known_hosts in the configuration names the file with the"
            " keys of those that are"
        )
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        client.load_host_keys(rules.known_hosts)
    except OSError as error:
        raise NotFetched(
            f"{shown}: imports.known_hosts, {rules.known_hosts}: {error.strerror}; no server is known"
        ) from None
    key = _key(rules.ssh_key) if rules.ssh_key else None
    address = checked_address(host, port, rules.may_be_inner)
    try:
        with socket.create_connection((address, port), CONNECT_S) as sock:
            client.connect(
                host,
                port,
                username=unquote(parts.username or ""),
                password=unquote(parts.password) if parts.password else None,
                pkey=key,
                sock=sock,
                allow_agent=False,
                look_for_keys=False,
                timeout=CONNECT_S,
                banner_timeout=CONNECT_S,
                auth_timeout=CONNECT_S,
            )
            with client.open_sftp() as sftp, sftp.open(unquote(parts.path), "rb") as file:
                before = file.stat()
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
                after = file.stat()
                if (before.st_size, before.st_mtime) != (after.st_size, after.st_mtime):
                    raise NotFetched(
                        f"{shown}: was changed while it was read; import it again when it is whole"
                    )
    except paramiko.AuthenticationException as error:
        how = "the key of imports.ssh_key" if key is not None else "the password of the URL"
        raise NotFetched(f"{shown}: the server lets nobody in with that user and {how}: {error}") from None
    except paramiko.SSHException as error:
        raise NotFetched(f"{shown}: {error}") from None
    except EOFError:
        raise NotFetched(f"{shown}: the connection was lost; import it again") from None
    finally:
        client.close()


def _key(path: str) -> paramiko.PKey:
    """Read the private key with which servers are asked.

    Raises:
        NotFetched: it cannot be read; said of the file, not of whichever kind of key was tried last.
    """
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, TypeError, paramiko.SSHException, UnknownKeyType) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise NotFetched(f"imports.ssh_key, {path}: is no private key without a passphrase: {why}") from None
