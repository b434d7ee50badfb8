"""The switch that outlives all managers, and the way of a zone to it.

One simulated switch a zone, driven by a task of the world; a zone's orders carry its token, and those of an
owner before the highest one seen are refused.
"""

import pickle
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import trio

from agentmgr.core.effects import Dial, TelephonyOrder
from agentmgr.core.events import TelephonyEvent, TelephonyLost, TelephonyRestored
from agentmgr.ports import Token
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.simulation.network import Address, Network, SimStream
from agentmgr.testing.simulation.processes import Process

AT: Address = ("switch", 1)
RETRY_S = 0.5
ANSWER_S = 3.0


async def _send(stream: SimStream, message: object) -> None:
    data = pickle.dumps(message)
    await stream.send_all(len(data).to_bytes(4, "big") + data)


async def _messages(stream: SimStream) -> AsyncIterator[Any]:
    buffer = b""
    while data := await stream.receive_some():
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + int.from_bytes(buffer[:4], "big"):
            end = 4 + int.from_bytes(buffer[:4], "big")
            message, buffer = pickle.loads(buffer[4:end]), buffer[end:]
            yield message


class Switchboard:
    """The switch as a process of its own.

    Attributes:
        checks_tokens: refuses orders of an owner that was replaced.
        on_order: told of each order that is carried out, and of the numbers in a call then.
        dials: how often each call was dialled.
    """

    def __init__(self, zones: Iterable[str], seed: int, params: SimParams, start_s: float) -> None:
        self.checks_tokens = True
        self.on_order: Callable[[Token, TelephonyOrder], None] = lambda token, order: None
        self.dials: Counter[str] = Counter()
        self.switches = {zone: SimSwitch(seed, params) for zone in zones}
        self._start_s = start_s
        self._highest: dict[str, Token] = {}
        self._lines: dict[str, SimStream] = {}
        self._bells = {zone: trio.CancelScope() for zone in self.switches}

    def now(self) -> float:
        """Return the switch's own time."""
        return self._start_s + trio.current_time()

    def has(self, call_id: str) -> bool:
        """Tell whether there is a call, ringing or not."""
        return any(call_id in switch.calls for switch in self.switches.values())

    async def run(self, network: Network, process: Process) -> None:
        """Serve until cancelled."""
        listener = network.listen(AT, process)
        async with trio.open_nursery() as nursery:
            for zone in self.switches:
                nursery.start_soon(self._drive, zone)
            while True:
                stream, _ = await listener.accept()
                nursery.start_soon(self._serve, stream)

    async def _serve(self, stream: SimStream) -> None:
        zone = ""
        try:
            async for kind, token, content in _messages(stream):
                if self.is_old(token):
                    return
                zone = token.zone
                self._highest[zone] = token
                self._lines[zone] = stream
                if kind == "keep":
                    living = self.switches[zone].keep(content, self.now())
                    await _send(stream, ("kept", living))
                else:
                    self._carry_out(token, content)
                self._bells[zone].cancel()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            if self._lines.get(zone) is stream:
                del self._lines[zone]
            with trio.CancelScope(shield=True):
                await stream.aclose()

    def is_old(self, token: Token) -> bool:
        """Tell whether an owner was replaced by one that has been here."""
        highest = self._highest.get(token.zone, token)
        return self.checks_tokens and (token.era, token.epoch) < (highest.era, highest.epoch)

    def _carry_out(self, token: Token, order: TelephonyOrder) -> None:
        self.on_order(token, order)
        if isinstance(order, Dial):
            self.dials[order.call_id] += 1
        self.switches[token.zone].order(order, self.now())

    async def _drive(self, zone: str) -> None:
        switch = self.switches[zone]
        while True:
            happened = switch.due(self.now())
            line = self._lines.get(zone)
            if happened and line is not None:
                try:
                    await _send(line, ("events", list(happened)))
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    self._lines.pop(zone, None)
            at = switch.next_at()
            with trio.CancelScope() as self._bells[zone]:
                if at is None:
                    await trio.sleep_forever()
                await trio.sleep_until(at - self._start_s + 1e-6)


class SwitchRoute:
    """The switch as a zone of one owner sees it; implements `Telephony`; `ordering` is told of each order."""

    confirms = False

    def __init__(
        self, network: Network, process: Process, token: Token, ordering: Callable[[], None]
    ) -> None:
        self._network = network
        self._process = process
        self._token = token
        self._ordering = ordering
        self._stream: SimStream | None = None
        self._kept: frozenset[str] = frozenset()
        self._kept_bell = trio.Event()
        self._outgoing: list[object] = []
        self._outgoing_bell = trio.Event()

    @asynccontextmanager
    async def open(self, deliver: Callable[[TelephonyEvent], None]) -> AsyncIterator[None]:
        """Be connected within the block."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self._stay_connected, deliver)
            yield
            nursery.cancel_scope.cancel()

    async def _stay_connected(
        self,
        deliver: Callable[[TelephonyEvent], None],
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        is_first = True
        while True:
            stream: SimStream | None = None
            with trio.move_on_after(ANSWER_S):
                try:
                    stream = await self._network.connect(self._process.name, AT, self._process)
                except OSError:
                    await trio.sleep(RETRY_S)
            if stream is not None:
                self._stream = stream
                if is_first:
                    task_status.started()
                else:
                    self._put("keep", ())
                    deliver(TelephonyRestored())
                is_first = False
                try:
                    await self._talk(stream, deliver)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass
                finally:
                    self._stream = None
                    with trio.CancelScope(shield=True):
                        await stream.aclose()
                deliver(TelephonyLost())
                await trio.sleep(RETRY_S)
            elif is_first:
                is_first = False
                task_status.started()
                deliver(TelephonyLost())

    async def _talk(self, stream: SimStream, deliver: Callable[[TelephonyEvent], None]) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._send_all, stream)
            try:
                async for kind, content in _messages(stream):
                    if kind == "kept":
                        self._kept = content
                        self._kept_bell.set()
                    else:
                        for event in content:
                            deliver(event)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            nursery.cancel_scope.cancel()

    async def _send_all(self, stream: SimStream) -> None:
        while True:
            outgoing, self._outgoing = self._outgoing, []
            for message in outgoing:
                try:
                    await _send(stream, message)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return
            if not self._outgoing:
                self._outgoing_bell = trio.Event()
                await self._outgoing_bell.wait()

    def _put(self, kind: str, content: object) -> None:
        self._outgoing.append((kind, self._token, content))
        self._outgoing_bell.set()

    def order(self, order: TelephonyOrder) -> None:
        """Take an order; lost while there is no connection."""
        self._ordering()
        if self._stream is not None:
            self._put("order", order)

    async def keep(self, ids: Iterable[str]) -> frozenset[str]:
        """End all legs but these."""
        self._kept, self._kept_bell = frozenset(), trio.Event()
        self._put("keep", tuple(ids))
        with trio.move_on_after(ANSWER_S):
            await self._kept_bell.wait()
        return self._kept
