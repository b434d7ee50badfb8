"""Taking a zone over from an owner that died in every state of a contact."""

from collections.abc import Callable

import pytest
from stores import T0, ZONE, Bench, disposition, handled, prepare_job, start

from agentmgr.core.effects import EndAttempt, FinishJob, HoldContact, MarkAnswered, Record, ReturnContact
from agentmgr.core.model import ContactSpec, Wanted, WantedJob
from agentmgr.core.tasks import Course, Wait
from agentmgr.ports import Fenced, JobState, Token
from agentmgr.store import SqlStore


def begun(bench: Bench, contact: ContactSpec) -> list[Record]:
    return []


def dialled(bench: Bench, contact: ContactSpec) -> list[Record]:
    return [start(bench, contact, "a1")]


def answered(bench: Bench, contact: ContactSpec) -> list[Record]:
    return [start(bench, contact, "a1"), MarkAnswered("a1", T0 + 5, None)]


def talking(bench: Bench, contact: ContactSpec) -> list[Record]:
    return [start(bench, contact, "a1"), MarkAnswered("a1", T0 + 5, "1001")]


def disposed(bench: Bench, contact: ContactSpec) -> list[Record]:
    return [*talking(bench, contact), disposition(bench, contact, "a1")]


def retried(bench: Bench, contact: ContactSpec) -> list[Record]:
    return [
        start(bench, contact, "a1"),
        EndAttempt("a1", "Busy", T0 + 5),
        ReturnContact(bench.job_id, contact.contact_id, 1, "Busy", T0 + 600),
    ]


def held(bench: Bench, contact: ContactSpec) -> list[Record]:
    course = "0 Busy=1 action:Busy:+12125550001"
    return [
        start(bench, contact, "a1"),
        EndAttempt("a1", "Busy", T0 + 5),
        HoldContact(bench.job_id, contact.contact_id, 1, "Busy", T0 + 5, "PhoneNumber2", "+1", course),
    ]


def finished(bench: Bench, contact: ContactSpec) -> list[Record]:
    return handled(bench, contact, "a1")


@pytest.mark.parametrize(
    ("died", "state", "attempts", "last_outcome", "attempt_outcomes"),
    [
        (begun, "pending", 0, "", []),
        (dialled, "pending", 1, "Interrupted", ["Interrupted"]),
        (answered, "pending", 1, "Nuisance", ["Nuisance"]),
        (talking, "done", 1, "Interrupted", ["Interrupted"]),
        (disposed, "done", 1, "Interrupted", ["Interrupted"]),
        (retried, "pending", 1, "Busy", ["Busy"]),
        (held, "pending", 1, "Busy", ["Busy"]),
        (finished, "done", 1, "Handled", ["Handled"]),
    ],
)
def test_takeover_settles_a_contact_that_was(
    bench: Bench,
    died: Callable[[Bench, ContactSpec], list[Record]],
    state: str,
    attempts: int,
    last_outcome: str,
    attempt_outcomes: list[str],
) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, died(bench, contact))
    stored = bench.store.tally(bench.job_id).stored
    opened = bench.reopen(T0 + 100)
    assert bench.contact(contact.contact_id) == (state, attempts, last_outcome)
    assert [row[0] for row in bench.rows("SELECT outcome FROM attempt")] == attempt_outcomes
    assert bench.rows("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == [(0,)]
    assert bench.store.tally(bench.job_id).stored == stored
    assert [(job.job_id, job.total, job.done) for job in opened.jobs] == [(bench.job_id, 5, state == "done")]


def test_takeover_lets_a_contact_that_waited_for_a_connector_wait_again_at_once(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, held(bench, contact))
    assert contact.contact_id not in [each.contact_id for each in bench.claim(10, T0 + 10)]
    bench.reopen(T0 + 20)
    again = bench.claim(1, T0 + 20)[0]
    assert (again.contact_id, again.attempts, again.phone) == (contact.contact_id, 1, "PhoneNumber2")
    assert again.course == Course(0, {"Busy": 1}, Wait("action", "Busy", "+12125550001"))


def test_takeover_ended_attempt_before_does_not_count_as_answered_now(bench: Bench) -> None:
    contact = bench.claim(1)[0]
    bench.store.commit(
        bench.token,
        [
            start(bench, contact, "a1"),
            MarkAnswered("a1", T0, "1001"),
            EndAttempt("a1", "Handled", T0 + 5),
            ReturnContact(bench.job_id, contact.contact_id, 1, "Handled", T0 + 10),
        ],
    )
    again = next(c for c in bench.claim(10, T0 + 10) if c.contact_id == contact.contact_id)
    bench.store.commit(bench.token, [start(bench, again, "a2")])
    bench.reopen(T0 + 20)
    assert bench.contact(contact.contact_id) == ("pending", 2, "Interrupted")
    assert bench.rows("SELECT outcome, ended_at FROM attempt ORDER BY attempt_id") == [
        ("Handled", T0 + 5),
        ("Interrupted", T0 + 20),
    ]


def test_takeover_after_the_last_attempt_ends_the_contact(bench: Bench) -> None:
    bench.claim()
    bench.store.commit(bench.token, [ReturnContact(bench.job_id, 1, 2, "Busy", T0)])
    contact = bench.claim()[0]
    bench.store.commit(bench.token, [start(bench, contact, "a3")])
    bench.reopen()
    assert bench.contact(contact.contact_id) == ("done", 3, "Interrupted")


def test_takeover_again_and_again_ends_a_job_that_is_always_killed(bench: Bench) -> None:
    for round_number in range(3):
        claimed = bench.claim()
        assert len(claimed) == 5
        bench.store.commit(bench.token, [start(bench, c, f"a{round_number}-{c.contact_id}") for c in claimed])
        opened = bench.reopen(T0 + round_number)
    assert [(job.total, job.done) for job in opened.jobs] == [(5, 5)]
    fetched = bench.store.claim_contacts(bench.token, bench.job_id, 10, T0 + 1e9)
    assert (fetched.contacts, fetched.next_due_at) == ((), None)
    bench.store.commit(bench.token, [FinishJob(bench.job_id, "finished", T0)])
    assert bench.reopen().jobs == ()


def test_takeover_contacts_given_back_are_due_at_once(bench: Bench) -> None:
    bench.claim()
    bench.reopen()
    assert len(bench.claim()) == 5


def test_takeover_leaves_other_zones_alone(bench: Bench) -> None:
    claimed = bench.claim()
    bench.store.commit(bench.token, [start(bench, claimed[0], "a1")])
    opened = bench.store.open_zone("Other", T0)
    assert opened.jobs == ()
    assert bench.rows("SELECT count(*) FROM job_contact WHERE state = 'claimed'") == [(5,)]
    assert bench.rows("SELECT outcome FROM attempt") == [(None,)]


def test_takeover_epoch_rises_with_every_owner(bench: Bench) -> None:
    epochs = [bench.token.epoch] + [bench.reopen().token.epoch for _ in range(3)]
    assert epochs == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        (JobState.Running, JobState.Running, True),
        (JobState.Paused, JobState.Paused, True),
        (JobState.Stopping, JobState.Stopped, False),
    ],
)
def test_takeover_of_a_job_that_is(bench: Bench, before: JobState, after: JobState, goes_on: bool) -> None:
    bench.claim()
    bench.store.move_job(bench.job_id, (JobState.Running,), before)
    opened = bench.reopen(T0 + 7)
    assert [(job.job_id, job.wanted) for job in opened.jobs] == (
        [(bench.job_id, Wanted.PAUSE if before is JobState.Paused else Wanted.RUN)] if goes_on else []
    )
    job = bench.store.latest_job(1)
    assert job is not None
    assert (job.state, job.ended_at) == (after, None if goes_on else T0 + 7)
    assert bench.rows("SELECT count(*) FROM job_contact WHERE state = 'claimed'") == [(0,)]


def test_takeover_leaves_a_job_in_preparation_to_whoever_fills_it(store: SqlStore) -> None:
    spec = prepare_job(store, contacts=2).campaign
    store.move_job(1, (JobState.Running,), JobState.Finished, T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    store.fill_job(job_id, 0, 1)
    assert store.open_zone(ZONE, T0).jobs == ()
    assert store.jobs_in_preparation() == ((job_id, 1),)
    started = store.start_job(job_id)
    assert started is not None
    assert started.total == 2
    assert [job.job_id for job in store.jobs_wanted(ZONE)] == [job_id]


def test_takeover_brings_back_the_whole_campaign(bench: Bench) -> None:
    assert bench.reopen().jobs[0].campaign == bench.store.find_campaign("Spring")


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (JobState.Preparing, None),
        (JobState.Running, Wanted.RUN),
        (JobState.Paused, Wanted.PAUSE),
        (JobState.Stopping, Wanted.STOP),
        (JobState.Finished, None),
        (JobState.Stopped, None),
    ],
)
def test_job_wanted_of_its_zone_alone_is_one_that_is(
    bench: Bench, state: JobState, wanted: Wanted | None
) -> None:
    store, job_id = bench.store, bench.job_id
    ended_at = T0 if state in (JobState.Finished, JobState.Stopped) else None
    store.move_job(job_id, (JobState.Running,), state, ended_at)
    assert store.jobs_wanted(ZONE) == ((WantedJob(job_id, wanted, total=5, pending=5),) if wanted else ())
    assert store.jobs_wanted("Another") == ()
    job = store.load_job(bench.token, job_id)
    assert (job and job.wanted) == wanted
    another = store.open_zone("Another", T0).token
    assert store.load_job(another, job_id) is None
    assert store.load_job(bench.token, job_id + 1) is None


def test_job_is_loaded_as_takeover_finds_it(bench: Bench) -> None:
    bench.claim()
    opened = bench.reopen()
    assert bench.store.load_job(bench.token, bench.job_id) == opened.jobs[0]


def test_restored_database_gives_tokens_above_all_that_were(bench: Bench) -> None:
    assert bench.store.restored(T0) == 1
    assert bench.store.open_zone(ZONE, T0).token == Token(ZONE, 2, 1002)
    with pytest.raises(Fenced):
        bench.store.commit(bench.token, [])
