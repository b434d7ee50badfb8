"""The table of the rules that the reference tells, against what the zone answers."""

import pytest
from test_acceptance import ALL_SCENES, agent_a
from test_command_results import EXAMPLES

from agentmgr.core.capabilities import Row
from agentmgr.core.commands import AGENT_RULES
from agentmgr.core.commands.guards import SITUATIONS, refusal_in
from protocol.results import ResultCode

OF_ITS_ARGUMENTS = {ResultCode.BAD_DATA}
NAMES = [name for name in ALL_SCENES if "pending_break" not in name]


def situation_of(agent):
    (found,) = (each for each in SITUATIONS if each.row is agent.row and each.is_nailed is agent.is_nailed)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_command_that_the_table_refuses_is_answered_with_its_code(name):
    situation = situation_of(agent_a(name))
    for command in AGENT_RULES:
        expected = refusal_in(command, situation)
        if expected is None:
            continue
        scene = ALL_SCENES[name]()
        scene.send("A", EXAMPLES[command])
        assert scene.responses[-1].result is expected, command.__name__


def test_situations_are_all_rows_in_which_a_command_meets_an_agent():
    assert {each.row for each in SITUATIONS} == {*Row} - {Row.CONSULT_ASKED}
