"""A connection to PostgreSQL through somebody who can cut it at its commits, or when it is new."""

import select
import socket
import threading
from contextlib import suppress

CUT_AT = {"unheard": b"; COMMIT", "unsaid": b"; COMMIT", "unmet": b"pg_catalog.version()"}


class Proxy:
    """Takes connections to a port on to another; told so, it cuts one that commits, or is new."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts: list[str] = []
        """The last is the next: a commit "unheard" is made and not answered, one "unsaid" is not made; a new
        connection that is "unmet" ends at what SQLAlchemy asks first.
        """
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = threading.Thread(target=self._carry, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _carry(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as server:
            to = {client: server, server: client}
            while True:
                for side in select.select([client, server], [], [])[0]:
                    data = side.recv(65536)
                    if not data:
                        return
                    if side is client and self.cuts and CUT_AT[self.cuts[-1]] in data:
                        if self.cuts.pop() == "unheard":
                            server.sendall(data)
                            server.recv(65536)
                        return
                    to[side].sendall(data)

    def close(self) -> None:
        """Take no connections any more; those that there are end with one of their sides."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()
