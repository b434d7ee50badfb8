"""One manager among several: its lease, its zones, and what answers at the ports of the others' zones."""

import secrets
import socket
from collections.abc import Callable, Mapping

import structlog
import trio
from attrs import define, field

from agentmgr.ports import Claim, Fenced, LeaseView, Token
from agentmgr.runtime.host import ZoneHost
from agentmgr.runtime.lobby import Lobby
from agentmgr.server.listener import AgtServer
from protocol.structures import SocketInfo

log = structlog.get_logger()

MOVED = "the zone is served by an Agent Manager now; connect again"


def new_incarnation() -> str:
    """Return what tells this process from all that ever were."""
    return secrets.token_hex(16)


@define(eq=False)
class _Open:
    """A lobby that is open at the port of a zone."""

    server: AgtServer
    lobby: Lobby
    ended: trio.Event = field(factory=trio.Event)


class Lobbies:
    """What answers at the ports of zones that are not open in this process.

    Args:
        make: makes a lobby's server and its listener.
        nursery: where they run.
    """

    def __init__(
        self, make: Callable[[str], tuple[AgtServer, Lobby, socket.socket]], nursery: trio.Nursery
    ) -> None:
        self._make = make
        self._nursery = nursery
        self._open: dict[str, _Open] = {}
        self._directory: Mapping[str, SocketInfo | None] = {}

    def open(self, zone: str) -> None:
        """Answer at the port of a zone; one where that is so already stays as it is."""
        if zone in self._open:
            return
        server, lobby, listener = self._make(zone)
        lobby.directory = self._directory
        self._open[zone] = opened = _Open(server, lobby)
        self._nursery.start_soon(self._serve, opened, listener)

    def close(self, zone: str) -> None:
        """Answer no longer: no connection is taken any more, and those that are open end soon."""
        opened = self._open.pop(zone, None)
        if opened is not None:
            opened.server.stop_accepting()
            self._nursery.start_soon(opened.server.close, MOVED)

    def tell(self, directory: Mapping[str, SocketInfo | None]) -> None:
        """Take in where zones are."""
        self._directory = directory
        for opened in self._open.values():
            opened.lobby.directory = directory

    async def _serve(self, opened: _Open, listener: socket.socket) -> None:
        await opened.server.serve([listener])
        opened.ended.set()


class ManagedZones:
    """The zones of this process as the keeper of its lease has them."""

    def __init__(self, host: ZoneHost, lobbies: Lobbies) -> None:
        self._host = host
        self._lobbies = lobbies

    @property
    def tokens(self) -> Mapping[str, Token]:
        """Those that are open, or are being opened anew after a fault, with their tokens."""
        return self._host.tokens

    async def open(self, zone: str, claim: Claim) -> None:
        """Take a zone over and serve it."""
        self._lobbies.close(zone)
        try:
            await self._host.open(zone, claim)
        except BaseException:
            self._lobbies.open(zone)
            raise

    async def close(self, zone: str, reason: str, grace_s: float) -> None:
        """Close a zone in order, after the time in which its agents may finish what they have."""
        await self._host.close(zone, reason, grace_s)

    def lose(self, zone: str, fault: Fenced) -> None:
        """Stop a zone at once that belongs to somebody else."""
        self._host.lose(zone, fault)

    def tell(self, view: LeaseView) -> None:
        """Take in who owns what."""
        live = {manager.incarnation for manager in view.managers}
        directory = {lease.zone: lease.address if lease.owner in live else None for lease in view.zones}
        self._lobbies.tell(directory)
        self._host.tell(directory)
