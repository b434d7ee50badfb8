"""Numbers that tell the test switch what shall come of a call: the only door a conformance suite needs.

They are in a range that Australia keeps for fiction, so that no real telephone ever rings. The number
after the range, `OSTT`, is read as Outcome, Seconds until it comes, and Time in seconds.
"""

import math
import re
from enum import Enum

from attrs import frozen

from protocol.enums import DialFailReason

RANGES = ("+6125550", "+6135550", "+6175550", "+6185550", "+6127010", "+6137010", "+6177010", "+6187010")
"""What a test number begins with; the four digits `OSTT` follow."""

_NUMBER = re.compile(r"\+?61[2378](?:5550|7010)([0-9])([0-9])([0-9]{2})")


class Outcome(Enum):
    """What comes of a call to a test number, by the first of its four digits."""

    ANSWERS = "0"
    BUSY = "1"
    RINGS_OUT = "2"
    REJECTED = "3"
    INVALID = "4"
    CONGESTION = "5"
    MACHINE = "6"
    LEAVES = "7"
    IMPATIENT = "8"
    FAILS = "9"


@frozen
class Script:
    """A call as its number decides it. Times in seconds; one that never comes is infinite.

    Attributes:
        reason: why the call does not reach a person; None if a person answers.
        after_s: when that person answers, or the reason is known, after the call was dialled.
        talk_s: after how much talk the person hangs up; time on hold or aside in a consult is not talk.
        stays_s: how long after first being connected to an agent the person hangs up, come what may.
        patience_s: how long the person waits for an agent, and bears each hold or consult.
    """

    reason: DialFailReason | None
    after_s: float
    talk_s: float = math.inf
    stays_s: float = math.inf
    patience_s: float = math.inf


FAILURES = {
    Outcome.BUSY: DialFailReason.Busy,
    Outcome.RINGS_OUT: DialFailReason.NoAnswer,
    Outcome.REJECTED: DialFailReason.Rejected,
    Outcome.INVALID: DialFailReason.InvalidNumber,
    Outcome.CONGESTION: DialFailReason.Congestion,
    Outcome.MACHINE: DialFailReason.AnswerMachine,
}
"""The failures that a network or a machine gives, each with a digit of its own."""

RARE_FAILURES = {
    0: DialFailReason.DncBlocked,
    1: DialFailReason.OutsideCallingHours,
    2: DialFailReason.TelephonyDown,
}
"""The failures of `FAILS`, by `TT`; with another `TT` it is Rejected."""

_ROWS = (
    (Outcome.ANSWERS, "a person answers", "talk after which the person hangs up; 00: never"),
    (Outcome.BUSY, "fails: Busy", "-"),
    (Outcome.RINGS_OUT, "rings until the ring time is over: NoAnswer", "-"),
    (Outcome.REJECTED, "fails: Rejected", "-"),
    (Outcome.INVALID, "fails: InvalidNumber", "-"),
    (Outcome.CONGESTION, "fails: Congestion", "-"),
    (Outcome.MACHINE, "fails: AnswerMachine", "-"),
    (
        Outcome.LEAVES,
        "a person answers",
        "the person hangs up this long after being connected to an agent, also in a hold, a consult or a"
        " conference; 00: at once",
    ),
    (
        Outcome.IMPATIENT,
        "a person answers who talks without end",
        "how long the person waits for an agent, and bears each hold or consult; 00: at most a moment",
    ),
    (
        Outcome.FAILS,
        "fails for a reason that is not the network's",
        "; ".join(f"{tail:02}: {reason}" for tail, reason in RARE_FAILURES.items()),
    ),
)

SOON_S = 0.05
"""What a time of 00 means where it is not `never`."""


def script_of(number: str) -> Script | None:
    """Return what a call to a number comes to; None if it is no test number."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        return None
    outcome, after_s, tail = Outcome(match[1]), float(match[2]), int(match[3])
    if outcome is Outcome.ANSWERS:
        return Script(None, after_s, talk_s=tail or math.inf)
    if outcome is Outcome.LEAVES:
        return Script(None, after_s, stays_s=tail or SOON_S)
    if outcome is Outcome.IMPATIENT:
        return Script(None, after_s, patience_s=tail or SOON_S)
    if outcome is Outcome.FAILS:
        return Script(RARE_FAILURES.get(tail, DialFailReason.Rejected), after_s)
    return Script(FAILURES[outcome], math.inf if outcome is Outcome.RINGS_OUT else after_s)


def number_for(outcome: Outcome, *, after_s: int = 0, time_s: int = 0, line: int = 0) -> str:
    """Return the number that has an outcome.

    Args:
        outcome: the digit `O`.
        after_s: the digit `S`, 0 to 9.
        time_s: the digits `TT`, 0 to 99.
        line: which of `RANGES`, 0 to 7; they all mean the same, so that contacts can have several numbers.

    Raises:
        ValueError: a time is out of its range.
    """
    if not 0 <= after_s <= 9 or not 0 <= time_s <= 99:
        raise ValueError(f"after_s is {after_s} and time_s {time_s}; allowed: 0 to 9 and 0 to 99")
    return f"{RANGES[line]}{outcome.value}{after_s}{time_s:02}"


def reference() -> str:
    """Write the section of PROTOCOL.md about test numbers."""
    rows = "\n".join(f"| {outcome.value} | {words} | {time} |" for outcome, words, time in _ROWS)
    ranges = ", ".join(f"`{prefix}`" for prefix in RANGES)
    example = number_for(Outcome.ANSWERS, after_s=2, time_s=30)
    return f"""
## Test numbers

Where the server runs with its simulated switch, a call to one of these numbers goes as the number says;
all others go as chance will have it. So a client can be tested against any such server without a private
door into it. A contact's numbers and the external parties of a consult are read alike.

A test number begins with one of {ranges}:
ranges kept for fiction, in which no telephone is connected. Four digits `OSTT` follow: the outcome O, the
seconds S from dialling to the answer or the failure (0 is at once), and a time TT in seconds. `{example}`
is answered after 2 s and hangs up after 30 s of talk. Time on hold, or aside while the agent consults, is
no talk. A person without another limit waits and talks without end.

| O | what comes of the call | TT |
| --- | --- | --- |
{rows}
"""
