"""An agent may touch its own session only: each command that names one, with another agent's."""

import attrs
import pytest
from scenes import SID, preview, talking, wrapup

from protocol.examples import example
from protocol.registry import COMMANDS

NAMING = sorted(
    name
    for name, spec in COMMANDS.items()
    if any(each.name == "session_id" for each in attrs.fields(spec.cls))
)


def bystander_of(scene):
    """Add an agent who waits for a contact, beside A who has one."""
    scene.nail("B")
    return scene


@pytest.mark.parametrize("begin", [preview, talking, wrapup])
@pytest.mark.parametrize("name", NAMING)
def test_command_with_the_session_of_another_agent_is_refused_and_changes_nothing(name, begin):
    scene = bystander_of(begin())
    owner = scene.agent("A")
    before = (owner.call_state, owner.agent_state, owner.session, attrs.asdict(owner.spec))
    told = scene.send("B", attrs.evolve(example(COMMANDS[name].cls), session_id=SID))
    (answer,) = [line for line in told if line.startswith("B < ")]
    assert answer.split()[3] != "SUCCESS", told
    assert told == [answer], "nobody else is told, and nothing is written or ordered"
    assert (owner.call_state, owner.agent_state, owner.session, attrs.asdict(owner.spec)) == before


def test_there_are_such_commands():
    assert len(NAMING) > 20
