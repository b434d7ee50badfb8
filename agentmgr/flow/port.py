"""A port of an application that talks to callers: to the manager an agent, but no person.

    python -m agentmgr.flow.port 127.0.0.1:9970 1001 PASSWORD --host 127.0.0.1:9980

asks whoever is connected to agent 1001 to give blood. The manager dials for a port as for any agent; what is
to be previewed a port dials at once. On the simulated switch nobody speaks: its customers press the digits of
their telephone number, the last one first.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from attrs import define

from agentmgr.client import CommandError
from agentmgr.client import sync as client
from agentmgr.flow.blood_donation import blood_donation
from agentmgr.flow.nodes import DataNodes, NodeFailed
from agentmgr.flow.variables import PomInfo
from protocol.enums import AgentState, CallState, DestinationType, NailupStatus
from protocol.notifications import AGTCallNotify, AGTCallStateChangedNotify, AGTNailupChange
from protocol.structures import ContactNumber, Destination

CONSULT_S = 30.0
"""How long the agent to whom a caller is transferred may take to be there."""


def pressed_by(number: str) -> Iterator[str]:
    """Yield what a customer of the simulated switch presses, by the number that was dialled."""
    return (digit for digit in reversed(number) if digit.isdigit())


@define
class PortCall:
    """A call at a port; `keys` are what the caller presses, `hears` gets what is said."""

    info: PomInfo
    number: ContactNumber
    agent: client.Agent
    keys: Iterator[str]
    hears: Callable[[str], None]
    is_transferred: bool = False

    @property
    def dnis(self) -> str:
        """The number that was dialled."""
        return self.number.number

    def say(self, text: str) -> None:
        """Play an announcement."""
        self.hears(text)

    def digit(self) -> str:
        """Return what the caller presses next, empty if that is nothing."""
        return next(self.keys, "")

    def transfer(self, vdn: str) -> None:
        """Let another agent, who is named by its id, have the caller."""
        self.agent.consult_call(Destination(DestinationType.Agent, vdn), self.info.SessionID)
        self.agent.wait_for(CallState.Consult, CONSULT_S)
        self.agent.complete_transfer(self.info.SessionID)
        self.is_transferred = True


Flow = Callable[[PortCall, DataNodes], str]
"""Talks to a caller and returns what was decided: a completion code, if there is one of that name."""


def serve(
    agent: client.Agent,
    nodes: DataNodes,
    flow: Flow,
    *,
    vdn: str = "",
    keys: Callable[[str], Iterator[str]] = pressed_by,
    hears: Callable[[str], None] = lambda text: None,
    calls: int | None = None,
) -> int:
    """Let a flow talk to whoever is connected to an agent that is logged on; return how many calls it had.

    A call whose flow fails is wrapped up like one that came to nothing.

    Args:
        agent: the port.
        nodes: for the flow.
        flow: what is done with each call.
        vdn: the agent to whom callers are transferred.
        keys: what whoever has a number presses.
        hears: called with what is said, and with why a flow failed.
        calls: after how many calls to return; None goes on until the agent is removed.
    """
    agent.state_change(AgentState.Ready)
    agent.available_for_nailup()
    call: PortCall | None = None
    decided, had = "", 0
    for event in agent.events():
        match event:
            case AGTNailupChange(nailup_status=NailupStatus.PendingNailUp):
                agent.ready_for_nailup()
            case AGTCallNotify(contact=contact, session_id=session_id):
                info = PomInfo(
                    SessionID=session_id,
                    CampaignName=contact.campaign_name,
                    ContactID=contact.contact_id,
                    ContactGroupName=contact.contact_list_name,
                    VDN=vdn,
                )
                number = next(each for each in contact.contact_numbers if each.is_default)
                call, decided = PortCall(info, number, agent, keys(number.number), hears), ""
            case AGTCallStateChangedNotify(call_state=CallState.Preview | CallState.Callback) if call:
                agent.preview_dial(call.number, call.info.SessionID)
            case AGTCallStateChangedNotify(call_state=CallState.Talking) if call is not None and not decided:
                decided = _talk(call, nodes, flow)
            case AGTCallStateChangedNotify(call_state=CallState.Wrapup) if call is not None:
                if had + 1 == calls:  # no further one is to come behind it
                    agent.state_change(AgentState.NotReady)
                _wrap_up(call, decided)
                call, had = None, had + 1
            case AGTCallStateChangedNotify(call_state=CallState.Idle) if call is not None:
                had += call.is_transferred
                call = None
        if had == calls:
            break
    return had


def _talk(call: PortCall, nodes: DataNodes, flow: Flow) -> str:
    decided = "nothing"
    try:
        decided = flow(call, nodes) or decided
    except (NodeFailed, CommandError, TimeoutError) as error:
        call.hears(f"failed: {error}")
    if not call.is_transferred:
        try:
            call.agent.release_line(call.info.SessionID)
        except CommandError as error:  # the caller has gone already
            call.hears(f"not released: {error}")
    return decided


def _wrap_up(call: PortCall, decided: str) -> None:
    codes = call.agent.get_comp_codes(call.info.SessionID).completion_codes_list
    wanted = (code for code in codes if code.code_value == (call.info.CompletionCode or decided))
    call.agent.wrapup_contact(next(wanted, codes[-1]), call.info.SessionID)


def _show(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve calls with the blood donation flow until interrupted."""
    parser = argparse.ArgumentParser(prog="agentmgr.flow.port", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("desktops", help="HOST:PORT of a manager's port for desktops")
    parser.add_argument("agent", help="the agent's id")
    parser.add_argument("password", help="the agent's password")
    parser.add_argument("--host", default="127.0.0.1", help="HOST or HOST:PORT of the web services")
    parser.add_argument("--secondary", default="", help="where to go if that cannot be reached")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--user-password", default="demo")
    parser.add_argument("--vdn", default="", help="the agent to whom callers are transferred")
    parser.add_argument("--mails", default="Invitations", help="the campaign for those who accept")
    parser.add_argument("--calls", type=int, default=None, help="after how many calls to end")
    given = parser.parse_args(arguments)
    nodes = DataNodes(given.user, given.user_password, given.host, given.secondary)
    try:
        with client.connect([given.desktops]) as pom:
            agent = pom.agent(given.agent)
            agent.logon(agent_ext=given.agent, password=given.password, force=True)
            serve(
                agent,
                nodes,
                lambda call, nodes: blood_donation(call, nodes, given.mails),
                vdn=given.vdn,
                hears=_show,
                calls=given.calls,
            )
            agent.logoff()
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
