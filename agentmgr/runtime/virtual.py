"""Drives a zone, a switch and desktops in virtual time: no trio, no threads, no waiting.

The same objects that trio drives in real time; a whole day takes as long as its events take to compute,
and the same seeds give the same day.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any, Protocol

from agentmgr.core import effects
from agentmgr.core.events import (
    AccountChecked,
    AgentChecked,
    AgentsListed,
    ClockStepped,
    CommandReceived,
    ConnectionLost,
    ConnectorAnswered,
    DncChecked,
    Event,
    HistoryRead,
    JobLoaded,
    JobsWanted,
    LogonChecked,
    NumbersRead,
    TimerFired,
)
from agentmgr.ports import Login, Simulated, Token, ZoneStore
from agentmgr.runtime.runner import ZoneMachine
from agentmgr.runtime.timers import TimerHeap
from protocol.commands import AgentSDKConnected, POMClientAlive
from protocol.notifications import POMNotAvailable
from protocol.registry import COMMANDS, VERSION
from protocol.results import ResultCode

_RECORDS = frozenset(effects.RECORDS)
"""Asked for every effect: an instance of twenty classes is dear to find out."""


class VirtualDesktop(Protocol):
    """A desktop that is driven: what the server says goes in, the commands it sends come out."""

    @property
    def agent_id(self) -> str: ...

    def start(self, now: float) -> Sequence[Any]: ...

    def notified(self, notification: Any, now: float) -> Sequence[Any]: ...

    def answered(self, command: Any, response: Any, now: float) -> Sequence[Any]: ...

    def next_at(self) -> float | None: ...

    def due(self, now: float) -> Sequence[Any]: ...

    def step_clock(self, by_s: float) -> None: ...

    def stop(self, now: float) -> Sequence[Any]: ...


class VirtualZone:
    """A zone in virtual time, each desktop on a connection of its own.

    Args:
        zone: the zone to drive.
        token: what the store's writes are checked against.
        store: called inline.
        switch: the simulated switch, asked and told inline.
        start_s: where time begins, epoch seconds.
        verify: whether a password is right.
    """

    def __init__(
        self,
        zone: ZoneMachine,
        token: Token,
        store: ZoneStore,
        switch: Simulated,
        start_s: float,
        verify: Callable[[Login, str], bool],
    ) -> None:
        self.now = start_s
        self._stepped_s = 0.0
        self._zone = zone
        self._token = token
        self._store = store
        self._switch = switch
        self._verify = verify
        self._timers = TimerHeap()
        self._inbox: deque[Event] = deque()
        self._desktops: dict[int, VirtualDesktop] = {}
        self._wakings: list[tuple[float, int]] = []
        self._unanswered: dict[tuple[int, int], Any] = {}
        self._request_count = 0
        self._connection_count = 0
        self._perform: Mapping[type[Any], Callable[[Any], None]] = {
            effects.Respond: self._respond,
            effects.Notify: self._notify,
            effects.ReportFault: self._raise,
            effects.ContactsOver: lambda effect: None,
            effects.Remark: lambda effect: None,
            effects.SetTimer: self._set_timer,
            effects.CancelTimer: lambda effect: self._timers.cancel(effect.key),
            effects.CheckLogon: self._check_logon,
            effects.CheckAccount: self._check_account,
            effects.FetchContacts: self._fetch_contacts,
            effects.LoadJob: self._load_job,
            effects.ReadHistory: self._read_history,
            effects.CheckDial: self._check_dial,
            effects.CheckDnc: self._check_dnc,
            effects.CheckAgent: self._check_agent,
            effects.ListAgents: self._list_agents,
            effects.ReadNumbers: self._read_numbers,
            effects.AskConnector: lambda errand: self._inbox.append(ConnectorAnswered(errand.key, True)),
            **dict.fromkeys(effects.TELEPHONY_ORDERS, lambda order: self._switch.order(order, self.steady)),
        }

    @property
    def steady(self) -> float:
        """The time without the steps of the clock: that of the switch and of the desktops."""
        return self.now - self._stepped_s

    def step_clock(self, by_s: float) -> None:
        """Let all clocks be stepped, and all happen that follows at once."""
        self.now += by_s
        self._stepped_s += by_s
        self._timers.step(by_s)
        for desktop in self._desktops.values():
            desktop.step_clock(by_s)
        self.post(ClockStepped(by_s))

    def connect(self, desktop: VirtualDesktop) -> int:
        """Open a connection for a desktop and let it begin; returns the number of the connection."""
        connection = self._open(desktop, ())
        self._take(connection, desktop.start(self.steady))
        self._settle()
        return connection

    def disconnect(self, connection: int) -> None:
        """Cut a desktop off; it learns of it as from the client library, with what it waits for failed."""
        desktop = self._desktops.pop(connection)
        # the heartbeat of its library: what was sent before the last seconds has arrived
        self._send(connection, POMClientAlive(), agent_id="")
        self.post(ConnectionLost(connection))
        for key in [key for key in self._unanswered if key[0] == connection]:
            command = self._unanswered[key]
            if not isinstance(command, AgentSDKConnected):
                response = COMMANDS[type(command).__name__].resp(ResultCode.MANAGER_NOT_AVAILABLE)
                desktop.answered(command, response, self.steady)
        desktop.notified(POMNotAvailable(), self.steady)

    def reconnect(self, desktop: VirtualDesktop) -> int:
        """Open a connection for a desktop that was cut off; it goes on as the server asks it to."""
        connection = self._open(desktop, (desktop.agent_id,))
        self._settle()
        if connection in self._desktops:
            self._take(connection, desktop.due(self.steady))
            self._settle()
        return connection

    def stop(self, connection: int, desktop: VirtualDesktop) -> None:
        """Let an agent go home."""
        self._take(connection, desktop.stop(self.steady))
        self._settle()

    def _open(self, desktop: VirtualDesktop, agent_ids: tuple[str, ...]) -> int:
        self._connection_count += 1
        self._desktops[self._connection_count] = desktop
        sdk_connected = AgentSDKConnected(agent_ids, VERSION)
        self._send(self._connection_count, sdk_connected, agent_id="")
        return self._connection_count

    def post(self, *events: Event) -> None:
        """Let events happen now, one after another, with all that follows at once."""
        self._inbox.extend(events)
        self._settle()

    def read_jobs_wanted(self) -> None:
        """Tell the zone which jobs it shall have, as the store has it now."""
        self.post(JobsWanted(self._store.jobs_wanted(self._token.zone)))

    def run(self, until: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Let time pass to `until`, epoch seconds, or to the first moment at which `stop` is true."""
        while not stop():
            at = self._next_at()
            if at is None or at > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, at)
            self._inbox.extend(self._switch.due(self.steady))
            self._settle()
            for key in (
                self._timers.due(self.now) if self._timers.may_be_due(self.now) else ()
            ):  # each may cancel one that is due as well
                self.post(TimerFired(key))
            while self._wakings and self._wakings[0][0] <= self.steady:
                _, connection = heappop(self._wakings)
                if connection in self._desktops:
                    self._take(connection, self._desktops[connection].due(self.steady))
            self._settle()

    def _next_at(self) -> float | None:
        waking_at = self._wakings[0][0] if self._wakings else None
        steady = (at + self._stepped_s for at in (self._switch.next_at(), waking_at) if at is not None)
        return min((at for at in (self._timers.next_at(), *steady) if at is not None), default=None)

    def _settle(self) -> None:
        while self._inbox:
            events, self._inbox = self._inbox, deque()
            records: list[effects.Record] = []
            later: list[effects.Effect] = []
            for event in events:
                caused, _ = self._zone.handle(event, self.now)
                for effect in caused:
                    if effect.__class__ in _RECORDS:
                        records.append(effect)  # type: ignore[arg-type]  # it is one of them
                    else:
                        later.append(effect)
            if records:
                self._store.commit(self._token, records)
            for effect in later:
                self._perform[type(effect)](effect)

    # -- desktops ------------------------------------------------------------------------------

    def _send(self, connection: int, command: Any, agent_id: str) -> None:
        self._request_count += 1
        self._unanswered[connection, self._request_count] = command
        self._inbox.append(CommandReceived(connection, self._request_count, agent_id, command))

    def _take(self, connection: int, commands: Sequence[Any]) -> None:
        desktop = self._desktops[connection]
        for command in commands:
            self._send(connection, command, desktop.agent_id)
        at = desktop.next_at()
        if at is not None:
            heappush(self._wakings, (at, connection))

    def _respond(self, effect: effects.Respond) -> None:
        command = self._unanswered.pop((effect.connection, effect.request_id), None)
        if command is None:
            return  # given again after a return; the desktop was told that its connection broke
        desktop = self._desktops.get(effect.connection)
        if desktop is not None and effect.agent_id:
            self._take(effect.connection, desktop.answered(command, effect.response, self.steady))

    def _notify(self, effect: effects.Notify) -> None:
        desktop = self._desktops.get(effect.connection)
        if desktop is not None:
            self._take(effect.connection, desktop.notified(effect.notification, self.steady))

    def _set_timer(self, effect: effects.SetTimer) -> None:
        self._timers.set(effect.key, effect.at, calendar=effect.calendar)

    def _raise(self, effect: effects.ReportFault) -> None:
        raise effect.fault

    # -- questions -------------------------------------------------------------------------------

    def _check_logon(self, question: effects.CheckLogon) -> None:
        login = self._store.find_agent(question.agent_id)
        if login is not None and question.resume_token:
            right = login.has_token(question.resume_token, question.tokens_since)
        else:
            right = login is not None and self._verify(login, question.password)
        result = ResultCode.SUCCESS if right else ResultCode.AUTHENTICATION_FAILED
        agent = login.agent if login is not None and right else None
        self._inbox.append(
            LogonChecked(question.connection, question.request_id, question.agent_id, result, agent)
        )

    def _check_account(self, question: effects.CheckAccount) -> None:
        account = self._store.find_account(question.account)
        right = account is not None and account.may_sign_in and self._verify(account, question.password)
        result = ResultCode.SUCCESS if right else ResultCode.AUTHENTICATION_FAILED
        self._inbox.append(AccountChecked(question.connection, question.request_id, result))

    def _fetch_contacts(self, question: effects.FetchContacts) -> None:
        wanted = question.job_id, question.limit, self.now, question.only_retries
        claimed = self._store.claim_contacts(self._token, *wanted)
        self._inbox.append(claimed)

    def _load_job(self, question: effects.LoadJob) -> None:
        job = self._store.load_job(self._token, question.job_id)
        self._inbox.append(JobLoaded(question.job_id, job))

    def _read_history(self, question: effects.ReadHistory) -> None:
        job_id, begins = question.job_id, question.begins
        days = tuple(self._store.live_calls(job_id, *day) for day in pairwise(begins))
        latest = self._store.latest_calls(job_id, begins[0], begins[-1])
        self._inbox.append(HistoryRead(job_id, days, latest))

    def _check_dial(self, question: effects.CheckDial) -> None:
        self._inbox.extend(self._store.check_dials([question]))

    def _check_dnc(self, question: effects.CheckDnc) -> None:
        self._inbox.append(
            DncChecked(question.key, self._store.on_dnc(question.addresses, question.organisation))
        )

    def _check_agent(self, question: effects.CheckAgent) -> None:
        login = self._store.find_agent(question.agent_id)
        exists = login is not None and login.agent.works_for(question.organisation)
        self._inbox.append(AgentChecked(question.key, exists))

    def _read_numbers(self, question: effects.ReadNumbers) -> None:
        whose = question.job_id, question.agent_id, question.organisation
        self._inbox.append(NumbersRead(question.key, self._store.numbers(*whose)))

    def _list_agents(self, question: effects.ListAgents) -> None:
        wanted = self._token.zone, question.skill, question.level, question.limit, question.organisation
        self._inbox.append(AgentsListed(question.key, self._store.agents_with(*wanted)))
