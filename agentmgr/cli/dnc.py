"""agentmgr dnc: add, import, remove, list."""

from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show
from agentmgr.cli.export import Raw, write
from agentmgr.cli.imports import Encoding, File, Rejects, check_end, run_import

app = group("dnc", "The do-not-call list: add, import, remove, list.")


@app.command
def add(number: str, /, *more: str, country: str = "", org: str = "", config: Config = None) -> None:
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
    org
        The organisation that is meant; without it nobody may call them.
    """
    from agentmgr.admin.requests import AddToDnc

    for row in perform(config, AddToDnc((number, *more), country.upper(), org)):
        say(str(row["done"]))


@app.command(name="import")
def import_(
    file: File,
    /,
    *,
    country: str = "",
    org: str = "",
    encoding: Encoding = "auto",
    column: str = "",
    rejects: Rejects = None,
    config: Config = None,
) -> None:
    """Put all numbers and e-mail addresses of a file on the do-not-call list.

    The file is CSV, or has one number a line; a first line of words is a header. Rows that are no number go
    to a reject file, each with its line, what was found and why; all others are added. Ctrl-C ends the import
    and says how far it came. The exit code is 1 if no row could be used.

    ```
    agentmgr dnc import register.txt --country GB
    agentmgr dnc import optout.csv --column Phone --country US --encoding cp1252
    ```

    Parameters
    ----------
    file
        The file, or - for the standard input: comma, semicolon or tab between columns, or what a first line
        such as sep=; says.
    country
        Two letters, such as US or DE: where numbers without a country code are from.
    column
        How the header calls the column with the numbers; without it they are in the first one.
    org
        The organisation that must not call them; without it nobody may.
    """
    from agentmgr.admin.requests import ImportDnc

    request = ImportDnc(str(file), country.upper(), column, org)
    imported = run_import(config, request, file, encoding, rejects)
    row = imported.report
    say(f"{row['added']} added, {row['known']} were on the list already, {row['rejected']} rows rejected")
    check_end(imported, "added", "known")


@app.command
def remove(number: str, /, *more: str, country: str = "", org: str = "", config: Config = None) -> None:
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
    org
        The organisation that is meant; without it nobody may call them.
    """
    from agentmgr.admin.requests import RemoveFromDnc

    for row in perform(config, RemoveFromDnc((number, *more), country.upper(), org)):
        say(str(row["done"]))


@app.command(name="list")
def list_(
    *,
    org: str = "",
    json: Json = False,
    csv: Annotated[bool, Parameter(name="--csv", negative="")] = False,
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Show the do-not-call list.

    ```
    agentmgr dnc list
    agentmgr dnc list --csv > dnc.csv
    ```

    Parameters
    ----------
    org
        The organisation whose list is shown; everybody's without it.
    csv
        CSV with a header row, which `dnc import` takes.
    """
    from agentmgr.admin.requests import ListDnc
    from agentmgr.admin.rows import DNC_COLUMNS

    if json and csv:
        raise Misused("--json and --csv: found both; allowed: one of them")
    if raw and not csv:
        raise Misused("--raw: is about cells of CSV; say --csv too, or leave it out")
    rows = perform(config, ListDnc(org))
    if csv:
        write(rows, DNC_COLUMNS, "csv", raw)
    else:
        show(rows, json, "the do-not-call list is empty")
