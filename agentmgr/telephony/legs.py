"""The legs of a switch and who hears whom: customers' calls, agents' lines, consults and conferences.

A call is heard by the line it is connected to; a call that has a guest, beside the line, is in a consult
if it hears music and in a conference if not. The guest is another line or an external party's call.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Union

from attrs import define, field

from agentmgr.telephony.customers import Answers


class Hears(Enum):
    """What somebody on the telephone hears."""

    RINGING = auto()
    NOBODY = auto()
    VOICES = auto()
    MUSIC = auto()
    MESSAGE = auto()


@define(eq=False)
class Line:
    """An agent's leg; `calls` are those connected to it in the order they came, `hosts` have it as guest.

    `tones` counts those that were heard on it.
    """

    leg_id: str
    ticket: int = 0
    up: bool = False
    dropped: bool = False
    calls: dict[str, "Call"] = field(factory=dict)
    hosts: dict[str, "Call"] = field(factory=dict)
    tones: int = 0

    def part(self) -> list["Call"]:
        """Take the line out of all that it is in; returns the calls that may hear something else now."""
        concerned = [each for call in self.calls.values() for each in call.circle]
        concerned += self.hosts.values()
        for call in list(self.calls.values()):
            call.join(None)
        for host in list(self.hosts.values()):
            host.invite(None)
        return concerned


Guest = Union[Line, "Call", None]


@define(eq=False)
class Call:
    """A customer's or an external party's leg; `ticket` and `until` are of what it does by itself next.

    `talk_left_s` is the talk left to it at `talks_since`; at `leaves_at` it hangs up, come what may.
    `tones` counts those that it heard.
    """

    call_id: str
    customer: Answers | None
    ticket: int = 0
    until: float = 0.0
    hears: Hears = Hears.RINGING
    music: bool = False
    line: Line | None = None
    guest: Guest = None
    host: "Call | None" = None
    talk_left_s: float = 0.0
    talks_since: float = 0.0
    leaves_at: float | None = None
    tones: int = 0

    @property
    def circle(self) -> Iterator["Call"]:
        """The calls whose ears depend on this one's: itself, its host, its guest if that is a call."""
        yield self
        if self.host is not None:
            yield self.host
        if isinstance(self.guest, Call):
            yield self.guest

    @property
    def would_hear(self) -> Hears:
        """What the legs as they are joined now let it hear, once it was answered."""
        if self.music:
            return Hears.MUSIC
        heard = self.line is not None or self.guest is not None
        if self.host is not None:
            heard = self.host.line is not None or not self.host.music
        return Hears.VOICES if heard else Hears.NOBODY

    def join(self, line: Line | None) -> None:
        """Connect the call to a line instead of the one it had."""
        if self.line is not None:
            del self.line.calls[self.call_id]
        self.line = line
        if line is not None:
            line.calls[self.call_id] = self

    def invite(self, guest: Guest) -> None:
        """Let the call have a guest instead of the one it had."""
        if isinstance(self.guest, Call):
            self.guest.host = None
        elif self.guest is not None:
            del self.guest.hosts[self.call_id]
        self.guest = guest
        if isinstance(guest, Call):
            guest.host = self
        elif guest is not None:
            guest.hosts[self.call_id] = self

    def part(self) -> list["Call"]:
        """Take the call out of all that it is in; returns the calls that may hear something else now."""
        concerned = list(self.circle)
        self.join(None)
        self.invite(None)
        if self.host is not None:
            self.host.invite(None)
        self.music = False
        return concerned
