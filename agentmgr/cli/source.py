"""agentmgr source: add, list, remove, import, status, pause, resume, stop."""

from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, group, pairs, perform, say, show

app = group("source", "Data sources: add, list, remove, import, status, pause, resume, stop.")


@app.command
def add(
    name: str,
    location: str,
    /,
    *,
    list_: Annotated[str, Parameter(name="--list")],
    kind: Literal["file", "database", "custom"] = "file",
    query: str = "",
    map_: Annotated[list[str] | None, Parameter(name="--map", negative="")] = None,
    country: str = "",
    encoding: str = "auto",
    check: Annotated[
        list[Literal["reject", "format", "dnc", "timezone"]] | None, Parameter(negative="")
    ] = None,
    duplicates: Literal["update", "ignore"] = "update",
    empty_first: Annotated[bool, Parameter(negative="")] = False,
    allow_premium: Annotated[bool, Parameter(negative="")] = False,
    description: str = "",
    config: Config = None,
) -> None:
    """Make a data source known: a CSV file, a database, or a plug-in. Nothing is read yet.

    A file is read below the directory that the configuration names, or from a URL of http, https or sftp; a
    database has the URL of SQLAlchemy. Addresses of this machine and of inner networks are refused unless the
    configuration names their hosts.

    ```
    agentmgr source add Leads leads/today.csv --list Leads --country US
    agentmgr source add Crm https://crm.example.com/export.csv --list Crm --map Phone=PhoneNumber1
    agentmgr source add Dwh postgresql+psycopg://reader@dwh.example.com/crm --list Dwh --kind database \\
        --query 'SELECT id AS "UserContactId", phone AS "PhoneNumber1" FROM leads ORDER BY id'
    agentmgr source add Erp erp_contacts --list Erp --kind custom
    ```

    Parameters
    ----------
    name
        What it is called.
    location
        A path, a URL, or the name of a plug-in's entry point.
    list_
        Contact list, which is made if it is new.
    kind
        What the location is.
    query
        What a database is asked; in the same order each time, so that an import can go on.
    map_
        COLUMN=ATTRIBUTE: take a column as another attribute; COLUMN= ignores it. May be repeated.
    country
        Two letters, such as US: where telephone numbers without a country code are from.
    encoding
        Of a file; auto is what its mark says, and UTF-8 without one.
    check
        reject, format: leave out numbers that a reject pattern refuses, or that have no form of their
        country's rules; dnc: leave out who is on the do-not-call list; timezone: take the time zone from the
        number, whatever the source says. May be repeated.
    duplicates
        What becomes of a contact whose id is in the list already.
    empty_first
        Delete all contacts of the list before each import; not while a job has it.
    allow_premium
        Take premium numbers too.
    description
        A line for people.
    """
    from agentmgr.admin.requests import AddSource

    request = AddSource(
        name,
        list_,
        kind,
        location,
        query,
        description,
        pairs("--map", map_ or (), "Phone=PhoneNumber1"),
        country.upper(),
        encoding,
        tuple(check or ()),
        duplicates,
        allow_premium,
        empty_first,
    )
    for row in perform(config, request):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all data sources.

    agentmgr source list
    """
    from agentmgr.admin.requests import ListSources

    show(perform(config, ListSources()), json, "no data sources yet; agentmgr source add makes one")


@app.command
def remove(name: str, /, *, config: Config = None) -> None:
    """Forget a data source with its schedules and imports. Contacts stay.

    agentmgr source remove Leads
    """
    from agentmgr.admin.requests import RemoveSource

    for row in perform(config, RemoveSource(name)):
        say(str(row["done"]))


@app.command(name="import")
def import_(name: str, /, *, config: Config = None) -> None:
    """Import from a data source. It is queued, and carried out by a server that runs, or by the next one.

    agentmgr source import Leads
    """
    from agentmgr.admin.requests import BeginImport

    for row in perform(config, BeginImport(name)):
        say(str(row["done"]))


@app.command
def status(name: str = "", /, *, limit: int = 20, json: Json = False, config: Config = None) -> None:
    """Show the imports from a data source, or from all, with what became of their rows.

    The first rows of no use stand, each with why, in import-NUMBER.rejects.csv where imports.work_directory
    of the configuration says.

    ```
    agentmgr source status
    agentmgr source status Leads --json
    ```

    Parameters
    ----------
    name
        The data source.
    limit
        So many of them, the newest first.
    """
    from agentmgr.admin.requests import ShowImports

    show(perform(config, ShowImports(name, limit)), json, "no imports yet; agentmgr source import begins one")


@app.command
def pause(name: str, /, *, config: Config = None) -> None:
    """Let the running import from a data source pause behind the rows that it has at hand.

    agentmgr source pause Leads
    """
    _move(name, "pause", config)


@app.command
def resume(name: str, /, *, config: Config = None) -> None:
    """Let a paused import go on where it was.

    agentmgr source resume Leads
    """
    _move(name, "resume", config)


@app.command
def stop(name: str, /, *, config: Config = None) -> None:
    """End an import for good. What is in stays.

    agentmgr source stop Leads
    """
    _move(name, "stop", config)


def _move(name: str, how: str, config: Config) -> None:
    from agentmgr.admin.requests import MoveImport

    for row in perform(config, MoveImport(name, how)):
        say(str(row["done"]))
