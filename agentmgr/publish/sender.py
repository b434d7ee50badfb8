"""The sender of one publisher: one over all processes, in order for each contact, until it is told."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Protocol, TypeVar, TypeVarTuple

import structlog
import trio
from attrs import define

from agentmgr.ports import AttemptResult, DutyStore, ResultStore, StoreFault
from agentmgr.publish.ways import OpenWay, PublishFailed, Way

log = structlog.get_logger()

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

BATCH = 500
"""So many results are read at a time, and no more are kept."""
POLL_S = 0.5
"""So often it is looked for results; for most of that a result waits."""
OTHERS_S = 3.0
"""So often it is looked whether another process that sends is gone."""
DROP_EVERY_S = 60.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
DAY_S = 86_400.0


class Outbox(ResultStore, DutyStore, Protocol):
    """What a sender needs of the store."""


class Call(Protocol):
    """Runs a blocking function elsewhere."""

    async def __call__(self, fn: Callable[[*Ts], T], *args: *Ts) -> T: ...


@define
class SenderCounts:
    """What a sender has done since the process started."""

    told: int = 0
    failures: int = 0
    dropped: int = 0


class Sender:
    """Tells results by one way for as long as it runs.

    Args:
        way: how, and by which name the publisher is known.
        store: where the results are.
        call: runs the store's blocking calls.
        incarnation: of this process.
        now: epoch seconds, by the clock of the results.
        keep_s: results that are older are dropped.
        random: makes pauses differ between processes.
    """

    def __init__(
        self,
        way: Way,
        store: Outbox,
        call: Call,
        incarnation: str,
        now: Callable[[], float],
        keep_s: float,
        random: Random,
    ) -> None:
        self.name = way.name
        self.counts = SenderCounts()
        self._way = way
        self._store = store
        self._call = call
        self._incarnation = incarnation
        self._now = now
        self._keep_s = keep_s
        self._random = random
        self._failed_in_a_row = 0
        self._dropped_at = -DROP_EVERY_S

    async def run(self) -> None:
        """Tell results, whatever fails; ends by being cancelled alone."""
        while True:
            why = ""
            try:
                if await self._call(self._store.take_duty, self.name, self._incarnation):
                    await self._drop_old()
                    async with self._way.open() as way:
                        await self._tell_on(way)
                else:
                    await trio.sleep(OTHERS_S)
            except* (PublishFailed, StoreFault) as group:
                why = str(next(_leaves(group)))
            except* Exception as group:  # a fault of ours ends nobody else's work
                log.exception("publisher_fault", publisher=self.name, exc_info=next(_leaves(group)))
                why = "a fault of ours"
            if why:
                await self._pause(why)

    async def _tell_on(self, way: OpenWay) -> None:
        """Tell what there is and comes, as long as this process has the duty.

        Raises:
            PublishFailed: the way is of no use any more.
        """
        while await self._call(self._store.has_duty, self.name, self._incarnation):
            await self._drop_old()
            results = await self._call(self._store.results, self.name, BATCH)
            if not results:
                await way.check()
                await trio.sleep(POLL_S)
                continue
            told = await way.tell(first_of_each_contact(results))
            if told.seqs:
                await self._call(self._store.results_told, self.name, told.seqs)
                self.counts.told += len(told.seqs)
            if told.failure:
                raise PublishFailed(told.failure)
            if self._failed_in_a_row:
                log.info("publisher_reached", publisher=self.name, failures=self._failed_in_a_row)
                self._failed_in_a_row = 0

    async def _drop_old(self) -> None:
        """Forget now and then what nobody could be told for too long."""
        if trio.current_time() - self._dropped_at < DROP_EVERY_S:
            return
        self._dropped_at = trio.current_time()
        self.counts.dropped += await drop_old(self._store, self._call, self.name, self._now(), self._keep_s)

    async def _pause(self, why: str) -> None:
        pause_s = min(FIRST_PAUSE_S * 2**self._failed_in_a_row, LONGEST_PAUSE_S)
        pause_s *= self._random.uniform(0.5, 1.0)
        self._failed_in_a_row = min(self._failed_in_a_row + 1, 30)
        self.counts.failures += 1
        if self._failed_in_a_row in (1, 10):  # not a line for each try of a long outage
            log.warning("publisher_failed", publisher=self.name, why=why, again_in_s=round(pause_s, 1))
        await trio.sleep(pause_s)


async def drop_old(store: ResultStore, call: Call, publisher: str, now: float, keep_s: float) -> int:
    """Forget what a publisher could not be told for so long; return how many results that were."""
    dropped = 0
    while found := await call(store.drop_results, publisher, now - keep_s, BATCH):
        dropped += found
    if dropped:
        log.error("results_dropped", publisher=publisher, results=dropped, days=keep_s / DAY_S)
    return dropped


def first_of_each_contact(results: Sequence[AttemptResult]) -> Sequence[AttemptResult]:
    """Return the results up to the first whose contact has one among them already.

    Only one of a contact is under way at a time, so that whatever becomes of it the next comes after it.
    """
    contacts: set[int] = set()
    for index, result in enumerate(results):
        if result.contact_id in contacts:
            return results[:index]
        contacts.add(result.contact_id)
    return results


def _leaves(group: BaseException) -> Iterator[BaseException]:
    if isinstance(group, BaseExceptionGroup):
        for each in group.exceptions:
            yield from _leaves(each)
    else:
        yield group
