"""agentmgr schedule: add, list, remove."""

from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show

app = group("schedule", "What happens at times of the calendar: add, list, remove.")

Every = Literal["RunEveryNMins", "Daily", "Weekly", "Monthly", "Yearly"]


@app.command
def add(
    *,
    campaign: str | None = None,
    source: str | None = None,
    at: str,
    timezone: str,
    every: Every | None = None,
    minutes: int | None = None,
    day: Annotated[list[str] | None, Parameter(negative="")] = None,
    weekdays_only: Annotated[bool, Parameter(negative="")] = False,
    until: str = "",
    archive: Literal["Hourly", "RunEveryNHours", "DailyAt"] = "Hourly",
    archive_hours: int | None = None,
    archive_at: str = "",
    config: Config = None,
) -> None:
    """Have a campaign run, or a data source imported, at a time, once or again and again.

    Times are those of the clocks of the time zone: one that these leave out in spring comes as much later,
    and of two in autumn it is the first. What nobody was there for is made up once if it is less than an
    hour late. While the campaign runs, the new job waits; an infinite one is not run a second time.

    ```
    agentmgr schedule add --campaign Spring --at 2026-11-30T09:00 --timezone Europe/Berlin
    agentmgr schedule add --campaign Spring --at 2026-11-30T09:00 --timezone Europe/Berlin --every Daily \\
        --weekdays-only --until 2026-12-31T18:00
    agentmgr schedule add --source Leads --at 2026-11-30T06:00 --timezone UTC \\
        --every Weekly --day Mon --day Thu
    ```

    Parameters
    ----------
    campaign
        What is run.
    source
        The data source that is imported from.
    at
        When it is run first, such as 2026-11-30T09:00.
    timezone
        An IANA name such as Europe/Berlin, or an offset such as GMT+5:30.
    every
        How often; without it once. Monthly is on the day of --at, or the last one of a month that is shorter.
    minutes
        Of RunEveryNMins: how many.
    day
        Of Weekly: a day, such as Monday or Mon. May be repeated.
    weekdays_only
        Of Daily and RunEveryNMins: leave out the weekend, schedules.weekend in the configuration.
    until
        There is none after that time.
    archive
        Of an infinite campaign: when contacts that are done leave its job, so that they can be added again.
    archive_hours
        Of RunEveryNHours: how many.
    archive_at
        Of DailyAt: a time such as 02:30.
    """
    from agentmgr.admin.requests import AddSchedule

    subjects = {"run": campaign, "import": source}
    wanted = [(target, name) for target, name in subjects.items() if name is not None]
    if len(wanted) != 1:
        raise Misused("schedule add: needs --campaign to run, or --source to import from; one of them")
    request = AddSchedule(
        *wanted[0],
        _time("--at", at),
        timezone,
        every or "Once",
        _time("--until", until) if until else None,
        "" if minutes is None else str(minutes),
        tuple(day or ()),
        weekdays_only,
        archive,
        "" if archive_hours is None else str(archive_hours),
        archive_at,
    )
    for row in perform(config, request):
        say(str(row["done"]))


def _time(option: str, text: str) -> str:
    """Return a time as the services take it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise Misused(f"{option}: found {text}; allowed: a time such as 2026-11-30T09:00, without an offset")
    return at.strftime("%Y/%m/%d %H:%M:%S")


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all schedules with what came of them; those that are over for a month.

    agentmgr schedule list
    """
    from agentmgr.admin.requests import ListSchedules

    show(perform(config, ListSchedules()), json, "no schedules yet; agentmgr schedule add makes one")


@app.command
def remove(schedule: int, /, *, config: Config = None) -> None:
    """Take a schedule away. What it has begun goes on.

    agentmgr schedule remove 3

    Parameters
    ----------
    schedule
        Its number, as `agentmgr schedule list` shows it.
    """
    from agentmgr.admin.requests import RemoveSchedule

    for row in perform(config, RemoveSchedule(schedule)):
        say(str(row["done"]))
