"""A call flow as an example: people are asked whether they come to give blood.

    python -m agentmgr.flow.blood_donation --host 127.0.0.1:9980 --list Donors --contact D-1 --digits 3

plays it at this terminal for a contact of a list; without --digits you are the caller and press them.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import define

from agentmgr.flow.nodes import DataNodes, NodeFailed, NodeRefused
from agentmgr.flow.variables import PomInfo

MENU = "To accept, press 1. To decline, press 2. Never to be called again, press 3. To talk to us, press 9."
TRIES = 3
"""How often the menu is played to somebody who presses something else."""
NOTED, DECLINED, NEVER_AGAIN = "INVACP", "INVREJ", "DNCREQ"
"""The completion codes of the campaign, which agents and flows give."""
ON_THE_LIST = -9
"""The number is on the do-not-call list already, as the caller wants."""


class Call(Protocol):
    """A call as its telephone system gives it to the flow."""

    info: PomInfo

    @property
    def dnis(self) -> str:
        """The number that was dialled."""
        ...

    def say(self, text: str) -> None:
        """Play an announcement."""
        ...

    def digit(self) -> str:
        """Wait for a digit; empty if none comes."""
        ...

    def transfer(self, vdn: str) -> None:
        """Let agents have the caller."""
        ...


def blood_donation(call: Call, nodes: DataNodes, mails: str) -> str:
    """Talk to a caller; return what was decided: a completion code, `transferred`, or nothing.

    Args:
        call: the call.
        nodes: the data nodes.
        mails: the campaign without end that sends invitations to those who accept.

    Raises:
        NodeFailed: what the caller wants could not be noted.
    """
    info = call.info
    nodes.get_contact_info(info)
    call.say(f"Hello {info.FirstName}. We invite you to give blood.".replace(" .", "."))
    for _ in range(TRIES):
        call.say(MENU)
        pressed = call.digit()
        if pressed == "1":
            nodes.update_disposition(info, NOTED)
            nodes.add_contact_to_running_job(info, mails)
            call.say("Thank you. You will have a letter with the day.")
            return NOTED
        if pressed == "2":
            nodes.update_disposition(info, DECLINED)
            call.say("Thank you all the same.")
            return DECLINED
        if pressed == "3":
            try:
                nodes.add_to_dnc_list(call.dnis)
            except NodeRefused as refused:
                if refused.code != ON_THE_LIST:
                    raise
            nodes.update_disposition(info, NEVER_AGAIN)
            call.say("We will not call you again.")
            return NEVER_AGAIN
        if pressed == "9":
            call.transfer(info.VDN)
            return "transferred"
    call.say("Goodbye.")
    return ""


@define
class TerminalCall:
    """A call at this terminal; digits that are given are pressed one after another."""

    info: PomInfo
    dnis: str
    digits: Iterator[str] | None = None

    def say(self, text: str) -> None:
        """Write what is said."""
        sys.stdout.write(f"{text}\n")

    def digit(self) -> str:
        """Return the next digit, or one that is typed."""
        if self.digits is not None:
            return next(self.digits, "")
        sys.stdout.write("> ")
        sys.stdout.flush()
        return sys.stdin.readline().strip()

    def transfer(self, vdn: str) -> None:
        """Say where the caller goes."""
        self.say(f"(to the agents{f' at {vdn}' if vdn else ''})")


class _WithoutCall(DataNodes):
    """Nodes for a flow that is only tried: without a session there is no attempt that could have a code."""

    def update_disposition(self, info: PomInfo, completion_code: str) -> None:
        """Say what code the call would have."""
        sys.stdout.write(f"(completion code {completion_code}; --session says of which call)\n")
        info.CompletionCode = completion_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the flow once at this terminal."""
    parser = argparse.ArgumentParser(prog="agentmgr.flow.blood_donation", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--host", default="127.0.0.1", help="HOST or HOST:PORT of the manager")
    parser.add_argument("--secondary", default="", help="where to go if that cannot be reached")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--list", required=True, help="the contact's list")
    parser.add_argument("--contact", required=True, help="its id there")
    parser.add_argument("--session", default="", help="the session id of the call, for completion codes")
    parser.add_argument("--mails", default="Invitations", help="the campaign for those who accept")
    parser.add_argument("--digits", default=None, help="what the caller presses; else it is typed")
    given = parser.parse_args(arguments)
    nodes = (DataNodes if given.session else _WithoutCall)(
        given.user, given.password, given.host, given.secondary
    )
    info = PomInfo(ContactID=given.contact, ContactGroupName=given.list, SessionID=given.session)
    try:
        dnis = nodes.get_phone_number(info, "PhoneNumber1").PhoneNumber or ""
        digits = None if given.digits is None else iter(given.digits)
        decided = blood_donation(TerminalCall(info, dnis, digits), nodes, given.mails)
    except NodeFailed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"decided: {decided or 'nothing'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
