"""The screen of the floor, drawn at every size and with any names."""

from typing import Any

import pytest
from rich.cells import cell_len

from agentmgr.cli.floor_screen import Floor
from agentmgr.cli.top import parse_keys

SIZES = [(80, 24), (120, 40), (60, 12), (40, 8), (300, 100)]


def zone(whole: bool = False, name: str = "North", at: float = 1000.0, looked: bool = True) -> dict[str, Any]:
    row = {"kind": "zone", "zone": name, "state": "ok", "at": at, "telephony_is_down": False}
    return {**row, "whole": whole, "looked": looked}


def agent(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "kind": "agent",
        "zone": "North",
        "agent": f"{1000 + number}",
        "name": f"Agent {number}",
        "state": "Ready",
        "call": "Talking",
        "since_at": 940.0,
        "seen_at": 990.0,
        "talking": True,
        "talk_s": 100,
        "calls": 3,
        "desktop": "there",
        "leaving": False,
        "campaign": "Spring",
        "contact": "A1",
        "walk_aways": 0,
        "reason": None,
    }
    return {**row, **changes}


def campaign(name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "kind": "campaign",
        "zone": "North",
        "campaign": name,
        "state": "running",
        "agents": 3,
        "agents_idle": 1,
        "agents_busy": 2,
        "ringing": 4,
        "dials_a_minute": 12.5,
        "answers_a_minute": 5.0,
        "live_answers": 50,
        "abandoned": 1,
        "done": 20,
        "done_here": 20,
        "contacts": 400_000,
        "dials": 100,
        "fresh": 5,
        "waiting": 6,
        "outside_hours": 7,
        "reached": 8,
        "do_not_call": 9,
        "used_up": 10,
        "why": f"reason of {name}",
    }
    return {**row, **changes}


def told(*rows: dict[str, Any]) -> Floor:
    floor = Floor()
    for row in rows:
        assert not floor.row(row)
    assert floor.row({"kind": "drawn"})
    return floor


def text_of(floor: Floor, width: int = 80, height: int = 24) -> list[str]:
    return [line.plain for line in floor.draw(width, height)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("agents", [0, 1, 500])
@pytest.mark.parametrize("campaigns", [0, 1, 30])
def test_screen_fits_whatever_is_on_it(width: int, height: int, agents: int, campaigns: int) -> None:
    wide = "\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac\u6771\u4eac"
    floor = told(
        zone(whole=True),
        *(agent(n, name=wide) for n in range(agents)),
        *(campaign(f"{wide} {n}") for n in range(campaigns)),
    )
    for trouble in ("", "no server " + "x" * 500):
        floor.trouble = trouble
        lines = floor.draw(width, height)
        assert len(lines) == height
        assert max(cell_len(line.plain) for line in lines) <= width


def test_screen_that_is_too_small_says_so() -> None:
    assert text_of(told(zone()), 39, 24) == ["too small: 40x8 at least"]


@pytest.mark.parametrize("field", ["name", "agent", "campaign", "contact", "reason"])
def test_names_with_escapes_do_nothing_to_the_terminal(field: str) -> None:
    trick = "\x1b[2J\x9b0m\u202e"
    changes: dict[str, Any] = {field: trick}
    floor = told(zone(name=trick), zone(whole=True), agent(1, **changes), campaign(trick, why=trick))
    floor.said = trick
    shown = "".join(text_of(floor, 120, 40))
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown)


def test_screen_shows_times_up_to_now_and_the_reason_of_the_chosen_campaign() -> None:
    floor = told(zone(whole=True), agent(1), campaign("Autumn"), campaign("Spring"))
    lines = text_of(floor)
    row = next(line for line in lines if line.startswith("1001"))
    assert row.split() == ["1001", "Agent", "1", "Ready", "Talking", "1:00", "Spring", "3", "1:50"]
    assert "> reason of Autumn" in [line.rstrip() for line in lines]
    floor.choose(1)
    assert "> reason of Spring" in [line.rstrip() for line in text_of(floor)]
    assert floor.chosen_campaign == "Spring"


def test_chosen_campaign_stays_chosen_when_one_before_it_ends() -> None:
    floor = told(zone(whole=True), campaign("Autumn"), campaign("Spring"))
    floor.choose(5)
    assert floor.chosen_campaign == "Spring"
    for row in (zone(), campaign("Spring"), {"kind": "drawn"}):
        floor.row(row)
    assert floor.chosen_campaign == "Spring"
    for row in (zone(), campaign("Winter"), {"kind": "drawn"}):
        floor.row(row)
    assert floor.chosen_campaign == "Winter"


def test_agents_who_are_gone_leave_and_a_whole_zone_has_no_others() -> None:
    floor = told(zone(whole=True), agent(1), agent(2))
    floor.row({"kind": "gone", "zone": "North", "agent": "1001"})
    assert [key[1] for key in floor.agents] == ["1002"]
    floor.row(zone(whole=True))
    assert not floor.agents


def test_agents_beyond_the_screen_are_reached_by_scrolling() -> None:
    floor = told(zone(whole=True), *(agent(n) for n in range(100)))
    assert any("agents 1 to 18 of 100" in line for line in text_of(floor))
    floor.scroll(1000)
    lines = text_of(floor)
    assert any(line.startswith("1099") for line in lines)
    floor.scroll(-5000)
    assert any(line.startswith("1000 ") for line in text_of(floor))


def test_server_that_is_gone_is_said_and_nothing_old_is_shown() -> None:
    floor = told(zone(whole=True), agent(1), campaign("Spring"))
    floor.lose("no server; waiting for one")
    shown = "\n".join(text_of(floor))
    assert "no server; waiting for one" in shown
    assert "Spring" not in shown
    assert floor.chosen_campaign == ""


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("q", ["q"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1b[5~\x1b[6~x", ["pgup", "pgdn", "x"]),
        ("\x1b", ["escape"]),
        ("\x1b[1;5Cp", ["p"]),
        ("\x1b[200~", []),
        ("a\x7f\r", ["a", "backspace", "enter"]),
    ],
)
def test_keys_have_names_and_unknown_sequences_press_nothing(typed: str, keys: list[str]) -> None:
    assert list(parse_keys(typed)) == keys


def test_campaigns_stay_until_they_are_looked_at_again() -> None:
    floor = told(zone(whole=True), campaign("Autumn"), campaign("Spring"))
    for row in (zone(looked=False), agent(1), {"kind": "drawn"}):
        floor.row(row)
    assert sorted(name for _, name in floor.campaigns) == ["Autumn", "Spring"]
    for row in (zone(), campaign("Spring"), {"kind": "drawn"}):
        floor.row(row)
    assert sorted(name for _, name in floor.campaigns) == ["Spring"]
