"""Callbacks that a supervisor moves or cancels in the store, wherever the zone has them at that moment."""

from attrs import evolve
from parties import CALLBACK_ID, a_callback, keep_callback, start_job_with
from scenes import Scene

from agentmgr.core.events import JobLoaded
from agentmgr.core.model import JobSpec
from agentmgr.core.states import CallbackPhase
from protocol.enums import CallState


def told(scene, *callbacks, withdrawn=(), version=2):
    """The zone hears that its campaign is a version on, with the callbacks as the store has them."""
    campaign = evolve(scene.zone.jobs[1].campaign, version=version)
    gone = dict.fromkeys(withdrawn, version)
    return scene.post(JobLoaded(1, JobSpec(1, campaign, 0, callbacks=callbacks, withdrawn=gone)))


def kept():
    """An agent who waits for contacts, a callback due in 100 s, and one tomorrow that keeps the job."""
    scene = Scene()
    start_job_with(scene, a_callback(scene, 100.0), a_callback(scene, 86_400.0, callback_id="tomorrow"))
    scene.nail()
    return scene, a_callback(scene, 100.0)


def test_callback_moved_to_a_later_time_is_announced_then():
    scene, callback = kept()
    later = evolve(callback, due_at=callback.due_at + 500, expires_at=callback.expires_at + 500, moved_in=2)
    assert told(scene, later) == []
    assert scene.wait(300) == []
    assert "PreviewCallbackPending" in "".join(scene.wait(270))


def test_callback_moved_to_now_is_delivered_at_once():
    scene, callback = kept()
    told(scene, evolve(callback, due_at=scene.now, moved_in=2))
    scene.wait(1)
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_cancelled_before_it_is_announced_is_gone():
    scene, _ = kept()
    assert told(scene, withdrawn=[CALLBACK_ID]) == []
    assert list(scene.zone.jobs[1].callbacks) == ["tomorrow"]
    assert scene.wait(2000) == []
    assert scene.zone.stats.callbacks_ended["Cancelled"] == 1


def test_callback_that_an_agent_was_told_of_is_taken_back_when_it_is_cancelled():
    scene, _ = kept()
    scene.wait(75)
    assert scene.zone.jobs[1].callbacks[CALLBACK_ID].phase is CallbackPhase.PROMISED
    assert "A ! PreviewCallbackCancelled" in "".join(told(scene, withdrawn=[CALLBACK_ID]))
    assert scene.agent("A").pending_callback is None
    assert scene.wait(2000) == []


def test_callback_that_an_agent_was_told_of_goes_to_the_other_agent_it_is_moved_to():
    scene, callback = kept()
    scene.nail("B")
    scene.wait(75)
    holder = next(agent for agent in "AB" if scene.agent(agent).pending_callback is not None)
    other = "B" if holder == "A" else "A"
    said = "".join(told(scene, evolve(callback, agent_id=other, moved_in=2)))
    assert f"{holder} ! PreviewCallbackCancelled" in said
    scene.wait(40)
    assert scene.agent(other).call_state is CallState.Callback
    assert scene.agent(holder).session is None


def test_callback_that_was_not_moved_since_stays_as_the_zone_has_it():
    scene, callback = kept()
    scene.wait(75)
    assert told(scene, evolve(callback, moved_in=1), withdrawn=["another"]) == []
    assert scene.agent("A").pending_callback is not None


def test_callback_that_the_zone_has_ended_meanwhile_does_not_come_back():
    scene, callback = kept()
    told(scene, withdrawn=[CALLBACK_ID])
    told(scene, evolve(callback, moved_in=3), version=3)
    assert list(scene.zone.jobs[1].callbacks) == ["tomorrow"]


def made(scene, **changes):
    """A callback that somebody made from outside with version 2, due soon."""
    due_in_s = changes.pop("due_in_s", 50.0)
    new = a_callback(scene, due_in_s, callback_id="campaign1.2-callback", made_in=2, **changes)
    keep_callback(scene, new)
    return new


def test_callback_made_from_outside_while_the_job_runs_is_delivered():
    scene, callback = kept()
    assert told(scene, callback, made(scene)) == []
    scene.wait(50)
    assert scene.agent("A").session.callback.callback_id == "campaign1.2-callback"
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_made_from_outside_and_moved_before_the_zone_heard_of_it_is_delivered_then():
    scene, callback = kept()
    told(scene, callback, made(scene, due_in_s=20.0, moved_in=3), version=3)
    scene.wait(20)
    assert scene.agent("A").session.callback.callback_id == "campaign1.2-callback"


def test_callback_made_from_outside_that_the_zone_has_ended_meanwhile_does_not_come_back():
    scene, callback = kept()
    new = made(scene, due_in_s=60.0, expires_at=scene.now + 10)
    told(scene, callback, new)
    assert scene.zone.callbacks.find(new.callback_id) is not None
    scene.wait(10)
    assert scene.zone.stats.callbacks_ended["Expired"] == 1
    told(scene, callback, evolve(new, moved_in=3, expires_at=scene.now + 600), version=3)
    assert list(scene.zone.jobs[1].callbacks) == [CALLBACK_ID, "tomorrow"]


def test_job_whose_last_callback_is_cancelled_is_over():
    scene, _ = kept()
    assert "store: FinishJob finished" in told(scene, withdrawn=[CALLBACK_ID, "tomorrow"])


def delivered():
    scene, callback = kept()
    scene.wait(100)
    assert scene.agent("A").call_state is CallState.Callback
    return scene, callback


def test_callback_that_is_being_worked_on_goes_on_when_it_is_cancelled():
    scene, _ = delivered()
    assert told(scene, withdrawn=[CALLBACK_ID]) == []
    assert scene.agent("A").call_state is CallState.Callback


def test_callback_cancelled_while_it_was_worked_on_does_not_wait_again():
    scene, _ = delivered()
    told(scene, withdrawn=[CALLBACK_ID])
    scene.zone.callbacks.put_back(scene.agent("A").session)
    assert list(scene.zone.jobs[1].callbacks) == ["tomorrow"]
    assert scene.zone.callbacks.find(CALLBACK_ID) is None


def test_callback_moved_while_it_is_worked_on_goes_on():
    scene, callback = delivered()
    assert told(scene, evolve(callback, due_at=callback.due_at + 500, moved_in=2)) == []
    assert scene.agent("A").call_state is CallState.Callback
    assert scene.zone.jobs[1].callbacks[CALLBACK_ID].spec.due_at == callback.due_at + 500
