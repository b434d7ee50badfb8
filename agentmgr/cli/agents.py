"""agentmgr agents: add, set, list, passwd, status, logoff, notready, move."""

import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from agentmgr.cli.common import (
    Config,
    Failed,
    Json,
    Misused,
    Row,
    clock_time,
    consecutive,
    default_zone,
    group,
    pairs,
    perform,
    say,
    secret_from_stdin,
    show,
)
from agentmgr.text import shown

if TYPE_CHECKING:
    from agentmgr.admin.requests import Request

app = group("agents", "Agents: add, set, list, passwd, status, logoff, notready, move.")

PasswordStdin = Annotated[
    bool,
    Parameter(
        name="--password-stdin",
        negative="",
        help="Take the first line of standard input as the password; on a terminal it is asked for.",
    ),
]


@app.command
def add(
    agent_id: str,
    /,
    *,
    name: str = "",
    count: PositiveInt = 1,
    skill: Annotated[list[str] | None, Parameter(negative="")] = None,
    zone: str | None = None,
    org: str = "",
    password_stdin: PasswordStdin = False,
    config: Config = None,
) -> None:
    """Add an agent, or several alike. The password is asked for; it is stored as an argon2 hash only.

    ```
    agentmgr agents add 1001 --name "Ada Lovelace" --skill English --skill Sales=3
    echo "$PASSWORD" | agentmgr agents add 2001 --count 20 --skill English --password-stdin
    ```

    Parameters
    ----------
    agent_id
        What the agent logs on with.
    name
        The agent's name; its id if it is left out.
    count
        How many agents; the others have the numbers that follow.
    skill
        A skill, or SKILL=LEVEL with a level from 1 to 16. May be repeated.
    zone
        The agent's zone; the first one of the configuration by default.
    org
        The organisation whose campaigns alone the agent works in; without one in all.
    """
    from agentmgr.admin.requests import AddAgents

    agent_ids = tuple(consecutive("AGENT-ID", agent_id, count))
    skills = _levels(skill or [])
    zone = default_zone(config, zone)
    password = new_password(f"agent {agent_id}", password_stdin)
    for row in perform(config, AddAgents(agent_ids, name, password, zone, skills, org)):
        say(str(row["done"]))


@app.command(name="set")
def set_(
    agent_id: str,
    /,
    *more: str,
    name: str | None = None,
    skill: Annotated[list[str] | None, Parameter(negative="")] = None,
    add_skill: Annotated[list[str] | None, Parameter(negative="")] = None,
    remove_skill: Annotated[list[str] | None, Parameter(negative="")] = None,
    zone: str | None = None,
    org: str | None = None,
    enabled: bool | None = None,
    config: Config = None,
) -> None:
    """Change agents, all alike; what is not given stays as it is.

    It holds from an agent's next logon: whoever is logged on goes on with the skills, name and zone of that
    logon, also one who is disabled, until they log off or another desktop logs them on.

    ```
    agentmgr agents set 1001 1002 --skill English --skill Sales=3
    agentmgr agents set 1001 --add-skill French=2 --remove-skill Sales
    agentmgr agents set 1002 --no-enabled
    ```

    Parameters
    ----------
    agent_id
        Who is changed.
    more
        Further ones.
    name
        The agents' name; their ids if it is empty.
    skill
        All skills that the agents have then: SKILL, or SKILL=LEVEL from 1 to 16. May be repeated.
    add_skill
        A skill that comes to those they have, or another level of it. May be repeated.
    remove_skill
        A skill that is taken from them. May be repeated.
    zone
        The zone in which they log on.
    org
        The organisation whose campaigns alone they work in; if it is empty, in all.
    enabled
        Whether they may log on.
    """
    from agentmgr.admin.requests import SetAgents

    if skill and (add_skill or remove_skill):
        raise Misused(
            "--skill: found with --add-skill or --remove-skill; allowed: --skill with all skills,"
            " or the others with what changes"
        )
    request = SetAgents(
        (agent_id, *more),
        name,
        zone if zone is None else default_zone(config, zone),
        enabled,
        _levels(skill) if skill else None,
        _levels(add_skill or [], "--add-skill"),
        tuple(remove_skill or ()),
        org,
    )
    if request == SetAgents(request.agent_ids):
        raise Misused(
            "agents set: found nothing to change; allowed: --name, --skill, --add-skill, --remove-skill,"
            " --zone, --org, --enabled, --no-enabled"
        )
    for row in perform(config, request):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all agents with their skills.

    agentmgr agents list
    """
    from agentmgr.admin.requests import ListAgents

    show(perform(config, ListAgents()), json, "no agents yet; agentmgr agents add makes one")


Zone = Annotated[str, Parameter(help="Only in this zone; without it in all that the server serves.")]


@app.command
def status(
    *,
    zone: Zone = "",
    state: str = "",
    campaign: str = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Show who is logged on: since when in which state, with which contact of which campaign, and today's
    calls, talk time and walk-aways.

    A desktop is away if its connection is lost, and silent if it was asked whether it lives and has not
    answered yet. Today's counts are those since midnight, or since the server was started.

    ```
    agentmgr agents status
    agentmgr agents status --state Talking --campaign Spring
    agentmgr agents status --state away --json
    ```

    Parameters
    ----------
    state
        Only who is in this agent state (Ready, NotReady, PendingNotReady) or call state (Idle, Talking,
        Wrapup, ...), or is Away, Silent or Leaving.
    campaign
        Only who works in it, or was moved to it.
    """
    from agentmgr.admin.requests import ShowFloor

    rows = perform(config, ShowFloor(zone, state, campaign))
    show(rows if json else map(_line, rows), json, "nobody is logged on who is meant")


def _line(row: Row) -> Row:
    """Return what of an agent stands in a table."""
    state = str(row["state"])
    if row["reason"]:
        state += f" ({row['reason']})"
    if row["leaving"]:
        state += ", leaves"
    desktop = "" if row["desktop"] == "there" else f", {row['desktop']}"
    campaign = row["campaign"]
    if row["placed_in"]:
        campaign = (
            f"{campaign or '-'} (moved to {row['placed_in']})" if campaign != row["placed_in"] else campaign
        )
    return {
        "agent": row["agent"],
        "name": row["name"],
        "zone": row["zone"],
        "state": state + desktop,
        "call": row["call"],
        "for": clock_time(float(row["for_s"] or 0)),
        "phone": row["phone"],
        "campaign": campaign,
        "contact": row["contact"],
        "calls": row["calls"],
        "talk": clock_time(float(row["talk_s"] or 0)),
        "walk-aways": row["walk_aways"],
    }


@app.command
def logoff(
    agent_id: str,
    /,
    *more: str,
    now: Annotated[bool, Parameter(negative="")] = False,
    zone: Zone = "",
    config: Config = None,
) -> None:
    """Log agents off: those with a contact when it is over.

    ```
    agentmgr agents logoff 1001 1002
    agentmgr agents logoff 1001 --now
    ```

    Parameters
    ----------
    agent_id
        Who is logged off.
    more
        Further ones.
    now
        At once: a customer is hung up on, and the contact ends with the campaign's default code.
    """
    from agentmgr.admin.requests import LogOffAgents

    _wish(config, LogOffAgents((agent_id, *more), now, zone))


@app.command
def notready(
    agent_id: str, /, *more: str, reason: str, reason_name: str = "", zone: Zone = "", config: Config = None
) -> None:
    """Send agents on a break: those with a contact when it is over.

    ```
    agentmgr agents notready 1001 --reason 7
    ```

    Parameters
    ----------
    agent_id
        Who is made not ready.
    more
        Further ones.
    reason
        The code of the reason, as desktops send it.
    reason_name
        What the reason is called.
    """
    from agentmgr.admin.requests import BreakAgents

    _wish(config, BreakAgents((agent_id, *more), reason, reason_name, zone))


@app.command
def move(
    agent_id: str,
    /,
    *more: str,
    to: str | None = None,
    anywhere: Annotated[bool, Parameter(negative="")] = False,
    zone: Zone = "",
    config: Config = None,
) -> None:
    """Let agents work in another campaign, those with a contact after it.

    They stay there as long as it runs, whether there is something to do or not, until they log off or are
    moved again.

    ```
    agentmgr agents move 1001 1002 --to Spring
    agentmgr agents move 1001 --anywhere
    ```

    Parameters
    ----------
    agent_id
        Who is moved.
    more
        Further ones.
    to
        The campaign; it runs, and they have its skill.
    anywhere
        Leave it to the server again where they are needed.
    """
    from agentmgr.admin.requests import MoveAgents

    if anywhere == (to is not None):
        raise Misused("agents move: allowed: either --to CAMPAIGN or --anywhere")
    _wish(config, MoveAgents((agent_id, *more), to, zone))


def _wish(config: Path | None, request: "Request") -> None:
    """Have something done about agents, and say what came of it for each."""
    rows = list(perform(config, request))
    for row in rows:
        where = f" in zone {row['zone']}" if row["zone"] else ""
        say(f"agent {shown(str(row['agent']))}{where}: {row['text']}")
    refused = sum(bool(row["refused"]) for row in rows)
    if refused:
        raise Failed(f"{refused} of {len(rows)} agents: not done; the lines above say why")


@app.command
def passwd(agent_id: str, /, *, password_stdin: PasswordStdin = False, config: Config = None) -> None:
    """Give an agent a new password.

    agentmgr agents passwd 1001
    """
    from agentmgr.admin.requests import SetPassword

    for row in perform(config, SetPassword(agent_id, new_password(f"agent {agent_id}", password_stdin))):
        say(str(row["done"]))


def _levels(skills: list[str], option: str = "--skill") -> dict[str, int]:
    named = pairs(option, [each if "=" in each else f"{each}=1" for each in skills], "Sales=3")
    for name, level in named.items():
        if not (level.isascii() and level.isdigit() and 1 <= int(level) <= 16):
            raise Misused(f"{option} {name}: found the level {level}; allowed: a whole number from 1 to 16")
    return {name: int(level) for name, level in named.items()}


def new_password(whose: str, from_stdin: bool) -> str:
    """Return the password that is given on standard input, or asked for twice."""
    if from_stdin:
        password = secret_from_stdin(whose)
    elif sys.stdin is None or not sys.stdin.isatty():
        raise Misused("there is no terminal to ask for the password on; give it with --password-stdin")
    else:
        password = getpass(f"Password for {whose}: ")
        if getpass("The same again: ") != password:
            raise Failed("the two passwords differ; nothing was changed")
    if not password:
        raise Failed("an empty password is not allowed; nothing was changed")
    return password
