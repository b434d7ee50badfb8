"""What a supervisor has to know at once: each alarm is one sentence, from what services know already."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from attrs import frozen

from agentmgr.campaign.campaigns import CampaignService, Progress
from agentmgr.campaign.dialling import COMMITS_OF_A_SLOW_DATABASE
from agentmgr.campaign.service import Service
from agentmgr.core.budget import WINDOW_DAYS
from agentmgr.core.model import CampaignSpec
from agentmgr.ports import LIVE_JOB_STATES, MINUTE_S, JobState

NEAR = 0.8
"""From this share of a limit on it is near."""
FEW_ANSWERS = 20
"""With fewer a rate says nothing yet."""
ENDS_SOON_MIN = 30
RATE_MIN = 5
"""The rate of dials is that of so many minutes."""
BEHIND_S = 60.0
SILENT_S = 5.0
"""So old a sign of life of a zone's owner may be."""


@frozen
class Alarm:
    """Something that somebody should look at.

    Attributes:
        kind: what it is of, for programs.
        is_bad: whether something is wrong already, and not only near to that.
        what: the campaign, zone or publisher.
        text: a sentence.
    """

    kind: str
    is_bad: bool
    what: str
    text: str


class AlarmService(Service):
    """Alarms, the bad ones first."""

    def all(self) -> tuple[Alarm, ...]:
        """Return all that the caller may see; what is of no campaign is for callers of no organisation."""
        found = [*self._of_campaigns()]
        if not self._caller.organisation:
            found += [*self._of_zones(), *self._of_publishers()]
        return tuple(sorted(found, key=lambda each: not each.is_bad))

    # -- campaigns -----------------------------------------------------------------------------

    def _of_campaigns(self) -> Iterator[Alarm]:
        campaigns = CampaignService(self._at, self._caller)
        for overview in self.visible_campaigns():
            if overview.job is None or overview.job.state not in LIVE_JOB_STATES:
                continue
            campaign = self.find_campaign(overview.name)
            yield from self._of_limit(campaign)
            if overview.job.state is JobState.Running and (of := campaigns.progress(overview.name)):
                yield from self._of_contacts(campaign, of)

    def _of_limit(self, campaign: CampaignSpec) -> Iterator[Alarm]:
        now, limit = self._at.now(), campaign.abandon_limit
        here = datetime.fromtimestamp(now, UTC).astimezone()
        today = here.replace(hour=0, minute=0, second=0, microsecond=0)
        for words, days in (("today", 1), (f"in {WINDOW_DAYS} days", WINDOW_DAYS)):
            since = (today - timedelta(days=days - 1)).timestamp()
            answers, abandoned = self._at.store.live_answers(campaign.campaign_id, since, now)
            rate = abandoned / answers if answers else 0.0
            if answers >= FEW_ANSWERS and rate > NEAR * limit:
                is_over = rate > limit
                yield Alarm(
                    "abandon_limit",
                    is_over and days > 1,
                    campaign.name,
                    f"{rate:.1%} of answered calls {words} found no agent; the limit is {limit:.1%}",
                )

    def _of_contacts(self, campaign: CampaignSpec, of: Progress) -> Iterator[Alarm]:
        left = of.left.fresh + of.left.waiting
        last = int(self._at.now() // MINUTE_S)
        figures = self._at.store.figures(campaign.campaign_id, last - RATE_MIN, last + 1)
        counts: dict[tuple[int, str], list[int]] = {}
        for each in figures:
            counts.setdefault((each.sampled.job_id, each.sampled.zone), []).append(each.dials)
        dials = sum(each[-1] - each[0] for each in counts.values())
        if not dials and left:
            return
        if not left and not of.left.outside and of.left.in_work:
            yield Alarm("contacts", False, campaign.name, "its last contacts are being worked on")
        elif dials and left * RATE_MIN / dials < ENDS_SOON_MIN:
            yield Alarm(
                "contacts",
                False,
                campaign.name,
                f"{left} contacts can be called, enough for {left * RATE_MIN // dials} minutes"
                + (f"; {of.left.outside} more are outside their hours" if of.left.outside else ""),
            )

    # -- the house -----------------------------------------------------------------------------

    def _of_zones(self) -> Iterator[Alarm]:
        here, ages = self._at.floors.health(), self._at.manager.ages()
        for zone, health in here.items():
            if health.state != "ok":
                yield Alarm("zone", health.state != "ending", zone, f"the zone is {health.state}")
            if health.telephony_is_down:
                yield Alarm("telephony", True, zone, "the telephony cannot be reached; nothing is dialled")
            if health.commits_wait > COMMITS_OF_A_SLOW_DATABASE:
                yield Alarm(
                    "database", True, zone, f"{health.commits_wait} batches of changes wait for the database"
                )
        if not ages:  # a manager alone has no owners
            return
        for lease in self._at.store.leases.read().zones:
            age_s = ages.get(lease.owner)
            if not lease.owner:
                yield Alarm("zone", True, lease.zone, "the zone has no owner")
            elif age_s is None or age_s > SILENT_S:
                since = f"{age_s:.0f} s" if age_s is not None else "an unknown time"
                yield Alarm("zone", True, lease.zone, f"its owner has given no sign of life for {since}")

    def _of_publishers(self) -> Iterator[Alarm]:
        for each in self._at.store.outbox.backlogs():
            late_s = self._at.now() - each.oldest_at
            if late_s > BEHIND_S:
                text = f"{each.waiting} results wait, the oldest for {late_s / MINUTE_S:.0f} minutes"
                yield Alarm("results", True, each.publisher, text)
