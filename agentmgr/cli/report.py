"""agentmgr report: what was done in some days, added up."""

from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Config, perform
from agentmgr.cli.export import Format, Out, Raw, day, write, zone_of


def report(
    *,
    by: Literal["campaign", "day", "hour", "agent", "list", "code"] = "campaign",
    campaign: Annotated[list[str] | None, Parameter(negative="")] = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    timezone: str = "UTC",
    format: Format = "csv",
    out: Out = None,
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Add up what was done in some days: attempts, dials, answers, abandoned calls, what was handled and how.

    live_answers and abandoned are those of predictive and progressive dialling, as in agentmgr compliance
    report. handled has what agents wrapped up, handle_s the seconds from the answer to the end of that,
    successes those with a completion code that is one. An attempt belongs to the day and hour in which it
    began.

    ```
    agentmgr report
    agentmgr report --by agent --campaign Spring --from 2026-03-02 --to 2026-03-06 --timezone Europe/Berlin
    ```

    Parameters
    ----------
    by
        What it is added up by; hour is that of the day, over all days.
    campaign
        A campaign; all of them without it. May be repeated.
    from_
        The first day, such as 2026-03-01; the last one without it.
    to
        The last day; today without it.
    timezone
        The zone whose days and hours are meant: an IANA name.
    format
        csv with a header row, or json: one object a line.
    """
    from agentmgr.admin.requests import ShowReport
    from agentmgr.admin.rows import REPORT_COLUMNS

    zone_of(timezone)
    request = ShowReport(
        by=by,
        campaigns=tuple(campaign or ()),
        first=day("--from", from_),
        last=day("--to", to),
        timezone=timezone,
    )
    write(perform(config, request), REPORT_COLUMNS, format, raw, out)
