"""What a commit does: every record, the token, all or nothing."""

from typing import Any

import attrs
import pytest
from stores import REFUSED, SALE, T0, ZONE, Bench, disposition, handled, start

from agentmgr.core.effects import (
    RECORDS,
    AddToDnc,
    EndAttempt,
    FinishJob,
    HoldCalls,
    MarkAnswered,
    ReturnContact,
    SaveAnswer,
    SaveNote,
    SetAttribute,
    SetNumber,
)
from agentmgr.core.model import DialCheck, PhoneNumber, Place
from agentmgr.ports import Fenced, JobState, StoreFault, Token
from agentmgr.store.answers import parameters_of
from agentmgr.store.records import STATEMENTS
from protocol.commands import AGTHoldCall, AGTHoldCallRESP
from protocol.results import ResultCode


def named(kind: type[Any]) -> tuple[Any, set[str]]:
    """Return a record whose values are the names of its fields, and these names; parts have theirs."""
    names = {field.name for field in attrs.fields(kind)}
    if kind is SaveAnswer:
        answer = SaveAnswer("1001", 3, 2**40, AGTHoldCall("sid"), AGTHoldCallRESP(ResultCode.SUCCESS, "sid"))
        return answer, set(parameters_of(answer))
    values: dict[str, Any] = {name: name for name in names}
    if "place" in names:
        of_place = {field.name for field in attrs.fields(Place)}
        values["place"] = Place(**{name: name for name in of_place})  # type: ignore[arg-type]  # names for all
        names = names - {"place"} | of_place
    if "check" in names:
        of_check = {field.name: f"check.{field.name}" for field in attrs.fields(DialCheck)}
        values["check"] = DialCheck(**of_check)  # type: ignore[arg-type]  # names for all
        names = names - {"check"} | set(of_check.values())
    return kind(**values), names


def test_records_every_kind_names_fields_that_it_has() -> None:
    for kind in RECORDS:
        for statement in STATEMENTS[kind]:
            parameters = statement.values(ZONE, named(kind)[0])
            assert len(parameters) == statement.sql.count("?")


def test_records_every_kind_has_all_its_fields_stored() -> None:
    for kind in set(RECORDS) - {FinishJob, HoldCalls}:
        record, names = named(kind)
        stored = {name for each in STATEMENTS[kind] for name in each.parameters(record)}
        assert stored == names, kind


def test_commit_whole_attempt_is_there_afterwards(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1"))
    tally = bench.store.tally(bench.job_id)
    assert (tally.attempts, tally.live_answers, tally.abandoned, tally.stored) == (1, 1, 0, 1)
    assert tally.outcomes == (("Handled", 1),)
    assert tally.dispositions == (("Sale", 1),)
    assert bench.contact(contact.contact_id) == ("done", 1, "Handled")
    row = bench.store.dispositions(1, 0, 10)[0]
    assert (row.attempt_id, row.user_contact_id, row.contact_list, row.number) == (
        "a1",
        "C0",
        "Spring",
        "+12125550000",
    )
    assert (row.agent_id, row.code_id, row.code, row.source, row.outcome) == (
        "1001",
        SALE,
        "Sale",
        "agent",
        "Handled",
    )
    assert (row.started_at, row.answered_at, row.saved_at) == (T0, T0 + 5, T0 + 9)


def test_commit_many_kinds_in_one_batch_keep_their_order(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [
            start(bench, contact, "a1"),
            SetAttribute(contact.contact_id, "FirstName", "Bea", "1001", T0),
            EndAttempt("a1", "Busy", T0 + 1),
            ReturnContact(bench.job_id, contact.contact_id, 1, "Busy", T0 + 600),
            SetAttribute(contact.contact_id, "FirstName", "Cleo", "1001", T0),
        ],
    )
    again = bench.claim(10, T0 + 600)[0]
    assert (again.contact_id, again.attempts, again.attributes["FirstName"]) == (
        contact.contact_id,
        1,
        "Cleo",
    )


@pytest.mark.parametrize(
    "token", [Token(ZONE, 1, 2), Token(ZONE, 0, 1), Token(ZONE, 2, 1), Token("Else", 1, 1)]
)
def test_commit_with_another_token_is_fenced_and_writes_nothing(bench: Bench, token: Token) -> None:
    with pytest.raises(Fenced) as caught:
        bench.store.commit(token, [AddToDnc("+12125550000", "1001", T0)])
    assert token.zone in str(caught.value)
    assert bench.store.on_dnc(["+12125550000"]) == frozenset()
    bench.store.commit(bench.token, [AddToDnc("+12125550000", "1001", T0)])


def test_commit_after_takeover_is_fenced(bench: Bench) -> None:
    old = bench.token
    new = bench.store.open_zone(ZONE, T0).token
    assert (new.era, new.epoch) == (old.era, old.epoch + 1)
    with pytest.raises(Fenced):
        bench.store.commit(old, [AddToDnc("+12125550000", "1001", T0)])
    with pytest.raises(Fenced):
        bench.store.claim_contacts(old, bench.job_id, 1, T0)
    assert bench.rows("SELECT count(*) FROM job_contact WHERE state = 'pending'") == [(5,)]


def test_commit_of_one_zone_is_not_fenced_by_another(bench: Bench) -> None:
    bench.store.open_zone("Other", T0)
    bench.store.open_zone("Other", T0)
    bench.store.commit(bench.token, [AddToDnc("+12125550000", "1001", T0)])


def test_commit_with_one_impossible_record_writes_nothing(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    records = [
        *handled(bench, contact, "a1"),
        AddToDnc("+12125550000", "1001", T0),
        attrs.evolve(start(bench, contact, "a2"), contact_id=999),
    ]
    with pytest.raises(StoreFault, match=r"(?i)foreign key"):
        bench.store.commit(bench.token, records)
    assert bench.store.tally(bench.job_id).attempts == 0
    assert bench.store.on_dnc(["+12125550000"]) == frozenset()
    assert bench.contact(contact.contact_id)[0] == "claimed"
    bench.store.commit(bench.token, records[:-1])
    assert bench.store.tally(bench.job_id).stored == 1


def test_commit_nothing_still_checks_the_token(bench: Bench) -> None:
    bench.store.commit(bench.token, [])
    with pytest.raises(Fenced):
        bench.store.commit(Token(ZONE, 1, 99), [])


def test_disposition_second_for_one_attempt_changes_nothing(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, [start(bench, contact, "a1"), disposition(bench, contact, "a1", SALE)])
    bench.store.commit(bench.token, [disposition(bench, contact, "a1", REFUSED)])
    assert [row.code for row in bench.store.dispositions(1, 0, 10)] == ["Sale"]


def test_disposition_without_attempt_is_a_fault(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    with pytest.raises(StoreFault):
        bench.store.commit(bench.token, [disposition(bench, contact, "never")])


def test_disposition_with_a_code_the_campaign_has_not_is_shown_by_number(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, [start(bench, contact, "a1"), disposition(bench, contact, "a1", 77)])
    assert bench.store.tally(bench.job_id).dispositions == (("77", 1),)
    assert bench.store.dispositions(1, 0, 10)[0].code == "77"


def test_attempt_answered_first_and_taken_later_keeps_the_time_of_the_answer(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [start(bench, contact, "a1"), MarkAnswered("a1", T0 + 1, None), MarkAnswered("a1", T0 + 3, "1002")],
    )
    assert bench.rows("SELECT answered_at, agent_id FROM attempt") == [(T0 + 1, "1002")]


def test_check_of_a_dial_stays_with_a_call_that_outlives_its_manager(bench: Bench) -> None:
    contact, check = bench.claim(1)[0], DialCheck(T0 + 0.5, "Europe/London", "09:00-20:00 12345")
    bench.store.commit(bench.token, [start(bench, contact, "a1"), MarkAnswered("a1", T0 + 1, "1001", check)])
    heir = bench.store.open_zone(ZONE, T0 + 2).token
    bench.store.commit(heir, [EndAttempt("a1", "Handled", T0 + 60, "1001")])
    checked = bench.rows("SELECT checked_at, timezone, hours FROM attempt")
    assert checked == [(check.at, check.timezone, check.hours)]


def test_attempt_abandoned_is_counted(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [
            start(bench, contact, "a1"),
            MarkAnswered("a1", T0 + 1, None),
            EndAttempt("a1", "Nuisance", T0 + 3),
            ReturnContact(bench.job_id, contact.contact_id, 1, "Nuisance", T0 + 3600),
        ],
    )
    tally = bench.store.tally(bench.job_id)
    assert (tally.attempts, tally.live_answers, tally.abandoned) == (1, 1, 1)


def test_attempt_ended_twice_keeps_its_first_end(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [start(bench, contact, "a1"), EndAttempt("a1", "Busy", T0 + 1), EndAttempt("a1", "Handled", T0 + 2)],
    )
    assert bench.rows("SELECT outcome, ended_at FROM attempt") == [("Busy", T0 + 1)]


def test_contact_returned_once_it_is_done_stays_done(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1"))
    bench.store.commit(bench.token, [ReturnContact(bench.job_id, contact.contact_id, 0, "Stopped", T0)])
    assert bench.contact(contact.contact_id) == ("done", 1, "Handled")


def test_notes_come_back_with_the_contact_in_order(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    for text in ("first", "second"):
        bench.store.commit(bench.token, [SaveNote(bench.job_id, contact.contact_id, "a1", "1001", text, T0)])
    bench.reopen()
    assert bench.claim(1)[0].notes == ("first", "second")


def test_attribute_telephone_number_is_what_is_dialled_next(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [
            SetNumber(
                contact.contact_id, "PhoneNumber1", "+61412345678", "Australia/Perth", True, 61, "1001", T0
            ),
            SetNumber(
                contact.contact_id, "PhoneNumber2", "+13125558888", "America/Chicago", False, 1, "1001", T0
            ),
            SetAttribute(contact.contact_id, "AccountBalance", "12.50", "1001", T0),
        ],
    )
    bench.reopen()
    again = bench.claim(1)[0]
    assert again.numbers == (
        PhoneNumber("PhoneNumber1", "+61412345678", "Australia/Perth", True),
        PhoneNumber("PhoneNumber2", "+13125558888", "America/Chicago"),
    )
    names = ("PhoneNumber1", "PhoneNumber1CtryCode", "TimeZone", "PhoneNumber2CtryCode", "AccountBalance")
    assert [again.attributes[name] for name in names] == [
        "+61412345678",
        "61",
        "Australia/Perth",
        "1",
        "12.50",
    ]


def test_dnc_address_added_twice_stays_as_it_was(bench: Bench) -> None:
    for agent_id in ("1001", "1002"):
        bench.store.commit(bench.token, [AddToDnc("+12125550000", agent_id, T0)])
    assert [entry.added_by for entry in bench.store.dnc_entries("", 10)] == ["1001"]
    assert bench.store.on_dnc(["+12125550000", "+1"]) == frozenset({"+12125550000"})


@pytest.mark.parametrize("state", [JobState.Finished, JobState.Stopped])
def test_job_finished_is_over_once_and_for_all(bench: Bench, state: JobState) -> None:
    contacts = bench.claim()
    done = [ReturnContact(bench.job_id, each.contact_id, 1, "Busy", None) for each in contacts]
    bench.store.commit(bench.token, [*done, FinishJob(bench.job_id, str(state), T0 + 50)])
    bench.store.commit(bench.token, [FinishJob(bench.job_id, "finished", T0 + 60)])
    job = bench.store.latest_job(1)
    assert job is not None
    assert (job.state, job.ended_at) == (state, T0 + 50)
    assert bench.reopen().jobs == ()


def test_commit_end_of_an_attempt_that_is_not_there_changes_nothing(bench: Bench) -> None:
    bench.store.commit(bench.token, [EndAttempt("nobody", "Busy", T0)])
    assert bench.store.tally(bench.job_id).outcomes == ()
