"""Supervisors at their pages in a browser, as they would sit there."""

import pytest
from playwright.sync_api import expect
from seats import Board

pytestmark = pytest.mark.slow


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
