"""agentmgr dnc: add, remove, list."""

from agentmgr.cli.common import Config, Json, group, perform, say, show

app = group("dnc", "The do-not-call list: add, remove, list.")


@app.command
def add(number: str, /, *more: str, country: str = "", config: Config = None) -> None:
    """Put telephone numbers or e-mail addresses on the do-not-call list; it is looked up before every dial.

    ```
    agentmgr dnc add +442079460958 +14155550123
    agentmgr dnc add "(415) 555-0123" --country US
    ```

    Parameters
    ----------
    number
        A telephone number or e-mail address.
    more
        Further ones.
    country
        Two letters: where numbers without a country code are from.
    """
    from agentmgr.admin.requests import AddToDnc

    for row in perform(config, AddToDnc((number, *more), country.upper())):
        say(str(row["done"]))


@app.command
def remove(number: str, /, *more: str, country: str = "", config: Config = None) -> None:
    """Take telephone numbers or e-mail addresses off the do-not-call list.

    ```
    agentmgr dnc remove +442079460958
    ```

    Parameters
    ----------
    number
        A telephone number or e-mail address.
    more
        Further ones.
    country
        Two letters: where numbers without a country code are from.
    """
    from agentmgr.admin.requests import RemoveFromDnc

    for row in perform(config, RemoveFromDnc((number, *more), country.upper())):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show the do-not-call list.

    agentmgr dnc list
    """
    from agentmgr.admin.requests import ListDnc

    show(perform(config, ListDnc()), json, "the do-not-call list is empty")
