"""agentmgr attributes: define and list."""

from typing import Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, group, perform, say, show

app = group("attributes", "Attributes of contacts: define, list.")


@app.command
def define(
    name: str,
    /,
    *,
    type_: Annotated[str | None, Parameter(name="--type")] = None,
    data_type: str | None = None,
    display_name: str | None = None,
    org: str | None = None,
    config: Config = None,
) -> None:
    """Define an attribute that contacts can have, or change one; an import defines those of its columns.

    Type and display name may change at any time. The data type may if all values that contacts have fit
    it, and never of an attribute that every contact has. Jobs that run keep it as it was.

    ```
    agentmgr attributes define Balance --data-type float --type READ_ONLY --display-name "Balance due"
    agentmgr attributes define CardNumber --type MASKED_WRITE
    ```

    Parameters
    ----------
    name
        Name of the attribute, as in the header of contact files.
    type_
        READ_ONLY: agents see it; WRITE: they change it; SCREEN_POP: a desktop looks the customer up with
        it; MASKED_WRITE: they change it, and desktops hide it. WRITE for a new one.
    data_type
        string, integer, float, boolean (true or false), date (2026-12-31) or phone; string for a new one.
    display_name
        What people call it; its name if it is empty.
    org
        The organisation whose users alone see it; everybody's if it is empty.
    """
    from agentmgr.admin.requests import DefineAttribute

    for row in perform(config, DefineAttribute(name, type_, data_type, display_name, org)):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, json: Json = False, config: Config = None) -> None:
    """Show all attributes that contacts can have.

    agentmgr attributes list
    """
    from agentmgr.admin.requests import ListAttributes

    show(perform(config, ListAttributes()), json, "no attributes yet; agentmgr attributes define makes one")
