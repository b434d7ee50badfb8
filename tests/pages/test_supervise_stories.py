"""Supervisors at their pages in a browser, as they would sit there."""

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from playwright.sync_api import Locator, WebSocketRoute, expect
from seats import Board, Desk, House

pytestmark = pytest.mark.slow


HOSTILE = "<img src=x onerror=alert(1)> \u202eabc \"'&amp; {s} 十"
LONG = "W" * 10_000


def test_supervisor_signs_in_sees_what_goes_on_and_signs_out(board: Board) -> None:
    page = board.page
    page.goto(f"{board.url}/supervise")
    expect(page.get_by_label("Account")).to_be_focused()
    board.check()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    board.sign_in()
    expect(page.get_by_role("heading", name="Predictive")).to_be_visible()
    expect(page.get_by_role("grid", name="Agents")).to_be_visible()
    board.check()
    page.reload()
    expect(page.get_by_role("heading", name="Predictive")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Account")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Account")).to_be_visible()


class _Stage:
    """A server's place on which the page sees what a story draws."""

    def __init__(self, board: Board, *rows: Mapping[str, Any]) -> None:
        self.rows = rows
        board.page.route_web_socket("**/supervise/floor", lambda route: self._open(route))
        board.sign_in()

    def _open(self, route: WebSocketRoute) -> None:
        self._route = route
        if self.rows:
            self.draw(*self.rows)

    def draw(self, *rows: Mapping[str, Any], whole: bool = True) -> None:
        """Let the page see rows of zone Z."""
        self._route.send(json.dumps([{**_ZONE, "whole": whole}, *rows, {"kind": "drawn"}]))

    def leave(self, *rows: Mapping[str, Any]) -> None:
        """End the page's line; when it comes back it sees these, or nothing yet if there are none."""
        self.rows = rows
        self._route.close(code=1001)


def _card(board: Board, campaign: str) -> Locator:
    return board.page.get_by_role("article", name=campaign)


def test_campaign_is_paused_resumed_changed_and_stopped(board: Board) -> None:
    board.sign_in()
    card, dialog = _card(board, "Board"), board.page.get_by_role("dialog")
    card.get_by_role("button", name="Pause").click()
    expect(card.locator(".badge")).to_have_text("paused")
    card.get_by_role("button", name="Resume").click()
    expect(card.locator(".badge")).to_have_text("running")
    card.get_by_role("button", name="Change").click()
    dialog.get_by_label("How it dials").select_option("predictive")
    dialog.get_by_label("Abandon limit").fill("2.5")
    dialog.get_by_label("Calling hours").fill("25 o'clock")
    board.check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("calling_hours")
    dialog.get_by_label("Calling hours").fill("00:00-24:00")
    dialog.get_by_label("Priority").fill("7")
    dialog.get_by_label("Sun").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(card).to_contain_text("limit 2.5%")
    card.get_by_role("button", name="Change").click()
    expect(dialog.get_by_label("Priority")).to_have_value("7")
    expect(dialog.get_by_label("Sun")).not_to_be_checked()
    dialog.get_by_role("button", name="Cancel").click()
    expect(card.get_by_role("button", name="Change")).to_be_focused()
    card.get_by_role("button", name="Stop").click()
    board.check()
    dialog.get_by_role("button", name="Cancel").click()
    expect(card.locator(".badge")).to_have_text("running")
    card.get_by_role("button", name="Stop").click()
    dialog.get_by_role("button", name="Stop it").click()
    expect(card).to_be_hidden()


def test_agents_are_moved_sent_on_a_break_and_logged_off_with_nothing_but_the_keyboard(
    board: Board, desk: Desk
) -> None:
    desk.sign_in("3009")
    desk.page.get_by_role("button", name="Ready", exact=True).click()
    desk.sees("Preview")
    board.sign_in()
    page, press, dialog = board.page, board.page.keyboard.press, board.page.get_by_role("dialog")

    def wish(button: str) -> None:
        page.get_by_role("button", name=button, exact=True).focus()
        press("Enter")
        expect(dialog).to_be_visible()
        board.check()

    def comes_of_it(outcome: str) -> None:
        expect(dialog.get_by_role("listitem")).to_have_text(f"3009 {outcome}")
        board.check()
        press("Enter")
        expect(dialog).to_be_hidden()

    page.get_by_label("Find agents").focus()
    page.keyboard.type("3009")
    row = page.get_by_role("row", name=re.compile("^3009"))
    expect(row).to_contain_text("Preview")
    page.get_by_role("grid").focus()
    press("Space")
    expect(row).to_have_attribute("aria-selected", "true")
    wish("Move")
    expect(dialog.get_by_label("To campaign")).to_be_focused()
    page.keyboard.type("Preview")
    press("Tab")
    press("Enter")
    comes_of_it("stays: lacks the skill, or its level, for the campaign")
    wish("Break")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Lunch")
    press("Tab")
    press("Enter")
    comes_of_it("has a break after the contact")
    expect(row).to_contain_text("break next")
    expect(desk.page.locator("header")).to_contain_text("Break after this call")
    wish("Log off")
    press("ArrowDown")
    press("Enter")
    comes_of_it("is logged off")
    expect(desk.page.get_by_label("Password")).to_be_visible()
    expect(row).to_be_hidden()
    wish_again = page.get_by_role("button", name="Log off", exact=True)
    expect(wish_again).to_be_disabled()


def test_page_marks_what_is_old_while_the_server_is_gone_and_comes_back_by_itself(board: Board) -> None:
    stage = _Stage(board, _agent("77", name="Ada"))
    expect(board.page.get_by_role("row", name=re.compile("^77"))).to_be_visible()
    stage.leave()
    expect(board.page.locator(".banner")).to_contain_text("this is how it was at")
    expect(board.page.get_by_role("row", name=re.compile("^77"))).to_be_visible()
    board.check()
    stage.leave(_agent("78"))
    expect(board.page.get_by_role("row", name=re.compile("^78"))).to_be_visible()
    expect(board.page.get_by_role("row", name=re.compile("^77"))).to_be_hidden()
    expect(board.page.locator(".banner")).to_be_hidden()


def test_page_outlives_its_server(board: Board, house: House) -> None:
    board.sign_in()
    expect(_card(board, "Predictive")).to_be_visible()
    house.kill()
    expect(board.page.locator(".banner")).to_contain_text("this is how it was at")
    _card(board, "Predictive").get_by_role("button", name="Pause").click()
    expect(board.page.get_by_text("The server did not answer. Please try again.")).to_be_visible()
    board.page.get_by_role("button", name="Dismiss").click()
    with board.page.expect_event("requestfailed", lambda request: request.url.endswith("/session")):
        pass
    house.start_again()
    expect(board.page.locator(".banner")).to_be_hidden()
    expect(_card(board, "Predictive")).to_be_visible()


def test_zones_come_and_go_with_their_agents_and_share_a_campaign(board: Board) -> None:
    south = {"zone": "South"}
    stage = _Stage(
        board,
        *(_agent("1"), _CAMPAIGN, {**_ZONE, **south, "whole": True}, _agent("2", **south)),
        {**_CAMPAIGN, **south, "agents": 4, "agents_busy": 4},
    )
    page = board.page
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("5 of 5")
    stage.draw({**_ZONE, **south, "whole": False, "looked": False}, whole=False)
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("4 of 4")
    # two pictures in one message, of which the second has no zone South any more
    here = {**_ZONE, "whole": False}
    stage.draw({**here, **south}, {"kind": "drawn"}, here, _CAMPAIGN, whole=False)
    expect(page.get_by_text("1 of 1", exact=True).first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^2 "))).to_be_hidden()
    stage.draw({"kind": "gone", "zone": "Z", "agent": "1"}, whole=False)
    expect(page.get_by_text("0 of 0")).to_be_visible()


def test_five_thousand_agents_are_shown_by_those_in_view(board: Board) -> None:
    page = board.page
    stage = _Stage(board, *(_agent(f"{10_000 + n}", name=f"Name {n}", call="Talking") for n in range(5000)))
    expect(page.get_by_text("5,000 of 5,000")).to_be_visible()
    assert page.locator(".rows tbody tr").count() < 60
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("row", name=re.compile("^14999"))).to_be_visible()
    page.keyboard.press("Control+a")
    expect(page.get_by_text("5,000 chosen")).to_be_visible()
    page.get_by_label("Find agents").fill("name 123")
    expect(page.get_by_text("11 of 5,000")).to_be_visible()
    page.get_by_role("columnheader", name="Agent").get_by_role("button").click()
    expect(page.locator(".rows tbody tr").first).to_contain_text("11239")
    stage.draw(_agent("11239", name="Name 1239", call="Held"), whole=False)
    page.get_by_role("button", name="On hold 1").click()
    expect(page.get_by_text("1 of 5,000")).to_be_visible()


def test_names_that_are_hostile_are_shown_and_do_nothing(board: Board) -> None:
    _Stage(
        board,
        _agent("1", name=HOSTILE, campaign=HOSTILE, reason=HOSTILE),
        _agent("2", name=LONG, campaign=LONG, reason=LONG),
        *({**_CAMPAIGN, "campaign": name, "why": name} for name in (HOSTILE, LONG)),
    )
    card = board.page.get_by_role("article").first
    expect(card).to_contain_text(HOSTILE)
    for size in ({"width": 1280, "height": 720}, {"width": 360, "height": 640}):
        board.page.set_viewport_size(size)
        assert board.page.evaluate("document.documentElement.scrollWidth") == size["width"]
    card.get_by_role("button", name="Stop").click()
    expect(board.page.get_by_role("dialog")).to_contain_text(HOSTILE)
    board.check()


def test_alarms_and_reports_on_what_is_hostile_are_shown_and_do_nothing(board: Board) -> None:
    alarm = {"kind": "contacts", "severity": "alarm"}
    _answer(board, "ShowAlarms", [{**alarm, "what": name, "text": name} for name in (HOSTILE, LONG)])
    _answer(board, "ShowReport", [{"key": name, "dials": 1} for name in (HOSTILE, LONG)])
    board.sign_in()
    expect(board.page.get_by_role("region", name="Alarms")).to_contain_text(HOSTILE)
    for view in ("live", "reports"):
        board.page.goto(f"{board.url}/supervise#{view}")
        expect(board.page.get_by_text(HOSTILE).first).to_be_visible()
        board.check()
        for size in ({"width": 1280, "height": 720}, {"width": 360, "height": 640}):
            board.page.set_viewport_size(size)
            assert board.page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_zone_is_moved_to_the_manager_that_is_chosen(board: Board) -> None:
    zone = {"token": "1.7", "lease_age_s": 0.8, "address": None, "agents": 3, "moving_to": None, "why": None}
    _answer(board, "ShowZones", [{"zone": "Default", "owner": "am1", **zone}])
    _answer(board, "ShowManagers", [{"manager": "am1"}, {"manager": "am2"}])
    _answer(board, "MoveZone", [])
    board.sign_in()
    zones, dialog = board.page.get_by_role("region", name="Zones"), board.page.get_by_role("dialog")
    row = zones.get_by_role("row", name=re.compile("^Default"))
    for fact in ("am1", "1.7", "0.8 s"):
        expect(row).to_contain_text(fact)
    row.get_by_role("button", name="Move").click()
    dialog.get_by_label("To manager").select_option("am2")
    board.check()
    with board.page.expect_request("**/do/MoveZone") as asked:
        dialog.get_by_role("button", name="Move").click()
    assert asked.value.post_data_json == {"zone": "Default", "manager": "am2"}
    expect(dialog).to_be_hidden()


def test_who_is_not_signed_in_any_more_is_asked_to_sign_in(board: Board) -> None:
    board.sign_in()
    expect(_card(board, "Predictive")).to_be_visible()
    board.page.context.clear_cookies()
    _card(board, "Predictive").get_by_role("button", name="Pause").click()
    expect(board.page.get_by_role("alert")).to_have_text("You are not signed in any more.")
    board.sign_in()
    expect(_card(board, "Predictive").locator(".badge")).to_have_text("running")


def _answer(board: Board, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let the page get rows for a request, whatever the server has."""
    board.page.route(f"**/do/{name}", lambda route: route.fulfill(json={"rows": rows}))


_ZONE = {"kind": "zone", "zone": "Z", "state": "ok", "at": 1000.0, "looked": True, "telephony_is_down": False}
_CAMPAIGN = {
    "kind": "campaign",
    "zone": "Z",
    "campaign": "C",
    "why": "it is dialling",
    "state": "running",
    "pacing": "Predictive",
    "abandon_limit": 0.03,
    **dict.fromkeys(("contacts", "done", "dials", "live_answers", "abandoned", "fresh", "waiting"), 10),
    **dict.fromkeys(("agents", "agents_idle", "agents_busy", "ringing"), 1),
    **dict.fromkeys(("dials_a_minute", "answers_a_minute", "abandoned_a_minute"), 1.5),
}


def _agent(agent_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "agent",
        "zone": "Z",
        "agent": agent_id,
        "name": "",
        "state": "Ready",
        "call": "Idle",
        "phone": "NailedUp",
        "desktop": "there",
        "leaving": False,
        "reason": None,
        "campaign": None,
        "placed_in": None,
        "contact": None,
        "calls": 1,
        "talk_s": 60,
        "walk_aways": 0,
        "since_at": 900.0,
        **changes,
    }


def test_day_is_plotted_and_read_as_tables(board: Board) -> None:
    page = board.page
    _answer(board, "ShowFigures", _figures())
    board.sign_in(view="day")
    plot = page.get_by_role("article", name="Abandoned calls of the day so far")
    expect(plot.locator("canvas")).to_be_visible()
    page.get_by_label("Campaign").select_option("Predictive")
    expect(plot.locator(".legend")).to_contain_text("Share of answers 5%")
    expect(plot.locator(".legend")).to_contain_text("Limit 3%")
    board.check()
    for name, last in (
        ("Utilisation of agents", "75%"),
        ("Dials and answers", "40"),
        ("Abandoned calls of the day so far", "5%"),
        ("Lines that ring, for each agent", "0.5"),
        ("Callbacks that wait", "8"),
    ):
        plot = page.get_by_role("article", name=name)
        plot.get_by_role("button", name="Show as table").press("Enter")
        expect(plot.get_by_role("row")).to_have_count(3)
        expect(plot.get_by_role("row").nth(2).get_by_role("cell").nth(1)).to_have_text(last)
    board.check()


def _figures() -> list[dict[str, Any]]:
    """Return what two campaigns did in two steps that are over."""
    begin = time.time()
    return [
        {
            "campaign": campaign,
            "at": at,
            "agents": 5,
            "idle": 1,
            "busy": 3,
            "ringing": 2,
            "callbacks_waiting": 4,
            "dials": 20,
            "live_answers": 10,
            "abandoned": abandoned,
        }
        for campaign in ("Predictive", "Progressive")
        for at, abandoned in ((begin - 1200, 0), (begin - 900, 1))
    ]


def test_report_is_read_sorted_saved_and_printed(board: Board, desk: Desk) -> None:
    desk.sign_in("3008")
    desk.to_talk()
    desk.press("Alt+x", "Hang up")
    desk.finish()
    board.sign_in(view="reports")
    page = board.page
    table = page.get_by_role("table")
    expect(table.get_by_role("row", name=re.compile("^Timed"))).to_be_visible()
    page.get_by_role("button", name="Dials").press("Enter")
    expect(page.get_by_role("columnheader", name="Dials")).to_have_attribute("aria-sort", "descending")
    dials = [int(row.inner_text()) for row in table.locator("tbody tr td:nth-child(3)").all()]
    assert dials == sorted(dials, reverse=True)
    assert sum(dials) == int(table.locator("tfoot td").nth(1).inner_text())
    board.check()
    for by in ("Day", "Hour of the day", "Agent", "Contact list", "Completion code"):
        page.get_by_label("Added up by").select_option(label=by)
        expect(page.get_by_role("columnheader").first).to_have_text(by)
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save as CSV").click()
    first, *_ = saving.value.path().read_text(encoding="utf-8").splitlines()
    assert first.startswith("key,attempts,dials")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Mars/Olympus")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.keyboard.press("Enter")
    expect(page.locator(".caption")).to_contain_text("(Europe/Berlin)")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4
    assert page.evaluate("document.documentElement.scrollWidth") == 794
    expect(table).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_label("Added up by")).to_be_hidden()


def test_record_for_auditors_says_whether_the_limit_was_kept(board: Board) -> None:
    board.sign_in(view="compliance")
    row = board.page.get_by_role("row", name=re.compile("^Predictive")).first
    expect(row).to_contain_text("3%")
    expect(row).to_contain_text("yes")
    board.check()
    board.page.set_viewport_size({"width": 360, "height": 640})
    assert board.page.evaluate("document.documentElement.scrollWidth") == 360
