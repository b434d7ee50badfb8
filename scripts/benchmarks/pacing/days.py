"""Days of a campaign in virtual time: a real zone and a real switch, and desktops that do the least."""

from collections.abc import Iterator
from math import inf
from random import Random
from time import process_time

from attrs import frozen

from agentmgr.core.events import JobLoaded, JobsWanted
from agentmgr.core.model import AgentSpec, CampaignSpec, CompletionCodeSpec, Wanted, WantedJob, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.ports import Token
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import PacingType
from protocol.structures import AgentSkill
from scripts.benchmarks.pacing.desktop import BenchDesktop
from scripts.benchmarks.pacing.endless import EndlessStore
from scripts.benchmarks.pacing.rules import RULES, Careful
from scripts.benchmarks.pacing.scenes import DAY_S, SHIFT_S, Scene, SceneCustomers

MONDAY_8_H = 1_759_737_600.0 + 8 * 3600
"""When the first shift begins, epoch seconds."""

LAST_CALLS_S = 150.0
"""How long agents stay when nothing is dialled any more: what rings then may be answered still."""

CLEAN = SimParams(nail_answer=1.0, nail_answer_median_s=1.0, nail_answer_sigma=0.0, nail_loss_per_h=0.0)
ABANDON_LIMIT = 0.03
SKILL, ZONE = "sales", "Bench"
PACINGS = {"progressive": PacingType.Progressive, "ours": PacingType.Predictive}
PACERS = (*PACINGS, *RULES)
"""The names of all pacers: the zone's own, and those that take their place in a predictive job."""


@frozen
class DayResult:
    """What one day came to; `seconds` of the processor's time."""

    worked_s: float
    waited_s: float
    answers: int
    abandoned: int
    attempts: int
    seconds: float


class Days:
    """Consecutive days of one campaign; what was learned is kept.

    Args:
        scene: how customers and agents are.
        pacer: by its name.
        agents: how many work.
        seed: the same gives the same days.
        shift_s: how long agents work on a day.
        day_s: from the begin of a shift to the next.
        strict: whether each day is to keep the limit by itself.
    """

    def __init__(
        self,
        scene: Scene,
        pacer: str,
        agents: int,
        seed: int,
        shift_s: float = SHIFT_S,
        day_s: float = DAY_S,
        strict: bool = False,
    ) -> None:
        self._shift_s, self._day_s = shift_s, day_s
        self._begins_at = MONDAY_8_H
        self._scene, self._agents = scene, agents
        campaigns = {
            job_id: CampaignSpec(
                job_id,
                f"Bench {job_id}",
                PACINGS.get(pacer, PacingType.Predictive),
                SKILL,
                (CompletionCodeSpec(1, "Done"),),
                1,
                priority=share.priority,
                abandon_limit=ABANDON_LIMIT,
                strict_abandon_limit=strict,
                ring_time_s=scene.ring_time_s,
                acw_max_time_s=0,
                max_attempts=1,
                nuisance_retry_s=0,
                infinite=True,
            )
            for job_id, share in enumerate(scene.shares, 1)
        }
        self.store = EndlessStore(campaigns, scene.prefix, self._come)
        self.switch = SimSwitch(seed, CLEAN, SceneCustomers(scene, self._part))
        self.desktops = []
        for number in range(agents):
            agent_id = str(1001 + number)
            self.store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill(SKILL),)), ZONE)
            draw = Random(f"{seed}/{agent_id}")
            self.desktops.append(BenchDesktop(agent_id, ZONE, draw, scene, shift_s))
        self._open(self._begins_at, run=1)
        for job_id in campaigns:
            if pacer in RULES:
                job = self.zone.jobs[job_id]
                job.pacer = Careful(RULES[pacer](scene, agents, shift_s), job)

    def _open(self, at: float, run: int) -> None:
        # every desktop here lives: none is asked
        config = ZoneConfig(ZONE, epoch=run, run=run, token_secret=bytes(32), agent_silence_s=DAY_S)
        self.zone = Zone(config, at)
        self.virtual = VirtualZone(
            self.zone,
            Token(ZONE, 0, run),
            self.store,
            self.switch,
            at,
            lambda login, password: password == login.password_hash,
        )
        for job_id, job in self.store.jobs.items():
            self.virtual.post(JobLoaded(job_id, job))

    def restart(self) -> None:
        """Let the server be started anew between shifts, with what is in its store."""
        opened = self.store.open_zone(ZONE, self.virtual.now)
        self._open(self.virtual.now, opened.token.epoch)

    def _part(self) -> float:
        return (self.virtual.now - self._begins_at) / self._shift_s

    def _come(self, job_id: int) -> tuple[float, float]:
        """Return how many contacts of a job have come on this day and before, and when the next do."""
        share, begins_at = self._scene.shares[job_id - 1], self._begins_at
        if not share.waves:
            return inf, self.virtual.now
        wave = min(int(self._part() * share.waves), share.waves - 1)
        day = round((begins_at - MONDAY_8_H) / self._day_s)
        is_last = wave == share.waves - 1
        next_at = begins_at + (self._day_s if is_last else self._shift_s * (wave + 1) / share.waves)
        return (day * share.waves + wave + 1) * share.contacts_an_agent * self._agents, next_at

    def run(self, days: int) -> Iterator[DayResult]:
        """Let days pass, one after another."""
        for day in range(days):
            self._begins_at = MONDAY_8_H + day * self._day_s
            yield self._day()

    def _day(self) -> DayResult:
        store, virtual = self.store, self.virtual
        virtual.run(self._begins_at)
        before, began = (store.answers, store.abandoned, store.dials), process_time()
        self._want(Wanted.RUN)
        connections = {virtual.connect(desktop): desktop for desktop in self.desktops}
        virtual.run(self._begins_at + self._shift_s)
        worked_s, waited_s = self._take_times()
        self._want(Wanted.PAUSE)
        virtual.run(virtual.now + LAST_CALLS_S)
        for connection, desktop in connections.items():
            virtual.stop(connection, desktop)
        virtual.run(virtual.now + self._day_s / 4, lambda: all(desktop.finished for desktop in self.desktops))
        for connection in connections:
            virtual.disconnect(connection)
        self._take_times()
        after = store.answers, store.abandoned, store.dials
        counts = (now - then for now, then in zip(after, before, strict=True))
        return DayResult(worked_s, waited_s, *counts, process_time() - began)

    def _want(self, wanted: Wanted) -> None:
        self.virtual.post(JobsWanted(tuple(WantedJob(job_id, wanted) for job_id in self.zone.jobs)))

    def _take_times(self) -> tuple[float, float]:
        """Return how long all agents worked and waited since this was called last."""
        worked_s = waited_s = 0.0
        for desktop in self.desktops:
            desktop.settle(self.virtual.steady)
            worked_s, waited_s = worked_s + desktop.worked_s, waited_s + desktop.waited_s
            desktop.worked_s = desktop.waited_s = 0.0
        return worked_s, waited_s
