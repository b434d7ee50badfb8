"""Rows on their way to an import: what was read is what arrives, in pieces of bounded size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.admin.feed import MAX_ROW_CHARACTERS, pieces, rows_of
from agentmgr.admin.socket import MAX_PIECE_CHARACTERS, AdminRefused
from agentmgr.campaign.sheet import Row

rows = st.builds(
    Row,
    st.integers(1, 10**9),
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5).map(tuple),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@given(st.lists(rows, max_size=20))
def test_feed_gives_back_every_row(given_rows: list[Row]) -> None:
    assert list(rows_of(pieces(given_rows))) == given_rows


def test_feed_pieces_are_small_however_large_a_row_is() -> None:
    large = [Row(1, ("ü\n" * 300_000, "x")), Row(2, tuple("abc"))]
    cut = list(pieces(large))
    assert max(map(len, cut)) <= MAX_PIECE_CHARACTERS
    assert list(rows_of(cut)) == large


def test_feed_takes_no_more_rows_than_the_next_piece_needs() -> None:
    taken = 0

    def counted() -> object:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield Row(number, ("x" * 100,))

    next(pieces(counted()))  # type: ignore[arg-type]  # a generator of rows
    assert taken < 50


@pytest.mark.parametrize("text", ["{}\n", "[1,[2],''\n", '["1",[],""]\n', '[1,[2],""]\n', '[1,[],""]'])
def test_feed_that_has_no_rows_is_refused(text: str) -> None:
    with pytest.raises(AdminRefused):
        list(rows_of([text]))


def test_feed_row_without_end_is_refused() -> None:
    with pytest.raises(AdminRefused, match="too long"):
        list(rows_of("x" * 1_000_000 for _ in range(MAX_ROW_CHARACTERS)))
