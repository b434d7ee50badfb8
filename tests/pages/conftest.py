"""One browser and one server for all stories of the pages."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from seats import Board, Desk, House

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")  # scripts/test sees to it
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), (free_port(), free_port()))
    house.start()
    # who works for one campaign alone, so that it is known what comes
    for first, skill in (
        ("2001", "Preview"),
        ("3001", "Timed"),
        ("4001", "Board"),
        ("5001", "Predictive"),
        ("6001", "Progressive"),
    ):
        house.command("agents", "add", str(first), "--count", "9", "--skill", skill, "--password-stdin")
    house.command(
        "campaign", "create", "Board", "--list", "Preview", "--skill", "Board", "--pacing", "preview-untimed"
    )
    house.command("campaign", "run", "Board")
    yield house
    house.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def desk(context: BrowserContext, house: House) -> Iterator[Desk]:
    desk = Desk(context.new_page(), house.url)
    yield desk
    assert not desk.complaints


@pytest.fixture
def board(browser: Browser, house: House) -> Iterator[Board]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    board = Board(context.new_page(), house.url)
    yield board
    assert not board.complaints
    context.close()


@pytest.fixture
def hasty_house(tmp_path: Path) -> Iterator[House]:
    """A house in which a minute takes eight seconds."""
    house = House(tmp_path, (free_port(), free_port()), "7.5")
    house.start()
    yield house
    house.kill()
