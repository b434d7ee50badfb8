"""Alarms: each when it is due, and not before."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import define, evolve, field
from callers import services

from agentmgr.campaign.alarms import BEHIND_S, FEW_ANSWERS, SILENT_S
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.core.effects import EndAttempt, FinishJob, MarkAnswered, StartAttempt
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.ports import (
    Backlog,
    ContactDraft,
    LeaseView,
    ManagerLease,
    NoFloors,
    NoManager,
    Sampled,
    Token,
    ZoneHealth,
    ZoneLease,
)
from agentmgr.store import SqlStore
from protocol.enums import ContactType, PacingType

NOW = 1_750_000_020.0 + 43_200
DAY_S = 86_400.0
SPEC = CampaignSpec(0, "Spring", PacingType.Predictive, "English", (CompletionCodeSpec(1, "Sale"),), 1)
CONTACTS = 100


@define
class Health(NoFloors):
    zones: Mapping[str, ZoneHealth] = field(factory=dict)

    def health(self) -> Mapping[str, ZoneHealth]:
        return self.zones


@define
class Ages(NoManager):
    seen: Mapping[str, float] = field(factory=dict)

    def ages(self) -> Mapping[str, float]:
        return self.seen


@pytest.fixture
def running(store: SqlStore) -> SqlStore:
    """A campaign whose job runs."""
    called = store.ensure_list("List", 0.0)
    numbers = (PhoneNumber("PhoneNumber1", "+49301234567", "Europe/Berlin"),)
    store.put_contacts(called, [ContactDraft(f"C{n}", numbers, {}) for n in range(CONTACTS)], 0.0)
    services(store).campaigns.create(SPEC, ["List"])
    services(store, ["North"]).campaigns.run("Spring", ("North",))
    return store


def alarms(
    store: SqlStore, organisation: str = "", floors: Any = None, manager: Any = None
) -> list[tuple[str, str, str]]:
    backing = Backing(
        store, lambda: NOW, frozenset, lambda zone: None, floors or NoFloors(), manager or NoManager()
    )
    found = Services(backing, Caller("ann", organisation)).alarms.all()
    return [(each.kind, "bad" if each.is_bad else "near", f"{each.what}: {each.text}") for each in found]


def answered(store: SqlStore, answers: int, abandoned: int, at: float = NOW - 60) -> None:
    token = store.open_zone("North", NOW).token
    for number in range(answers):
        name = f"{at:.0f}-{number}"
        start = StartAttempt(name, 1, 1, ContactType.Predictive, "+4930", at, dialed_at=at)
        end = EndAttempt(name, "Nuisance" if number < abandoned else "Handled", at + 9)
        store.commit(token, [evolve(start, session_id=name), MarkAnswered(name, at + 5, None), end])


def test_nothing_is_wrong(running: SqlStore) -> None:
    assert alarms(running) == []


@pytest.mark.parametrize(
    ("answers", "abandoned", "days_ago", "expected"),
    [
        (FEW_ANSWERS - 1, FEW_ANSWERS - 1, 0, []),
        (100, 2, 0, []),
        (
            200,
            5,
            0,
            [("near", "2.5% of answered calls today"), ("near", "2.5% of answered calls in 30 days")],
        ),
        (100, 4, 0, [("bad", "4.0% of answered calls in 30 days"), ("near", "4.0% of answered calls today")]),
        (100, 4, 10, [("bad", "4.0% of answered calls in 30 days")]),
        (100, 50, 31, []),
    ],
)
def test_abandoned_calls_are_told_near_the_limit_and_over_it(
    running: SqlStore, answers: int, abandoned: int, days_ago: int, expected: list[tuple[str, str]]
) -> None:
    answered(running, answers, abandoned, NOW - 60 - days_ago * DAY_S)
    found = [(how, text) for kind, how, text in alarms(running) if kind == "abandon_limit"]
    assert len(found) == len(expected)
    for (how, text), (wanted, words) in zip(found, expected, strict=True):
        assert how == wanted
        assert text.startswith(f"Spring: {words} found no agent; the limit is 3.0%")


@pytest.mark.parametrize(("dials", "is_told"), [(0, False), (5, False), (16, False), (17, True), (60, True)])
def test_list_that_is_used_up_soon_is_told(running: SqlStore, dials: int, is_told: bool) -> None:
    minute = int(NOW // 60)
    running.add_figures([Sampled(1, minute - 5, "North", 60.0)])
    token = running.open_zone("North", NOW).token
    for number in range(dials):
        start = StartAttempt(f"A{number}", 1, 1, ContactType.Predictive, "+4930", NOW, dialed_at=NOW)
        running.commit(
            token, [evolve(start, session_id=str(number)), EndAttempt(f"A{number}", "NoAnswer", NOW)]
        )
    running.add_figures([Sampled(1, minute, "North", 60.0)])
    found = [text for kind, _, text in alarms(running) if kind == "contacts"]
    assert [text.partition(", ")[0] for text in found] == ["Spring: 100 contacts can be called"] * is_told


def test_campaign_whose_job_is_over_has_no_alarms(running: SqlStore) -> None:
    answered(running, 100, 50)
    assert alarms(running)
    running.commit(running.open_zone("North", NOW).token, [FinishJob(1, "stopped", NOW)])
    assert alarms(running) == []


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (ZoneHealth("ok"), []),
        (ZoneHealth("ok", telephony_is_down=True), [("telephony", "bad")]),
        (ZoneHealth("ok", commits_wait=3), []),
        (ZoneHealth("ok", commits_wait=4), [("database", "bad")]),
        (ZoneHealth("ended"), [("zone", "bad")]),
        (ZoneHealth("ending"), [("zone", "near")]),
    ],
)
def test_zone_that_is_not_well_is_told(
    store: SqlStore, health: ZoneHealth, expected: list[tuple[str, str]]
) -> None:
    found = alarms(store, floors=Health({"North": health}))
    assert [(kind, how) for kind, how, _ in found] == expected
    assert all(text.startswith("North: ") for _, _, text in found)


def test_zone_without_an_owner_that_lives_is_told(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    token = Token("", 1, 1)
    leases = [
        ZoneLease(zone, token, owner)
        for zone, owner in (("East", "fresh"), ("North", ""), ("West", "old"), ("South", "gone"))
    ]
    view = LeaseView((ManagerLease("fresh", "m1"),), tuple(leases))
    monkeypatch.setattr(type(store.leases), "read", lambda _: view)
    found = alarms(store, manager=Ages({"fresh": 0.5, "old": SILENT_S + 1}))
    assert found == [
        ("zone", "bad", "North: the zone has no owner"),
        ("zone", "bad", "West: its owner has given no sign of life for 6 s"),
        ("zone", "bad", "South: its owner has given no sign of life for an unknown time"),
    ]
    assert alarms(store) == []  # a manager alone has no leases


def test_publisher_that_is_behind_is_told(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    backlogs = (Backlog("broker", 7, NOW - BEHIND_S - 60), Backlog("webhook x", 1, NOW - 1))
    monkeypatch.setattr(type(store.outbox), "backlogs", lambda _: backlogs)
    assert alarms(store) == [("results", "bad", "broker: 7 results wait, the oldest for 2 minutes")]


def test_who_works_for_an_organisation_is_told_of_its_campaigns_alone(
    running: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(running, 100, 4)
    monkeypatch.setattr(type(running.outbox), "backlogs", lambda _: (Backlog("broker", 7, 0.0),))
    down = Health({"North": ZoneHealth("ended")})
    everybody = services(running)
    everybody.organisations.add("North Bank")
    assert {kind for kind, _, _ in alarms(running, floors=down)} == {"abandon_limit", "results", "zone"}
    assert {kind for kind, _, _ in alarms(running, "North Bank", down)} == {"abandon_limit"}
