"""An SSH server that lets read the files of one directory over SFTP."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko
from attrs import Factory, define, field


@define
class SftpServer:
    """A server with a key of its own; it serves each connection in a thread.

    Attributes:
        directory: whose files are read.
        password: with which everybody may.
        client_key: with which everybody may too.
        on_read: is called with the path of a file at each portion of it that is read.
    """

    directory: Path
    password: str = "secret"
    client_key: paramiko.PKey | None = None
    on_read: Callable[[Path], None] = lambda path: None
    host_key: paramiko.PKey = field(factory=lambda: paramiko.RSAKey.generate(2048))
    port: int = 0
    _transports: list[paramiko.Transport] = Factory(list)

    @contextmanager
    def serving(self) -> Iterator["SftpServer"]:
        """Serve at a free port while the block runs."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._serve, args=(listener,))
            thread.start()
            try:
                yield self
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def known_as(self, host: str) -> str:
        """Return the line of a file of known hosts."""
        return f"[{host}]:{self.port} {self.host_key.get_name()} {self.host_key.get_base64()}\n"

    def cut(self) -> None:
        """End all connections at once."""
        for transport in self._transports:
            transport.sock.close()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):  # the end
            while True:
                connection, _ = listener.accept()
                transport = paramiko.Transport(connection)
                self._transports.append(transport)
                transport.add_server_key(self.host_key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self)
                with suppress(paramiko.SSHException, EOFError):  # whoever does not know the key goes
                    transport.start_server(server=_Door(self))
                transport.join()


class _Door(paramiko.ServerInterface):
    def __init__(self, at: SftpServer) -> None:
        self._at = at

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if password == self._at.password else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._at.client_key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, path: Path, at: SftpServer) -> None:
        super().__init__(os.O_RDONLY)
        self.readfile = path.open("rb")
        self._path, self._at = path, at

    def read(self, offset: int, length: int) -> bytes | int:
        self._at.on_read(self._path)
        return super().read(offset, length)

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(self._path.stat())


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, door: paramiko.ServerInterface, at: SftpServer) -> None:
        super().__init__(door)
        self._at = at

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat((self._at.directory / path.lstrip("/")).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        try:
            return _Handle(self._at.directory / path.lstrip("/"), self._at)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
