"""agentmgr demo: an outbound campaign from end to end in one process."""

from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import PositiveFloat, PositiveInt

from agentmgr.cli.common import Failed


def demo(
    *,
    agents: PositiveInt = 20,
    contacts: PositiveInt = 500,
    pacing: Literal["predictive", "progressive", "preview"] = "predictive",
    seed: int = 1,
    speed: PositiveFloat = 100.0,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run a campaign from end to end and show it live; nothing outside this machine is called.

    A server with a simulated switch serves the zone Default on a loopback port, imports the contacts
    of config/demo/contacts.csv, and runs a campaign that simulated agents work on over TCP, through the
    same SDK that other desktops are written with. It is over when every contact is done.

    ```
    agentmgr demo
    agentmgr demo --agents 50 --contacts 2000 --seed 7
    agentmgr demo --pacing preview --speed 1
    ```

    Parameters
    ----------
    agents
        How many simulated agents work.
    contacts
        How many contacts; beyond the shipped ones, further ones are made up.
    pacing
        How contacts are dialled: predictive ahead of agents, progressive one for each free agent, preview
        after an agent has seen the contact.
    seed
        The same seed gives the same customers and the same agents.
    speed
        How much faster than real time; 1 is real time.
    json
        Print one JSON object with the summary and nothing else.
    """
    from agentmgr.demo import Demo, DemoFailed, run_demo

    try:
        run_demo(Demo(agents, contacts, pacing, seed, speed), json)
    except DemoFailed as error:
        raise Failed(str(error)) from None
