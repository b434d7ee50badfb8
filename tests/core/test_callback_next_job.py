"""A callback that a job left to the next one, whose contact the next job has to call too."""

from scenes import Scene, a_campaign, a_contact

from agentmgr.core.effects import SaveCallback
from agentmgr.core.events import JobLoaded
from agentmgr.ports import Token
from protocol.enums import CallbackType, PacingType

DUE_S, EXPIRES_S = 100, 400


def next_job():
    """Return a zone in which a job has begun that has contacts 1 and 2, and a callback for contact 1."""
    scene = Scene(agents="")
    store = scene.store
    campaign = a_campaign(PacingType.Progressive)
    store.add_job(1, [a_contact(1), a_contact(2)], campaign=campaign)
    due_at, expires_at = scene.now + DUE_S, scene.now + EXPIRES_S
    record = SaveCallback(
        "cb",
        1,
        1,
        1,
        CallbackType.Standard,
        "",
        "A",
        "+49301",
        "PhoneNumber1",
        "UTC",
        due_at,
        expires_at,
        "",
        0,
    )
    store.commit(Token("Z", 0, 1), [record])
    (job,) = store.open_zone("Z", scene.now).jobs
    scene.post(JobLoaded(job.job_id, job))
    return scene


def test_contact_to_be_called_back_is_not_claimed_by_the_job_before():
    scene = next_job()
    scene.wait(EXPIRES_S - 1)
    assert set(scene.store.claimed[1]) == {2}


def test_contact_of_a_callback_that_is_over_is_claimed_by_the_job():
    scene = next_job()
    scene.wait(EXPIRES_S)
    assert scene.store.ended_callbacks["cb"].outcome == "Expired"
    assert set(scene.store.claimed[1]) == {1, 2}
