"""The closed vocabularies of the API, spelled as they stand on the wire."""

from enum import StrEnum
from typing import Self


class WireEnum(StrEnum):
    """A vocabulary that is read without regard to case and written in one spelling."""

    __hash__ = str.__hash__  # enum's own is a Python function, and states are looked up at every turn

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the member spelled `text` in any case.

        Raises:
            ValueError: no member has that name; the text lists those that exist.
        """
        member = cls.__members__.get(text)
        if member is None:
            folded = text.casefold()
            for candidate in cls:
                if candidate.value.casefold() == folded:
                    return candidate
            raise ValueError(f"{text[:40]!r} is not one of {', '.join(cls)}")
        return member


class AgentState(WireEnum):
    """Whether the agent wants contacts."""

    Ready = "Ready"
    NotReady = "NotReady"
    PendingNotReady = "PendingNotReady"


class CallState(WireEnum):
    """What the agent is doing with a contact."""

    NoState = "NoState"
    Idle = "Idle"
    Preview = "Preview"
    Callback = "Callback"
    Dialing = "Dialing"
    Talking = "Talking"
    Held = "Held"
    Consult = "Consult"
    ConferenceOwner = "ConferenceOwner"
    ConferencePassive = "ConferencePassive"
    Wrapup = "Wrapup"


class NailupStatus(WireEnum):
    """The state of the permanent line to the agent's phone."""

    NotNailedUp = "NotNailedUp"
    PendingNailUp = "PendingNailUp"
    NailedUp = "NailedUp"
    PendingNailUpDrop = "PendingNailUpDrop"
    NailingLost = "NailingLost"


class ContactType(WireEnum):
    """How a contact reaches the agent."""

    Predictive = "Predictive"
    Progressive = "Progressive"
    Preview = "Preview"
    Callback = "Callback"


class PacingType(WireEnum):
    """How a campaign task dials."""

    Predictive = "Predictive"
    Progressive = "Progressive"
    PreviewTimed = "PreviewTimed"
    PreviewUntimed = "PreviewUntimed"


class DestinationType(WireEnum):
    """Who can be consulted."""

    Agent = "Agent"
    External = "External"


class CallbackType(WireEnum):
    """Who a callback is delivered to."""

    Standard = "Standard"
    Agent = "Agent"
    Campaign = "Campaign"


class AttributeType(WireEnum):
    """What a desktop may do with a customer attribute."""

    READ_ONLY = "READ_ONLY"
    WRITE = "WRITE"
    SCREEN_POP = "SCREEN_POP"
    MASKED_WRITE = "MASKED_WRITE"


class DialFailReason(WireEnum):
    """Why a dialled number was not connected to a person."""

    Busy = "Busy"
    NoAnswer = "NoAnswer"
    Rejected = "Rejected"
    InvalidNumber = "InvalidNumber"
    Congestion = "Congestion"
    DncBlocked = "DncBlocked"
    OutsideCallingHours = "OutsideCallingHours"
    AnswerMachine = "AnswerMachine"
    TelephonyDown = "TelephonyDown"


class ErrorType(WireEnum):
    """How grave a result code is."""

    Info = "Info"
    Warning = "Warning"
    Error = "Error"
