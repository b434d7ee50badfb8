"""Sizes reckoned without encoding are those that encoding gives; lists are cut to what fits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.testing import strategies as wire
from protocol.codec import encode_args, pack
from protocol.commands import AGTRefreshAgentNotesRESP
from protocol.connection import MAX_AGENT_ID_CHARACTERS, response_bytes
from protocol.registry import MAX_LIST_ITEMS, MAX_VALUE_BYTES
from protocol.results import ResultCode
from protocol.sizes import packed_size, whole_entries

EDGES = [
    edge + step
    for power in (5, 7, 8, 15, 16, 31, 32, 53)
    for edge in (2**power, -(2**power))
    for step in (-1, 0, 1)
]


@given(message=wire.commands() | wire.responses() | wire.notifications())
def test_packed_size_of_a_message_is_the_length_of_its_encoding(message: Any) -> None:
    assert packed_size(message) == len(pack(encode_args(message)))


@given(value=wire.trees())
def test_packed_size_of_a_value_is_the_length_of_its_encoding(value: Any) -> None:
    assert packed_size(value) == len(pack(value))


@pytest.mark.parametrize("number", EDGES)
def test_packed_size_of_an_integer_at_an_edge_is_the_length_of_its_encoding(number: int) -> None:
    assert packed_size(number) == len(pack(number))


@pytest.mark.parametrize("length", [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536])
def test_packed_size_of_a_long_value_is_the_length_of_its_encoding(length: int) -> None:
    for value in ("x" * length, list(range(length)), {str(i): i for i in range(length)}):
        assert packed_size(value) == len(pack(value))


@given(notes=st.lists(st.text(max_size=3000), max_size=30))
def test_entries_that_are_kept_fit_a_frame_and_are_the_first(notes: list[str]) -> None:
    kept = whole_entries(notes)
    response = AGTRefreshAgentNotesRESP(ResultCode.SUCCESS, "s" * 36, kept)

    assert list(kept) == notes[: len(kept)]
    response_bytes(2**53 - 1, "\U0001f600" * MAX_AGENT_ID_CHARACTERS, response)
    if len(kept) < len(notes):
        assert packed_size(notes[: len(kept) + 1]) > MAX_VALUE_BYTES - 500


def test_entries_are_no_more_than_a_list_may_have() -> None:
    assert len(whole_entries(["x"] * 5000)) == MAX_LIST_ITEMS


def test_entries_up_to_a_limit_of_bytes_are_kept() -> None:
    assert whole_entries(["a" * 9, "b" * 9, "c" * 9], limit_bytes=25) == ("a" * 9, "b" * 9)
    assert whole_entries(["a" * 30, "b"], limit_bytes=25) == ()
