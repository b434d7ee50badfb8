"""Pictures of every page of the running demo: scripts/screenshots runs it."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = ((390, 844), (1280, 720), (3840, 2160))
THEMES = ("light", "dark")
PATIENCE_MS = 60_000

Walk = Callable[[Page, str], Iterator[str]]
"""Leads a page of the server at an address from one view to the next; a picture is made at each name."""


def desktop(page: Page, url: str) -> Iterator[str]:
    """An agent's desktop, from the sign-in to the end of a contact."""
    page.goto(f"{url}/desktop")
    yield "sign-in"
    page.get_by_label("Agent", exact=True).fill("1001")
    page.get_by_label("Password").fill("demo")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are on a break")).to_be_visible()
    yield "break"
    page.get_by_role("button", name="Ready", exact=True).click()
    state = page.locator(".callState strong")
    expect(state).to_have_text(re.compile("Preview|Talking"))
    if state.inner_text() == "Preview":
        yield "preview"
        page.get_by_role("button", name="Dial", exact=False).first.click()
        expect(state).to_have_text("Talking")
    page.get_by_label("Note", exact=True).fill("Wants the offer in writing, by the end of the week.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_role("listitem")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    yield "talking"
    for form in ("Ask somebody", "Keypad", "Call back later", "Must not be called again"):
        page.get_by_text(form, exact=True).click()
    yield "forms"
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("radio").first).to_be_visible()
    page.keyboard.press("Alt+1")
    yield "wrapup"


VIEWS = {
    "day": "Dials and answers",
    "campaigns": "North news",
    "campaigns/new": "New campaign",
    "campaigns/change/Predictive": "Completion codes",
    "contacts": "North members",
    "callbacks": "Callbacks",
    "reports": "Mean handle time",
    "compliance": "Within limit",
}
"""Views of the supervisor's page, each with a text that is there once it is."""


def supervise(page: Page, url: str) -> Iterator[str]:
    """A supervisor's page."""
    page.goto(f"{url}/supervise")
    expect(page.get_by_label("Account")).to_be_visible()
    yield "sign-in"
    page.get_by_label("Account").fill("admin")
    page.get_by_label("Password").fill("demo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Predictive")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Talking").nth(4)).to_be_visible()
    yield "live"
    for view, shows in VIEWS.items():
        page.goto(f"{url}/supervise#{view}")
        expect(page.get_by_text(shows, exact=True).first).to_be_visible()
        yield view.replace("/", "-")


PAGES: dict[str, Walk] = {"desktop": desktop, "supervise": supervise}
DOCS = {"desktop.png": "desktop-talking", "supervise.png": "supervise-live"}
"""Which pictures, light and 1280 wide, the documents show."""


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo, with colleagues at work; yields the address of its pages."""
    with TemporaryDirectory() as data:
        command = [sys.executable, "-m", "agentmgr", "demo", "--web", "--data", data, "--http-port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with server:
            assert server.stdout is not None
            url = re.search(r"(http://\S+)/desktop", server.stdout.readline())
            assert url, "the demo does not say where its page is"
            try:
                yield url[1]
            finally:
                server.kill()  # nobody needs the grace that it gives


def take(browser: Browser, url: str, name: str, walk: Walk, to: Path) -> None:
    """Lead a page along its views, and make the pictures of each."""
    context = browser.new_context(locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    for view in walk(page, url):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.screenshot(path=to / f"{name}-{view}-{theme}-{width}.png")
        page.set_viewport_size({"width": 1280, "height": 720})
        print(f"{name}-{view}")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/screenshots")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--only", choices=PAGES, action="append")
    given = parser.parse_args()
    given.directory.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, demo() as url:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in given.only or PAGES:
            take(browser, url, name, PAGES[name], given.directory)
        browser.close()
    if given.docs:
        for name, view in DOCS.items():
            picture = given.directory / f"{view}-light-1280.png"
            if picture.exists():
                shutil.copy(picture, ROOT / "agentmgr" / "docs" / name)


if __name__ == "__main__":
    main()
