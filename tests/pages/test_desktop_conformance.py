"""The conformance suite leads the page through its day; somebody sits there who does what is asked."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from attrs import frozen
from playwright.sync_api import BrowserContext, expect
from seats import Desk

pytestmark = pytest.mark.slow

PATIENCE_S = "60"
"""How long the suite waits for the agent in an act; who does it at once is not slower for that."""


@frozen
class Suite:
    """The suite as it plays a server, and where it writes what it found."""

    process: "subprocess.Popen[str]"
    url: str
    report: Path

    def findings(self) -> dict[str, list[str | None]]:
        """Wait for the end; returns what was wrong or missing, by act."""
        self.process.communicate()
        cases = ElementTree.parse(self.report).getroot().iter("testcase")
        return {case.attrib["name"]: [found.text for found in case] for case in cases}


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "agentmgr", "conformance", "--serve", "--web", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--patience", PATIENCE_S, "--junit", str(report)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = re.search(r"port (\d+)", process.stdout.readline())
    assert port
    with process:
        yield Suite(process, f"http://127.0.0.1:{port[1]}", report)
        process.kill()


def test_desktop_does_what_the_contract_asks_of_one(context: BrowserContext, suite: Suite) -> None:
    desk = Desk(context.new_page(), suite.url)
    desk.sign_in("1001")
    desk.press("Alt+r", "Ready")

    desk.wrap_up()  # customer-hangs-up
    desk.sees("Talking")  # holds
    desk.press("Alt+h", "Hold")
    desk.sees("On hold")
    desk.press("Alt+h", "Back to the customer")
    desk.wrap_up()
    desk.sees("Preview")  # dial-fails
    desk.wrap_up()
    desk.sees("Consultation")  # is-consulted, and at once again: takes-over
    desk.sees("Conference")
    desk.wrap_up()
    desk.sees("Consultation")  # gets-a-transfer
    desk.wrap_up()
    desk.sees("Talking")  # bears-the-unknown
    desk.wrap_up()
    desk.sees("Talking")  # works-on, after the connection was lost and came back
    desk.wrap_up()
    expect(desk.page.get_by_role("alert")).to_have_text("You have been signed out.")  # is-logged-out
    findings = suite.findings()
    assert {act: found for act, found in findings.items() if found} == {}
    assert len(findings) == 15
    assert not desk.complaints
