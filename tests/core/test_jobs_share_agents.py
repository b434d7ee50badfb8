"""Agents go where there is work: from a paused job to another that wants their skill."""

from agentmgr.core.model import Wanted
from agentmgr.testing.transcript import lines
from protocol.enums import PacingType
from tests.core.scenes import nailed_idle


def test_agent_of_a_paused_job_goes_to_another_that_wants_its_skill() -> None:
    scene = nailed_idle()
    scene.want(1, Wanted.PAUSE)
    assert scene.zone.agents["A"].job is scene.zone.jobs[1], "there is nothing better"
    assert scene.start_job(PacingType.PreviewUntimed, job_id=2, contacts=1, name="Autumn")[:1] == lines("""
        A ! JobAttached Autumn
    """)
    assert scene.zone.agents["A"].job is scene.zone.jobs[2]


def test_agent_leaves_a_job_that_is_paused_while_another_runs() -> None:
    scene = nailed_idle()
    scene.start_job(PacingType.PreviewUntimed, job_id=2, contacts=0, name="Autumn")
    scene.start_job(PacingType.PreviewUntimed, job_id=3, contacts=1, name="Winter")
    assert scene.want(1, Wanted.PAUSE)[:1] == lines("A ! JobAttached Winter")
