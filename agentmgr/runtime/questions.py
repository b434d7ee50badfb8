"""What a zone asks of the store and of the password check; the answers come back as events."""

import os
from collections import deque
from collections.abc import Callable
from typing import TypeVar

import structlog
import trio
from attrs import frozen

from agentmgr.core.effects import CheckAgent, CheckDial, CheckDnc, CheckLogon, FetchContacts, LoadJob
from agentmgr.core.events import AgentChecked, DncChecked, Event, JobLoaded, JobsWanted, LogonChecked
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin, Token, ZoneStore
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.doorbell import Doorbell
from agentmgr.runtime.writer import Writer
from protocol.results import ResultCode

T = TypeVar("T")
Verify = Callable[[AgentLogin | None, str], bool]
"""Says whether a password is right. Blocking and slow on purpose: it runs in threads, at most one a core.

None is an unknown agent: the check should take as long as another, and say no.
"""

Lookup = CheckAgent | CheckDial | CheckDnc | CheckLogon | FetchContacts | LoadJob

MAX_WAITING_LOGONS = 2048
"""With more than these, a logon is answered at once that the password could not be checked."""


@frozen
class _ReadJobsWanted:
    """Read which jobs the zone shall have: asked by the shell, beside the questions of the zone."""


class Questions:
    """Asks in the order of the zone's effects: all lookups through the writer, passwords in threads.

    Lookups are made one after another, so that of two answers the later one is the newer.
    """

    def __init__(
        self,
        token: Token,
        store: ZoneStore,
        writer: Writer,
        clock: Clock,
        verify: Verify,
        answer: Callable[[Event], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._log = structlog.get_logger().bind(zone=token.zone)
        self._token = token
        self._store = store
        self._writer = writer
        self._clock = clock
        self._verify = verify
        self._answer = answer
        self._fail = fail
        self._lookups: deque[Lookup | _ReadJobsWanted] = deque()
        self._lookups_bell = Doorbell()
        self._jobs_are_asked = False
        self._logons: deque[CheckLogon] = deque()
        self._logons_bell = Doorbell()
        self._cores = trio.CapacityLimiter(os.cpu_count() or 1)

    @property
    def waiting_logons(self) -> int:
        """How many logons wait for the check of their password."""
        return len(self._logons)

    def look_up(self, question: Lookup) -> None:
        """Ask the store; checks of dials, or of addresses, are made together with those that wait behind."""
        self._lookups.append(question)
        self._lookups_bell.ring()

    def read_jobs_wanted(self) -> None:
        """Read which jobs the zone shall have; answered by `JobsWanted`. One that waits is enough."""
        if not self._jobs_are_asked:
            self._jobs_are_asked = True
            self._lookups.append(_ReadJobsWanted())
            self._lookups_bell.ring()

    def check_logon(self, question: CheckLogon) -> None:
        """Look an agent up and check its password; answered by `LogonChecked`.

        Whoever has a resume token waits for nobody's password.
        """
        if question.resume_token:
            self.look_up(question)
            return
        if len(self._logons) >= MAX_WAITING_LOGONS:
            self._log.warning("logon_refused_by_load", agent=question.agent_id)
            self._checked(question, ResultCode.PASSWORD_NOT_VERIFIABLE, None)
            return
        self._logons.append(question)
        self._logons_bell.ring()

    async def run(self) -> None:
        """Work on questions until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._look_up)
            while True:
                while not self._logons:
                    await self._logons_bell.wait()
                slot = object()
                await self._cores.acquire_on_behalf_of(slot)
                nursery.start_soon(self._check_logon, self._logons.popleft(), slot)

    async def _look_up(self) -> None:
        while True:
            while not self._lookups:
                await self._lookups_bell.wait()
            try:
                await self._look_up_next()
            except Exception as error:  # without an answer jobs would wait for ever
                self._fail(error)
                return

    async def _look_up_next(self) -> None:
        first = self._lookups.popleft()
        if isinstance(first, FetchContacts):
            arguments = (self._token, first.job_id, first.limit, self._clock.now(), first.only_retries)
            self._answer(await self._writer.call(self._store.claim_contacts, *arguments))
            return
        if isinstance(first, LoadJob):
            job = await self._writer.call(self._store.load_job, self._token, first.job_id)
            self._answer(JobLoaded(first.job_id, job))
            return
        if isinstance(first, _ReadJobsWanted):
            self._jobs_are_asked = False
            self._answer(JobsWanted(await self._writer.call(self._store.jobs_wanted, self._token.zone)))
            return
        if isinstance(first, CheckAgent):
            login = await self._writer.call(self._store.find_agent, first.agent_id)
            exists = login is not None and login.enabled and login.zone == self._token.zone
            self._answer(AgentChecked(first.key, exists))
            return
        if isinstance(first, CheckLogon):
            login = await self._writer.call(self._store.find_agent, first.agent_id)
            is_right = login is not None and login.has_token(first.resume_token, first.tokens_since)
            self._checked(first, *self._verdict(login if is_right else None))
            return
        if isinstance(first, CheckDial):
            dials = self._take_more(first)
            for answer in await self._writer.call(self._store.check_dials, dials):
                self._answer(answer)
            return
        checks = self._take_more(first)
        addresses = frozenset(address for check in checks for address in check.addresses)
        present = await self._writer.call(self._store.on_dnc, addresses)
        for check in checks:
            self._answer(DncChecked(check.key, present.intersection(check.addresses)))

    def _take_more(self, first: T) -> list[T]:
        """Return a question and those of its kind that wait right behind it."""
        found, kind = [first], type(first)
        while self._lookups and isinstance(self._lookups[0], kind):
            found.append(self._lookups.popleft())  # type: ignore[arg-type]  # mypy does not narrow an item
        return found

    async def _check_logon(self, question: CheckLogon, slot: object) -> None:
        try:
            result, agent = await self._judge(question)
        except Exception as error:
            self._log.error("logon_check_failed", agent=question.agent_id, exc_info=error)
            result, agent = ResultCode.PASSWORD_NOT_VERIFIABLE, None
        finally:
            self._cores.release_on_behalf_of(slot)
        self._checked(question, result, agent)

    async def _judge(self, question: CheckLogon) -> tuple[ResultCode, AgentSpec | None]:
        login = await self._writer.call(self._store.find_agent, question.agent_id)
        right = await trio.to_thread.run_sync(self._verify, login, question.password)
        return self._verdict(login if right else None)

    def _verdict(self, login: AgentLogin | None) -> tuple[ResultCode, AgentSpec | None]:
        if login is None:
            return ResultCode.AUTHENTICATION_FAILED, None
        if not login.enabled or login.zone != self._token.zone:
            return ResultCode.AGENT_NOT_IN_SYSTEM, None
        return ResultCode.SUCCESS, login.agent

    def _checked(self, question: CheckLogon, result: ResultCode, agent: AgentSpec | None) -> None:
        self._answer(LogonChecked(question.connection, question.request_id, question.agent_id, result, agent))
