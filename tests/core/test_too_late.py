"""News that come when nobody waits for them any more change nothing."""

import pytest
from scenes import CONTACT_SCENES, SCENES, SID, Scene, a_campaign, nailed_idle, pending_nailing, talking

from agentmgr.core.commands.registry import on_agent_command, on_plain_command
from agentmgr.core.events import ConnectionLost, ContactsFetched, JobLoaded, TimerFired, ZoneClosing
from agentmgr.core.model import JobSpec, Wanted
from protocol.commands import AGTHoldCall, AGTWrapupContact, POMClientAlive
from protocol.enums import CallState, NailupStatus, PacingType
from protocol.structures import CompletionCode

RELEVANT = {
    "nail": lambda agent: agent.nailup_status is NailupStatus.PendingNailUp,
    "unnail": lambda agent: agent.nailup_status is NailupStatus.PendingNailUpDrop,
    "renail": lambda agent: agent.nailup_status is NailupStatus.NailingLost,
    "lost": lambda agent: False,
    "preview": lambda agent: agent.call_state is CallState.Preview,
    "ring": lambda agent: agent.call_state is CallState.Dialing,
    "call": lambda agent: agent.call_state in (CallState.Talking, CallState.Held),
    "wrapup": lambda agent: agent.call_state is CallState.Wrapup,
    "queue": lambda agent: False,
}
"""In which states of an agent a timer has something to do."""


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("purpose", RELEVANT)
def test_timer_out_of_place_changes_nothing(name, purpose):
    scene = SCENES[name]()
    agent = scene.agent("A")
    of = SID if purpose in ("preview", "ring", "call", "wrapup", "queue") else "A"
    if not RELEVANT[purpose](agent):
        assert scene.post(TimerFired((purpose, of))) == []


@pytest.mark.parametrize("purpose", [*RELEVANT, "pace"])
def test_timer_of_somebody_unknown_changes_nothing(purpose):
    assert talking().post(TimerFired((purpose, "99"))) == []


@pytest.mark.parametrize("event", [JobLoaded(9, None), ConnectionLost(9)])
def test_word_about_the_unknown_changes_nothing(event):
    assert talking().post(event) == []


def test_contacts_for_a_job_that_is_over_are_not_taken():
    assert talking().post(ContactsFetched(9, (), None)) == []


def test_job_that_runs_already_is_not_started_again():
    scene = talking()
    job = scene.zone.jobs[1]
    assert scene.post(JobLoaded(1, JobSpec(1, a_campaign(), 10))) == []
    assert scene.zone.jobs[1] is job


def test_contacts_fetched_while_the_job_is_stopped_go_back():
    scene = Scene()
    scene.answers_at_once = False
    scene.start_job(PacingType.Progressive, contacts=2)
    scene.want(1, Wanted.STOP)
    assert 1 in scene.zone.jobs
    history, fetch = scene.asked
    assert scene.answer(history) == []
    assert scene.answer(fetch) == [
        "store: ReturnContact 1 0 Stopped +0s",
        "store: ReturnContact 2 0 Stopped +0s",
        "store: FinishJob stopped",
    ]


def test_contact_given_back_during_a_fetch_is_not_forgotten():
    scene = talking(contacts=1)
    scene.answers_at_once = False
    job = scene.zone.jobs[1]
    job.next_due_at = scene.now
    scene.wait(1)
    assert job.fetching
    scene.customer_leaves()
    scene.send("A", wrapup_with_retry())
    scene.post(ContactsFetched(1, (), None))
    scene.asked.clear()
    assert job.next_due_at == scene.now + 900
    assert 1 in scene.zone.jobs


def wrapup_with_retry():
    return AGTWrapupContact(CompletionCode(3), SID)


@pytest.mark.parametrize("name", CONTACT_SCENES)
def test_zone_closing_disposes_nothing_before_its_time_is_over(name):
    scene = CONTACT_SCENES[name]()
    scene.post(ZoneClosing(1000))
    assert not scene.store.dispositions


def test_desktop_back_before_its_time_is_over_is_not_logged_off():
    scene = nailed_idle()
    scene.disconnect(1)
    scene.log_on("A", scene.connect("A"), is_force=True)
    assert scene.wait(120) == []
    assert scene.agent("A").connection is not None


def test_nailing_timer_is_set_anew_when_the_phone_is_called():
    scene = pending_nailing()
    scene.wait(20)
    scene.call_phone()
    assert scene.wait(24) == []


@pytest.mark.parametrize(
    ("register", "command"), [(on_agent_command, AGTHoldCall), (on_plain_command, POMClientAlive)]
)
def test_second_handler_of_a_command_is_refused(register, command):
    with pytest.raises(ValueError, match=f"{command.__name__} has two handlers"):
        register(command)(lambda *_: None)
