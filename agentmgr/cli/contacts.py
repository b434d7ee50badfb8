"""agentmgr contacts: import and list."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, group, pairs, perform, say, show

app = group("contacts", "Contact lists: import, lists.")


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    list_: Annotated[str, Parameter(name="--list")],
    map_: Annotated[list[str] | None, Parameter(name="--map", negative="")] = None,
    country: str = "",
    allow_premium: Annotated[bool, Parameter(negative="")] = False,
    encoding: str = "utf-8",
    config: Config = None,
) -> None:
    """Import contacts from a CSV file into a list, which is made if it is new.

    The header row names the columns. Rows that cannot be used go to a reject file beside FILE, each with
    its line, the column and what was found; all others are imported. A contact whose id is in the list
    already is updated.

    ```
    agentmgr contacts import people.csv --list Spring --country US
    agentmgr contacts import export.csv --list Leads --map Phone=PhoneNumber1 --map "First Name=FirstName"
    agentmgr contacts import alt.csv --list Alt --country DE --encoding cp1252
    ```

    Parameters
    ----------
    file
        The CSV file: comma, semicolon or tab between columns. What exports have neutralised comes back.
    list_
        Name of the contact list.
    map_
        COLUMN=ATTRIBUTE: take a column of the file as another attribute; COLUMN= ignores it. May be repeated.
    country
        Two letters, such as US or DE: where telephone numbers without a country code are from. The list
        keeps it for later imports.
    allow_premium
        Take premium numbers too; a campaign dials them only if it allows them as well.
    encoding
        How the file is encoded, such as utf-8, utf-16, cp1252, latin-1. A file that is not so encoded is
        refused as a whole, with its first such line.
    """
    from agentmgr.admin.requests import ImportContacts

    columns = pairs("--map", map_ or (), "Phone=PhoneNumber1")
    request = ImportContacts(
        str(file.resolve()), list_, columns, country.upper(), allow_premium=allow_premium, encoding=encoding
    )
    for row in perform(config, request):
        say(f"{row['created']} contacts new, {row['updated']} updated, {row['rejected']} rows rejected")
        if row["reject_file"] is not None:
            say(f"rejected rows, each with the reason: {row['reject_file']}")


@app.command
def lists(*, json: Json = False, config: Config = None) -> None:
    """Show all contact lists with the number of their contacts.

    agentmgr contacts lists
    """
    from agentmgr.admin.requests import ListContactLists

    show(
        perform(config, ListContactLists()), json, "no contact lists yet; agentmgr contacts import makes one"
    )
