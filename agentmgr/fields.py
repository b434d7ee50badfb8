"""Settings as fields of classes: what each may be and what it is about, said where the value is used."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from attrs import AttrsInstance, evolve, field, fields, frozen

from agentmgr.text import fault_of

T = TypeVar("T", bound=AttrsInstance)
Value = bool | int | float | str | tuple[str, ...] | None


@frozen
class Allowed:
    """What a setting may be: a test, and the same in words; `choices` are all values there are, if few."""

    words: str
    test: Callable[[Any], bool]
    convert: Callable[[Any], Value]
    choices: tuple[str, ...] = ()


def whole_number(low: int, high: int) -> Allowed:
    """Allow integers from `low` to `high`, both included."""
    return Allowed(
        f"a whole number from {low} to {high}", lambda v: type(v) is int and low <= v <= high, lambda v: v
    )


def number(low: float, high: float) -> Allowed:
    """Allow numbers from `low` to `high`, both included."""
    return Allowed(
        f"a number from {low:g} to {high:g}", lambda v: type(v) in (int, float) and low <= v <= high, float
    )


def text(words: str = "a text, not empty, without control characters") -> Allowed:
    """Allow any string but the empty one; no control characters."""
    return Allowed(words, lambda v: type(v) is str and bool(v.strip()) and not fault_of(v), lambda v: v)


def one_of(*choices: str) -> Allowed:
    """Allow one of a few words."""
    words = "one of " + ", ".join(f'"{c}"' for c in choices)
    return Allowed(words, lambda v: v in choices, lambda v: v, choices)


def yes_or_no() -> Allowed:
    """Allow true and false."""
    return Allowed("true or false", lambda v: type(v) is bool, lambda v: v)


def any_text() -> Allowed:
    """Allow any string without control characters."""
    return Allowed(
        "a text without control characters", lambda v: type(v) is str and not fault_of(v), lambda v: v
    )


def out_of_range(settings: Any) -> Iterator[str]:
    """Yield a line for each setting of an object that is not what is allowed."""
    for each in fields(type(settings)):
        allowed: Allowed | None = each.metadata.get("allowed")
        value = getattr(settings, each.name)
        if allowed is not None and not allowed.test(value):
            yield f"{each.name} is {value}; allowed: {allowed.words}"


def settled(settings: T) -> T:
    """Return an object whose settings are all allowed with each as it is kept."""
    kept = {
        each.name: each.metadata["allowed"].convert(getattr(settings, each.name))
        for each in fields(type(settings))
        if "allowed" in each.metadata
    }
    return evolve(settings, **kept)  # type: ignore[misc]  # mypy looks for one class, not a bound


SECONDS = number(0.05, 86_400)
NO_OR_SOME_SECONDS = number(0, 86_400)
SHARE = number(0, 1)
SIGMA = number(0, 5)
PORT = whole_number(0, 65_535)


def setting(default: Value, allowed: Allowed, about: str, **more: Any) -> Any:
    """Declare a setting: its default, what is allowed, a sentence about it, and other metadata by name."""
    return field(default=default, metadata={"allowed": allowed, "about": about, **more})
