"""agentmgr contacts: import, export, lists, new-list, show, delete, empty."""

from itertools import groupby
from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Row, complain, group, pairs, perform, say, show
from agentmgr.cli.export import Format, Out, Raw, write
from agentmgr.cli.imports import Encoding, File, Rejects, check_end, run_import

app = group("contacts", "Contact lists: import, export, lists, new-list, show, delete, empty.")


@app.command(name="import")
def import_(
    file: File,
    /,
    *,
    list_: Annotated[str, Parameter(name="--list")],
    map_: Annotated[list[str] | None, Parameter(name="--map", negative="")] = None,
    country: str = "",
    allow_premium: Annotated[bool, Parameter(negative="")] = False,
    org: str = "",
    encoding: Encoding = "auto",
    rejects: Rejects = None,
    config: Config = None,
) -> None:
    """Import contacts from a CSV file into a list, which is made if it is new.

    The header row names the columns; a contact needs an id and one telephone number at least. Rows that
    cannot be used go to a reject file, each with its line, the column and what was found; all others are
    imported. A contact whose id is in the list already is updated. Lines have 1 MiB at most. Ctrl-C ends the
    import and says how far it came. The exit code is 1 if nothing was imported.

    ```
    agentmgr contacts import people.csv --list Spring --country US
    agentmgr contacts import export.csv --list Leads --map Phone=PhoneNumber1 --map "First Name=FirstName"
    agentmgr contacts import alt.csv --list Alt --country DE --encoding cp1252 --rejects rejected/
    gunzip < people.csv.gz | agentmgr contacts import - --list Spring
    ```

    Parameters
    ----------
    file
        The CSV file, or - for the standard input: comma, semicolon or tab between columns, or what a first
        line such as sep=; says. What exports have neutralised comes back; columns of an export that say how
        far a contact is in a campaign are left out.
    list_
        Name of the contact list.
    map_
        COLUMN=ATTRIBUTE: take a column of the file as another attribute; COLUMN= ignores it. May be repeated.
    country
        Two letters, such as US or DE: where telephone numbers without a country code are from. The list
        keeps it for later imports.
    allow_premium
        Take premium numbers too; a campaign dials them only if it allows them as well.
    org
        The organisation that a new list belongs to; everybody's without it.
    """
    from agentmgr.admin.requests import ImportContacts

    columns = pairs("--map", map_ or (), "Phone=PhoneNumber1")
    request = ImportContacts(str(file), list_, columns, country.upper(), allow_premium, org)
    imported = run_import(config, request, file, encoding, rejects)
    report = imported.report
    say(f"{report['created']} contacts new, {report['updated']} updated, {report['rejected']} rows rejected")
    for each in imported.more if report["created"] else ():
        name, state = each["campaign"], each["state"]
        if each["taken_in"]:
            say(f"campaign {name}: its job, which is {state}, has {each['taken_in']} contacts more")
        elif state in ("finished", "stopped"):
            say(f"campaign {name}: its job is {state}; agentmgr campaign run {name} calls the new contacts")
    check_end(imported, "created", "updated")


@app.command
def export(
    *,
    list_: Annotated[str, Parameter(name="--list")],
    campaign: Annotated[list[str] | None, Parameter(negative="")] = None,
    unmasked: Annotated[bool, Parameter(negative="")] = False,
    format: Format = "csv",
    out: Out = None,
    raw: Raw = False,
    config: Config = None,
) -> None:
    """Write a contact list with all attributes, and how far each contact is in the campaigns with that list.

    It can be imported again unchanged: columns that begin with campaign: are left out then. What desktops
    hide is left out unless --unmasked is said: a hidden value that comes back would replace the true one.

    ```
    agentmgr contacts export --list Spring --out spring.csv
    agentmgr contacts export --list Spring --campaign Spring --format json | jq .UserContactId
    ```

    Parameters
    ----------
    list_
        The contact list.
    campaign
        A campaign of which it is told how far each contact is in its latest job; without it all with that
        list. May be repeated.
    unmasked
        Also write the attributes that desktops hide (MASKED_WRITE).
    format
        csv with a header row, or json: one object a line.
    """
    from agentmgr.admin.feed import rows_of
    from agentmgr.admin.requests import ExportContacts

    told = perform(config, ExportContacts(list_, tuple(campaign or ()), unmasked))
    rows = rows_of(str(row["piece"]) for row in told)
    columns, left_out = next(rows).values, next(rows).values
    if left_out:
        complain(f"left out, as desktops hide them: {', '.join(left_out)}; --unmasked writes them too")
    write((dict(zip(columns, row.values, strict=True)) for row in rows), columns, format, raw, out)


@app.command
def lists(*, json: Json = False, config: Config = None) -> None:
    """Show all contact lists with the number of their contacts.

    agentmgr contacts lists
    """
    from agentmgr.admin.requests import ListContactLists

    show(
        perform(config, ListContactLists()), json, "no contact lists yet; agentmgr contacts import makes one"
    )


@app.command
def new_list(name: str, /, *, country: str = "", org: str = "", config: Config = None) -> None:
    """Make a contact list without contacts, for programs that store contacts one by one.

    agentmgr contacts new-list Web --country DE

    Parameters
    ----------
    name
        Name of the list.
    country
        Two letters, such as US or DE: where its numbers without a country code are from.
    org
        The organisation that it belongs to; everybody's without it.
    """
    from agentmgr.admin.requests import MakeList

    for row in perform(config, MakeList(name, country.upper(), org)):
        say(str(row["done"]))


@app.command(name="show")
def show_(
    id_: Annotated[str, Parameter(name="ID")],
    /,
    *,
    list_: Annotated[str, Parameter(name="--list")] = "",
    unmasked: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Show all that is known of a contact: numbers, attributes, do-not-call, and in all campaigns how far it
    is, every dial with what came of it, callbacks and notes.

    ```
    agentmgr contacts show 4711
    agentmgr contacts show 4711 --list Spring --json | jq 'select(.kind == "attempt")'
    ```

    Parameters
    ----------
    id_
        The contact's id, as in the column UserContactId.
    list_
        Its contact list; needed if the id is in several.
    unmasked
        Also show the values of attributes that desktops hide (MASKED_WRITE).
    """
    from agentmgr.admin.requests import ShowContact

    rows = perform(config, ShowContact(id_, list_, unmasked))
    if json:
        show(rows, True, "")
        return
    for kind, of_kind in groupby(rows, lambda row: row["kind"]):
        if kind != "contact":
            say(f"\n{_HEADINGS[str(kind)]}")
        show([_on_one_line(row) for row in of_kind], False, "")


@app.command
def delete(
    id_: Annotated[str, Parameter(name="ID")],
    /,
    *,
    list_: Annotated[str, Parameter(name="--list")],
    config: Config = None,
) -> None:
    """Delete a contact with its attributes, numbers and notes; what came of calling it stays.

    One that a job wants which is not over, or that waits for a callback, cannot be deleted.

    agentmgr contacts delete 4711 --list Spring

    Parameters
    ----------
    id_
        The contact's id, as in the column UserContactId.
    list_
        Its contact list.
    """
    from agentmgr.admin.requests import DeleteContact

    for row in perform(config, DeleteContact(id_, list_)):
        say(str(row["done"]))


@app.command
def empty(list_: Annotated[str, Parameter(name="LIST")], /, *, config: Config = None) -> None:
    """Delete all contacts of a list that no job has which is not over; what came of calling them stays.

    agentmgr contacts empty Spring
    """
    from agentmgr.admin.requests import EmptyList

    for row in perform(config, EmptyList(list_)):
        say(str(row["done"]))


_HEADINGS = {
    "number": "Numbers",
    "attribute": "Attributes",
    "do_not_call": "Do not call, beside its numbers",
    "job": "In campaigns",
    "attempt": "Attempts",
    "callback": "Callbacks",
    "note": "Notes",
}


def _on_one_line(row: Row) -> Row:
    """Leave out what the heading says, and ends of lines."""
    return {
        key: " / ".join(value.splitlines()) if isinstance(value, str) else value
        for key, value in row.items()
        if key not in ("kind", "attempt_id", "session_id", "callback_id")
    }
