"""agentmgr agents: add, set, list, passwd."""

import sys
from getpass import getpass
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from agentmgr.cli.common import (
    Config,
    Failed,
    Json,
    Misused,
    consecutive,
    default_zone,
    group,
    pairs,
    perform,
    say,
    show,
)

app = group("agents", "Agents: add, set, list, passwd.")

PasswordStdin = Annotated[
    bool,
    Parameter(
        name="--password-stdin", negative="", help="Take the first line of standard input as the password."
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
    """
    from agentmgr.admin.requests import AddAgents

    agent_ids = tuple(consecutive("AGENT-ID", agent_id, count))
    skills = _levels(skill or [])
    zone = default_zone(config, zone)
    password = _password(agent_id, password_stdin)
    for row in perform(config, AddAgents(agent_ids, name, password, zone, skills)):
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
    )
    if request == SetAgents(request.agent_ids):
        raise Misused(
            "agents set: found nothing to change; allowed: --name, --skill, --add-skill, --remove-skill,"
            " --zone, --enabled, --no-enabled"
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


@app.command
def passwd(agent_id: str, /, *, password_stdin: PasswordStdin = False, config: Config = None) -> None:
    """Give an agent a new password.

    agentmgr agents passwd 1001
    """
    from agentmgr.admin.requests import SetPassword

    for row in perform(config, SetPassword(agent_id, _password(agent_id, password_stdin))):
        say(str(row["done"]))


def _levels(skills: list[str], option: str = "--skill") -> dict[str, int]:
    named = pairs(option, [each if "=" in each else f"{each}=1" for each in skills], "Sales=3")
    for name, level in named.items():
        if not (level.isascii() and level.isdigit() and 1 <= int(level) <= 16):
            raise Misused(f"{option} {name}: found the level {level}; allowed: a whole number from 1 to 16")
    return {name: int(level) for name, level in named.items()}


def _password(agent_id: str, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise Misused("there is no terminal to ask for the password on; give it with --password-stdin")
    else:
        password = getpass(f"Password for agent {agent_id}: ")
        if getpass("The same again: ") != password:
            raise Failed("the two passwords differ; nothing was changed")
    if not password:
        raise Failed("an empty password is not allowed; nothing was changed")
    return password
