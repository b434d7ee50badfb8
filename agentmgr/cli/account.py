"""agentmgr account: add, set, list, delete."""

from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.agents import PasswordStdin, new_password
from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show

app = group("account", "Accounts of programs that sign in for themselves: add, set, list, delete.")


@app.command
def add(
    name: str,
    /,
    *,
    role: Literal["service", "manager"] = "service",
    org: str = "",
    password_stdin: PasswordStdin = False,
    config: Config = None,
) -> None:
    """Add an account. The password is asked for; it is stored as an argon2 hash only.

    A blender, a monitor or a contact centre signs in with an account of the role service, and may then blend,
    reskill, log off and report as lost any agent of the zone, over a connection of its own. With one of the
    role manager a program or a person calls the web services.

    ```
    agentmgr account add blender
    echo "$PASSWORD" | agentmgr account add monitor --password-stdin
    agentmgr account add nora --role manager --org "North Bank"
    ```

    Parameters
    ----------
    name
        What the program signs in with.
    role
        What it is for.
    org
        The organisation that a manager works for; without one all that there is.
    """
    from agentmgr.admin.requests import AddAccount

    request = AddAccount(name, new_password(f"account {name}", password_stdin), role, org)
    for row in perform(config, request):
        say(str(row["done"]))


@app.command(name="set")
def set_(
    name: str,
    /,
    *,
    enabled: bool | None = None,
    password: Annotated[bool, Parameter(negative="")] = False,
    password_stdin: PasswordStdin = False,
    config: Config = None,
) -> None:
    """Change an account; what is not given stays as it is.

    It holds from the next time a program signs in: who is signed in stays so until it disconnects.

    ```
    agentmgr account set blender --no-enabled
    agentmgr account set blender --password
    ```

    Parameters
    ----------
    name
        Which account.
    enabled
        Whether a program may sign in with it.
    password
        Ask for a new password.
    """
    from agentmgr.admin.requests import SetAccount

    if enabled is None and not password and not password_stdin:
        raise Misused(
            "account set: found nothing to change; allowed: --enabled, --no-enabled, --password,"
            " --password-stdin"
        )
    new = new_password(f"account {name}", password_stdin) if password or password_stdin else None
    for row in perform(config, SetAccount(name, new, enabled)):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all accounts with their roles.

    agentmgr account list
    """
    from agentmgr.admin.requests import ListAccounts

    show(perform(config, ListAccounts()), json, "no accounts yet; agentmgr account add makes one")


@app.command
def delete(name: str, /, *, config: Config = None) -> None:
    """Delete an account. Who is signed in with it stays so until it disconnects.

    agentmgr account delete blender

    Parameters
    ----------
    name
        Which account.
    """
    from agentmgr.admin.requests import DeleteAccount

    for row in perform(config, DeleteAccount(name)):
        say(str(row["done"]))
