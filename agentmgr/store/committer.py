"""One place where everything is written: what waits shares a transaction, zones first.

No thread of its own: whoever comes while nobody writes leads, runs all that waits in one transaction, and
gives the lead to somebody who came meanwhile. So a caller alone pays nothing for it.
"""

import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar, TypeVarTuple

import outcome

from agentmgr.store.sql import Transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TAKE_IN_S = 0.001
"""For so long a transaction takes in what waits of the services; one piece always, of zones everything."""


MOST_RUNS = 5
"""So often a piece of work is run that the database undoes for the sake of others."""


class Driver(Protocol):
    """The connection that writes, as a database has it; used by one thread at a time.

    `first` says whether a piece of work is a zone's.
    """

    @property
    def views(self) -> Transaction:
        """What work gets in the transaction under way."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether one is under way; the database may have ended it by itself."""
        ...

    def begin(self, *, first: bool) -> None:
        """Begin a transaction with its first piece of work; if that raises, there is none."""
        ...

    def begin_piece(self, *, first: bool) -> None:
        """Begin a further piece, which can be undone alone."""
        ...

    def keep_piece(self) -> None:
        """Let what the piece did be a part of the transaction."""
        ...

    def undo_piece(self) -> None:
        """Undo what the piece did; if that raises, the transaction is over."""
        ...

    def rollback(self) -> None:
        """Undo the transaction, if there is one; never raises for what the database says."""
        ...

    def commit(self) -> None:
        """Make it durable.

        Raises:
            Exception: it is not; if not even that is known, the error says so.
        """
        ...

    def may_run_again(self, error: Exception) -> bool:
        """Say whether a transaction that failed so was undone by no fault of its work."""
        ...


class _Ticket(Generic[T]):
    """A piece of work until it is durable or has failed; it may be run more than once."""

    __slots__ = ("bell", "first", "result", "runs", "work")

    def __init__(self, work: Callable[[], T], first: bool) -> None:
        self.work = work
        self.first = first
        self.runs = 0
        self.result: outcome.Outcome[T] | None = None
        self.bell = threading.Lock()
        self.bell.acquire()


class Committer:
    """Runs pieces of work of any thread in transactions that are durable when the work returns.

    A piece that fails is undone alone; only a transaction that cannot be committed fails for all in it. One
    that the database has undone for the sake of others is run again.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._mutex = threading.Lock()
        self._has_leader = False
        self._zones: deque[_Ticket[Any]] = deque()
        self._services: deque[_Ticket[Any]] = deque()

    def run(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work and return what it does once that is durable.

        Args:
            work: changes the database by the transaction it is given; is run again if a neighbour's
                failure took the whole transaction with it.
            args: what it gets beside the transaction.
            first: goes before all that is not.

        Raises:
            Exception: what the work raised, or the commit; nothing was written, or, if the commit itself
                failed, that is not known.
        """
        ticket = _Ticket(lambda: work(self._driver.views, *args), first)
        with self._mutex:
            (self._zones if first else self._services).append(ticket)
            leads = not self._has_leader
            self._has_leader = True
        if not leads:
            ticket.bell.acquire()
        while ticket.result is None:  # else somebody else has run it
            self._lead(ticket)
        return ticket.result.unwrap()

    def _lead(self, own: _Ticket[Any]) -> None:
        """Run one transaction, wake all whose work is done, and give the lead away."""
        finished: list[_Ticket[Any]] = []
        try:
            self._transact(finished)
        finally:
            with self._mutex:
                following = None
                if own.result is not None:
                    following = next(iter((*self._zones, *self._services)), None)
                    self._has_leader = following is not None
            for ticket in finished:
                if ticket is not own:
                    ticket.bell.release()
            if following is not None:
                following.bell.release()

    def _transact(self, finished: list[_Ticket[Any]]) -> None:
        """Run what waits; `finished` gets all tickets with a result."""
        written: list[_Ticket[Any]] = []
        services_since: float | None = None
        while (ticket := self._next(services_since)) is not None:
            if services_since is None and not ticket.first:
                services_since = perf_counter()
            try:
                self._run(ticket, alone=not written)
            except Exception as error:
                if self._is_run_again(error, [ticket]):
                    self._driver.rollback()
                    self._take_back([*written, ticket])
                    written = []
                    continue
                ticket.result = outcome.Error(error)
                finished.append(ticket)
                if written and not self._driver.in_transaction:
                    self._take_back(written)  # the database has undone all of it
                    written = []
            except BaseException as error:
                ticket.result = outcome.Error(error)
                finished.append(ticket)
                self._driver.rollback()
                self._take_back(written)
                return
            else:
                written.append(ticket)
        if not written:
            return
        results = [ticket.result for ticket in written]
        try:
            self._driver.commit()
        except BaseException as error:
            self._driver.rollback()
            if isinstance(error, Exception) and self._is_run_again(error, written):
                self._take_back(written)
                return
            results = [outcome.Error(error) for _ in written]
        for ticket, result in zip(written, results, strict=True):
            ticket.result = result
        finished += written

    def _next(self, services_since: float | None) -> _Ticket[Any] | None:
        with self._mutex:
            if self._zones:
                return self._zones.popleft()
            if self._services and (services_since is None or perf_counter() - services_since < TAKE_IN_S):
                return self._services.popleft()
        return None

    def _is_run_again(self, error: Exception, failed: list[_Ticket[Any]]) -> bool:
        if not self._driver.may_run_again(error):
            return False
        for ticket in failed:
            ticket.runs += 1
        return all(ticket.runs < MOST_RUNS for ticket in failed)

    def _run(self, ticket: _Ticket[Any], *, alone: bool) -> None:
        """Run a piece of work in the transaction; if it fails, nothing of it is left."""
        driver = self._driver
        if alone:
            driver.begin(first=ticket.first)
        else:
            driver.begin_piece(first=ticket.first)
        try:
            ticket.result = outcome.Value(ticket.work())
        except BaseException:
            if alone:
                driver.rollback()
            elif driver.in_transaction:
                driver.undo_piece()
            raise
        if not alone:
            driver.keep_piece()

    def _take_back(self, written: list[_Ticket[Any]]) -> None:
        """Let work wait again that was undone by no fault of its own."""
        for ticket in written:
            ticket.result = None
        with self._mutex:
            self._zones.extendleft(reversed(written))
