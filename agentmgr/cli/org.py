"""agentmgr org: add, list, delete."""

from agentmgr.cli.common import Config, Json, group, perform, say, show

app = group("org", "Organisations that share the system: add, list, delete.")


@app.command
def add(name: str, /, *, config: Config = None) -> None:
    """Add an organisation. Agents, accounts, campaigns, contact lists, attributes and do-not-call entries can
    belong to it, with `--org`; what belongs to none is everybody's.

    ```
    agentmgr org add "North Bank"
    agentmgr account add nora --role manager --org "North Bank"
    ```

    Parameters
    ----------
    name
        What it is called, up to 100 characters; agents log on with it if they name one.
    """
    from agentmgr.admin.requests import AddOrganisation

    for row in perform(config, AddOrganisation(name)):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all organisations.

    agentmgr org list
    """
    from agentmgr.admin.requests import ListOrganisations

    show(perform(config, ListOrganisations()), json, "no organisations; everything is everybody's")


@app.command
def delete(name: str, /, *, config: Config = None) -> None:
    """Delete an organisation that nothing belongs to any more.

    agentmgr org delete "North Bank"

    Parameters
    ----------
    name
        Which one.
    """
    from agentmgr.admin.requests import DeleteOrganisation

    for row in perform(config, DeleteOrganisation(name)):
        say(str(row["done"]))
