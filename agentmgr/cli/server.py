"""The commands around the server itself: serve, init, check-config."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveInt

from agentmgr.cli.common import Config, Failed, Misused, say, settings_of
from agentmgr.fields import out_of_range
from agentmgr.tls.settings import contradictions


def serve(*, config: Config = None) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    It needs a database (`agentmgr init` makes one), listens for desktops on the port of each zone, and
    has `/metrics`, `/healthz` and the web services on its HTTP port.

    Told to stop, it begins nothing new, and agents finish what they have, for `stop_grace_s` of the
    configuration at most (30 s unless changed). Who is left is logged off, and it ends within 5 s; nothing
    that was confirmed is lost. A second signal ends the grace at once, a third cuts everything off.

    ```
    agentmgr serve --config config/agentmgr.toml
    ```
    """
    from agentmgr.app import run_server
    from agentmgr.databases import ServerFailed

    try:
        run_server(settings_of(config))
    except ServerFailed as error:
        raise Failed(str(error)) from None


def web(*, host: str | None = None, port: int | None = None, config: Config = None) -> None:
    """Serve the web services alone, without zones, until SIGTERM or Ctrl-C.

    It needs PostgreSQL, which the servers with the zones share; it writes what is asked for there, and they
    take it up within two seconds. As many such processes as one likes may run. `agentmgr serve` has the same
    web services on its own HTTP port.

    ```
    agentmgr web --config config/agentmgr.toml --port 9990
    ```

    Parameters
    ----------
    host
        Where to listen, if not at the address of [http] in the configuration.
    port
        The port to listen on, if not that of [http]; 0 takes any free one.
    """
    from attrs import evolve

    from agentmgr.databases import ServerFailed
    from agentmgr.web_process import run_web

    settings = settings_of(config)
    http = settings.http
    http = evolve(http, host=http.host if host is None else host, port=http.port if port is None else port)
    wrong = [*contradictions("http", http.host, http.tls), *out_of_range(http)]
    if wrong:
        raise Misused("; ".join(wrong))
    try:
        run_web(evolve(settings, http=http))
    except ServerFailed as error:
        raise Failed(str(error)) from None


def init(
    *,
    url: str | None = None,
    restored: Annotated[bool, Parameter(negative="")] = False,
    config: Config = None,
) -> None:
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
    restored
        The database was restored from a backup: raise the era of its zones, so that desktops, switches and
        other servers take what comes for newer than all that they saw. Before a server is started on it.
    """
    from attrs import evolve

    from agentmgr.databases import ServerFailed, begin_new_era, database_name, make_database

    settings = settings_of(config)
    if url is not None:
        settings = evolve(settings, database=evolve(settings.database, url=_url_without_password(url)))
    try:
        made = not restored and make_database(settings)
        zones = begin_new_era(settings) if restored else 0
    except ServerFailed as error:
        raise Failed(str(error)) from None
    done = (
        f"a new era for {zones} zones" if restored else "made" if made else "is there already, and in order"
    )
    say(f"{database_name(settings)}: {done}")


def copy(*, to: str, config: Config = None) -> None:
    """Copy the database file into an empty database in PostgreSQL: for a centre that grows.

    Stop the server first. All of it is copied or nothing: a copy that was interrupted leaves nothing behind
    and can be begun anew. Then let the configuration name the new database by `url`; the file is a backup.

    ```
    agentmgr copy --to postgresql://agentmgr@db.example/agentmgr
    ```

    Parameters
    ----------
    to
        A database in PostgreSQL with nothing in it; its tables are made.
    """
    from agentmgr.databases import ServerFailed, copy_database

    settings = settings_of(config)
    try:
        copy_database(settings, _url_without_password(to), lambda table, rows: say(f"{table}: {rows}"))
    except ServerFailed as error:
        raise Failed(f"{error}; nothing was copied") from None
    say(f'all of {settings.database.path} is copied; next: url = "{to}" in [database] of the configuration')


def _url_without_password(url: str) -> str:
    """Refuse a password where everybody on the machine can read it."""
    if "password" in url or ("@" in url and ":" in url.partition("://")[2].rpartition("@")[0]):
        raise Misused(
            "a password in a url on the command line would be seen in the list of processes; give it by"
            " password_file of [database], PGPASSFILE or PGPASSWORD"
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
    from agentmgr.app import certificates_of
    from agentmgr.databases import ServerFailed
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
