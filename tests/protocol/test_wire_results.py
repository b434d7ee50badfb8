"""Result codes: the numbers of the contract, each with a text of its own."""

import pytest

from protocol.enums import ErrorType
from protocol.results import GENERAL_CODES, LIBRARY_CODES, ResultCode

NUMBERS = """
0 1 2 3 5 6 7 8 9 10 11 12 13 15 16 17 61 62 63 64 81 101 102 103 121 122 123 141 142 143 144 181 182 183
184 201 202 221 222 223 241 242 261 281 301 302 303 321 341 342 343 361 362 382 383 401 402 421 441 461 481
482 483 484 485 486 487 488 501 502 541 561 562 563 581 601 621 622 623 624 641 642 1001 9001 9002 9003 9004
9005 9006 9007 9008 9009 9010 9011 9012 9050 9996 9997 9998 9999
"""


def test_codes_are_those_of_the_contract() -> None:
    assert [int(code) for code in ResultCode] == [int(number) for number in NUMBERS.split()]


@pytest.mark.parametrize("code", list(ResultCode))
def test_code_has_a_text_for_a_person(code: ResultCode) -> None:
    assert code.text[0].isupper()
    assert code.text.endswith(".")
    assert code.text == code.text.strip()
    assert "\n" not in code.text
    assert type(code.severity) is ErrorType


def test_texts_are_one_of_each_but_for_the_callback_type() -> None:
    texts = [code.text for code in ResultCode]
    same = {code for code in ResultCode if texts.count(code.text) > 1}

    assert same <= {ResultCode.CALLBACK_TYPE_INVALID, ResultCode.CALLBACK_BAD_TYPE}


def test_success_alone_is_falsy_and_library_codes_are_the_last_four() -> None:
    assert [code for code in ResultCode if not code] == [ResultCode.SUCCESS]
    assert {int(code) for code in LIBRARY_CODES} == {9996, 9997, 9998, 9999}
    assert not LIBRARY_CODES & GENERAL_CODES
