"""Whom a simulated agent asks for help, and which callback it promises its customer."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from attrs import define

from agentmgr.desk.params import DeskParams
from protocol.commands import AGTCreateCallback, AGTGetCallbackTypesRESP, AGTGetConsultTypesRESP
from protocol.enums import CallbackType, DestinationType
from protocol.structures import CallbackDest, ContactNumber, Destination


@define(eq=False)
class CallbackPlan:
    """A callback that is being asked for; due `after_s` after it is created, `dest` once it is known."""

    callback_type: CallbackType
    after_s: float
    expiry_min: int
    dest: CallbackDest | None = None

    def to_command(self, number: ContactNumber, session_id: str, now: float) -> AGTCreateCallback:
        """Return the command; its time is cut to the minute, the customer's zone is that of the number."""
        due = datetime.fromtimestamp(now + self.after_s, UTC)
        return AGTCreateCallback(
            self.callback_type,
            due.strftime("%Y/%m/%d %H:%M"),
            self.expiry_min,
            number,
            session_id,
            self.dest,
            "",
            "Asked to be called back.",
        )


def choose_type(response: AGTGetConsultTypesRESP, params: DeskParams, draw: Random) -> DestinationType:
    """Choose whether to ask a colleague or somebody outside."""
    outside = DestinationType.External
    if outside in response.destination_types and draw.random() < params.consult_external:
        return outside
    return DestinationType.Agent


def choose_destination(destinations: Sequence[Destination], draw: Random) -> Destination | None:
    """Choose one of those who may be asked; None if there is nobody."""
    return draw.choice(destinations) if destinations else None


def plan_callback(response: AGTGetCallbackTypesRESP, params: DeskParams, draw: Random) -> CallbackPlan | None:
    """Choose kind and time of a callback; None if the campaign has none."""
    if not response.callback_types:
        return None
    after_s = draw.uniform(params.callback_min_s, params.callback_max_s)
    return CallbackPlan(draw.choice(response.callback_types), after_s, response.default_expiry_time)
