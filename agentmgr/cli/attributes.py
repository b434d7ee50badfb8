"""agentmgr attributes: define, list, values."""

from typing import Annotated, Literal

from cyclopts import Parameter

from agentmgr.cli.common import Config, Json, Misused, group, perform, say, show

app = group(
    "attributes", "Attributes of contacts, and numbers of campaigns and agents: define, list, values."
)

Scope = Literal["contact", "campaign", "agent"]


@app.command
def define(
    name: str,
    /,
    *,
    scope: Scope = "contact",
    initial: float | None = None,
    type_: Annotated[str | None, Parameter(name="--type")] = None,
    data_type: str | None = None,
    display_name: str | None = None,
    org: str | None = None,
    config: Config = None,
) -> None:
    """Define an attribute that contacts can have, or change one; an import defines those of its columns.

    Type and display name may change at any time. The data type may if all values that contacts have fit
    it, and never of an attribute that every contact has. Jobs that run keep it as it was.

    Campaigns and agents have numbers in each job, which programs change by a web service while it runs.

    ```
    agentmgr attributes define Balance --data-type float --type READ_ONLY --display-name "Balance due"
    agentmgr attributes define CardNumber --type MASKED_WRITE
    agentmgr attributes define Promises --scope campaign --initial 0
    ```

    Parameters
    ----------
    name
        Name of the attribute, as in the header of contact files.
    scope
        Who has it: each contact; or each campaign or agent, a number in each of its jobs.
    initial
        What a number of campaigns or agents begins with; 0 for a new one.
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
    from agentmgr.admin.requests import DefineAttribute, DefineNumber

    if scope == "contact":
        if initial is not None:
            raise Misused("--initial is for --scope campaign and agent; contacts bring their values")
        request: DefineAttribute | DefineNumber = DefineAttribute(name, type_, data_type, display_name, org)
    else:
        if type_ is not None or data_type is not None:
            raise Misused(f"--type and --data-type are for contacts; what a {scope} has is a number")
        request = DefineNumber(scope, name, initial, display_name, org)
    for row in perform(config, request):
        say(str(row["done"]))


@app.command(name="list")
def list_(*, scope: Scope = "contact", json: Json = False, config: Config = None) -> None:
    """Show all attributes that contacts can have, or all numbers that campaigns or agents have.

    ```
    agentmgr attributes list
    agentmgr attributes list --scope campaign
    ```

    Parameters
    ----------
    scope
        Who has them.
    """
    from agentmgr.admin.requests import ListAttributes, ListNumbers

    request = ListAttributes() if scope == "contact" else ListNumbers(scope)
    more = "" if scope == "contact" else f" --scope {scope}"
    show(perform(config, request), json, f"no attributes yet; agentmgr attributes define{more} makes one")


@app.command
def values(job: int, /, *, json: Json = False, config: Config = None) -> None:
    """Show the numbers of a job: those of its campaign, and those of agents that were changed.

    agentmgr attributes values 7

    Parameters
    ----------
    job
        Its number, as campaign jobs shows it.
    """
    from agentmgr.admin.requests import ListValues

    nothing = f"job {job}: has no numbers; agentmgr attributes define NAME --scope campaign makes one"
    show(perform(config, ListValues(job)), json, nothing)
