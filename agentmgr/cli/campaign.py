"""agentmgr campaign: create, run, pause, resume, stop, status, export, delete, list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Misused, default_zone, group, pairs, perform, say, show
from agentmgr.cli.export import Format, Raw, write
from agentmgr.core.campaign import CampaignSettings

if TYPE_CHECKING:
    from agentmgr.admin.requests import Code, Request

app = group("campaign", "Campaigns: create, run, pause, resume, stop, status, export, delete, list.")

DEFAULTS = CampaignSettings()
Pacing = Literal["predictive", "progressive", "preview", "preview-untimed"]


@app.command
def create(
    name: str,
    /,
    *,
    list_: Annotated[list[str], Parameter(name="--list", negative="")],
    skill: str,
    pacing: Pacing = "predictive",
    settings: Annotated[
        CampaignSettings, Parameter(name="*", name_transform=CampaignSettings.option)
    ] = DEFAULTS,
    calling_hours: str = "",
    weekdays: str = "",
    code: Annotated[list[str] | None, Parameter(negative="")] = None,
    retry: Annotated[list[str] | None, Parameter(negative="")] = None,
    config: Config = None,
) -> None:
    """Create a campaign; nothing is dialled before it is run.

    ```
    agentmgr campaign create Spring --list Spring --skill English
    agentmgr campaign create Renewals --list A --list B --skill Sales --pacing preview
    agentmgr campaign create Trial --list A --skill Sales --code Sale=success --code Later=3600
    agentmgr campaign create Survey --list S --skill English --calling-hours 09:00-20:00 --weekdays 1-5
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    list_
        A contact list. May be repeated.
    skill
        The skill that agents need.
    pacing
        predictive dials ahead of agents, progressive one call for each free agent, preview shows the
        contact first and dials by itself when the time is up, preview-untimed waits for the agent.
    calling_hours
        Such as 09:00-20:00, in each contact's own time zone; without it the whole day.
    weekdays
        Such as 1-5 or 1,2,6; Monday is 1. Without it every day.
    code
        A completion code: NAME, NAME=success, or NAME=SECONDS after which the contact is dialled again.
        May be repeated; the last one is what a wrapup ends with by itself. Without any there are Sale,
        Not interested, Call again, Wrong person and No code given.
    retry
        REASON=SECONDS: when a call that failed is tried again. Reasons are Busy, NoAnswer, Rejected,
        AnswerMachine, Congestion, TelephonyDown. May be repeated.
    """
    from agentmgr.admin.requests import CreateCampaign

    request = CreateCampaign(
        name=name,
        lists=tuple(list_),
        pacing=pacing,
        skill=skill,
        settings=settings,
        calling_hours=calling_hours,
        weekdays=weekdays,
        retry_s={
            reason: _seconds("--retry", s) for reason, s in pairs("--retry", retry or (), "Busy=600").items()
        },
        codes=tuple(map(_code, code or ())),
    )
    _tell(config, request)


def _code(text: str) -> "Code":
    from agentmgr.admin.requests import Code

    name, equals, meaning = text.partition("=")
    if not equals or meaning == "success":
        return Code(name, success=bool(equals))
    return Code(name, retry_after_s=_seconds("--code", meaning))


def _seconds(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Misused(f"{option}: found {text}; allowed: whole seconds, such as 600")
    return int(text)


@app.command
def run(name: str, /, *, zone: str | None = None, config: Config = None) -> None:
    """Run a campaign: a job with all contacts of its lists starts in a zone.

    Without a running server it starts as soon as one does.

    ```
    agentmgr campaign run Spring
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    zone
        The zone whose agents work on it; the first one of the configuration by default.
    """
    from agentmgr.admin.requests import RunCampaign

    _tell(config, RunCampaign(name, default_zone(config, zone)))


@app.command
def pause(name: str, /, *, config: Config = None) -> None:
    """Start no new attempts until the campaign is resumed; contacts being worked on are finished.

    agentmgr campaign pause Spring
    """
    from agentmgr.admin.requests import PauseCampaign

    _tell(config, PauseCampaign(name))


@app.command
def resume(name: str, /, *, config: Config = None) -> None:
    """Go on with a paused campaign.

    agentmgr campaign resume Spring
    """
    from agentmgr.admin.requests import ResumeCampaign

    _tell(config, ResumeCampaign(name))


@app.command
def stop(name: str, /, *, config: Config = None) -> None:
    """End a campaign's job for good; contacts being worked on are finished.

    agentmgr campaign stop Spring
    """
    from agentmgr.admin.requests import StopCampaign

    _tell(config, StopCampaign(name))


@app.command
def status(name: str, /, *, json: Json = False, config: Config = None) -> None:
    """Show how far a campaign's latest job is: contacts, attempts, answers, abandoned calls, codes.

    agentmgr campaign status Spring
    """
    from agentmgr.admin.requests import ShowCampaign

    rows = list(perform(config, ShowCampaign(name)))
    if json:
        show(rows, True, "")
        return
    job, *codes = rows
    width = max(map(len, job))
    for key, value in job.items():
        say(f"{key.ljust(width)}  {'-' if value is None else value}")
    if codes:
        say("")
        show(codes, False, "")


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all campaigns, each with its latest job.

    agentmgr campaign list
    """
    from agentmgr.admin.requests import ListCampaigns

    show(perform(config, ListCampaigns()), json, "no campaigns yet; agentmgr campaign create makes one")


@app.command
def export(
    name: str,
    /,
    *,
    attempts: Annotated[bool, Parameter(negative="")] = False,
    format: Format = "csv",
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Write what a campaign has done to standard output: its dispositions, or every dial.

    ```
    agentmgr campaign export Spring --attempts > dials.csv
    agentmgr campaign export Spring --attempts --format json | jq .outcome
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    attempts
        Every dial as a row: number dialled, when, outcome, who, completion code. Without it the
        dispositions, as agentmgr dispositions export has them.
    format
        csv with a header row, or json: one object a line.
    """
    from agentmgr.admin.operations import DIAL_COLUMNS, DISPOSITION_COLUMNS
    from agentmgr.admin.requests import ExportDials, ExportDispositions

    if attempts:
        write(perform(config, ExportDials(name)), DIAL_COLUMNS, format, raw)
    else:
        write(perform(config, ExportDispositions(name)), DISPOSITION_COLUMNS, format, raw)


@app.command
def delete(
    name: str,
    /,
    *,
    with_history: Annotated[bool, Parameter(negative="")] = False,
    config: Config = None,
) -> None:
    """Delete a campaign that does not run. Its contact lists and the do-not-call list stay.

    ```
    agentmgr campaign delete Trial
    agentmgr campaign delete Spring --with-history
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    with_history
        Whom it called, and what came of it, is evidence: a campaign with attempts is deleted only if this
        is said, and they with it, as well as the notes written in it and the callbacks that wait.
    """
    from agentmgr.admin.requests import DeleteCampaign

    _tell(config, DeleteCampaign(name, with_history))


def _tell(config: Path | None, request: "Request") -> None:
    for row in perform(config, request):
        say(str(row["done"]))
