"""agentmgr attempts: export."""

from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Misused, group, perform
from agentmgr.cli.export import Format, Out, Raw, moment, write, zone_of

app = group("attempts", "Attempts, all that was dialled or shown to an agent: export.")

Several = Annotated[list[str] | None, Parameter(negative="")]


@app.command
def export(
    *,
    campaign: Several = None,
    job: Annotated[list[int] | None, Parameter(negative="")] = None,
    list_: Annotated[list[str] | None, Parameter(name="--list", negative="")] = None,
    contact: str = "",
    agent: Several = None,
    number: Several = None,
    outcome: Several = None,
    code: Several = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    timezone: str = "UTC",
    format: Format = "csv",
    out: Out = None,
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Write every attempt: each dial with what came of it, what was refused before it was dialled, what was
    only shown to an agent, and what goes on now. They are in the order of their jobs, and in each of time.

    At checked_at neither a do-not-call list stood against the dial nor the campaign's hours of then, which
    hours has with their ISO weekdays, by the clocks of timezone.

    Several of one option are alternatives; an attempt has to fit all options.

    ```
    agentmgr attempts export --campaign Spring --out spring.csv
    agentmgr attempts export --from 2026-03-02 --to 2026-03-02 --timezone Europe/Berlin
    agentmgr attempts export --agent 1001 --outcome Handled --code Sale --format json | jq .number
    agentmgr attempts export --contact 4711 --number +442079460958
    ```

    Parameters
    ----------
    campaign
        A campaign. May be repeated, as the others below.
    job
        A job, by its number.
    list_
        A contact list.
    contact
        A contact's id, as in the column UserContactId.
    agent
        Who had it.
    number
        A telephone number with its country code.
    outcome
        Handled, Nuisance, Cancelled, Interrupted, Busy, NoAnswer, Rejected, InvalidNumber, Congestion,
        DncBlocked, OutsideCallingHours, AnswerMachine, TelephonyDown.
    code
        A completion code, by its name.
    from_
        A day such as 2026-03-02, or a time such as 2026-03-02T09:00: attempts that began then or later.
    to
        The same: attempts that began before; a day counts to its end.
    timezone
        The zone of times without an offset, and of those that are written: an IANA name.
    format
        csv with a header row, or json: one object a line.
    """
    from agentmgr.admin.requests import ExportAttempts
    from agentmgr.admin.rows import ATTEMPT_COLUMNS

    zone = zone_of(timezone)
    since, until = moment("--from", from_, zone), moment("--to", to, zone, end=True)
    if since is not None and until is not None and since >= until:
        raise Misused(f"--to: found {to}, which is not after --from {from_}; allowed: a later time")
    request = ExportAttempts(
        campaigns=tuple(campaign or ()),
        jobs=tuple(job or ()),
        lists=tuple(list_ or ()),
        contact=contact,
        agents=tuple(agent or ()),
        numbers=tuple(number or ()),
        outcomes=tuple(outcome or ()),
        codes=tuple(code or ()),
        since=since,
        until=until,
        timezone=timezone,
    )
    write(perform(config, request), ATTEMPT_COLUMNS, format, raw, out)
