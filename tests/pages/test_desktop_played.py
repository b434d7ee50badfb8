"""What no agent can bring about: customers, answers and breakdowns that come at the right moment."""

import re
from collections.abc import Iterator

import pytest
from play import Play, played
from playwright.sync_api import BrowserContext, Route, expect
from seats import Desk

from agentmgr.conformance import seat as suite
from agentmgr.conformance.matrix import Row
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, AttributeType, CallState
from protocol.structures import Attribute, CompletionCode, CustomerDetails

pytestmark = pytest.mark.slow

HOSTILE = "<script>hacked = 1</script><img src=x onerror='hacked = 1'> \u202eabc\u2066 \"'&amp; {s} \\ 十"
LONG = "W" * 10_000


@pytest.fixture
def play() -> Iterator[Play]:
    with played() as play:
        yield play


@pytest.fixture
def at_work(context: BrowserContext, play: Play) -> Iterator[Desk]:
    """An agent who waits for a call."""
    desk = Desk(context.new_page(), play.url)
    desk.sign_in("1001")
    desk.press("Alt+r", "Ready")
    play.nail_up()
    expect(desk.page.get_by_text("Waiting for a call")).to_be_visible()
    yield desk
    assert not desk.complaints


def test_agent_who_leaves_two_contacts_alone_gets_no_more(at_work: Desk, play: Play) -> None:
    def one_more(*, touch: bool = False) -> list[c.AGTStateChange]:
        play.call()
        at_work.sees("Talking")
        if touch:
            at_work.page.keyboard.press("Shift")
        play.end_by_itself()
        play.all_told()
        return play.seat.received(c.AGTStateChange)[1:]

    assert one_more() == []
    assert one_more(touch=True) == []
    assert one_more() == []
    assert one_more() == [c.AGTStateChange(AgentState.NotReady, "9", "Away", True)]
    expect(at_work.page.locator(".state")).to_have_text(re.compile("On a break.*Away"))
    expect(at_work.page.get_by_text("Nobody touched this desktop")).to_be_visible()
    at_work.press("Alt+r", "Ready")
    expect(at_work.page.get_by_text("Waiting for a call")).to_be_visible()
    assert one_more()[1:] == [c.AGTStateChange(AgentState.Ready)]


def test_what_was_asked_for_when_the_line_broke_is_told(at_work: Desk, play: Play) -> None:
    play.call()
    at_work.page.get_by_label("Note", exact=True).fill("wants a letter")
    go_on = play.listen_no_more()
    at_work.press("Alt+h", "Hold")
    at_work.page.get_by_role("button", name="Add the note").click()
    play.cut()
    expect(at_work.page.get_by_text("The connection is lost")).to_be_visible()
    go_on()
    unknown = at_work.page.get_by_text("It is not known whether this was carried out: Hold, Add the note.")
    expect(unknown).to_be_visible()
    at_work.sees("Talking")
    expect(at_work.page.get_by_label("Note", exact=True)).to_have_value("wants a letter")
    at_work.check()
    at_work.page.get_by_role("button", name="Dismiss").click()
    expect(unknown).to_be_hidden()
    play.cut()
    play.until(lambda: len(play.seat.received(c.AgentSDKConnected)) == 3)
    at_work.page.reload()
    at_work.sees("Talking")
    ids = [entry.request_id for entry in play.commands()]
    assert len(ids) == len(set(ids)), "an id was used twice"


def test_agent_is_signed_in_again_after_a_planned_end_of_the_server(at_work: Desk, play: Play) -> None:
    play.tell(n.AGTZoneDown("Default", 30_000))
    expect(at_work.page.get_by_text(re.compile(r"going down in \d+ s"))).to_be_visible()
    at_work.check()
    play.tell(n.AGTAgentLoggedOut())
    expect(at_work.page.get_by_text("you are signed in again")).to_be_visible()
    expect(at_work.page.get_by_text("You are on a break")).to_be_visible()
    expect(at_work.page.get_by_text("going down")).to_be_hidden()
    play.tell(n.AGTAgentLoggedOut())  # unasked for: somebody did it
    expect(at_work.page.get_by_role("alert")).to_have_text("You have been signed out.")


def test_promised_callback_is_announced_until_it_comes_or_goes(at_work: Desk, play: Play) -> None:
    play.tell(n.AGTPreviewCallbackPending("2026/12/24 18:30", "promised-1"))
    announced = at_work.page.get_by_text(re.compile(r"A callback that you promised comes at \d\d:30\."))
    expect(announced).to_be_visible()
    play.call()
    at_work.sees("Talking")
    expect(announced).to_be_visible()
    at_work.check()
    play.end_by_itself()
    play.tell(n.AGTPreviewCallbackCancelled("promised-1"))
    expect(announced).to_be_hidden()
    expect(at_work.page.get_by_text("its time is over")).to_be_visible()


def test_what_is_half_typed_into_any_form_outlives_a_reload(
    at_work: Desk, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = Attribute("LastName", "Example", attribute_type=AttributeType.WRITE)
    monkeypatch.setattr(suite, "DETAILS", CustomerDetails((name,)))
    play.call(can_enter_free_form_number=True)
    page = at_work.page
    page.get_by_text("Call back later").click()
    page.get_by_label("When, by your clock").fill("2030-05-06T07:08")
    page.get_by_label("Note for then").fill("ask for the boss")
    page.get_by_label("Last name").fill("Exampl")
    page.reload()
    at_work.sees("Talking")
    expect(page.get_by_label("When, by your clock")).to_have_value("2030-05-06T07:08")
    expect(page.get_by_label("Note for then")).to_have_value("ask for the boss")
    expect(page.get_by_label("Last name")).to_have_value("Exampl")
    play.run(suite_hang_up, play)
    page.get_by_text("Dial again").click()
    page.get_by_label("A number that is not here").fill("+4930")
    page.reload()
    expect(page.get_by_label("A number that is not here")).to_have_value("+4930")
    play.enter(CallState.Idle, Row.FREE)
    play.call()
    expect(page.get_by_label("Last name")).to_have_value("Example")
    page.get_by_text("Call back later").click()
    expect(page.get_by_label("Note for then")).to_have_value("")


async def suite_hang_up(play: Play) -> None:
    await play.seat.tell(n.AGTAutoReleaseLine(suite.WRAPUP, play.seat.sid))
    await play.seat.enter(CallState.Wrapup, Row.WRAPUP)


def test_names_notes_and_codes_are_shown_and_do_nothing(
    context: BrowserContext, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    details = (
        Attribute("FirstName", HOSTILE),
        Attribute("LastName", LONG),
        Attribute(HOSTILE, "value"),
        Attribute("__proto__", "hacked"),
    )
    monkeypatch.setattr(suite, "DETAILS", CustomerDetails(details))
    monkeypatch.setattr(suite, "CODES", (CompletionCode(1, HOSTILE), CompletionCode(2, LONG)))
    desk = Desk(context.new_page(), play.url)
    page = desk.page
    page.on("dialog", lambda dialog: desk.complaints.append(dialog.message))
    desk.sign_in("1001")
    desk.press("Alt+r", "Ready")
    play.nail_up()
    play.tell(n.AGTJobAttached(HOSTILE))
    play.call(callback_notes=HOSTILE)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{HOSTILE} {LONG}")
    expect(page.locator(".campaign")).to_have_text(HOSTILE)
    expect(page.locator(".company")).to_have_text(HOSTILE)
    expect(page.locator("dt", has_text="hacked = 1")).to_have_text(HOSTILE)
    play.tell(n.AGTConsultPending(HOSTILE, HOSTILE, HOSTILE, play.seat.sid))
    expect(page.locator(".banner")).to_contain_text(HOSTILE)
    page.get_by_label("Note", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_role("listitem")).to_have_text(HOSTILE)
    play.run(suite_hang_up, play)
    expect(page.locator("fieldset label").first).to_contain_text(HOSTILE)
    expect(page.locator("fieldset label").nth(1)).to_contain_text(LONG)
    desk.check()
    page.set_viewport_size({"width": 360, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 360, "it must be scrolled sideways"
    assert page.evaluate("[window.hacked, {}.hacked, document.images.length]") == [None, None, 0]
    assert not desk.complaints


def test_script_in_its_frame_reaches_nothing_of_the_page(at_work: Desk, play: Play) -> None:
    def script(route: Route) -> None:
        tries = {
            "document": "parent.document.title",
            "storage": "localStorage.length",
            "store of the page": "parent.localStorage.length",
            "address": "top.location = 'about:blank'",
            "dialog": "if (!confirm('now?')) throw 0",
            "window": "if (!open('about:blank')) throw 0",
        }
        code = "".join(f"try {{ {tried}; did.push('{name}') }} catch {{}}" for name, tried in tries.items())
        code = f"const did = []; {code} document.body.textContent = `reached: ${{did}}`"
        route.fulfill(content_type="text/html", body=f"<body><script>{code}</script>")

    # of the page's own origin: there nothing but the frame keeps it off
    at_work.page.context.route("**/script?id=1", script)
    play.call(script_url=f"{play.url}/script?id=1")
    expect(at_work.page.frame_locator("iframe").locator("body")).to_have_text("reached:")
    at_work.sees("Talking")
    # what a browser says of each attempt that it does not let through
    at_work.complaints[:] = [each for each in at_work.complaints if "sandbox" not in each.lower()]


def test_page_of_another_server_gets_no_desktop(context: BrowserContext, desk: Desk) -> None:
    desk.open()
    address = desk.url.replace("http:", "ws:") + "/wire/Default"
    context.route(
        "http://elsewhere.example/", lambda route: route.fulfill(content_type="text/html", body="<p>hello")
    )
    page = context.new_page()
    page.goto("http://elsewhere.example/")
    ways = f"""new Promise((resolve) => {{
        const socket = new WebSocket("{address}");
        socket.onopen = () => resolve("open");
        socket.onclose = () => resolve("refused");
    }})"""
    assert page.evaluate(ways) == "refused"
    assert desk.page.evaluate(ways) == "open"
