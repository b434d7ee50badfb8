"""How many lines to dial so that agents wait little and customers almost never.

Progressive dials one line per idle agent. Predictive adds a line while the chance that its answer would find
no agent stays small enough. Such an answer comes at one of a few moments ahead. Until then some of the lines
in the air are answered before it, and some of the busy agents become free, each with the chance that one of
its age has; both sums are taken as normal. What is small enough is 2 % at first where 3 % of all answers may
find no agent, and is then steered by how many really did, so that what the model gets wrong, or what changes
while the day goes on, costs neither customers nor agents.

`./scripts/bench pacing` measures what that is worth beside the best policy without memory, which it passes
where ages tell something; docs/pacing.md has the figures.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import erfc, sqrt
from operator import mul

from attrs import Factory, define, field

from agentmgr.core.budget import Budget, Counted
from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.lifetimes import Belief, Curves, Lifetimes
from agentmgr.core.model import LatestCalls, LiveCalls
from protocol.enums import PacingType

MIN_ANSWERS = 20
"""Live answers before the estimates are trusted."""

MOMENTS = 2
"""At so many moments, equally likely, may the answer of a new line come."""

STALE = 0.05
"""When the curves of times are reckoned anew: after such a part of the time they have been learned in."""

STALE_MIN_S, STALE_MAX_S = 2.0, 60.0

NEGLIGIBLE = 1e-3

ROUNDING = 0.2
"""By so much are whole agents and answers rounded where they are taken as continuous."""

ANSWERED, FAILED = 0, 1

LINES = Belief(12.0, (0.5, 0.5), weight=2.0, memory=500, memory_s=900.0)
CONTACTS = Belief(120.0, (1.0,), weight=8.0, memory=500, memory_s=3600.0)

FIRST = 0.55
"""The chance of a loss that a line may have at first, as a share of the limit."""

USED = 0.97
"""So much of the abandoned calls that are allowed is aimed at."""

PROPORTION = 0.08
"""How many standard deviations more caution for each abandoned call too many."""

DRIFT = 7e-4
"""How much of that, for each answer that it lasts, the caution begins with from then on."""

BOLDEST, MOST_CAUTIOUS = -0.7, 2.5
"""How far the caution may go from where it began, in standard deviations."""

RESERVE = 5.0
"""Abandoned calls that a strict campaign keeps for the luck of a day."""


@define(eq=False)
class _Ahead:
    """What one moment ahead will have brought: chances by age, and those of agents squared, too."""

    fresh: float
    answered: list[float]
    freed: list[float]
    freed_squared: list[float]


@define(eq=False)
class PacingEstimates:
    """What a real dialer can observe of a job, with forgetting; times in seconds."""

    live_answers: int = 0
    abandoned: int = 0
    budget: Budget = field(factory=Budget)
    lines: Lifetimes = field(factory=lambda: Lifetimes(1.0, LINES))
    contacts: Lifetimes = field(factory=lambda: Lifetimes(2.0, CONTACTS))
    _ahead: tuple[_Ahead, ...] = ()
    _began_at: float | None = None
    _ahead_until: float = 0.0
    _known: int = 0
    _drifted: float = 0.0
    _drift: float = 0.0

    @property
    def answer_rate(self) -> float:
        """The probability that a dialled line is answered by a person."""
        return self.lines.curves().ended[-1]

    @property
    def handle_s(self) -> float:
        """How long a contact keeps its agent, on average."""
        return self.contacts.mean_s

    @property
    def may_risk_abandon(self) -> bool:
        """Whether enough answers were seen for the estimates to be trusted."""
        return self.live_answers + self._known >= MIN_ANSWERS

    def saw_dial(self, at: float) -> None:
        """A line rings."""
        self.lines.begin(at)

    def saw_line_leave(self, dialed_at: float) -> None:
        """A line rings no more, for whatever reason."""
        self.lines.leave(dialed_at)

    def saw_dial_end(self, answered: bool, after_s: float, at: float) -> None:
        """Learn from a line that was answered by a person or failed."""
        self.lines.end(after_s, ANSWERED if answered else FAILED, at)
        if answered:
            self.live_answers += 1
            # once for each time that the caution was asked for: not while somebody else says how many lines
            self._drifted, self._drift = self._drifted + self._drift, 0.0

    def saw_contact(self, at: float) -> None:
        """An agent has a contact."""
        self.contacts.begin(at)

    def saw_contact_leave(self, began_at: float) -> None:
        """No agent has that contact any more."""
        self.contacts.leave(began_at)

    def saw_contact_end(self, handled_s: float, at: float) -> None:
        """Learn how long an agent was busy with a contact, wrapup included."""
        self.contacts.end(handled_s, 0, at)

    @property
    def today(self) -> Counted:
        """How many answers there were on this day, and how many of them were abandoned."""
        return self.budget.today(Counted(self.live_answers, self.abandoned))

    def begin_day(self, day: int) -> None:
        """Count anew what happens on a day, unless it has begun already."""
        if day != self.budget.day:
            self.budget.begin_day(day, Counted(self.live_answers, self.abandoned))

    def learn(self, days: Sequence[LiveCalls], latest: LatestCalls, shares: int, day: int, at: float) -> None:
        """Go on from what the campaign's calls came to before the job was loaded.

        Args:
            days: up to today, the last of them.
            latest: how its latest calls went.
            shares: so many zones go on with it, each with its part of what was saved or overdrawn.
            day: the number of today.
            at: steady seconds.
        """
        campaign = [Counted(each.answers, each.abandoned).part(shares) for each in days]
        answers, abandoned = sum(each.job_answers for each in days), sum(each.job_abandoned for each in days)
        own = Counted(answers, abandoned).part(shares)
        self.begin_day(day)
        self.budget.learn(campaign, own)
        self.live_answers += own.answers
        self.abandoned += own.abandoned
        for rang_s, answered in latest.rang:
            self.lines.end(rang_s, ANSWERED if answered else FAILED, at)
            self._known += answered
        for handled_s in latest.handled_s:
            self.contacts.end(handled_s, 0, at)
        self._ahead = ()

    def caution(self, limit: float, strict: bool) -> float:
        """Return how many standard deviations lie between what is expected and a loss, at this moment."""
        aim = USED * limit
        if strict:
            too_many = self.today.beyond(aim) + RESERVE
        else:
            too_many = self.budget.too_many(aim, Counted(self.live_answers, self.abandoned))
        begun, wanted = _begin(limit), PROPORTION * too_many + self._drifted
        # what is at its bound already would drift without end
        self._drift = DRIFT * PROPORTION * too_many if BOLDEST < wanted < MOST_CAUTIOUS else 0.0
        return begun + min(max(wanted, BOLDEST), MOST_CAUTIOUS)

    def ahead(self, at: float, patience_s: float) -> tuple[_Ahead, ...]:
        """Return the moments at which the answer of a new line may come."""
        self.lines.age_to(at)
        self.contacts.age_to(at)
        if self._began_at is None:
            self._began_at = at
        if not self._ahead or at >= self._ahead_until:
            lines, contacts = self.lines.curves(), self.contacts.curves()
            self._ahead_until = at + min(max(STALE * (at - self._began_at), STALE_MIN_S), STALE_MAX_S)
            self._ahead = tuple(
                _look(lines, contacts, (number + 0.5) / MOMENTS, patience_s) for number in range(MOMENTS)
            )
        return self._ahead


def _look(lines: Curves, contacts: Curves, share: float, patience_s: float) -> _Ahead:
    time_s = lines.after(share)
    answered = lines.within(time_s, lines.ended)
    while len(answered) > 1 and answered[-1] < NEGLIGIBLE:
        answered.pop()
    freed = contacts.within(time_s + patience_s, contacts.lasting)
    return _Ahead(share * lines.ended[-1], answered, freed, [each * each for each in freed])


@define(eq=False, frozen=True)
class Load:
    """The job at this moment, in agents and lines; `at` is the moment, steady seconds.

    `returning` are those of the busy agents who will take another contact. `patience_s` is how long somebody
    who has answered is let wait.
    """

    idle: int
    busy: int
    ringing: int
    waiting: int
    at: float = 0.0
    returning: int = Factory(lambda self: self.busy, takes_self=True)
    patience_s: float = 2.0


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
    certain, limit = _one_each(load), settings.abandon_limit
    most = int((load.idle + load.returning) * settings.max_calls_per_agent) - load.ringing
    strict = settings.strict_abandon_limit
    if strict and estimates.today.beyond(limit) > -1:
        return certain
    if estimates.may_risk_abandon:
        wanted = int(load.idle * settings.min_calls_per_agent) - load.ringing - load.waiting
        certain = max(certain, min(wanted, most))
    if not estimates.may_risk_abandon or limit <= 0 or most <= certain:
        return certain
    bearable = erfc(estimates.caution(limit, strict) / sqrt(2)) / 2
    moments = estimates.ahead(load.at, load.patience_s)
    # older than all bins
    old_lines = max(0, load.ringing - sum(estimates.lines.alive))
    old_contacts = max(0, load.busy - sum(estimates.contacts.alive))
    forecast = [_forecast(load, estimates, ahead, old_lines, old_contacts) for ahead in moments]
    if _loss(forecast, certain) > bearable:
        return certain
    low, step = certain, 1
    while low + step < most and _loss(forecast, low + step - 1) <= bearable:
        low, step = low + step, 2 * step
    high = min(most, low + step)
    # `low` lines may be added, more than `high` not
    while low < high:
        middle = (low + high + 1) // 2
        if _loss(forecast, middle - 1) <= bearable:
            low = middle
        else:
            high = middle - 1
    return low


def _forecast(
    load: Load, estimates: PacingEstimates, ahead: _Ahead, old_lines: int, old_contacts: int
) -> tuple[float, float, float]:
    """Return how many agents will be missing at a moment, its variance, and a new line's share in it."""
    lines, contacts, fresh = estimates.lines.alive, estimates.contacts.alive, ahead.fresh
    answers = sum(map(mul, lines, ahead.answered)) + old_lines * fresh
    variance = answers - answers * answers / max(load.ringing, answers, 1)
    missing = answers - load.idle + load.waiting + ROUNDING
    if load.busy:
        chance = ahead.freed[-1]
        freed = sum(map(mul, contacts, ahead.freed)) + old_contacts * chance
        squares = sum(map(mul, contacts, ahead.freed_squared)) + old_contacts * chance * chance
        part = load.returning / load.busy
        missing -= part * freed
        variance += max(0.0, part * freed - part * part * squares)
    return missing, variance, fresh


def _loss(forecast: list[tuple[float, float, float]], lines: int) -> float:
    """Return the chance that the answer of one line more finds no agent after so many new ones."""
    loss = 0.0
    for missing, variance, fresh in forecast:
        deviation = sqrt(2 * (variance + lines * fresh * (1 - fresh)) + 1e-9)
        loss += erfc(-(missing + lines * fresh) / deviation)
    return loss / (2 * len(forecast))


@lru_cache(maxsize=64)
def _begin(limit: float) -> float:
    """Return the caution to begin with: the deviations beyond which its first chance lies."""
    low, high = -8.0, 8.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if erfc(middle / sqrt(2)) / 2 > FIRST * limit else (low, middle)
    return low


PACERS: dict[PacingType, Pacer] = {
    PacingType.Predictive: predictive_lines,
    PacingType.Progressive: progressive_lines,
}
"""The pacer of a job by its campaign's pacing; previews have no lines of their own."""


def pacer_for(pacing: PacingType) -> Pacer:
    """Return the pacer of jobs with this pacing."""
    return PACERS.get(pacing, progressive_lines)
