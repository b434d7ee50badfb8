"""The switch that outlives all managers: the product's server and its clients, watched."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import trio

from agentmgr.core.effects import Dial, TelephonyOrder
from agentmgr.ports import Token
from agentmgr.telephony import wire
from agentmgr.telephony.legs import Hears
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.remote import RemoteSwitch
from agentmgr.telephony.served import ServedZone, SwitchServer
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.simulation.network import Address, Network
from agentmgr.testing.simulation.processes import Process

AT: Address = ("switch", 1)


class Switchboard:
    """The switch as a process of its own.

    Attributes:
        on_order: told of each order that is carried out, and of each owner that says what it knows, with
            the token of who gave it.
        on_cut: told of each customer in a talk whose call an owner does not know, before it is ended.
        dials: how often each call was dialled.
    """

    def __init__(self, seed: int, params: SimParams, start_s: float) -> None:
        self.on_order: Callable[[Token, Any], None] = lambda token, order: None
        self.on_cut: Callable[[Token, str], None] = lambda token, call_id: None
        self.dials: Counter[str] = Counter()
        self.speaking: Token | None = None
        self._switches: list[SimSwitch] = []
        self._seed = seed
        self._params = params
        self._start_s = start_s
        self._server = SwitchServer(self._make, self)

    def now(self) -> float:
        """Return the switch's own time."""
        return self._start_s + trio.current_time()

    def deadline(self, at: float) -> float:
        """Return when `at` is on trio's clock."""
        return at - self._start_s + 1e-6

    def has(self, call_id: str) -> bool:
        """Tell whether there is a call, ringing or not."""
        return any(call_id in switch.calls for switch in self._switches)

    async def run(self, network: Network, process: Process) -> None:
        """Serve until cancelled."""
        listener = network.listen(AT, process)
        async with self._server.running():
            while True:
                stream, _ = await listener.accept()
                self._server.take(stream)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note within the block whose message a zone of the server takes in."""
        on_message = ServedZone.on_message
        board = self

        def noted(zone: ServedZone, message: Any, connection: Any) -> None:
            board.speaking = Token(zone.name, *connection.token)
            done = zone._done
            on_message(zone, message, connection)
            if isinstance(message, wire.Keep) and zone._done != done:
                board.on_order(board.speaking, message)

        ServedZone.on_message = noted  # type: ignore[method-assign,assignment]
        try:
            yield
        finally:
            ServedZone.on_message = on_message  # type: ignore[method-assign]

    def ordered(self, order: TelephonyOrder) -> None:
        """An order is carried out."""
        assert self.speaking is not None
        if isinstance(order, Dial):
            self.dials[order.call_id] += 1
        self.on_order(self.speaking, order)

    def cuts(self, call_id: str) -> None:
        """A talk is about to be ended that an owner does not know."""
        assert self.speaking is not None
        self.on_cut(self.speaking, call_id)

    def _make(self) -> SimSwitch:
        switch = _WatchedSwitch(self._seed, self._params, self)
        self._switches.append(switch)
        return switch


class _WatchedSwitch(SimSwitch):
    def __init__(self, seed: int, params: SimParams, board: Switchboard) -> None:
        super().__init__(seed, params)
        self._board = board

    def order(self, order: TelephonyOrder, now: float) -> None:
        self._board.ordered(order)
        super().order(order, now)

    def keep(self, ids: Iterable[str], now: float) -> frozenset[str]:
        known = frozenset(ids)
        for call_id, call in self.calls.items():
            if call.hears is Hears.VOICES and call_id not in known:
                self._board.cuts(call_id)
        return super().keep(known, now)


class SwitchRoute(RemoteSwitch):
    """The switch as a zone of one owner sees it; `ordering` is told of each order that leaves."""

    def __init__(
        self, network: Network, process: Process, token: Token, draw: Random, ordering: Callable[[], None]
    ) -> None:
        super().__init__(lambda: network.connect(process.name, AT, process), b"", token, draw=draw)
        self._ordering = ordering

    def order(self, order: TelephonyOrder) -> None:
        """Take an order, after those taken before."""
        self._ordering()
        super().order(order)
