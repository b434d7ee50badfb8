"""Claims: what is due, in order, never twice, without a look at all contacts."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from stores import T0, ZONE, Bench, drafts, handled, in_file, prepare_job, start

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import EndAttempt, ReturnContact, SetNumber
from agentmgr.core.model import CallingHours, PhoneNumber
from agentmgr.ports import ContactDraft, JobState, Token
from agentmgr.store import SqlStore
from agentmgr.store.claims import FRESH, RETRIES_DUE, TIMEZONES, UPCOMING, due_in
from agentmgr.store.contacts import FOLLOW_NUMBER


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


def test_claim_of_thousands_at_a_time_works(store: SqlStore) -> None:
    job = prepare_job(store, contacts=2500)
    token = store.open_zone(ZONE, T0).token
    fetched = store.claim_contacts(token, job.job_id, 10_000, T0)
    assert len({contact.contact_id for contact in fetched.contacts}) == job.total == 2500


# -- retries -----------------------------------------------------------------------------------


def test_claim_takes_what_is_due_again_before_fresh_contacts(bench: Bench) -> None:
    bench.claim(2)
    bench.store.commit(bench.token, [busy(bench, 2, 1, T0 + 60), busy(bench, 1, 1, T0 + 90)])
    assert [c.contact_id for c in bench.claim(1, T0)] == [3]
    claimed = bench.claim(3, T0 + 90)
    assert [(c.contact_id, c.due_at) for c in claimed] == [(2, T0 + 60), (1, T0 + 90), (4, 0.0)]


def test_claim_of_retries_alone_leaves_fresh_contacts(bench: Bench) -> None:
    bench.claim(1)
    bench.store.commit(bench.token, [busy(bench, 1, 1, T0 + 60)])
    fetch = bench.store.claim_contacts
    early = fetch(bench.token, bench.job_id, 5, T0, True)
    assert (early.contacts, early.next_due_at, early.next_retry_at) == ((), 0.0, T0 + 60)
    due = fetch(bench.token, bench.job_id, 5, T0 + 60, True)
    assert [c.contact_id for c in due.contacts] == [1]
    assert (due.next_due_at, due.next_retry_at) == (0.0, None)


def test_claim_tells_what_the_job_has_of_the_contacts_numbers(bench: Bench) -> None:
    bench.claim(1)
    left_out = ReturnContact(bench.job_id, 1, 1, "InvalidNumber", T0, "PhoneNumber2", "+1,+2")
    bench.store.commit(bench.token, [left_out])
    contact = bench.claim(1)[0]
    assert (contact.phone, contact.left_out) == ("PhoneNumber2", {"+1", "+2"})


# -- where it is open --------------------------------------------------------------------------

NEW_YORK, LOS_ANGELES, TOKYO = "America/New_York", "America/Los_Angeles", "Asia/Tokyo"
DAY = CallingHours(9 * 60, 17 * 60)
NINE_IN_NEW_YORK = datetime(2025, 6, 16, 9, tzinfo=ZoneInfo(NEW_YORK)).timestamp()
HOUR = 3600.0


def spread(store: SqlStore, *zones: str, hours: CallingHours = DAY) -> tuple[int, Token]:
    """Return a job with one contact in each time zone, and its owner's token."""
    contacts = [draft for index, zone in enumerate(zones) for draft in drafts(1, index, zone)]
    job = prepare_job(store, contacts, calling_hours=hours)
    return job.job_id, store.open_zone(ZONE, T0).token


def test_claim_takes_contacts_where_it_is_open_and_tells_when_the_next_is(store: SqlStore) -> None:
    job_id, token = spread(store, LOS_ANGELES, NEW_YORK, TOKYO)
    fetched = store.claim_contacts(token, job_id, 10, NINE_IN_NEW_YORK)
    assert [c.contact_id for c in fetched.contacts] == [2]
    assert (fetched.next_due_at, fetched.next_retry_at) == (NINE_IN_NEW_YORK + 3 * HOUR, None)
    fetched = store.claim_contacts(token, job_id, 10, NINE_IN_NEW_YORK + 3 * HOUR)
    assert [c.contact_id for c in fetched.contacts] == [1]
    assert fetched.next_due_at == NINE_IN_NEW_YORK + 11 * HOUR


def test_claim_tells_of_a_retry_that_is_due_while_it_is_closed_when_it_opens(store: SqlStore) -> None:
    job_id, token = spread(store, NEW_YORK)
    closing = NINE_IN_NEW_YORK + 8 * HOUR
    store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK)
    store.commit(token, [ReturnContact(job_id, 1, 1, "Busy", closing + 60)])
    fetched = store.claim_contacts(token, job_id, 1, closing - 1)
    assert fetched.next_due_at == fetched.next_retry_at == closing + 16 * HOUR


def test_claim_takes_a_number_that_is_in_several_zones_only_while_all_are_open(store: SqlStore) -> None:
    job_id, token = spread(store, f"{LOS_ANGELES},{NEW_YORK}")
    assert store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK).next_due_at == NINE_IN_NEW_YORK + 3 * HOUR
    assert store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK + 3 * HOUR).contacts
    assert store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK + 8 * HOUR).next_due_at is None


def test_claim_takes_what_can_never_be_called_after_all_that_can(store: SqlStore) -> None:
    job_id, token = spread(store, "", NEW_YORK, f"{NEW_YORK},{TOKYO}", NEW_YORK)
    fetched = store.claim_contacts(token, job_id, 3, NINE_IN_NEW_YORK)
    assert [c.contact_id for c in fetched.contacts] == [2, 4, 1]
    assert fetched.next_due_at == 0.0


def test_claim_around_the_clock_asks_no_time_zone(store: SqlStore) -> None:
    job_id, token = spread(store, "", TOKYO, "Mars/Olympus", hours=CallingHours())
    assert len(store.claim_contacts(token, job_id, 10, T0).contacts) == 3


def test_claim_merges_more_time_zones_than_one_statement_takes(store: SqlStore) -> None:
    zones = sorted(available_timezones())[:250]
    job_id, token = spread(store, *zones, hours=CallingHours(0, 1439))
    found = store.claim_contacts(token, job_id, 240, T0).contacts
    expected = [n for n, zone in enumerate(zones, 1) if next_opening(CallingHours(0, 1439), zone, T0) == T0]
    assert [c.contact_id for c in found] == expected[:240]


def test_claim_finds_a_contact_where_its_number_is_after_an_import_corrected_it(store: SqlStore) -> None:
    job_id, token = spread(store, TOKYO, TOKYO)
    list_id = store.contact_lists()[0].list_id
    assert not store.claim_contacts(token, job_id, 10, NINE_IN_NEW_YORK).contacts
    store.put_contacts(list_id, drafts(1, 1, NEW_YORK), T0)
    fetched = store.claim_contacts(token, job_id, 10, NINE_IN_NEW_YORK)
    assert [(c.contact_id, c.numbers[0].timezone) for c in fetched.contacts] == [(2, NEW_YORK)]


def test_claim_finds_a_contact_where_its_number_is_after_an_agent_corrected_it(store: SqlStore) -> None:
    job_id, token = spread(store, TOKYO)
    store.commit(token, [SetNumber(1, "PhoneNumber1", "+12125550000", NEW_YORK, False, 1, "1001", T0)])
    assert store.claim_contacts(token, job_id, 10, NINE_IN_NEW_YORK).contacts


def test_claim_finds_a_contact_by_the_zone_of_the_number_that_is_next(store: SqlStore) -> None:
    job_id, token = spread(store, NEW_YORK)
    list_id = store.contact_lists()[0].list_id
    second = PhoneNumber("PhoneNumber2", "+81312345678", TOKYO)
    store.put_contacts(list_id, [ContactDraft("C0", (second,), {})], T0)
    contact = store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK).contacts[0]
    assert [n.timezone for n in contact.numbers] == [NEW_YORK, TOKYO]
    again = ReturnContact(job_id, 1, 1, "InvalidNumber", NINE_IN_NEW_YORK, "PhoneNumber2", "+12125550000")
    store.commit(token, [again])
    fetched = store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK)
    assert (fetched.contacts, fetched.next_due_at) == ((), NINE_IN_NEW_YORK + 11 * HOUR)
    # of a number that is taken away the contact is where its first one is
    store.put_contacts(list_id, [ContactDraft("C0", (), {"PhoneNumber2": ""})], T0)
    assert store.claim_contacts(token, job_id, 1, NINE_IN_NEW_YORK).contacts


def test_correction_leaves_a_job_that_is_over_as_it_was(bench: Bench) -> None:
    bench.store.move_job(bench.job_id, [JobState.Running], JobState.Stopped, T0)
    bench.store.put_contacts(1, drafts(5, timezone=TOKYO), T0)
    assert bench.rows("SELECT DISTINCT timezone FROM job_contact") == [(NEW_YORK,)]


@in_file
@pytest.mark.parametrize(
    "sql", [TIMEZONES, UPCOMING, due_in(1, RETRIES_DUE), due_in(3, RETRIES_DUE), due_in(3, FRESH)]
)
def test_claim_reads_ranges_of_an_index_without_sorting(bench: Bench, sql: str) -> None:
    plan = [str(row[3]) for row in bench.rows(f"EXPLAIN QUERY PLAN {sql}", *[None] * sql.count("?"))]
    searches = [step for step in plan if "job_contact" in step]
    assert searches
    assert all(step.startswith("SEARCH job_contact USING INDEX ix_job_contact_pending") for step in searches)
    assert not [step for step in plan if "TEMP B-TREE" in step]


@in_file
def test_correction_finds_the_contact_in_its_jobs_without_a_search_through_them(bench: Bench) -> None:
    plan = [str(row[3]) for row in bench.rows(f"EXPLAIN QUERY PLAN {FOLLOW_NUMBER}", 1)]
    assert plan[0] == "SEARCH job_contact USING PRIMARY KEY (job_id=? AND contact_id=?)"
    assert "SCAN job USING INDEX ix_job_open" in plan


def test_number_of_any_name_is_claimed_and_comes_after_those_that_all_have(bench: Bench) -> None:
    store = bench.store
    numbers = (
        PhoneNumber("Assistant", "+442079460018", "Europe/London"),
        PhoneNumber("PhoneNumber2", "+12125550199", "America/New_York"),
    )
    store.put_contacts(1, [ContactDraft("Other", numbers, {"FirstName": "Ann"})], T0)
    (contact,) = (each for each in bench.claim() if each.user_contact_id == "Other")
    assert [number.name for number in contact.numbers] == ["PhoneNumber2", "Assistant"]
    assert contact.after(contact.numbers[0]).next_number == numbers[0]
    assert contact.attributes["Assistant"] == "+442079460018"
    record = SetNumber(contact.contact_id, "Assistant", "+4930123456", "Europe/Berlin", False, 49, "1001", T0)
    store.commit(bench.token, [record])
    rows = bench.rows("SELECT number, timezone FROM contact_phone WHERE name = 'Assistant'")
    assert rows == [("+4930123456", "Europe/Berlin")]
    assert bench.rows("SELECT name FROM contact_attribute WHERE contact_id = ?", contact.contact_id) == [
        ("FirstName",)
    ]


def test_contact_with_a_number_of_another_name_alone_waits_in_its_time_zone(bench: Bench) -> None:
    london = PhoneNumber("Assistant", "+442079460018", "Europe/London")
    bench.store.put_contacts(1, [ContactDraft("Other", (london,), {})], T0)
    rows = bench.rows(
        "SELECT timezone FROM job_contact JOIN contact ON contact.contact_id = job_contact.contact_id"
        " WHERE user_contact_id = 'Other'"
    )
    assert rows == [("Europe/London",)]
    (contact,) = (each for each in bench.claim() if each.user_contact_id == "Other")
    assert contact.next_number == london
