"""Other ways to pace than the zone's own, to be compared with: each is made anew for each job.

The laws in the style of VICIdial stand for the kind: an adjusted level for each agent, with gains of our own.
All of them dial as progressive does until the zone has seen enough answers to let any pacer risk something.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise

from attrs import define, field, frozen

from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.job import Job
from agentmgr.core.pacer import Load, Pacer, PacingEstimates, progressive_lines
from scripts.benchmarks.pacing.scenes import SHIFT_S, Scene

RATIO = 1.5
"""Lines for each free agent, of the pacer that knows nothing else."""

SLOPE = 2.4
"""Lines for each free agent, of the linear rule."""

ADJUST_S = 15.0
"""How often the level of an adaptive law is adjusted."""

GAIN = 0.1
"""How much an adaptive law raises its level when all agents waited since it was adjusted last."""

STEP_DOWN = 0.05
"""By how much an average law lowers its level when too many calls were abandoned."""

MAX_LEVEL = 4.0


@frozen
class FixedRatio:
    """So many lines for each free agent, whatever happens."""

    ratio: float = RATIO

    def __call__(self, load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
        """Return how many lines to add."""
        return max(0, int(self.ratio * load.idle) - load.ringing - load.waiting)


@frozen
class Linear:
    """Keep `slope * free + ahead` lines ringing, tuned by hand for a size; free may be negative."""

    ahead: float
    slope: float = SLOPE

    def __call__(self, load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
        """Return how many lines to add, one for each free agent at least."""
        free = load.idle - load.waiting
        return max(0, free - load.ringing, int(self.slope * free + self.ahead + 0.5) - load.ringing)


@define(eq=False)
class Adaptive:
    """Lines for each agent, a level that follows how many agents wait, in the style of VICIdial.

    Lines are those that ring, wait or talk. Every 15 s the level rises by a part of the share of agents who
    waited, or falls by one of the share of callers who did. While more calls were abandoned than are allowed
    the level is 1 with `hard`, else it falls a step at a time; `tolerance` is how many times the limit are
    allowed at a part of the shift, 0 to 1.
    """

    hard: bool
    tolerance: Callable[[float], float]
    shift_s: float = SHIFT_S
    level: float = 1.0
    _began_at: float | None = None
    _adjusted_at: float = 0.0
    _waiting: float = 0.0
    _seen: int = 0
    _last: tuple[int, int] = field(default=(0, 0))

    def __call__(self, load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
        """Return how many lines to add."""
        agents = load.idle + load.busy
        if self._began_at is None or load.at - self._adjusted_at > self.shift_s:  # or a night has passed
            self._began_at = self._adjusted_at = load.at
            self._last = estimates.live_answers, estimates.abandoned
        self._waiting += (load.idle - load.waiting) / agents if agents else 0.0
        self._seen += 1
        if load.at - self._adjusted_at >= ADJUST_S:
            self._adjust(load.at, estimates, settings.abandon_limit)
        lines = int(self.level * agents) - load.busy - load.ringing - load.waiting
        return max(lines, progressive_lines(load, estimates, settings))

    def _adjust(self, at: float, estimates: PacingEstimates, limit: float) -> None:
        assert self._began_at is not None
        answers, abandoned = estimates.live_answers - self._last[0], estimates.abandoned - self._last[1]
        allowed = limit * self.tolerance(min(1.0, (at - self._began_at) / self.shift_s))
        if abandoned <= allowed * answers:
            self.level += GAIN * self._waiting / self._seen
        elif self.hard:
            self.level = 1.0
        else:
            self.level -= STEP_DOWN
        self.level = min(max(1.0, self.level), MAX_LEVEL)
        self._adjusted_at, self._waiting, self._seen = at, 0.0, 0


def tapered(part: float) -> float:
    """Return how many times the limit are allowed: twice in the first half of a shift, then less and less."""
    return 2.0 if part < 0.5 else 3.0 - 2.0 * part


def ahead_for(scene: Scene, agents: int) -> float:
    """Return what the linear rule keeps ringing; in proportion between the sizes that it was tuned for."""
    tuned = sorted(scene.ahead.items())
    if agents <= tuned[0][0]:
        return tuned[0][1]
    for (low, few), (high, many) in pairwise(tuned):
        if agents <= high:
            return few + (many - few) * (agents - low) / (high - low)
    size, most = tuned[-1]
    return most * agents / size


@frozen
class Careful:
    """Has a rule say how many lines only where the zone would not hang them up at once.

    Until it has seen enough answers to let any pacer risk something that is as progressive does, and nothing
    when all agents are gone or about to go.
    """

    rule: Pacer
    job: Job

    def __call__(self, load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
        """Return how many lines to add."""
        if not self.job.consultable:
            return 0
        rule = self.rule if estimates.may_risk_abandon else progressive_lines
        return rule(load, estimates, settings)


RULES: Mapping[str, Callable[[Scene, int, float], Pacer]] = {
    "ratio": lambda scene, agents, shift_s: FixedRatio(),
    "linear": lambda scene, agents, shift_s: Linear(ahead_for(scene, agents)),
    "adapt-average": lambda scene, agents, shift_s: Adaptive(False, lambda part: 1.0, shift_s),
    "adapt-tapered": lambda scene, agents, shift_s: Adaptive(True, tapered, shift_s),
}
"""By name, what makes a rule for a scene with so many agents and shifts of so many seconds."""
