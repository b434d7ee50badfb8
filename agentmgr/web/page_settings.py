"""What is configured of the agent's desktop in a browser."""

from attrs import frozen

from agentmgr.fields import Allowed, setting, whole_number
from agentmgr.text import fault_of

REASON_CHARACTERS = 64


@frozen
class Reason:
    """Why an agent is on a break: the AUX code that is counted by, and its name for people."""

    code: str
    name: str


def reasons(text: str) -> tuple[Reason, ...]:
    """Return the reasons of a text: code and name of each, with commas between.

    Raises:
        ValueError: one lacks its name, is too long, or has the code of another.
    """
    found = tuple(Reason(*each.split(maxsplit=1)) for each in map(_whole, text.split(",")) if each)
    if len({each.code for each in found}) < len(found):
        raise ValueError("a code is there twice")
    return found


def _whole(text: str) -> str:
    text = text.strip()
    if text and (len(text.split(maxsplit=1)) != 2 or len(text) > REASON_CHARACTERS or fault_of(text)):
        raise ValueError(f"{text} is no code with a name")
    return text


def _are_reasons(value: object) -> bool:
    try:
        return type(value) is str and reasons(value) is not None
    except ValueError:
        return False


def _is_reason(value: object) -> bool:
    return type(value) is str and _are_reasons(value) and len(reasons(value)) == 1


@frozen
class BrowserSettings:
    """The agent's desktop in a browser, /desktop at the HTTP port."""

    breaks: str = setting(
        "1 Break, 2 Lunch, 3 Paperwork, 4 Coaching",
        Allowed('codes with their names, such as "1 Break, 2 Lunch"; "" for none', _are_reasons, lambda v: v),
        "Reasons that agents give for breaks. These four names are shown in the agent's language, others as"
        " they are.",
    )
    away: str = setting(
        "9 Away",
        Allowed('a code with its name, such as "9 Away"', _is_reason, lambda v: v),
        "The reason of a break into which the desktop sends an agent whom it takes for gone.",
    )
    away_after: int = setting(
        2,
        whole_number(0, 1000),
        "After how many contacts in a row without a key or a click at the desktop that is; 0: never.",
    )
