"""The zones that a process serves: each opened, kept and closed for itself while the process runs.

A zone is crash-only: one that meets a fault of its own is opened anew, as a takeover would open it, and the
others notice nothing. One that another owner has taken is let go. Only a store that fails ends the host,
since all zones of a process share it.
"""

import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import structlog
import trio
from attrs import define, evolve, field, frozen

from agentmgr.core.events import DirectoryChanged
from agentmgr.core.zone import Zone
from agentmgr.ports import Claim, Fenced, StoreFault, StoreLost, Token
from agentmgr.runtime.feed import Feed
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.wanted import JobsKeeper
from protocol.structures import SocketInfo

log = structlog.get_logger()

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""How long a zone that met a fault stays closed; each pause is twice the one before, up to the longest."""

STEADY_S = 300.0
"""A zone that was open so long begins with the first pause again."""

CLOSED_BY_FAULT = "the zone had to stop; log on again"


class DesktopServer(Protocol):
    """What serves the desktops of a zone, and ends their connections."""

    async def serve(
        self,
        listeners: Sequence[socket.socket],
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serve connections until `close` has finished or this is cancelled; closes the listeners."""
        ...

    async def serve_stream(self, stream: trio.abc.Stream, peer: str) -> None:
        """Serve one more desktop, over a stream that somebody else has accepted, until it is closed."""
        ...

    def stop_accepting(self) -> None:
        """Take no new connections; those that are open go on."""
        ...

    async def close(self, reason: str) -> None:
        """Tell every desktop the reason and close, in a time that is bounded."""
        ...


@frozen
class HostedZone:
    """A zone that is open; its desktops connect to `host` and `port`, where `listeners` listen."""

    name: str
    host: str
    port: int
    listeners: Sequence[socket.socket]
    zone: Zone
    runner: ZoneRunner
    jobs: JobsKeeper
    feed: Feed
    desktops: DesktopServer

    @property
    def token(self) -> Token:
        """What its writes are checked against."""
        return self.runner.token


@define(eq=False)
class _Kept:
    """A zone from its opening to its end, however often it is opened anew."""

    claim: Claim | None
    token: Token
    reason: str = ""
    is_ending: bool = False
    was_served: bool = False
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    ended: trio.Event = field(factory=trio.Event)
    pause_s: float = FIRST_PAUSE_S


class ZoneHost:
    """Opens zones and closes them; all of it is for trio's thread.

    Args:
        make: takes a zone over and makes everything that it needs, not running yet; called for each opening,
            with the claim that the zone is opened by, if it takes one.
        release: called when a zone has ended for good.

    Attributes:
        zones: those that are open, by name; to be read only.
    """

    def __init__(
        self,
        make: Callable[[str, Claim | None], Awaitable[HostedZone]],
        release: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.zones: dict[str, HostedZone] = {}
        self._make = make
        self._release = release
        self._kept: dict[str, _Kept] = {}
        self._states: dict[str, str] = {}
        self._directory: dict[str, SocketInfo | None] = {}
        self._is_told = False
        self._nursery: trio.Nursery | None = None

    @property
    def states(self) -> Mapping[str, str]:
        """How each zone is: `ok`, `reopening`, `ending`, or `ended`."""
        return self._states

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Keep zones until cancelled.

        Raises:
            StoreFault: the store failed, alone or in a group; every zone has ended.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            await trio.sleep_forever()

    @property
    def tokens(self) -> Mapping[str, Token]:
        """The tokens of all zones that are kept, open or to be opened anew."""
        return {name: kept.token for name, kept in self._kept.items()}

    async def open(self, name: str, claim: Claim | None = None) -> HostedZone:
        """Open a zone while `run` runs; returns when it is served.

        Raises:
            StoreFault, or whatever `make` raises: it cannot be opened, and nothing is left of it.
        """
        if self._nursery is None or name in self._kept:
            raise RuntimeError(f"zone {name} is open, or the host does not run")
        zone = await self._make(name, claim)
        kept = self._kept[name] = _Kept(claim, zone.token)
        await self._nursery.start(self._keep, zone, kept)
        return zone

    async def close(self, name: str, reason: str, grace_s: float = 0.0) -> None:
        """Close a zone in order: its desktops are told, its commits finished, its connections closed.

        Args:
            name: of the zone; one that has ended does no harm.
            reason: what desktops are told with the close.
            grace_s: how long agents may finish what they have, real seconds; those who come back are let in.
        """
        kept = self._kept.get(name)
        if kept is None:
            return
        kept.reason = reason
        await self._wind_down(name, grace_s)
        zone = self.zones.get(name)
        if zone is not None:
            zone.desktops.stop_accepting()
            await zone.runner.close()
        await kept.ended.wait()

    async def wind_down(self, grace_s: float) -> None:
        """Let no zone begin anything new, and agents finish what they have.

        Args:
            grace_s: how long at most, real seconds; less if nobody has a contact any more, or at `end_grace`.
        """
        async with trio.open_nursery() as nursery:
            for name in list(self._kept):
                nursery.start_soon(self._wind_down, name, grace_s)

    def end_grace(self) -> None:
        """Let the time be over that agents have to finish what they have begun."""
        for zone in self.zones.values():
            zone.runner.end_grace()

    def lose(self, name: str, fault: Fenced) -> None:
        """Stop a zone at once that another owner has; one that is not open does no harm."""
        if name in self.zones:
            self.zones[name].runner.fail(fault)
        elif name in self._kept:
            self._kept[name].scope.cancel()

    def tell(self, directory: Mapping[str, SocketInfo | None]) -> None:
        """Tell all zones where every zone is served, from now on by who owns what in all processes."""
        self._is_told = True
        if directory != self._directory:
            self._directory = dict(directory)
            self._tell_directory()

    def fail(self, fault: StoreFault) -> bool:
        """Let every zone stop because of the store; False if none is open."""
        for zone in self.zones.values():
            zone.runner.fail(fault)
        return bool(self.zones)

    async def close_all(self, reason: str) -> None:
        """Close all zones at once, in order."""
        for zone in self.zones.values():
            zone.desktops.stop_accepting()
        async with trio.open_nursery() as nursery:
            for name in list(self._kept):
                nursery.start_soon(self.close, name, reason)

    async def _wind_down(self, name: str, grace_s: float) -> None:
        kept, zone = self._kept.get(name), self.zones.get(name)
        if kept is None:
            return
        self._states[name], kept.is_ending = "ending", True
        if zone is not None:
            await zone.runner.wind_down(grace_s)
        else:
            kept.scope.cancel()

    # -- one zone --------------------------------------------------------------------------

    async def _keep(
        self, zone: HostedZone, kept: _Kept, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        await self._keep_open(zone, kept, task_status)
        if not kept.was_served:  # it was closed before it could be; whoever opened it need not know
            task_status.started()

    async def _keep_open(self, zone: HostedZone, kept: _Kept, task_status: trio.TaskStatus[None]) -> None:
        """Serve a zone, and open it anew after a fault of its own, until it is closed or lost."""
        name = zone.name
        try:
            with kept.scope:
                while True:
                    opened_at = trio.current_time()
                    fault = await self._serve(zone, kept, task_status)
                    task_status = trio.TASK_STATUS_IGNORED
                    if fault is None or isinstance(fault, Fenced):
                        return
                    if isinstance(fault, StoreFault):
                        raise fault
                    if kept.is_ending:
                        return
                    if trio.current_time() - opened_at > STEADY_S:
                        kept.pause_s = FIRST_PAUSE_S
                    zone = await self._open_anew(name, kept, fault)
        except Fenced as fenced:
            log.warning("zone_lost", zone=name, why=str(fenced))
        finally:
            del self._kept[name]
            if self._is_told:  # it goes on in another process
                self._states.pop(name, None)
            else:
                self._states[name] = "ended"
            self._release(name)
            if not self._is_told:
                self._directory.pop(name, None)
                self._tell_directory()
            kept.ended.set()

    async def _open_anew(self, name: str, kept: _Kept, fault: BaseException) -> HostedZone:
        """Open a zone after a fault of its own, and a pause; as often as it takes to reach the store."""
        why, claim = repr(fault), kept.claim
        while True:
            log.error("zone_reopens", zone=name, after_s=kept.pause_s, why=why)
            self._states[name] = "reopening"
            await trio.sleep(kept.pause_s)
            kept.pause_s = min(2 * kept.pause_s, LONGEST_PAUSE_S)
            if claim is not None:
                claim = evolve(claim, seen=kept.token, reason=f"opened anew after a fault: {fault!r}")
            try:
                zone = await self._make(name, claim)
            except StoreLost as lost:
                why = str(lost)
            else:
                kept.token = zone.token
                return zone

    async def _serve(
        self, zone: HostedZone, kept: _Kept, task_status: trio.TaskStatus[None]
    ) -> BaseException | None:
        """Run one opening of a zone; returns what ended it, None if it was closed."""
        fault: BaseException | None = None
        self.zones[zone.name] = zone
        self._states[zone.name] = "ok"
        if not self._is_told:
            config = zone.zone.config
            self._directory[zone.name] = SocketInfo(zone.host, zone.port, config.era, config.epoch)
        self._tell_directory()
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(zone.desktops.serve, zone.listeners)
                nursery.start_soon(zone.jobs.run)
                kept.was_served = True
                task_status.started()
                log.info("zone_served", zone=zone.name, host=zone.host, port=zone.port)
                try:
                    await zone.runner.run()
                except Exception as error:
                    fault = error
                await zone.desktops.close(kept.reason or CLOSED_BY_FAULT)
                nursery.cancel_scope.cancel()
        except Exception as error:
            fault = first_error(error)
        finally:
            self.zones.pop(zone.name, None)
        return fault

    def _tell_directory(self) -> None:
        """Tell every zone where all zones are served."""
        for zone in self.zones.values():
            zone.runner.push(DirectoryChanged(dict(self._directory)))


def first_error(error: BaseException) -> BaseException:
    """Return the first error that is in a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
