"""Custom pacing: the calls of all zones of a job are never too many, whatever happens in which order."""

from random import Random

import pytest
from attrs import define, evolve
from stores import T0, ZONE, campaign, drafts

from agentmgr.core.effects import HoldCalls
from agentmgr.core.model import CallGrant
from agentmgr.ports import Paced, Token
from agentmgr.store import SqlStore

ZONES = ("East", "North", "West")


@define
class Share:
    """A zone as far as it calls: what it knows, what it has, what it has said and is not committed yet."""

    token: Token
    grant: CallGrant
    calls: int = 0
    said: list[HoldCalls] | None = None

    def speaks(self, job_id: int, *, wanted: bool) -> None:
        reserved = max(self.grant.granted, self.calls)
        if reserved < self.grant.reserved or wanted != self.grant.wanted or not self.grant.heard:
            self.said = [*(self.said or []), HoldCalls(job_id, self.grant.number, reserved, wanted)]
            self.grant = evolve(self.grant, reserved=reserved, wanted=wanted, heard=True)


def paced_job(store: SqlStore, zones: tuple[str, ...]) -> int:
    list_id = store.ensure_list("Spring", T0)
    store.put_contacts(list_id, drafts(6), T0)
    spec = store.add_campaign(campaign(custom_pacing=True), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, zones, T0)
    store.fill_job(job_id, 0, 100)
    assert store.start_job(job_id)
    return job_id


def opened(store: SqlStore, zone: str) -> Share:
    found = store.open_zone(zone, T0)
    (job,) = found.jobs
    assert job.calls is not None
    return Share(found.token, job.calls)


def told(store: SqlStore, zone: str) -> CallGrant:
    (job,) = store.jobs_wanted(zone)
    assert job.calls is not None
    return job.calls


def test_job_calls_nobody_until_it_is_said_how_many_and_all_of_them_in_its_only_zone(
    store: SqlStore,
) -> None:
    job_id = paced_job(store, (ZONE,))
    share = opened(store, ZONE)
    assert share.grant.granted == 0
    for count in (7, 2, 0, 3):
        assert store.set_max_calls(job_id, count, [ZONE]) is Paced.SET
        assert told(store, ZONE).granted == count


def test_zone_without_agents_leaves_its_part_to_the_others(store: SqlStore) -> None:
    job_id = paced_job(store, ZONES)
    store.set_max_calls(job_id, 7, ZONES)
    assert [told(store, zone).granted for zone in ZONES] == [3, 2, 2]
    for zone in ZONES[:2]:
        share = opened(store, zone)
        store.commit(share.token, [HoldCalls(job_id, share.grant.number, 0, False)])
    for zone in ZONES[:2]:
        share = opened(store, zone)
        store.commit(share.token, [HoldCalls(job_id, share.grant.number, 0, False)])
    assert [told(store, zone).granted for zone in ZONES] == [0, 0, 7]


def test_what_is_said_of_an_older_grant_changes_nothing(store: SqlStore) -> None:
    job_id = paced_job(store, (ZONE,))
    share = opened(store, ZONE)
    store.set_max_calls(job_id, 5, [ZONE])
    before = told(store, ZONE)
    store.commit(share.token, [HoldCalls(job_id, share.grant.number, 0, True)])
    assert told(store, ZONE) == before


def test_maximum_that_falls_is_waited_for_until_each_zone_that_lives_has_heard(store: SqlStore) -> None:
    job_id = paced_job(store, ZONES)
    store.set_max_calls(job_id, 7, ZONES)
    assert store.zones_behind(job_id, ZONES) == ()
    store.set_max_calls(job_id, 2, ZONES)
    store.set_max_calls(job_id, 4, ZONES)
    assert store.zones_behind(job_id, ZONES) == ZONES
    assert store.zones_behind(job_id, ZONES[:1]) == ZONES[:1]
    for zone in ZONES:
        share = opened(store, zone)
        assert not share.grant.heard
        share.speaks(job_id, wanted=True)
        assert share.said is not None
        store.commit(share.token, share.said)
    assert store.zones_behind(job_id, ZONES) == ()
    assert all(told(store, zone).heard for zone in ZONES)


@pytest.mark.parametrize("seed", range(12))
def test_no_call_begins_beyond_the_maximum_in_any_order_of_what_happens(store: SqlStore, seed: int) -> None:
    random, job_id = Random(seed), paced_job(store, ZONES)
    shares = {zone: opened(store, zone) for zone in ZONES}
    read: dict[str, CallGrant] = {}
    maximum, in_force, begun = 0, 0, 0
    for _ in range(400):
        zone = random.choice(ZONES)
        share = shares[zone]
        match random.choice("mrtttbbbbeeehccccx"):
            case "m":
                maximum = random.randrange(12)
                store.set_max_calls(job_id, maximum, ZONES)
                in_force = max(in_force, maximum)
            case "r":
                read[zone] = told(store, zone)
            case "t":
                latest = read.pop(zone, None) or told(store, zone)
                if latest.number > share.grant.number:
                    share.grant = latest
            case "b" if share.calls < share.grant.granted:
                share.calls += 1
                begun += 1
                if not store.zones_behind(job_id, ZONES):
                    in_force = maximum
                assert sum(each.calls for each in shares.values()) <= in_force
            case "e" if share.calls:
                share.calls -= 1
            case "h":
                share.speaks(job_id, wanted=random.random() < 0.8)
            case "c" if share.said:
                store.commit(share.token, [share.said.pop(0)])
            case "x" if random.random() < 0.3:
                shares[zone] = opened(store, zone)
                read.pop(zone, None)
            case _:
                share.speaks(job_id, wanted=share.grant.wanted)
    assert begun > 20
    while behind := store.zones_behind(job_id, ZONES):  # all hear in the end, and say so
        for zone in behind:
            share = shares[zone]
            share.grant = max(share.grant, told(store, zone), key=lambda grant: grant.number)
            share.speaks(job_id, wanted=share.grant.wanted)
            for said in share.said or ():
                store.commit(share.token, [said])
            share.said = None
