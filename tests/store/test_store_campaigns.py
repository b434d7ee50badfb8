"""Campaigns, jobs, agents, contacts and the do-not-call list: what goes in comes out."""

from collections.abc import Mapping

import attrs
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import T0, ZONE, Bench, campaign, drafts, handled, prepare_job

from agentmgr.core.effects import FinishJob, ReturnContact
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    ExternalDestination,
    PhoneNumber,
)
from agentmgr.core.tasks import Step, Task
from agentmgr.ports import (
    AccountLogin,
    AgentLogin,
    ContactDraft,
    ContactsPut,
    DncEntry,
    JobState,
    Role,
    StoreFault,
    TakenIn,
)
from agentmgr.store import SqlStore
from protocol.enums import AttributeType, CallbackType, DialFailReason, PacingType
from protocol.structures import AgentSkill

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
WHOLE = st.integers(0, 100_000)
CODES = st.lists(
    st.builds(CompletionCodeSpec, WHOLE, TEXT, st.booleans(), st.none() | WHOLE),
    min_size=1,
    max_size=5,
    unique_by=(lambda code: code.code_id, lambda code: code.name),
)
# Where any value of the type will not do.
FIELDS = {
    "campaign_id": st.just(0),
    "name": TEXT,
    "completion_codes": CODES.map(tuple),
    "attributes": st.just(()),  # the store's, see below
    "abandon_limit": st.floats(0, 1),
    "min_calls_per_agent": st.floats(1, 20),
    "max_calls_per_agent": st.floats(1, 50),
    "calling_hours": st.builds(CallingHours, WHOLE, WHOLE, st.frozensets(st.integers(1, 7))),
}
TYPES: dict[object, st.SearchStrategy[object]] = {
    str: st.just("") | TEXT,
    int: WHOLE,
    bool: st.booleans(),
    PacingType: st.sampled_from(PacingType),
    Mapping[DialFailReason, int]: st.dictionaries(st.sampled_from(DialFailReason), WHOLE),
    tuple[ExternalDestination, ...]: st.lists(st.builds(ExternalDestination, TEXT, TEXT), max_size=3).map(
        tuple
    ),
    tuple[Task, ...]: st.lists(st.builds(Task, WHOLE, TEXT, TEXT), max_size=3).map(tuple),
    tuple[Step, ...]: st.lists(st.builds(Step, TEXT, TEXT, WHOLE, TEXT, st.none() | WHOLE, TEXT)).map(tuple),
    tuple[str, ...]: st.lists(TEXT, max_size=3, unique=True).map(tuple),
    tuple[CallbackType, ...]: st.lists(st.sampled_from(CallbackType), unique=True).map(tuple),
}
SPECS = st.builds(
    CampaignSpec,
    **{
        each.name: FIELDS[each.name] if each.name in FIELDS else TYPES[each.type]
        for each in attrs.fields(CampaignSpec)
    },
)


@given(spec=SPECS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_campaign_comes_back_with_every_setting(store: SqlStore, spec: CampaignSpec) -> None:
    name = f"{len(store.campaigns())} {spec.name}"
    spec = evolve(spec, name=name)
    stored = store.add_campaign(spec, [], T0)
    assert evolve(stored, campaign_id=0) == spec
    assert store.find_campaign(name) == stored


def test_campaign_brings_all_known_attributes_in_their_order(store: SqlStore) -> None:
    store.define_attributes([AttributeSpec("B", "phone"), AttributeSpec("A")])
    own = AttributeSpec("C", "date", AttributeType.MASKED_WRITE)
    redefined = AttributeSpec("A", "integer")
    stored = store.add_campaign(evolve(campaign(), attributes=(own, redefined)), [], T0)
    assert stored.attributes == (AttributeSpec("B", "phone"), AttributeSpec("A"), own) == store.attributes()


def test_campaign_of_the_same_name_is_a_fault_and_changes_nothing(store: SqlStore) -> None:
    first = store.add_campaign(campaign(), [], T0)
    with pytest.raises(StoreFault, match=r"UNIQUE.*campaign\.name|unique.*uq_campaign_name"):
        store.add_campaign(evolve(campaign(), skill="Other"), [], T0)
    assert store.find_campaign("Spring") == first


def test_campaign_unknown_is_none(store: SqlStore) -> None:
    assert store.find_campaign("Spring") is None


def test_campaigns_are_shown_with_lists_and_latest_job(store: SqlStore) -> None:
    job = prepare_job(store, contacts=3)
    store.add_campaign(campaign("Autumn"), [], T0)
    autumn, spring = store.campaigns()
    assert (autumn.name, autumn.lists, autumn.job) == ("Autumn", (), None)
    assert (spring.name, spring.pacing, spring.lists) == ("Spring", PacingType.Predictive, ("Spring",))
    assert spring.job is not None
    assert (spring.job.job_id, spring.job.state, spring.job.total) == (job.job_id, JobState.Running, 3)


def test_job_has_the_contacts_of_all_lists_of_its_campaign_once(store: SqlStore) -> None:
    lists = [store.ensure_list(name, T0) for name in ("A", "B", "not in it")]
    for list_id in lists:
        store.put_contacts(list_id, drafts(30), T0)
    spec = store.add_campaign(campaign(), lists[:2], T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    last, ids = 0, []
    while (following := store.fill_job(job_id, last, 7)) is not None:
        ids.append(following)
        last = following
    job = store.start_job(job_id)
    assert job is not None
    assert (job.total, len(ids)) == (60, 9)
    token = store.open_zone(ZONE, T0).token
    claimed = store.claim_contacts(token, job_id, 100, T0).contacts
    assert sorted(c.list_name for c in claimed) == ["A"] * 30 + ["B"] * 30


def queued_job(bench: Bench, at: float = T0) -> int:
    job_id = bench.store.create_job(1, [ZONE], at)
    assert bench.store.fill_job(job_id, 0, 100)
    assert bench.store.start_job(job_id)
    return job_id


def states(bench: Bench) -> list[JobState]:
    return [each.state for each in bench.store.list_jobs(1, tuple(JobState), 0, 100)]


def test_job_second_while_one_is_under_way_waits_for_it(bench: Bench) -> None:
    second, third = queued_job(bench), queued_job(bench)
    assert states(bench) == [JobState.Running, JobState.Queued, JobState.Queued]
    assert [each.job_id for each in bench.store.jobs_wanted(ZONE)] == [bench.job_id]
    under_way = bench.store.latest_job(1)
    assert under_way is not None
    assert under_way.job_id == bench.job_id
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0 + 7)
    assert states(bench) == [JobState.Stopped, JobState.Running, JobState.Queued]
    (begun,) = bench.store.list_jobs(1, (JobState.Running,), 0, 100)
    assert (begun.job_id, begun.started_at) == (second, T0 + 7)
    assert bench.store.stop_job(third, [ZONE], T0 + 8) is JobState.Stopped
    assert states(bench) == [JobState.Stopped, JobState.Running, JobState.Stopped]


def test_transaction_that_finishes_a_job_lets_the_oldest_run_that_waits(bench: Bench) -> None:
    second = queued_job(bench)
    done = [ReturnContact(bench.job_id, each.contact_id, 1, "Handled", None) for each in bench.claim()]
    bench.store.commit(bench.token, [*done, FinishJob(bench.job_id, "finished", T0 + 9)])
    assert states(bench) == [JobState.Finished, JobState.Running]
    assert [each.job_id for each in bench.store.jobs_wanted(ZONE)] == [second]
    assert bench.store.claim_contacts(bench.token, second, 100, T0).contacts


def test_takeover_leaves_a_job_that_waits_alone_and_lets_it_run_after_one_that_stops(bench: Bench) -> None:
    second = queued_job(bench)
    assert [each.job_id for each in bench.reopen().jobs] == [bench.job_id]
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopping)
    bench.reopen(T0 + 5)
    assert states(bench) == [JobState.Stopped, JobState.Running]
    assert [each.job_id for each in bench.reopen().jobs] == [second]


def test_contacts_that_come_into_a_list_reach_the_job_that_waits_too(bench: Bench) -> None:
    second = queued_job(bench)
    before = [each.total for each in bench.store.list_jobs(1, tuple(JobState), 0, 100)]
    bench.store.put_contacts(1, drafts(4, first=500), T0)
    after = [each.total for each in bench.store.list_jobs(1, tuple(JobState), 0, 100)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [4, 4]
    assert bench.store.job(second) is not None


def test_archived_contacts_leave_the_job_that_goes_on_counting_them(bench: Bench) -> None:
    one, two, *others = bench.claim()
    bench.store.commit(
        bench.token,
        [
            ReturnContact(bench.job_id, one.contact_id, 1, "Handled", None),
            ReturnContact(bench.job_id, two.contact_id, 1, "Busy", T0 + 60),
        ],
    )
    before = bench.store.job(bench.job_id)
    moved, last = bench.store.archive_contacts(bench.job_id, 0, 100)
    assert (moved, bench.store.archive_contacts(bench.job_id, last or 0, 100)) == (1, (0, None))
    assert bench.rows("SELECT 1 FROM job_contact WHERE contact_id = ?", one.contact_id) == []
    assert len(bench.rows("SELECT 1 FROM job_contact")) == len(others) + 1
    assert bench.store.job(bench.job_id) == before
    assert bench.store.tally(bench.job_id).done == (("Handled", 1),)


def test_job_moves_from_allowed_states_only(bench: Bench) -> None:
    assert not bench.store.move_job(bench.job_id, (JobState.Paused,), JobState.Running)
    assert bench.store.move_job(bench.job_id, (JobState.Paused, JobState.Running), JobState.Paused)
    job = bench.store.latest_job(1)
    assert job is not None
    assert job.state is JobState.Paused


def test_job_stopped_without_a_zone_leaves_nothing_open(bench: Bench) -> None:
    contact = bench.claim()[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1")[:2])
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0)
    assert bench.rows("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == [(0,)]
    assert bench.rows("SELECT count(*) FROM job_contact WHERE state = 'claimed'") == [(0,)]


def test_dispositions_come_in_pages_over_all_jobs_of_the_campaign_alone(bench: Bench) -> None:
    other = prepare_job(bench.store, contacts=1, name="Autumn")
    elsewhere = Bench(bench.place, bench.store, other.job_id, bench.token)
    bench.store.commit(bench.token, handled(elsewhere, elsewhere.claim()[0], "other"))
    for index, contact in enumerate(bench.claim()):
        bench.store.commit(bench.token, handled(bench, contact, f"a{index}"))
    first = bench.store.dispositions(1, 0, 3)
    rest = bench.store.dispositions(1, first[-1].row_id, 3)
    assert [row.attempt_id for row in (*first, *rest)] == ["a0", "a1", "a2", "a3", "a4"]
    assert bench.store.dispositions(1, rest[-1].row_id, 3) == ()


def test_contacts_put_again_are_updated_in_place(store: SqlStore) -> None:
    job = prepare_job(store, contacts=2)
    phones = (
        PhoneNumber("PhoneNumber1", "+12125559999", "America/Chicago", wireless=True),
        PhoneNumber("PhoneNumber2", "+12125558888"),
    )
    changed = ContactDraft("C0", phones, {"FirstName": "Bea", "LastName": ""})
    put = store.put_contacts(1, [changed, *drafts(1, first=7)], T0)
    assert (put.created, put.updated) == (1, 1)
    token = store.open_zone(ZONE, T0).token
    first, second, third = store.claim_contacts(token, job.job_id, 10, T0).contacts
    assert first.numbers == phones
    assert first.attributes["FirstName"] == "Bea"
    assert "LastName" not in first.attributes
    assert second.attributes["LastName"] == "Number 1"
    assert third.user_contact_id == "C7"
    gone = ContactDraft("C0", phones[:1], {"PhoneNumber2": ""})
    store.put_contacts(1, [gone], T0)
    token = store.open_zone(ZONE, T0).token
    assert store.claim_contacts(token, job.job_id, 1, T0).contacts[0].numbers == phones[:1]


def test_contacts_put_twice_in_one_call_keep_the_last(store: SqlStore) -> None:
    list_id = store.ensure_list("A", T0)
    first, last = (ContactDraft("X", drafts(1)[0].numbers, {"FirstName": name}) for name in ("Old", "New"))
    assert store.put_contacts(list_id, [first, last], T0) == ContactsPut(created=1, updated=1)
    assert store.contact_lists()[0].contacts == 1


def test_contacts_of_two_lists_may_have_the_same_id(store: SqlStore) -> None:
    for name in ("A", "B"):
        assert store.put_contacts(store.ensure_list(name, T0), drafts(2), T0).created == 2
    assert [(each.name, each.contacts) for each in store.contact_lists()] == [("A", 2), ("B", 2)]


def test_list_is_made_once(store: SqlStore) -> None:
    assert store.ensure_list("A", T0) == store.ensure_list("A", T0 + 1)


def test_agent_comes_back_with_skills_in_order(store: SqlStore) -> None:
    skills = (AgentSkill("Sales", "s", 3), AgentSkill("English", "e", 1))
    login = AgentLogin(AgentSpec("1001", "Ann", skills), "hash", ZONE, True)
    other = AgentLogin(AgentSpec("1000", "Bob", ()), "hash2", ZONE, False)
    store.put_agent(login)
    store.put_agent(other)
    assert store.find_agent("1001") == login
    assert store.agents() == (other, login)
    changed = evolve(login, password_hash="new", agent=AgentSpec("1001", "Ann", skills[:1]))
    store.put_agent(changed)
    assert store.find_agent("1001") == changed
    assert store.find_agent("1002") is None


def test_account_comes_back_as_it_was_stored(store: SqlStore) -> None:
    account = AccountLogin("blender", "hash", Role.SERVICE, True)
    other = AccountLogin("Monitor", "hash2", Role.SERVICE, False)
    store.put_account(account)
    store.put_account(other)
    assert store.find_account("blender") == account
    assert store.accounts() == (other, account)
    changed = evolve(account, password_hash="new", enabled=False)
    store.put_account(changed)
    assert store.find_account("blender") == changed
    assert store.delete_account("blender")
    assert not store.delete_account("blender")
    assert (store.find_account("blender"), store.accounts()) == (None, (other,))


def test_dnc_is_counted_paged_and_taken_back(store: SqlStore) -> None:
    entries = [DncEntry(f"+1212555{index:04}", "import", T0) for index in range(2500)]
    assert store.add_to_dnc(entries) == 2500
    assert store.add_to_dnc(entries[:3]) == 0
    assert store.on_dnc(entry.address for entry in entries) == {entry.address for entry in entries}
    assert store.dnc_entries(entries[2].address, 2) == tuple(entries[3:5])
    assert store.remove_from_dnc([entries[0].address, "+49"]) == 1
    assert store.on_dnc([entries[0].address]) == frozenset()


def test_campaign_changed_meanwhile_is_not_written_over(store: SqlStore) -> None:
    list_id = store.ensure_list("A", T0)
    first = store.add_campaign(campaign(), [list_id], T0)
    assert store.change_campaign(evolve(first, priority=7), [list_id], T0, while_it_runs=True)
    assert not store.change_campaign(evolve(first, priority=8), [list_id], T0, while_it_runs=True)
    found = store.find_campaign(first.name)
    assert found == evolve(first, priority=7, version=first.version + 1)


def test_campaign_run_meanwhile_keeps_what_its_job_rests_on(bench: Bench) -> None:
    found = bench.store.find_campaign("Spring")
    assert found is not None
    other = evolve(found, skill="Other")
    assert not bench.store.change_campaign(other, [1], T0, while_it_runs=False)
    assert bench.store.find_campaign("Spring") == found
    assert bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0)
    assert bench.store.change_campaign(other, [1], T0, while_it_runs=False)


def test_campaign_changed_while_it_runs_is_heard_of_by_the_zone_of_its_job(bench: Bench) -> None:
    found = bench.store.find_campaign("Spring")
    assert found is not None
    assert bench.store.change_campaign(evolve(found, priority=7), [1], T0, while_it_runs=True)
    (wanted,) = bench.store.jobs_wanted(ZONE)
    job = bench.store.load_job(bench.token, bench.job_id)
    assert job is not None
    assert (job.campaign.priority, job.campaign.version) == (7, found.version + 1)
    assert wanted.version == job.campaign.version


# -- contacts that come into the list of a job ---------------------------------------------------


@pytest.mark.parametrize("state", [JobState.Running, JobState.Paused])
def test_job_that_is_there_takes_in_what_comes_into_its_list(bench: Bench, state: JobState) -> None:
    before = len(bench.claim())
    bench.store.move_job(bench.job_id, (JobState.Running,), state)
    put = bench.store.put_contacts(1, drafts(3, first=700, timezone="Asia/Tokyo"), T0)
    assert put.taken_in == (TakenIn("Spring", (ZONE,), 3),)
    (wanted,) = bench.store.jobs_wanted(ZONE)
    assert wanted.total == before + 3
    assert [contact.user_contact_id for contact in bench.claim()] == ["C700", "C701", "C702"]
    assert bench.rows("SELECT DISTINCT timezone FROM job_contact WHERE contact_id > ?", before) == [
        ("Asia/Tokyo",)
    ]


@pytest.mark.parametrize("state", [JobState.Stopping, JobState.Stopped, JobState.Finished])
def test_job_that_ends_takes_nothing_in(bench: Bench, state: JobState) -> None:
    ended_at = None if state is JobState.Stopping else T0
    bench.store.move_job(bench.job_id, (JobState.Running,), state, ended_at)
    before = bench.rows("SELECT count(*) FROM job_contact")
    assert bench.store.put_contacts(1, drafts(3, first=700), T0).taken_in == ()
    assert bench.rows("SELECT count(*) FROM job_contact") == before


def test_contacts_put_again_are_not_taken_in_twice(bench: Bench) -> None:
    bench.store.put_contacts(1, drafts(1, first=700), T0)
    assert bench.store.put_contacts(1, drafts(1, first=700), T0).taken_in == ()
    other = bench.store.ensure_list("Elsewhere", T0)
    assert bench.store.put_contacts(other, drafts(1, first=800), T0).taken_in == ()


def test_job_in_preparation_starts_with_what_came_while_it_was_filled(store: SqlStore) -> None:
    list_id = store.ensure_list("A", T0)
    store.put_contacts(list_id, drafts(2), T0)
    spec = store.add_campaign(campaign(), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    last = store.fill_job(job_id, 0, 100)
    assert last is not None
    assert store.fill_job(job_id, last, 100) is None
    assert store.put_contacts(list_id, drafts(3, first=700), T0).taken_in == ()
    job = store.start_job(job_id)
    assert job is not None
    assert job.total == 5
    token = store.open_zone(ZONE, T0).token
    assert len(store.claim_contacts(token, job_id, 100, T0).contacts) == 5


def test_job_that_ran_out_goes_on_if_contacts_were_taken_in_before_its_end_was_written(bench: Bench) -> None:
    done = [ReturnContact(bench.job_id, each.contact_id, 1, "Busy", None) for each in bench.claim()]
    bench.store.put_contacts(1, drafts(1, first=700), T0)
    bench.store.commit(bench.token, [*done, FinishJob(bench.job_id, "finished", T0)])
    assert [job.job_id for job in bench.store.jobs_wanted(ZONE)] == [bench.job_id]
    (last,) = bench.claim()
    over = ReturnContact(bench.job_id, last.contact_id, 1, "Busy", None)
    bench.store.commit(bench.token, [over, FinishJob(bench.job_id, "finished", T0)])
    assert bench.store.jobs_wanted(ZONE) == ()
