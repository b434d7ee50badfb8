"""How many lines to dial so that agents wait little and customers almost never.

Progressive dials one line per idle agent. Predictive dials on until the expected share of answers
that would find no agent reaches what the campaign allows: answers A are binomial over the lines in the
air, free agents S are those idle now plus those who become free while the lines ring, and
E[max(A - S, 0)] / E[A] is taken from the normal approximation of A - S. Whatever the model believes,
it never overdials while one more abandoned call would break the limit.
"""

from collections.abc import Callable
from math import erf, exp, pi, sqrt

from attrs import define

from agentmgr.core.campaign import CampaignSettings
from protocol.enums import PacingType

FORGET = 0.995
"""Weight of the past at each new observation: about the last 200 count."""

MIN_ANSWERS = 20
"""Live answers before the estimates are trusted."""

MAX_LINES_PER_AGENT = 4.0


@define(eq=False)
class PacingEstimates:
    """What a real dialer can observe of a job, with forgetting; times in seconds."""

    dials: float = 4.0
    answers: float = 2.0
    answer_s: float = 10.0
    handle_s: float = 120.0
    live_answers: int = 0
    abandoned: int = 0

    @property
    def answer_rate(self) -> float:
        """The probability that a dialled line is answered by a person."""
        return min(1.0, self.answers / self.dials)

    def saw_dial_end(self, answered: bool, after_s: float) -> None:
        """Learn from a line that was answered by a person or failed."""
        self.dials = self.dials * FORGET + 1
        self.answers = self.answers * FORGET + answered
        if answered:
            self.live_answers += 1
            self.answer_s += (after_s - self.answer_s) / min(self.live_answers, 200)

    def saw_contact_end(self, handled_s: float) -> None:
        """Learn how long an agent was busy with a contact, wrapup included."""
        self.handle_s += (handled_s - self.handle_s) / min(self.live_answers + 1, 200)

    @property
    def may_risk_abandon(self) -> bool:
        """Whether enough answers were seen for the estimates to be trusted."""
        return self.live_answers >= MIN_ANSWERS


@define(eq=False, frozen=True)
class Load:
    """The job at this moment, in agents and lines; `at` is the moment, steady seconds."""

    idle: int
    busy: int
    ringing: int
    waiting: int
    at: float = 0.0


Pacer = Callable[[Load, PacingEstimates, CampaignSettings], int]
"""Says how many lines a job adds at this moment, by what was observed so far; it may have a memory."""


def progressive_lines(load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
    """Return how many lines to add: one for each idle agent that no line or caller is meant for."""
    return _one_each(load)


def _one_each(load: Load) -> int:
    return max(0, load.idle - load.ringing - load.waiting)


def predictive_lines(load: Load, estimates: PacingEstimates, settings: CampaignSettings) -> int:
    """Return how many lines to add now.

    Args:
        load: agents and lines of the job.
        estimates: what was observed so far.
        settings: those of the campaign.
    """
    certain, abandon_limit = _one_each(load), settings.abandon_limit
    budget = abandon_limit * estimates.live_answers - estimates.abandoned
    if not estimates.may_risk_abandon or budget < 1:
        return certain
    agents = load.idle + load.busy
    low, high = certain, max(certain, int(agents * MAX_LINES_PER_AGENT) - load.ringing)
    while low < high:
        middle = (low + high + 1) // 2
        if _abandon_share(load, estimates, middle) <= abandon_limit:
            low = middle
        else:
            high = middle - 1
    return low


def _abandon_share(load: Load, estimates: PacingEstimates, lines: int) -> float:
    rate = estimates.answer_rate
    in_the_air = load.ringing + lines
    answers = in_the_air * rate
    if answers <= 0:
        return 0.0
    freed_rate = 1 - exp(-estimates.answer_s / max(estimates.handle_s, 1.0))
    free = load.idle - load.waiting + load.busy * freed_rate
    variance = answers * (1 - rate) + load.busy * freed_rate * (1 - freed_rate)
    return _expected_excess(answers - free, variance) / answers


def _expected_excess(mean: float, variance: float) -> float:
    """Return E[max(X, 0)] of a normal X."""
    if variance < 1e-9:
        return max(mean, 0.0)
    deviation = sqrt(variance)
    z = mean / deviation
    density = exp(-z * z / 2) / sqrt(2 * pi)
    return mean * (1 + erf(z / sqrt(2))) / 2 + deviation * density


PACERS: dict[PacingType, Pacer] = {
    PacingType.Predictive: predictive_lines,
    PacingType.Progressive: progressive_lines,
}
"""By which pacer a job begins; `Job.pacer` is that of one job, and may be another."""
