"""What a zone is told first of the agents that were saved, by what the switch still has."""

import pytest

from agentmgr.core.events import AgentRestored, JobLoaded
from agentmgr.core.model import (
    CampaignSpec,
    ContactSpec,
    JobSpec,
    PhoneNumber,
    SavedAgent,
    SavedSession,
)
from agentmgr.ports import OpenedZone, Token
from agentmgr.runtime.startup import saved_legs, start_events
from protocol.enums import AgentState, CallState, ContactType, PacingType

NUMBER = PhoneNumber("PhoneNumber1", "+1")
CONTACT = ContactSpec(1, "u1", 1, "List", (NUMBER,), {})
SESSION = SavedSession("sid", "sid", 1, CONTACT, ContactType.Preview, NUMBER, 5.0)
AGENT = SavedAgent("A", AgentState.Ready, CallState.Talking, "", "leg", SESSION)
IDLE = SavedAgent("B", AgentState.NotReady, CallState.NoState, "7", "", None)
JOBS = tuple(JobSpec(n, CampaignSpec(n, "C", PacingType.Predictive, "S", (), 1), 0) for n in (1, 2))


@pytest.mark.parametrize(
    ("ids", "leg_id", "is_live"),
    [(("leg", "sid"), "leg", True), (("leg",), "leg", False), (("sid",), "", True), ((), "", False)],
)
def test_saved_agent_has_what_the_switch_has(ids, leg_id, is_live):
    (event,) = start_events(OpenedZone(Token("Z", 1, 2), (), (AGENT,)), frozenset(ids))
    assert event.agent.leg_id == leg_id
    assert event.agent.session.is_live is is_live
    assert (event.agent.agent_id, event.agent.session.sid) == ("A", "sid")


def test_lines_and_calls_of_saved_agents_are_asked_for():
    assert saved_legs(OpenedZone(Token("Z", 1, 2), JOBS, (AGENT, IDLE))) == ["leg", "sid"]


def test_jobs_come_before_agents():
    events = start_events(OpenedZone(Token("Z", 1, 2), JOBS, (AGENT, IDLE)), frozenset())
    assert events[:2] == [JobLoaded(job.job_id, job) for job in JOBS]
    assert [event.agent.agent_id for event in events[2:]] == ["A", "B"]
    assert events[3] == AgentRestored(IDLE)
