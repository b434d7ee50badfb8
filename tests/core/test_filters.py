"""Filters of campaigns: what is one, what it means, and what is said of one that is none."""

import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.core.filters import (
    All,
    Comparison,
    Either,
    FilterError,
    Not,
    Operator,
    check,
    comparisons_of,
    holds,
    parse,
)
from agentmgr.core.model import AttributeSpec

SPECS = [
    AttributeSpec("Balance", "float"),
    AttributeSpec("Visits", "integer"),
    AttributeSpec("Member", "boolean"),
    AttributeSpec("Due", "date"),
    AttributeSpec("Language"),
    AttributeSpec("Last offer"),
    AttributeSpec("PhoneNumber1", "phone"),
]


def test_filter_binds_not_before_and_before_or() -> None:
    places = (("A", 4), ("B", 15), ("C", 24))
    a, b, c = (Comparison(name, Operator.EQUAL, (Decimal(1),), at) for name, at in places)
    assert parse("not A = 1 and  B = 1 or C = 1") == Either((All((Not(a), b)), c))
    assert parse("NOT(A = 1 AND  B = 1 OR C = 1)") == Not(Either((All((a, b)), c)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A = 'it''s'", Comparison("A", Operator.EQUAL, ("it's",), 0)),
        ('A <> "x"', Not(Comparison("A", Operator.EQUAL, ("x",), 0))),
        ("A in (1, -2.50)", Comparison("A", Operator.EQUAL, (Decimal(1), Decimal("-2.50")), 0)),
        ("A not in ('x')", Not(Comparison("A", Operator.EQUAL, ("x",), 0))),
        ("A is empty", Not(Comparison("A", Operator.FILLED, (), 0))),
        ("[in or out] is not empty", Comparison("in or out", Operator.FILLED, (), 0)),
        ("A = TRUE", Comparison("A", Operator.EQUAL, (True,), 0)),
        ("A starts with '+44'", Comparison("A", Operator.STARTS, ("+44",), 0)),
        (" \t", None),
    ],
)
def test_filter_is_read(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Balance > 100 and Language in ('en', 'fr') and not (Due < '2027-01-01' or [Last offer] is empty)",
        "Member = true and Visits >= 3",
        "PhoneNumber1 starts with '+44' or Language contains 'e'",
    ],
)
def test_filter_that_fits_the_attributes_is_taken(text: str) -> None:
    check(text, SPECS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Balance > ", "character 11: ends too early; expected a number, a text in quotes, true or false"),
        ("Balance == 2", "character 10: found '= 2'"),
        ("Balance > 1 Visits", "character 13: found 'Visits'; expected and, or, the end"),
        ("(Balance > 1", "character 13: ends too early; expected )"),
        ("Balance > 1; DROP TABLE contact", "character 12: found '; DROP TABLE contact'"),
        ("Language = 'en", 'character 12: found "\'en"'),
        ("Visits = 1 and balance > 1", "character 16: no attribute 'balance'; there are Balance, Due"),
        (
            "Balance > '100'",
            "character 1: Balance is of type float, and compared with '100'; allowed is",
        ),
        ("Language = 3", "compared with '3'; allowed is a text"),
        ("Language < 'en'", "which < does not compare; allowed: =, contains, in, is not empty, starts with"),
        ("Due > '31.12.2026'", "allowed is a date such as '2026-12-31'"),
        ("Due > '20261231'", "allowed is a date such as '2026-12-31'"),
        ("Member > true", "which > does not compare"),
        ("Language = ''", "or is empty"),
        ("Language = 'a\x00'", "has U+0000"),
        ("Balance = 1" + " or Balance = 1" * 50, "has 51 comparisons; allowed are 50"),
        ("not " * 30 + "Balance = 1", "nested 30 levels deep; allowed are 20"),
        ("not " * 450 + "Balance = 1", "nested"),
        ("(" * 800 + "Balance = 1", "ends too early"),
        ("Balance = 1 or " * 200, "characters; allowed are 2000"),
    ],
)
def test_filter_that_is_none_says_where_and_what_would_be(text: str, said: str) -> None:
    with pytest.raises(FilterError) as caught:
        check(text, SPECS)
    assert said in str(caught.value)


@given(st.text(st.sampled_from("()[]'\"=<>!, \n\tandornotisempty123.-AÄ\x00"), max_size=60))
def test_any_text_is_a_filter_or_says_why_not(text: str) -> None:
    found = None
    with suppress(FilterError):
        found = parse(text)
    assert found is None or all(each.attribute for each in comparisons_of(found))


def test_filter_in_the_documentation_is_one() -> None:
    document = Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md"
    (written,) = re.findall(r'^ *filter = "(.*)"$', document.read_text(encoding="utf-8"), re.MULTILINE)
    check(written, SPECS)
    assert len(list(comparisons_of(parse(written) or All(())))) == 4


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("Sold >= 3", True),
        ("Sold > 3", False),
        ("Sold = 3.0", True),
        ("Sold < 3 or Lost <= 0", True),
        ("not (Sold in (1, 2)) and Sold is not empty", True),
        ("Sold in (1, 3)", True),
        ("Other < 5", False),
        ("Other is empty", True),
        ("Lost is empty", False),
        ("Sold != 3", False),
    ],
)
def test_expression_over_numbers_holds_or_does_not(text: str, is_so: bool) -> None:
    expression = parse(text)
    assert expression is not None
    assert holds(expression, {"Sold": 3.0, "Lost": -0.5}) is is_so
