"""One manager among several: its lease, its zones, and what answers at the ports of the others' zones."""

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import structlog
import trio
from attrs import define

from agentmgr.databases import ServerFailed, open_stores
from agentmgr.ha import lock
from agentmgr.ha.guard import Guard, boot_time
from agentmgr.ha.keeper import Keeper, ZonePlan
from agentmgr.ports import Claim, Fenced, LeaseStore, LeaseView, ManagerLease, ManagerState, StoreFault, Token
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.host import ZoneHost
from agentmgr.runtime.lobby import Lobby
from agentmgr.runtime.writer import Writer
from agentmgr.server.listener import AgtServer
from agentmgr.settings.classes import Settings
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
        self._nursery.start_soon(opened.server.serve, [listener])

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
        """Take a zone over and serve it.

        Raises:
            Fenced, StoreFault: it could not be opened; the lobby answers again.
        """
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
        """Take in who owns what; a zone whose owner is over is nobody's until another has it."""
        live = {m.incarnation for m in view.managers if m.state is ManagerState.Live}
        directory = {lease.zone: lease.address if lease.owner in live else None for lease in view.zones}
        self._lobbies.tell(directory)
        self._host.tell(directory)


class ThisManager:
    """Implements `agentmgr.ports.Manager` for the process that it is in."""

    def __init__(self, name: str, keeper: Keeper | None) -> None:
        self._name = name
        self._keeper = keeper

    def ages(self) -> Mapping[str, float]:
        """Return how long ago each living incarnation was seen to have given a sign of life, in seconds."""
        return self._keeper.ages() if self._keeper is not None else {}

    def drain(self) -> str:
        """Do what a signal to stop does; returns the name of this manager."""
        os.kill(os.getpid(), signal.SIGTERM)
        return self._name


async def join(
    settings: Settings,
    host: ZoneHost,
    leases: LeaseStore,
    me: ManagerLease,
    permit: Guard,
    clock: Clock,
    lobbies: Lobbies,
    addresses: Mapping[str, SocketInfo],
    caller: Writer,
    nursery: trio.Nursery,
) -> Keeper:
    """Become one of several managers; returns when this one is known, and keeps its zones from then on.

    Args:
        addresses: where desktops reach each zone if it is here.
        caller: runs the calls to the leases, and nothing else.
        nursery: where the keeper runs; it raises ManagerExpired there when this one was called dead.

    Raises:
        StoreFault: it cannot be made known.
    """
    for zone in settings.zones:
        lobbies.open(zone.name)
    keeper = Keeper(
        me,
        {zone.name: ZonePlan(zone.manager, addresses[zone.name]) for zone in settings.zones},
        leases,
        caller,
        ManagedZones(host, lobbies),
        permit,
        settings.leases,
        clock.now,
        boot_time,
        lambda other: bool(other.lock) and lock.is_free(other.lock, other.incarnation),
    )
    await nursery.start(keeper.run)
    log.info("manager_known", manager=me.name, incarnation=me.incarnation)
    return keeper


def introduce(settings: Settings, incarnation: str, http_url: str, stack: ExitStack) -> ManagerLease:
    """Return this process as it is made known, its name locked for as long as the stack lives.

    Args:
        settings: the manager's.
        incarnation: of this process.
        http_url: where browsers reach its HTTP port.
        stack: holds the lock.

    Raises:
        NameInUse: another process of this machine has this manager's name.
    """
    path = lock_path(settings)
    stack.callback(os.close, lock.hold(path, incarnation))
    name, lock_file = settings.server.name, str(path)
    return ManagerLease(incarnation, name, version=version("agentmgr"), lock=lock_file, http_url=http_url)


def lock_path(settings: Settings) -> Path:
    """Return the file that the process of a manager locks: beside its admin socket."""
    return Path(settings.admin.socket).resolve().with_name(f"{settings.server.name}.lock")


def release_ended(settings: Settings) -> str:
    """Give up what a manager of this machine left that has ended, however it did; return what was done.

    Raises:
        ServerFailed: the database cannot be used.
    """
    name, incarnation = settings.server.name, lock.ended(lock_path(settings))
    if incarnation is None:
        return f"manager {name}: runs, or never ran; nothing to release"
    try:
        with ExitStack() as stack:
            _, leases = open_stores(settings, "", stack)
            if leases is None:
                return f"manager {name}: is alone with its database; nothing to release"
            leases.release(incarnation, time.time(), f"the process of {name} has ended")
    except StoreFault as error:
        raise ServerFailed(str(error)) from None
    return f"manager {name}: has ended; others take its zones"
