"""Every dial as a row: which number it was, in the order of time, in pages that no table is searched for."""

import pytest
from attrs import evolve
from stores import SALE, T0, ZONE, Bench, in_file, prepare_job, start

from agentmgr.core.effects import (
    EndAttempt,
    MarkAnswered,
    MarkDialed,
    Record,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.ports import DialPlace, DialRow, JobState
from agentmgr.store.jobs import _DIALS
from protocol.enums import ContactType


def pages(bench: Bench, size: int) -> list[DialRow]:
    """Read all dials page by page."""
    found: list[DialRow] = []
    place = DialPlace()
    while rows := bench.store.dials(1, place, size):
        assert len(rows) <= size
        assert len(found) < 100, "pages that never end"
        found += rows
        place = DialPlace(rows[-1].job_id, rows[-1].dialed_at, rows[-1].attempt_id)
    return found


@pytest.mark.parametrize("size", [1, 2, 100])
def test_dials_of_one_contact_are_shown_each_with_its_number(bench: Bench, size: int) -> None:
    contact = bench.claim(1)[0]
    shown = start(bench, contact, "a1")  # a preview, of which the second number is dialled
    dialled = MarkDialed("a1", "PhoneNumber2", "+12125559002", T0 + 1, "1001")

    def redial(attempt_id: str, name: str, number: str, at: float) -> StartAttempt:
        return evolve(
            shown,
            attempt_id=attempt_id,
            session_id="a1",
            number=number,
            number_name=name,
            at=at,
            dialed_at=at,
            agent_id="1001",
        )

    records: list[Record] = [
        shown,
        dialled,
        EndAttempt("a1", "Busy", T0 + 2),
        redial("a2", "ExternalNumber", "+12125559003", T0 + 3),
        MarkAnswered("a2", T0 + 4, "1001"),
        EndAttempt("a2", "Handled", T0 + 5),
        redial("a3", "PhoneNumber1", contact.numbers[0].number, T0 + 6),
        SaveDisposition("a3", bench.job_id, contact.contact_id, "1001", SALE, "agent", T0 + 7),
        EndAttempt("a3", "NoAnswer", T0 + 7),
        ReturnContact(bench.job_id, contact.contact_id, 1, "Handled", None),
        evolve(redial("a4", "CallbackNumber", "+12125559004", T0 + 8), contact_type=ContactType.Callback),
    ]
    bench.store.commit(bench.token, records)
    rows = pages(bench, size)
    assert [(row.attempt_id, row.number_name, row.number, row.outcome, row.code) for row in rows] == [
        ("a1", "PhoneNumber2", "+12125559002", "Busy", ""),
        ("a2", "ExternalNumber", "+12125559003", "Handled", ""),
        ("a3", "PhoneNumber1", "+12125550000", "NoAnswer", "Sale"),
        ("a4", "CallbackNumber", "+12125559004", "", ""),
    ]
    assert rows[1] == DialRow(
        *(bench.job_id, "a2", "a1", "Spring", "C0", "ExternalNumber", "+12125559003"),
        *(T0 + 3, T0 + 4, T0 + 5, "Handled", "1001", "Predictive", ""),
    )
    assert [row.contact_type for row in rows][-1] == "Callback"
    assert bench.store.tally(bench.job_id).dials == 4


def test_dials_leave_out_what_was_shown_or_refused_alone(bench: Bench) -> None:
    one, two, three = (start(bench, contact, f"a{n}") for n, contact in enumerate(bench.claim(3)))
    bench.store.commit(
        bench.token,
        [
            evolve(one, dialed_at=T0),
            EndAttempt("a0", "DncBlocked", T0, dialed=False),
            two,
            EndAttempt("a1", "Cancelled", T0, dialed=False),
            evolve(three, dialed_at=T0),
            EndAttempt("a2", "NoAnswer", T0 + 9),
        ],
    )
    assert [row.attempt_id for row in pages(bench, 2)] == ["a2"]


def test_dials_of_all_jobs_come_in_pages_also_at_one_moment(bench: Bench) -> None:
    def dial_all(count: int) -> None:
        for contact in bench.claim(count):
            record = start(bench, contact, f"j{bench.job_id}-{contact.contact_id}")
            bench.store.commit(bench.token, [evolve(record, dialed_at=T0)])

    dial_all(5)
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0)
    other = prepare_job(bench.store, contacts=2, name="Autumn")
    bench.store.create_job(1, [ZONE], T0)  # of the same campaign, without dials
    bench.job_id = other.job_id
    dial_all(1)
    assert [row.attempt_id for row in pages(bench, 2)] == [f"j1-{n}" for n in range(1, 6)]
    assert [row.attempt_id for row in bench.store.dials(2, DialPlace(), 9)] == ["j2-6"]
    assert bench.store.dials(3, DialPlace(), 9) == ()


@in_file
def test_dials_are_read_from_an_index_in_their_order(bench: Bench) -> None:
    plan = bench.rows(f"EXPLAIN QUERY PLAN {_DIALS}", 1, 1, T0, "a", 100)
    steps = [str(row[-1]) for row in plan]
    assert steps[0].startswith("SEARCH attempt USING"), steps
    assert "ix_attempt_dialed (job_id=? AND (dialed_at,attempt_id)>(?,?))" in steps[0]
    assert not any(step.startswith("SCAN") or "TEMP B-TREE" in step for step in steps)
