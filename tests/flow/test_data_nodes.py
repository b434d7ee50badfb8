"""The data nodes: hosts that are there or not, refusals, and the blood donation flow."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from agentmgr.api import contract_agent as agent
from agentmgr.api.faults import Refused
from agentmgr.api.operations import Operation
from agentmgr.client import sync as client
from agentmgr.flow import DataNodes, NodeRefused, NodeUnreachable, PhoneInfo, PomInfo
from agentmgr.flow.blood_donation import TerminalCall, blood_donation, main
from agentmgr.flow.nodes import NodeFailed
from agentmgr.flow.port import PortCall, serve
from agentmgr.soap.envelope import Codec
from tests.flow.conftest import Demo

DOCS = Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md"
SIGNATURES = agent.SERVICE.signatures


class Host:
    """A manager's port that answers requests as a function does, and keeps them."""

    def __init__(self, answer: Callable[[object], object]) -> None:
        host = self
        self.requests: list[object] = []
        self.status = 0
        everything = [Operation(agent.SERVICE, each, lambda *_: None) for each in SIGNATURES]  # type: ignore[arg-type]
        codec = Codec(agent.SERVICE, everything)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if host.status == -1:
                    host.requests.append(None)
                    return  # the connection ends without an answer
                call = codec.read(body)
                host.requests.append(call.request)
                found = answer(call.request)
                refused = isinstance(found, Refused)
                written = (
                    codec.write_refusal(call.operation, found)
                    if isinstance(found, Refused)
                    else codec.write(call.operation, found)  # type: ignore[arg-type]
                )
                self.send_response(host.status or (500 if refused else 200))
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer(request: object) -> object:
    match request:
        case agent.GetContactDataFromList():
            return agent.GetContactDataFromListResponse(
                agent.ContactDataType(
                    "C-1",
                    "Donors",
                    FirstName="Ada",
                    Email="ada@example.org",
                    TimeZone="Europe/Berlin",
                    AttributeObj=(agent.AttributeType("Group", "0+", "string"),),
                )
            )
        case agent.AddToDNCList():
            return agent.AddToDNCListResponse(True)
        case agent.UpdateCompletionCode(PimSessionID=0.0):
            return Refused(-16, "no attempt for the session 0")
        case agent.UpdateCompletionCode():
            return agent.UpdateCompletionCodeResponse(0)
        case agent.AddContactFromListToJob():
            return agent.AddContactFromListToJobResponse(0)
        case agent.SaveContactToList():
            return agent.SaveContactToListResponse(0 if request.UpdateExisting else 1)
    raise AssertionError(request)


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    made = [Host(answer), Host(answer)]
    yield made
    for host in made:
        host.close()


@pytest.fixture
def nodes(hosts: list[Host]) -> DataNodes:
    return DataNodes("admin", "demo", hosts[0].address, hosts[1].address, timeout_s=5)


def a_call(digits: str) -> TerminalCall:
    info = PomInfo(ContactID="C-1", ContactGroupName="Donors", SessionID="1000000007", VDN="7000")
    return TerminalCall(info, "+4930901820", iter(digits))


@pytest.mark.parametrize(
    ("digits", "decided", "asked"),
    [
        (
            "1",
            "INVACP",
            [
                agent.UpdateCompletionCode(1000000007.0, "INVACP"),
                agent.AddContactFromListToJob("Letters", "C-1", "Donors"),
            ],
        ),
        ("2", "INVREJ", [agent.UpdateCompletionCode(1000000007.0, "INVREJ")]),
        (
            "73",
            "DNCREQ",
            [agent.AddToDNCList("+4930901820"), agent.UpdateCompletionCode(1000000007.0, "DNCREQ")],
        ),
        ("9", "transferred", []),
        ("456", "", []),
        ("", "", []),
    ],
)
def test_blood_donation_does_what_the_caller_presses(
    nodes: DataNodes, hosts: list[Host], digits: str, decided: str, asked: list[object]
) -> None:
    call = a_call(digits)
    assert blood_donation(call, nodes, "Letters") == decided
    assert hosts[0].requests[1:] == asked
    assert call.info.CompletionCode == (decided if decided in ("INVACP", "INVREJ", "DNCREQ") else "")


def test_contact_info_fills_the_variable_and_gives_the_other_attributes(nodes: DataNodes) -> None:
    info = PomInfo(ContactID="C-1", ContactGroupName="Donors", VDN="7000")
    (more,) = nodes.get_contact_info(info)
    assert (info.FirstName, info.EMailID, info.PhoneNumber1Timezone) == (
        "Ada",
        "ada@example.org",
        "Europe/Berlin",
    )
    assert (info.LastName, info.VDN) == ("", "7000")
    assert (more.AttributeName, more.AttributeType, more.AttributeValue) == ("Group", "string", "0+")


def test_contact_is_saved_with_what_the_variable_has(nodes: DataNodes, hosts: list[Host]) -> None:
    info = PomInfo(ContactID="C-2", ContactGroupName="Donors", EMailID="b@example.org")
    assert not nodes.add_contact_info(info, {"Group": "B-"}, dnc=True)
    assert nodes.add_contact_info(info, update_existing=True)
    contact = agent.ContactDataType(
        "C-2", "Donors", Email="b@example.org", AttributeObj=(agent.AttributeType("Group", "B-"),)
    )
    assert hosts[0].requests[0] == agent.SaveContactToList(contact, CheckDNC=True)


def test_refusal_has_the_code_and_the_text_of_the_service(nodes: DataNodes) -> None:
    with pytest.raises(NodeRefused, match="no attempt for the session 0") as refused:
        nodes.update_disposition(PomInfo(SessionID="0"), "INVACP")
    assert refused.value.code == -16


def test_blood_donation_leaves_a_number_on_the_list_that_is_there_already(
    nodes: DataNodes, hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(address: str) -> None:
        raise NodeRefused(code, address)

    monkeypatch.setattr(nodes, "add_to_dnc_list", refuse)
    code = -9
    assert blood_donation(a_call("3"), nodes, "Letters") == "DNCREQ"
    code = -19
    with pytest.raises(NodeRefused):
        blood_donation(a_call("3"), nodes, "Letters")


def test_session_id_that_is_none_is_refused_before_anything_is_sent(
    nodes: DataNodes, hosts: list[Host]
) -> None:
    with pytest.raises(NodeRefused, match="SessionID is 'x'"):
        nodes.update_disposition(PomInfo(SessionID="x"), "INVACP")
    assert not hosts[0].requests


def test_secondary_host_is_asked_when_nobody_is_at_the_primary(nodes: DataNodes, hosts: list[Host]) -> None:
    hosts[0].close()
    nodes.add_to_dnc_list("+4930901820")
    assert len(hosts[1].requests) == 1
    hosts[0] = Host(answer)  # for the fixture to close


def test_secondary_host_is_asked_when_the_primary_serves_nobody(nodes: DataNodes, hosts: list[Host]) -> None:
    hosts[0].status = 503
    nodes.add_to_dnc_list("+4930901820")
    assert len(hosts[1].requests) == 1


def test_answer_that_is_lost_lets_only_what_may_be_done_twice_be_sent_again(
    nodes: DataNodes, hosts: list[Host]
) -> None:
    hosts[0].status = -1
    nodes.get_contact_info(PomInfo(ContactID="C-1", ContactGroupName="Donors"))
    assert len(hosts[1].requests) == 1
    with pytest.raises(NodeUnreachable, match=r"AddToDNCList: 127\.0\.0\.1"):
        nodes.add_to_dnc_list("+4930901820")
    assert len(hosts[1].requests) == 1


def test_neither_host_there_is_told_with_both() -> None:
    nodes = DataNodes("admin", "demo", "127.0.0.1:1", "[::1]:1", timeout_s=1)
    with pytest.raises(NodeUnreachable, match=r"127\.0\.0\.1:1: .*; \[::1\]:1: "):
        nodes.get_contact_info(PomInfo())


@pytest.mark.slow
def test_example_of_the_docs_runs_against_the_demo_server(
    demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(from agentmgr\.flow.*?)```", DOCS.read_text(), re.DOTALL)
    exec(example.replace("127.0.0.1:9980", demo.services), {})
    assert capsys.readouterr().out.splitlines() == ["Ada", "+4930901820", "-2"]


@pytest.mark.slow
def test_nodes_and_flow_work_with_a_real_manager(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    host = demo.services
    nodes = DataNodes("admin", "demo", host)
    info = PomInfo(ContactID="D-1", ContactGroupName="Preview", FirstName="Bob", PhoneNumber1="+4930901821")
    assert nodes.add_contact_info(info, update_existing=True)
    assert not nodes.add_contact_info(info)
    nodes.update_contact_attribute(info, "LastName", "Stone")
    assert nodes.get_contact_attribute(info, "LastName") == "Stone"
    nodes.update_phone_number(info, PhoneInfo(PhoneAttributeName="PhoneNumber2", PhoneNumber="+4930901822"))
    assert nodes.get_phone_number(info, "PhoneNumber2").PhoneNumber == "+4930901822"
    nodes.add_to_dnc_list("+4930901823")
    nodes.remove_from_dnc_list("+4930901823")
    again = PomInfo(ContactID="D-1", ContactGroupName="Preview")
    nodes.get_contact_info(again)
    assert (again.FirstName, again.LastName) == ("Bob", "Stone")
    with pytest.raises(NodeFailed, match="user or password is wrong"):
        DataNodes("admin", "wrong", host).get_contact_info(again)
    given = ["--host", host, "--list", "Preview", "--contact", "D-1", "--digits", "9"]
    assert main(given) == 0
    assert "decided: transferred" in capsys.readouterr().out
    for _ in range(2):
        assert main([*given[:-1], "3"]) == 0
        assert "decided: DNCREQ" in capsys.readouterr().out


@pytest.mark.slow
def test_port_talks_to_customers_of_the_simulated_switch(demo: Demo) -> None:
    nodes, said, asked = DataNodes("admin", "demo", demo.services), list[str](), list[tuple[str, str, str]]()

    def flow(call: PortCall, nodes: DataNodes) -> str:
        nodes.get_contact_info(call.info)
        call.say(f"Hello {call.info.ContactID}")
        asked.append((call.dnis, call.digit(), call.info.PhoneNumber1))
        if len(asked) == 2:
            raise NodeFailed("planted")
        return "Not interested"

    with client.connect([demo.desktops]) as pom:
        port = pom.agent("1020")
        port.logon(agent_ext="1020", password="demo", force=True)
        assert serve(port, nodes, flow, hears=said.append, calls=3) == 3
        port.logoff()
    assert len(asked) == 3
    assert all(dnis.endswith(key) and dnis == number for dnis, key, number in asked)
    assert [each.partition(" ")[0] for each in said] == ["Hello", "Hello", "failed:", "Hello"]
