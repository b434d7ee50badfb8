"""Zones of two processes on one database at the same time: contacts, numbers and the end of a job."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from stores import T0, campaign, drafts, in_postgres

from agentmgr.core.effects import AddToDnc, CheckDial, FinishJob, ReturnContact, StartAttempt
from agentmgr.core.model import ContactSpec, PhoneNumber
from agentmgr.ports import JobState, Token
from agentmgr.store import SqlStore
from protocol.enums import ContactType
from tests.databases import Place

pytestmark = in_postgres
ZONES = ("North", "South")
NUMBER = PhoneNumber("ExternalNumber", "+12125557777", "America/New_York")
Pair = tuple[tuple[SqlStore, Token], ...]


@pytest.fixture
def pair(place: Place) -> Iterator[Pair]:
    """Two stores, each with a zone of its own, and a job of 200 contacts in both."""
    stores = [place.open() for _ in ZONES]
    first = stores[0]
    list_id = first.ensure_list("Spring", T0)
    first.put_contacts(list_id, drafts(200), T0)
    spec = first.add_campaign(campaign(), [list_id], T0)
    job_id = first.create_job(spec.campaign_id, ZONES, T0)
    first.fill_job(job_id, 0, 1000)
    first.start_job(job_id)
    opened = tuple(
        (store, store.open_zone(zone, T0).token) for store, zone in zip(stores, ZONES, strict=True)
    )
    yield opened
    for store in stores:
        store.close()


def at_once(work: Sequence[Callable[[], object]]) -> None:
    """Run pieces of work in threads that begin together, and raise what one of them raised."""
    barrier, faults = threading.Barrier(len(work)), []

    def run(each: Callable[[], object]) -> None:
        barrier.wait()
        try:
            each()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in faults:
        raise fault


def job_of(pair: Pair) -> int:
    (job,) = pair[0][0].jobs_wanted("North")
    return job.job_id


def dialling(attempt_id: str, job_id: int, contact_id: int, at: float = T0) -> StartAttempt:
    predictive = ContactType.Predictive
    return StartAttempt(
        attempt_id, job_id, contact_id, predictive, NUMBER.number, at, number_name=NUMBER.name, dialed_at=at
    )


def may_dial(store: SqlStore, attempt_id: str, contact_id: int) -> bool:
    (answer,) = store.check_dials([CheckDial(1, attempt_id, contact_id, NUMBER, own=False)])
    return not answer.in_work


def test_claims_of_two_zones_at_once_get_each_contact_once(pair: Pair) -> None:
    job_id, claimed = job_of(pair), list[ContactSpec]()

    def claim_all(store: SqlStore, token: Token) -> None:
        for limit in (60, 60, 7, 1, 30, 30, 30, 30, 30, 30):  # beyond their own: each takes of the other's
            contacts = store.claim_contacts(token, job_id, limit, T0).contacts
            claimed.extend(contacts)
            again = contacts[::5]
            store.commit(token, [ReturnContact(job_id, each.contact_id, 1, "Busy", T0 + 9) for each in again])

    at_once([lambda each=each: claim_all(*each) for each in pair])  # type: ignore[misc]  # it has its default
    ids = [each.contact_id for each in claimed]
    assert len(ids) == len(set(ids))
    left = pair[0][0].contacts_left(job_id)
    shares = pair[0][0].shares(job_id)
    assert sum(each.fresh + each.retries for each in left) == sum(share.pending for share in shares)
    assert sum(share.pending + share.in_work for share in shares) == 200


@pytest.mark.parametrize("order", ["WCwc", "WwCc", "WwcC", "wWCc", "wcWC"])
@pytest.mark.parametrize("later_s", [-5.0, 0.0, 5.0])
def test_number_is_dialled_by_one_in_every_order_of_writes_and_checks(
    pair: Pair, order: str, later_s: float
) -> None:
    job_id, allowed = job_of(pair), {}
    (north, north_token), (south, south_token) = pair
    steps: dict[str, Callable[[], object]] = {
        "W": lambda: north.commit(north_token, [dialling("n", job_id, 1)]),
        "w": lambda: south.commit(south_token, [dialling("s", job_id, 2, T0 + later_s)]),
        "C": lambda: allowed.update(n=may_dial(north, "n", 1)),
        "c": lambda: allowed.update(s=may_dial(south, "s", 2)),
    }
    for step in order:
        steps[step]()
    assert sorted(allowed.values()) == [False, True]


def test_number_written_by_two_at_once_is_dialled_by_one(pair: Pair) -> None:
    job_id = job_of(pair)
    for turn in range(20):
        allowed: list[bool] = []

        def dial(store: SqlStore, token: Token, turn: int = turn) -> None:
            attempt_id = f"{token.zone}-{turn}"
            store.commit(token, [dialling(attempt_id, job_id, 1 + 2 * turn + (token.zone == "South"))])
            allowed.append(may_dial(store, attempt_id, 1))  # noqa: B023  (it ends within the turn)

        at_once([lambda each=each: dial(*each) for each in pair])  # type: ignore[misc]  # it has its default
        assert sorted(allowed) == [False, True]
        for store, token in pair:
            store.open_zone(token.zone, T0)
        pair = tuple((store, store.open_zone(token.zone, T0).token) for store, token in pair)


def test_address_put_on_the_list_in_one_zone_is_found_in_the_other(pair: Pair) -> None:
    (north, north_token), (south, south_token) = pair
    south.commit(south_token, [dialling("s", job_of(pair), 2)])
    north.commit(north_token, [AddToDnc(NUMBER.number, "1001", T0)])
    (answer,) = south.check_dials([CheckDial(1, "s", 2, NUMBER, own=False)])
    assert answer.on_dnc


def test_last_two_shares_that_end_at_once_end_the_job_once(pair: Pair) -> None:
    job_id = job_of(pair)
    for store, token in pair:
        while contacts := store.claim_contacts(token, job_id, 100, T0).contacts:
            store.commit(
                token, [ReturnContact(job_id, each.contact_id, 1, "Busy", None) for each in contacts]
            )
    at_once(
        [
            lambda each=each: each[0].commit(each[1], [FinishJob(job_id, "finished", T0 + 1)])  # type: ignore[misc]  # it has its default
            for each in pair
        ]
    )
    job = pair[0][0].latest_job(1)
    assert job is not None
    assert (job.state, job.ended_at, job.done) == (JobState.Finished, T0 + 1, 200)
    assert all(share.has_ended for share in pair[0][0].shares(job_id))
