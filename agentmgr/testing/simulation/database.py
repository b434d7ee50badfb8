"""The database that all managers share, and the way to it with its faults.

One SQLite in memory takes the place of the server; the product's own statements run on it. A request is
carried out by the database whatever becomes meanwhile of who asked.
"""

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar, TypeVarTuple

import outcome
import sqlalchemy as sa
import trio
from attrs import define
from sqlalchemy.pool import StaticPool

from agentmgr.ports import StoreFault, StoreLost, Token
from agentmgr.store.database import SqliteSql
from agentmgr.store.migrations import upgrade
from agentmgr.store.sql import Transaction
from agentmgr.testing.simulation.processes import PROCESS, Process

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

ATTEMPT_S = 1.0
"""After so long without an answer a request counts as lost."""
READ_BACK_S = 4.0
"""How long a driver tries to find out what became of a commit."""
DELAY_S = (0.0003, 0.002)
STALL_S = (1.0, 8.0)
"""How long a process stands still at a dangerous line."""


@define
class Dangers:
    """How likely a request meets a fault; all 0 in calm times."""

    stop_before: float = 0.0
    stop_after: float = 0.0
    slow: float = 0.0
    slow_reply: float = 0.0
    refused: float = 0.0
    reply_lost: float = 0.0


class SharedDatabase:
    """Runs work in transactions, one at a time; what the stores of the product need of a database.

    Attributes:
        on_write: told of each write with a token that came to something: the token and what the zone had.
        content: for looking into it.
    """

    path = Path("simulated database")

    def __init__(self) -> None:
        self.content = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.content.execute("PRAGMA foreign_keys = ON")
        self._views = _views(self.content)
        self.on_write: Callable[[str, Token, Token | None], None] = lambda what, token, had: None

    def load(self, image: bytes) -> None:
        """Begin with what another one had."""
        self.content.deserialize(image)
        self.content.execute("PRAGMA foreign_keys = ON")

    def close(self) -> None:
        """Let it go."""
        self._views.tables.close()
        self.content.close()

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work that is whole or not at all."""
        token = next((each for each in args if isinstance(each, Token)), None)
        had = self.token_of(token.zone) if token is not None else None
        before = self.content.total_changes
        self.content.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._views, *args)
        except BaseException:
            self.content.execute("ROLLBACK")
            raise
        self.content.execute("COMMIT")
        if token is not None and self.content.total_changes != before:
            self.on_write(getattr(work, "__name__", "work"), token, had)
        return result

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads."""
        return work(self._views, *args)

    def look(self) -> None:
        """Nothing can happen to it."""

    def token_of(self, zone: str) -> Token | None:
        """Return the token that a zone has now, not by the product's own statement."""
        row = self.content.execute("SELECT era, epoch FROM zone WHERE name = ?", (zone,)).fetchone()
        return Token(zone, *row) if row else None

    def fetch(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Look something up for a checker."""
        return self.content.execute(sql, parameters).fetchall()


@cache
def empty_image() -> bytes:
    """Return a database with its tables, made once: the migrations take longer than a simulated minute."""
    database = SharedDatabase()
    database.content.execute("PRAGMA foreign_keys = OFF")
    database.write(lambda tx: upgrade(tx.tables, None))
    image = database.content.serialize()
    database.close()
    return image


def _views(connection: sqlite3.Connection) -> Transaction:
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )
    views = Transaction(SqliteSql(connection), engine.connect())
    views.tables.begin()
    return views


class DatabaseRoute:
    """The way of one process to the database: a `Writer` that takes time and meets faults.

    Args:
        process: whose way it is.
        dangers: how likely faults are, which may change.
        draw: where chance comes from.
        spawn: starts a task of the database.
        stall: stops the process for some seconds.
        is_cut: tells whether nothing passes.
        changes: counts what was changed in the database.
        reads_back: whether the driver finds out what became of a commit whose answer was lost.
        stops: how much more likely the process stands still here than elsewhere.
    """

    def __init__(
        self,
        process: Process,
        dangers: Dangers,
        draw: Random,
        spawn: Callable[..., None],
        stall: Callable[[Process, float], None],
        is_cut: Callable[[], bool],
        changes: Callable[[], int],
        *,
        reads_back: bool,
        stops: float,
    ) -> None:
        self._is_cut = is_cut
        self._changes = changes
        self._process = process
        self._dangers = dangers
        self._draw = draw
        self._spawn = spawn
        self._stall = stall
        self._reads_back = reads_back
        self._stops = stops

    async def call(self, fn: Callable[[*Ts], T], *args: *Ts) -> T:
        """Have the database do something; never abandoned once it is under way."""
        await trio.lowlevel.checkpoint_if_cancelled()
        process, answer = self._process, _Answer()
        if self._happens(self._dangers.stop_before * self._stops):
            self._stall(process, self._draw.uniform(*STALL_S))
        process.emit(self._spawn, self._serve, lambda: fn(*args), answer)
        await process.wait_unabandoned(answer.given)
        result: T = answer.outcome.unwrap()
        return result

    async def _serve(self, work: Callable[[], Any], answer: "_Answer") -> None:
        """Be the database and the wire to it."""
        PROCESS.set(None)
        dangers, draw = self._dangers, self._draw
        sent_at = trio.current_time()
        slow = self._happens(dangers.slow)
        await trio.sleep(draw.uniform(0.1, 0.95) if slow else draw.uniform(*DELAY_S))
        if self._is_cut() or self._happens(dangers.refused):
            await trio.sleep_until(sent_at + ATTEMPT_S)
            answer.give(outcome.Error(StoreLost("the database is out of reach")))
            return
        changes = self._changes()
        result = outcome.capture(work)
        wrote = self._changes() != changes
        if self._happens(dangers.stop_after * self._stops):
            self._stall(self._process, draw.uniform(*STALL_S))
            answer.give(result)  # it has arrived, and the process finds it when it goes on
            return
        if self._happens(dangers.slow_reply):
            await trio.sleep(draw.uniform(0.1, 0.95))
        await trio.sleep(draw.uniform(*DELAY_S))
        if self._is_cut() or self._happens(dangers.reply_lost):
            result = await self._without_reply(result, sent_at, wrote=wrote)
        answer.give(result)

    async def _without_reply(
        self, result: outcome.Outcome[Any], sent_at: float, *, wrote: bool
    ) -> outcome.Outcome[Any]:
        await trio.sleep_until(max(trio.current_time(), sent_at + ATTEMPT_S))
        if self._reads_back:
            until = trio.current_time() + READ_BACK_S
            while trio.current_time() < until:
                if not self._is_cut():
                    return result
                await trio.sleep(0.25)
        if not wrote:
            return outcome.Error(StoreLost("the database is out of reach"))
        return outcome.Error(StoreFault("it is not known whether this was written"))

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._draw.random() < chance


class _Answer:
    """What the database answers, once it has."""

    def __init__(self) -> None:
        self.outcome: outcome.Outcome[Any] = outcome.Value(None)
        self.given = trio.Event()

    def give(self, result: outcome.Outcome[Any]) -> None:
        """Wake who waits for it."""
        self.outcome = result
        self.given.set()
