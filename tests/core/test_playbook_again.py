"""Callbacks that are tried again, and which of them can be made: zone, hours, expiry, whom they are for."""

import pytest
from attrs import evolve
from parties import CALLBACK_ID, DISPOSE, a_callback, called_back, create, start_job_with
from scenes import LATER, SID, Scene, talking

from agentmgr.core.events import AgentChecked
from agentmgr.core.model import CallingHours
from protocol import commands as c
from protocol.enums import CallbackType, CallState, DialFailReason
from protocol.structures import CallbackDest, CompletionCode, ContactNumber

DIAL = c.AGTPreviewDial(ContactNumber("PhoneNumber1"), SID)
DISPOSE_LATER = c.AGTWrapupContact(CompletionCode(LATER.code_id), SID)
PUT_OFF = "store: SaveCallback old-callback 1 50 Standard  A +49300000050 PhoneNumber1 Europe/Berlin"
DAY = CallingHours(start_min=8 * 60, end_min=20 * 60)
"""It is 23:13 in Berlin when a scene begins."""


def the_callback(scene):
    (record,) = scene.store.callbacks.values()
    return record


# -- tried again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_answered", [True, False])
def test_code_with_a_time_has_a_callback_tried_again_then_under_its_name(is_answered):
    scene = called_back()
    scene.send("A", DIAL)
    if is_answered:
        scene.customer_answers(SID)
        scene.send("A", c.AGTReleaseLine(SID))
    else:
        scene.customer_fails(DialFailReason.NoAnswer, SID)
    assert scene.send("A", DISPOSE_LATER)[0].startswith(f"{PUT_OFF} +900s")
    record = the_callback(scene)
    assert (record.attempts, record.expires_at - record.due_at) == (1, 600)
    scene.wait(899)
    assert scene.agent("A").call_state is CallState.Idle
    scene.wait(1)
    assert scene.agent("A").call_state is CallState.Callback
    assert scene.agent("A").session.callback.callback_id == CALLBACK_ID


@pytest.mark.parametrize(
    ("reason", "after_s"),
    [(DialFailReason.Busy, 600), (DialFailReason.NoAnswer, 1800), (DialFailReason.Rejected, 3600)],
)
def test_callback_that_reached_nobody_is_tried_again_after_the_time_of_the_reason(reason, after_s):
    scene = called_back()
    scene.send("A", DIAL)
    scene.customer_fails(reason, SID)
    assert scene.send("A", DISPOSE)[0].startswith(f"{PUT_OFF} +{after_s}s")


def test_callback_is_tried_as_often_as_the_campaign_allows():
    scene = called_back()
    for attempt in range(3):
        sid = scene.agent("A").session.sid
        scene.send("A", c.AGTPreviewDial(ContactNumber("PhoneNumber1"), sid))
        scene.customer_fails(DialFailReason.Busy, sid)
        shown = scene.send("A", c.AGTWrapupContact(CompletionCode(1), sid))
        if attempt < 2:
            assert shown[0].startswith(f"{PUT_OFF} +600s")
            scene.wait(600)
    assert shown[0] == "store: EndCallback old-callback Cancelled"


def test_callback_that_its_agent_did_not_want_is_put_off_by_a_code_with_a_time_too():
    scene = called_back()
    scene.send("A", c.AGTPreviewCancel(SID))
    assert scene.send("A", DISPOSE_LATER)[0].startswith(f"{PUT_OFF} +900s")


def test_callback_tried_again_waits_for_the_calling_hours():
    scene = Scene()
    hours = evolve(DAY, end_min=23 * 60 + 17)
    start_job_with(scene, a_callback(scene), calling_hours=hours)
    scene.nail()
    scene.wait(100)
    scene.send("A", DIAL)
    scene.customer_fails(DialFailReason.Busy, SID)
    scene.send("A", DISPOSE)
    scene.wait_long(3600)
    assert scene.agent("A").call_state is CallState.Idle
    scene.wait_long(28_000)
    assert scene.agent("A").call_state is CallState.Callback


# -- made ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "zone"), [("", "Europe/Berlin"), ("America/New_York", "America/New_York"), ("UTC", "UTC")]
)
def test_callback_is_in_the_zone_of_its_number_unless_one_is_given(given, zone):
    scene = talking(contacts=1)
    scene.send("A", create(scene=scene, callback_timezone=given))
    assert the_callback(scene).timezone == zone


def test_callback_without_an_expiry_expires_as_its_campaign_says():
    scene = talking(contacts=1, callback_expiry_min=45)
    shown = scene.send("A", create(scene=scene, callback_expiry_time=0))
    assert shown[-1] == "A < CreateCallback 0 1000000001"
    record = the_callback(scene)
    assert record.expires_at - record.due_at == 45 * 60


@pytest.mark.parametrize(("expiry_min", "result"), [(60, 488), (24 * 60, 0)])
def test_callback_outside_the_hours_is_refused_if_it_expires_before_they_begin(expiry_min, result):
    scene = talking(contacts=1)
    job = scene.zone.jobs[1]
    job.campaign = evolve(job.campaign, calling_hours=DAY)
    shown = scene.send("A", create(scene=scene, callback_expiry_time=expiry_min))
    assert shown[-1].startswith(f"A < CreateCallback {result}")
    assert bool(scene.store.callbacks) is (result == 0)


def for_agent(agent_id):
    dest = CallbackDest(CallbackType.Agent, agent_id)
    return {"callback_type": CallbackType.Agent, "callback_dest": dest}


def test_callback_for_a_colleague_who_is_logged_off_comes_to_that_one():
    scene = talking(contacts=1)
    assert scene.send("A", create(scene=scene, **for_agent("B")))[-1] == "A < CreateCallback 0 1000000001"
    assert the_callback(scene).agent_id == "B"
    scene.customer_leaves(SID)
    scene.send("A", DISPOSE)
    scene.nail("B")
    scene.wait(1800)
    assert scene.agent("B").call_state is CallState.Callback


def test_callback_for_nobody_that_exists_is_refused():
    assert talking().send("A", create(**for_agent("X"))) == ["A < CreateCallback 482"]


def test_callback_for_a_colleague_whose_contact_ends_before_the_store_answers_is_refused():
    scene = talking(contacts=1)
    scene.witness = None  # a command waits for the store
    scene.answers_at_once = False
    assert scene.send("A", create(scene=scene, **for_agent("B"))) == []
    scene.customer_leaves(SID)
    scene.wait(120)  # its wrapup is over
    assert scene.answer()[-1] == "A < CreateCallback 483"
    assert not scene.store.callbacks
    assert scene.post(AgentChecked(99, True)) == []
