"""agentmgr agents: add, list, passwd."""

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

app = group("agents", "Agents: add, list, passwd.")

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


def _levels(skills: list[str]) -> dict[str, int]:
    named = pairs("--skill", [each if "=" in each else f"{each}=1" for each in skills], "Sales=3")
    for name, level in named.items():
        if not (level.isascii() and level.isdigit() and 1 <= int(level) <= 16):
            raise Misused(f"--skill {name}: found the level {level}; allowed: a whole number from 1 to 16")
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
