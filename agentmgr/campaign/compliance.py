"""Whether campaigns kept to the rules on abandoned calls: a record of each day, counted from the attempts."""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from attrs import frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.budget import WINDOW_DAYS
from agentmgr.core.model import CampaignSpec
from agentmgr.ports import CallCounts

MOST_DAYS = 3660
ONE_DAY = timedelta(days=1)
FIRST, LAST = date(1980, 1, 1), date(9998, 12, 31)
"""The days that can be asked for."""


@frozen
class ComplianceDay:
    """What a campaign did on a day, and its abandon rate over the 30 days that end with it.

    `abandon_limit` is the one that the campaign has now; rates are shares of live answers, 0 without any.
    """

    campaign: str
    day: date
    counts: CallCounts
    live_answers_30_days: int
    abandoned_30_days: int
    abandon_limit: float

    @property
    def abandon_rate(self) -> float:
        """The share of the day's live answers that found no agent in time."""
        return _rate(self.counts.abandoned, self.counts.live_answers)

    @property
    def abandon_rate_30_days(self) -> float:
        """The same over 30 days."""
        return _rate(self.abandoned_30_days, self.live_answers_30_days)

    @property
    def is_within_limit(self) -> bool:
        """Whether the rate over 30 days is at most what the campaign allows."""
        return self.abandon_rate_30_days <= self.abandon_limit


class ComplianceService(Service):
    """Records of what was done, for whoever has to show it."""

    def days(
        self, campaigns: Sequence[str], first: date | None, last: date | None, zone: tzinfo
    ) -> Iterator[ComplianceDay]:
        """Return a record for each campaign and day, from the first day to the last.

        Args:
            campaigns: their names; all that the caller sees if none is named.
            first: None is 30 days back from the last.
            last: None is today.
            zone: whose days; a call belongs to the day on which it began.

        Raises:
            ServiceError: there is no such campaign, or these are no days.
        """
        last = last or datetime.fromtimestamp(self._at.now(), zone).date()
        if not FIRST <= last <= LAST or not (first or FIRST) >= FIRST:
            raise ServiceError(
                Cause.BAD_VALUE, f"days from {first or '...'} to {last}: allowed: {FIRST} to {LAST}"
            )
        first = first or last - (WINDOW_DAYS - 1) * ONE_DAY
        if not timedelta(0) <= last - first < MOST_DAYS * ONE_DAY:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"days from {first} to {last}: allowed: a last day that is not before the first, and"
                f" {MOST_DAYS} days at most",
            )
        names = campaigns or [each.name for each in self.visible_campaigns()]
        return self._days([self.find_campaign(name) for name in names], first, last, zone)

    def _days(
        self, campaigns: Sequence[CampaignSpec], first: date, last: date, zone: tzinfo
    ) -> Iterator[ComplianceDay]:
        for campaign in campaigns:
            window = deque[CallCounts](maxlen=WINDOW_DAYS)
            for number in range(1 - WINDOW_DAYS, (last - first).days + 1):
                day = first + number * ONE_DAY
                counts = self._at.store.count_calls(
                    campaign.campaign_id, _begin(day, zone), _begin(day + ONE_DAY, zone)
                )
                window.append(counts)
                if number >= 0:
                    yield ComplianceDay(
                        campaign.name,
                        day,
                        counts,
                        sum(each.live_answers for each in window),
                        sum(each.abandoned for each in window),
                        campaign.abandon_limit,
                    )


def _begin(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def _rate(abandoned: int, live_answers: int) -> float:
    return abandoned / live_answers if live_answers else 0.0
