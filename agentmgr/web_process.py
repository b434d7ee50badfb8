"""A process without zones: it serves the web services on the database that managers share."""

import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from functools import partial

import structlog
import trio
from attrs import Factory, define
from prometheus_client import CollectorRegistry

from agentmgr.accepting import raise_descriptor_limit
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.databases import ServerFailed, open_stores
from agentmgr.log import configure
from agentmgr.managing import new_incarnation
from agentmgr.ports import LeaseStore, NoFloors, StoreFault
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.host import first_error
from agentmgr.runtime.notify import ServiceManager
from agentmgr.server.listener import open_listener
from agentmgr.settings.classes import Settings
from agentmgr.tls.certificates import BadCertificate, open_certificates
from agentmgr.upkeep import keep_up
from agentmgr.web.pages import HEALTH, pages
from agentmgr.web.rest import tell
from agentmgr.web.routes import STREAMED, api_routes, calls_of
from agentmgr.web.server import WebServer

log = structlog.get_logger()

LOOK_S = 2.0
"""How often it is looked which zones managers have; the same says whether the database is there."""
SHUTDOWN_S = 4.5
"""How long calls that are being answered may take at the end."""


@define
class _Zones:
    """Which zones managers have, or had, as this process has last seen it."""

    known: frozenset[str] = frozenset()
    database: str = "not seen yet"
    _looked: trio.Event = Factory(trio.Event)

    async def follow(self, leases: LeaseStore) -> None:
        """Look again and again; the database may come and go."""
        while True:
            try:
                view = await trio.to_thread.run_sync(leases.read)
            except StoreFault as fault:
                if self.database != "out of reach":
                    log.warning("database_out_of_reach", why=str(fault))
                self.database = "out of reach"
            else:
                self.known = frozenset(lease.zone for lease in view.zones)
                self.database = "ok"
            self._looked.set()
            await trio.sleep(LOOK_S)

    async def seen(self) -> None:
        """Wait for the first look."""
        await self._looked.wait()


SCHEDULER = Caller("schedule")
"""Who does what is scheduled."""


def run_web(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ServerFailed: it could not start or go on.
    """
    configure(settings.log.level, settings.log.format)
    raise_descriptor_limit()
    try:
        trio.run(serve_web, settings, _told_ready)
    except* (StoreFault, ServerFailed) as group:
        raise ServerFailed(str(first_error(group))) from None


async def _told_ready(port: int) -> None:
    ServiceManager().ready()


async def serve_web(settings: Settings, on_ready: Callable[[int], Awaitable[None]]) -> None:
    """Serve until SIGTERM or SIGINT; calls that are being answered then are answered.

    Args:
        settings: of the managers; of them `database`, `http`, `log`, `schedules`, `imports` and `connectors`
            are used.
        on_ready: called with the port when everything is served.
    """
    if not settings.database.url:
        raise ServerFailed(
            "database.url: is missing; web services in a process of their own need PostgreSQL, as a file"
            " belongs to one process: agentmgr serve has them on its HTTP port"
        )
    try:
        certificate = open_certificates({"http": settings.http.tls}).get("http")
    except BadCertificate as error:
        raise ServerFailed(str(error)) from None
    with ExitStack() as stack:
        http = settings.http
        try:
            sock = stack.enter_context(closing(open_listener(http.host, http.port)))
        except OSError as error:
            raise ServerFailed(
                f"http: cannot listen on {http.host} port {http.port}: {error.strerror}"
            ) from None
        store, leases = open_stores(settings, "", stack)
        assert leases is not None, "PostgreSQL has leases"
        zones = _Zones()
        # a zone finds what was written by itself, within two seconds
        backing = Backing(
            store,
            time.time,
            lambda: zones.known,
            lambda zone: None,
            NoFloors(),
            schedules=settings.schedules,
        )

        def services(caller: Caller) -> Services:
            return Services(backing, caller)

        app = pages(
            CollectorRegistry(), lambda: {"database": zones.database}, api_routes(calls_of(store, services))
        )
        web = WebServer(app, http, HEALTH, certificate, STREAMED, tell)
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(zones.follow, leases)
                await zones.seen()
                nursery.start_soon(web.serve, [trio.SocketListener(trio.socket.from_stdlib_socket(sock))])
                port = sock.getsockname()[1]
                log.info("web_ready", host=http.host, port=port)
                clock = Clock()
                nursery.start_soon(clock.follow)
                owner = new_incarnation()
                nursery.start_soon(partial(keep_up, backing, SCHEDULER, settings, clock, owner, shared=True))
                await on_ready(port)
                async for number in signals:
                    if number != signal.SIGHUP:
                        break
                    if certificate is not None:
                        await trio.to_thread.run_sync(certificate.reload)
                log.info("web_ending", signal=signal.Signals(number).name)
                with trio.move_on_after(SHUTDOWN_S):
                    await web.close()
                nursery.cancel_scope.cancel()
    log.info("web_ended")
