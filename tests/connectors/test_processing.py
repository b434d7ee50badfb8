"""Job post-processors: which jobs they are told, from where on after a failure, and by whom."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from attrs import evolve

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.processing import JobProcessing, campaign_info
from agentmgr.connectors.settings import ConnectorSettings
from agentmgr.connectors.workers import Connectors, Plan
from agentmgr.core.effects import EndAttempt, FinishJob, StartAttempt
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.ports import AttemptPlace, ContactDraft, JobState
from agentmgr.store import SqlStore
from agentmgr.testing.postgres import ThrowawayPostgres
from protocol.enums import ContactType, PacingType
from tests.connectors.plugged import install
from tests.databases import Place, new_place, new_postgres
from tests.publish.outboxes import until

T0 = 1_750_000_000.0


@pytest.fixture(params=["sqlite", "postgres"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_server: ThrowawayPostgres
) -> Iterator[SqlStore]:
    in_postgres = new_postgres(postgres_server) if request.param == "postgres" else None
    place: Place = in_postgres or new_place(tmp_path / "am.sqlite")
    store = place.open()
    yield store
    store.close()
    if in_postgres is not None:
        in_postgres.give_back()


def run_job(store: SqlStore, name: str, contacts: int, ended_at: float) -> int:
    """Let a campaign have a job that is over, with an attempt at each contact."""
    list_id = store.ensure_list(name, T0)
    number = PhoneNumber("PhoneNumber1", "+12025550100", "America/New_York")
    drafts = [ContactDraft(f"C{n}", (number,), {"FirstName": "Ann"}) for n in range(contacts)]
    store.put_contacts(list_id, drafts, T0)
    code = CompletionCodeSpec(1, "Sale", True)
    spec = CampaignSpec(0, name, PacingType.Predictive, "English", (code,), 1)
    campaign_id = store.add_campaign(spec, [list_id], T0, "Ann").campaign_id
    job_id = store.create_job(campaign_id, ["North"], T0)
    last: int | None = 0
    while last is not None:
        last = store.fill_job(job_id, last, 1000)
    store.start_job(job_id)
    token = store.open_zone("North", T0).token
    claimed = store.claim_contacts(token, job_id, contacts, T0).contacts
    for index, contact in enumerate(claimed):
        attempt_id = f"{job_id}{index:06}"
        begin = StartAttempt(
            attempt_id,
            job_id,
            contact.contact_id,
            ContactType.Predictive,
            number.number,
            T0 + index,
            dialed_at=T0,
        )
        store.commit(token, [begin, EndAttempt(attempt_id, "Busy", T0 + index + 1)])
    store.commit(token, [FinishJob(job_id, JobState.Stopped, ended_at)])
    return job_id


def test_jobs_that_ended_since_are_given_in_the_order_of_their_end(store: SqlStore) -> None:
    run_job(store, "Before", 1, T0 + 5)
    store.processing.set_processors(["report"], T0 + 10)
    late = run_job(store, "Late", 1, T0 + 300)
    early = run_job(store, "Early", 1, T0 + 200)
    given = []
    while (job := store.processing.next_ended("report")) is not None:
        given.append(job.job_id)
        store.processing.processed("report", job.job_id, None)
    assert given == [early, late]


def test_pages_go_through_all_attempts_and_the_place_is_kept(store: SqlStore) -> None:
    store.processing.set_processors(["report"], T0)
    job_id = run_job(store, "Spring", 7, T0 + 100)
    job = store.processing.next_ended("report")
    assert job is not None
    assert (job.started_at, job.infinite, job.custom_pacing) == (T0, 0, 0)
    assert (job.campaign, job.state, job.ended_at, job.after) == (
        "Spring",
        "stopped",
        T0 + 100,
        AttemptPlace(),
    )
    page = store.processing.processing_page(job_id, job.after, 4)
    assert [row.user_contact_id for _, row in page.attempts] == ["C0", "C1", "C2", "C3"]
    assert all(page.contacts[contact_id].attributes["FirstName"] == "Ann" for contact_id, _ in page.attempts)
    assert page.times[page.attempts[3][0]].last_attempt_at == T0 + 3
    assert page.times[page.attempts[3][0]].last_success_at is None
    store.processing.processed("report", job_id, page.after)
    again = store.processing.next_ended("report")
    assert again is not None
    rest = store.processing.processing_page(job_id, again.after, 4)
    assert [row.user_contact_id for _, row in rest.attempts] == ["C4", "C5", "C6"]
    assert rest.after is None


def test_campaign_is_told_with_who_made_it_and_who_changed_it_last(store: SqlStore) -> None:
    store.processing.set_processors(["report"], T0)
    run_job(store, "Spring", 1, T0 + 100)
    campaign = store.find_campaign("Spring")
    assert campaign is not None
    changed = evolve(campaign, description="What spring brings")
    assert store.change_campaign(changed, [1], T0 + 50, "Ben", while_it_runs=True)
    job = store.processing.next_ended("report")
    assert job is not None
    told = campaign_info(job)
    assert (told.created_by, told.last_modified_by, told.description) == ("Ann", "Ben", "What spring brings")
    assert told.last_modified_on == datetime.fromtimestamp(T0 + 50, UTC)
    assert told.last_job_start_time == datetime.fromtimestamp(T0, UTC)


def test_processor_that_is_named_again_begins_anew(store: SqlStore) -> None:
    store.processing.set_processors(["report"], T0)
    run_job(store, "Spring", 1, T0 + 100)
    store.processing.set_processors([], T0 + 200)
    assert store.processing.next_ended("report") is None
    store.processing.set_processors(["report"], T0 + 300)
    assert store.processing.next_ended("report") is None


def calls_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Mapping[str, object]) -> Connectors:
    install(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    settings = ConnectorSettings(kind="post_processor", name="report", time_limit_s=5.0)
    return Connectors([Plan(settings, {"file": str(tmp_path / "told"), **options})])


async def processed(store: SqlStore, connectors: Connectors) -> None:
    """Let a post-processor work until nothing is left."""
    call, calls = trio.to_thread.run_sync, ConnectorCalls(connectors)
    processing = JobProcessing("report", store.processing, store.outbox, call, calls, "me")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(processing.run)
        await until(lambda: store.processing.next_ended("report") is None, 60)
        nursery.cancel_scope.cancel()


@pytest.mark.slow
async def test_post_processor_is_told_every_attempt_with_its_contact(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.processing.set_processors(["report"], T0)
    job_id = run_job(store, "Spring", 450, T0 + 1000)
    connectors = calls_of(tmp_path, monkeypatch, {})
    try:
        await processed(store, connectors)
    finally:
        connectors.close()
    told = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    assert [each["contact"] for each in told] == [f"C{n}" for n in range(450)]
    assert told[0] == {
        "campaign": "Spring",
        "job": job_id,
        "reason": "stopped",
        "contact": "C0",
        "first": "Ann",
        "code": "Busy",
        "session": int(f"{job_id}000000"),
        "at": T0,
    }


@pytest.mark.slow
async def test_post_processor_that_crashes_is_told_again_from_the_last_page_on(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.connectors.processing.PAGE", 50)
    monkeypatch.setattr("agentmgr.connectors.processing.FIRST_PAUSE_S", 1.2)
    store.processing.set_processors(["report"], T0)
    run_job(store, "Spring", 120, T0 + 1000)
    connectors = calls_of(tmp_path, monkeypatch, {"crash_once_at": "C75", "mark": str(tmp_path / "crashed")})
    try:
        await processed(store, connectors)
    finally:
        connectors.close()
    told = [json.loads(line)["contact"] for line in (tmp_path / "told").read_text().splitlines()]
    assert told == [f"C{n}" for n in [*range(75), *range(50, 120)]]
