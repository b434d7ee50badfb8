"""What a manager does about zones, by what it has seen: no clock but the one that a test moves."""

from typing import Any

import pytest
from attrs import define, evolve, field

from agentmgr.ha.decide import Act, Lose, Move, Sightings, Standing, Take, decide
from agentmgr.ha.times import LeaseTimes, fault_of
from agentmgr.ports import LeaseView, ManagerLease, ManagerState, Token, ZoneLease

TIMES = LeaseTimes()
NEVER = "never opened before"


@define
class Town:
    """What the store holds of managers a, b and c, whose incarnations are a1, b1, c1; seen by one of them."""

    name: str = "a"
    now: float = 1000.0
    managers: dict[str, ManagerLease] = field(factory=dict)
    zones: dict[str, ZoneLease] = field(factory=dict)
    sightings: Sightings = field(factory=Sightings)
    designated: dict[str, str] = field(factory=lambda: {"North": "a", "South": "b"})
    open: dict[str, Token] = field(factory=dict)
    ready: bool = True
    leaving: bool = False
    since: float = 0.0

    def live(self, *names: str, **changes: Any) -> None:
        for name in names:
            known = self.managers.get(f"{name}1") or ManagerLease(f"{name}1", name, ready=True)
            self.managers[f"{name}1"] = evolve(known, beat=known.beat + 1, **changes)

    def owns(self, owner: str, zone: str, epoch: int = 1, **changes: Any) -> Token:
        token = Token(zone, 1, epoch)
        self.zones[zone] = ZoneLease(zone, token, f"{owner}1" if owner else "", **changes)
        if owner == self.name:
            self.open[zone] = token
        return token

    def acts(self) -> list[Act]:
        view = LeaseView(tuple(self.managers.values()), tuple(self.zones.values()))
        self.sightings.note(view, self.now)
        me = Standing(
            f"{self.name}1", self.name, self.ready, self.since, self.leaving, self.designated, self.open
        )
        return list(decide(me, view, self.sightings, self.now, TIMES))

    def wait(self, seconds: float, *beating: str) -> list[Act]:
        """Let time pass in which some managers give signs of life; return what is done at its end."""
        end, acts = self.now + seconds, self.acts()
        while self.now < end:
            self.now = min(end, self.now + 0.5)
            self.live(*beating)
            acts = self.acts()
        return acts


@pytest.fixture
def town() -> Town:
    town = Town()
    town.live("a", "b")
    return town


def test_zone_that_never_was_is_taken_by_whom_it_is_designated_to(town: Town) -> None:
    assert town.acts() == [Take("North", None, NEVER)]


def test_zone_of_a_manager_that_is_not_there_is_taken_by_another(town: Town) -> None:
    del town.managers["b1"]
    assert town.acts() == [Take("North", None, NEVER), Take("South", None, NEVER)]


def test_manager_that_has_just_begun_leaves_the_zones_of_others_to_them(town: Town) -> None:
    del town.managers["b1"]
    town.since = town.now
    assert town.acts() == [Take("North", None, NEVER)]
    assert [act.zone for act in town.wait(TIMES.dead_s + 0.5, "a")] == ["North", "South"]


def test_owner_that_lives_is_left_alone(town: Town) -> None:
    town.owns("a", "North")
    town.owns("b", "South")
    assert town.wait(100, "a", "b") == []


def test_owner_without_a_sign_of_life_is_dead_after_the_lease_and_not_before(town: Town) -> None:
    town.owns("a", "North")
    token = town.owns("b", "South")
    assert town.wait(TIMES.dead_s - 0.1, "a") == []
    (act,) = town.wait(0.2, "a")
    assert isinstance(act, Take)
    assert (act.zone, act.seen, act.dead, act.beat) == ("South", token, "b1", 1)
    assert act.reason.startswith("b gave no sign of life for 7.")


def test_sign_of_life_begins_the_wait_anew(town: Town) -> None:
    town.owns("a", "North")
    town.owns("b", "South")
    town.wait(TIMES.dead_s - 0.1, "a")
    town.live("b")
    assert town.wait(TIMES.dead_s - 0.1, "a") == []


def test_owner_whose_process_has_ended_is_replaced_at_once(town: Town) -> None:
    town.owns("a", "North")
    token = town.owns("b", "South")
    town.acts()
    town.sightings.managers["b1"].is_dead = True
    assert town.acts() == [Take("South", token, "the process of b has ended", "b1")]


@pytest.mark.parametrize("state", [ManagerState.Released, ManagerState.Expired])
def test_owner_that_is_over_is_replaced_at_once(town: Town, state: ManagerState) -> None:
    town.owns("a", "North")
    token = town.owns("b", "South", reason="stopped")
    town.live("b", state=state)
    assert town.acts() == [Take("South", token, "stopped")]


def test_managers_in_line_wait_for_those_before_them(town: Town) -> None:
    town.name = "c"
    town.live("c")
    token = town.owns("", "North", reason="given up")
    town.owns("b", "South")
    assert town.acts() == []
    assert town.wait(TIMES.turn_s, "a", "b", "c") == []  # the designated one, then b
    assert town.wait(TIMES.turn_s, "a", "b", "c") == [Take("North", token, "given up")]


def test_zone_that_was_moved_is_taken_by_whom_it_was_moved_to(town: Town) -> None:
    town.name = "b"
    token = town.owns("", "North", moving_to="b", reason="a is ending")
    town.owns("b", "South")
    assert town.acts() == [Take("North", token, "a is ending")]


@pytest.mark.parametrize("changes", [{"ready": False}, {"leaving": True}])
def test_manager_that_is_not_ready_takes_nothing(town: Town, changes: dict[str, bool]) -> None:
    for name, value in changes.items():
        setattr(town, name, value)
    del town.managers["b1"]
    assert town.wait(30, "a") == []


def test_zone_whose_opening_was_not_heard_of_is_opened_again(town: Town) -> None:
    token = town.owns("a", "North", reason="b was dead")
    del town.open["North"]
    town.owns("b", "South")
    assert town.acts() == [Take("North", token, "b was dead")]


def test_zone_that_another_has_is_let_go(town: Town) -> None:
    town.owns("a", "North")
    town.owns("b", "North", epoch=2)
    town.owns("b", "South")
    assert town.acts() == [Lose("North", "b has it now")]


def test_zone_is_handed_back_when_its_manager_was_ready_for_long_enough(town: Town) -> None:
    town.owns("a", "North")
    token = town.owns("a", "South")
    assert town.wait(TIMES.steady_s - 1, "a", "b") == []
    assert town.wait(1, "a", "b") == [Move("South", token, "b", "b is back")]


def test_manager_that_is_now_and_then_not_ready_gets_nothing_back(town: Town) -> None:
    town.owns("a", "North")
    town.owns("a", "South")
    for _ in range(5):
        assert town.wait(TIMES.steady_s - 1, "a", "b") == []
        town.live("b", ready=False)
        town.acts()
        town.live("b", ready=True)


def test_supervisor_moves_a_zone_at_once_and_it_stays_there(town: Town) -> None:
    token = town.owns("a", "North", wanted_by="b")
    town.owns("b", "South")
    assert town.acts() == [Move("North", token, "b", "a supervisor wants it there")]
    town.owns("b", "North", epoch=2, wanted_by="b")
    town.open.clear()
    assert town.wait(200, "a", "b") == []


def test_manager_that_ends_gives_each_zone_to_one_that_is_ready(town: Town) -> None:
    north, south = town.owns("a", "North"), town.owns("a", "South")
    town.live("c")
    town.leaving = True
    assert town.acts() == [Move("North", north, "b", "a is ending"), Move("South", south, "b", "a is ending")]


def test_manager_that_ends_alone_gives_its_zones_to_nobody(town: Town) -> None:
    north = town.owns("a", "North")
    town.designated = {"North": "a"}
    del town.managers["b1"]
    town.leaving = True
    assert town.acts() == [Move("North", north, "", "a is ending")]


def test_restarted_process_replaces_its_own_dead_one(town: Town) -> None:
    """The name is the same, the incarnation is not."""
    token = town.owns("a", "North")
    town.open.clear()
    town.owns("b", "South")
    town.managers["a0"] = ManagerLease("a0", "a", ready=True)
    town.zones["North"] = evolve(town.zones["North"], owner="a0")
    assert town.wait(TIMES.dead_s - 0.1, "a", "b") == []
    (act,) = town.wait(0.2, "a", "b")
    assert isinstance(act, Take)
    assert (act.seen, act.dead) == (token, "a0")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"lease_s": 6.0}, "lease_s = 6 is too short"),
        ({"renew_s": 2.0}, "lease_s = 7 is too short"),
        ({"attempt_s": 1.5, "margin_s": 1.5}, "lease_s = 7 is too short"),
        ({"margin_s": 0.9}, "margin_s = 0.9 must be at least attempt_s = 1"),
        ({"turn_s": 0.5}, "turn_s = 0.5 must be more than poll_s = 0.5"),
        ({"lease_s": 20.0, "renew_s": 4.0, "attempt_s": 2.0, "margin_s": 2.0}, None),
    ],
)
def test_intervals_are_refused_unless_a_manager_stops_before_it_is_replaced(
    changes: dict[str, float], fault: str | None
) -> None:
    found = fault_of(evolve(TIMES, **changes))
    assert found is None if fault is None else (found or "").startswith(fault)


def test_manager_stops_acting_before_a_rival_takes_over_however_their_clocks_run() -> None:
    """The rival saw the beat after it was renewed; both clocks are off by as much as is allowed."""
    slow, fast = 1 - 0.01, 1 + 0.01
    assert TIMES.valid_s / slow <= TIMES.dead_s / fast - TIMES.margin_s / 2
