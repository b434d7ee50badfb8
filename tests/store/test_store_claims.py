"""Claims: what is due, in order, never twice, without a look at all contacts."""

import pytest
from stores import T0, ZONE, Bench, handled, prepare_job, start

from agentmgr.core.effects import EndAttempt, ReturnContact
from agentmgr.core.model import PhoneNumber
from agentmgr.store import SqliteStore


def busy(bench: Bench, contact_id: int, attempts: int, due_at: float | None) -> ReturnContact:
    return ReturnContact(bench.job_id, contact_id, attempts, "Busy", due_at)


def test_claim_brings_whole_contacts(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    assert (contact.user_contact_id, contact.list_name, contact.attempts) == ("C0", "Spring", 0)
    assert contact.numbers == (PhoneNumber("PhoneNumber1", "+12125550000", "America/New_York"),)
    assert dict(contact.attributes) == {
        "UserContactId": "C0",
        "FirstName": "Ann",
        "LastName": "Number 0",
        "PhoneNumber1": "+12125550000",
        "TimeZone": "America/New_York",
    }


def test_claim_gives_nobody_a_contact_twice(bench: Bench) -> None:
    claimed = [*bench.claim(2), *bench.claim(2), *bench.claim(2), *bench.claim(2)]
    assert [contact.user_contact_id for contact in claimed] == ["C0", "C1", "C2", "C3", "C4"]


def test_claim_tells_when_the_next_contact_is_due(bench: Bench) -> None:
    fetch = bench.store.claim_contacts
    assert fetch(bench.token, bench.job_id, 4, T0).next_due_at == 0.0  # one did not fit the limit
    assert fetch(bench.token, bench.job_id, 4, T0).next_due_at is None
    bench.store.commit(bench.token, [busy(bench, 1, 1, T0 + 600), busy(bench, 2, 1, T0 + 300)])
    waiting = fetch(bench.token, bench.job_id, 4, T0)
    assert (waiting.contacts, waiting.next_due_at) == ((), T0 + 300)
    due = fetch(bench.token, bench.job_id, 4, T0 + 300)
    assert ([c.contact_id for c in due.contacts], due.next_due_at) == ([2], T0 + 600)


def test_claim_takes_those_longest_due_first(bench: Bench) -> None:
    bench.claim()
    bench.store.commit(
        bench.token, [busy(bench, 3, 1, T0 + 3), busy(bench, 1, 1, T0 + 9), busy(bench, 5, 1, T0 + 1)]
    )
    assert [contact.contact_id for contact in bench.claim(now=T0 + 10)] == [5, 3, 1]


def test_claim_counts_the_attempts_made_in_the_job(bench: Bench) -> None:
    bench.claim()
    bench.store.commit(bench.token, [busy(bench, 4, 2, T0)])
    assert [contact.attempts for contact in bench.claim()] == [2]


def test_claim_of_a_done_contact_never_happens(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1"))
    assert contact.contact_id not in [c.contact_id for c in bench.claim(now=T0 + 1e9)]


def test_claim_of_another_zone_finds_nothing(bench: Bench) -> None:
    other = bench.store.open_zone("Other", T0).token
    found = bench.store.claim_contacts(other, bench.job_id, 10, T0)
    assert (found.contacts, found.next_due_at) == ((), None)


def test_claim_of_two_jobs_with_the_same_contacts_keeps_them_apart(bench: Bench) -> None:
    first = bench.claim()
    second = prepare_job(bench.store, contacts=5, name="Spring again")
    claimed = bench.store.claim_contacts(bench.token, second.job_id, 10, T0).contacts
    assert len(claimed) == len(first) == 5
    bench.store.commit(bench.token, [start(bench, first[0], "a1"), EndAttempt("a1", "Busy", T0)])
    assert bench.store.tally(second.job_id).attempts == 0


def test_claim_of_thousands_at_a_time_works(store: SqliteStore) -> None:
    job = prepare_job(store, contacts=2500)
    token = store.open_zone(ZONE, T0).token
    fetched = store.claim_contacts(token, job.job_id, 10_000, T0)
    assert len({contact.contact_id for contact in fetched.contacts}) == job.total == 2500


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT contact_id, attempts FROM job_contact WHERE job_id = 1 AND zone = 'Default'"
        " AND state = 'pending' AND due_at <= 5 ORDER BY due_at, contact_id LIMIT 200",
        "SELECT min(due_at) FROM job_contact WHERE job_id = 1 AND zone = 'Default' AND state = 'pending'",
    ],
)
def test_claim_reads_one_range_of_an_index_without_sorting(bench: Bench, sql: str) -> None:
    plan = [str(row[3]) for row in bench.rows(f"EXPLAIN QUERY PLAN {sql}")]
    assert len(plan) == 1
    assert plan[0].startswith("SEARCH job_contact USING COVERING INDEX ix_job_contact_due") or plan[
        0
    ].startswith("SEARCH job_contact USING INDEX ix_job_contact_due")
