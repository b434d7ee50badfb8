"""All open connections of a listener by number: where the zone's answers leave."""

from collections.abc import Iterator

from agentmgr.server.admission import Admission
from agentmgr.server.connection import Connection
from agentmgr.server.limits import Limits
from agentmgr.server.outgoing import Outgoing


class Connections:
    """Implements the runtime's `Desktops`; connections come and go."""

    def __init__(self) -> None:
        self.admission = Admission(Limits())
        self._connections: dict[int, Connection] = {}
        self._touched: list[Outgoing] = []

    def __len__(self) -> int:
        return len(self._connections)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._connections.values()))

    def add(self, connection: Connection) -> None:
        """Open a connection."""
        self._connections[connection.number] = connection
        self.admission.came(connection.host)

    def remove(self, connection: Connection) -> None:
        """Forget a connection; what is sent to it from now on is dropped."""
        del self._connections[connection.number]
        self.admission.went(connection.host, proven=connection.proven)

    def send(self, connection: int, frame: bytes) -> None:
        """Queue a frame; it leaves with the next `flush`."""
        found = self._connections.get(connection)
        if found is not None:
            outgoing = found.outgoing
            if not outgoing.fresh:
                self._touched.append(outgoing)
            outgoing.fresh.append(frame)

    def answer(self, connection: int, frame: bytes) -> None:
        """Queue the RESP to one of its commands."""
        found = self._connections.get(connection)
        if found is not None:
            found.answered()
            outgoing = found.outgoing
            if not outgoing.fresh:
                self._touched.append(outgoing)
            outgoing.fresh.append(frame)
            outgoing.answer_bytes += len(frame)

    def flush(self) -> None:
        """Write what was queued, once per connection."""
        for outgoing in self._touched:
            outgoing.flush()
        self._touched.clear()

    def close_all(self, reason: str) -> None:
        """Send what was queued to every connection, then the reason, then close."""
        for connection in self:
            connection.close(reason, "zone")

    def trust(self, connection: int) -> None:
        """A password was proved over this connection, an agent's or a service's."""
        found = self._connections.get(connection)
        if found is not None and not found.proven:
            found.prove()
            self.admission.proved(found.host)

    def host(self, connection: int) -> str | None:
        """Return the address that a connection comes from; None if it is gone."""
        found = self._connections.get(connection)
        return found.host if found is not None else None
