"""A job in several zones: contacts dealt and taken, shares that end and come back, one end for all."""

import pytest
from attrs import define, field
from stores import T0, campaign, drafts

from agentmgr.core.effects import (
    EndAttempt,
    FinishJob,
    MarkAnswered,
    Record,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.model import CampaignSpec, ContactSpec, Wanted
from agentmgr.ports import JobState, ShareStatus, TakenIn, Token
from agentmgr.store import SqlStore
from protocol.enums import ContactType

NORTH, SOUTH, EAST = "North", "South", "East"


@define
class Land:
    """A store with a running job in three zones, of which East has no owner."""

    store: SqlStore
    job_id: int
    tokens: dict[str, Token] = field(factory=dict)

    def open(self, zone: str, now: float = T0) -> tuple[int, ...]:
        opened = self.store.open_zone(zone, now)
        self.tokens[zone] = opened.token
        return tuple(job.job_id for job in opened.jobs)

    def claim(self, zone: str, limit: int = 100, now: float = T0) -> tuple[ContactSpec, ...]:
        return self.store.claim_contacts(self.tokens[zone], self.job_id, limit, now).contacts

    def commit(self, zone: str, *records: Record) -> None:
        self.store.commit(self.tokens[zone], records)

    def start(self, zone: str, contact: ContactSpec, attempt_id: str) -> None:
        number = contact.numbers[0].number
        self.commit(
            zone,
            StartAttempt(
                attempt_id, self.job_id, contact.contact_id, ContactType.Predictive, number, T0, dialed_at=T0
            ),
        )

    def finish_contacts(self, zone: str, contacts: tuple[ContactSpec, ...]) -> None:
        self.commit(
            zone, *(ReturnContact(self.job_id, each.contact_id, 1, "Busy", None) for each in contacts)
        )

    def finish(self, zone: str, state: str = "finished", at: float = T0 + 9) -> None:
        self.commit(zone, FinishJob(self.job_id, state, at))

    def share(self, zone: str) -> ShareStatus:
        return next(each for each in self.store.shares(self.job_id) if each.zone == zone)

    def state(self) -> JobState:
        job = self.store.latest_job(1)
        assert job is not None
        return job.state

    def wanted(self, zone: str) -> Wanted | None:
        return next((job.wanted for job in self.store.jobs_wanted(zone)), None)


@pytest.fixture
def land(store: SqlStore) -> Land:
    list_id = store.ensure_list("Spring", T0)
    store.put_contacts(list_id, drafts(12), T0)
    spec: CampaignSpec = store.add_campaign(campaign("Spring"), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, (NORTH, SOUTH, EAST), T0)
    last: int | None = 0
    while last is not None:
        last = store.fill_job(job_id, last, 5)
    assert store.start_job(job_id) is not None
    land = Land(store, job_id)
    assert land.open(NORTH) == land.open(SOUTH) == (job_id,)
    return land


def test_contacts_are_dealt_to_the_zones_in_turn(land: Land) -> None:
    assert [(share.zone, share.pending) for share in land.store.shares(land.job_id)] == [
        (EAST, 4),
        (NORTH, 4),
        (SOUTH, 4),
    ]
    put = land.store.put_contacts(1, drafts(5, first=20), T0)
    assert put.taken_in == (TakenIn("Spring", (EAST, NORTH, SOUTH), 5),)
    assert sorted(share.pending for share in land.store.shares(land.job_id)) == [5, 6, 6]
    (wanted,) = land.store.jobs_wanted(NORTH)
    assert (wanted.total, wanted.pending, wanted.done, wanted.shares) == (17, 17, 0, 3)


def test_zone_claims_what_it_has_before_it_takes_any_of_others(land: Land) -> None:
    first = land.claim(NORTH)
    assert len(first) == 4
    assert (land.share(NORTH).in_work, land.share(SOUTH).pending, land.share(EAST).pending) == (4, 4, 4)
    assert len(land.claim(NORTH)) == 4, "half of each"
    assert (land.share(NORTH).in_work, land.share(SOUTH).pending, land.share(EAST).pending) == (8, 2, 2)


def test_zones_with_nobody_lose_all_they_have_to_who_works(land: Land) -> None:
    seen: list[int] = []
    while contacts := land.claim(NORTH, limit=3):
        seen += [each.contact_id for each in contacts]
        land.finish_contacts(NORTH, contacts)
    assert sorted(seen) == list(range(1, 13))
    assert land.share(NORTH) == ShareStatus(NORTH, False, 0, 0, 12, 0, 0, 0)
    assert land.share(EAST) == ShareStatus(EAST, False, 0, 0, 0, 0, 0, 0)


def test_claim_after_a_taking_one_says_that_there_may_be_more(land: Land) -> None:
    land.claim(NORTH)
    taking = land.store.claim_contacts(land.tokens[NORTH], land.job_id, 1, T0)
    assert (len(taking.contacts), taking.next_due_at) == (1, T0)
    land.claim(NORTH)
    while land.claim(NORTH):
        pass
    assert land.store.claim_contacts(land.tokens[NORTH], land.job_id, 1, T0).next_due_at is None


def test_retries_alone_are_not_taken_from_others(land: Land) -> None:
    token = land.tokens[NORTH]
    assert land.store.claim_contacts(token, land.job_id, 9, T0, only_retries=True).contacts == ()


def test_end_comes_once_with_the_last_share(land: Land) -> None:
    land.finish_contacts(NORTH, land.claim(NORTH, 100))
    while contacts := land.claim(SOUTH):
        land.finish_contacts(SOUTH, contacts)
    land.finish(NORTH, at=T0 + 5)
    assert (land.state(), land.share(NORTH).has_ended, land.wanted(NORTH)) == (JobState.Running, True, None)
    land.finish(SOUTH, at=T0 + 6)
    assert land.state() is JobState.Running, "East has not ended"
    land.open(EAST)
    land.finish(EAST, at=T0 + 7)
    job = land.store.latest_job(1)
    assert job is not None
    assert (job.state, job.ended_at, job.done) == (JobState.Finished, T0 + 7, 12)
    land.finish(SOUTH, at=T0 + 8)
    assert land.store.latest_job(1) == job


def test_share_does_not_end_while_contacts_wait_anywhere(land: Land) -> None:
    land.finish(NORTH)
    assert not land.share(NORTH).has_ended


def test_share_comes_back_to_life_when_contacts_come(land: Land) -> None:
    contacts = land.claim(SOUTH, 12)
    while more := land.claim(SOUTH, 12):
        contacts += more
    land.finish(NORTH)
    assert land.wanted(NORTH) is None
    assert land.store.load_job(land.tokens[NORTH], land.job_id) is None
    assert land.claim(NORTH) == ()
    land.commit(SOUTH, ReturnContact(land.job_id, contacts[0].contact_id, 1, "Busy", T0 + 60))
    assert land.wanted(NORTH) is Wanted.RUN
    job = land.store.load_job(land.tokens[NORTH], land.job_id)
    assert job is not None
    assert (job.total, job.shares) == (12, 3)
    assert not land.share(NORTH).has_ended
    assert land.claim(NORTH, now=T0 + 59) == ()
    assert len(land.claim(NORTH, now=T0 + 60)) == 1


def test_contact_given_back_untouched_is_as_it_was(land: Land) -> None:
    contact = land.claim(NORTH, 1)[0]
    land.commit(NORTH, ReturnContact(land.job_id, contact.contact_id, 1, "Busy", T0 + 5))
    again = next(each for each in land.claim(NORTH, now=T0 + 5) if each.contact_id == contact.contact_id)
    land.commit(NORTH, ReturnContact(land.job_id, contact.contact_id, again.attempts, "", again.due_at))
    page = land.store.list_page(1, [land.job_id], "", 100)
    standing = page.standings[land.job_id, contact.contact_id]
    assert (standing.state, standing.attempts, standing.last_outcome) == ("pending", 1, "Busy")
    assert standing.due_at == T0 + 5


def test_zone_that_dies_gives_back_its_own_alone(land: Land) -> None:
    north, south = land.claim(NORTH), land.claim(SOUTH)
    land.start(NORTH, north[0], "n1")
    land.start(SOUTH, south[0], "s1")
    land.commit(NORTH, MarkAnswered("n1", T0, "1001"))
    assert land.open(NORTH, T0 + 9) == (land.job_id,)
    assert land.store.tally(land.job_id).outcomes == (("Interrupted", 1),)
    assert (land.share(NORTH).pending, land.share(NORTH).done, land.share(NORTH).in_work) == (3, 1, 0)
    assert land.share(SOUTH).in_work == 4
    # the other one goes on as if nothing had happened
    land.commit(
        SOUTH,
        MarkAnswered("s1", T0, "2001"),
        SaveDisposition("s1", land.job_id, south[0].contact_id, "2001", 1, "agent", T0),
        EndAttempt("s1", "Handled", T0, "2001"),
        ReturnContact(land.job_id, south[0].contact_id, 1, "Handled", None),
    )
    tally = land.store.tally(land.job_id)
    assert (tally.attempts, tally.dials, tally.live_answers, tally.stored) == (2, 2, 2, 1)
    assert dict(tally.done) == {"Handled": 1, "Interrupted": 1}
    assert (land.share(NORTH).live_answers, land.share(SOUTH).live_answers) == (1, 1)


def test_stop_ends_at_once_the_shares_of_zones_that_nobody_serves(land: Land) -> None:
    land.open(EAST)
    land.start(EAST, land.claim(EAST)[0], "e1")
    land.claim(NORTH)
    assert land.store.stop_job(land.job_id, [NORTH], T0 + 1) is JobState.Stopping
    assert [share.has_ended for share in land.store.shares(land.job_id)] == [True, False, True]
    assert land.store.tally(land.job_id).outcomes == (("Interrupted", 1),)
    assert land.wanted(NORTH) is Wanted.STOP
    assert land.claim(NORTH) == (), "nothing is begun in a job that stops"
    land.finish_contacts(NORTH, ())
    land.finish(NORTH, "stopped")
    assert land.state() is JobState.Stopped
    assert land.store.stop_job(land.job_id, [NORTH], T0 + 2) is None


def test_stopped_share_ends_those_in_which_nothing_is_under_way(land: Land) -> None:
    """A zone that closed after the stop was told to it does not hold the end up."""
    land.open(EAST)
    assert land.store.stop_job(land.job_id, [NORTH, SOUTH, EAST], T0) is JobState.Stopping
    land.finish(NORTH, "stopped")
    assert land.state() is JobState.Stopped


def test_stopped_share_waits_for_those_in_which_something_is(land: Land) -> None:
    contact = land.claim(SOUTH, 1)[0]
    land.store.stop_job(land.job_id, [NORTH, SOUTH], T0)
    land.finish(NORTH, "stopped")
    assert land.state() is JobState.Stopping
    land.commit(SOUTH, ReturnContact(land.job_id, contact.contact_id, 0, "Stopped", T0))
    land.finish(SOUTH, "stopped")
    assert land.state() is JobState.Stopped


def test_stopped_share_of_a_dead_zone_ends_when_the_zone_is_opened(land: Land) -> None:
    land.start(SOUTH, land.claim(SOUTH, 1)[0], "s1")
    land.store.stop_job(land.job_id, [NORTH, SOUTH], T0)
    land.finish(NORTH, "stopped")
    assert land.open(SOUTH, T0 + 5) == ()
    assert land.state() is JobState.Stopped
    assert land.share(SOUTH).in_work == 0
