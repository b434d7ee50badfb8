"""Campaigns made, run, paused, stopped and looked at, through the store port."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from attrs import evolve
from callers import T0, services

from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES
from agentmgr.campaign.columns import SYSTEM_ATTRIBUTES
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.core.effects import (
    EndAttempt,
    FinishJob,
    MarkAnswered,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.model import (
    AttributeSpec,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    Wanted,
    WantedJob,
)
from agentmgr.core.tasks import Step, Task
from agentmgr.ports import Change, ContactDraft, JobState, Scope, StoreFault
from agentmgr.store import SqlStore
from protocol.enums import ContactType, DialFailReason, PacingType

SPEC = CampaignSpec(0, "Spring", PacingType.Predictive, "English", DEFAULT_COMPLETION_CODES, DEFAULT_CODE_ID)


@contextmanager
def refused(cause: Cause, words: str) -> Iterator[None]:
    with pytest.raises(ServiceError, match=words) as caught:
        yield
    assert caught.value.cause is cause


@pytest.fixture
def ready(store: SqlStore) -> SqlStore:
    """A store with the list A of three contacts and the campaign Spring on it."""
    store.put_contacts(store.ensure_list("A", T0), [ContactDraft(f"U{n}", (), {}) for n in range(3)], T0)
    services(store).campaigns.create(SPEC, ["A"])
    return store


def test_campaign_created_has_all_system_attributes(ready: SqlStore) -> None:
    found = ready.find_campaign("Spring")
    assert found is not None
    assert found.attributes == SYSTEM_ATTRIBUTES
    assert found.completion_codes == DEFAULT_COMPLETION_CODES


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "  "}, r"campaign \(no name\): needs a name of 1 to 100"),
        ({"name": "x" * 101}, "needs a name of 1 to 100"),
        ({"skill": " "}, "needs a skill"),
        ({"name": "Sum\x07mer"}, "name has U[+]0007, a control character"),
        ({"skill": "sa\u2028les"}, "skill has U[+]2028, a line separator"),
        ({"script_url": "http://x/\x00"}, "script_url has U[+]0000"),
        ({"completion_codes": (CompletionCodeSpec(1, "Do\nne"),)}, "name has U[+]000A"),
        ({"completion_codes": ()}, "needs completion codes"),
        ({"completion_codes": (CompletionCodeSpec(5, "A"), CompletionCodeSpec(5, "B"))}, "an id and a name"),
        ({"completion_codes": (CompletionCodeSpec(5, "A"), CompletionCodeSpec(6, "A"))}, "an id and a name"),
        ({"default_code_id": 9}, "the default code is 9; allowed are its codes: 1, 2, 3, 4, 5"),
        ({"abandon_limit": 1.5}, "abandon_limit is 1.5; allowed: a number from 0 to 1"),
        ({"ring_time_s": 4}, "ring_time_s is 4; allowed: a whole number from 5 to 120"),
        ({"max_attempts": 0}, "max_attempts is 0; allowed: a whole number from 1 to 100"),
        ({"acw_max_time_s": -1}, "acw_max_time_s is -1; allowed: a whole number from 0 to 3600"),
        ({"country": "Atlantis"}, "country is Atlantis; allowed: a region such as GB"),
        ({"country": "999"}, "country is 999; allowed: a region such as GB"),
        ({"abandon_number": "help"}, "abandon_number is help; allowed: a telephone number with its country"),
        ({"callback_notice_s": 3601}, "callback_notice_s is 3601; allowed"),
        ({"retry_s": {DialFailReason.Busy: -1}}, "retry after Busy is -1 s; allowed: .* 0 to 2678400"),
        ({"retry_s": {DialFailReason.Busy: 2**63}}, "retry after Busy is 9223372036854775808 s"),
        ({"completion_codes": (CompletionCodeSpec(5, "A", retry_after_s=-1),)}, "after code A is -1 s"),
        ({"completion_codes": (CompletionCodeSpec(5, "A", retry_after_s=2**63),)}, "after code A is 9"),
        ({"calling_hours": CallingHours(600, 600)}, "calling hours are 10:00-10:00; allowed: the end later"),
        ({"calling_hours": CallingHours(0, 1441)}, "calling hours are 00:00-24:01; allowed"),
        ({"calling_hours": CallingHours(weekdays=frozenset())}, "weekdays are .*at least one"),
        ({"calling_hours": CallingHours(weekdays=frozenset({0, 8}))}, "weekdays are"),
        ({"tasks": (Task(1, "Call", "Fax"),)}, r"tasks\[1\].number: found 'Fax'; allowed: PhoneNumber1, Ph"),
        ({"steps": (Step("Busy", after_s=5, number="Fax"),)}, r"steps\[1\].number: found 'Fax'; allowed"),
        ({"steps": (Step("Bussy"),)}, r"steps\[1\].result: found 'Bussy'; allowed: Busy, NoAnswer"),
    ],
)
def test_campaign_with_a_wrong_setting_refused(
    ready: SqlStore, changes: dict[str, object], words: str
) -> None:
    with refused(Cause.BAD_VALUE, words):
        services(ready).campaigns.create(evolve(SPEC, **({"name": "Autumn"} | changes)), ["A"])
    assert [campaign.name for campaign in services(ready).campaigns.all()] == ["Spring"]


def test_campaign_with_more_attributes_than_a_desktop_can_be_told_refused(ready: SqlStore) -> None:
    many = tuple(AttributeSpec(f"Attribute {number}") for number in range(300))
    with refused(Cause.BAD_VALUE, "with 300 new attributes there would be .* leave some out"):
        services(ready).campaigns.create(evolve(SPEC, name="Autumn", attributes=many), ["A"])
    assert not {spec.name for spec in many} & {spec.name for spec in ready.attributes()}


@pytest.mark.parametrize(
    ("typed", "stored"), [("gb", "GB"), ("44", "GB"), ("+1", "US"), ("0049", "DE"), ("", ""), (" ", "")]
)
def test_campaign_country_is_stored_as_a_region(ready: SqlStore, typed: str, stored: str) -> None:
    spec = services(ready).campaigns.create(evolve(SPEC, name="Autumn", country=typed), ["A"])
    assert spec.country == stored


def test_campaign_name_taken_refused(ready: SqlStore) -> None:
    with refused(Cause.EXISTS, "there is one already"):
        services(ready).campaigns.create(evolve(SPEC, name=" Spring "), ["A"])


def test_campaign_lists_must_exist(ready: SqlStore) -> None:
    with refused(Cause.NO_SUCH_LIST, "no contact list 'B'; there are: A"):
        services(ready).campaigns.create(evolve(SPEC, name="Autumn"), ["A", "B"])
    with refused(Cause.BAD_VALUE, "at least one contact list"):
        services(ready).campaigns.create(evolve(SPEC, name="Autumn"), [])


def test_campaign_unknown_names_those_there_are(ready: SqlStore, store: SqlStore) -> None:
    for service in (
        lambda: services(ready).campaigns.status("Autumn"),
        lambda: services(ready).campaigns.run("Autumn", ["Default"]).job,
        lambda: services(ready).campaigns.pause("Autumn"),
        lambda: services(ready, ("Default",)).campaigns.stop("Autumn"),
        lambda: services(ready).campaigns.dispositions("Autumn"),
    ):
        with refused(Cause.NO_SUCH_CAMPAIGN, "no campaign 'Autumn'; there are: Spring"):
            service()


def test_run_starts_a_job_with_all_contacts(ready: SqlStore) -> None:
    job = services(ready).campaigns.run("Spring", ["Default"]).job
    assert (job.total, job.done, job.wanted) == (3, 0, Wanted.RUN)
    assert job.campaign == ready.find_campaign("Spring")
    assert [each.job_id for each in ready.open_zone("Default", T0).jobs] == [job.job_id]


def test_run_twice_waits_until_the_first_is_over(ready: SqlStore) -> None:
    assert not services(ready).campaigns.run("Spring", ["Default"]).is_queued
    assert services(ready).campaigns.run("Spring", ["Default"]).is_queued
    assert [job.state for job in services(ready).jobs.all("Spring")] == [JobState.Running, JobState.Queued]
    services(ready, ()).campaigns.stop("Spring")
    assert [job.state for job in services(ready).jobs.all("Spring")] == [JobState.Stopped, JobState.Running]


def test_infinite_campaign_runs_once_without_contacts_or_a_list(ready: SqlStore) -> None:
    services(ready).campaigns.create(evolve(SPEC, name="Alarm", infinite=True), [])
    job = services(ready).campaigns.run("Alarm", ["Default"]).job
    assert (job.total, services(ready).jobs.find(job.job_id).state) == (0, JobState.Running)
    with refused(Cause.RUNS_ALREADY, "is infinite, and its job 1 is running"):
        services(ready).campaigns.run("Alarm", ["Default"])


def test_job_is_paused_resumed_and_stopped_by_its_id(ready: SqlStore) -> None:
    job_id = services(ready).campaigns.run("Spring", ["Default"]).job.job_id
    jobs = services(ready, ("Default",)).jobs
    assert jobs.pause(job_id).state is JobState.Paused
    with refused(Cause.WRONG_STATE, "is paused and cannot become paused; that needs a job that is running"):
        jobs.pause(job_id)
    assert jobs.resume(job_id).state is JobState.Running
    assert jobs.stop(job_id).state is JobState.Stopping
    assert services(ready, ()).jobs.stop(job_id).state is JobState.Stopped
    with refused(Cause.WRONG_STATE, "its job 1 is stopped, and over"):
        jobs.stop(job_id)
    with refused(Cause.NO_SUCH_JOB, "no job 77"):
        jobs.stop(77)


def test_run_without_contacts_refused_and_can_be_repeated(ready: SqlStore) -> None:
    ready.ensure_list("Empty", T0)
    services(ready).campaigns.create(evolve(SPEC, name="Autumn"), ["Empty"])
    for _ in range(2):
        with refused(Cause.NO_CONTACTS, "have no contacts"):
            services(ready).campaigns.run("Autumn", ["Default"])
    assert ready.open_zone("Default", T0).jobs == ()


def test_run_stopped_while_it_is_prepared_does_not_start(
    ready: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = ready.fill_job

    def stop_and_fill(job_id: int, after: int, limit: int) -> int | None:
        if after == 0:
            assert services(ready, ("Default",)).campaigns.stop("Spring").state is JobState.Stopped
        return fill(job_id, after, limit)

    monkeypatch.setattr(ready, "fill_job", stop_and_fill)
    with refused(Cause.WRONG_STATE, "stopped while it was being prepared"):
        services(ready).campaigns.run("Spring", ["Default"])
    assert ready.open_zone("Default", T0).jobs == ()


def test_pause_and_resume_are_found_after_a_restart(ready: SqlStore) -> None:
    services(ready).campaigns.run("Spring", ["Default"])
    assert services(ready).campaigns.pause("Spring").state is JobState.Paused
    assert ready.open_zone("Default", T0).jobs[0].wanted is Wanted.PAUSE
    with refused(Cause.WRONG_STATE, r"is paused and cannot become paused; that needs .* running"):
        services(ready).campaigns.pause("Spring")
    assert services(ready).campaigns.resume("Spring").state is JobState.Running
    assert ready.open_zone("Default", T0).jobs[0].wanted is Wanted.RUN


def test_stop_while_a_zone_serves_lets_it_finish(ready: SqlStore) -> None:
    job = services(ready).campaigns.run("Spring", ["Default"]).job
    token = ready.open_zone("Default", T0).token
    stopping = services(ready, ("Default",)).campaigns.stop("Spring")
    assert (stopping.state, stopping.ended_at, stopping.zones) == (JobState.Stopping, None, ("Default",))
    assert services(ready, ("Default",)).campaigns.stop("Spring").state is JobState.Stopping
    ready.commit(token, [FinishJob(job.job_id, "stopped", T0 + 5)])
    status = services(ready).campaigns.status("Spring")
    assert status.job is not None
    assert (status.job.state, status.job.ended_at) == (JobState.Stopped, T0 + 5)


def test_stop_without_a_zone_is_at_once(ready: SqlStore) -> None:
    services(ready).campaigns.run("Spring", ["Default"])
    assert services(ready, ()).campaigns.stop("Spring").ended_at == T0
    assert ready.open_zone("Default", T0).jobs == ()


def test_job_that_ends_while_it_is_stopped_says_how_it_ended(
    ready: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = services(ready).campaigns.run("Spring", ["Default"]).job
    token = ready.open_zone("Default", T0).token
    stop = ready.stop_job

    def finish_and_stop(*args: Any) -> JobState | None:
        claimed = ready.claim_contacts(token, job.job_id, 100, T0).contacts
        done = [ReturnContact(job.job_id, each.contact_id, 1, "Busy", None) for each in claimed]
        ready.commit(token, [*done, FinishJob(job.job_id, "finished", T0 + 5)])
        return stop(*args)

    monkeypatch.setattr(ready, "stop_job", finish_and_stop)
    with refused(Cause.WRONG_STATE, "campaign Spring: its job 1 is finished, and over"):
        services(ready, ("Default",)).campaigns.stop("Spring")


@pytest.mark.parametrize("method", ["pause", "resume", "stop"])
def test_campaign_not_running_refused(ready: SqlStore, method: str) -> None:
    service = getattr(services(ready, ("Default",)).campaigns, method)
    with refused(Cause.NOT_RUNNING, "campaign Spring: was never run; run it first"):
        service("Spring")
    services(ready).campaigns.run("Spring", ["Default"])
    services(ready).campaigns.stop("Spring")
    with refused(Cause.NOT_RUNNING, "campaign Spring: is stopped; run it first"):
        service("Spring")


@pytest.mark.parametrize("served", [(), ("Default", "Another")])
def test_zone_of_a_job_is_hinted_at_after_each_change(ready: SqlStore, served: tuple[str, ...]) -> None:
    hints: list[tuple[str, object]] = []

    def hint(zone: str) -> None:
        hints.append((zone, ready.jobs_wanted(zone)))

    campaigns = services(ready, served, hint=hint).campaigns
    for change in (
        lambda: campaigns.run("Spring", ["Default"]),
        *(partial(method, "Spring") for method in (campaigns.pause, campaigns.resume, campaigns.stop)),
    ):
        change()
    last = () if not served else (WantedJob(1, Wanted.STOP, total=3, pending=3),)
    assert hints == [
        ("Default", (WantedJob(1, Wanted.RUN, total=3, pending=3),)),
        ("Default", (WantedJob(1, Wanted.PAUSE, total=3, pending=3),)),
        ("Default", (WantedJob(1, Wanted.RUN, total=3, pending=3),)),
        ("Default", last),
    ]


def test_job_is_stopped_when_numbers_of_its_campaign_are_what_that_says(ready: SqlStore) -> None:
    hints: list[str] = []
    at = services(ready, ("Default",), hint=hints.append)
    for scope in Scope:
        at.values.define(scope, "Sold")
    with refused(Cause.BAD_VALUE, "campaign Autumn: finish_when: character 1: no attribute 'Lost'"):
        at.campaigns.create(evolve(SPEC, name="Autumn", finish_when="Lost > 1"), ["A"])
    at.campaigns.create(evolve(SPEC, name="Autumn", finish_when="Sold >= 3 or Sold < 0"), ["A"])
    for name, expected in (("Spring", JobState.Running), ("Autumn", JobState.Stopping)):
        job_id = at.campaigns.run(name, ["Default"]).job.job_id
        at.values.change_campaign(job_id, "Sold", Change.ADD, 2.5)
        assert at.jobs.find(job_id).state is JobState.Running
        hints.clear()
        at.values.change_campaign(job_id, "Sold", Change.ADD, 0.5)
        assert at.jobs.find(job_id).state is expected
        assert hints == (["Default"] if name == "Autumn" else [])
        at.values.change_campaign(job_id, "Sold", Change.ADD, 1.0)  # it is being stopped already
        assert at.jobs.find(job_id).state is expected


def test_run_in_a_zone_that_nobody_serves_refused_if_others_are(ready: SqlStore) -> None:
    with refused(Cause.NOT_SERVED, "zone North: is not served here; there are: East, West"):
        services(ready, ("West", "East")).campaigns.run("Spring", ["North"])
    assert services(ready).campaigns.run("Spring", ["North"]).unserved == ("North",)


def test_status_of_a_campaign_never_run_has_no_job(ready: SqlStore) -> None:
    status = services(ready).campaigns.status("Spring")
    assert (status.name, status.job, status.tally) == ("Spring", None, None)


def test_status_and_export_show_what_was_done(ready: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmgr.campaign.campaigns.EXPORT_CHUNK", 1)
    job = services(ready).campaigns.run("Spring", ["Default"]).job
    token = ready.open_zone("Default", T0).token
    contacts = ready.claim_contacts(token, job.job_id, 10, T0).contacts
    for contact, code_id in zip(contacts, (1, 5, 1), strict=True):
        key = f"a{contact.contact_id}"
        ready.commit(
            token,
            [
                StartAttempt(key, job.job_id, contact.contact_id, ContactType.Predictive, "+1", T0),
                MarkAnswered(key, T0 + 1, "1001"),
                SaveDisposition(key, job.job_id, contact.contact_id, "1001", code_id, "agent", T0 + 2),
                EndAttempt(key, "Handled", T0 + 2),
                ReturnContact(job.job_id, contact.contact_id, 1, "Handled", None),
            ],
        )
    status = services(ready).campaigns.status("Spring")
    assert status.job is not None
    assert status.tally is not None
    assert (status.job.total, status.job.done) == (3, 3)
    assert status.tally.dispositions == (("Sale", 2), ("No code given", 1))
    assert status.tally.stored == 3
    rows = list(services(ready).campaigns.dispositions("Spring"))
    assert [(row.user_contact_id, row.code) for row in rows] == [
        ("U0", "Sale"),
        ("U1", "No code given"),
        ("U2", "Sale"),
    ]


def test_dials_of_a_campaign_are_read_page_by_page(ready: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmgr.campaign.campaigns.EXPORT_CHUNK", 2)
    job = services(ready).campaigns.run("Spring", ["Default"]).job
    token = ready.open_zone("Default", T0).token
    for contact in ready.claim_contacts(token, job.job_id, 10, T0).contacts:
        key, kind = f"a{contact.contact_id}", ContactType.Predictive
        record = StartAttempt(key, job.job_id, contact.contact_id, kind, "+1", T0, dialed_at=T0)
        ready.commit(token, [record])
    assert [row.user_contact_id for row in services(ready).campaigns.dials("Spring")] == ["U0", "U1", "U2"]
    with refused(Cause.NO_SUCH_CAMPAIGN, "no campaign 'Autumn'; there are: Spring"):
        services(ready).campaigns.dials("Autumn")


def test_delete_of_a_campaign_never_run_takes_it_away(ready: SqlStore) -> None:
    assert services(ready).campaigns.delete("Spring").jobs == 0
    with refused(Cause.NO_SUCH_CAMPAIGN, "no campaign 'Spring'; there are: none yet"):
        services(ready).campaigns.delete("Spring")
    assert [each.contacts for each in services(ready).contacts.lists()] == [3]


def test_delete_of_a_campaign_with_attempts_needs_a_word(
    ready: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.campaign.campaigns.DELETE_CHUNK", 1)
    campaigns = services(ready).campaigns
    job = campaigns.run("Spring", ["Default"]).job
    token = ready.open_zone("Default", T0).token
    contact = ready.claim_contacts(token, job.job_id, 1, T0).contacts[0]
    record = StartAttempt("a1", job.job_id, contact.contact_id, ContactType.Predictive, "+1", T0)
    ready.commit(token, [record])
    for with_history in (False, True):
        with refused(Cause.IN_USE, "campaign Spring: its job 1 is running; agentmgr campaign stop Spring"):
            campaigns.delete("Spring", with_history=with_history)
    campaigns.stop("Spring")
    with refused(
        Cause.IN_USE, "campaign Spring: has 1 attempts, 0 dispositions and 0 open callbacks; export"
    ):
        campaigns.delete("Spring")
    assert ready.tally(1).attempts == 1
    assert campaigns.delete("Spring", with_history=True).attempts == 1
    assert campaigns.all() == ()


def test_campaign_whose_deletion_was_cut_off_is_deleted_by_whoever_is_left(
    ready: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.campaign.campaigns.DELETE_CHUNK", 1)
    campaigns = services(ready).campaigns
    campaigns.run("Spring", ["Default"])
    campaigns.stop("Spring")
    assert not campaigns.go_on_deleting()  # nobody has begun
    assert ready.find_campaign("Spring") is not None

    def die(campaign_id: int, limit: int) -> int | None:
        delete_history(campaign_id, limit)
        raise StoreFault("the process is gone")

    delete_history = ready.delete_history
    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "delete_history", lambda store, *args: die(*args))
        with pytest.raises(StoreFault):
            campaigns.delete("Spring")
    assert ready.find_campaign("Spring") is not None
    while campaigns.go_on_deleting():
        pass
    assert ready.find_campaign("Spring") is None
    with refused(Cause.DENIED, "needs a user of no organisation"):
        services(ready, organisation="North Bank").campaigns.go_on_deleting()


def test_delete_of_a_campaign_that_is_run_meanwhile_stops(
    ready: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = services(ready).campaigns
    campaigns.run("Spring", ["Default"])
    campaigns.stop("Spring")
    delete_history = ready.delete_history

    def run_first(campaign_id: int, limit: int) -> int | None:
        ready.create_job(campaign_id, ["Default"], T0)
        return delete_history(campaign_id, limit)

    monkeypatch.setattr(SqlStore, "delete_history", lambda store, *args: run_first(*args))
    with refused(Cause.IN_USE, "campaign Spring: its job 2 is preparing"):
        campaigns.delete("Spring")
    assert ready.find_campaign("Spring") is not None


def test_campaign_runs_in_the_zones_named_else_in_its_own_else_where_it_is_said(ready: SqlStore) -> None:
    campaigns = services(ready).campaigns
    campaigns.create(evolve(SPEC, name="Autumn", zones=("South", "North")), ["A"])
    for named, otherwise, found in (
        (["West"], "East", ("West",)),
        ([], "East", ("North", "South")),
    ):
        started = campaigns.run("Autumn", named, otherwise)
        assert started.zones == started.unserved == found
        campaigns.stop("Autumn")
    assert campaigns.run("Spring", [], "East").zones == ("East",)
    campaigns.stop("Spring")
    with refused(Cause.NOT_SERVED, "needs at least one zone"):
        campaigns.run("Spring")


def test_campaign_in_two_zones_is_shown_with_the_share_of_each(ready: SqlStore) -> None:
    campaigns = services(ready).campaigns
    with refused(Cause.BAD_VALUE, "zone North is named twice"):
        campaigns.run("Spring", ["North", "North"])
    campaigns.run("Spring", ["North", "South"])
    status = campaigns.status("Spring")
    assert [(share.zone, share.pending) for share in status.shares] == [("North", 2), ("South", 1)]
    assert status.why.startswith("zone North: zone North is not served")
    assert "; zone South: " in status.why


def test_campaign_with_a_filter_calls_whom_it_lets_through(ready: SqlStore) -> None:
    at = services(ready)
    at.contact.save("A", {"UserContactId": "U1", "FirstName": "Ann"})
    at.campaigns.create(evolve(SPEC, name="Ann", filter="FirstName = 'Ann'"), ["A"])
    assert at.campaigns.run("Ann", ["North"]).job.total == 1
    at.campaigns.create(evolve(SPEC, name="Bea", filter="FirstName = 'Bea'"), ["A"])
    with refused(Cause.NO_CONTACTS, "no contacts that its filter lets through"):
        at.campaigns.run("Bea", ["North"])


def test_campaign_with_a_filter_that_is_none_is_refused_with_the_place(ready: SqlStore) -> None:
    campaigns = services(ready).campaigns
    for text, said in (
        ("FirstName = ", "filter: character 13: ends too early"),
        ("FirstName = 'Ann' and balance > 1", "filter: character 23: no attribute 'balance'"),
    ):
        with refused(Cause.BAD_VALUE, said):
            campaigns.create(evolve(SPEC, name="Other", filter=text), ["A"])
        with refused(Cause.BAD_VALUE, said):
            campaigns.change("Spring", evolve(SPEC, filter=text), ["A"])
