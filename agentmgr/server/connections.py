"""All open connections of a listener by number: where the zone's answers leave."""

from collections.abc import Iterator

from agentmgr.server.outgoing import Outgoing
from agentmgr.server.session import Session


class Connections:
    """Implements the runtime's `Desktops`; sessions come and go."""

    def __init__(self) -> None:
        self._sessions: dict[int, Session] = {}
        self._outgoing: dict[int, Outgoing] = {}
        self._touched: list[Outgoing] = []
        self._unproven = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._sessions.values()))

    @property
    def unproven(self) -> int:
        """How many connections there are over which no agent has logged on yet."""
        return self._unproven

    def add(self, session: Session) -> None:
        """Open a connection."""
        self._sessions[session.number] = session
        self._outgoing[session.number] = session.outgoing
        self._unproven += 1

    def remove(self, session: Session) -> None:
        """Forget a connection; what is sent to it from now on is dropped."""
        del self._sessions[session.number], self._outgoing[session.number]
        if not session.proven:
            self._unproven -= 1

    def send(self, connection: int, frame: bytes) -> None:
        """Queue a frame; it leaves with the next `flush`."""
        outgoing = self._outgoing.get(connection)
        if outgoing is not None:
            if not outgoing.fresh:
                self._touched.append(outgoing)
            outgoing.fresh.append(frame)

    def flush(self) -> None:
        """Write what was queued, once per connection."""
        for outgoing in self._touched:
            outgoing.flush()
        self._touched.clear()

    def close(self, connection: int, reason: str) -> None:
        """Send what was queued, then the reason, then close."""
        session = self._sessions.get(connection)
        if session is not None:
            session.close(reason, "zone")

    def close_all(self, reason: str) -> None:
        """Close every connection as `close` does."""
        for session in self:
            session.close(reason, "zone")

    def trust(self, connection: int) -> None:
        """An agent proved its password over this connection."""
        session = self._sessions.get(connection)
        if session is not None and not session.proven:
            session.proven = True
            self._unproven -= 1
