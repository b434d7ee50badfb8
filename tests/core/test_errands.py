"""What connectors do for a strategy: custom actions and result processors, answered or not."""

import pytest
from attrs import evolve
from scenes import SID, Scene, a_campaign, a_contact

from agentmgr.core.effects import ReturnContact
from agentmgr.core.events import ConnectorAnswered, JobLoaded
from agentmgr.core.model import JobSpec, Wanted
from agentmgr.core.strategy import faults_of
from agentmgr.core.tasks import Course, Step, Wait
from protocol.commands import AGTReleaseLine, AGTWrapupContact
from protocol.enums import DialFailReason, PacingType
from protocol.structures import CompletionCode

ONE = a_contact(1).numbers[0].number


def a_scene(*steps, contacts=1, **changes):
    """One agent who is free, and a contact that rings."""
    assert not list(faults_of(a_campaign(steps=steps, **changes)))
    scene = Scene(PacingType.Progressive, contacts=contacts, agents="A", steps=steps, **changes)
    scene.nail()
    return scene


def sell(scene):
    """Talk to the customer, who buys."""
    scene.customer_answers()
    scene.send("A", AGTReleaseLine(SID))
    scene.send("A", AGTWrapupContact(CompletionCode(2, "Sale"), SID))


def test_action_of_a_completion_code_is_done_and_the_contact_with_it():
    scene = a_scene(Step("Sale", action="crm"))
    sell(scene)
    (errand,) = scene.errands
    assert (errand.kind, errand.name, errand.told, errand.address) == ("action", "crm", "Call", ONE)
    assert (errand.contact_id, errand.list_name, errand.campaign, errand.job_id) == (
        "u1",
        "List",
        "Summer",
        1,
    )
    assert scene.store.done[1] == {1: "Handled"}
    assert 1 not in scene.zone.jobs


def test_agent_is_free_while_the_connector_takes_its_time():
    scene = a_scene(Step("Sale", action="crm"), contacts=2)
    scene.connector = lambda errand: None
    sell(scene)
    assert len(scene.zone.sessions) == 1
    assert set(scene.store.claimed[1]) == {1, 2}


def test_action_that_fails_lets_the_contact_be_tried_again_as_the_campaign_says():
    scene = a_scene(Step("Sale", action="crm"), Step("ActionFailed", after_s=120, number="same"))
    scene.connector = lambda errand: False
    sell(scene)
    due_at, contact = scene.store.pending[1][1]
    assert (due_at - scene.now, contact.attempts, contact.phone) == (120, 1, "PhoneNumber1")
    assert contact.course == Course()
    scene.wait(125)
    assert scene.ringing() != SID


def test_action_that_always_fails_ends_with_the_attempts():
    scene = a_scene(Step("Busy", action="sms", after_s=60), max_attempts=3)
    scene.connector = lambda errand: False
    for _ in range(3):
        scene.customer_fails()
        scene.wait(605)
    assert len(scene.errands) == 3
    assert scene.store.done[1] == {1: "Busy"}


def test_action_before_a_retry_lets_it_follow():
    scene = a_scene(Step("Busy", action="sms", after_s=60, number="same", times=1), Step("Busy", then="end"))
    scene.customer_fails()
    due_at, contact = scene.store.pending[1][1]
    assert (due_at - scene.now, contact.phone, contact.course) == (60, "PhoneNumber1", Course(0, {"Busy": 1}))
    scene.wait(65)
    scene.customer_fails()
    assert scene.store.done[1] == {1: "Busy"}


def test_processor_takes_note_of_each_result_before_the_usual_step():
    scene = a_scene(Step("Busy", processor="log"), retry_s={DialFailReason.Busy: 60})
    scene.customer_fails()
    scene.wait(65)
    scene.customer_fails()
    assert [(each.kind, each.name, each.told) for each in scene.errands] == 2 * [
        ("result_processor", "log", "Busy")
    ]
    assert scene.store.pending[1][1][1].attempts == 2


def test_processor_and_action_of_one_result_come_one_after_the_other():
    scene = a_scene(Step("Sale", processor="log"), Step("Sale", action="crm"))
    sell(scene)
    assert [(each.name, each.told) for each in scene.errands] == [("log", "Sale"), ("crm", "Call")]
    assert scene.store.done[1] == {1: "Handled"}


def test_processor_that_fails_lets_no_action_follow():
    scene = a_scene(Step("Sale", processor="log"), Step("Sale", action="crm"))
    scene.connector = lambda errand: False
    sell(scene)
    assert len(scene.errands) == 1
    assert scene.store.pending[1][1][0] - scene.now == 600


def test_connector_that_never_answers_has_failed_when_its_time_is_over():
    scene = a_scene(Step("Sale", action="crm"))
    scene.connector = lambda errand: None
    sell(scene)
    assert 1 in scene.store.claimed[1]
    scene.wait(scene.config.connector_wait_s + 1)
    assert 1 in scene.store.pending[1]
    scene.post(ConnectorAnswered(scene.errands[0].key, True))  # too late
    assert 1 in scene.store.pending[1]


def test_stopped_job_ends_with_its_last_errand():
    scene = a_scene(Step("Sale", action="crm"))
    scene.connector = lambda errand: None
    sell(scene)
    scene.want(1, Wanted.STOP)
    assert 1 in scene.zone.jobs
    scene.post(ConnectorAnswered(scene.errands[0].key, True))
    assert 1 not in scene.zone.jobs


def test_contact_whose_zone_died_is_asked_for_anew_and_not_dialled():
    steps = (Step("Busy", action="sms"),)
    scene = Scene(agents="A")
    waiting = evolve(a_contact(1), attempts=1, course=Course(wait=Wait("action", "Busy", ONE)))
    scene.store.add_job(1, [waiting], scene.now)
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(steps=steps), total=1)))
    assert [each.name for each in scene.errands] == ["sms"]
    assert not scene.store.attempts
    assert 1 in scene.store.done[1]


def test_errand_that_a_change_took_away_ends_as_the_campaign_says_by_now():
    scene = a_scene(Step("Busy", action="sms"))
    scene.connector = lambda errand: None
    scene.customer_fails()
    changed = evolve(scene.zone.jobs[1].campaign, steps=(Step("Busy", after_s=30),), version=2)
    scene.post(JobLoaded(1, JobSpec(1, changed, total=1)))
    scene.post(ConnectorAnswered(scene.errands[0].key, True))
    assert scene.store.pending[1][1][0] - scene.now == 30


def test_fault_at_an_answer_gives_the_contact_back():
    scene = a_scene(Step("Busy", action="sms"))
    scene.expects_faults = True
    scene.connector = lambda errand: None
    scene.customer_fails()

    def fail(*args, **keywords):
        raise RuntimeError("planted")

    scene.zone.jobs[1].strategy.after_errand = fail
    scene.post(ConnectorAnswered(scene.errands[0].key, True))
    assert not scene.zone.errands
    assert scene.store.pending[1][1][1].course == Course()


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ((Step("ActionFailed", action="sms"),), "steps[1]: asks a connector after one has failed"),
        (
            (Step("Busy", processor="a"), Step("Busy", processor="b")),
            "steps: two processors take note of Busy in Call; allowed: one",
        ),
    ],
)
def test_errands_that_cannot_be_are_told(steps, told):
    assert any(each.startswith(told) for each in faults_of(a_campaign(steps=steps)))


def test_course_with_an_errand_comes_back():
    course = Course(3, {"Busy": 2}, Wait("result_processor", "17", "+4930123"))
    assert Course.read(course.kept()) == course
    assert Course.read(evolve(course, wait=Wait("action", "Busy", "")).kept()).wait == Wait(
        "action", "Busy", ""
    )
    assert ReturnContact(1, 1, 1, "", None, course=course.kept()).course.startswith("3 Busy=2 ")
