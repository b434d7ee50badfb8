"""The capability matrix against the contract's table, cell by cell."""

import attrs
import pytest
from matrix import COLUMNS, MATRIX, shorts, vector

from agentmgr.core.capabilities import Row, capabilities
from protocol.enums import AgentState
from protocol.structures import Capabilities


@pytest.mark.parametrize(("row", "state"), MATRIX, ids=lambda value: getattr(value, "value", value))
def test_row_of_the_matrix_is_that_of_the_contract(row, state):
    got = capabilities(Row[row], state)
    assert shorts(got) == shorts(vector(row, state))
    assert got == vector(row, state)


def test_contract_and_core_have_the_same_rows():
    assert {row for row, _ in MATRIX} == {row.name for row in Row}


def test_columns_are_the_fields_of_the_structure():
    assert list(COLUMNS.values()) == [field.name for field in attrs.fields(Capabilities)]


def test_record_is_never_promised():
    assert not any(capabilities(row, state).record for row in Row for state in AgentState)


def test_same_row_gives_the_same_object_so_that_a_change_is_told_by_identity():
    for row in Row:
        for state in AgentState:
            assert capabilities(row, state) is capabilities(row, state)
