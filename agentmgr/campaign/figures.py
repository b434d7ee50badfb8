"""What campaigns did, step by step over a time: the figures of their minutes, put together."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, groupby

from attrs import define, frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import CampaignSpec
from agentmgr.ports import MINUTE_S, MinuteFigure

MOST_STEPS = 1_500
"""So many steps at most: those of a day, if they are minutes."""
SWEPT_AT_ONCE = 1_000
DAY_MINUTES = 24 * 60


@frozen
class Figures:
    """What a campaign did in a step that began at `at`, epoch seconds, as far as it is over.

    Agents and lines are means over the step, of all its zones; `callbacks` waited at its end.
    """

    campaign: str
    at: float
    agents: float
    idle: float
    busy: float
    ringing: float
    callbacks: int
    dials: int
    live_answers: int
    abandoned: int
    done: int

    @property
    def utilisation(self) -> float | None:
        """The share of their time that agents who wanted contacts had one; None where nobody did."""
        return self.busy / (self.idle + self.busy) if self.idle + self.busy else None


@define
class _Sum:
    """What is added up for a step: agents and lines in minutes of each."""

    idle: float = 0.0
    busy: float = 0.0
    other: float = 0.0
    ringing: float = 0.0
    dials: int = 0
    live_answers: int = 0
    abandoned: int = 0
    done: int = 0

    def add(self, before: MinuteFigure | None, figure: MinuteFigure) -> None:
        """Add a minute, and what was counted since the one before it of its job and zone."""
        seen = figure.sampled
        for name in ("idle", "busy", "other", "ringing"):
            mean = getattr(seen, f"{name}_s") / seen.sampled_s if seen.sampled_s else 0.0
            setattr(self, name, getattr(self, name) + mean)
        for name in ("dials", "live_answers", "abandoned", "done"):
            rise = getattr(figure, name) - (getattr(before, name) if before is not None else 0)
            setattr(self, name, getattr(self, name) + rise)


class FigureService(Service):
    """Figures over time."""

    def figures(
        self, campaigns: Sequence[str], since: float, until: float | None, step_min: int
    ) -> Iterator[Figures]:
        """Return figures by campaign and step; those of steps in which nothing was looked at are left out.

        Args:
            campaigns: their names; all that the caller sees if none is named.
            since: the begin of the first step, epoch seconds.
            until: None is now.
            step_min: how long a step is, minutes.

        Raises:
            ServiceError: there is no such campaign, or no such step or time.
        """
        until = self._at.now() if until is None else min(until, self._at.now())
        steps = (until - since) / (step_min * MINUTE_S) if step_min > 0 else 0
        if not since >= 0 or not 0 <= steps <= MOST_STEPS or step_min < 1:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"steps of {step_min} minutes from {since:.0f} to {until:.0f}: allowed: an end that is not"
                f" before the begin, and {MOST_STEPS} steps of a minute or more",
            )
        names = campaigns or [each.name for each in self.visible_campaigns()]
        found = [self.find_campaign(name) for name in names]
        first, last = int(since // MINUTE_S), int(until // MINUTE_S) + 1

        def of(campaign: CampaignSpec) -> Iterator[Figures]:
            minutes = self._at.store.figures(campaign.campaign_id, first, last)
            return _steps(campaign.name, minutes, first, last, step_min)

        return chain.from_iterable(map(of, found))

    def sweep(self, keep_days: int) -> bool:
        """Forget some that are older than so many days; returns whether there may be more."""
        before = int(self._at.now() // MINUTE_S) - keep_days * DAY_MINUTES
        return self._at.store.drop_figures(before, SWEPT_AT_ONCE) == SWEPT_AT_ONCE


def _steps(
    name: str, figures: Sequence[MinuteFigure], first: int, last: int, step_min: int
) -> Iterator[Figures]:
    sums: defaultdict[int, _Sum] = defaultdict(_Sum)
    callbacks: defaultdict[int, int] = defaultdict(int)
    for _, of_share in groupby(figures, key=lambda each: (each.sampled.job_id, each.sampled.zone)):
        before: MinuteFigure | None = None
        waiting: dict[int, int] = {}
        for figure in of_share:
            if figure.sampled.minute >= first:
                step = (figure.sampled.minute - first) // step_min
                sums[step].add(before, figure)
                waiting[step] = figure.sampled.callbacks
            before = figure
        for step, count in waiting.items():
            callbacks[step] += count
    for step in sorted(sums):
        added, begin = sums[step], first + step * step_min
        minutes = max(1, min(step_min, last - begin))
        means = (each / minutes for each in (added.idle, added.busy, added.other, added.ringing))
        idle, busy, other, ringing = means
        yield Figures(
            name,
            begin * MINUTE_S,
            idle + busy + other,
            idle,
            busy,
            ringing,
            callbacks[step],
            added.dials,
            added.live_answers,
            added.abandoned,
            added.done,
        )
