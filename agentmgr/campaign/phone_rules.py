"""Patterns of telephone numbers that are refused, and those that the numbers of a country must have.

A country's pattern is about the digits without the country code, one of all countries about all digits. It
has to fit the whole of them. The patterns are those of RE2, which reads a number in one pass, whatever is
asked.
"""

from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]  # it has none
from attrs import field, frozen

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.numbers import DialableNumber, parse_country
from agentmgr.ports import PhoneRule, RuleKind

MAX_PATTERN_CHARACTERS = 200
MAX_PATTERN_BYTES = 1 << 16
"""So much may a pattern take once it is compiled."""
MAX_RULES = 1000


@frozen
class _Compiled:
    country: str
    pattern: str
    regex: Any = field(eq=False)


@frozen
class PhoneRules:
    """All rules, compiled: what they say of a number."""

    _reject: tuple[_Compiled, ...] = ()
    _format: tuple[_Compiled, ...] = ()

    def rejects(self, number: DialableNumber) -> str:
        """Return why a number is refused by a reject pattern; empty if it is not."""
        for rule in self._reject:
            if rule.country in ("", number.region) and rule.regex.fullmatch(_digits(number, rule.country)):
                return f"is refused by the reject pattern {rule.pattern} of {rule.country or 'all countries'}"
        return ""

    def misses_format(self, number: DialableNumber) -> str:
        """Return why a number has no form that its country's rules allow; empty if it has, or there are none.

        A country without rules of its own has those of all.
        """
        own = [rule for rule in self._format if rule.country == number.region]
        rules = own or [rule for rule in self._format if not rule.country]
        if not rules or any(rule.regex.fullmatch(_digits(number, rule.country)) for rule in rules):
            return ""
        allowed = " or ".join(rule.pattern for rule in rules[:3])
        return f"has none of the forms that numbers of {number.region} must have: {allowed}"


NO_RULES = PhoneRules()


def _digits(number: DialableNumber, country: str) -> str:
    digits = number.e164.removeprefix("+")
    return digits.removeprefix(str(number.calling_code)) if country else digits


@lru_cache(maxsize=4)
def compiled(rules: tuple[PhoneRule, ...]) -> PhoneRules:
    """Return rules as they are applied; those that were compiled before are not compiled again."""
    by_kind: dict[RuleKind, list[_Compiled]] = {kind: [] for kind in RuleKind}
    for rule in rules:
        by_kind[rule.kind].append(_Compiled(rule.country, rule.pattern, _compile(rule.pattern)))
    return PhoneRules(tuple(by_kind[RuleKind.REJECT]), tuple(by_kind[RuleKind.FORMAT]))


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.max_mem = MAX_PATTERN_BYTES
    options.log_errors = False
    options.never_capture = True
    return re2.compile(pattern, options=options)


class PhoneRuleService(Service):
    """The rules, which hold for everybody: who belongs to an organisation does not change them."""

    def all(self) -> tuple[PhoneRule, ...]:
        """Return all rules by their ids."""
        return self._at.store.phone_rules()

    def add(self, kind: str, pattern: str, country: str = "") -> PhoneRule:
        """Add a rule; it holds from the next number on that is checked.

        Args:
            kind: `reject` or `format`.
            pattern: what the whole of the digits has to fit.
            country: calling code or ISO region of the numbers that it is about; those of all if empty.

        Raises:
            ServiceError: it is no rule, or there already.
        """
        self.check_global("to change the rules for telephone numbers")
        if kind not in list(RuleKind):
            raise ServiceError(
                Cause.BAD_VALUE, f"kind of rule {kind[:50]!r}: allowed are {', '.join(RuleKind)}"
            )
        try:
            region = parse_country(country) if country else ""
        except ValueError as error:
            raise ServiceError(Cause.BAD_VALUE, f"country {country[:50]!r}: {error}") from None
        _check_pattern(pattern)
        there = self._at.store.phone_rules()
        if len(there) >= MAX_RULES:
            raise ServiceError(Cause.BAD_VALUE, f"there are {len(there)} rules; allowed are {MAX_RULES}")
        rule = self._at.store.add_phone_rule(RuleKind(kind), region, pattern)
        if rule is None:
            raise ServiceError(Cause.EXISTS, f"{kind} pattern {pattern}: there is one already")
        return rule

    def remove(self, rule_id: int) -> None:
        """Take a rule away.

        Raises:
            ServiceError: there is none of that id.
        """
        self.check_global("to change the rules for telephone numbers")
        if not self._at.store.remove_phone_rule(rule_id):
            raise ServiceError(Cause.BAD_VALUE, f"no rule {rule_id}; agentmgr phone-rules list has all")


def _check_pattern(pattern: str) -> None:
    if not 1 <= len(pattern) <= MAX_PATTERN_CHARACTERS or not pattern.isprintable():
        raise ServiceError(
            Cause.BAD_VALUE,
            f"pattern {pattern[:50]!r}: a pattern has 1 to {MAX_PATTERN_CHARACTERS} characters, none"
            " of them a control character",
        )
    try:
        _compile(pattern)
    except re2.error as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ServiceError(
            Cause.BAD_VALUE,
            f"pattern {pattern}: {why}; a pattern is one of RE2, such as 900.* or [2-9]\\d{{9}}",
        ) from None
