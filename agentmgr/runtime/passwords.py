"""The check of passwords: slow on purpose, in threads, at most one a core, and in fair turns.

Checks of connections that are lost are dropped. One that would have to wait longer than `MAX_WAIT_S` is
answered at once that the password was not checked, and so is a second one for the same agent from the same
address while one waits; of the two, one over a connection without a wrong password stays.
"""

import os
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

import structlog
import trio

from agentmgr.audit import audit
from agentmgr.core.effects import CheckLogon
from agentmgr.core.events import AccountChecked, Event, LogonChecked
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin, Login, ZoneStore
from agentmgr.runtime.desktops import Desktops
from agentmgr.runtime.doorbell import Doorbell
from agentmgr.runtime.guesses import Guesses, Pair, source_of
from agentmgr.runtime.metrics import ZoneMetrics
from agentmgr.runtime.turns import Check, Question, Turns
from agentmgr.runtime.writer import Writer
from protocol.results import ResultCode

Verify = Callable[[Login | None, str], bool]
"""Says whether a password is right. Blocking and slow on purpose: it runs in threads, at most one a core.

None is an unknown agent: the check should take as long as another, and say no.
"""

MAX_WAITING = 8192
MAX_OF_SOURCE = 1024
"""How many checks wait at most, and how many of one address, of agents not known there."""
MAX_WAIT_S = 30.0
"""How long one waits at most, for its turn and for its delay together, in real seconds."""
FIRST_GUESS_S = 0.03
"""How long a check is thought to take before one was made."""
LOG_INTERVAL_S = 1.0
"""What was put off is logged at most so often."""

WHY = {
    "another": "another one for the same agent waits from this address",
    "turn": "it would have to wait too long",
}

Result = tuple[ResultCode, AgentSpec | None]

WRONG: Result = (ResultCode.AUTHENTICATION_FAILED, None)


def judge_agent(login: AgentLogin | None, zone: str) -> Result:
    """Tell what the logon of an agent comes to whose desktop has shown whose it is."""
    if login is None:
        return WRONG
    if not login.enabled or login.zone != zone:
        return ResultCode.AGENT_NOT_IN_SYSTEM, None
    return ResultCode.SUCCESS, login.agent


class Passwords:
    """Checks the passwords of a zone's agents and of service accounts.

    Attributes:
        seconds: how long a check takes, a moving mean.
    """

    def __init__(
        self,
        zone: str,
        store: ZoneStore,
        writer: Writer,
        verify: Verify,
        desktops: Desktops,
        answer: Callable[[Event], None],
        metrics: ZoneMetrics,
    ) -> None:
        self.seconds = FIRST_GUESS_S
        self._log = structlog.get_logger().bind(zone=zone)
        self._zone = zone
        self._store = store
        self._writer = writer
        self._verify = verify
        self._desktops = desktops
        self._answer = answer
        self._metrics = metrics
        self._count = os.cpu_count() or 1
        self._cores = trio.CapacityLimiter(self._count)
        self._bell = Doorbell()
        self._guesses = Guesses()
        self._known = Turns()
        self._strangers = Turns()
        self._waiting: dict[Pair, Check] = {}
        self._of_source: Counter[str] = Counter()
        self._arrived: dict[Check, None] = {}
        self._delayed: list[tuple[float, int, Check]] = []
        self._order = count()
        self._of_connection: dict[int, tuple[str, dict[Check, None]]] = {}
        self._tried: set[int] = set()
        self._in_check: set[Pair] = set()
        self._unlogged: Counter[str] = Counter()
        self._logged_at = float("-inf")

    @property
    def waiting(self) -> int:
        """How many passwords wait for their check."""
        return len(self._waiting)

    def ask(self, question: Question) -> None:
        """Have a password checked; answered by an event, unless the connection is lost before."""
        host = self._desktops.host(question.connection)
        if host is None:
            return
        now = trio.current_time()
        check = Check(question, source_of(host), now)
        before = self._waiting.get(check.pair)
        if before is not None:
            if not self._is_tried(before) or self._is_tried(check):
                self._put_off(check, "another")
                return
            self._drop(before)
            self._put_off(before, "another")
        wait_s = self._expected_wait_s(check, now)
        if wait_s > MAX_WAIT_S or self._is_full_for(check):
            self._put_off(check, "turn", wait_s)
            return
        self._waiting[check.pair] = check
        self._of_source[check.source] += 1
        self._arrived[check] = None
        _, own = self._of_connection.setdefault(check.connection, (check.source, {}))
        own[check] = None
        self._queue(check, now)

    def forget(self, connection: int) -> None:
        """Drop what a connection that is gone has asked."""
        self._tried.discard(connection)
        source, checks = self._of_connection.pop(connection, ("", {}))
        for check in checks:
            self._drop(check)
        if checks:
            self._known.forget(source, connection)
            self._strangers.forget(source, connection)

    async def run(self) -> None:
        """Check passwords until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                slot = object()
                await self._cores.acquire_on_behalf_of(slot)
                check = await self._next()
                nursery.start_soon(self._check, check, slot)

    # -- whose turn it is ----------------------------------------------------------------------

    def _is_tried(self, check: Check) -> bool:
        return check.connection in self._tried

    def _queue(self, check: Check, now: float) -> None:
        """Let a check wait for its delay, else for its turn; one behind another of its pair for that."""
        if check.pair in self._in_check:
            return
        free_at = self._guesses.free_at(check.pair)
        if free_at > now:
            heappush(self._delayed, (free_at, next(self._order), check))
        else:
            turns = self._known if self._guesses.is_known(check.pair) else self._strangers
            turns.put(check, tried=self._is_tried(check))
        self._bell.ring()

    def _drop(self, check: Check) -> None:
        """Nobody waits for a check any more, or it is being made."""
        check.over = True
        del self._waiting[check.pair]
        self._of_source[check.source] -= 1
        if not self._of_source[check.source]:
            del self._of_source[check.source]
        del self._arrived[check]
        _, own = self._of_connection.get(check.connection, ("", {}))
        own.pop(check, None)
        if not own:
            self._of_connection.pop(check.connection, None)

    async def _next(self) -> Check:
        while True:
            now = trio.current_time()
            self._put_off_stale(now)
            while self._delayed and self._delayed[0][0] <= now:
                _, _, delayed = heappop(self._delayed)
                if not delayed.over:
                    self._queue(delayed, now)
            check = self._take(now)
            if check is not None:
                self._drop(check)
                return check
            with trio.move_on_at(self._wake_at()):
                await self._bell.wait()

    def _take(self, now: float) -> Check | None:
        """Return the next check: of agents who are known where they are first."""
        check = self._known.take(now)
        if check is not None:
            return check
        return self._strangers.take(now, lambda source: self._guesses.source_wait_s(source, now))

    def _wake_at(self) -> float:
        oldest = next(iter(self._arrived), None)
        return min(
            self._delayed[0][0] if self._delayed else float("inf"),
            self._strangers.next_at() or float("inf"),
            oldest.since + MAX_WAIT_S if oldest is not None else float("inf"),
        )

    def _put_off_stale(self, now: float) -> None:
        while self._arrived:
            oldest = next(iter(self._arrived))
            if now < oldest.since + MAX_WAIT_S:
                return
            self._drop(oldest)
            self._put_off(oldest, "turn")

    def _expected_wait_s(self, check: Check, now: float) -> float:
        """Return how long a check would have to wait at most, as far as can be known."""
        pair, source, tried = check.pair, check.source, self._is_tried(check)
        ahead, allowed_s = len(self._in_check), 0.0
        if self._guesses.is_known(pair):
            ahead += self._known.ahead(source, check.connection, tried=tried)[0]
        else:
            more, own = self._strangers.ahead(source, check.connection, tried=tried)
            ahead += len(self._known) + more
            allowed_s = self._guesses.source_wait_s(source, now, own)
        turn_s = ahead * self.seconds / self._count
        return max(turn_s, allowed_s, self._guesses.free_at(pair) - now)

    def _is_full_for(self, check: Check) -> bool:
        if self._guesses.is_known(check.pair):
            return False
        return len(self._waiting) >= MAX_WAITING or self._of_source[check.source] >= MAX_OF_SOURCE

    def _put_off(self, check: Check, why: str, wait_s: float = 0.0) -> None:
        """Answer that a password was not checked; why is said by the log, not more than a line a second."""
        self._metrics.password_put_off(why)
        now = trio.current_time()
        self._unlogged[why] += 1
        if now - self._logged_at >= LOG_INTERVAL_S:
            self._log.warning(
                "password_not_checked",
                who=check.name,
                address=check.source,
                why=WHY[why],
                wait_s=round(wait_s, 1),
                count=self._unlogged.total(),
            )
            self._unlogged.clear()
            self._logged_at = now
        self._tell(check.question, (ResultCode.PASSWORD_NOT_VERIFIABLE, None))

    # -- the check -----------------------------------------------------------------------------

    async def _check(self, check: Check, slot: object) -> None:
        pair, question = check.pair, check.question
        self._in_check.add(pair)
        try:
            result = await self._judge(check)
        except Exception as error:
            self._log.error("password_check_failed", who=check.name, exc_info=error)
            result = ResultCode.PASSWORD_NOT_VERIFIABLE, None
        finally:
            self._in_check.discard(pair)
            self._cores.release_on_behalf_of(slot)
        behind = self._waiting.get(pair)
        if behind is not None:
            self._queue(behind, trio.current_time())
        self._tell(question, result)

    async def _judge(self, check: Check) -> Result:
        question = check.question
        if isinstance(question, CheckLogon):
            agent = await self._writer.call(self._store.find_agent, question.agent_id)
            right = await self._verified(check, agent, question.password)
            return judge_agent(agent, self._zone) if right else WRONG
        account = await self._writer.call(self._store.find_account, question.account)
        right = await self._verified(check, account, question.password)
        done = right and account is not None and account.may_sign_in
        outcome = ResultCode.SUCCESS if done else ResultCode.AUTHENTICATION_FAILED
        audit("service_logon", question.account, outcome.name, zone=self._zone, address=check.source)
        if not right or account is None or not account.may_sign_in:
            return WRONG
        self._desktops.trust(check.connection)
        return ResultCode.SUCCESS, None

    async def _verified(self, check: Check, login: Login | None, password: str) -> bool:
        began = trio.current_time()
        right = await trio.to_thread.run_sync(self._verify, login, password) and login is not None
        now = trio.current_time()
        self.seconds += (now - began - self.seconds) / 16
        self._metrics.password_checked(right=right)
        if right:
            self._guesses.right(check.pair)
        else:
            self._note_wrong(check, now)
        return right

    def _note_wrong(self, check: Check, now: float) -> None:
        failures, delay_s = self._guesses.wrong(check.pair, now)
        if self._desktops.host(check.connection) is not None:
            self._tried.add(check.connection)
        log = self._log.warning if delay_s else self._log.info
        log("password_wrong", who=check.name, address=check.source, in_a_row=failures, delay_s=delay_s)

    def _tell(self, question: Question, result: Result) -> None:
        code, agent = result
        if isinstance(question, CheckLogon):
            self._answer(
                LogonChecked(question.connection, question.request_id, question.agent_id, code, agent)
            )
        else:
            self._answer(AccountChecked(question.connection, question.request_id, code))
