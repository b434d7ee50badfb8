"""agentmgr zones: status, managers, move, drain, release."""

from agentmgr.cli.common import Config, Failed, Json, group, perform, say, settings_of, show

app = group("zones", "Which manager serves which zone: status, managers, move, drain, release.")


@app.command
def status(*, json: Json = False, config: Config = None) -> None:
    """Show each zone: who owns it, with which token, and why its owner last changed.

    The age of the lease is seen by the server that is asked, as is the number of agents of zones that it has.

    agentmgr zones status
    """
    from agentmgr.admin.requests import ShowZones

    show(perform(config, ShowZones()), json, "no zone was ever served; agentmgr serve does")


@app.command
def managers(*, json: Json = False, config: Config = None) -> None:
    """Show the managers that live, and whether they take zones.

    agentmgr zones managers
    """
    from agentmgr.admin.requests import ShowManagers

    show(perform(config, ShowManagers()), json, "no manager is known: several need a PostgreSQL database")


@app.command
def move(zone: str, manager: str = "", /, *, config: Config = None) -> None:
    """Have a zone served by another manager from now on, or again where it is designated to be.

    Its agents are told, and may finish what they have for `leases.grace_s` of the configuration.

    ```
    agentmgr zones move Default m2
    agentmgr zones move Default
    ```

    Parameters
    ----------
    zone
        Which zone.
    manager
        Name of a manager that lives; nothing is where the zone is designated to be.
    """
    from agentmgr.admin.requests import MoveZone

    for row in perform(config, MoveZone(zone, manager)):
        say(str(row["done"]))


@app.command
def drain(*, config: Config = None) -> None:
    """Have the running server give its zones to other managers that are ready, and end: before an upgrade.

    It is what SIGTERM does: agents may finish what they have for `server.stop_grace_s` at most.

    agentmgr zones drain
    """
    from agentmgr.admin.requests import DrainManager

    for row in perform(config, DrainManager()):
        say(str(row["done"]))


@app.command
def release(*, config: Config = None) -> None:
    """Say of a server that has ended on this machine that it has: others take its zones at once.

    For what runs after a server has ended, however it did; one that lives is left alone.

    agentmgr zones release
    """
    from agentmgr.databases import ServerFailed
    from agentmgr.managing import release_ended

    try:
        say(release_ended(settings_of(config)))
    except ServerFailed as error:
        raise Failed(str(error)) from None
