"""A zone is told which jobs it shall have, and brings about what differs."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from parties import a_callback, start_job_with
from scenes import Scene, a_campaign, a_contact, talking

from agentmgr.core.effects import Dial, FetchContacts, FinishJob, LoadJob
from agentmgr.core.events import ContactsFetched, JobLoaded, JobsWanted, ZoneClosing
from agentmgr.core.model import CallingHours, JobSpec, Wanted, WantedJob
from agentmgr.testing.stage import without
from agentmgr.testing.transcript import lines
from protocol.commands import AGTReleaseLine, AGTWrapupContact
from protocol.enums import CallState, PacingType
from protocol.structures import CompletionCode

RUN = JobsWanted((WantedJob(1, Wanted.RUN),))
PAUSE = JobsWanted((WantedJob(1, Wanted.PAUSE),))
STOP = JobsWanted((WantedJob(1, Wanted.STOP),))
NONE = JobsWanted(())


def in_store(wanted=Wanted.RUN, contacts=3):
    """A zone without jobs; its store has one."""
    scene = Scene()
    campaign = a_campaign(PacingType.Progressive)
    scene.store.add_job(1, [a_contact(number) for number in range(1, contacts + 1)], campaign=campaign)
    move(scene, wanted)
    return scene


def move(scene, wanted):
    """The job has another state in the store."""
    scene.store.jobs[1] = evolve(scene.store.jobs[1], wanted=wanted)


def test_job_wanted_and_not_here_is_loaded_and_runs():
    scene = in_store()
    scene.post(RUN)
    job = scene.zone.jobs[1]
    assert job.is_running
    assert len(job.contacts) == 3


@pytest.mark.parametrize("level", [RUN, PAUSE, STOP])
def test_same_level_twice_changes_nothing_more(level):
    scene = talking()
    scene.store.add_job(2, [a_contact(9)])
    scene.post(level)
    job = scene.zone.jobs[1]
    before = (job.paused, job.stopping, dict(job.sessions), len(job.contacts))
    assert scene.post(level) == []
    assert (job.paused, job.stopping, dict(job.sessions), len(job.contacts)) == before
    assert not scene.asked


def test_job_paused_before_it_was_here_begins_when_it_is_resumed():
    scene = in_store(Wanted.PAUSE)
    scene.post(PAUSE)
    assert scene.wait(60) == []
    assert not scene.zone.jobs[1].contacts
    move(scene, Wanted.RUN)
    scene.post(RUN)
    assert len(scene.zone.jobs[1].contacts) == 3


def test_job_stopped_before_it_was_here_ends_without_a_call():
    scene = in_store(Wanted.STOP)
    assert scene.post(STOP) == ["store: FinishJob stopped"]
    assert not scene.zone.jobs
    assert scene.store.finished_jobs == {1: "stopped"}


def test_job_is_loaded_once_however_often_it_is_wanted():
    scene = in_store()
    scene.answers_at_once = False
    scene.post(RUN, RUN, PAUSE)
    assert list(scene.asked) == [LoadJob(1)]


@pytest.mark.parametrize("meanwhile", [STOP, NONE])
def test_job_stopped_while_it_is_loaded_ends_by_what_the_store_says_last(meanwhile):
    """The word may come before the answer, which is read after it: the answer is the newer one."""
    scene = in_store()
    scene.answers_at_once = False
    scene.post(RUN)
    move(scene, Wanted.STOP)
    assert scene.post(meanwhile) == []
    assert scene.answer() == ["store: FinishJob stopped"]
    assert not scene.zone.jobs


def test_job_stopped_right_after_it_was_read_ends_with_the_next_word():
    scene = in_store()
    scene.answers_at_once = False
    scene.post(RUN)
    loaded = scene.store.load_job(scene._token, 1)
    scene.asked.clear()
    move(scene, Wanted.STOP)
    scene.post(JobLoaded(1, loaded))
    assert scene.zone.jobs[1].is_running
    scene.asked.clear()  # what it began to fetch never comes: it is stopped before
    scene.zone.jobs[1].fetching = False
    assert scene.post(STOP) == ["store: FinishJob stopped"]


def test_job_that_ended_here_is_not_begun_again_by_an_older_word():
    """The level was read before the end of the job was committed."""
    scene = in_store(contacts=0)
    shown = scene.post(RUN)
    assert shown == ["store: FinishJob finished"]
    assert scene.post(RUN) == []
    assert not scene.zone.jobs
    assert not scene.zone.loading
    assert [each for each in scene.store.records if isinstance(each, FinishJob)] == [
        FinishJob(1, "finished", scene.now)
    ]


def test_pause_taken_back_before_it_was_read_is_never_noticed():
    scene = talking()
    move_and_back = (Wanted.PAUSE, Wanted.RUN)
    for wanted in move_and_back:
        scene.store.jobs[1] = JobSpec(1, a_campaign(), 3, wanted=wanted)
    level = JobsWanted(scene.store.jobs_wanted("Z"))
    assert level == JobsWanted((WantedJob(1, Wanted.RUN, total=3),))
    assert scene.post(level) == []


def test_job_that_is_not_wanted_any_more_ends_after_the_contact_being_worked_on():
    scene = talking(contacts=2)
    scene.post(NONE)
    assert scene.zone.jobs[1].stopping
    assert scene.agent("A").call_state is CallState.Talking
    shown = scene.customer_leaves() + scene.wait(100)
    assert "store: FinishJob stopped" in shown
    assert not scene.zone.jobs


@pytest.mark.parametrize("later", [RUN, PAUSE])
def test_stop_is_for_good(later):
    scene = talking()
    scene.post(STOP)
    assert scene.post(later) == []
    assert scene.zone.jobs[1].stopping
    assert not scene.zone.jobs[1].paused


@pytest.mark.parametrize("event", [RUN, PAUSE, STOP, NONE])
def test_zone_that_closes_begins_nothing(event):
    scene = talking()
    scene.post(ZoneClosing(1000))
    assert scene.post(event) == []
    assert scene.zone.jobs[1].paused
    assert not scene.zone.jobs[1].stopping


def test_job_that_is_loaded_while_the_zone_closes_is_left_to_the_next_owner():
    scene = in_store()
    scene.answers_at_once = False
    scene.post(RUN, ZoneClosing(1000))
    assert scene.answer() == []
    assert not scene.zone.jobs


def test_each_job_goes_to_its_own_state():
    scene = Scene(PacingType.PreviewUntimed)
    scene.start_job(PacingType.PreviewUntimed, job_id=2, wanted=Wanted.PAUSE)
    scene.start_job(PacingType.PreviewUntimed, job_id=3)
    shown = scene.post(JobsWanted((WantedJob(1, Wanted.PAUSE), WantedJob(2, Wanted.RUN))))
    jobs = scene.zone.jobs
    assert without(shown, "store: ReturnContact") == lines("store: FinishJob stopped")
    assert {job_id: job.paused for job_id, job in jobs.items()} == {1: True, 2: False}


STEPS = st.lists(
    st.tuples(st.sampled_from(["press", "read", "answer", "wait"]), st.sampled_from(range(9))), max_size=40
)
PRESSED = [Wanted.RUN, Wanted.PAUSE, Wanted.STOP]


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_zone_comes_to_what_is_wanted_whatever_was_pressed_while_it_was_read(steps):
    """Readings and loads are made one after another, as by the shell; anything may happen between them."""
    scene = Scene()
    scene.answers_at_once = False
    store, readings = scene.store, 0
    for job_id in (1, 2, 3):
        campaign = a_campaign(PacingType.PreviewUntimed, campaign_id=job_id)
        store.add_job(job_id, [a_contact(10 * job_id)], campaign=campaign)

    def answer():
        nonlocal readings
        if readings:
            readings -= 1
            scene.post(JobsWanted(store.jobs_wanted("Z")))
        elif scene.asked:
            scene.answer()

    for step, n in steps:
        job_id, wanted = n % 3 + 1, PRESSED[n // 3]
        if step == "press" and store.jobs[job_id].wanted is not Wanted.STOP:
            store.jobs[job_id] = evolve(store.jobs[job_id], wanted=wanted)
        elif step == "read":
            readings += 1
        elif step == "answer":
            answer()
        elif step == "wait":
            scene.wait(n)
    for _ in range(2):  # the last word, and what comes of it
        readings += 1
        while readings or scene.asked:
            answer()
    stopped = {job_id for job_id, job in store.jobs.items() if job.wanted is Wanted.STOP}
    assert {job_id: job.paused for job_id, job in scene.zone.jobs.items()} == {
        job_id: job.wanted is Wanted.PAUSE for job_id, job in store.jobs.items() if job_id not in stopped
    }
    assert store.finished_jobs == dict.fromkeys(stopped, "stopped")
    ended = [record.job_id for record in store.records if isinstance(record, FinishJob)]
    assert sorted(ended) == sorted(stopped)


# -- a campaign that is changed while its job runs -------------------------------------------


def changed(scene, **changes):
    """The campaign has another version in the store."""
    job = scene.store.jobs[1]
    campaign = evolve(job.campaign, version=job.campaign.version + 1, **changes)
    scene.store.jobs[1] = evolve(job, campaign=campaign)
    return JobsWanted(scene.store.jobs_wanted("Z"))


def running():
    """Agent A talks to a customer of a job that the store has."""
    scene = in_store()
    scene.post(RUN)
    scene.nail()
    scene.customer_answers()
    return scene


def test_campaign_changed_is_loaded_once_and_goes_on_with_what_is_begun():
    scene = running()
    wanted = changed(scene, acw_max_time_s=7, max_attempts=9)
    session = scene.agent("A").session
    scene.post(wanted)
    job = scene.zone.jobs[1]
    assert (job.campaign.acw_max_time_s, job.campaign.max_attempts) == (7, 9)
    assert scene.agent("A").session is session
    assert session.wrapup_details().acw_max_time == 7
    scene.answers_at_once = False
    scene.post(wanted)
    assert not scene.asked


def test_campaign_that_opens_its_hours_dials_what_was_closed_before():
    scene = in_store()
    closed = CallingHours(0, 1)
    scene.store.jobs[1] = evolve(
        scene.store.jobs[1], campaign=evolve(scene.store.jobs[1].campaign, calling_hours=closed)
    )
    scene.post(RUN)
    scene.nail()
    assert not any(isinstance(order, Dial) for order in scene.orders)
    scene.store.pending[1].update(
        {key: (0.0, contact) for key, (_, contact) in scene.store.pending[1].items()}
    )
    scene.post(changed(scene, calling_hours=CallingHours()))
    assert any(isinstance(order, Dial) for order in scene.orders)


def test_campaign_that_opens_its_hours_while_contacts_are_read_looks_once_more():
    scene = in_store()
    scene.answers_at_once = False
    scene.post(RUN)
    scene.answer()
    history, asked = scene.asked
    scene.answer(history)
    scene.post(changed(scene, calling_hours=CallingHours(0, 1439)))
    scene.answer(LoadJob(1))
    scene.asked.remove(asked)
    scene.post(ContactsFetched(1, (), scene.now + 86_400))
    assert [type(question) for question in (asked, *scene.asked)] == [FetchContacts, FetchContacts]


def with_callback(**changes):
    """A callback is due in 100 s when its campaign is changed."""
    scene = Scene()
    start_job_with(scene, a_callback(scene, 100.0))
    scene.nail()
    campaign = evolve(scene.zone.jobs[1].campaign, version=2, **changes)
    scene.post(JobLoaded(1, JobSpec(1, campaign, 0)))
    return scene


def test_campaign_that_announces_callbacks_earlier_does_so_with_those_it_has():
    scene = with_callback(callback_notice_s=60)
    assert scene.wait(39) == []
    assert "PreviewCallbackPending" in "".join(scene.wait(1))


def test_campaign_that_closes_its_hours_makes_its_callbacks_wait_for_the_next():
    scene = with_callback(calling_hours=CallingHours(0, 1))
    (callback,) = scene.zone.jobs[1].callbacks.values()
    assert callback.ready_at > callback.spec.due_at
    scene.wait(200)
    assert scene.agent("A").session is None


def test_campaign_that_asks_for_more_skill_lets_go_who_has_it_not():
    scene = running()
    scene.post(changed(scene, min_skill_level=5))
    scene.send("A", AGTReleaseLine("1000000001"))
    scene.send("A", AGTWrapupContact(CompletionCode(1), session_id="1000000001"))
    assert scene.agent("A").job is None


def test_campaign_of_an_older_version_changes_nothing():
    scene = running()
    scene.post(changed(scene, max_attempts=9))
    old = evolve(scene.store.jobs[1], campaign=a_campaign(PacingType.Progressive))
    scene.post(JobLoaded(1, old))
    assert scene.zone.jobs[1].campaign.max_attempts == 9


# -- contacts that come while the job is there ---------------------------------------------------


def grow(scene, count=2, total=None):
    """So many contacts come into the list of the job; the zone is told the level."""
    scene.store.take_in(1, [a_contact(number) for number in range(500, 500 + count)])
    return scene.post(JobsWanted(scene.store.jobs_wanted("Z")))


@pytest.mark.parametrize("wanted", [Wanted.RUN, Wanted.PAUSE])
def test_job_takes_in_contacts_that_come_into_its_list(wanted):
    scene = in_store(wanted)
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    grow(scene)
    job = scene.zone.jobs[1]
    assert job.total == 5
    scene.want(1, Wanted.RUN)
    assert {contact.contact_id for contact in job.contacts} == {1, 2, 3, 500, 501}


def test_job_with_nothing_due_for_hours_dials_contacts_that_come():
    scene = in_store(contacts=1)
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    scene.nail()
    scene.customer_answers()
    sid = scene.agent("A").session.sid
    scene.customer_leaves(sid)
    scene.send("A", AGTWrapupContact(CompletionCode(3), sid))
    assert scene.agent("A").is_free
    assert any("switch: Dial" in line for line in grow(scene))


def test_level_that_is_as_it_was_asks_the_store_for_nothing():
    scene = in_store(contacts=1)
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    grow(scene)
    scene.answers_at_once = False
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    assert not scene.asked


def test_contacts_that_come_while_a_fetch_is_on_its_way_are_not_missed():
    scene = in_store(contacts=0)
    scene.store.take_in(1, [a_contact(1)])
    scene.answers_at_once = False
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    scene.answer()
    history, fetch = scene.asked
    scene.answer(history)
    scene.witness = None  # the store has claimed what the zone does not know of yet
    read_before = scene._answer_to(fetch)
    grow(scene, 1)
    scene.asked.remove(fetch)
    scene.keep_account()
    scene.answers_at_once = True
    scene.post(read_before)
    assert len(scene.zone.jobs[1].contacts) == 2


def test_job_that_ends_while_contacts_come_goes_on_with_them():
    scene = in_store(contacts=1)
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    scene.nail()
    scene.customer_answers()
    sid = scene.agent("A").session.sid
    scene.store.take_in(1, [a_contact(500)])
    scene.zone.jobs[1].next_due_at = None
    scene.customer_leaves(sid)
    assert "store: FinishJob finished" in scene.send("A", AGTWrapupContact(CompletionCode(1), sid))
    assert not scene.zone.jobs
    scene.post(JobsWanted(scene.store.jobs_wanted("Z")))
    assert scene.zone.jobs[1].sessions or scene.zone.jobs[1].contacts
