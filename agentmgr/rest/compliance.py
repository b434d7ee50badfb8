"""Whether a campaign kept to the rules on abandoned calls: as data by pages, or the whole as CSV."""

import io
from collections.abc import Iterator
from datetime import date, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from attrs import AttrsInstance, frozen

from agentmgr.admin.rows import COMPLIANCE_COLUMNS, compliance_day
from agentmgr.campaign.compliance import ONE_DAY, ComplianceDay
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import SheetWriter
from agentmgr.core.calling_hours import is_timezone
from agentmgr.rest.routes import Sheet

MAX_LIMIT = 1000


@frozen
class ComplianceItem:
    """A day of a campaign, as the columns of `agentmgr compliance report` have it.

    Live answers and abandoned calls are those of predictive and progressive dialling; rates are shares of
    live answers. `within_limit` holds the rate over the 30 days that end with the day against the limit that
    the campaign has now. `again_within_72_h` are such calls to a number within 72 hours after one of the day
    was abandoned there.
    """

    campaign: str
    day: str
    dials: int
    live_answers: int
    abandoned: int
    abandon_rate: float
    live_answers_30_days: int
    abandoned_30_days: int
    abandon_rate_30_days: float
    abandon_limit: float
    within_limit: str
    refused_on_dnc: int
    refused_outside_hours: int
    again_within_72_h: int


@frozen
class ListComplianceDays:
    """Return what a campaign did on each day, counted from its attempts; 30 days without `From`.

    Days are such as 2026-03-02, of the clocks of `Timezone`, an IANA name.
    """

    CampaignName: str
    From: str = ""
    To: str = ""
    Timezone: str = "UTC"
    after: str | None = None
    limit: int = 100


@frozen
class ListComplianceDaysResponse:
    Days: tuple[ComplianceItem, ...]
    Next: str | None = None


@frozen
class GetComplianceSheet:
    """Return all of that as CSV: byte for byte the file that `agentmgr compliance report` writes.

    `agentmgr compliance sign` signs it with the key of whoever answers for it, which no server has.
    """

    CampaignName: str
    From: str = ""
    To: str = ""
    Timezone: str = "UTC"


def list_days(request: ListComplianceDays, services: Services) -> ListComplianceDaysResponse:
    """Return a page of days."""
    if not 1 <= request.limit <= MAX_LIMIT:
        raise ServiceError(Cause.BAD_VALUE, f"limit is {request.limit}; allowed are 1 to {MAX_LIMIT}")
    first = day_of("From", request.From)
    if request.after is not None:
        after = day_of("after", request.after)
        first = after + ONE_DAY if after is not None else first
    days = list(islice(_days(request, first, services), request.limit + 1))
    items = tuple(ComplianceItem(**_row(day)) for day in days[: request.limit])
    return ListComplianceDaysResponse(items, items[-1].day if len(days) > request.limit else None)


def get_sheet(request: GetComplianceSheet, services: Services) -> Sheet:
    """Return all days as CSV."""
    text = io.StringIO(newline="")
    sheet = SheetWriter(text, COMPLIANCE_COLUMNS, raw=False)
    for day in _days(request, day_of("From", request.From), services):
        sheet.write(_row(day))
    return Sheet(text.getvalue())


TABLE: tuple[tuple[str, str, type[AttrsInstance], type[AttrsInstance], Any, str], ...] = (
    (
        "GET",
        "/campaigns/{CampaignName}/compliance",
        ListComplianceDays,
        ListComplianceDaysResponse,
        list_days,
        "",
    ),
    ("GET", "/campaigns/{CampaignName}/compliance.csv", GetComplianceSheet, Sheet, get_sheet, ""),
)


def _days(
    request: ListComplianceDays | GetComplianceSheet, first: date | None, services: Services
) -> Iterator[ComplianceDay]:
    zone, last = zone_of(request.Timezone), day_of("To", request.To)
    return services.compliance.days([request.CampaignName], first, last, zone)


def _row(day: ComplianceDay) -> dict[str, Any]:
    return dict(compliance_day(day))


def day_of(name: str, text: str) -> date | None:
    """Read a day such as 2026-03-02; None where there is none.

    Raises:
        ServiceError: it is no day.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ServiceError(
            Cause.BAD_VALUE, f"{name} is {text}; allowed are days such as 2026-03-02"
        ) from None


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        ServiceError: there is none.
    """
    if not is_timezone(name):
        raise ServiceError(Cause.BAD_VALUE, f"Timezone is {name}; allowed are IANA names")
    return ZoneInfo(name)
