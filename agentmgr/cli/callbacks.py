"""agentmgr callbacks: list, move, cancel."""

from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show
from agentmgr.cli.export import moment, zone_of

app = group("callbacks", "Callbacks that were promised: list, move, cancel.")

Several = Annotated[list[str] | None, Parameter(negative="")]
SHOWN = ("callback_id", "state", "campaign", "user_contact_id", "number", "agent", "due_at", "expires_at")


@app.command(name="list")
def list_(
    *,
    campaign: Several = None,
    agent: Several = None,
    contact: Several = None,
    number: Several = None,
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    to: str | None = None,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    timezone: str = "UTC",
    json: Json = False,
    config: Config = None,
) -> None:
    """Show the callbacks that wait or are being worked on, by the time they are due.

    ```
    agentmgr callbacks list
    agentmgr callbacks list --campaign Spring --from 2026-03-02 --to 2026-03-02 --timezone Europe/Berlin
    agentmgr callbacks list --agent 1001 --all --json | jq .state
    ```

    Parameters
    ----------
    campaign
        A campaign. May be repeated, as the others below.
    agent
        Whom it was promised to.
    contact
        A contact's id, as in the column UserContactId.
    number
        A telephone number with its country code.
    from_
        A day such as 2026-03-02, or a time such as 2026-03-02T09:00: callbacks that are due then or later.
    to
        The same: callbacks that are due before; a day counts to its end.
    all_
        Also those that are over.
    timezone
        The zone of times without an offset, and of those that are shown: an IANA name.
    """
    from agentmgr.admin.requests import ListCallbacks

    zone = zone_of(timezone)
    request = ListCallbacks(
        campaigns=tuple(campaign or ()),
        agents=tuple(agent or ()),
        contacts=tuple(contact or ()),
        numbers=tuple(number or ()),
        since=moment("--from", from_, zone),
        until=moment("--to", to, zone, end=True),
        also_ended=all_,
        timezone=timezone,
    )
    rows = perform(config, request)
    if not json:
        rows = ({key: row[key] for key in (*SHOWN, "notes")} for row in rows)
    show(rows, json, "no callbacks")


@app.command
def move(
    callback_id: str,
    /,
    *more: str,
    to: str | None = None,
    expires: str | None = None,
    agent: str | None = None,
    anyone: Annotated[bool, Parameter(negative="")] = False,
    reason: str = "",
    timezone: str = "UTC",
    config: Config = None,
) -> None:
    """Give callbacks another time, another agent, or both; all that are named, or none.

    A zone that has a callback hears of it within two seconds. One that an agent was told of is taken back
    from the desktop; one whose contact an agent has is refused.

    ```
    agentmgr callbacks move 7000000003-callback --to 2026-03-02T15:00 --timezone Europe/Berlin
    agentmgr callbacks move 7000000003-callback 7000000004-callback --agent 1002
    agentmgr callbacks move 7000000003-callback --anyone --expires 2026-03-03
    ```

    Parameters
    ----------
    callback_id
        Its id, as agentmgr callbacks list shows it.
    more
        Further ones.
    to
        When it is due.
    expires
        Until when it can be made; without it for as long after its time as before.
    agent
        Who is to make it.
    anyone
        Whoever is free is to make it.
    reason
        What is kept of why.
    timezone
        The zone of times without an offset, and of those that are shown: an IANA name.
    """
    from agentmgr.admin.requests import MoveCallbacks

    if agent is not None and anyone:
        raise Misused("--anyone: found with --agent; allowed: one of them")
    if agent == "":
        raise Misused("--agent: found nothing; allowed: an agent, or --anyone")
    if to is None and expires is None and agent is None and not anyone:
        raise Misused("callbacks move: found nothing to change; allowed: --to, --expires, --agent, --anyone")
    zone = zone_of(timezone)
    request = MoveCallbacks(
        callback_ids=(callback_id, *more),
        due_at=moment("--to", to, zone),
        expires_at=moment("--expires", expires, zone, end=True),
        agent_id="" if anyone else agent,
        reason=reason,
        timezone=timezone,
    )
    for row in perform(config, request):
        say(str(row["done"]))


@app.command
def cancel(callback_id: str, /, *more: str, reason: str, config: Config = None) -> None:
    """Cancel callbacks for a reason; all that are named, or none.

    A zone that has a callback hears of it within two seconds. One that an agent was told of is taken back
    from the desktop; one whose contact an agent has is refused.

    agentmgr callbacks cancel 7000000003-callback --reason "has called us"

    Parameters
    ----------
    callback_id
        Its id, as agentmgr callbacks list shows it.
    more
        Further ones.
    reason
        Why; it is kept.
    """
    from agentmgr.admin.requests import CancelCallbacks

    for row in perform(config, CancelCallbacks((callback_id, *more), reason)):
        say(str(row["done"]))
