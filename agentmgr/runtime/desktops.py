"""What the runtime needs of the connections to desktops; the server implements it."""

from typing import Protocol


class Desktops(Protocol):
    """The open connections by number. Nothing here blocks, and a number that is gone does no harm."""

    def send(self, connection: int, frame: bytes) -> None:
        """Queue a frame; it leaves with the next `flush`."""
        ...

    def answer(self, connection: int, frame: bytes) -> None:
        """Queue the RESP to one of its commands."""
        ...

    def flush(self) -> None:
        """Write what was queued, once per connection."""
        ...

    def close_all(self, reason: str) -> None:
        """Send what was queued to every connection, then the reason, then close."""
        ...

    def trust(self, connection: int) -> None:
        """A password was proved over this connection, an agent's or a service's."""
        ...

    def host(self, connection: int) -> str | None:
        """Return the address that a connection comes from; None if it is gone."""
        ...
