"""What a simulated agent knows about the contact at hand, and how long it may still work on it."""

import math
from collections.abc import Sequence

from attrs import define

from agentmgr.desk.colleagues import CallbackPlan
from protocol.enums import AttributeType, CallState, DestinationType
from protocol.structures import (
    CompletionCode,
    Contact,
    ContactNumber,
    CustomerDetails,
    Destination,
    KeyValuePair,
    WrapupDetails,
)

ASKS_AT = 0.8
"""How much of the time for wrapup is over when an agent who needs more asks for it."""
NEEDS = 1.2
"""How much of that time such an agent needs."""


@define(eq=False)
class Casework:
    """A contact on the desktop, from AGTCallNotify until the agent is free again.

    Times are epoch seconds. `aux` says that the agent wants a break afterwards, `redialled` that it
    dialled the customer again already, `needs_more` that it will not be done in the time for wrapup,
    `default_only` that no other completion code is tried any more. `passive` says that the contact is a
    colleague's; `consult_type` and `destination` are whom the agent wants to ask.
    """

    contact: Contact
    session_id: str
    aux: bool
    passive: bool = False
    consult_type: DestinationType = DestinationType.Agent
    destination: Destination | None = None
    callback: CallbackPlan | None = None
    redialled: bool = False
    details: CustomerDetails | None = None
    codes: tuple[CompletionCode, ...] = ()
    wrapup: WrapupDetails | None = None
    wrapup_since: float = 0.0
    wrapup_wanted_at: float = 0.0
    wrapup_until: float = math.inf
    needs_more: bool = False
    default_only: bool = False

    def follow(self, call_state: CallState) -> None:
        """See from the call state whose contact it is; in Consult it stays what it was."""
        if call_state is CallState.ConferencePassive:
            self.passive = True
        elif call_state not in (CallState.Consult, CallState.NoState, CallState.Idle):
            self.passive = False

    def begin_wrapup(self, now: float, works_s: float, *, needs_more: bool) -> None:
        """The talk is over; the agent works on for `works_s`, or for longer than it is given."""
        self.wrapup_since = now
        self.wrapup_wanted_at = now + works_s
        self.wrapup_until = math.inf
        self.needs_more = needs_more

    def limit_wrapup(self, wrapup: WrapupDetails) -> None:
        """The wrapup that has begun may take this long."""
        self.wrapup = wrapup
        self.wrapup_until = self.wrapup_since + (wrapup.acw_max_time or math.inf)
        if self.needs_more and wrapup.acw_max_time:
            self.wrapup_wanted_at = self.wrapup_since + NEEDS * wrapup.acw_max_time

    def extend_wrapup(self, wrapup: WrapupDetails, now: float) -> None:
        """More time was granted.

        Whether the server counts it from the wrapup's start or from now, it is not overrun: the limit
        is the earlier of what these two mean.
        """
        granted_s = self.wrapup.acw_max_time if self.wrapup is not None else wrapup.acw_max_time
        self.wrapup = wrapup
        self.wrapup_until = min(now + wrapup.acw_max_time, self.wrapup_until + granted_s)

    @property
    def wrap_up_at(self) -> float:
        """When the agent sends a completion code: as it likes, but not after the last moment."""
        return min(self.wrapup_wanted_at, self.wrapup_until)

    def can_choose(self, now: float) -> bool:
        """Tell whether a code of the campaign's list may be sent, and not only the default."""
        return bool(self.codes) and not self.default_only and now < self.wrapup_until

    def default_code(self) -> CompletionCode | None:
        """Return the code that the campaign ends a wrapup with by itself, if it was told."""
        return None if self.wrapup is None else self.wrapup.default_comp_code

    def best_number(self) -> ContactNumber:
        """Return the number that the contact is called at first."""
        numbers: Sequence[ContactNumber] = self.contact.contact_numbers
        for number in numbers:
            if number.is_default or number.number == self.contact.default_number:
                return number
        return numbers[0] if numbers else ContactNumber(number=self.contact.default_number)

    def to_confirm(self) -> KeyValuePair | None:
        """Return an attribute that the agent may write, with the value it reads out to be confirmed."""
        for attribute in self.details.attributes if self.details is not None else ():
            if attribute.attribute_type is AttributeType.WRITE and attribute.value:
                return KeyValuePair(attribute.key, attribute.value)
        return None
