"""A campaign is taken away with all that refers to it, and with nothing else."""

from stores import T0, Bench, handled, prepare_job

from agentmgr.core.effects import EndAttempt, SaveCallback, SaveNote, StartAttempt
from agentmgr.ports import CampaignHistory, JobState
from agentmgr.store import schema
from protocol.enums import CallbackType, ContactType
from tests.databases import FilePlace

STAY = {
    "contact_list",
    "contact",
    "contact_phone",
    "contact_attribute",
    "list_attribute",
    "numbering",
    "zone",
    "zone_event",
}


def callback(job_id: int, contact_id: int, campaign_id: int = 1, callback_id: str = "cb") -> SaveCallback:
    return SaveCallback(
        *(callback_id, campaign_id, job_id, contact_id, CallbackType.Campaign, "", "1001", "+12125550000"),
        *("PhoneNumber1", "America/New_York", T0 + 60, T0 + 600, "", T0),
    )


def calling_back(bench: Bench, attempt_id: str, callback_id: str) -> StartAttempt:
    number = "+12125550000"
    return StartAttempt(attempt_id, bench.job_id, 1, ContactType.Callback, number, T0, callback_id)


def call_all(bench: Bench) -> None:
    """Let a job leave something in every table, and end it."""
    for n, contact in enumerate(bench.claim()):
        bench.store.commit(bench.token, handled(bench, contact, f"j{bench.job_id}-{n}"))
        note = SaveNote(bench.job_id, contact.contact_id, f"j{bench.job_id}-{n}", "1001", "a note", T0)
        bench.store.commit(bench.token, [note])


def end(bench: Bench) -> None:
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0)


def delete_all(bench: Bench, limit: int = 3) -> None:
    while deleted := bench.store.delete_history(1, limit):
        assert deleted > 0
    assert deleted == 0
    assert bench.store.delete_campaign(1)


def assert_whole(bench: Bench) -> None:
    """Assert that nothing refers to what is not there any more; PostgreSQL lets nothing be deleted before."""
    if isinstance(bench.place, FilePlace):
        assert bench.rows("PRAGMA foreign_key_check") == []


def sizes(bench: Bench) -> dict[str, object]:
    return {name: bench.rows(f"SELECT count(*) FROM {name}")[0][0] for name in schema.metadata.tables}


def test_campaign_deleted_leaves_contacts_alone(bench: Bench) -> None:
    call_all(bench)
    bench.store.commit(bench.token, [callback(bench.job_id, 1)])
    bench.store.commit(bench.token, [calling_back(bench, "cb-1", "cb"), EndAttempt("cb-1", "Busy", T0)])
    end(bench)
    assert bench.store.history(1) == CampaignHistory(jobs=1, attempts=6, dispositions=5, callbacks=1)
    before = sizes(bench)
    delete_all(bench)
    after = sizes(bench)
    assert {name for name, size in after.items() if size} == STAY
    assert {name: before[name] for name in STAY} == {name: after[name] for name in STAY}
    assert_whole(bench)


def test_campaign_deleted_leaves_other_campaigns_alone(bench: Bench) -> None:
    call_all(bench)
    end(bench)
    other = prepare_job(bench.store, contacts=4, name="Autumn")
    spring_job, bench.job_id = bench.job_id, other.job_id
    call_all(bench)
    # made in Spring for Autumn, and made in Autumn for Spring: called there before it was put off
    bench.store.commit(bench.token, [callback(spring_job, 1, campaign_id=2, callback_id="to-autumn")])
    bench.store.commit(bench.token, [callback(other.job_id, 6, campaign_id=2, callback_id="to-spring")])
    bench.store.commit(bench.token, [calling_back(bench, "b1", "to-spring"), EndAttempt("b1", "Busy", T0)])
    bench.store.commit(bench.token, [callback(other.job_id, 6, campaign_id=1, callback_id="to-spring")])
    before = bench.store.dispositions(2, 0, 100)
    delete_all(bench)
    assert_whole(bench)
    assert bench.store.dispositions(2, 0, 100) == before
    assert bench.store.history(2) == CampaignHistory(jobs=1, attempts=5, dispositions=4, callbacks=1)
    assert bench.rows("SELECT callback_id, job_id, campaign_id FROM callback") == [("to-autumn", 2, 2)]
    assert bench.store.find_campaign("Spring") is None
    assert bench.store.find_campaign("Autumn") is not None


def test_campaign_that_runs_loses_nothing(bench: Bench) -> None:
    call_all(bench)
    assert bench.store.delete_history(1, 100) is None
    assert not bench.store.delete_campaign(1)
    assert bench.store.history(1).attempts == 5


def test_campaign_is_being_deleted_until_it_is_gone_or_runs(bench: Bench) -> None:
    call_all(bench)
    assert bench.store.delete_history(1, 1) is None
    assert bench.store.campaigns_being_deleted() == ()
    end(bench)
    assert bench.store.delete_history(1, 1) == 1
    assert bench.store.campaigns_being_deleted() == (1,)
    job_id = bench.store.create_job(1, ["Default"], T0)
    assert bench.store.delete_history(1, 1) is None
    assert bench.store.campaigns_being_deleted() == ()
    bench.store.move_job(job_id, (JobState.Preparing,), JobState.Stopped, T0)
    delete_all(bench)
    assert bench.store.campaigns_being_deleted() == ()
    assert bench.store.delete_history(1, 1) == 0


def test_campaign_with_something_left_stays(bench: Bench) -> None:
    call_all(bench)
    end(bench)
    assert bench.store.delete_history(1, 3) == 3
    assert not bench.store.delete_campaign(1)
    assert bench.store.find_campaign("Spring") is not None
