"""What supervisors do beside watching: contacts, campaigns, callbacks; by mouse, by keys, with mistakes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from seats import Board, Desk, House

from agentmgr.ports import ImportState

pytestmark = pytest.mark.slow

FOCUSED = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
HOSTILE = "<b onclick=alert(1)>&\u202etxet</b> "


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def test_supervisor_imports_a_list_and_leads_a_campaign_on_it(board: Board, tmp_path: Path) -> None:
    sheet = tmp_path / "spring.csv"
    sheet.write_text(
        "UserContactId,PhoneNumber1\nS1,+442079460018\nS2,12\nS3,+442079460019\n,+442079460020\n"
    )
    board.sign_in(view="contacts")
    page = board.page
    page.get_by_label("CSV file").set_input_files(sheet)
    page.get_by_label("Into list").fill("Spring members")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 new, 0 changed, 2 rejected")).to_be_visible()
    expect(row(page, "has no country code")).to_contain_text("PhoneNumber1")
    expect(row(page, "Spring members")).to_contain_text("2")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "spring.rejects.csv"
    assert '"4"' not in Path(download.value.path()).read_text().splitlines()[1]
    board.check()

    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Name", exact=True).fill("Spring")
    page.get_by_label("Skill", exact=True).fill("Nobody has it")
    page.get_by_label("Spring members").check()
    page.get_by_label("Priority").fill("many")
    page.get_by_role("button", name="Add a row").first.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Priority")).to_be_focused()
    expect(page.get_by_text('found "many"; allowed: a whole number from 1 to 10')).to_be_visible()
    board.check()
    page.get_by_role("link", name="Contacts").click()  # what was typed is there still
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="New campaign").click()
    expect(page.get_by_label("Skill", exact=True)).to_have_value("Nobody has it")
    page.get_by_label("Priority").fill("7")
    page.get_by_role("group", name="Completion codes 1").get_by_label("Name").fill("Sold")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Campaign Spring is saved.")).to_be_visible()

    spring = row(page, "Spring members")
    spring.get_by_role("button", name="Run").click()
    expect(spring).to_contain_text("0 of 2")
    page.get_by_role("link", name="Spring", exact=True).click()
    expect(page.get_by_label("Priority")).to_have_value("7")
    page.get_by_label("Priority").fill("3")
    with page.expect_request("**/do/ChangeCampaign") as saving:
        page.get_by_role("button", name="Save", exact=True).click()
    assert saving.value.post_data_json == {"name": "Spring", "values": {"priority": 3}}
    expect(page.get_by_text("Campaign Spring is saved.")).to_be_visible()
    spring.get_by_role("button", name="Pause").click()
    expect(spring).to_contain_text("paused")
    board.check()
    page.get_by_role("link", name="Spring", exact=True).click()
    expect(page.get_by_label("Priority")).to_have_value("3")
    expect(page.get_by_role("group", name="Completion codes 1").get_by_label("Name")).to_have_value("Sold")
    page.get_by_role("link", name="Cancel").click()
    spring.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("dialog")).to_contain_text("cannot be resumed")
    board.check()
    page.keyboard.press("Escape")
    expect(spring).to_contain_text("paused")
    spring.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(spring).to_contain_text("stopped")
    spring.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Spring", exact=True)).to_have_count(0)


def test_source_is_imported_while_the_page_tells_how_far_it_is(board: Board, house: House) -> None:
    (house.data / "imports").mkdir(exist_ok=True)
    (house.data / "imports" / "leads.csv").write_text("UserContactId,PhoneNumber1\nL1,+442079460021\nL2,12\n")
    house.command("source", "add", "Leads", "leads.csv", "--list", "Leads")
    board.sign_in(view="contacts")
    page = board.page
    page.get_by_role("button", name="Import from Leads").click()
    done = row(page, "Leads").filter(has_text="done")
    expect(done.get_by_role("cell")).to_have_text(["Leads", "done", "2", "1", "0", "1", ""])
    board.check()


@pytest.mark.parametrize(
    ("state", "moves"),
    [
        (ImportState.QUEUED, ["Stop"]),
        (ImportState.RUNNING, ["Pause", "Stop"]),
        (ImportState.PAUSED, ["Resume", "Stop"]),
        (ImportState.ERROR, []),
    ],
)
def test_import_is_moved_as_its_state_allows(board: Board, state: ImportState, moves: list[str]) -> None:
    counts = dict.fromkeys(["rows", "created", "updated", "invalid", "misformatted", "rejected", "failed"], 0)
    _answer(board, "ListSources", {"source": "Slow", "list": "Slow"})
    _answer(board, "ShowImports", {"import": 1, "source": "Slow", "list": "Slow", "state": state, **counts})
    board.sign_in(view="contacts")
    slow = board.page.get_by_role("table").get_by_role("row").filter(has_text="Slow")
    expect(slow).to_be_visible()
    assert slow.get_by_role("button").all_inner_texts() == moves
    board.check()
    if moves:
        with board.page.expect_request("**/do/MoveImport") as moving:
            slow.get_by_role("button").first.click()
        assert moving.value.post_data_json == {"name": "Slow", "how": moves[0].lower()}


def test_supervisor_schedules_a_campaign_and_takes_that_back(board: Board) -> None:
    board.sign_in(view="contacts")
    page = board.page
    page.get_by_role("button", name="New schedule").click()
    page.get_by_label("What").select_option("run:North news")
    page.get_by_label("First at").fill("2099-12-01T09:30")
    page.get_by_label("How often").select_option("Weekly")
    page.get_by_label("Time zone").fill("Nowhere")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nowhere")
    board.check()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    scheduled = row(page, "runs North news")
    expect(scheduled).to_contain_text("2099-12-01T09:30")
    scheduled.get_by_role("button", name="Remove").click()
    expect(scheduled).to_have_count(0)


def test_supervisor_moves_a_callback_and_cancels_it(board: Board, desk: Desk) -> None:
    desk.sign_in("2007")
    desk.to_talk()
    desk.page.get_by_text("Call back later").click()
    desk.page.get_by_label("When, by your clock").fill("2099-05-06T09:30")
    desk.page.get_by_role("button", name="Promise it").click()
    expect(desk.page.get_by_text("The callback is promised.")).to_be_visible()
    desk.press("Alt+x", "Hang up")
    desk.finish()

    board.sign_in(view="callbacks")
    page = board.page
    page.get_by_label("Find callbacks").fill("2007")
    promised = (
        page.get_by_role("row").filter(has_text="2099").or_(page.get_by_role("row").filter(has_text="06/05"))
    )
    expect(promised).to_have_count(1)
    promised.click()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_role("button", name="Move …").click()
    page.get_by_label("New agent").fill("nobody")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody")
    board.check()
    page.get_by_label("New agent").fill("2008")
    page.get_by_label("New time").fill("2099-05-07T10:00")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    outcome = page.get_by_role("dialog").get_by_role("listitem")
    expect(outcome).to_contain_text("for agent 2008")
    board.check()
    page.keyboard.press("Enter")
    page.get_by_label("Find callbacks").fill("")
    page.get_by_label("For agent").select_option("2008")
    expect(page.get_by_role("row").filter(has_text="2008")).to_have_count(1)
    board.check()
    page.get_by_role("row").filter(has_text="2008").click()
    page.get_by_role("button", name="Cancel …").click()
    page.get_by_label("Reason").fill("called already")
    page.get_by_role("dialog").get_by_role("button", name="Cancel them").click()
    expect(outcome).to_contain_text("is cancelled")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="2008")).to_have_count(0)
    page.get_by_label("Also those that are over").check()
    expect(page.get_by_role("row").filter(has_text="2008")).to_contain_text("Cancelled")


def test_campaign_of_any_name_is_made_and_deleted_by_keys_alone(board: Board) -> None:
    board.sign_in(view="campaigns/new")
    page = board.page
    name = (HOSTILE * 9)[:100].strip().replace("\u202e", "")

    def to(label: str) -> None:
        for _ in range(80):
            if page.evaluate(FOCUSED).startswith(label):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"{label} is not reached")

    expect(page.get_by_label("Name", exact=True)).to_be_visible()
    to("Name")
    page.keyboard.type(name)
    to("Skill")
    page.keyboard.type("Nobody has it")
    to("Preview")
    page.keyboard.press("Space")
    to("Save")
    page.keyboard.press("Enter")
    made = page.get_by_role("link", name=name)
    expect(made).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    board.check()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    made.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Delete")
    page.keyboard.press("Enter")
    to("Delete")
    page.keyboard.press("Enter")
    expect(made).to_have_count(0)


def test_what_was_typed_stays_and_the_rest_is_as_others_left_it(board: Board) -> None:
    board.sign_in(view="campaigns/change/North news")
    page = board.page
    page.get_by_label("Description").fill("Of the spring")
    page.get_by_role("link", name="Contacts").click()
    done = page.request.post(
        f"{board.url}/supervise/do/ChangeCampaign",
        data={"name": "North news", "values": {"priority": 2}},
        headers={"Origin": board.url},
    )
    assert done.ok
    page.goto(f"{board.url}/supervise#campaigns/change/North news")
    expect(page.get_by_label("Description")).to_have_value("Of the spring")
    expect(page.get_by_label("Priority")).to_have_value("2")
    page.get_by_role("link", name="Cancel").click()


def test_campaign_is_run_in_the_zones_that_are_chosen(board: Board) -> None:
    _answer(board, "ShowZones", {"zone": "North"}, {"zone": "South"})
    board.sign_in(view="campaigns")
    page, dialog = board.page, board.page.get_by_role("dialog")
    row(page, "North news").get_by_role("button", name="Run").click()
    dialog.get_by_label("South").check()
    board.check()
    with page.expect_request("**/do/RunCampaign") as running:
        dialog.get_by_role("button", name="Run").click()
    assert running.value.post_data_json == {"name": "North news", "zones": ["South"], "otherwise": "North"}
    expect(dialog.get_by_role("alert")).to_contain_text("South")  # which the demo does not have


def test_refusal_that_no_field_has_is_seen_and_so_is_a_field_without_a_choice(board: Board) -> None:
    _answer(board, "ListContactLists")
    refusal = {"error": "lists: found []; allowed: some\nthe database is away"}
    board.page.route("**/do/CreateCampaign", lambda route: route.fulfill(status=422, json=refusal))
    board.sign_in(view="campaigns/new")
    page = board.page
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="There is no contact list yet.")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("the database is away")
    board.check()
    refusal["error"] = "the database is away"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()


@pytest.mark.parametrize(
    ("view", "nothing"),
    [
        ("live", "Dismiss"),
        ("day", "Dismiss"),
        ("campaigns", "There is no campaign yet."),
        ("contacts", "Nothing is scheduled."),
        ("callbacks", "Nothing to show."),
    ],
)
def test_view_that_cannot_be_read_says_why_and_not_that_nothing_is_there(
    board: Board, view: str, nothing: str
) -> None:
    page = board.page
    refusal = {"error": "the database is away"}
    page.route("**/do/*", lambda route: route.fulfill(status=422, json=refusal))
    board.sign_in(view=view)
    expect(page.get_by_text("the database is away")).to_be_visible()
    expect(page.get_by_text(nothing)).to_be_hidden()
    board.check()
    page.unroute("**/do/*")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("the database is away")).to_be_hidden()


@pytest.mark.parametrize("name", [HOSTILE, "W" * 10_000], ids=["markup", "long"])
@pytest.mark.parametrize("view", ["campaigns", "campaigns/new", "contacts", "callbacks"])
def test_names_of_any_kind_break_no_view(board: Board, view: str, name: str) -> None:
    names = "campaign list lists source what organisation agent user_contact_id number notes outcome error"
    known = {"state": "running", "contacts": 1, "done": 0, "due_at": "2026-11-27T00:00:00+00:00"}
    hostile = {**dict.fromkeys(names.split(), name), "customer_timezone": name, **known}
    for request in ("ListCampaigns", "ListContactLists", "ListCallbacks", "ListSources", "ListSchedules"):
        _answer(board, request, hostile)
    _answer(board, "ShowImports", hostile)
    board.sign_in(view=view)
    expect(board.page.get_by_text(name[:20]).first).to_be_attached()
    board.check()
    for size in ({"width": 1280, "height": 720}, {"width": 360, "height": 640}):
        board.page.set_viewport_size(size)
        assert board.page.evaluate("document.documentElement.scrollWidth") == size["width"]


def _answer(board: Board, request: str, *rows: Mapping[str, Any]) -> None:
    """Have a request answered as a story wants it."""
    board.page.unroute(f"**/do/{request}")
    board.page.route(f"**/do/{request}", lambda route: route.fulfill(json={"rows": list(rows)}))
