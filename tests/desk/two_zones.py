"""A campaign in two zones on one store, in virtual time; a zone may die, be taken over, or have no agents."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import define, field

from agentmgr.core.effects import CheckDial, EndAttempt, FinishJob, Record, ReturnContact
from agentmgr.core.events import DialChecked
from agentmgr.core.ids import SESSIONS_A_RUN
from agentmgr.core.model import AgentSpec, CampaignSpec, CompletionCodeSpec, PhoneNumber, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import AgentLogin, ContactDraft, JobState, OpenedZone, Token
from agentmgr.runtime.startup import saved_legs, start_events
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.store import SqlStore
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason, PacingType
from protocol.structures import AgentSkill
from tests.databases import new_store

T0 = 1_760_000_040.0
LOOK_S = 2.0
"""How often a zone reads which jobs it shall have."""
STEP_S = 0.5
CAMPAIGN = CampaignSpec(
    0,
    "Spring",
    PacingType.Predictive,
    "English",
    (CompletionCodeSpec(1, "Sale", True), CompletionCodeSpec(2, "No"), CompletionCodeSpec(9, "Timed out")),
    9,
    max_attempts=2,
    nuisance_retry_s=300,
    retry_s={DialFailReason.NoAnswer: 300, DialFailReason.Busy: 120, DialFailReason.AnswerMachine: 600},
)
SWITCH = SimParams(live=0.6, talk_median_s=40)
DESK = DeskParams(callback=0.05, callback_min_s=60, callback_max_s=300)


@define
class Witness:
    """The store as both zones have it; notes what they do to contacts and numbers.

    Attributes:
        done: how often each contact was given back for good.
        ends: when jobs ended, as the store has it, one for each time.
        dialled: attempts that may dial and have not ended, each with its number.
        doubled: numbers that two attempts were allowed to dial at once.
    """

    store: SqlStore
    done: Counter[int] = field(factory=Counter)
    ends: list[float] = field(factory=list)
    dialled: dict[str, str] = field(factory=dict)
    doubled: list[str] = field(factory=list)
    refused: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        before = self._ended_at()
        self.store.commit(token, records)
        for record in records:
            match record:
                case ReturnContact(due_at=None):
                    self.done[record.contact_id] += 1
                case EndAttempt():
                    self.dialled.pop(record.attempt_id, None)
        if any(isinstance(record, FinishJob) for record in records) and self._ended_at() != before:
            self.ends.append(self._ended_at() or 0.0)

    def _ended_at(self) -> float | None:
        job = self.store.latest_job(1)
        assert job is not None
        return job.ended_at

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        answers = self.store.check_dials(dials)
        for dial, answer in zip(dials, answers, strict=True):
            if answer.number is None or answer.in_work or answer.on_dnc:
                self.refused += answer.in_work
                continue
            number = answer.number.number
            if number in (self.dialled[key] for key in self.dialled if key != dial.attempt_id):
                self.doubled.append(number)
            self.dialled[dial.attempt_id] = number
        return answers


@define
class LivingZone:
    """A zone with its owner, its switch and its desktops."""

    zone: Zone
    virtual: VirtualZone
    desktops: list[SimDesktop]


class TwoZones:
    """A job with a share in North and one in South."""

    def __init__(self, path: Path, agents: Mapping[str, int], contacts: int, same_numbers: int = 0) -> None:
        self.store = new_store(path)
        self.witness = Witness(self.store)
        self.now = T0
        self.zones: dict[str, LivingZone] = {}
        self._agents = agents
        self._next_look_at = T0
        self._lives = 0
        for zone, how_many in agents.items():
            for number in range(how_many):
                spec = AgentSpec(f"{zone}-{number}", f"{zone} {number}", (AgentSkill("English"),))
                self.store.put_agent(AgentLogin(spec, "secret", zone, True))
        list_id = self.store.ensure_list("Spring", T0)
        drafts = [_draft(n, n - 1 if n % 2 and n < 2 * same_numbers else n) for n in range(contacts)]
        self.store.put_contacts(list_id, drafts, T0)
        spec = self.store.add_campaign(CAMPAIGN, [list_id], T0)
        self.job_id = self.store.create_job(spec.campaign_id, sorted(agents), T0)
        last: int | None = 0
        while last is not None:
            last = self.store.fill_job(self.job_id, last, 100)
        assert self.store.start_job(self.job_id) is not None
        for zone in agents:
            self.open(zone)

    def open(self, name: str) -> None:
        """Let a zone be taken over by a new owner, with a switch and desktops of its own."""
        self._lives += 1
        opened: OpenedZone = self.store.open_zone(name, self.now)
        token = opened.token
        zone = Zone(ZoneConfig(name, token_secret=bytes(32), epoch=token.epoch, run=opened.run), self.now)
        switch = SimSwitch(self._lives, SWITCH)
        virtual = VirtualZone(zone, token, self.witness, switch, self.now, lambda login, password: True)
        virtual.post(*start_events(opened, switch.keep(saved_legs(opened), self.now)))
        virtual.read_jobs_wanted()
        desktops = [
            SimDesktop(f"{name}-{number}", "secret", name, self._lives, DESK)
            for number in range(self._agents[name])
        ]
        for desktop in desktops:
            virtual.connect(desktop)
        self.zones[name] = LivingZone(zone, virtual, desktops)

    def kill(self, name: str) -> None:
        """Let a zone's owner die with its switch; nobody takes over yet."""
        run = self.zones.pop(name).zone.config.run
        for attempt_id in [key for key in self.witness.dialled if int(key) // SESSIONS_A_RUN == run]:
            del self.witness.dialled[attempt_id]

    def run(self, for_s: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Let time pass in both zones side by side."""
        until = self.now + for_s
        while self.now < until:
            self.now += STEP_S
            for living in self.zones.values():
                living.virtual.run(self.now)
            if self.now >= self._next_look_at:
                self._next_look_at = self.now + LOOK_S
                for living in self.zones.values():
                    living.virtual.read_jobs_wanted()
                if stop():
                    return

    def run_to_the_end(self) -> None:
        """Let the job end, and check what holds for every job."""
        self.run(24 * 3600, lambda: self.state is not JobState.Running)
        self.run(2 * LOOK_S)
        job = self.store.latest_job(1)
        assert job is not None
        assert job.state is JobState.Finished
        assert job.done == job.total
        assert len(self.witness.ends) == 1
        assert set(self.witness.done.values()) <= {1}
        assert self.witness.doubled == []
        assert [share for share in self.store.shares(self.job_id) if share.in_work or share.pending] == []
        assert sum(share.done for share in self.store.shares(self.job_id)) == job.total
        assert all(not living.zone.jobs for living in self.zones.values())
        assert all(self.store.jobs_wanted(zone) == () for zone in self.zones)

    @property
    def state(self) -> JobState:
        """The state of the job, as the store has it."""
        job = self.store.latest_job(1)
        assert job is not None
        return job.state

    def done_in(self, zone: str) -> int:
        """Return how many contacts a zone has finished."""
        return next(share.done for share in self.store.shares(self.job_id) if share.zone == zone)


def _draft(index: int, number: int) -> ContactDraft:
    phone = PhoneNumber("PhoneNumber1", f"+4930{number:06}", "Europe/Berlin")
    return ContactDraft(f"C{index}", (phone,), {"FirstName": "Ann"})
