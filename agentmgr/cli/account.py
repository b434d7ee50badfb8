"""agentmgr account: add, set, list, delete, token."""

from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.agents import PasswordStdin, new_password
from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show

app = group("account", "Accounts of programs and supervisors: add, set, list, delete, token.")
tokens = group("token", "Tokens of accounts, for calls without a password: add, list, revoke.")
app.command(tokens)


@app.command
def add(
    name: str,
    /,
    *,
    role: Literal["service", "manager", "supervisor"] = "service",
    org: str = "",
    password_stdin: PasswordStdin = False,
    config: Config = None,
) -> None:
    """Add an account. The password is asked for; it is stored as an argon2 hash only.

    A blender, a monitor or a contact centre signs in with an account of the role service, and may then blend,
    reskill, log off and report as lost any agent of the zone, over a connection of its own. With one of the
    role manager a program or a person calls the web services. A supervisor signs in at the supervisor's page
    in the browser, and so may a manager.

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
        The organisation that a manager or supervisor works for; without one all that there is.
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


@tokens.command(name="add")
def add_token(
    account: str, /, *, name: str = "", days: int | None = None, json: Json = False, config: Config = None
) -> None:
    """Make a token of an account of the role manager, and show it: this once, as only its hash is stored.

    A program sends it in place of name and password with calls of the REST services, as
    `Authorization: Bearer TOKEN`. It may do what the account may, whatever becomes of the password.

    ```
    agentmgr account token add crm --name nightly --days 90
    ```

    Parameters
    ----------
    account
        Whose token.
    name
        What it is for, to tell it from others.
    days
        For how many days it is good; until it is revoked if that is not given.
    """
    from agentmgr.admin.requests import AddToken

    for row in perform(config, AddToken(account, name, days)):
        if json:
            show([row], json, "")
        else:
            say(str(row["token"]))


@tokens.command(name="list")
def list_tokens(account: str = "", /, *, json: Json = False, config: Config = None) -> None:
    """Show the tokens of an account, or of all accounts, by their ids; those that have ended too.

    agentmgr account token list crm

    Parameters
    ----------
    account
        Whose tokens.
    """
    from agentmgr.admin.requests import ListTokens

    show(perform(config, ListTokens(account)), json, "no tokens; agentmgr account token add makes one")


@tokens.command
def revoke(token_id: str, /, *, config: Config = None) -> None:
    """Let a token be good for nothing from the next call on.

    agentmgr account token revoke 0123456789abcdef

    Parameters
    ----------
    token_id
        Its id, as `agentmgr account token list` has it, and as it stands in the token between the
        underscores.
    """
    from agentmgr.admin.requests import RevokeToken

    for row in perform(config, RevokeToken(token_id)):
        say(str(row["done"]))
