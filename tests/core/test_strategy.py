"""Strategies: which step follows a result, what a contact keeps of it, and which ways there cannot be."""

import re
from collections import Counter

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import Scene, a_campaign, a_contact

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import Dial
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import CallingHours, JobSpec
from agentmgr.core.strategy import FAILURES, Strategy, faults_of
from agentmgr.core.tasks import Course, Step, Task
from protocol.commands import AGTReleaseLine, AGTWrapupContact
from protocol.enums import DialFailReason, PacingType
from protocol.structures import CompletionCode

ONE, TWO = (number.number for number in a_contact(1).numbers)
CALL, MOBILE = Task(1, "Call"), Task(2, "Mobile", "PhoneNumber2")
HOME = Task(1, "Home", "PhoneNumber1")
RESULTS = tuple(map(str, FAILURES))


def a_scene(*steps, tasks=(CALL,), **changes):
    """One contact and one agent, who is free."""
    changes = {"max_attempts": 9, **changes}
    campaign = {"tasks": tasks, "steps": steps, **changes}
    assert not list(faults_of(a_campaign(**campaign)))
    scene = Scene(PacingType.Progressive, contacts=1, agents="A", **campaign)
    scene.began_at = scene.now
    scene.nail()
    return scene


def dials(scene):
    """Return when which number was dialled, seconds after the beginning."""
    return [(round(each.dialed_at - scene.began_at), each.number) for each in scene.store.attempts.values()]


def go_on(scene, *reasons, hours=24):
    """Let each dial end with the next reason, as long as there is one; return all dials."""
    left, until = list(reasons), scene.now + hours * 3600
    while scene.now < until and left:
        if scene.zone.sessions and scene.zone.jobs[1].ringing:
            scene.customer_fails(left.pop(0))
        else:
            scene.wait(1)
    scene.wait_long(7200)
    return dials(scene)[: len(reasons)]


# -- one step after another --------------------------------------------------------------------


def test_steps_of_a_result_are_taken_in_their_order_each_as_often_as_it_says():
    scene = a_scene(
        Step("Busy", after_s=60, number="same", times=2), Step("Busy", after_s=600, number="next", times=1)
    )
    assert go_on(scene, *4 * [DialFailReason.Busy]) == [(0, ONE), (60, ONE), (120, ONE), (720, TWO)]
    assert scene.store.done[1] == {1: "Busy"}


def test_step_to_the_end_leaves_the_contact_done_at_once():
    scene = a_scene(Step("Rejected", then="end"))
    assert go_on(scene, DialFailReason.Rejected) == [(0, ONE)]
    assert scene.store.done[1] == {1: "Rejected"}


def test_step_names_the_number_to_be_dialled_next():
    scene = a_scene(Step("Busy", after_s=30, number="PhoneNumber2"))
    assert go_on(scene, *3 * [DialFailReason.Busy]) == [(0, ONE), (30, TWO), (60, TWO)]


def test_step_to_another_number_leaves_the_dialled_one_out():
    scene = a_scene(Step("Busy", number="other"))
    assert go_on(scene, *3 * [DialFailReason.Busy]) == [(0, ONE), (0, TWO)]


def test_result_without_steps_goes_by_the_settings():
    scene = a_scene(Step("Rejected", then="end"), retry_s={DialFailReason.Busy: 45})
    assert go_on(scene, *2 * [DialFailReason.Busy]) == [(0, ONE), (45, TWO)]


def test_step_of_a_completion_code_counts_before_its_time():
    scene = a_scene(Step("Later", after_s=120, number="same", times=1))
    for _ in range(2):
        scene.customer_answers()
        sid = next(iter(scene.zone.sessions))
        scene.send("A", AGTReleaseLine(sid))
        scene.send("A", AGTWrapupContact(CompletionCode(3, "Later"), sid))
        scene.wait(125)
    scene.wait_long(3600)
    assert len(dials(scene)) == 2
    assert {number for _, number in dials(scene)} == {ONE}


# -- tasks -------------------------------------------------------------------------------------


def test_step_leads_to_a_task_with_a_number_of_its_own():
    scene = a_scene(
        Step("NoAnswer", task="Home", after_s=60, times=1),
        Step("NoAnswer", task="Home", after_s=300, then="Mobile"),
        Step("NoAnswer", task="Mobile", after_s=600, times=1),
        tasks=(HOME, MOBILE),
    )
    found = go_on(scene, *9 * [DialFailReason.NoAnswer])
    assert found == [(0, ONE), (60, ONE), (360, TWO), (960, TWO)]


def test_task_whose_number_a_contact_lacks_is_passed_over_as_for_an_invalid_one():
    scene = Scene(PacingType.Progressive, contacts=0, agents="A")
    scene.began_at = scene.now
    steps = (Step("InvalidNumber", task="Mobile", then="Home"), Step("Busy", task="Home", after_s=60))
    campaign = a_campaign(tasks=(MOBILE, evolve(HOME, task_id=3)), steps=steps)
    contact = a_contact(1)
    scene.store.add_job(2, [evolve(contact, numbers=contact.numbers[:1])], 0.0)
    scene.post(JobLoaded(2, JobSpec(2, evolve(campaign, campaign_id=2), total=1)))
    scene.nail()
    scene.customer_fails()
    scene.wait(65)
    assert dials(scene) == [(0, ONE), (60, ONE)]


def test_blocked_number_leads_to_the_task_that_its_step_names():
    scene = Scene(agents="A")
    scene.began_at = scene.now
    scene.store.dnc.add(ONE)
    scene.start_job(
        PacingType.Progressive,
        contacts=1,
        tasks=(HOME, MOBILE),
        steps=(Step("DncBlocked", task="Home", then="Mobile"),),
    )
    scene.nail()
    assert [each.number for each in scene.store.attempts.values()] == [ONE, TWO]
    assert scene.zone.jobs[1].sessions


def test_contact_keeps_its_task_and_counts_when_it_is_given_back():
    scene = a_scene(
        Step("Busy", after_s=60, times=2),
        Step("Busy", after_s=60, then="Mobile"),
        tasks=(CALL, MOBILE),
    )
    scene.customer_fails()
    _, contact = scene.store.pending[1][1]
    assert contact.course == Course(0, {"Busy": 1})
    scene.wait(65)
    scene.customer_fails()
    scene.wait(65)
    scene.customer_fails()
    _, contact = scene.store.pending[1][1]
    assert (contact.course, contact.phone) == (Course(2), "PhoneNumber2")


def test_task_that_is_gone_with_a_change_lets_its_contacts_begin_anew():
    scene = a_scene(Step("Busy", task="Call", after_s=60, then="Mobile"), tasks=(CALL, MOBILE))
    scene.customer_fails()
    job = scene.zone.jobs[1]
    changed = evolve(job.campaign, tasks=(CALL,), steps=(Step("Busy", then="end"),), version=2)
    scene.post(JobLoaded(1, JobSpec(1, changed, total=1)))
    scene.wait(65)
    scene.customer_fails()
    assert scene.store.done[1] == {1: "Busy"}


@given(
    st.builds(
        Course,
        st.integers(0, 9999),
        st.dictionaries(st.sampled_from(RESULTS) | st.integers(1, 99).map(str), st.integers(1, 100)),
    )
)
def test_course_that_was_kept_comes_back(course):
    assert Course.read(course.kept()) == course


# -- what cannot be ----------------------------------------------------------------------------

FAULTS = [
    ((CALL,), (Step("Bussy"),), r"steps\[1\].result: found 'Bussy'; allowed: Busy, NoAnswer.*Sale"),
    ((CALL,), (Step("Nuisance"),), r"steps\[1\].result: .* nuisance_retry_s says what follows"),
    ((CALL,), (Step("OutsideCallingHours"),), r"steps\[1\].result: found 'OutsideCallingHours'"),
    ((CALL,), (Step("Busy", task="Cal", after_s=1),), r"steps\[1\].task: found 'Cal'; allowed: Call"),
    ((CALL,), (Step("Busy", then="Fin"),), r"steps\[1\].then: found 'Fin'; allowed: Call, or 'end'"),
    ((CALL,), (Step("Busy", then="end", times=2),), r"steps\[1\].then: .*beside number or times"),
    ((CALL,), (Step("Busy", then="end", after_s=2),), r"steps\[1\].after_s: found 2 before the end"),
    (
        (HOME,),
        (Step("Busy", task="Home", number="next", after_s=2),),
        r"steps\[1\].number: found 'next'; its task Home dials PhoneNumber1 alone",
    ),
    ((CALL, CALL), (), r"tasks\[2\].name: found 'Call'; each task needs a name of its own"),
    ((CALL, evolve(MOBILE, task_id=1)), (), r"tasks\[2\].id: found 1; it is taken"),
    ((Task(1, "end"),), (), r"tasks\[1\].name: found 'end'"),
    ((Task(1, "Call", "next"),), (), r"tasks\[1\].number: found 'next'"),
    ((CALL, MOBILE), (), r"tasks\[2\]: is never come to: no step leads to Mobile"),
    (
        (CALL,),
        (Step("Busy", after_s=60), Step("Busy", then="end")),
        r"steps\[2\]: is never taken: a step before it for Busy counts always",
    ),
    (
        (CALL,),
        (Step("Busy", after_s=60), Step("Busy", task="Call", then="end")),
        r"steps\[1\]: is never taken: each task has steps of its own for Busy",
    ),
    ((CALL,), (Step("Busy"),), r"steps\[1\]: dials again and again without a time"),
    (
        (CALL, MOBILE),
        (Step("Busy", task="Call", then="Mobile"), Step("Busy", task="Mobile", then="Call")),
        r"steps: go round without a time: Call > Mobile > Call; give a step on that way after_s",
    ),
    (
        (CALL,),
        (Step("Busy", after_s=60, times=3), Step("Busy", after_s=600)),
        r"steps\[2\]: is never taken: it follows attempt 4 in Call at the earliest, and max_attempts is 3",
    ),
    (
        (CALL, MOBILE),
        (
            Step("Busy", task="Call", after_s=60, times=2),
            Step("Busy", task="Call", after_s=60, then="Mobile"),
        ),
        r"steps\[2\]: is never taken: it follows attempt 3 in Call at the earliest, and max_attempts is 3",
    ),
]


@pytest.mark.parametrize(("tasks", "steps", "told"), FAULTS)
def test_strategy_that_cannot_be_is_told_with_what_is_wrong_and_where(tasks, steps, told):
    found = list(faults_of(a_campaign(tasks=tasks, steps=steps)))
    assert any(re.match(told, each) for each in found), found


def test_last_step_that_max_attempts_lets_be_taken_is_no_fault():
    steps = (Step("Busy", after_s=60, times=2), Step("Busy", then="end"))
    assert not list(faults_of(a_campaign(steps=steps)))
    assert list(faults_of(a_campaign(steps=(Step("Busy", after_s=60, times=3), steps[1]))))


# -- random strategies -------------------------------------------------------------------------

NAMES = ("A", "B", "C")


@st.composite
def strategies(draw):
    """Draw a campaign whose strategy has no faults."""
    numbers = st.sampled_from(["", "PhoneNumber1", "PhoneNumber2", "Fax"])
    tasks = tuple(Task(place, name, draw(numbers)) for place, name in enumerate(NAMES, 1))
    steps = draw(
        st.lists(
            st.builds(
                Step,
                st.sampled_from((*RESULTS, "ActionFailed")),
                st.sampled_from(["", *NAMES]),
                st.sampled_from([0, 1, 60, 4000]),
                st.sampled_from(["", "next", "same", "other", "PhoneNumber2"]),
                st.none() | st.integers(1, 3),
                st.sampled_from(["", "", "end", *NAMES]),
                st.sampled_from(["", "", "crm"]),
                st.sampled_from(["", "", "log"]),
            ),
            max_size=12,
        )
    )
    campaign = a_campaign(
        tasks=tasks,
        steps=tuple(steps),
        max_attempts=draw(st.integers(1, 6)),
        retry_s=draw(st.dictionaries(st.sampled_from(FAILURES), st.integers(0, 600))),
    )
    return mended(campaign)


def mended(campaign):
    """Return a campaign without the tasks and steps that its faults name."""
    while found := next(faults_of(campaign), ""):
        where, _, rest = found.partition("[")
        if where == "tasks":
            place = int(rest.partition("]")[0]) - 1
            gone = campaign.tasks[place].name
            steps = tuple(step for step in campaign.steps if gone not in (step.task, step.then))
            tasks = tuple(task for task in campaign.tasks if task.name != gone)
            campaign = evolve(campaign, tasks=tasks, steps=steps)
        else:
            place = int(rest.partition("]")[0]) - 1 if rest else 0
            campaign = evolve(campaign, steps=(*campaign.steps[:place], *campaign.steps[place + 1 :]))
    return campaign


@given(strategies(), st.lists(st.sampled_from(FAILURES), min_size=1, max_size=8), st.integers(1, 2))
def test_whatever_the_strategy_a_contact_ends_and_is_not_dialled_too_often(campaign, reasons, numbers):
    strategy, contact = Strategy(campaign), a_contact(1)
    contact = evolve(contact, numbers=contact.numbers[:numbers])
    contact, after_s = strategy.find_number(contact)
    dials, attempts = 0, 0
    while after_s is not None:
        if contact.course.wait is not None:
            assert Course.read(contact.course.kept()) == contact.course
            assert strategy.connector_of(contact)[0]
            contact, after_s = strategy.after_errand(contact, attempts, is_done=dials % 3 > 0)
            continue
        number = strategy.next_number(contact)
        assert number is not None
        assert number.number not in contact.left_out
        dials, attempts = dials + 1, attempts + 1
        contact, after_s = strategy.follow(contact, str(reasons[dials % len(reasons)]), number, attempts)
        assert Course.read(contact.course.kept()) == contact.course
    assert dials <= campaign.max_attempts


@pytest.mark.slow
@given(strategies(), st.lists(st.sampled_from(FAILURES), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_whatever_the_strategy_a_job_ends_and_dials_within_its_hours(campaign, reasons):
    nine_to_five = CallingHours(9 * 60, 17 * 60)
    campaign = evolve(campaign, calling_hours=nine_to_five)
    scene = Scene(agents="A")
    scene.connector = lambda errand: (True, False, None)[errand.key % 3]
    scene.store.add_job(1, [a_contact(1), a_contact(2)], 0.0)
    scene.post(JobLoaded(1, JobSpec(1, campaign, total=2)))
    scene.nail()
    asked = 0
    for _ in range(600):
        job = scene.zone.jobs.get(1)
        if job is None:
            break
        if job.ringing and isinstance(scene.orders[-1], Dial):
            asked += 1
            scene.customer_fails(reasons[asked % len(reasons)])
        else:
            scene.wait_long(1800)
    assert 1 not in scene.zone.jobs
    of_contact = Counter(each.contact_id for each in scene.store.attempts.values() if each.dialed_at)
    assert all(dials <= campaign.max_attempts for dials in of_contact.values())
    for each in scene.store.attempts.values():
        if each.dialed_at is not None and scene.store.ended_attempts[each.attempt_id].dialed:
            assert next_opening(nine_to_five, "Europe/Berlin", each.dialed_at) == each.dialed_at
