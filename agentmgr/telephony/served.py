"""The simulated switch as a process of its own: it outlives the managers that connect to it.

It has a switch for each zone. Of a zone the owner with the highest token is obeyed, and of that the latest
connection; whoever had the zone before is told, and what that still orders is refused and counted. What an
owner was to be told is kept until it says that it has it.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
import trio

from agentmgr.accepting import accept_all
from agentmgr.core.effects import TelephonyOrder
from agentmgr.core.events import OrderFailed, OrderFault, TelephonyEvent
from agentmgr.telephony import wire
from agentmgr.telephony.driver import Clock, Driver
from agentmgr.telephony.legs import Hears
from agentmgr.telephony.link import ENDED, Link, LinkTimes, Numbered, follows
from agentmgr.telephony.switch import SimSwitch
from protocol.errors import RemoteProtocolError

log = structlog.get_logger()

KEPT_EVENTS = 20_000
"""How many events wait for an owner that does not hear; with more it has to begin again with nothing."""

CONNECTIONS = 256
ZONES = 256
KEEPS = 0.5
"""How much of the reserve of descriptors connections leave alone."""

LINGER_S = 5.0
"""How long an owner that a zone was taken from is still listened to, to count what it orders."""

Token = tuple[int, int]
"""Era and epoch of an owner."""


class SwitchServer:
    """Serves managers; for trio's thread.

    Args:
        make: makes the switch of a zone that is named for the first time.
        clock: of all of them, never stepped.
        speed: of the clock, as managers are told.
        secret: what they have to know; empty where none is needed.
        times: of connections.
        kept_events: see KEPT_EVENTS.
    """

    def __init__(
        self,
        make: Callable[[], SimSwitch],
        clock: Clock,
        speed: float = 1.0,
        secret: bytes = b"",
        times: LinkTimes | None = None,
        kept_events: int = KEPT_EVENTS,
    ) -> None:
        self.zones: dict[str, ServedZone] = {}
        self._make = make
        self._clock = clock
        self._speed = speed
        self._secret = secret
        self._times = times or LinkTimes()
        self._kept_events = kept_events
        self._connections = 0
        self._nursery: trio.Nursery | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let calls go on, and serve what `take` is given, within the block."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            yield
            nursery.cancel_scope.cancel()

    async def accept(self, listener: trio.abc.Listener[Any]) -> None:
        """Take whoever connects, until cancelled; the listener is closed in the end."""
        await accept_all(listener, "switch", KEEPS, self.take)

    def take(self, stream: trio.abc.Stream) -> None:
        """Serve a connection to its end."""
        assert self._nursery is not None, "it runs"
        self._nursery.start_soon(self._serve_stream, stream)

    async def _serve_stream(self, stream: trio.abc.Stream) -> None:
        link = Link(stream, self._times)
        self._connections += 1
        try:
            await self._serve(link)
        except ENDED as error:
            log.debug("switch_connection_ended", why=str(error) or type(error).__name__)
        except Exception:  # of one connection, and no other shall notice
            log.exception("switch_connection_failed")
        finally:
            self._connections -= 1
            await link.aclose()

    async def _serve(self, link: Link) -> None:
        if self._connections > CONNECTIONS:
            await _refuse(link, wire.Refusal.Full, f"it serves {CONNECTIONS} connections already")
            return
        challenge = secrets.token_hex(32)
        await link.say(wire.Challenge(wire.VERSION, challenge))
        first = await link.greeted()
        if not isinstance(first, wire.Hello | wire.AskStatus):
            raise RemoteProtocolError("the first message must be a Hello")
        if not wire.is_proof(first.proof, wire.proof(self._secret, challenge, first)):
            log.warning("switch_secret_wrong", zone=getattr(first, "zone", ""))
            await _refuse(link, wire.Refusal.Secret, "it has another secret than this manager")
            return
        if isinstance(first, wire.AskStatus):
            for status in [zone.status() for zone in self.zones.values()]:
                await link.say(status)
            await link.say(wire.StatusEnd())
            return
        served = self.zones.get(first.zone) or self._new_zone(first.zone)
        if served is None:
            await _refuse(link, wire.Refusal.Full, f"it has {ZONES} zones already")
            return
        proof = wire.counter_proof(self._secret, challenge, first.nonce)
        await served.serve(first, link, proof, self._speed)

    def _new_zone(self, name: str) -> "ServedZone | None":
        if len(self.zones) >= ZONES:
            return None
        assert self._nursery is not None
        zone = self.zones[name] = ServedZone(name, self._make(), self._clock, self._kept_events)
        self._nursery.start_soon(self._run, zone)
        return zone

    async def _run(self, zone: "ServedZone") -> None:
        try:
            await zone.run()
        except Exception:
            log.exception("switch_failed", zone=zone.name)
            del self.zones[zone.name]
            zone.cut_off()  # its owner comes again, and finds one without calls


async def _refuse(link: Link, reason: wire.Refusal, why: str) -> None:
    await link.say(wire.Refused(reason, why))


class ServedZone:
    """The switch of one zone, and who may use it.

    Attributes:
        stale_orders: how many orders were refused because the zone had been taken from who gave them.
    """

    def __init__(self, name: str, switch: SimSwitch, clock: Clock, kept_events: int) -> None:
        self.name = name
        self.stale_orders = 0
        self._switch = switch
        self._clock = clock
        self._driver = Driver(switch, clock)
        self._log = log.bind(zone=name)
        self._log_all = self._log.is_enabled_for(10)
        self._token: Token = (-1, -1)
        self._attempt = self._life = 0
        self._owner: _Connection | None = None
        self._events = Numbered(kept_events)
        self._done = 0
        self._asked: list[str] = []
        self._has_begun = False
        """Whether the owner has said what it knows: before that nothing concerns it that happens."""
        self._orders = self._takeovers = 0

    async def run(self) -> None:
        """Let calls go on until cancelled.

        Raises:
            Exception: the simulation has a fault.
        """
        async with self._driver.open(self._tell):
            await trio.sleep_forever()

    def status(self) -> wire.ZoneStatus:
        """Return how the zone is."""
        return wire.ZoneStatus(
            self.name,
            *self._token,
            self._owner is not None,
            self._switch.open_calls,
            self._switch.open_lines,
            len(self._talking()),
            self._orders,
            self._takeovers,
            self.stale_orders,
        )

    # -- owners ------------------------------------------------------------------------------

    async def serve(self, hello: wire.Hello, link: Link, proof: str, speed: float) -> None:
        """Serve the connection of an owner until it ends, or refuse it.

        Raises:
            ENDED: it is over.
        """
        token = (hello.era, hello.epoch)
        if token < self._token:
            self._log.warning("stale_manager_refused", epoch=hello.epoch, current=self._token[1])
            await _refuse(link, wire.Refusal.Stale, self._stale)
            return
        if token == self._token and hello.attempt <= self._attempt:
            await _refuse(link, wire.Refusal.Superseded, "a later connection has come already")
            return
        connection = _Connection(self, link, token)
        resumed = self._take_over(hello, token, connection)
        welcome = wire.Welcome(proof, resumed, self._done, self._switch.confirms, speed)
        try:
            await link.say(welcome)
            await connection.run()
        finally:
            if self._owner is connection:
                self._owner = None

    def _take_over(self, hello: wire.Hello, token: Token, connection: "_Connection") -> bool:
        """Let a connection be the owner's; tells whether its life goes on."""
        before, self._owner = self._owner, connection
        is_same = token == self._token
        self._token, self._attempt = token, hello.attempt
        resumed = is_same and hello.life == self._life
        if resumed:
            try:
                self._events.send_again(hello.heard)
            except RemoteProtocolError:
                resumed = False
        if not resumed:
            self._begin_life(hello.life)
        if not is_same:
            self._takeovers += 1
            self._log.info(
                "zone_taken_over",
                epoch=hello.epoch,
                calls=self._switch.open_calls,
                lines=self._switch.open_lines,
            )
        if before is not None and is_same:
            before.link.end()
        elif before is not None:
            before.dismiss(wire.Refused(wire.Refusal.Stale, self._stale))
        return resumed

    @property
    def _stale(self) -> str:
        return f"zone {self.name} is of a manager with a higher epoch, {self._token[1]}"

    def _begin_life(self, life: int) -> None:
        self._life = life
        self._events.reset()
        self._done = 0
        self._asked.clear()
        self._has_begun = False

    def cut_off(self) -> None:
        """Let the owner begin again with nothing."""
        self._begin_life(0)
        if self._owner is not None:
            self._owner.link.end()

    # -- what comes from them ------------------------------------------------------------------

    def on_message(self, message: Any, connection: "_Connection") -> None:
        """Take in what a connection said.

        Raises:
            RemoteProtocolError: it must not say that.
        """
        match message:
            case wire.Order() | wire.Keep():
                self._on_order(message, connection)
            case wire.Heard(number=number):
                if connection is self._owner:
                    self._events.arrived(number)
            case _:
                raise RemoteProtocolError(f"a manager does not say {type(message).__name__}")

    def _on_order(self, message: wire.Order | wire.Keep, connection: "_Connection") -> None:
        token = (message.era, message.epoch)
        if token != connection.token:
            raise RemoteProtocolError("an order has another token than its connection")
        if connection is not self._owner:
            if token < self._token:
                self.stale_orders += 1
                what = message.order if isinstance(message, wire.Order) else message
                self._log.warning(
                    "stale_order_refused",
                    order=type(what).__name__,
                    epoch=message.epoch,
                    current=self._token[1],
                    stale_orders=self.stale_orders,
                )
            return
        if not follows(message.number, self._done):
            return
        self._done = message.number
        if isinstance(message, wire.Order):
            self._obey(message.order)
            return
        self._asked += message.ids
        if not message.more:
            self._keep()

    def _obey(self, order: TelephonyOrder) -> None:
        self._orders += 1
        if self._log_all:
            self._note("order", order)
        try:
            self._driver.order(order)
        except Exception as error:
            self._log.exception("order_failed", order=type(order).__name__)
            self._tell(OrderFailed(order, OrderFault.REFUSED, str(error)))

    def _keep(self) -> None:
        """End all that the owner does not know, and tell it what lives of the rest."""
        switch, asked, talking = self._switch, frozenset(self._asked), self._talking()
        calls, lines = switch.open_calls, switch.open_lines
        self._asked.clear()
        living = sorted(switch.keep(asked, self._clock.now()))
        self._driver.nudge()
        self._has_begun = True
        self._log.info(
            "zone_kept",
            epoch=self._token[1],
            known=len(asked),
            living=len(living),
            calls_ended=calls - switch.open_calls,
            lines_ended=lines - switch.open_lines,
            talks_ended=sorted(talking - asked),
        )
        for ids, more in wire.portions(tuple(living)):

            def make(number: int, ids: tuple[str, ...] = ids, more: bool = more) -> wire.Kept:
                return wire.Kept(number, ids, more)

            self._events.add(make)

    def _talking(self) -> set[str]:
        return {call.call_id for call in self._switch.calls.values() if call.hears is Hears.VOICES}

    # -- what they are told ----------------------------------------------------------------------

    def _tell(self, event: TelephonyEvent) -> None:
        if not self._has_begun:
            return
        if self._log_all:
            self._note("event", event)
        if not self._events.add(lambda number: wire.Happened(number, event)):
            self._log.error("owner_hears_nothing", epoch=self._token[1], events=len(self._events))
            self.cut_off()
        elif self._owner is not None:
            self._owner.link.ring()

    def take(self, connection: "_Connection") -> bytes:
        """Return what a connection is to be sent next."""
        if connection is not self._owner:
            return b""
        told, connection.done_told = connection.done_told, self._done
        done = wire.encode(wire.Done(self._done)) if self._done > told else b""
        return done + self._events.take()

    def _note(self, kind: str, what: Any) -> None:
        """Write down what an owner ordered or was told, but for numbers and digits."""
        leg = str(getattr(what, "call_id", "") or getattr(what, "leg_id", ""))
        call = self._switch.calls.get(leg)
        self._log.debug(
            f"switch_{kind}",
            kind=type(what).__name__,
            epoch=self._token[1],
            leg=leg,
            talks=call is not None and call.hears is Hears.VOICES,
        )


class _Connection:
    """A connection of one that has a zone, or had it until a moment ago."""

    def __init__(self, zone: ServedZone, link: Link, token: Token) -> None:
        self.link = link
        self.token = token
        self.done_told = 0
        self._zone = zone
        self._last_words = b""

    async def run(self) -> None:
        """Take in what comes, and send what there is, until the connection ends.

        Raises:
            ENDED: it was not ended here.
        """
        await self.link.run(self._take, lambda message: self._zone.on_message(message, self))

    def dismiss(self, last_words: wire.Refused) -> None:
        """Say that the zone has another owner, and listen a moment longer."""
        self._last_words = wire.encode(last_words)
        self.link.end(LINGER_S)
        self.link.ring()

    def _take(self) -> bytes:
        last_words, self._last_words = self._last_words, b""
        return last_words or self._zone.take(self)
