"""The lists of a campaign that are kept ready: what they hold, and whom an address book lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import a_campaign

from agentmgr.core.campaign_lists import CampaignLists
from agentmgr.core.model import CompletionCodeSpec, ExternalDestination
from agentmgr.core.numbers import read_number
from protocol.enums import DestinationType
from protocol.registry import MAX_LIST_ITEMS
from protocol.structures import Attribute, CompletionCode, Destination

WRITTEN = [
    "+49 30 2221234",
    "030/2221234",
    "0 30 - 222 1234",
    "+1 800 FLOWERS",
    "1-800-356-9377",
    "4711",
    "12",
    "x",
]
NUMBERS = st.sampled_from(
    [*WRITTEN, "+442079460123", "020 7946 0123", "+4930222123456", "٠٣٠٢٢٢١٢٣٤", "+290 22158"]
)


def read(text: str) -> str | None:
    try:
        return read_number(text, "DE").e164
    except ValueError:
        return None


def lists(*numbers: str) -> CampaignLists:
    book = tuple(ExternalDestination(f"Entry {n}", number) for n, number in enumerate(numbers))
    return CampaignLists(a_campaign(address_book=book))


@given(st.lists(NUMBERS, max_size=6), NUMBERS)
def test_number_is_listed_exactly_if_an_entry_reads_or_is_written_as_it(book: list[str], typed: str) -> None:
    number = read(typed)
    alike = [each for each in book if each == typed or (number is not None and read(each) == number)]

    found = lists(*book).listed(typed, number, read)

    assert found is None if not alike else found in alike


def test_few_entries_of_a_long_book_are_read() -> None:
    reads: list[str] = []
    book = lists(*(f"+49 30 222{n:04}" for n in range(1000)))

    found = book.listed("030 2220042", read("030 2220042"), lambda text: reads.append(text) or read(text))

    assert (found, reads) == ("+49 30 2220042", ["+49 30 2220042"])


def test_lists_are_cut_to_a_frame_and_made_once() -> None:
    codes = tuple(CompletionCodeSpec(n, f"Code {n}") for n in range(1, 3000))
    made = CampaignLists(a_campaign(completion_codes=codes))

    assert 100 < len(made.completion_codes) <= MAX_LIST_ITEMS
    assert made.completion_codes[0] == CompletionCode(1, "Code 1")
    assert made.completion_codes is made.completion_codes


def test_lists_tell_attributes_without_values_and_the_book_with_names() -> None:
    made = lists("4711")

    assert made.address_book == (Destination(DestinationType.External, "4711", "Entry 0"),)
    specs = a_campaign().attributes
    assert made.attributes == tuple(
        Attribute(each.name, attribute_type=each.attribute_type) for each in specs
    )


@pytest.mark.parametrize("typed", ["", "nobody", "+49"])
def test_what_is_no_number_is_not_listed(typed: str) -> None:
    assert lists("4711", "+49 30 2221234").listed(typed, None, read) is None
