"""A file read over SFTP, from a server whose key is known."""

import socket
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import paramiko

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
    client.load_host_keys(rules.known_hosts)
    address = checked_address(host, port, rules.may_be_inner)
    try:
        with socket.create_connection((address, port), CONNECT_S) as sock:
            client.connect(
                host,
                port,
                username=unquote(parts.username or ""),
                password=unquote(parts.password) if parts.password else None,
                key_filename=rules.ssh_key or None,
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
    except paramiko.SSHException as error:
        raise NotFetched(f"{shown}: {error}") from None
    finally:
        client.close()
