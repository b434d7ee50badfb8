"""What was done in some days, added up for whoever asks on the next morning."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from attrs import evolve, frozen

from agentmgr.campaign.compliance import FIRST, LAST, ONE_DAY
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import CampaignSpec
from agentmgr.ports import ReportCounts

MOST_DAYS = 366
ONE_HOUR = timedelta(hours=1)


@frozen
class _Kind:
    """What a report adds up by.

    Attributes:
        by: what the store adds up by.
        step: how much of the time the store adds up at once.
        label: says for a campaign and the begin of a step under which key it comes; the store's own if None.
    """

    by: str = ""
    step: timedelta = ONE_DAY
    label: Callable[[CampaignSpec, datetime], str] | None = None


KINDS: Mapping[str, _Kind] = {
    "campaign": _Kind(label=lambda campaign, at: campaign.name),
    "day": _Kind(label=lambda campaign, at: at.date().isoformat()),
    "hour": _Kind(step=ONE_HOUR, label=lambda campaign, at: f"{at:%H}:00"),
    "agent": _Kind("agent"),
    "list": _Kind("list"),
    "code": _Kind("code"),
}


class ReportService(Service):
    """Reports on what attempts came to that began on some days; counted as the record for auditors is."""

    def report(
        self, by: str, campaigns: Sequence[str], first: date | None, last: date | None, zone: tzinfo
    ) -> Sequence[ReportCounts]:
        """Return what was done, by the key; what never came to an agent has no key under `agent`.

        Args:
            by: one of `KINDS`; `hour` is that of the day, over all days.
            campaigns: their names; all that the caller sees if none is named.
            first: None is the last day.
            last: None is today.
            zone: whose days and hours; an attempt belongs to those in which it began.

        Raises:
            ServiceError: there is no such kind or campaign, or these are no days.
        """
        kind = KINDS.get(by)
        if kind is None:
            raise ServiceError(Cause.BAD_VALUE, f"by: found {by[:50]!r}; allowed: {', '.join(KINDS)}")
        last = last or datetime.fromtimestamp(self._at.now(), zone).date()
        first = first or last
        if not FIRST <= first <= last <= LAST or last - first >= MOST_DAYS * ONE_DAY:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"days from {first} to {last}: allowed: a last day that is not before the first, and"
                f" {MOST_DAYS} days at most",
            )
        names = campaigns or [each.name for each in self.visible_campaigns()]
        found: dict[str, ReportCounts] = {}
        for campaign in [self.find_campaign(name) for name in names]:
            for at, until in _steps(first, last, kind.step, zone):
                for counts in self._at.store.report(kind.by, campaign.campaign_id, at.timestamp(), until):
                    if kind.label is not None:
                        counts = evolve(counts, key=kind.label(campaign, at))
                    found[counts.key] = found.get(counts.key, ReportCounts(counts.key)) + counts
        found.pop("", None)
        return [found[key] for key in sorted(found)]


def _steps(first: date, last: date, step: timedelta, zone: tzinfo) -> Iterator[tuple[datetime, float]]:
    """Yield the begin of each step and when it is over, epoch seconds; hours as they really pass."""
    for number in range((last - first).days + 1):
        at, end = (datetime.combine(first + each * ONE_DAY, time(), zone) for each in (number, number + 1))
        begin_s, end_s = at.timestamp(), end.timestamp()
        while begin_s < end_s:
            until_s = min(end_s, begin_s + step.total_seconds()) if step < ONE_DAY else end_s
            yield datetime.fromtimestamp(begin_s, zone), until_s
            begin_s = until_s
