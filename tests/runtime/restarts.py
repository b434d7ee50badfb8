"""A zone that dies again and again and is rebuilt from its store alone, with simulated desktops around it."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from attrs import define, field, frozen

from agentmgr.core.effects import (
    CheckDial,
    EndAttempt,
    EndCallback,
    MarkAnswered,
    Record,
    ReturnContact,
    SaveCallback,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    Number,
    SavedAgent,
    WantedJob,
    ZoneConfig,
)
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import AccountLogin, AgentLogin, Claim, OpenedZone, Token, ZoneStore
from agentmgr.runtime.startup import saved_legs, start_events
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.commands import AGTLogonRESP, AGTSaveAgentForHA, AGTSaveAgentForHARESP, AGTWrapupContactRESP
from protocol.enums import CallState, PacingType
from protocol.results import ResultCode
from tests.telephony.switches import living

T0 = 1_760_000_040.0
ZONE = "Default"
LOST_S = 60.0
FORGETFUL = "1004"
"""The agent that does not ask to be saved."""
BUSY_DESK = DeskParams(
    hold=0.3,
    release=0.4,
    attribute=0.5,
    note=0.5,
    redial=0.4,
    aux=0.1,
    preview_cancel=0.2,
    callback=0.3,
    callback_min_s=60,
    callback_max_s=600,
    reschedule=0.3,
    consult=0.2,
    transfer=0.0,
    ownership=0.0,
)
CALM_SWITCH = SimParams(live=0.7, machine=0.05, talk_median_s=60, nail_loss_per_h=1)
CAMPAIGN = CampaignSpec(
    0,
    "Spring",
    PacingType.Progressive,
    "English",
    (
        CompletionCodeSpec(1, "Sale", True),
        CompletionCodeSpec(2, "No", retry_after_s=300),
        CompletionCodeSpec(9, "Timed out"),
    ),
    9,
    max_attempts=2,
    nuisance_retry_s=3600,
    retry_s={},
    attributes=(AttributeSpec("FirstName"),),
    callback_expiry_min=10,
)


class Killed(Exception):
    """The server died."""


@define
class Shelf:
    """Stores that must agree; what is committed is noted. It kills its user when it is told to.

    `fuse` counts commits: at 0 the server dies, before the commit or right after it.
    """

    stores: Sequence[ZoneStore]
    records: list[Record] = field(factory=list)
    fuse: int = 1_000_000
    dies_before: bool = False
    _tokens: list[Token] = field(factory=list)

    def open_zone(self, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
        opened = [store.open_zone(zone, now) for store in self.stores]
        self._tokens = [each.token for each in opened]
        for each in opened[1:]:
            assert each.jobs == opened[0].jobs
            assert each.saved == opened[0].saved
        return opened[0]

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        self.fuse -= 1
        if self.fuse == 0 and self.dies_before:
            raise Killed
        for store, own in zip(self.stores, self._tokens, strict=True):
            store.commit(own, records)
        self.records += records
        if self.fuse == 0:
            raise Killed

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        first, *others = (
            store.claim_contacts(own, job_id, limit, now, only_retries)
            for store, own in zip(self.stores, self._tokens, strict=True)
        )
        for other in others:
            assert other == first
        return first

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        first, *others = (store.jobs_wanted(zone) for store in self.stores)
        assert all(other == first for other in others)
        return first

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        first, *others = (
            store.load_job(own, job_id) for store, own in zip(self.stores, self._tokens, strict=True)
        )
        assert all(other == first for other in others)
        return first

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        first, *others = (store.check_dials(dials) for store in self.stores)
        assert all(other == first for other in others)
        return first

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        first, *others = (store.live_calls(job_id, since, until) for store in self.stores)
        assert all(other == first for other in others)
        return first

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        first, *others = (store.latest_calls(job_id, since, until) for store in self.stores)
        assert all(other == first for other in others)
        return first

    def on_dnc(self, addresses: Any, organisation: str = "") -> frozenset[str]:
        return self.stores[0].on_dnc(addresses, organisation)

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        return self.stores[0].find_agent(agent_id)

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        return self.stores[0].numbers(job_id, agent_id, organisation)

    def agents_with(
        self, zone: str, skill: str, level: int, limit: int, organisation: str = ""
    ) -> tuple[AgentSpec, ...]:
        return self.stores[0].agents_with(zone, skill, level, limit, organisation)

    def find_account(self, name: str) -> AccountLogin | None:
        return self.stores[0].find_account(name)


class SavedDesktop(SimDesktop):
    """A desktop that asks for its agent to be saved, and notes which wrapups were confirmed."""

    def __init__(self, agent_id: str, seed: str, confirmed: list[str], *, saves: bool) -> None:
        super().__init__(agent_id, "secret", ZONE, hash_of(seed), BUSY_DESK)
        self._confirmed = confirmed
        self._saves = saves

    def answered(self, command: Any, response: Any, now: float) -> list[Any]:
        if isinstance(response, AGTSaveAgentForHARESP):
            assert response.result is ResultCode.SUCCESS
            return []
        wanted = list(super().answered(command, response, now))
        if response.result is ResultCode.SUCCESS:
            if isinstance(response, AGTLogonRESP) and self._saves:
                wanted.append(AGTSaveAgentForHA())
            if isinstance(response, AGTWrapupContactRESP):
                self._confirmed.append(command.session_id)
        return wanted


def hash_of(text: str) -> int:
    """Return a number that is the same in every process."""
    return Random(text).getrandbits(32)


@frozen
class Expected:
    """How a saved agent must be found after its logon."""

    sid: str
    call_state: CallState


class World:
    """A campaign with its switch, its desktops and a server that dies.

    Attributes:
        deaths: how often it died.
        resumed: how often a saved agent came back to its contact, by the call state it came back to.
    """

    def __init__(
        self, stores: Sequence[ZoneStore], seed: int, pacing: PacingType, *, covers_all: bool = False
    ) -> None:
        self.shelf = Shelf(stores)
        self.now = T0
        self.deaths = 0
        self.resumed: Counter[CallState] = Counter()
        self.confirmed: list[str] = []
        self.pacing = pacing
        self._covers_all = covers_all
        self._draw = Random(f"{seed}/world")
        self._seed = seed
        self._switch = SimSwitch(seed, CALM_SWITCH)
        self._agents = ("1001", "1002", "1003", "1004")

    # -- one life --------------------------------------------------------------------------

    def live(self, for_s: float, *, commits: int, dies_before: bool) -> bool:
        """Start a server and let it die after some time or commits; False if its jobs are all over."""
        opened = self.shelf.open_zone(ZONE, self.now)
        if not opened.jobs:
            return False
        token = opened.token
        zone = Zone(
            ZoneConfig(
                ZONE,
                token_secret=bytes(32),
                epoch=token.epoch,
                run=opened.run,
                lost_desktop_s=LOST_S,
                cover_all_agents=self._covers_all,
            ),
            self.now,
        )
        driver = VirtualZone(
            zone,
            token,
            self.shelf,
            self._switch,
            self.now,
            lambda login, password: True,
        )
        self.shelf.fuse, self.shelf.dies_before = commits, dies_before
        end = self.now + for_s
        try:
            driver.post(*start_events(opened, self._switch.keep(saved_legs(opened), self.now)))
            driver.read_jobs_wanted()
            self._let_desktops_come(zone, driver, opened)
            driver.run(end, lambda: not zone.jobs)
        except Killed:
            pass
        self.now = driver.now + self._draw.choice((0.0, 1.0, 30.0, 900.0))
        self.deaths += 1
        return bool(zone.jobs)

    def lose_switch(self) -> None:
        """The switch died with the server: a new one knows nothing."""
        self._switch = SimSwitch(self._seed + self.deaths, CALM_SWITCH)

    def _let_desktops_come(self, zone: Zone, driver: VirtualZone, opened: OpenedZone) -> None:
        saved = {agent.agent_id: agent for agent in opened.saved}
        late = self._draw.random() < 0.2
        arrivals = sorted(
            (self.now + self._draw.uniform(0, 2 * LOST_S if late else 10), agent_id)
            for agent_id in self._agents
        )
        for at, agent_id in arrivals:
            if late and self._draw.random() < 0.5:
                continue  # never comes back: the contact must not wait for it
            driver.run(at)
            desktop = SavedDesktop(
                agent_id,
                f"{self._seed}/{self.deaths}/{agent_id}",
                self.confirmed,
                saves=agent_id != FORGETFUL and not self._covers_all,
            )
            expected = self._expected(zone, saved.get(agent_id))
            driver.connect(desktop)
            self._check_resumed(zone, agent_id, expected)

    def _expected(self, zone: Zone, saved: SavedAgent | None) -> Expected | None:
        if saved is None or saved.session is None or saved.session.sid not in zone.sessions:
            return None
        sid = saved.session.sid
        has_lines = {sid, saved.leg_id} <= living(self._switch)
        is_lost = not has_lines or saved.call_state in (CallState.Wrapup, CallState.Dialing)
        return Expected(sid, CallState.Wrapup if is_lost else saved.call_state)

    def _check_resumed(self, zone: Zone, agent_id: str, expected: Expected | None) -> None:
        if expected is None:
            return
        agent = zone.agents[agent_id]
        assert agent.session is not None
        assert agent.session.sid == expected.sid
        assert agent.call_state is expected.call_state
        self.resumed[agent.call_state] += 1

    def answered_by(self, attempt_id: str) -> str | None:
        """Return who talked to the customer of an attempt; that agent keeps the contact to its end."""
        agents = [r.agent_id for r in self._of(MarkAnswered) if r.attempt_id == attempt_id]
        return next((agent_id for agent_id in agents if agent_id is not None), None)

    # -- what must be true in the end ------------------------------------------------------

    def _of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.shelf.records if isinstance(record, kind)]

    def check(self) -> None:
        """Check all that was committed."""
        started = {record.attempt_id: record for record in self._of(StartAttempt)}
        ended = {record.attempt_id: record.outcome for record in self._of(EndAttempt)}
        answered = {record.attempt_id for record in self._of(MarkAnswered)}
        dispositions = [record.attempt_id for record in self._of(SaveDisposition)]
        assert set(dispositions) <= ended.keys() <= started.keys()
        sessions = {attempt_id: record.session_id or attempt_id for attempt_id, record in started.items()}
        disposed = [sessions[attempt_id] for attempt_id in dispositions]
        assert len(disposed) == len(set(disposed))
        assert len(self.confirmed) == len(set(self.confirmed))
        assert set(self.confirmed) <= set(disposed)
        last = {session: attempt_id for attempt_id, session in sessions.items()}
        for attempt_id in answered & ended.keys() & set(last.values()):  # not those dialled once more
            if attempt_id not in dispositions:
                assert ended[attempt_id] == "Nuisance", f"{attempt_id} ended as {ended[attempt_id]}"
        self._check_callbacks()
        self._check_contacts()

    def _check_callbacks(self) -> None:
        """Each promise ends once, and is not kept twice: a customer who was reached is not called again."""
        waiting: set[str] = set()
        promises: Counter[str] = Counter()
        attempts: dict[str, tuple[str, int]] = {}
        reached: set[tuple[str, int]] = set()
        for record in self.shelf.records:
            match record:
                case SaveCallback(callback_id=callback_id):
                    waiting.add(callback_id)
                    promises[callback_id] += 1
                case EndCallback(callback_id=callback_id):
                    waiting.remove(callback_id)  # a KeyError says that it ended twice
                case StartAttempt(callback_id=str(callback_id)):
                    attempts[record.attempt_id] = callback_id, promises[callback_id]
                    is_redial = record.session_id is not None
                    assert is_redial or attempts[record.attempt_id] not in reached, (
                        f"{callback_id} is called again"
                    )
                case MarkAnswered() if record.attempt_id in attempts:
                    reached.add(attempts[record.attempt_id])

    def _check_contacts(self) -> None:
        """A customer who was promised a callback is not called before by the job itself."""
        at_work: dict[int, str] = {}
        promised: set[str] = set()
        for record in self.shelf.records:
            match record:
                case StartAttempt(callback_id=None):
                    at_work[record.contact_id] = record.session_id or record.attempt_id
                case SaveCallback():
                    promised.add(record.callback_id.removesuffix("-callback"))
                case ReturnContact() if at_work.get(record.contact_id) in promised:
                    assert record.due_at is None, f"{at_work[record.contact_id]} is called too early"
