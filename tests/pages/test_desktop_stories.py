"""Agents at their desktops in a browser, as they would sit there."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocketRoute, expect
from seats import Desk, House

pytestmark = pytest.mark.slow

NEXT_WEEK = (datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%dT11:00")
HOSTILE = "<img src=x onerror=alert(1)> \u202eabc \"'&amp; {s} 十"


def test_agent_works_contacts_with_nothing_but_the_keyboard(desk: Desk) -> None:
    desk.open()
    press, page = desk.page.keyboard.press, desk.page
    expect(page.get_by_label("Agent", exact=True)).to_be_focused()
    desk.check()
    page.keyboard.type("2001")
    press("Tab")
    page.keyboard.type("wrong")
    press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Agent or password is wrong.")
    page.get_by_label("Password").focus()
    press("Control+a")
    page.keyboard.type("demo")
    press("Enter")
    expect(page.get_by_text("You are on a break")).to_be_visible()
    desk.check()
    desk.press("Alt+r", "Ready")
    for _ in range(2):
        state = page.locator(".callState strong")
        expect(state).to_have_text("Preview")
        desk.check()
        desk.press("Alt+d", "Dial")
        desk.sees("Talking")
        desk.check()
        desk.press("Alt+h", "Hold")
        desk.sees("On hold")
        desk.press("Alt+h", "Back to the customer")
        desk.sees("Talking")
        desk.tab_to(page.get_by_label("Note", exact=True))
        page.keyboard.type("asks for a letter")
        press("Tab")
        press("Enter")
        expect(page.get_by_role("listitem").last).to_have_text("asks for a letter")
        desk.tab_to(page.locator("summary", has_text="Call back later"))
        press("Enter")
        expect(page.get_by_text("There it is")).to_be_visible()
        expect(page.get_by_label("Who calls")).to_contain_text("Whoever is free")
        desk.tab_to(page.get_by_role("button", name="Promise it"))
        press("Enter")
        expect(page.get_by_text("The callback is promised.")).to_be_visible()
        desk.press("Alt+x", "Hang up")
        desk.sees("Wrap up")
        expect(page.get_by_role("radio").first).to_be_focused()
        desk.check()
        done = page.get_by_role("button", name="Done, next call")
        expect(done).to_be_disabled()
        press("ArrowDown")
        expect(page.get_by_role("radio").nth(1)).to_be_checked()
        press("Alt+3")
        expect(page.get_by_role("radio").nth(2)).to_be_checked()
        press("Enter")
    desk.sees("Preview")
    desk.press("Alt+x", "Decline")
    desk.sees("Wrap up")
    press("Alt+b")
    expect(page.get_by_role("button", name="Break", exact=True)).to_be_focused()
    desk.check()
    press("Escape")
    expect(page.get_by_role("button", name="Break", exact=True)).to_be_hidden()
    press("Alt+b")
    press("Tab")
    press("Enter")
    expect(page.locator(".state")).to_contain_text("Break after this call")
    desk.tab_to(page.get_by_role("radio").first)
    press("Space")
    press("Enter")
    expect(page.locator(".state")).to_have_text(re.compile("On a break.*Lunch"))
    desk.tab_to(page.get_by_role("button", name="Sign out"))
    press("Enter")
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize(("agent_id", "kind"), [("5001", "Predictive"), ("6001", "Progressive")])
def test_contacts_that_are_dialled_for_the_agent_are_worked(desk: Desk, agent_id: str, kind: str) -> None:
    desk.sign_in(agent_id)
    desk.press("Alt+r", "Ready")
    desk.sees("Talking")
    expect(desk.page.locator(".call")).to_contain_text(kind)
    expect(desk.page.get_by_role("timer").first).to_be_visible()
    desk.press("Alt+h", "Hold")
    desk.sees("On hold")
    desk.press("Alt+h", "Back to the customer")
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()


def test_page_that_is_loaded_anew_and_another_tab_show_the_truth(desk: Desk, context: BrowserContext) -> None:
    desk.sign_in("2002")
    desk.to_talk()
    desk.page.get_by_label("Note", exact=True).fill("asked for a letter")
    desk.page.get_by_role("button", name="Keypad").or_(desk.page.get_by_text("Keypad")).click()
    desk.page.get_by_role("button", name="5", exact=True).click()
    expect(desk.page.get_by_text("Sent: 5")).to_be_visible()
    desk.page.reload()
    desk.sees("Talking")
    expect(desk.page.get_by_label("Note", exact=True)).to_have_value("asked for a letter")
    other = Desk(context.new_page(), desk.url)
    other.open()
    other.sees("Talking")
    expect(desk.page.get_by_role("heading")).to_have_text("Your desktop is open in another tab now.")
    desk.check()
    desk.page.get_by_role("button", name="Use it here").click()
    desk.sees("Talking")
    desk.press("Alt+x", "Hang up")
    left = desk.page.locator(".wrapup").get_by_role("timer")
    expect(left).to_contain_text("left, then: No code given")
    desk.page.reload()
    expect(left).to_contain_text("left")
    desk.finish()
    assert not other.complaints


def test_what_customers_are_called_is_shown_and_does_nothing(desk: Desk) -> None:
    desk.sign_in("2003")
    desk.to_talk()
    name = desk.page.get_by_label("Last name")
    name.fill(HOSTILE)
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    long = desk.page.get_by_label("First name")
    long.fill("W" * 10_000)
    desk.page.get_by_role("button", name="Save").click()
    expect(desk.page.locator(".banner.warning")).to_contain_text("That was refused")
    expect(long).to_have_value("W" * 10_000)
    desk.page.set_viewport_size({"width": 360, "height": 640})
    wide = desk.page.evaluate("document.documentElement.scrollWidth")
    assert wide == 360, "it must be scrolled sideways"
    desk.page.set_viewport_size({"width": 1280, "height": 720})
    long.fill("Ada")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Ada")
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()


def test_colleague_is_asked_joins_and_takes_the_customer_over(
    desk: Desk, browser: Browser, house: House
) -> None:
    room = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    colleague = Desk(room.new_page(), house.url)
    desk.sign_in("2008")
    desk.to_talk()
    colleague.sign_in("2009")
    colleague.press("Alt+r", "Ready")
    colleague.sees("Preview")

    def ask() -> None:
        desk.page.get_by_text("Ask somebody").click()
        desk.page.get_by_role("button", name="2009").click()

    # who is busy is told, and asked as soon as that is over
    ask()
    expect(desk.page.get_by_text("2009 is being asked")).to_be_visible()
    expect(colleague.page.get_by_text("2008 waits to ask you something.")).to_be_visible()
    desk.press("Alt+e", "End the consultation")
    expect(desk.page.get_by_text("Ask somebody")).to_be_visible()
    expect(desk.page.get_by_text("2009 is being asked")).to_be_hidden()
    ask()
    colleague.press("Alt+x", "Decline")
    colleague.wrap_up()
    for one in (desk, colleague):
        one.sees("Consultation")
        one.check()
    expect(colleague.page.get_by_text("2008 asks you about this customer.")).to_be_visible()
    # all three talk, and the call changes hands and back
    desk.press("Alt+c", "Conference")
    for one in (desk, colleague):
        one.sees("Conference")
    desk.press("Alt+t", "Give the call away")
    colleague.press("Alt+t", "Give the call away")
    expect(desk.page.get_by_text("The call is yours now.")).to_be_visible()
    desk.check()
    desk.press("Alt+e", "End the conference")
    desk.sees("Talking")
    # asked once more, the colleague keeps the customer
    colleague.sees("Preview")
    ask()
    colleague.press("Alt+x", "Decline")
    colleague.wrap_up()
    desk.sees("Consultation")
    desk.take_break("Break")
    desk.press("Alt+t", "Hand over")
    expect(desk.page.get_by_text("You are on a break")).to_be_visible()
    colleague.sees("Talking")
    colleague.press("Alt+x", "Hang up")
    colleague.sees("Wrap up")
    colleague.finish()
    assert not colleague.complaints
    room.close()


def test_agent_promises_a_callback_dials_again_and_reads_what_was_noted(desk: Desk) -> None:
    desk.sign_in("2005")
    desk.to_talk()
    page = desk.page
    page.get_by_label("Note", exact=True).fill("wants a letter")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_role("listitem")).to_have_text("wants a letter")
    page.get_by_text("Call back later").click()
    expect(page.get_by_text("There it is")).to_be_visible()
    expect(page.get_by_label("Who calls")).to_contain_text("Whoever is free")
    page.get_by_label("When, by your clock").fill("2000-01-01T09:30")
    page.get_by_role("button", name="Promise it").click()
    expect(page.locator(".banner.warning")).to_contain_text("That was refused")
    page.get_by_label("When, by your clock").fill(NEXT_WEEK)
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_text("The callback is promised.")).to_be_visible()
    page.get_by_text("Must not be called again").click()
    desk.check()
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    page.get_by_text("Dial again").click()
    page.get_by_role("button", name="+61").first.click()
    desk.sees("Talking")
    page.reload()
    expect(page.get_by_role("listitem")).to_have_text("wants a letter")
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()


def test_callback_that_the_agent_promised_is_announced_and_comes(
    browser: Browser, hasty_house: House
) -> None:
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    desk = Desk(context.new_page(), hasty_house.url)
    page = desk.page
    hasty_house.command("agents", "add", "2001", "--skill", "Preview", "--password-stdin")
    desk.sign_in("2001")
    desk.to_talk()
    page.get_by_text("Call back later").click()
    expect(page.get_by_label("Who calls").get_by_text("2001")).to_be_attached()
    page.get_by_label("When, by your clock").fill(f"{hasty_house.now + timedelta(minutes=3):%Y-%m-%dT%H:%M}")
    page.get_by_label("Who calls").select_option("An agent: 2001")
    page.get_by_label("Note for then").fill("has asked for the boss")
    page.get_by_role("button", name="Promise it").click()
    expect(page.get_by_text("The callback is promised.")).to_be_visible()
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    announced = page.get_by_text("A callback that you promised comes at")
    expect(announced).to_be_visible()
    state = page.locator(".callState strong")
    while state.inner_text() != "Callback":  # until then others may come
        if state.inner_text() == "Preview":
            desk.press("Alt+x", "Decline")
        desk.wrap_up()
        expect(state).to_have_text(re.compile("Preview|Callback"))
    expect(announced).to_be_hidden()
    expect(page.locator(".call")).to_contain_text("has asked for the boss")
    desk.check()
    desk.press("Alt+d", "Dial")
    desk.sees("Talking")
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()
    context.close()
    assert not desk.complaints


def test_timed_preview_is_dialled_when_its_time_is_over(desk: Desk) -> None:
    desk.page.clock.install()
    desk.sign_in("3001")
    desk.press("Alt+r", "Ready")
    desk.sees("Preview")
    expect(desk.page.get_by_text(re.compile(r"Dials by itself in \d+ s"))).to_be_visible()
    desk.page.clock.fast_forward(61_000)
    desk.sees("Talking")
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()


def test_supervisor_sends_an_agent_into_a_break_and_home(desk: Desk, house: House) -> None:
    desk.sign_in("2007")
    desk.press("Alt+r", "Ready")
    expect(desk.page.get_by_text("You are on a break")).to_be_hidden()
    house.command("agents", "notready", "2007", "--reason", "7")
    expect(desk.page.locator(".state")).to_contain_text(re.compile("On a break|Break after this call"))
    house.command("agents", "logoff", "2007", "--now")
    expect(desk.page.get_by_role("alert")).to_have_text("You have been signed out.")
    desk.page.reload()
    expect(desk.page.get_by_label("Password")).to_be_visible()


def test_german_agent_reads_german(browser: Browser, house: House) -> None:
    context = browser.new_context(locale="de-DE", viewport={"width": 390, "height": 844})
    desk = Desk(context.new_page(), house.url)
    desk.open()
    expect(desk.page.get_by_role("button", name="Anmelden")).to_be_visible()
    assert desk.page.evaluate("document.documentElement.lang") == "de"
    desk.check()
    desk.page.get_by_label("Sprache").select_option("en")
    expect(desk.page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()
    assert not desk.complaints


def test_nothing_that_was_typed_is_lost_with_the_server(desk: Desk, house: House) -> None:
    desk.sign_in("2004")
    desk.to_talk()
    desk.page.get_by_label("Note", exact=True).fill("half a sent")
    desk.page.get_by_label("Last name").fill("Half a na")
    house.kill()
    expect(desk.page.get_by_text("The connection is lost")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Hold")).to_be_disabled()
    desk.page.get_by_label("Note", exact=True).press_sequentially("ence")
    desk.check()
    house.start_again()
    expect(desk.page.get_by_text("The connection is lost")).to_be_hidden()
    desk.sees("Wrap up")
    expect(desk.page.get_by_label("Note", exact=True)).to_have_value("half a sentence")
    expect(desk.page.get_by_label("Last name")).to_have_value("Half a na")
    desk.page.get_by_role("button", name="Add the note").click()
    expect(desk.page.get_by_text("The note is stored.")).to_be_visible()
    desk.finish()


def test_answers_that_are_lost_with_the_line_come_after_it(desk: Desk) -> None:
    lost: list[str] = []

    def relay(page: WebSocketRoute) -> None:
        server = page.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            if not lost and '"AGTAddAgentNoteRESP"' in str(text):
                lost.append(str(text))
                server.close()
                page.close()
            else:
                page.send(text)

        server.on_message(pass_on)

    desk.page.route_web_socket(re.compile("/wire/"), relay)
    desk.sign_in("2003")
    desk.to_talk()
    desk.page.get_by_label("Note", exact=True).fill("wants a letter")
    desk.page.get_by_role("button", name="Add the note").click()
    expect(desk.page.get_by_text("The note is stored.")).to_be_visible()
    assert len(lost) == 1
    expect(desk.page.get_by_label("Note", exact=True)).to_have_value("")
    desk.page.reload()
    expect(desk.page.get_by_role("listitem")).to_have_text(["wants a letter"])
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.finish()


def test_customer_who_wants_it_is_never_called_again(desk: Desk) -> None:
    desk.sign_in("2006")
    desk.to_talk()
    desk.page.get_by_text("Must not be called again").click()
    desk.page.get_by_role("button", name="Never call").click()
    expect(desk.page.get_by_text("will not be called again")).to_be_visible()
    desk.press("Alt+x", "Hang up")
    desk.sees("Wrap up")
    desk.page.get_by_text("Dial again").click()
    desk.page.get_by_role("button", name="+").first.click()
    expect(desk.page.get_by_text("it must not be called")).to_be_visible()
    desk.sees("Wrap up")
    desk.finish()
