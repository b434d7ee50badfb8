"""The switch of a zone that is in a process of its own: the manager's side of the connection.

A connection that breaks is made anew. For a while that is nobody's business: orders wait, and events follow.
If it takes longer, or the switch does not know this owner any more, the zone is told that all calls are gone,
and they are ended at the switch before it is told that orders count again.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from enum import Enum, auto
from random import Random
from typing import Any

import structlog
import trio

from agentmgr.core.effects import TelephonyOrder
from agentmgr.core.events import TelephonyEvent, TelephonyLost, TelephonyRestored
from agentmgr.ports import Fenced, Token
from agentmgr.telephony import wire
from agentmgr.telephony.link import ENDED, Link, LinkTimes, Numbered, follows
from protocol.errors import RemoteProtocolError

WAITING_ORDERS = 10_000
"""How many orders wait for the switch to say that it has them; with more the switch counts as lost."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 0.5
"""The pause before connecting again: half of these at least, drawn; each twice the one before."""

LAST_ORDERS_S = 1.0
"""How long what was ordered last may take to get there when the zone is left."""

Connect = Callable[[], Awaitable[trio.abc.Stream]]


class _Phase(Enum):
    """How far the zone and its switch are."""

    NEW = auto()  # the zone has not said yet what it knows
    ASKING = auto()  # it has, and waits for the answer
    OPEN = auto()
    LOST = auto()


class SwitchRefuses(Exception):
    """The switch does not take this manager, for now."""


class RemoteSwitch:
    """Implements `agentmgr.ports.Telephony` over a connection; to be opened once.

    Args:
        connect: makes a connection.
        secret: what both sides know; empty where none is needed.
        token: of the zone's owner.
        confirms: whether the switch is said to confirm orders.
        speed: how fast its customers are said to live. A switch that is otherwise counts as out of reach.
        bridge_s: how long it may be out of reach before the zone is told, real seconds.
    """

    def __init__(
        self,
        connect: Connect,
        secret: bytes,
        token: Token,
        *,
        confirms: bool = False,
        speed: float = 1.0,
        bridge_s: float = 5.0,
        times: LinkTimes | None = None,
        draw: Random | None = None,
        waiting_orders: int = WAITING_ORDERS,
    ) -> None:
        self._connect = connect
        self._secret = secret
        self._token = token
        self._confirms = confirms
        self._speed = speed
        self._bridge_s = bridge_s
        self._times = times or LinkTimes()
        self._draw = draw or Random()
        self._log = structlog.get_logger().bind(zone=token.zone, epoch=token.epoch)
        self._deliver: Callable[[TelephonyEvent], None] = lambda event: None
        self._phase = _Phase.NEW
        self._link: Link | None = None
        self._life, self._attempt = 1, 0
        self._orders = Numbered(waiting_orders)
        self._heard = self._heard_told = 0
        self._known: tuple[str, ...] = ()
        self._living: set[str] = set()
        self._answered = trio.Event()
        self._patience = trio.CancelScope()
        self._nothing_waits = trio.Event()
        self._told_refusal = ""

    @property
    def confirms(self) -> bool:
        """Whether the switch confirms its orders."""
        return self._confirms

    @asynccontextmanager
    async def open(self, deliver: Callable[[TelephonyEvent], None]) -> AsyncIterator[None]:
        """Stay connected, and deliver events, within the block.

        Raises:
            Fenced: the switch has seen a later owner of the zone.
        """
        self._deliver = deliver
        fault: Exception | None = None

        connected = trio.CancelScope(shield=True)  # what was ordered last goes out, whoever is cancelled

        async def stay() -> None:
            nonlocal fault
            try:
                with connected:
                    await self._stay_connected()
            except Exception as error:
                fault = error
                nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            self._be_patient()
            nursery.start_soon(self._watch_patience)
            nursery.start_soon(stay)
            try:
                yield
            finally:
                with trio.move_on_after(LAST_ORDERS_S) as scope:
                    scope.shield = True
                    while fault is None and self._link is not None and self._orders:
                        await self._nothing_waits.wait()
                connected.cancel()
                nursery.cancel_scope.cancel()
        if fault is not None:
            raise fault

    def order(self, order: TelephonyOrder) -> None:
        """Take an order; it is lost if the switch is."""
        if self._phase is not _Phase.OPEN:
            return
        era, epoch = self._token.era, self._token.epoch
        if not self._orders.add(lambda number: wire.Order(number, era, epoch, order)):
            self._log.error("switch_takes_no_orders", waiting=len(self._orders))
            self._lose()
        elif self._link is not None:
            self._link.ring()

    async def keep(self, ids: Iterable[str]) -> frozenset[str]:
        """End every call and leg but these, and return those that live; none if the switch is lost."""
        if self._phase is _Phase.NEW:
            self._known = tuple(ids)
            self._phase = _Phase.ASKING
            if self._link is not None:
                self._say_what_is_known()
                self._link.ring()
        await self._answered.wait()
        return frozenset(self._living)

    # -- out of reach ----------------------------------------------------------------------------

    def _be_patient(self) -> None:
        self._patience.deadline = trio.current_time() + self._bridge_s

    async def _watch_patience(self) -> None:
        while True:
            with self._patience:
                await trio.sleep_forever()
            self._patience = trio.CancelScope()
            self._lose()

    def _lose(self) -> None:
        """Give up all there was, and begin another life once the switch is found."""
        if self._phase is _Phase.LOST:
            return
        self._phase = _Phase.LOST
        self._known = ()
        self._living.clear()
        self._answered.set()
        self._life += 1
        self._orders.reset()
        self._heard = self._heard_told = 0
        self._log.error("switch_lost")
        self._deliver(TelephonyLost())
        if self._link is not None:
            self._link.end()

    # -- connected -------------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        """Connect, again and again.

        Raises:
            Fenced: somebody else has the zone.
        """
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                with trio.fail_after(self._times.greet_s):
                    stream = await self._connect()
                async with stream:
                    if await self._use(Link(stream, self._times)):
                        pause_s = FIRST_PAUSE_S
            except ENDED as error:
                self._log.debug("switch_not_reached", why=str(error) or type(error).__name__)
            except SwitchRefuses as error:
                if str(error) != self._told_refusal:
                    self._told_refusal = str(error)
                    self._log.error("switch_refuses", why=str(error))
            await trio.sleep(pause_s * self._draw.uniform(0.5, 1))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _use(self, link: Link) -> bool:
        """Use a connection to its end; tells whether it was one.

        Raises:
            ENDED: it never was.
            SwitchRefuses, Fenced: the switch does not want it.
        """
        welcome = await self._greet(link)
        self._told_refusal = ""
        self._link = link
        self._patience.deadline = float("inf")
        try:
            self._begin(welcome)
            self._log.info("switch_reached", resumed=welcome.resumed)
            await link.run(self._take, self._on_message)
        except ENDED as error:
            self._log.warning("switch_connection_lost", why=str(error) or type(error).__name__)
        finally:
            self._link = None
            self._nothing_waits.set()
            self._be_patient()
        return True

    async def _greet(self, link: Link) -> wire.Welcome:
        challenge = await link.greeted()
        _unless_refused(challenge)
        if not isinstance(challenge, wire.Challenge):
            raise RemoteProtocolError("a switch begins with a Challenge")
        if challenge.version != wire.VERSION:
            raise SwitchRefuses(f"it speaks version {challenge.version}, this manager {wire.VERSION}")
        self._attempt += 1
        nonce = secrets.token_hex(32)
        token = self._token
        hello = wire.Hello(token.zone, token.era, token.epoch, self._life, self._attempt, self._heard, nonce)
        life = self._life
        await link.say(wire.signed(hello, self._secret, challenge.nonce))
        welcome = await link.greeted()
        _unless_refused(welcome)
        if not isinstance(welcome, wire.Welcome):
            raise RemoteProtocolError("a switch answers a Hello with a Welcome")
        if not wire.is_proof(
            welcome.proof, wire.counter_proof(self._secret, challenge.nonce, nonce)
        ):  # who listens there is not the switch
            raise SwitchRefuses("it does not know the secret itself")
        if (welcome.confirms, welcome.speed) != (self._confirms, self._speed):
            raise SwitchRefuses(
                f"its settings differ from this manager's: confirms_orders {welcome.confirms}, not"
                f" {self._confirms}, or speed {welcome.speed:g}, not {self._speed:g}"
            )
        if life != self._life:
            raise RemoteProtocolError("it took too long")
        return welcome

    def _begin(self, welcome: wire.Welcome) -> None:
        """Go on where the last connection ended, or begin a life."""
        if welcome.resumed:
            self._orders.send_again(welcome.done)
            if not self._orders.last:
                self._say_what_is_known()  # it heard the hello of this life, and we not its answer
            return
        if self._phase is _Phase.OPEN:
            self._phase = _Phase.LOST  # it was started anew, or has given this owner up
            self._log.error("switch_lost", why="it does not know this zone's calls any more")
            self._deliver(TelephonyLost())
            self._known = ()
        self._orders.reset()
        self._heard = self._heard_told = 0
        self._say_what_is_known()

    def _say_what_is_known(self) -> None:
        if self._phase is _Phase.NEW:
            return
        self._living.clear()
        known, era, epoch = self._known, self._token.era, self._token.epoch
        for ids, more in wire.portions(known):

            def make(number: int, ids: tuple[str, ...] = ids, more: bool = more) -> wire.Keep:
                return wire.Keep(number, era, epoch, ids, more)

            self._orders.add(make)

    def _take(self) -> bytes:
        heard = b""
        if self._heard > self._heard_told:
            self._heard_told = self._heard
            heard = wire.encode(wire.Heard(self._heard))
        return heard + self._orders.take()

    def _on_message(self, message: Any) -> None:
        match message:
            case wire.Happened(number=number, event=event):
                if self._is_next(number) and self._phase is _Phase.OPEN:
                    self._deliver(event)
            case wire.Done(number=number):
                self._orders.arrived(number)
                if not self._orders:
                    self._nothing_waits.set()
                    self._nothing_waits = trio.Event()
            case wire.Kept(number=number, ids=ids, more=more):
                if self._is_next(number):
                    self._on_kept(ids, more)
            case wire.Refused():
                _unless_refused(message)
            case _:
                raise RemoteProtocolError(f"a switch does not say {type(message).__name__}")

    def _is_next(self, number: int) -> bool:
        if not follows(number, self._heard):
            return False
        self._heard = number
        return True

    def _on_kept(self, ids: tuple[str, ...], more: bool) -> None:
        self._living |= {*ids}
        if more:
            return
        was_lost, self._phase = self._phase is _Phase.LOST, _Phase.OPEN
        self._answered.set()
        if was_lost:
            self._log.info("switch_restored")
            self._deliver(TelephonyRestored())


def _unless_refused(message: Any) -> None:
    """Pass on whatever is no refusal.

    Raises:
        Fenced: another owner has the zone.
        SwitchRefuses: there is another reason.
        RemoteProtocolError: it has to do with this connection alone.
    """
    if isinstance(message, wire.Refused):
        if message.reason is wire.Refusal.Stale:
            raise Fenced(f"the switch says that {message.why}")
        if message.reason is wire.Refusal.Superseded:
            raise RemoteProtocolError(message.why)
        raise SwitchRefuses(message.why)


async def ask_status(
    connect: Connect, secret: bytes, times: LinkTimes | None = None
) -> list[wire.ZoneStatus]:
    """Ask a switch how its zones are.

    Raises:
        SwitchRefuses: it does not want to say.
        ENDED: it cannot be reached.
    """
    times = times or LinkTimes()
    with trio.fail_after(times.greet_s):
        stream = await connect()
    async with stream:
        link = Link(stream, times)
        challenge = await link.greeted()
        _unless_refused(challenge)
        if not isinstance(challenge, wire.Challenge):
            raise RemoteProtocolError("a switch begins with a Challenge")
        question = wire.AskStatus(secrets.token_hex(32))
        await link.say(wire.signed(question, secret, challenge.nonce))
        found = []
        while isinstance(answer := await link.greeted(), wire.ZoneStatus):
            found.append(answer)
        _unless_refused(answer)
        return found
