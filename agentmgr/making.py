"""Makes a zone with all that it needs, or what answers in its place, from the settings."""

import secrets
import socket
import time
from collections.abc import Mapping
from functools import partial

import attrs
import trio
from attrs import Factory, frozen

from agentmgr.campaign.passwords import verify_and_renew
from agentmgr.core.model import ZoneConfig, ZoneTimers
from agentmgr.core.timezones import TIMEZONES
from agentmgr.core.zone import Zone
from agentmgr.databases import ServerFailed
from agentmgr.ha.guard import Guard
from agentmgr.ports import Claim, ErrandRunner, Telephony, Token
from agentmgr.runtime.blending import BlendedZone
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import Feed
from agentmgr.runtime.floors import numbers_of_jobs
from agentmgr.runtime.host import HostedZone
from agentmgr.runtime.lobby import Lobby
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.runtime.runner import ZoneRunner
from agentmgr.runtime.wanted import JobsKeeper
from agentmgr.runtime.writer import Writer
from agentmgr.server.connections import Connections
from agentmgr.server.listener import AgtServer
from agentmgr.settings.classes import Settings, ZoneSettings
from agentmgr.store import (
    SqlStore,
)
from agentmgr.telephony.driver import Driver
from agentmgr.telephony.inbound import SimInbound
from agentmgr.telephony.params import split_address
from agentmgr.telephony.remote import RemoteSwitch
from agentmgr.telephony.secret import SecretUnusable, read_secret
from agentmgr.telephony.switch import SimSwitch
from agentmgr.tls.certificates import Certificate
from protocol.structures import SocketInfo


@frozen
class ZoneMaker:
    """Makes what a zone needs, from the settings and what all zones share."""

    settings: Settings
    sockets: Mapping[str, socket.socket]
    certificates: Mapping[str, Certificate]
    store: SqlStore
    writers: Mapping[str, Writer]
    clock: Clock
    metrics: RuntimeMetrics
    permit: Guard | None
    switch_secret: bytes
    errands: ErrandRunner
    switches: dict[str, Driver] = Factory(dict)

    async def make(self, name: str, claim: Claim | None) -> HostedZone:
        """Take a zone over; the epoch of whoever had it before is over."""
        (zone,) = (each for each in self.settings.zones if each.name == name)
        clock, settings = self.clock, self.settings
        writer = self.writers[name]
        opened = await writer.call(self.store.open_zone, name, clock.now(), claim)
        switch = self._switch(opened.token)
        config = ZoneConfig(
            zone=name,
            era=opened.token.era,
            epoch=opened.token.epoch,
            run=opened.run,
            switch_confirms=switch.confirms,
            timezones=TIMEZONES,
            utc_offset_s=float(time.localtime().tm_gmtoff),
            token_secret=secrets.token_bytes(32),
            **attrs.asdict(_timers(zone.timers, settings.switch.speed, covers=self.permit is not None)),
        )
        machine, metrics = Zone(config, clock.now()), self.metrics.for_zone(name)
        self.metrics.watch(name, machine.stats)
        self.metrics.watch_campaigns(name, lambda: numbers_of_jobs(machine))
        blended = _blended(machine, settings, clock.now())
        if blended is not None:
            self.metrics.watch_blending(name, blended)
        connections, feed = Connections(), Feed(machine)
        runner = ZoneRunner(
            blended or machine,
            opened,
            self.store,
            writer,
            switch,
            connections,
            clock,
            partial(verify_and_renew, self.store.renew_hash),
            metrics,
            feed=feed,
            permit=self.permit,
            errands=self.errands,
        )
        # a copy, since a listener closes what it listens at, and the zone may be opened once more
        listener = self.sockets[name].dup()
        listener.setblocking(False)
        certificate = self.certificates.get(f"zone {name}")
        agt = AgtServer(connections, runner, metrics, settings.desktops, certificate)
        port = listener.getsockname()[1]
        keeper = JobsKeeper(runner.read_jobs_wanted)
        return HostedZone(name, zone.host, port, [listener], machine, runner, keeper, feed, agt)

    def _switch(self, token: Token) -> Telephony:
        """Return the switch of a zone, one for each: its calls don't depend on what else is configured.

        One in this process keeps its calls when the zone is opened anew after a fault.
        """
        params = self.settings.switch
        where = split_address(params.address)
        if where is None:
            if token.zone not in self.switches:
                self.switches[token.zone] = Driver(SimSwitch(params.seed, params), self.clock.steady)
            return self.switches[token.zone]
        host, port = where
        return RemoteSwitch(
            partial(trio.open_tcp_stream, host, port),
            self.switch_secret,
            token,
            confirms=params.confirms_orders,
            speed=params.speed,
            bridge_s=params.bridge_s,
        )

    def make_lobby(self, name: str) -> tuple[AgtServer, Lobby, socket.socket]:
        """Make what answers at the port of a zone while it is not here."""
        connections, metrics = Connections(), self.metrics.for_zone(name)
        lobby = Lobby(connections, metrics)
        listener = self.sockets[name].dup()
        listener.setblocking(False)
        certificate = self.certificates.get(f"zone {name}")
        agt = AgtServer(connections, lobby, metrics, self.settings.desktops, certificate)
        return agt, lobby, listener

    def address(self, zone: ZoneSettings) -> SocketInfo:
        """Return where desktops reach a zone when it is here."""
        return SocketInfo(zone.address or zone.host, self.sockets[zone.name].getsockname()[1])

    def release(self, name: str) -> None:
        """Let the port of a zone go that will not be opened any more."""
        self.sockets[name].close()


def switch_secret(settings: Settings) -> bytes:
    """Return what this manager shares with a switch in another process; empty if it has none there.

    Raises:
        ServerFailed: it is needed, and missing or unusable.
    """
    where = split_address(settings.switch.address)
    if where is None:
        return b""
    try:
        return read_secret(settings.switch.secret_file, where[0])
    except SecretUnusable as error:
        raise ServerFailed(str(error)) from None


def _timers(timers: ZoneTimers, speed: float, *, covers: bool) -> ZoneTimers:
    """Return a zone's times on its clock; desktops live in real time, however fast the clock runs.

    Where another manager may take the zone over every agent is covered.
    """
    return attrs.evolve(
        timers,
        agent_silence_s=timers.agent_silence_s * speed,
        agent_answer_s=timers.agent_answer_s * speed,
        cover_all_agents=timers.cover_all_agents or covers,
    )


def _blended(zone: Zone, settings: Settings, now: float) -> BlendedZone | None:
    """Put a blender around a zone, if there is inbound; each zone has a queue of its own."""
    inbound = settings.inbound
    if not inbound.enabled:
        return None
    return BlendedZone(zone, SimInbound(inbound.seed, inbound, now), inbound)
