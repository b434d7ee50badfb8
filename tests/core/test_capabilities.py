"""The capability matrix of the core against the contract's in the conformance suite, cell by cell."""

import attrs
import pytest

from agentmgr.conformance import matrix as contract
from agentmgr.core.capabilities import Row, capabilities
from protocol.enums import AgentState
from protocol.structures import Capabilities

CELLS = [(row, state) for row in contract.Row for state in AgentState]


@pytest.mark.parametrize(("row", "state"), CELLS, ids=lambda value: value.name)
def test_row_of_the_matrix_is_that_of_the_contract(row, state):
    assert capabilities(Row[row.name], state) == contract.vector(row, state)


def test_contract_and_core_have_the_same_rows():
    assert [row.name for row in contract.Row] == [row.name for row in Row]


def test_columns_of_the_contract_are_the_fields_of_the_structure():
    assert list(contract.COLUMNS.values()) == [field.name for field in attrs.fields(Capabilities)]


def test_record_is_never_promised():
    assert not any(capabilities(row, state).record for row in Row for state in AgentState)


def test_same_row_gives_the_same_object_so_that_a_change_is_told_by_identity():
    for row in Row:
        for state in AgentState:
            assert capabilities(row, state) is capabilities(row, state)
