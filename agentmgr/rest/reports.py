"""What was done in some days, added up: as data, or as CSV."""

import io
from collections.abc import Sequence
from typing import Any

from attrs import AttrsInstance, frozen

from agentmgr.admin.rows import REPORT_COLUMNS, report_row
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import SheetWriter
from agentmgr.ports import ReportCounts
from agentmgr.rest.compliance import day_of, zone_of
from agentmgr.rest.routes import Sheet


@frozen
class ReportItem:
    """What was done under a key, as the columns of `agentmgr report` have it.

    `answers` are those of people; `live_answers` and `abandoned` of them are of predictive and progressive
    dialling. Rates are shares of live answers, and of what was handled.
    """

    key: str
    attempts: int
    dials: int
    answers: int
    live_answers: int
    abandoned: int
    abandon_rate: float
    handled: int
    successes: int
    success_rate: float
    handle_s: int
    mean_handle_s: float
    callbacks: int


@frozen
class GetReport:
    """Return what was done, added up by `campaign`, `day`, `hour`, `agent`, `list` or `code`.

    Without `From` it is that of the last day, which without `To` is today. Days are such as 2026-03-02, of
    the clocks of `Timezone`, an IANA name; an attempt belongs to the day and hour in which it began.
    """

    By: str
    CampaignName: tuple[str, ...] = ()
    From: str = ""
    To: str = ""
    Timezone: str = "UTC"


@frozen
class GetReportResponse:
    Rows: tuple[ReportItem, ...]


@frozen
class GetReportSheet:
    """Return all of that as CSV."""

    By: str
    CampaignName: tuple[str, ...] = ()
    From: str = ""
    To: str = ""
    Timezone: str = "UTC"


def get_report(request: GetReport, services: Services) -> GetReportResponse:
    """Return a report."""
    found = _report(request, services)
    return GetReportResponse(tuple(ReportItem(**dict[str, Any](report_row(each))) for each in found))


def get_report_sheet(request: GetReportSheet, services: Services) -> Sheet:
    """Return a report as CSV."""
    text = io.StringIO(newline="")
    sheet = SheetWriter(text, REPORT_COLUMNS)
    for each in _report(request, services):
        sheet.write(report_row(each))
    return Sheet(text.getvalue())


def _report(request: GetReport | GetReportSheet, services: Services) -> Sequence[ReportCounts]:
    first, last = day_of("From", request.From), day_of("To", request.To)
    return services.reports.report(request.By, request.CampaignName, first, last, zone_of(request.Timezone))


TABLE: tuple[tuple[str, str, type[AttrsInstance], type[AttrsInstance], Any, str], ...] = (
    ("GET", "/reports/{By}", GetReport, GetReportResponse, get_report, ""),
    ("GET", "/reports/{By}/csv", GetReportSheet, Sheet, get_report_sheet, ""),
)
