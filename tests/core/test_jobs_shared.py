"""A job that other zones work on too: what is kept on hand, what is left to them, and when it is over."""

from attrs import evolve
from scenes import Scene, a_campaign, a_contact

from agentmgr.core.dialer import CONTACTS_AN_AGENT
from agentmgr.core.effects import FinishJob
from agentmgr.core.events import JobsWanted
from agentmgr.core.model import Wanted, WantedJob
from protocol.enums import DialFailReason, PacingType


def shared(contacts=30, agents="AB"):
    """A zone with its share of a job, of which the other zone has ten contacts more."""
    scene = Scene(agents=agents)
    campaign = a_campaign(PacingType.Progressive, retry_s={})
    scene.store.add_job(1, [a_contact(number) for number in range(1, contacts + 1)], campaign=campaign)
    scene.store.jobs[1] = evolve(scene.store.jobs[1], shares=2, total=contacts + 10)
    hear(scene, pending=contacts)
    return scene


def hear(scene, pending, done=0):
    """The zone reads what it shall have, with what others have done."""
    total = scene.store.jobs[1].total
    scene.post(JobsWanted((WantedJob(1, Wanted.RUN, 1, total, done, pending, 2),)))
    return scene.zone.jobs.get(1)


def test_share_without_agents_keeps_no_contacts_from_the_others():
    scene = shared()
    job = scene.zone.jobs[1]
    assert (len(job.contacts), job.beckons, len(scene.store.pending[1])) == (0, True, 30)
    assert job.lacks == 1, "an agent of another job may come for it"
    scene.wait(60)
    assert len(scene.store.pending[1]) == 30


def test_share_keeps_what_its_agents_soon_need():
    scene = shared()
    scene.nail("A")
    scene.wait(5)
    job = scene.zone.jobs[1]
    assert not job.beckons
    assert len(job.sessions) == 1
    assert len(job.contacts) <= CONTACTS_AN_AGENT
    assert len(scene.store.pending[1]) >= 30 - CONTACTS_AN_AGENT - 1


def test_share_whose_agents_have_left_gives_back_what_they_would_have_called_as_it_was():
    scene = shared()
    scene.nail("A")
    scene.wait(5)
    scene.customer_fails(DialFailReason.Busy)
    scene.want_break("A")
    scene.wait(60)
    job = scene.zone.jobs[1]
    assert (len(job.contacts), len(job.sessions)) == (0, 0)
    fresh = [due_at for due_at, _ in scene.store.pending[1].values() if not due_at]
    assert len(fresh) >= 28


def test_share_is_not_over_while_others_have_contacts():
    scene = shared(contacts=1)
    scene.nail("A")
    scene.wait(2)
    for _ in range(3):  # the numbers of the only contact, as often as it is tried
        if scene.zone.jobs[1].sessions:
            scene.customer_fails(DialFailReason.InvalidNumber)
            scene.wait(65)
    assert len(scene.store.done[1]) == 1
    job = hear(scene, pending=0, done=5)
    assert job is not None
    assert (job.done, job.done_here) == (5, 1)
    assert not [record for record in scene.store.records if isinstance(record, FinishJob)]
    assert hear(scene, pending=0, done=11) is None
    (ended,) = [record for record in scene.store.records if isinstance(record, FinishJob)]
    assert ended.state == "finished"


def test_share_with_nothing_on_hand_looks_again_when_others_have_contacts():
    scene = shared(contacts=1)
    scene.nail("A")
    scene.wait(2)
    scene.customer_fails(DialFailReason.InvalidNumber)
    scene.wait(65)
    scene.store.take_in(1, [a_contact(50)])  # as if another had given it back
    job = hear(scene, pending=1)
    assert job.sessions or job.contacts
