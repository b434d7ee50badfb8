"""Clients that others wrote, made of the WSDLs that the demo server serves, play a day of an integrator."""

import contextlib
import io
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from zeep import Client
from zeep.exceptions import Fault
from zeep.transports import Transport

ROOT = Path(__file__).parents[2]
CLIENTS = Path(__file__).parent / "clients"
DOCS = ROOT / "agentmgr" / "docs" / "integrate.md"
SERVICES = {"agents": "VP_POMAgentAPIService", "campaigns": "VP_POMCmpMgmtService"}
INSTALLED_WITHIN_S, PLAYED_WITHIN_S = 600, 120

pytestmark = pytest.mark.slow

DAY = """\
campaign: true
list: Preview
saved: 0
saved again: 1
contact: Zo\xeb & <Ada> Day
no contact: -2
job: JOB_ACTIVE
paused: true
paused again: -55
resumed: true
codes: Sale
in the job: -8
listed: false
put on the list: true
put there again: -9
taken off: true
no imports: -12
no time: -12
"""
"""What each client says; numbers are results, or the codes of faults that it read typed."""


def ready(client: str) -> None:
    """Have a client installed, or leave its test out where it cannot be had."""
    command = [ROOT / "scripts" / "clients", client]
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S)
    if done.returncode == 3:
        pytest.skip(f"{client}: {done.stderr}")
    assert done.returncode == 0, done.stderr


def said(*command: object) -> str:
    done = subprocess.run(
        [str(each) for each in command], capture_output=True, timeout=PLAYED_WITHIN_S, cwd=CLIENTS
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def signed_in(url: str, service: str) -> Client:
    session = requests.Session()
    session.auth = ("admin", "demo")
    return Client(f"{url}/axis2/services/{service}?wsdl", transport=Transport(session=session))


def test_example_of_the_docs_runs(demo_url: str) -> None:
    (example,) = re.findall(r"```python\n(import requests\nfrom zeep.*?)```", DOCS.read_text(), re.DOTALL)
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        exec(example.replace("http://127.0.0.1:9980", demo_url), {})
    first, second = shown.getvalue().splitlines()
    assert first == "Ada"
    assert "'-2'" in second


def test_php_plays_a_day(demo_url: str) -> None:
    ready("php")
    assert said("php", "day.php", demo_url, "D-php") == DAY


def test_node_plays_a_day(demo_url: str) -> None:
    ready("node")
    assert said("node", "day.mjs", demo_url, "D-node") == DAY


def test_java_plays_a_day_with_what_wsimport_makes(demo_url: str, tmp_path: Path) -> None:
    ready("java")
    for package, service in SERVICES.items():
        described = requests.get(
            f"{demo_url}/axis2/services/{service}?wsdl", auth=("admin", "demo"), timeout=10
        )
        (tmp_path / f"{package}.wsdl").write_bytes(described.content)
        said("wsimport", "-quiet", "-Xnocompile", "-p", package, "-s", tmp_path, tmp_path / f"{package}.wsdl")
    sources = [each for package in SERVICES for each in (tmp_path / package).glob("*.java")]
    runtime = "/usr/share/java/jaxws-rt.jar"
    said("javac", "-nowarn", "-cp", runtime, "-d", tmp_path, "Day.java", *sources)
    assert said("java", "-cp", f"{tmp_path}:{runtime}", "Day", demo_url, "D-java", tmp_path) == DAY


def test_zeep_plays_a_day(demo_url: str) -> None:
    lines: list[str] = []
    agent_client, campaign_client = (signed_in(demo_url, service) for service in SERVICES.values())
    agents, campaigns = agent_client.service, campaign_client.service

    def say(step: str, value: object) -> None:
        lines.append(f"{step}: {str(value).lower() if isinstance(value, bool) else value}")

    def refused(step: str, client: Client, call: Callable[..., Any], *args: Any) -> None:
        with pytest.raises(Fault) as caught:
            call(*args)
        say(step, client.wsdl.types.deserialize(caught.value.detail[0]).RetCode)

    name, address = "D-zeep", "+4930901821"
    say("campaign", any(each.CampaignName == "Preview" for each in campaigns.GetCampaignDetails()))
    say("list", campaigns.GetContactListNames("Preview")[0])
    contact = {
        "UserContactId": name,
        "ContactListName": "Preview",
        "FirstName": "Zo\xeb & <Ada>",
        "PhoneNumber1": "+4930901820",
    }
    say("saved", agents.SaveContactToList(contact))
    say("saved again", agents.SaveContactToList(contact))
    agents.UpdateContactAttributeValueToList(name, "Preview", "LastName", "Day")
    found = agents.GetContactDataFromList(name, "Preview")
    say("contact", f"{found.FirstName} {found.LastName}")
    refused("no contact", agent_client, agents.GetContactDataFromList, "?", "Preview")
    (job,) = campaigns.GetCampaignJobs("Preview", ["JOB_ACTIVE"])
    say("job", job.JobState)
    say("paused", campaigns.PauseActiveJob(job.JobID))
    refused("paused again", campaign_client, campaigns.PauseActiveJob, job.JobID)
    say("resumed", campaigns.ResumePausedJob(job.JobID))
    say("codes", agents.GetAllCompletionCodesForCampaign(job.JobID)[0])
    refused("in the job", agent_client, agents.AddContactFromListToJob, "Preview", name, "Preview")
    say("listed", agents.IsDNC(address))
    say("put on the list", agents.AddToDNCList(address))
    refused("put there again", agent_client, agents.AddToDNCList, address)
    say("taken off", agents.RemoveFromDNCList(address))
    refused("no imports", campaign_client, campaigns.GetImportJobStatus, "?")
    refused("no time", campaign_client, campaigns.ScheduleDataSource, "?", "soon", "Europe/Berlin")
    assert "".join(f"{line}\n" for line in lines) == DAY
