"""Effects as lines of text, so that a playbook reads like a sequence of the API.

`A ! name ...` is a notification to agent A, `A < name result ...` a RESP, `switch: ...` an order to the
switch, `store: ...` a record, `supervisor: ...` what came of a wish, `closed: ...` the end of a connection.
Two abbreviations:
`A ! state X` is AGTCallStateChangedNotify(X) followed at once by AGTCapabilitiesChanged, `A ! caps ...`
is AGTCapabilitiesChanged alone with the names of what is true. Timers, questions and resume tokens are not
shown.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from functools import singledispatch
from typing import Any

import attrs

from agentmgr.core import effects
from protocol.notifications import AGTCallStateChangedNotify, AGTCapabilitiesChanged
from protocol.structures import Capabilities, Contact, SocketInfo, WrapupDetails

_UNSHOWN_FIELDS = frozenset(
    {"at", "job_id", "dialed_at", "dialed", "reached_at", "phone", "left_out", "answers_again", "check"}
)
_UNNAMED_NUMBERS = (effects.StartAttempt, effects.MarkDialed)
_LOGGED_ON_WITH = frozenset({"extension", "skills", "place"})
_TOKENS = (effects.SaveResumeToken, effects.DropResumeToken)
_AGT = len("AGT")


def lines(text: str) -> list[str]:
    """Return the lines of an expected transcript, indentation and empty lines left out."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def transcript(all_effects: Iterable[effects.Effect], now: float) -> list[str]:
    """Return the effects as lines; a time is shown as its distance from `now` in seconds."""
    shown: list[str] = []
    last_call_state: tuple[str, str] | None = None
    for effect in all_effects:
        if isinstance(effect, effects.Notify):
            line = _notification(
                effect, last_call_state is not None and last_call_state[0] == effect.agent_id
            )
            if line.startswith("= ") and last_call_state is not None:
                shown[-1] = f"{effect.agent_id} ! state {last_call_state[1]}"
                last_call_state = None
                continue
            shown.append(line)
            last_call_state = None
            if isinstance(effect.notification, AGTCallStateChangedNotify):
                last_call_state = effect.agent_id, effect.notification.call_state.value
            continue
        line = _other(effect, now)
        if line:
            shown.append(line)
            last_call_state = None
    return shown


def _notification(effect: effects.Notify, follows_call_state: bool) -> str:
    who, notification = effect.agent_id or "-", effect.notification
    if isinstance(notification, AGTCapabilitiesChanged):
        return "= " if follows_call_state else f"{who} ! caps {value_text(notification.capabilities)}"
    if isinstance(notification, AGTCallStateChangedNotify):
        return f"{who} ! call {notification.call_state.value}"
    return " ".join((who, "!", _name(notification), *_values(notification)))


def _other(effect: effects.Effect, now: float) -> str:
    if isinstance(effect, effects.Respond):
        response = effect.response
        name = _name(response).removesuffix("RESP")
        result, *rest = _values(response)
        return " ".join((effect.agent_id or "-", "<", name, result, *rest))
    if isinstance(effect, effects.Remark):
        return " ".join(("log:", effect.event, effect.agent_id, *(f"{k}={v}" for k, v in effect.fields if v)))
    if isinstance(effect, effects.SupervisorAnswered):
        return f"supervisor: {effect.outcome.value}"
    if isinstance(effect, effects.Tone):
        return ""  # nothing rests on one; `Stage.tones` has who hears them
    if isinstance(effect, effects.TELEPHONY_ORDERS):
        return " ".join(("switch:", type(effect).__name__, *_values(effect)))
    if isinstance(effect, effects.RECORDS) and not isinstance(effect, _TOKENS):
        return " ".join(("store:", type(effect).__name__, *_values(effect, now)))
    return ""


def _name(message: Any) -> str:
    name = type(message).__name__
    return name[_AGT:] if name.startswith("AGT") else name


def _values(message: Any, now: float = 0.0) -> list[str]:
    shown = []
    for field in attrs.fields(type(message)):
        value = getattr(message, field.name)
        if field.name == "number_name" and isinstance(message, _UNNAMED_NUMBERS):
            continue
        if isinstance(message, effects.SaveAgent) and field.name in _LOGGED_ON_WITH:
            continue
        if field.name in _UNSHOWN_FIELDS or not field.repr or value is None or value == field.default:
            continue
        shown.append(f"{value - now:+g}s" if field.name == "due_at" else value_text(value))
    return shown


@singledispatch
def value_text(value: Any) -> str:
    """Return a value as short as a reader can bear; to be registered for more structures."""
    if attrs.has(type(value)):
        return f"{type(value).__name__}({' '.join(_values(value))})"
    return str(value)


def _register(cls: type[Any]) -> Callable[[Callable[[Any], str]], Callable[[Any], str]]:
    return value_text.register(cls)


@_register(Enum)
def _enum(value: Enum) -> str:
    return str(value.value)


@_register(tuple)
def _tuple(values: tuple[Any, ...]) -> str:
    return f"[{' '.join(value_text(value) for value in values)}]"


@_register(dict)
def _dict(values: dict[str, Any]) -> str:
    return f"{{{' '.join(f'{key}={value_text(value)}' for key, value in values.items())}}}"


@_register(SocketInfo)
def _socket(info: SocketInfo) -> str:
    return f"{info.ip_address}:{info.port}"


@_register(float)
def _float(value: float) -> str:
    return f"{value:g}"


@_register(Capabilities)
def _capabilities(capabilities: Capabilities) -> str:
    return " ".join(field.name for field in attrs.fields(Capabilities) if getattr(capabilities, field.name))


@_register(WrapupDetails)
def _wrapup(details: WrapupDetails) -> str:
    more = "+" if details.acw_extendable else ""
    return f"wrapup({details.acw_max_time}s{more} {details.default_comp_code.code_value})"


@_register(Contact)
def _contact(contact: Contact) -> str:
    timed = f" {contact.timeout}s" if contact.timed else ""
    return f"{contact.contact_type.value}({contact.contact_id} {contact.default_number}{timed})"
