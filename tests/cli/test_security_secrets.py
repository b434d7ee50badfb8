"""What a server writes at its most talkative: the audit of a shift, and no secret and no customer in it."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import trio

import agentmgr.client
from agentmgr.client import CommandError
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import AGTCallNotify, AGTNailupChange
from protocol.structures import CompletionCode, ContactNumber
from protocol.test_numbers import Outcome, number_for

pytestmark = pytest.mark.slow

AGENTMGR = [sys.executable, "-m", "agentmgr"]
PASSWORD, WRONG, NEW = "right-horse-battery", "wrong-horse-battery", "new-horse-battery"
SERVICE = "service-horse-battery"
NAME, NOTE, NUMBER = "Xanthippe Quirrel", "she-said-something-private", number_for(Outcome.ANSWERS)
DIGITS = ("7", "3", "9", "1")


def ask(*tokens: str, given: str | None = None) -> str:
    done = subprocess.run([*AGENTMGR, *tokens], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_shift_leaves_its_audit_and_no_secret_and_no_customer(config: Path, database: Path) -> None:
    people = config.with_name("people.csv")
    rows = "".join(f"C{n},{NAME},{NUMBER[:-4]}{n:04}\n" for n in range(100, 130))
    people.write_text("UserContactId,FirstName,PhoneNumber1\n" + rows)
    config.write_text(
        config.read_text() + '\n[log]\nlevel = "debug"\nformat = "json"\n[server]\nstop_grace_s = 0\n'
    )
    log_path = config.with_name("server.log")
    with log_path.open("wb") as log:
        server = subprocess.Popen([*AGENTMGR, "serve"], stderr=log)
    try:
        port = wait_for_port(log_path)
        ask("contacts", "import", str(people), "--list", "People")
        ask("campaign", "create", "Spring", "--list", "People", "--skill", "S", "--pacing", "preview")
        ask("agents", "add", "1001", "--skill", "S", "--password-stdin", given=f"{PASSWORD}\n")
        ask("account", "add", "blender", "--role", "service", "--password-stdin", given=f"{SERVICE}\n")
        ask("campaign", "run", "Spring")
        tokens = trio.run(shift, port)
        ask("agents", "passwd", "1001", "--password-stdin", given=f"{NEW}\n")
        with_arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes().decode()
    finally:
        server.terminate()
        assert server.wait(20) == 0
    text = log_path.read_text()
    for secret in (PASSWORD, WRONG, NEW, SERVICE, NAME, NOTE, NUMBER, NUMBER[-6:], *tokens):
        assert secret not in text, secret
        assert secret not in with_arguments
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert not any(line.get(key) in (*DIGITS, "".join(DIGITS)) for key in line), line
    acts = [(line["act"], line["who"], line["outcome"]) for line in lines if line["event"] == "audit"]
    assert [act for act in acts if act[1] in ("1001", "blender")] == [
        ("logon", "1001", "AUTHENTICATION_FAILED"),
        ("logon", "1001", "SUCCESS"),
        ("logon", "1001", "ALREADY_LOGGED_IN"),
        ("logon_by_force", "1001", "SUCCESS"),
        ("service_logon", "blender", "SUCCESS"),
        ("service_logon", "blender", "AUTHENTICATION_FAILED"),
    ]
    assert [act[0] for act in acts if act[1].startswith("user ")] == [
        "ImportContacts",
        "CreateCampaign",
        "AddAgents",
        "AddAccount",
        "RunCampaign",
        "SetPassword",
    ]


def wait_for_port(log_path: Path) -> int:
    with log_path.open() as log:
        buffer = ""
        while True:
            buffer += log.readline()
            if not buffer.endswith("\n"):
                continue
            line, buffer = json.loads(buffer), ""
            if line["event"] == "zone_served":
                port: int = line["port"]
            if line["event"] == "server_ready":
                return port


async def shift(port: int) -> list[str]:
    """Work as an agent does, with mistakes; returns the resume tokens that were given."""
    where, tokens = [("127.0.0.1", port)], []
    async with agentmgr.client.connect(where) as pom, agentmgr.client.connect(where) as other:
        agent = await pom.agent("1001")
        logon = partial(agent.logon, agent_ext="100")
        with pytest.raises(CommandError):
            await logon(password=WRONG)
        tokens.append((await logon(password=PASSWORD)).resume_token)
        second = await other.agent("1001")
        with pytest.raises(CommandError):
            await second.logon(agent_ext="100", password=PASSWORD)
        tokens.append((await second.logon(agent_ext="100", password=PASSWORD, force=True)).resume_token)
        await work(second)
    async with agentmgr.client.connect(where, account="blender", password=SERVICE):
        pass
    with pytest.raises(CommandError):
        async with agentmgr.client.connect(where, account="blender", password=WRONG):
            pass
    assert all(tokens)
    return [str(token) for token in tokens]


async def work(agent: agentmgr.client.Agent) -> None:
    await agent.state_change(AgentState.Ready)
    await agent.available_for_nailup()
    session = ""
    with trio.fail_after(30):
        async for event in agent.events():
            if isinstance(event, AGTNailupChange) and event.nailup_status is NailupStatus.PendingNailUp:
                await agent.ready_for_nailup()
            if isinstance(event, AGTCallNotify):
                session, number = event.session_id, event.contact.contact_numbers[0]
                break
        await agent.wait_for(CallState.Preview)
        await agent.preview_dial(ContactNumber(number=number.number), session)
        await agent.wait_for(CallState.Talking)
        for digit in DIGITS:
            await agent.send_dtmf(digit, session)
        await agent.add_agent_note(NOTE)
        await agent.release_line(session)
        codes = (await agent.get_comp_codes(session)).completion_codes_list
        await agent.wrapup_contact(CompletionCode(codes[0].code_id), session)
