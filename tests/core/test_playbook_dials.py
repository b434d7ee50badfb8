"""Every dial is asked about before, and recorded: which number, when, what came of it, who it was."""

import pytest
from attrs import evolve
from scenes import SID, Scene, a_campaign, a_contact, number_of, preview, wrapup

from agentmgr.core.effects import Dial, EndAttempt, HangUp, MarkDialed, ReturnContact, StartAttempt
from agentmgr.core.events import Frozen, JobLoaded, Thawed
from agentmgr.core.model import CallingHours, DialCheck, JobSpec
from agentmgr.testing.transcript import lines
from protocol.commands import AGTPreviewCancel, AGTPreviewDial, AGTRedial, AGTReleaseLine, AGTWrapupContact
from protocol.enums import DialFailReason, PacingType
from protocol.structures import CompletionCode, ContactNumber

TYPED = "+442071234567"
SECOND = a_contact(1).numbers[1].number


def wrapped_up(scene, agent_id="A", session_id=SID, code_id=1):
    return scene.send(agent_id, AGTWrapupContact(CompletionCode(code_id), session_id=session_id))


def dialled(scene):
    return [order.number for order in scene.orders if isinstance(order, Dial)]


def with_numbers_of_the_first(number):
    """Return another contact at the very numbers of contact 1."""
    return evolve(a_contact(number), numbers=a_contact(1).numbers)


def twice_one_number(pacing=PacingType.Progressive):
    """Two agents, two contacts with one number."""
    scene = Scene()
    scene.store.add_job(1, [a_contact(1), with_numbers_of_the_first(2)])
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(pacing), total=2)))
    scene.nail("A")
    scene.nail("B")
    return scene


def of_kind(scene, kind):
    return [record for record in scene.store.records if isinstance(record, kind)]


# -- a number is in work once ----------------------------------------------------------------


def test_number_of_two_contacts_is_dialled_for_one_and_the_other_waits():
    scene = twice_one_number()
    scene.wait(5)
    assert dialled(scene) == [a_contact(1).numbers[0].number]
    scene.customer_answers()
    scene.wait(300)
    assert len(dialled(scene)) == 1
    scene.send("A", AGTReleaseLine(SID))
    wrapped_up(scene)
    scene.wait(120)
    assert dialled(scene) == [a_contact(1).numbers[0].number] * 2


def test_number_of_two_jobs_is_dialled_for_one_and_the_other_waits():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.store.add_job(2, [with_numbers_of_the_first(2)])
    scene.nail()
    scene.customer_answers()
    scene.post(JobLoaded(2, JobSpec(2, a_campaign(PacingType.Progressive), total=1)))
    scene.nail("B")
    scene.wait(200)
    assert len(dialled(scene)) == 1


def test_preview_is_not_offered_while_its_number_is_in_work():
    scene = twice_one_number(PacingType.PreviewUntimed)
    assert len(scene.zone.sessions) == 1


def test_number_typed_that_somebody_talks_to_is_busy_and_not_dialled():
    scene = Scene(PacingType.PreviewUntimed, contacts=2)
    scene.nail("A")
    scene.nail("B")
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    scene.customer_answers(SID)
    shown = scene.send("B", AGTPreviewDial(ContactNumber(number=number_of(1).number), "1000000002"))
    assert "B ! DialFailed wrapup(60s+ Done) Busy 1000000002" in shown
    assert len(dialled(scene)) == 1
    wrapped_up(scene, "B", "1000000002")
    (ended,) = of_kind(scene, EndAttempt)
    assert (ended.outcome, ended.dialed) == ("Busy", False)


def test_number_that_was_busy_with_a_colleague_is_dialled_when_the_colleague_is_done():
    scene = Scene(PacingType.PreviewUntimed, contacts=2)
    scene.nail("A")
    scene.nail("B")
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    scene.customer_answers(SID)
    scene.send("B", AGTPreviewDial(ContactNumber(number=number_of(1).number), "1000000002"))
    scene.send("A", AGTReleaseLine(SID))
    wrapped_up(scene)
    scene.send("B", AGTRedial(ContactNumber(number=number_of(1).number)))
    assert len(dialled(scene)) == 2


def test_number_in_work_in_another_zone_is_not_dialled():
    scene = Scene(PacingType.PreviewUntimed, contacts=1)
    scene.store.add_job(2, [with_numbers_of_the_first(2)])
    scene.store.claim_contacts(scene._token, 2, 1, scene.now)
    elsewhere = StartAttempt("Y-1-1", 2, 2, "Predictive", number_of(1).number, scene.now, dialed_at=scene.now)
    scene.witness = None  # the other zone's attempt is not in this one's account
    scene.store.commit(scene._token, [elsewhere])
    scene.nail()
    scene.wait(1)
    shown = scene.send("A", AGTPreviewDial(number_of(1), SID))
    assert "A ! DialFailed wrapup(60s+ Done) Busy 1000000001" in shown
    assert dialled(scene) == []


# -- the number as it is now -----------------------------------------------------------------


def correct(scene, contact_id, number):
    contact = scene.store.contacts[contact_id]
    corrected = evolve(contact.numbers[0], number=number)
    scene.store.contacts[contact_id] = evolve(contact, numbers=(corrected, *contact.numbers[1:]))


def test_number_corrected_while_its_contact_is_on_hand_is_the_one_dialled_and_recorded():
    scene = wrapup(contacts=2)
    correct(scene, 2, TYPED)
    shown = wrapped_up(scene)
    assert dialled(scene)[-1] == TYPED
    assert f"store: MarkDialed 1000000002 {TYPED}" in shown
    assert scene.zone.sessions["1000000002"].contact.attributes["PhoneNumber1"] == TYPED


def test_number_corrected_into_one_of_the_list_is_not_dialled():
    scene = wrapup(contacts=2)
    correct(scene, 2, TYPED)
    scene.store.dnc.add(TYPED)
    wrapped_up(scene)
    assert TYPED not in dialled(scene)
    assert [e.outcome for e in of_kind(scene, EndAttempt)][1] == "DncBlocked"


def test_number_corrected_while_it_is_previewed_is_the_one_dialled():
    scene = preview()
    correct(scene, 1, TYPED)
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    assert dialled(scene) == [TYPED]


def test_number_taken_away_while_its_contact_is_previewed_is_not_dialled():
    scene = preview()
    contact = scene.store.contacts[1]
    scene.store.contacts[1] = evolve(contact, numbers=contact.numbers[:1])
    shown = scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber2", SECOND), SID))
    assert "A ! DialFailed wrapup(60s+ Done) InvalidNumber 1000000001" in shown
    assert dialled(scene) == []


# -- every dial has its own record -----------------------------------------------------------


def test_preview_dialled_at_the_second_number_is_recorded_with_that():
    scene = preview()
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber2", SECOND), SID))
    assert scene.store.attempts[SID].number == SECOND
    (marked,) = of_kind(scene, MarkDialed)
    assert (marked.number_name, marked.agent_id) == ("PhoneNumber2", "A")


def test_preview_cancelled_is_recorded_as_not_dialled():
    scene = preview()
    scene.send("A", AGTPreviewCancel(SID))
    wrapped_up(scene)
    (ended,) = of_kind(scene, EndAttempt)
    assert (ended.outcome, ended.dialed) == ("Cancelled", False)


def test_redial_is_recorded_beside_the_first_dial_each_with_its_outcome():
    scene = wrapup()
    scene.send("A", AGTRedial(ContactNumber("PhoneNumber2", SECOND)))
    scene.customer_fails(DialFailReason.NoAnswer, SID)
    scene.send("A", AGTRedial(number_of(1)))
    scene.customer_fails(DialFailReason.Busy, SID)
    assert [line for line in wrapped_up(scene) if SID in line or "ReturnContact" in line] == lines("""
        store: SaveDisposition 1000000001.3 1 A 1 agent
        store: EndAttempt 1000000001.3 Busy A
        store: ReturnContact 1 1 Handled
        A < WrapupContact 0 1000000001
    """)
    assert [(e.attempt_id, e.outcome, e.dialed) for e in of_kind(scene, EndAttempt)] == [
        (SID, "Handled", True),
        ("1000000001.2", "NoAnswer", True),
        ("1000000001.3", "Busy", True),
    ]
    begun = [each for each in of_kind(scene, StartAttempt) if each.attempt_id.startswith(SID)]
    assert [(each.number, each.agent_id) for each in begun[1:]] == [(SECOND, "A"), (number_of(1).number, "A")]


def test_redial_after_a_dial_that_was_refused_is_an_attempt_of_its_own():
    scene = preview()
    scene.store.dnc.add(number_of(1).number)
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    scene.send("A", AGTRedial(ContactNumber("PhoneNumber2", SECOND)))
    first, second = scene.store.attempts[SID], scene.store.attempts["1000000001.2"]
    assert (first.number, second.number) == (number_of(1).number, SECOND)
    assert scene.store.ended_attempts[SID].dialed is False


def test_redial_is_the_same_call_at_the_switch():
    scene = wrapup()
    scene.send("A", AGTRedial(number_of(1)))
    assert [order.call_id for order in scene.orders if isinstance(order, Dial)] == [SID, SID]
    assert "switch: Connect 1000000001 Z-1-line-A-1" in scene.customer_answers(SID)


def test_line_hung_up_before_its_answer_leaves_an_attempt_that_was_dialled():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail()
    scene.wait(60)
    assert any(isinstance(order, HangUp) for order in scene.orders)
    (ended,) = of_kind(scene, EndAttempt)
    assert (ended.outcome, ended.dialed) == ("NoAnswer", True)
    assert len(of_kind(scene, ReturnContact)) == 1


# -- while nothing becomes durable -------------------------------------------------------------


@pytest.mark.parametrize("pacing", [PacingType.Progressive, PacingType.Predictive, PacingType.PreviewUntimed])
def test_frozen_zone_begins_nothing_and_goes_on_when_it_has_thawed(pacing):
    scene = Scene(pacing)
    scene.post(Frozen())
    scene.nail("A")
    scene.wait(30)
    assert (dialled(scene), of_kind(scene, StartAttempt)) == ([], [])
    scene.post(Thawed())
    scene.nail("B")
    scene.wait(1)
    assert len(of_kind(scene, StartAttempt)) >= 1


def test_contact_on_the_line_is_finished_while_frozen_and_no_other_one_follows():
    scene = Scene(PacingType.Progressive)
    scene.nail("A")
    scene.customer_answers()
    scene.post(Frozen())
    scene.customer_leaves()
    wrapped_up(scene)
    scene.wait(30)
    assert len(of_kind(scene, StartAttempt)) == 1
    scene.post(Thawed())
    scene.wait(1)
    assert len(of_kind(scene, StartAttempt)) == 2


# -- what is recorded of the checks ----------------------------------------------------------


def test_dial_is_recorded_with_when_it_was_checked_and_against_which_hours():
    scene = preview()
    hours = CallingHours(6 * 60, weekdays=frozenset({1, 2, 3, 4, 5}))
    job = next(iter(scene.zone.jobs.values()))
    job.campaign = evolve(job.campaign, calling_hours=hours)
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    checked_at = scene.now
    scene.wait(5)
    scene.customer_answers()
    scene.send("A", AGTReleaseLine(SID))
    wrapped_up(scene)
    (ended,) = of_kind(scene, EndAttempt)
    assert ended.check == DialCheck(checked_at, a_contact(1).numbers[0].timezone, "06:00-24:00 12345")


def test_number_that_was_refused_is_recorded_without_a_check():
    scene = twice_one_number()
    scene.store.dnc.add(a_contact(1).numbers[0].number)
    scene.wait(60)
    ended = of_kind(scene, EndAttempt)
    assert ended
    assert {each.check for each in ended if not each.dialed} == {DialCheck()}
