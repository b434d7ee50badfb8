"""What a zone asks of the store; the answers come back as events."""

from collections import defaultdict, deque
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from attrs import frozen

from agentmgr.core.effects import (
    CheckAgent,
    CheckDial,
    CheckDnc,
    CheckLogon,
    FetchContacts,
    ListAgents,
    LoadJob,
    ReadHistory,
    ReadNumbers,
)
from agentmgr.core.events import (
    AgentChecked,
    AgentsListed,
    DncChecked,
    Event,
    HistoryRead,
    JobLoaded,
    JobsWanted,
    LogonChecked,
    NumbersRead,
)
from agentmgr.ports import Token, ZoneStore
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.doorbell import Doorbell
from agentmgr.runtime.passwords import judge_agent
from agentmgr.runtime.writer import Writer

T = TypeVar("T")
Lookup = CheckAgent | CheckDial | CheckDnc | CheckLogon | FetchContacts | ListAgents | LoadJob | ReadNumbers


@frozen
class _ReadJobsWanted:
    """Read which jobs the zone shall have: asked by the shell, beside the questions of the zone."""


class Questions:
    """Asks in the order of the zone's effects, one after another, so that a later answer is a newer one."""

    def __init__(
        self,
        token: Token,
        store: ZoneStore,
        writer: Writer,
        clock: Clock,
        answer: Callable[[Event], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._token = token
        self._store = store
        self._writer = writer
        self._clock = clock
        self._answer = answer
        self._fail = fail
        self._lookups: deque[Lookup | _ReadJobsWanted] = deque()
        self._lookups_bell = Doorbell()
        self._jobs_are_asked = False
        self._histories: deque[ReadHistory] = deque()
        self._histories_bell = Doorbell()

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

    def read_history(self, question: ReadHistory) -> None:
        """Read what a campaign has done, beside all other questions."""
        self._histories.append(question)
        self._histories_bell.ring()

    async def read_histories(self) -> None:
        """Read one after another until cancelled, a day at a time: others are let in between."""
        while True:
            while not self._histories:
                await self._histories_bell.wait()
            first = self._histories.popleft()
            job_id, begins, store, call = first.job_id, first.begins, self._store, self._writer.call
            try:
                days = [await call(store.live_calls, job_id, *day) for day in pairwise(begins)]
                latest = await call(store.latest_calls, job_id, begins[0], begins[-1])
            except Exception as error:
                self._fail(error)
                return
            self._answer(HistoryRead(job_id, tuple(days), latest))

    async def run(self) -> None:
        """Ask until cancelled."""
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
            exists = (
                login is not None
                and login.enabled
                and login.zone == self._token.zone
                and login.agent.works_for(first.organisation)
            )
            self._answer(AgentChecked(first.key, exists))
            return
        if isinstance(first, ListAgents):
            wanted = self._token.zone, first.skill, first.level, first.limit, first.organisation
            agents = await self._writer.call(self._store.agents_with, *wanted)
            self._answer(AgentsListed(first.key, agents))
            return
        if isinstance(first, ReadNumbers):
            whose = first.job_id, first.agent_id, first.organisation
            self._answer(NumbersRead(first.key, await self._writer.call(self._store.numbers, *whose)))
            return
        if isinstance(first, CheckLogon):
            login = await self._writer.call(self._store.find_agent, first.agent_id)
            is_right = login is not None and login.has_token(first.resume_token, first.tokens_since)
            result, agent = judge_agent(login if is_right else None, self._token.zone)
            self._answer(LogonChecked(first.connection, first.request_id, first.agent_id, result, agent))
            return
        if isinstance(first, CheckDial):
            dials = self._take_more(first)
            for answer in await self._writer.call(self._store.check_dials, dials):
                self._answer(answer)
            return
        checks = self._take_more(first)
        addresses: defaultdict[str, set[str]] = defaultdict(set)
        for check in checks:
            addresses[check.organisation].update(check.addresses)
        present = {
            whose: await self._writer.call(self._store.on_dnc, frozenset(those), whose)
            for whose, those in addresses.items()
        }
        for check in checks:
            self._answer(DncChecked(check.key, present[check.organisation].intersection(check.addresses)))

    def _take_more(self, first: T) -> list[T]:
        """Return a question and those of its kind that wait right behind it."""
        found, kind = [first], type(first)
        while self._lookups and isinstance(self._lookups[0], kind):
            found.append(self._lookups.popleft())  # type: ignore[arg-type]  # mypy does not narrow an item
        return found
