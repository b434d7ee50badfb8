"""The load: its desktops notice what is wrong, and a run of it finds nothing wrong with the real server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import attrs
import pytest

from protocol import commands as c
from protocol import notifications as n
from protocol.connection import ServerConnection, notification_bytes, response_bytes
from protocol.enums import AgentState, CallState, ContactType, NailupStatus
from protocol.results import ResultCode
from protocol.structures import (
    Attribute,
    CompletionCode,
    Contact,
    ContactNumber,
    CustomerDetails,
    WrapupDetails,
)
from scripts.loading.__main__ import main
from scripts.loading.desktop import MATRIX, Desktop, Notes, Plan, details_of, number_of
from scripts.loading.server import Order

LOCUST = Path(__file__).parent.parent / "scripts" / "locust"

OK, SESSION, AGENT = ResultCode.SUCCESS, "71", "10000"
PLAN = Plan(number_of=number_of, details_of=details_of)
DETAILS = CustomerDetails(tuple(Attribute(key, value) for key, value in details_of("C5").items()))
WRAPUP = WrapupDetails(30, True, PLAN.codes[0])


def capabilities(agent_state, call_state):
    return n.AGTCapabilitiesChanged(MATRIX[agent_state, call_state])


def call_state(state):
    return n.AGTCallStateChangedNotify(state)


def contact(contact_id="C5", number=None):
    numbers = (ContactNumber("PhoneNumber1", number or number_of(contact_id)),)
    return Contact(contact_id, "Load", ContactType.Progressive, numbers)


READY, TALKING, HELD = AgentState.Ready, CallState.Talking, CallState.Held
CALL = [
    capabilities(AgentState.NotReady, CallState.NoState),
    c.AGTLogonRESP(OK, "token"),
    n.AGTStateChangedNotify(READY),
    capabilities(READY, CallState.NoState),
    c.AGTStateChangeRESP(OK, READY),
    c.AGTAvailableForNailupRESP(OK),
    n.AGTNailupChange(NailupStatus.PendingNailUp),
    c.AGTReadyForNailupRESP(OK),
    n.AGTNailupChange(NailupStatus.NailedUp),
    n.AGTJobAttached("Load"),
    call_state(CallState.Idle),
    n.AGTCallNotify(contact(), SESSION),
    call_state(TALKING),
    capabilities(READY, TALKING),
    c.AGTGetCustomerDetailsRESP(OK, SESSION, DETAILS),
    call_state(HELD),
    capabilities(READY, HELD),
    c.AGTHoldCallRESP(OK, SESSION),
    call_state(TALKING),
    capabilities(READY, TALKING),
    c.AGTUnholdCallRESP(OK, SESSION),
    call_state(CallState.Wrapup),
    capabilities(READY, CallState.Wrapup),
    c.AGTReleaseLineRESP(OK, SESSION, WRAPUP),
    c.AGTGetCompCodesRESP(OK, SESSION, PLAN.codes),
    call_state(CallState.Idle),
    capabilities(READY, CallState.Idle),
    c.AGTWrapupContactRESP(OK, SESSION),
]
"""What a server tells in a call that the agent ends, from the logon on."""


class FakeServer:
    """Says what it is given; each RESP has the id of the command that it answers, first come first served."""

    def __init__(self):
        self.notes = Notes()
        self.wire = ServerConnection()
        self.asked = {}
        self.desktop = Desktop(AGENT, PLAN, self.notes, self.take, Random(1))
        self.desktop.log_on(0.0)

    def take(self, data):
        for received in self.wire.receive(data):
            self.asked.setdefault(type(received.command).__name__, []).append(received.request_id)

    def say(self, message):
        name = type(message).__name__
        if name.endswith("RESP"):
            ids = self.asked.get(name.removesuffix("RESP"), [])
            data = response_bytes(ids.pop(0) if ids else 9999, AGENT, message)
        else:
            data = notification_bytes(AGENT, message)
        was_on = self.desktop.is_on
        self.desktop.receive(data, 1.0)
        if self.desktop.is_on and not was_on:
            self.desktop.work(1.0)

    def say_all(self, messages):
        for message in messages:
            self.say(message)

    @property
    def faults(self):
        return self.notes.told_faults

    @property
    def noticed(self):
        asked = sum(name != "AgentSDKConnected" and len(ids) for name, ids in self.asked.items())
        return bool(self.faults or asked)


def told(messages):
    server = FakeServer()
    server.say_all(messages)
    return server


def test_desktop_works_through_a_call_and_finds_nothing_wrong_in_it():
    server = told(CALL)
    assert server.faults == []
    assert server.desktop.call_state is CallState.Idle
    assert not any(ids for name, ids in server.asked.items() if name != "AgentSDKConnected")


@pytest.mark.parametrize("place", range(len(CALL)))
def test_desktop_that_is_told_one_thing_less_notices_it(place):
    assert told(CALL[:place] + CALL[place + 1 :]).noticed


@pytest.mark.parametrize("place", range(len(CALL)))
def test_desktop_that_is_told_one_thing_twice_notices_it(place):
    assert told(CALL[: place + 1] + CALL[place:]).noticed


PENDING = CALL.index(n.AGTNailupChange(NailupStatus.PendingNailUp))
"""It comes before or after the RESP to the wish: at once if a campaign runs."""


@pytest.mark.parametrize("place", [place for place in range(len(CALL) - 1) if place + 1 != PENDING])
def test_desktop_that_is_told_two_things_in_the_wrong_order_notices_it(place):
    before, pair, behind = CALL[:place], CALL[place : place + 2], CALL[place + 2 :]
    assert told([*before, *reversed(pair), *behind]).noticed


WRONG = {
    "another's number": n.AGTCallNotify(contact(number="+4930123"), SESSION),
    "another's details": c.AGTGetCustomerDetailsRESP(
        OK, SESSION, CustomerDetails((*DETAILS.attributes, Attribute("FirstName", "Bob")))
    ),
    "another's session in an answer": c.AGTHoldCallRESP(OK, "72"),
    "another campaign": n.AGTJobAttached("Other"),
    "another campaign's codes": c.AGTGetCompCodesRESP(OK, SESSION, (CompletionCode(9, "Other"),)),
    "no code to end with": c.AGTReleaseLineRESP(OK, SESSION, None),
    "capabilities of another state": capabilities(AgentState.PendingNotReady, HELD),
    "a refusal": c.AGTUnholdCallRESP(ResultCode.NOT_PROCESSED),
}


@pytest.mark.parametrize("message", WRONG.values(), ids=WRONG)
def test_desktop_that_is_told_something_wrong_notices_it(message):
    places = [place for place, right in enumerate(CALL) if type(right) is type(message)]
    server = told([*CALL[: places[-1]], message])
    assert len(server.faults) == 1, server.faults


def test_desktop_whose_customer_hangs_up_first_wraps_up_and_notes_the_crossing():
    server = FakeServer()
    server.say_all(CALL[: CALL.index(capabilities(READY, HELD)) - 1])
    server.say_all(
        [
            n.AGTAutoReleaseLine(WRAPUP, SESSION),
            call_state(CallState.Wrapup),
            capabilities(READY, CallState.Wrapup),
            c.AGTHoldCallRESP(ResultCode.NOT_PROCESSED),
            c.AGTGetCompCodesRESP(OK, SESSION, PLAN.codes),
            *CALL[-3:],
        ]
    )
    assert (server.faults, server.notes.crossed) == ([], 1)


def test_desktop_that_is_told_of_a_session_again_notices_it():
    server = told([*CALL, CALL[11]])
    assert server.faults == [f"agent {AGENT} (Ready, Idle, session none): session '71' was there before"]


@pytest.mark.slow
def test_load_of_five_desktops_finds_the_real_server_in_order():
    command = [sys.executable, "-m", "scripts.loading", "--agents", "5", "--minutes", "0.05", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert list(figures) == [
        *("agents", "attempts_per_s", "commands_per_s", "notify_p50_ms", "notify_p99_ms"),
        *("resp_p50_ms", "resp_p99_ms", "durable_resp_p99_ms"),
        *("order_errors", "rss_per_agent_kb", "logon_s"),
    ]
    assert (figures["agents"], figures["order_errors"]) == (5, 0)
    assert 0 < figures["resp_p50_ms"] <= figures["resp_p99_ms"]
    assert 0 < figures["notify_p50_ms"] <= figures["notify_p99_ms"]
    assert figures["attempts_per_s"] > 0
    assert figures["commands_per_s"] > 0


@pytest.mark.slow
def test_idle_load_logs_on_and_dials_nothing():
    options = ("--agents", "3", "--idle", "--minutes", "0.02", "--json")
    command = [sys.executable, "-m", "scripts.loading", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["agents"], figures["attempts_per_s"], figures["order_errors"]) == (3, 0, 0)


@pytest.mark.slow
def test_locust_has_agents_as_users_for_ten_seconds_and_no_failure(tmp_path):
    order = Order(agents=5, contacts=2000, ring_s=0.2, talk_s=1.0, zone="Default")
    (tmp_path / "order.json").write_text(json.dumps(attrs.asdict(order)))
    command = [sys.executable, "-m", "scripts.loading.server", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = json.loads(server.stdout.readline())["port"]
            server.stdin.write("run\n")
            server.stdin.flush()
            server.stdout.readline()
            users = ("--users", "5", "--spawn-rate", "5", "--agents", "10000-10004", "--handle-s", "0.4")
            where = ("--host", f"127.0.0.1:{port}", "--run-time", "10s")
            done = subprocess.run(
                [LOCUST, "--headless", "--json", *users, *where],
                env={**os.environ, "AGENT_PASSWORD": Plan().password},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            server.kill()
    assert done.returncode == 0, done.stderr
    requests = {each["name"]: each for each in json.loads(done.stdout)}
    assert requests.keys() >= {"AGTLogon", "AGTHoldCall", "AGTGetCustomerDetails", "AGTWrapupContact"}
    assert all(each["num_failures"] == 0 for each in requests.values())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("--agents 0", "allowed: whole numbers, 1 to 20000"),
        ("--agents ten", "allowed: whole numbers, 1 to 20000"),
        ("--rate=-1", "allowed: numbers, 0 to 10000"),
        ("--rate nan", "allowed: numbers, 0 to 10000"),
        ("--minutes 0", "allowed: numbers, 0.01 to 10000"),
        ("--agents 2 --processes 3", "allowed: as many as --agents, 2, at most"),
    ],
)
def test_load_that_cannot_be_is_refused_before_a_server_starts(given, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["load", *given.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
