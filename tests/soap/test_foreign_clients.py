"""Clients that others wrote, made of the WSDLs that the demo server serves, play a day of an integrator.

They play at once, each with lists and campaigns of its own, while simulated agents work for all of them.
"""

import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from day import AGENTS, CODES, IMPORTED, SERVICE_OF, SKILL, Day, play
from foreign import ROOT, opened

from agentmgr.admin.requests import (
    AddAccount,
    AddAgents,
    AddOrganisation,
    AddSource,
    DefineAttribute,
    DefineNumber,
    ListValues,
    Request,
)
from agentmgr.admin.socket import Row
from agentmgr.cli.common import perform
from agentmgr.ports import Role
from tests.demo_server import SPEED, Demo

DOCS = ROOT / "agentmgr" / "docs" / "integrate.md"
CLIENTS = ("zeep", "php", "node", "java")
PLAYED_WITHIN_S = 180

pytestmark = pytest.mark.slow


def test_example_of_the_docs_runs(demo_url: str) -> None:
    (example,) = re.findall(r"```python\n(import requests\nfrom zeep.*?)```", DOCS.read_text(), re.DOTALL)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(example.replace("http://127.0.0.1:9980", demo_url), {})
    first, second = shown.getvalue().splitlines()
    assert first == "Ada"
    assert "'-2'" in second


def carried_out(demo: Demo, request: Request) -> list[Row]:
    return list(perform(demo.config, request))


def prepare(demo: Demo, name: str) -> None:
    """Make the lists, campaigns and data source of a client's day, as those would who run the server."""
    common = {"skill": SKILL, "codes": [{"name": code} for code in CODES], "nuisance_retry_s": 5}
    campaigns = (
        {"name": name, "lists": [name], "pacing": "progressive", "infinite": True, "custom_pacing": True},
        {"name": f"{name} once", "lists": [f"{name} once"], "pacing": "progressive"},
    )
    with requests.Session() as session:
        session.auth = ("admin", "demo")
        for each in (name, f"{name} once", f"{name} clock", f"{name} leads"):
            session.put(f"{demo.url}/api/v1/lists/{each}", json={}).raise_for_status()
        for campaign in campaigns:
            session.post(f"{demo.url}/api/v1/campaigns", json={**campaign, **common}).raise_for_status()
    leads = demo.config.parent / "imports" / f"{name}.csv"
    rows = [f'I-{number},"M\xfcller, {number}",+4930901{number:03}' for number in range(IMPORTED)]
    text = "\n".join(
        ["UserContactId,LastName,PhoneNumber1", *rows, "I-1,Other,+4930901999", "I-X,Nobody,no number"]
    )
    leads.write_text(text, encoding="utf-8")
    carried_out(demo, AddSource(f"{name} leads", f"{name} leads", "file", leads.name, on_duplicate="ignore"))


@pytest.fixture(scope="module")
def floor(demo: Demo) -> Iterator[Demo]:
    """A demo server with what a day needs, and agents at work."""
    for request in (
        DefineAttribute("Score", data_type="integer"),
        DefineAttribute("Plan"),
        DefineNumber("campaign", "Promises"),
        DefineNumber("agent", "Coffees"),
        AddOrganisation("South"),
        AddAccount("south", "demo", Role.MANAGER, "South"),
        AddAgents(AGENTS, "", "demo", "Default", {SKILL: 5}),
    ):
        carried_out(demo, request)
    desk = [sys.executable, "-m", "agentmgr", "desk", "--first-agent", AGENTS[0], "--count", str(len(AGENTS))]
    with subprocess.Popen(
        [*desk, "--port", demo.port, "--speed", SPEED], stdout=subprocess.DEVNULL
    ) as agents:
        try:
            yield demo
        finally:
            agents.kill()


Played = dict[str, Future[Day]]


@pytest.fixture(scope="module")
def played(
    floor: Demo, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """Let the clients that are tested play, all at once."""

    def numbers(job_id: int) -> dict[str, float]:
        return {
            str(each["agent"]): float(str(each["value"])) for each in carried_out(floor, ListValues(job_id))
        }

    def day_of(client: str, directory: Path) -> Day:
        name = f"D-{client}"
        prepare(floor, name)
        with opened(client, floor.url, directory) as foreign:
            day = Day(foreign, name, CLIENTS.index(client), floor.url, numbers)
            play(day)
        return day

    tested = [
        client for client in CLIENTS if any(f"[{client}]" in item.name for item in request.session.items)
    ]
    with ThreadPoolExecutor(len(tested)) as pool:
        yield {client: pool.submit(day_of, client, tmp_path_factory.mktemp(client)) for client in tested}


@pytest.mark.parametrize("client", CLIENTS)
def test_client_plays_a_day(client: str, played: Played) -> None:
    assert played[client].result(PLAYED_WITHIN_S).played == set(SERVICE_OF)
