"""The commands around the server itself: serve, init, check-config."""

from pathlib import Path

from cyclopts.types import PositiveInt

from agentmgr.cli.common import Config, Failed, Misused, say, settings_of


def serve(*, config: Config = None) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    It needs a database (`agentmgr init` makes one), listens for desktops on the port of each zone, and
    shows `/metrics` and `/healthz` on its HTTP port.

    Told to stop, it begins nothing new, and agents finish what they have, for `stop_grace_s` of the
    configuration at most (30 s unless changed). Who is left is logged off, and it ends within 5 s; nothing
    that was confirmed is lost. A second signal ends the grace at once, a third cuts everything off.

    ```
    agentmgr serve --config config/agentmgr.toml
    ```
    """
    from agentmgr.app import ServerFailed, run_server

    try:
        run_server(settings_of(config))
    except ServerFailed as error:
        raise Failed(str(error)) from None


def init(*, url: str | None = None, config: Config = None) -> None:
    """Make the database that the configuration names; one that is there already stays as it is.

    In PostgreSQL that is its tables; the database itself is made by `createdb`.

    ```
    agentmgr init --config config/agentmgr.toml
    agentmgr init --url postgresql://agentmgr@db.example/agentmgr
    ```

    Parameters
    ----------
    url
        A database in PostgreSQL, instead of the one that the configuration names.
    """
    from attrs import evolve

    from agentmgr.app import ServerFailed, database_name, make_database

    settings = settings_of(config)
    if url is not None:
        settings = evolve(settings, database=evolve(settings.database, url=_url_without_password(url)))
    try:
        made = make_database(settings)
    except ServerFailed as error:
        raise Failed(str(error)) from None
    say(f"{database_name(settings)}: {'made' if made else 'is there already, and in order'}")


def _url_without_password(url: str) -> str:
    """Refuse a password where everybody on the machine can read it."""
    if "password" in url or ("@" in url and ":" in url.partition("://")[2].rpartition("@")[0]):
        raise Misused(
            "--url: a password here would be seen in the list of processes; give it by password_file of"
            " [database], PGPASSFILE or PGPASSWORD"
        )
    return url


def check_config(file: Path, /) -> None:
    """Check a configuration file and report every mistake in it: key, what was found, what is allowed.

    ```
    agentmgr check-config config/agentmgr.toml
    ```

    Parameters
    ----------
    file
        The file to check. config/agentmgr.toml lists all settings with their defaults.
    """
    from agentmgr.app import ServerFailed, certificates_of
    from agentmgr.settings.file import load
    from agentmgr.tables import Mistakes

    try:
        certificates_of(load(file))
    except Mistakes as error:
        raise Misused(str(error)) from None
    except ServerFailed as error:
        raise Misused(f"{file}: {error}") from None
    say(f"{file}: in order")


def dev_cert(
    directory: Path = Path("var/tls"),
    /,
    *,
    name: tuple[str, ...] = ("localhost", "127.0.0.1", "::1"),
    client: str = "",
    days: PositiveInt = 90,
) -> None:
    """Make an authority and a certificate for development and tests; no machine trusts them by itself.

    In the directory are then `ca.pem`, which clients are given, and `server.pem` with `server.key`, which the
    configuration names. The authority's own key is thrown away, so that nothing else can be signed by it: to
    have another certificate make all of them anew.

    ```
    agentmgr dev-cert
    agentmgr dev-cert /tmp/tls --name agents.example.org --name 192.0.2.7
    agentmgr dev-cert --client proxy
    ```

    Parameters
    ----------
    directory
        Where the files are written; those of an earlier time are replaced.
    name
        Name or address that clients connect to; more than one may be given.
    client
        Make `client.pem` and `client.key` of this name as well, for `client_ca`.
    days
        How long they are valid.
    """
    from agentmgr.tls.making import make

    try:
        made = make(directory, name, client, days)
    except (OSError, ValueError) as error:
        raise Failed(f"{directory}: {error}") from None
    for path in made:
        say(str(path))
