"""Rules for telephone numbers: what is one, which numbers it is about, and that none takes long."""

import time

import pytest
from callers import services

from agentmgr.campaign.phone_rules import compiled
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.core.numbers import read_number
from agentmgr.ports import PhoneRule, RuleKind
from agentmgr.store import SqlStore

LONDON, BERLIN, NEW_YORK = map(read_number, ("+442079460018", "+4930123456", "+12125550120"))


def rules(*patterns: tuple[str, str, str]) -> tuple[PhoneRule, ...]:
    return tuple(
        PhoneRule(at, RuleKind(kind), country, pattern)
        for at, (kind, country, pattern) in enumerate(patterns)
    )


def test_reject_pattern_is_about_the_numbers_of_its_country_or_of_all() -> None:
    found = compiled(rules(("reject", "GB", "20.*"), ("reject", "", "4930.*")))
    assert "reject pattern 20.* of GB" in found.rejects(LONDON)
    assert "reject pattern 4930.* of all countries" in found.rejects(BERLIN)
    assert found.rejects(NEW_YORK) == ""
    assert compiled(rules(("reject", "GB", "20"))).rejects(LONDON) == ""


def test_format_of_a_country_stands_for_that_of_all() -> None:
    found = compiled(rules(("format", "GB", r"20\d{8}"), ("format", "", r"49\d+")))
    assert [found.misses_format(each) == "" for each in (LONDON, BERLIN, NEW_YORK)] == [True, True, False]
    assert compiled(rules(("format", "GB", "7.*"))).misses_format(NEW_YORK) == ""
    assert "7.* or 8.*" in compiled(rules(("format", "GB", "7.*"), ("format", "GB", "8.*"))).misses_format(
        LONDON
    )


def test_rules_are_added_once_listed_and_removed(store: SqlStore) -> None:
    at = services(store).phone_rules
    added = at.add("reject", "900.*", "+1")
    assert (added.kind, added.country, added.pattern) == (RuleKind.REJECT, "US", "900.*")
    assert at.all() == (added,)
    with pytest.raises(ServiceError, match="there is one already"):
        at.add("reject", "900.*", "US")
    at.remove(added.rule_id)
    assert at.all() == ()
    with pytest.raises(ServiceError, match="no rule 1"):
        at.remove(added.rule_id)


@pytest.mark.parametrize(
    ("kind", "pattern", "country", "said"),
    [
        ("deny", "900.*", "", "allowed are reject, format"),
        ("reject", "", "", "1 to 200 characters"),
        ("reject", "9" * 201, "", "1 to 200 characters"),
        ("reject", "(900", "", r"missing \)"),
        ("reject", "(?=900)", "", "invalid perl operator"),
        ("reject", "((9{100}){100}){10}", "", "invalid repetition|too large"),
        ("reject", "900.*", "XX", "no such country code"),
    ],
)
def test_what_is_no_rule_is_refused(
    store: SqlStore, kind: str, pattern: str, country: str, said: str
) -> None:
    with pytest.raises(ServiceError, match=said) as caught:
        services(store).phone_rules.add(kind, pattern, country)
    assert caught.value.cause is Cause.BAD_VALUE
    assert services(store).phone_rules.all() == ()


def test_pattern_that_would_try_every_way_takes_no_time(store: SqlStore) -> None:
    at = services(store).phone_rules
    for kind in ("reject", "format"):
        at.add(kind, r"((\d*)*)*x" if kind == "reject" else r"(((\d+)+)+)+y?")
    found = compiled(at.all())
    began = time.process_time()
    for _ in range(1000):
        assert (found.rejects(LONDON), found.misses_format(LONDON)) == ("", "")
    assert time.process_time() - began < 1
