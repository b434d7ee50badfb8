"""agentmgr campaign: create, run, pause, resume, stop, status, export, delete, list."""

import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
from cyclopts import Parameter

from agentmgr.cli.common import (
    Config,
    Json,
    Misused,
    default_zone,
    group,
    pairs,
    perform,
    say,
    show,
    shown_value,
)
from agentmgr.cli.export import Format, Raw, write
from agentmgr.core.campaign import CampaignSettings

if TYPE_CHECKING:
    from agentmgr.admin.requests import Request

app = group("campaign", "Campaigns: create, run, pause, resume, stop, status, export, delete, list.")

# as the settings themselves, but one can see which of them were given
CampaignOptions: Any = attrs.make_class(
    "CampaignOptions",
    {
        each.name: attrs.field(
            default=None,
            type=each.type | None,  # type: ignore[operator, arg-type]  # a type, as it is not quoted
            metadata={**each.metadata, "help": f"{each.metadata['help']} [default: {each.default!r}]"},
        )
        for each in attrs.fields(CampaignSettings)
    },
    kw_only=True,
)
Pacing = Literal["predictive", "progressive", "preview", "preview-untimed"]


@app.command
def create(
    name: str | None = None,
    /,
    *,
    file: Annotated[Path | None, Parameter(name="--file")] = None,
    list_: Annotated[list[str] | None, Parameter(name="--list", negative="")] = None,
    zone: Annotated[list[str] | None, Parameter(negative="")] = None,
    skill: str | None = None,
    pacing: Pacing | None = None,
    settings: Annotated[
        CampaignOptions | None, Parameter(name="*", name_transform=CampaignSettings.option)
    ] = None,
    calling_hours: str | None = None,
    weekdays: str | None = None,
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
    agentmgr campaign create --file config/campaign.toml
    agentmgr campaign create Autumn --file config/campaign.toml --list Autumn
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    file
        A TOML file that says all that a campaign can be; agentmgr campaign show NAME --toml writes one. What
        is given as an option goes before what the file says.
    list_
        A contact list. May be repeated.
    zone
        A zone that it is run in. May be repeated: they share the contacts. Without any it is run in the first
        zone of the configuration.
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
        REASON=SECONDS, or REASON=never: when a call that failed is tried again. Reasons are Busy, NoAnswer,
        Rejected, AnswerMachine, Congestion, TelephonyDown. May be repeated.
    """
    from agentmgr.admin.requests import CreateCampaign

    options: dict[str, Any] = {
        "name": name,
        "lists": list_,
        "zones": zone,
        "skill": skill,
        "pacing": pacing,
        "calling_hours": calling_hours,
        "weekdays": weekdays,
        "codes": [_code(each) for each in code] if code else None,
        "retry_s": {
            _reason(reason): s if s == "never" else _seconds("--retry", s)
            for reason, s in pairs("--retry", retry or (), "Busy=600").items()
        }
        or None,
        **(attrs.asdict(settings) if settings is not None else {}),
    }
    given = {key: value for key, value in options.items() if value is not None}
    if code:
        given["default_code"] = code[-1].partition("=")[0].strip()
    _tell(config, CreateCampaign(_checked(_from_file(file), given, file)))


def _from_file(file: Path | None) -> dict[str, Any]:
    from agentmgr.tables import Mistakes, read_toml

    try:
        return read_toml(file) if file is not None else {}
    except Mistakes as mistakes:
        raise Misused(str(mistakes)) from None


def _checked(written: dict[str, Any], given: dict[str, Any], file: Path | None) -> dict[str, Any]:
    """Return the values of a file with options before them; mistakes are told where each was made."""
    from agentmgr.admin import campaign_file
    from agentmgr.tables import Mistakes

    values = {**written, **given}
    for key in written.keys() & given.keys():
        if isinstance(written[key], dict) and isinstance(given[key], dict):
            values[key] = {**written[key], **given[key]}
    try:
        campaign_file.read(values)
    except Mistakes as mistakes:
        lines = []
        for problem in mistakes.problems:
            key = re.split(r"[.\[:]", problem)[0]
            if key in given or (key in campaign_file.REQUIRED and file is None):
                option = OPTIONS.get(key) or f"--{CampaignSettings.option(key)}"
                lines.append(_of_option(problem, key, option, values))
            else:
                lines.append(f"{file}: {problem}" if file is not None else problem)
        raise Misused("\n".join(lines)) from None
    return values


def _of_option(problem: str, key: str, option: str, values: dict[str, Any]) -> str:
    """Tell of a mistake as it was made at the command line: with the option's name, and the unit it is in."""
    where, colon, rest = problem.partition(":")
    if place := re.fullmatch(r"codes\[(\d+)\]\.(\w+)", where):
        code, field = values["codes"][int(place[1]) - 1]["name"], place[2]
        where, key = f"{option} {code}", field
    else:
        where = where.replace(key, option, 1).replace(f"{option}.", f"{option} ")
    unit = next((words for end, words in UNITS.items() if key.endswith(end)), "")
    return f"{where}{colon}{rest}{unit}"


UNITS = {"_s": ", in seconds", "_min": ", in minutes"}
OPTIONS = {"name": "NAME", "lists": "--list", "zones": "--zone", "codes": "--code", "retry_s": "--retry"}
"""Options that are not called as what they say."""


def _code(text: str) -> dict[str, Any]:
    name, equals, meaning = text.partition("=")
    if not equals or meaning == "success":
        return {"name": name, "success": bool(equals)}
    return {"name": name, "retry_after_s": _seconds("--code", meaning)}


def _reason(text: str) -> str:
    from protocol.enums import DialFailReason

    with suppress(ValueError):
        return str(DialFailReason.parse(text))
    return text


def _seconds(option: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise Misused(f"{option}: found {text}; allowed: whole seconds, such as 600")
    return int(text)


@app.command(name="show")
def show_(
    name: str, /, *, toml: Annotated[bool, Parameter(negative="")] = False, config: Config = None
) -> None:
    """Show how a campaign is made; with --toml as a file for agentmgr campaign create --file.

    agentmgr campaign show Spring --toml > spring.toml

    Parameters
    ----------
    name
        Name of the campaign.
    toml
        Write a file that a campaign can be made of.
    """
    from agentmgr.admin.requests import WriteCampaign

    (row,) = perform(config, WriteCampaign(name))
    written = str(row["toml"])
    say((written if toml else "\n".join(line for line in written.splitlines() if line[:1] != "#")).rstrip())


@app.command(name="set")
def set_(
    name: str, values: Annotated[list[str], Parameter(negative="")], /, *, config: Config = None
) -> None:
    """Change settings of a campaign; a job that runs goes on with them.

    ```
    agentmgr campaign set Spring priority=8 ring_time_s=20
    agentmgr campaign set Spring calling_hours=09:00-20:00 retry_s.Busy=300
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    values
        KEY=VALUE, as in the file that agentmgr campaign show NAME --toml writes. Name, skill, lists and
        codes can change while no job runs.
    """
    from agentmgr.admin.requests import ChangeCampaign

    _tell(config, ChangeCampaign(name, changes_of(values)))


def changes_of(values: list[str]) -> dict[str, Any]:
    """Read KEY=VALUE of several settings of a campaign.

    Raises:
        Misused: one of them is written otherwise.
    """
    changes: dict[str, Any] = {}
    for each in values:
        _merge(changes, _change(each))
    return changes


_KEYS = {
    CampaignSettings.option(each.name).replace("-", "_"): each.name for each in attrs.fields(CampaignSettings)
}
"""What settings are called as options, beside what they are called in a file."""


def _change(text: str) -> dict[str, Any]:
    """Read KEY=VALUE as a line of TOML; a value that is none, or of a key that has texts, is a text."""
    import tomlkit

    from agentmgr.admin.campaign_file import CampaignFile

    key, equals, value = (part.strip() for part in text.partition("="))
    key = _KEYS.get(key.replace("-", "_"), key)
    if not equals or not key:
        raise Misused(f"found {text}; allowed: KEY=VALUE, such as priority=8")
    as_text, field = tomlkit.string(value).as_string(), attrs.fields_dict(CampaignFile).get(key)
    is_bare = field is not None and field.type is str and not value.startswith(('"', "'"))
    for line in (f"{key} = {as_text if is_bare else value}", f"{key} = {as_text}"):
        with suppress(tomllib.TOMLDecodeError):
            return tomllib.loads(line)
    raise Misused(f"found {text}; allowed: KEY=VALUE with a key such as priority or retry_s.Busy")


def _merge(changes: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(changes.get(key), dict):
            changes[key].update(value)
        else:
            changes[key] = value


@app.command
def run(
    name: str,
    /,
    *,
    zone: Annotated[list[str] | None, Parameter(negative="")] = None,
    config: Config = None,
) -> None:
    """Run a campaign: a job with all contacts of its lists starts in a zone, or in several.

    Without a running server it starts as soon as one does. Several zones share the contacts; one that has no
    more takes some of another's, and the job is over when none has any. While a job of the campaign is under
    way the next one waits for it.

    ```
    agentmgr campaign run Spring
    agentmgr campaign run Spring --zone North --zone South
    ```

    Parameters
    ----------
    name
        Name of the campaign.
    zone
        A zone whose agents work on it, once for each; by default those that the campaign names, else the
        first one of the configuration.
    """
    from agentmgr.admin.requests import RunCampaign

    zones = tuple(default_zone(config, each) for each in zone or ())
    _tell(config, RunCampaign(name, zones, default_zone(config, None)))


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
def stop(name: str | None = None, /, *, job: int | None = None, config: Config = None) -> None:
    """End a campaign's job for good; contacts being worked on are finished.

    ```
    agentmgr campaign stop Spring
    agentmgr campaign stop --job 7
    ```

    Parameters
    ----------
    name
        Name of the campaign whose job ends that is under way.
    job
        Instead: the id of the job that ends, also of one that waits in the queue.
    """
    from agentmgr.admin.requests import StopCampaign, StopJob

    if (name is None) == (job is None):
        raise Misused("stop: give the name of a campaign, or --job with the id of a job")
    _tell(config, StopCampaign(name) if name is not None else StopJob(job or 0))


@app.command
def jobs(name: str = "", /, *, json: Json = False, config: Config = None) -> None:
    """Show the jobs of a campaign, or of all, with those that wait for the one before them to be over.

    agentmgr campaign jobs Spring
    """
    from agentmgr.admin.requests import ListJobs

    show(perform(config, ListJobs(name)), json, "no jobs yet; agentmgr campaign run makes one")


@app.command
def status(name: str, /, *, json: Json = False, config: Config = None) -> None:
    """Show how far a campaign's latest job is: contacts, attempts, answers, abandoned calls, codes, who works
    on it, how fast it dials, and why it dials nothing.

    Each contact is in one of: `fresh` (never called), `waiting` (for another try), `outside_hours` (either,
    but closed now), `in_work`, `reached`, `do_not_call` (its last number is on that list), `used_up` (all
    its numbers or attempts are). Rates are those of the last five minutes. Of a job in several zones the
    share of each follows.

    agentmgr campaign status Spring
    """
    from agentmgr.admin.requests import ShowCampaign

    rows = list(perform(config, ShowCampaign(name)))
    if json:
        show(rows, True, "")
        return
    job, *more = rows
    width = max(map(len, job))
    for key, value in job.items():
        say(f"{key.ljust(width)}  {shown_value(value)}")
    for kind in ("share", "completion_code"):
        of_kind = [row for row in more if kind in row]
        if of_kind:
            say("")
            show(of_kind, False, "")


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
    from agentmgr.admin.requests import ExportDials, ExportDispositions
    from agentmgr.admin.rows import DIAL_COLUMNS, DISPOSITION_COLUMNS

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
