"""The whole server: every room made and joined here, and ended in order."""

import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
import trio
from attrs import define, frozen
from prometheus_client import CollectorRegistry

from agentmgr.accepting import raise_descriptor_limit
from agentmgr.admin import operations, watching
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import NO_PIECES, AdminRefused, Row, admin_socket, serve_admin
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.connectors.errands import ConnectorErrands
from agentmgr.core.floor import Floor
from agentmgr.databases import OpenStores, ServerFailed, open_stores
from agentmgr.ha.guard import Guard, kernel_timer
from agentmgr.ha.keeper import Keeper
from agentmgr.ha.lock import NameInUse
from agentmgr.log import configure
from agentmgr.making import ZoneMaker, switch_secret
from agentmgr.managing import Lobbies, ThisManager, introduce, join, new_incarnation
from agentmgr.ports import StoreFault
from agentmgr.publishing import prepare
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.figures import FigureKeeper
from agentmgr.runtime.floors import HostedFloors
from agentmgr.runtime.host import HostedZone, ZoneHost, first_error
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.notify import ServiceManager
from agentmgr.runtime.writer import open_writer
from agentmgr.server.listener import open_listener
from agentmgr.settings.classes import Settings
from agentmgr.store import SqlStore
from agentmgr.tls.certificates import BadCertificate, Certificate, open_certificates
from agentmgr.upkeep import keep_up
from agentmgr.web.board import Boards
from agentmgr.web.desktops import desktop_routes
from agentmgr.web.origins import is_of_managers
from agentmgr.web.pages import HEALTH, pages
from agentmgr.web.rest import tell
from agentmgr.web.routes import STREAMED, api_routes, calls_of
from agentmgr.web.server import WebServer
from agentmgr.web.supervise import supervise_routes
from agentmgr.web.wire import Serve, wire_route

T = TypeVar("T")

log = structlog.get_logger()

SHUTDOWN_S = 4.5
"""How long an orderly end may take after the grace; then the rest is cut off."""

CERTIFICATES_S = 3600.0
"""How often it is looked how long certificates are still valid."""

LOOK_INTERVAL_S = 1.0
"""How often it is looked whether the database's file is still there."""

REASON = "the server is ending; connect again later"

SWITCH_S = 0.0005
"""For so long a thread has Python to itself while another wants it."""
GARBAGE_OBJECTS = 1_000_000
"""When that many more objects live than did last time, Python looks for cycles: all wait for it meanwhile."""


@frozen
class RunningServer:
    """What a program that has the server inside it may use; from trio's thread.

    `http_url` is where its HTTP port is.
    """

    clock: Clock
    zones: Mapping[str, HostedZone]
    http_url: str
    _backing: Backing
    _host: ZoneHost
    _certificates: Mapping[str, Certificate]
    _keeper: Keeper | None = None

    async def reload(self) -> None:
        """Read what may change while the server runs: the certificates."""
        for certificate in self._certificates.values():
            await trio.to_thread.run_sync(certificate.reload)

    async def wind_down(self, grace_s: float) -> None:
        """Begin nothing new, and let agents finish what they have for so long at most, in real seconds.

        Where another manager is ready it has the zones then.
        """
        if self._keeper is None:
            await self._host.wind_down(grace_s)
        else:
            await self._keeper.leave(grace_s)

    def end_grace(self) -> None:
        """Let that time be over."""
        self._host.end_grace()

    def services(self, caller: Caller) -> Services:
        """Return the services as one caller has them, to be called in worker threads."""
        return Services(self._backing, caller)

    async def perform(self, request: Request, pieces: Iterator[str] = NO_PIECES) -> list[Row]:
        """Carry out a request as the admin socket would."""
        services = self.services(operations.SUPERVISOR)
        return await trio.to_thread.run_sync(lambda: list(operations.perform(request, services, pieces)))


def run_server(settings: Settings) -> None:
    """Run the server until SIGTERM or SIGINT.

    Raises:
        ServerFailed: it could not start or go on.
    """
    configure(settings.log.level, settings.log.format)
    raise_descriptor_limit()
    try:
        trio.run(serve_until_told, settings, _tune_python)
    except* (StoreFault, AdminRefused, ServerFailed, NameInUse) as group:
        raise ServerFailed(str(first_error(group))) from None


async def serve_until_told(
    settings: Settings, on_ready: Callable[["RunningServer"], Awaitable[None]]
) -> None:
    """Serve until SIGTERM or SIGINT, and end after the grace; a second one ends it, a third cuts off.

    Args:
        settings: what to serve.
        on_ready: called when everything is served.
    """
    ending = trio.CancelScope()
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            async with open_server(settings, ending=ending, kill_in=kernel_timer) as server:
                await on_ready(server)
                service = ServiceManager()
                service.ready()
                nursery.start_soon(service.feed)
                nursery.start_soon(_reload_when_told, server, service)
                number, grace_s = await anext(signals), settings.server.stop_grace_s
                service.stopping()
                log.info("server_ending", signal=signal.Signals(number).name, grace_s=grace_s)
                nursery.start_soon(_hurry, signals, server, ending)
                await server.wind_down(grace_s)
            nursery.cancel_scope.cancel()
    log.info("server_ended")


async def _reload_when_told(server: "RunningServer", service: ServiceManager) -> None:
    with trio.open_signal_receiver(signal.SIGHUP) as signals:
        async for _ in signals:
            service.reloading()
            await server.reload()
            service.ready()


async def _hurry(signals: AsyncIterator[int], server: "RunningServer", ending: trio.CancelScope) -> None:
    """Take each further signal for greater haste."""
    log.info("grace_ended", signal=signal.Signals(await anext(signals)).name)
    server.end_grace()
    log.warning("server_cut_off", signal=signal.Signals(await anext(signals)).name)
    ending.cancel()


async def _tune_python(server: "RunningServer") -> None:
    tune_python()


def tune_python() -> None:
    """Let Python look for garbage in cycles, and pass its lock on, as a server needs it.

    Calls and commands leave no cycles behind, which a test holds. So they are looked for when the number of
    objects has grown a lot, and not in what stays for good: a search through all of a busy zone takes half a
    second, in which no desktop is served. And whoever talks to desktops would wait 5 ms for a thread that
    reads a call of the web services.
    """
    sys.setswitchinterval(SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)


@asynccontextmanager
async def open_server(
    settings: Settings,
    start_s: float | None = None,
    *,
    ending: trio.CancelScope | None = None,
    kill_in: Callable[[float], None] = lambda after_s: None,
    open_stores: OpenStores = open_stores,
) -> AsyncIterator[RunningServer]:
    """Serve everything that is configured while the block runs; leaving it ends the server in order.

    Agents get no time to finish what they have: that is `RunningServer.wind_down`, before.

    Args:
        settings: what to serve.
        start_s: where the server's clock starts, epoch seconds; None is now.
        ending: what the end runs in; cancelling it cuts off what is left.
        kill_in: has the kernel end this process, as in `agentmgr.ha.guard.Guard`.
        open_stores: opens the database, and the leases of several managers if it has some.

    Raises:
        ServerFailed, StoreFault, AdminRefused: it cannot start or go on, alone or in a group.
    """
    with ExitStack() as stack:
        certificates = certificates_of(settings)
        secret = switch_secret(settings)
        sockets = {
            zone.name: _listen(zone.host, zone.port, f"zone {zone.name}", stack) for zone in settings.zones
        }
        http_socket = _listen(settings.http.host, settings.http.port, "http", stack)
        scheme = "https" if "http" in certificates else "http"
        http_url = f"{scheme}://{settings.http.host}:{http_socket.getsockname()[1]}"
        admin_listener = stack.enter_context(admin_socket(Path(settings.admin.socket)))
        incarnation = new_incarnation()
        store, leases = open_stores(settings, incarnation, stack)
        permit = Guard(kill_in=kill_in) if leases is not None else None
        clock = Clock(start_s, settings.switch.speed)
        registry = CollectorRegistry()
        metrics = RuntimeMetrics(registry)
        # before any zone: what a takeover ends is told too
        publishing = prepare(
            settings, store.outbox, store.processing, incarnation, clock.now, registry, stack
        )
        async with AsyncExitStack() as threads, trio.open_nursery() as nursery:
            # one for each zone, so that what two zones commit at a time can share an fdatasync
            writers = {zone.name: await threads.enter_async_context(open_writer()) for zone in settings.zones}
            threads.callback(store.wait_no_more)
            shared = store, writers, clock, metrics, permit, secret, ConnectorErrands(publishing.calls)
            maker = ZoneMaker(settings, sockets, certificates, *shared)
            ends = _Ends(maker.release)
            host = ZoneHost(maker.make, ends)
            await nursery.start(host.run)
            nursery.start_soon(clock.follow)
            keeper = None
            if leases is None or permit is None:
                for zone in settings.zones:
                    await host.open(zone.name)
            else:
                me = introduce(settings, incarnation, settings.http.url or http_url, stack)
                lobbies = Lobbies(maker.make_lobby, nursery)
                addresses = {zone.name: maker.address(zone) for zone in settings.zones}
                caller = await threads.enter_async_context(open_writer())
                ends.then = lobbies.open
                keeper = await join(
                    settings, host, leases, me, permit, clock, lobbies, addresses, caller, nursery
                )
            floors = HostedFloors(host, clock)

            def zones() -> frozenset[str]:
                return frozenset(host.zones) if keeper is None else keeper.known

            backing = Backing(
                store,
                _from_thread(clock.now),
                zones,
                _hinter(host),
                floors,
                ThisManager(settings.server.name, keeper),
                settings.schedules,
            )
            server = RunningServer(clock, host.zones, http_url, backing, host, certificates, keeper)
            services = server.services(operations.SUPERVISOR)
            nursery.start_soon(
                serve_admin, admin_listener, operations.from_socket(services), watching.followed(services)
            )
            calls = calls_of(store, server.services)
            managers = partial(_pages, keeper)
            boards = Boards(partial(_goings_on, server.services), nursery)
            web = WebServer(
                pages(
                    registry,
                    lambda: _states(host, keeper),
                    [
                        *api_routes(calls),
                        wire_route(partial(_desktops, host), is_of_managers(managers)),
                        *desktop_routes(zones, settings.browser, managers),
                        *supervise_routes(calls, boards),
                    ],
                ),
                settings.http,
                HEALTH,
                certificates.get("http"),
                STREAMED,
                tell,
            )
            nursery.start_soon(web.serve, [_listener(http_socket)])
            nursery.start_soon(_look_at, list(certificates.values()))
            shares = leases is not None
            nursery.start_soon(
                partial(keep_up, backing, operations.SUPERVISOR, settings, clock, incarnation, shared=shares)
            )
            nursery.start_soon(publishing.run)
            nursery.start_soon(
                FigureKeeper(partial(_floors_of, host), clock, partial(_in_thread, store.add_figures)).run
            )
            nursery.start_soon(_watch_files, store, host)
            log.info("http_served", host=settings.http.host, port=http_socket.getsockname()[1])
            log.info("server_ready", database=str(store.path), admin=settings.admin.socket)
            try:
                yield server
            finally:
                with ending or trio.CancelScope() as scope:
                    scope.shield, scope.deadline = True, trio.current_time() + SHUTDOWN_S
                    await host.close_all(REASON)
                    if keeper is not None:
                        await keeper.release(REASON)
                    boards.close()
                    await web.close()
                nursery.cancel_scope.cancel()


@define
class _Ends:
    """What happens at the port of a zone that has ended here."""

    then: Callable[[str], None]

    def __call__(self, zone: str) -> None:
        self.then(zone)


def _states(host: ZoneHost, keeper: Keeper | None) -> Mapping[str, str]:
    """Return how the parts of the server are; a zone that another manager has is no part of it."""
    if keeper is None:
        return host.states
    lease = "ok" if keeper.guard.is_valid() else "not renewed"
    return {"lease": lease, **{zone: host.states[zone] for zone in host.tokens}}


def _floors_of(host: ZoneHost) -> Mapping[str, Floor]:
    return {name: hosted.zone for name, hosted in host.zones.items()}


async def _in_thread(work: Callable[[T], None], what: T) -> None:
    await trio.to_thread.run_sync(work, what, abandon_on_cancel=True)  # the end waits for no database


def _goings_on(services: Callable[[Caller], Services], organisation: str) -> AsyncIterator[Sequence[Row]]:
    """Return what goes on, as an organisation's supervisors see it."""
    return watching.watch(services(Caller(operations.SUPERVISOR.name, organisation)))


def _pages(keeper: Keeper | None) -> tuple[str, ...]:
    """Return where browsers reach the managers, if there are several."""
    return () if keeper is None else keeper.pages


def _desktops(host: ZoneHost, zone: str) -> Serve | None:
    """Return what serves the desktops of a zone; None if it is not here."""
    hosted = host.zones.get(zone)
    return hosted.desktops.serve_stream if hosted is not None else None


def certificates_of(settings: Settings) -> dict[str, Certificate]:
    """Load the certificates of all ports that have one.

    Raises:
        ServerFailed: one cannot be served with.
    """
    ports = {f"zone {zone.name}": zone.tls for zone in settings.zones}
    try:
        return open_certificates({**ports, "http": settings.http.tls})
    except BadCertificate as error:
        raise ServerFailed(str(error)) from None


async def _look_at(certificates: Sequence[Certificate]) -> None:
    """Tell of certificates that end soon."""
    while True:
        await trio.sleep(CERTIFICATES_S)
        for certificate in certificates:
            certificate.look()


async def _watch_files(store: SqlStore, host: ZoneHost) -> None:
    """Let all zones stop when the database's file is not the one any more that is open.

    Raises:
        StoreFault: it is not, and there is no zone to tell it.
    """
    while True:
        await trio.sleep(LOOK_INTERVAL_S)
        try:
            await trio.to_thread.run_sync(store.look)
        except StoreFault as fault:
            if not host.fail(fault):
                raise
            return


def _from_thread(now: Callable[[], float]) -> Callable[[], float]:
    """Let a worker thread ask for the time, which trio's thread alone knows."""
    return lambda: trio.from_thread.run_sync(now)


def _hinter(host: ZoneHost) -> Callable[[str], None]:
    """Let worker threads hint that the store has another state of a job of a zone."""
    trio_token = trio.lowlevel.current_trio_token()

    def tell(zone: str) -> None:
        if zone in host.zones:
            host.zones[zone].jobs.hint()

    return lambda zone: trio_token.run_sync_soon(tell, zone)


def _listen(host: str, port: int, what: str, stack: ExitStack) -> socket.socket:
    try:
        return stack.enter_context(closing(open_listener(host, port)))
    except OSError as error:
        raise ServerFailed(f"{what}: cannot listen on {host} port {port}: {error.strerror}") from None


def _listener(sock: socket.socket) -> trio.SocketListener:
    return trio.SocketListener(trio.socket.from_stdlib_socket(sock))
