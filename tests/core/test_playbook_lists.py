"""Playbooks of a list: which contact comes next, at which of its numbers, and when it comes again."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from scenes import SID, Scene, a_campaign, a_contact

from agentmgr.core.effects import CheckDial, Dial, FetchContacts, ReturnContact
from agentmgr.core.events import ContactsFetched, JobLoaded
from agentmgr.core.model import CallingHours, JobSpec, PhoneNumber
from protocol.commands import AGTPreviewDial, AGTWrapupContact
from protocol.enums import CallState, DialFailReason, PacingType
from protocol.structures import CompletionCode, ContactNumber


def times_at(scene, contact_id, since):
    """Return when a contact was tried, seconds after a moment."""
    return [each.at - since for each in scene.store.attempts.values() if each.contact_id == contact_id]


# -- retries -----------------------------------------------------------------------------------


def test_retry_that_is_due_is_dialled_before_the_fresh_contacts_on_hand():
    retries = {DialFailReason.Busy: 60, DialFailReason.NoAnswer: 7200}
    scene = Scene(PacingType.Progressive, contacts=250, agents="A", retry_s=retries)
    scene.nail()
    busy_at = scene.now
    scene.customer_fails()
    while scene.now < busy_at + 90:
        scene.wait(5)
        scene.customer_fails(DialFailReason.NoAnswer)
    assert times_at(scene, 1, busy_at) == [0, 60]


def test_retries_are_asked_for_beside_fresh_ones_once_a_tick_and_no_more_than_fit():
    scene = Scene(
        PacingType.Progressive, contacts=600, agents="A", retry_s={DialFailReason.Busy: 60}, max_attempts=9
    )
    scene.nail()
    asked = []
    recount = scene.witness

    def witness(event, caused):
        recount(event, caused)
        asked.extend((scene.now, effect) for effect in caused if isinstance(effect, FetchContacts))
        assert len(scene.agent("A").job.contacts) <= 2 * scene.config.fetch_size

    scene.witness = witness
    for _ in range(500):
        scene.wait(0.25)
        scene.customer_fails()
    times = [at for at, question in asked if question.only_retries]
    assert times
    assert all(later - earlier >= scene.config.pace_interval_s for earlier, later in pairwise(times))


def test_retries_due_at_once_are_not_claimed_beyond_what_fits():
    scene = Scene()
    scene.store.add_job(1, [a_contact(number) for number in range(1, 701)], due_at=scene.now - 1)
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(), total=700)))
    scene.wait(30)
    assert len(scene.zone.jobs[1].contacts) == scene.config.fetch_size


# -- numbers ------------------------------------------------------------------------------------

ONE, TWO, OTHER = "+493012345601", "+493012345602", "+81312345678"


def with_numbers(*numbers, pacing=PacingType.Progressive, dnc=None, **campaign):
    """A is there for a job with one contact that has these numbers, all in Berlin unless a zone is given."""
    scene = Scene(agents="A")
    scene.store.dnc.add(dnc)
    named = [number if isinstance(number, tuple) else (number, "Europe/Berlin") for number in numbers]
    contact = evolve(
        a_contact(1),
        numbers=tuple(PhoneNumber(f"PhoneNumber{i}", *number) for i, number in enumerate(named, 1)),
    )
    scene.store.add_job(1, [contact])
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(pacing, **campaign), total=1)))
    scene.nail()
    return scene


def dialed(scene):
    return [order.number for order in scene.orders if isinstance(order, Dial)]


def ring_out(scene, times, **reasons):
    """Let up to so many lines fail, for other reasons at the numbers named; return all that were dialled."""
    for _ in range(times):
        until = scene.now + 7200
        while not scene.zone.sessions and scene.now < until:
            scene.wait_long(30)
        if scene.zone.sessions:
            scene.customer_fails(reasons.get(dialed(scene)[-1], DialFailReason.NoAnswer))
    return dialed(scene)


def test_number_that_is_invalid_is_left_out_and_the_other_gets_the_attempts():
    scene = with_numbers(ONE, TWO, max_attempts=6)
    assert ring_out(scene, 10, **{ONE: DialFailReason.InvalidNumber}) == [ONE, *5 * [TWO]]
    assert scene.store.done[1] == {1: "NoAnswer"}


def test_other_number_is_dialled_at_once_when_the_first_is_of_no_use():
    scene = with_numbers(ONE, TWO, max_attempts=6)
    scene.customer_fails(DialFailReason.InvalidNumber)
    assert dialed(scene) == [ONE, TWO]


def test_contact_without_a_number_of_use_is_done_with_what_the_last_came_to():
    scene = with_numbers(ONE, TWO, max_attempts=6)
    assert ring_out(scene, 5, **dict.fromkeys((ONE, TWO), DialFailReason.InvalidNumber)) == [ONE, TWO]
    assert scene.store.done[1] == {1: "InvalidNumber"}


def test_numbers_that_are_of_use_are_tried_in_turn():
    numbers = [f"+4930123456{i:02}" for i in range(5)]
    scene = with_numbers(*numbers, max_attempts=9)
    out = ring_out(scene, 12, **{numbers[1]: DialFailReason.InvalidNumber})
    assert out == [numbers[i] for i in (0, 1, 2, 3, 4, 0, 2, 3, 4)]


@pytest.mark.parametrize("blocked", [ONE, TWO])
def test_number_on_the_dnc_list_is_left_out_and_counts_for_nothing(blocked):
    scene = with_numbers(ONE, TWO, dnc=blocked, max_attempts=4)
    free = TWO if blocked == ONE else ONE
    assert ring_out(scene, 8) == 4 * [free]
    assert scene.store.done[1] == {1: "NoAnswer"}


def test_retry_time_of_an_invalid_number_is_obeyed():
    scene = with_numbers(ONE, max_attempts=3, retry_s={DialFailReason.InvalidNumber: 60})
    assert ring_out(scene, 5, **{ONE: DialFailReason.InvalidNumber}) == 3 * [ONE]


def test_retry_time_of_the_dnc_list_does_not_keep_a_contact_for_ever():
    scene = Scene(PacingType.Progressive, contacts=1, agents="A", retry_s={DialFailReason.DncBlocked: 60})
    scene.store.dnc.update(number.number for number in a_contact(1).numbers)
    scene.nail()
    assert scene.store.done[1] == {1: "DncBlocked"}


NEVER = CallingHours(0, 1440, frozenset())


def blocked(scene):
    scene.store.dnc.update(number.number for number in a_contact(1).numbers)


REFUSALS = {
    DialFailReason.DncBlocked: blocked,
    DialFailReason.Busy: lambda scene: scene.zone.numbers_in_work.clear(),
    DialFailReason.TelephonyDown: lambda scene: setattr(scene.zone, "telephony_is_down", True),
    DialFailReason.OutsideCallingHours: lambda scene: setattr(
        scene.zone.jobs[1], "campaign", evolve(scene.zone.jobs[1].campaign, calling_hours=NEVER)
    ),
}
"""What comes up between the wish to dial and the answer to the question about the number."""


@pytest.mark.parametrize("reason", REFUSALS)
def test_number_that_is_not_dialled_after_all_counts_as_refused_and_as_no_attempt(reason):
    scene = Scene(PacingType.Progressive, contacts=1, agents="A")
    for step in (scene.log_on, scene.go_ready, scene.offer_phone, scene.call_phone):
        step()
    scene.answers_at_once = False
    scene.answer_phone()
    scene.witness = None
    REFUSALS[reason](scene)
    scene.answer()
    assert not dialed(scene)
    assert scene.zone.stats.refused == {reason: 1}
    assert scene.zone.stats.attempts == 0
    (end,) = scene.store.ended_attempts.values()
    assert (end.outcome, end.dialed, end.was_refused) == (reason, False, True)
    returned = [each for each in scene.store.records if isinstance(each, ReturnContact)]
    assert [each.attempts for each in returned] == [0]


def test_number_that_the_network_holds_to_be_closed_is_tried_again_but_not_at_once():
    scene = with_numbers(ONE, max_attempts=3)
    scene.customer_fails(DialFailReason.OutsideCallingHours)
    assert dialed(scene) == [ONE]
    scene.wait(60)
    assert dialed(scene) == [ONE, ONE]


def test_number_that_was_corrected_gets_a_new_chance():
    scene = with_numbers(ONE, TWO, max_attempts=6)
    scene.customer_fails(DialFailReason.InvalidNumber)
    contact = scene.store.contacts[1]
    first = evolve(contact.numbers[0], number=OTHER)
    scene.store.contacts[1] = evolve(contact, numbers=(first, contact.numbers[1]))
    assert ring_out(scene, 4) == [ONE, TWO, TWO, OTHER, TWO]


def test_number_that_stands_twice_does_not_keep_the_others_from_their_turn():
    scene = with_numbers(ONE, ONE, TWO, max_attempts=5)
    assert ring_out(scene, 8) == [ONE, TWO, ONE, TWO, ONE]


def test_premium_number_is_left_out_unless_the_campaign_pays_for_it():
    premium = "+449098790000"
    assert dialed(with_numbers(premium, ONE)) == [ONE]
    assert dialed(with_numbers(premium, ONE, allow_premium=True)) == [premium]
    scene = with_numbers(premium)
    assert (scene.store.attempts, scene.store.done[1]) == ({}, {1: "InvalidNumber"})


def test_number_that_can_never_be_called_is_left_out():
    hours = CallingHours(0, 1439)
    assert dialed(with_numbers((ONE, ""), TWO, calling_hours=hours)) == [TWO]
    scene = with_numbers((ONE, ""), (TWO, "Nowhere/At_all"), calling_hours=hours)
    assert (scene.store.attempts, scene.store.done[1]) == ({}, {1: "OutsideCallingHours"})


def test_number_that_is_next_is_written_with_the_contact_for_the_store_to_find_it_by():
    scene = with_numbers(ONE, TWO, dnc=ONE, max_attempts=6)
    scene.customer_fails(DialFailReason.Rejected)
    blocked, rejected = (record for record in scene.store.records if isinstance(record, ReturnContact))
    assert (blocked.phone, blocked.left_out) == ("PhoneNumber2", ONE)
    assert (rejected.phone, rejected.left_out) == ("PhoneNumber2", ONE)


def test_number_that_somebody_else_is_at_work_with_waits_and_is_not_counted():
    scene = with_numbers(ONE, max_attempts=1)
    scene.customer_fails(DialFailReason.NoAnswer)
    scene = Scene(agents="AB")
    twin = evolve(a_contact(2), numbers=a_contact(1).numbers)
    scene.store.add_job(1, [a_contact(1), twin])
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(max_attempts=1), total=2)))
    scene.nail("A")
    scene.nail("B")
    assert len(dialed(scene)) == 1
    scene.customer_fails(DialFailReason.NoAnswer)
    scene.wait(61)
    assert len(dialed(scene)) == 2
    assert scene.store.done[1] == {1: "NoAnswer"}


def test_number_that_could_not_be_dialled_for_want_of_lines_waits_and_is_not_counted():
    scene = with_numbers(ONE, max_attempts=1, pacing=PacingType.PreviewUntimed)
    scene.answers_at_once = False
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1", ONE), SID))
    scene.zone.telephony_is_down = True
    scene.answers_at_once = True
    scene.post(ContactsFetched(9, (), None))
    scene.zone.telephony_is_down = False
    scene.send("A", AGTWrapupContact(CompletionCode(1), SID))
    (returned,) = [record for record in scene.store.records if isinstance(record, ReturnContact)]
    assert (returned.attempts, returned.due_at) == (0, scene.now + 60)


# -- numbers that an agent chooses ---------------------------------------------------------------


def shown(scene):
    """Return the number that A is shown as the contact's next."""
    return scene.agent("A").session.to_contact().default_number


def dial_by_hand(scene, number, reason=DialFailReason.NoAnswer, code=1):
    """Let A dial from the preview, not reach anybody, and wrap up."""
    sid = scene.agent("A").session.sid
    scene.send("A", AGTPreviewDial(ContactNumber("ExternalNumber", number), sid))
    if scene.agent("A").call_state is CallState.Dialing:
        scene.customer_fails(reason)
    scene.send("A", AGTWrapupContact(CompletionCode(code), sid))


def test_preview_shows_the_number_that_is_next():
    scene = with_numbers(ONE, TWO, pacing=PacingType.PreviewUntimed, max_attempts=9)
    assert shown(scene) == ONE
    dial_by_hand(scene, ONE, DialFailReason.InvalidNumber)
    assert shown(scene) == TWO
    dial_by_hand(scene, TWO)
    scene.wait(1800)
    assert shown(scene) == TWO


def test_number_after_the_one_that_the_agent_chose_is_next():
    scene = with_numbers(ONE, TWO, "+493012345603", pacing=PacingType.PreviewUntimed, max_attempts=9)
    dial_by_hand(scene, TWO)
    scene.wait(1800)
    assert shown(scene) == "+493012345603"


def test_number_that_was_typed_leaves_those_of_the_contact_their_turn():
    scene = with_numbers(ONE, TWO, pacing=PacingType.PreviewUntimed, max_attempts=9)
    dial_by_hand(scene, OTHER, DialFailReason.InvalidNumber)
    assert shown(scene) == ONE


def test_number_on_the_dnc_list_is_left_out_after_a_preview_with_any_code():
    scene = with_numbers(ONE, TWO, dnc=ONE, pacing=PacingType.PreviewUntimed, max_attempts=1)
    dial_by_hand(scene, ONE, code=3)
    scene.wait(899)
    assert scene.agent("A").session is None
    scene.wait(1)
    assert (shown(scene), scene.agent("A").session.contact.attempts) == (TWO, 0)


# -- closed at the moment of dialling ------------------------------------------------------------

DAY = CallingHours(9 * 60, 21 * 60)
CLOSING = datetime(2023, 11, 15, 21, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


def preview_at_closing(second, **campaign):
    """A is shown a contact before the calling hours end, and it is so many seconds after that."""
    scene = Scene(agents="A")
    scene.wait(CLOSING - 10 - scene.now)
    scene.store.add_job(1, [a_contact(1)])
    scene.post(
        JobLoaded(
            1, JobSpec(1, a_campaign(PacingType.PreviewUntimed, calling_hours=DAY, **campaign), total=1)
        )
    )
    scene.nail()
    scene.wait(10 + second)
    return scene


def returned(scene):
    """Return how the contact was given back: its attempts, and after how many hours it opens again."""
    (record,) = [record for record in scene.store.records if isinstance(record, ReturnContact)]
    return record.attempts, record.due_at and (record.due_at - CLOSING) / 3600


@pytest.mark.parametrize(("code", "expected"), [(1, (0, 12)), (3, (0, 12)), (2, (0, None))])
def test_contact_that_is_dialled_after_closing_is_due_at_the_opening_and_not_counted(code, expected):
    scene = preview_at_closing(1, max_attempts=1)
    shown = scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    assert "A ! DialFailed wrapup(60s+ Done) OutsideCallingHours 1000000001" in shown
    scene.wait(30)
    scene.send("A", AGTWrapupContact(CompletionCode(code), SID))
    assert returned(scene) == expected
    assert dialed(scene) == []


def test_number_that_was_chosen_after_closing_is_the_one_that_waits_for_the_opening():
    scene = preview_at_closing(1)
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber2"), SID))
    scene.send("A", AGTWrapupContact(CompletionCode(1), SID))
    assert returned(scene) == (0, 12)
    assert scene.store.records[-1].phone == "PhoneNumber2"


def test_contact_that_the_desktop_leaves_in_wrapup_after_closing_is_due_at_the_opening_too():
    scene = preview_at_closing(1)
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    scene.wait(120)
    assert returned(scene) == (0, 12)


def test_contact_that_is_dialled_in_the_last_second_rings():
    scene = preview_at_closing(-1)
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    assert len(dialed(scene)) == 1


def test_contact_whose_check_is_answered_after_closing_is_due_at_the_opening():
    scene = preview_at_closing(-1)
    scene.answers_at_once = False
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    scene.wait(2)
    scene.answer()
    scene.send("A", AGTWrapupContact(CompletionCode(1), SID))
    assert returned(scene) == (0, 12)


def test_line_whose_check_is_answered_after_closing_is_due_at_the_opening_without_an_agent():
    scene = Scene(agents="A")
    scene.wait(CLOSING - 10 - scene.now)
    scene.store.add_job(1, [a_contact(1)], due_at=CLOSING - 5)
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(calling_hours=DAY, max_attempts=1), total=1)))
    scene.nail()
    scene.answers_at_once = False
    scene.wait(6)
    scene.answer()
    assert [type(question) for question in scene.asked] == [CheckDial]
    scene.wait(5)
    scene.answer()
    assert returned(scene) == (0, 12)
    assert dialed(scene) == []
