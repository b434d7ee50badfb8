"""The SOAP services as a client meets them: over HTTP, with a store behind them."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
import trio
from attrs import define
from lxml import etree
from prometheus_client import CollectorRegistry

from agentmgr.api.operations import CONTRACTS, OPERATIONS
from agentmgr.campaign.passwords import hashed, verify
from agentmgr.campaign.service import Caller
from agentmgr.campaign.services import Services, unserved
from agentmgr.ports import AccountLogin, Role, StoreFault
from agentmgr.soap.envelope import ENVELOPE
from agentmgr.store import SqlStore
from agentmgr.testing.wsdl_facts import REST, digests
from agentmgr.web.calls import Calls
from agentmgr.web.limits import WebLimits
from agentmgr.web.pages import pages
from agentmgr.web.server import WebServer
from agentmgr.web.signin import SignIn
from agentmgr.web.soap import soap_routes
from tests.databases import new_store

AGENT_PATH = "/axis2/services/VP_POMAgentAPIService"
NAMESPACE = "http://services.pim.avaya.com/AgentAPI/"
HASH = hashed("secret")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    store.put_account(AccountLogin("crm", HASH, Role.MANAGER, True))
    store.put_account(AccountLogin("blender", HASH, Role.SERVICE, True))
    yield store
    store.close()


@define
class Served:
    """A server of the pages, and how to ask it."""

    port: int
    store: SqlStore

    async def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send bytes and return status, head and body of the answer."""
        async with await trio.open_tcp_stream("127.0.0.1", self.port) as stream:
            await stream.send_all(request)
            answer = b"".join([bytes(chunk) async for chunk in stream])
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head, body

    async def get(self, path: str, user: str = "crm:secret") -> tuple[int, bytes, bytes]:
        return await self.ask(_request("GET", path, user))

    async def call(self, content: str, user: str = "crm:secret", **more: str) -> tuple[int, etree._Element]:
        body = (
            f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{NAMESPACE}"><s:Body>{content}</s:Body></s:Envelope>'
        ).encode()
        status, _, answer = await self.ask(_request("POST", AGENT_PATH, user, body))
        return status, etree.fromstring(answer)


def _request(method: str, path: str, user: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: am.example:9980", "Connection: close"]
    if user:
        lines.append(f"Authorization: Basic {b64encode(user.encode()).decode()}")
    if body:
        lines += ["Content-Type: text/xml; charset=utf-8", 'SOAPAction: ""', f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
async def served(store: SqlStore, nursery: trio.Nursery) -> Served:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")

    def services(caller: Caller) -> Services:
        return Services(unserved(store), caller)

    calls = Calls(SignIn(store.find_account, verify, services(Caller("")).tokens.holder), services)
    app = pages(CollectorRegistry(), dict, soap_routes(calls))
    nursery.start_soon(WebServer(app, WebLimits(request_s=0.5)).serve, listeners)
    return Served(listeners[0].socket.getsockname()[1], store)


def _texts(message: etree._Element) -> list[str]:
    return [each.text for each in message.iter() if each.text and not len(each)]


async def test_wsdl_that_is_served_has_the_digests_of_its_operations(served: Served) -> None:
    lines = (Path(__file__).parents[1] / "soap/wsdl_digests.txt").read_text().splitlines()
    for service in CONTRACTS:
        status, head, body = await served.get(f"/axis2/services/{service.name}?wsdl")
        assert (status, b"text/xml" in head) == (200, True)
        found = digests(body)
        known = {
            name: digest for digest, of, name in (line.split(" ", 2) for line in lines) if of == service.name
        }
        operations = [each.name for each in OPERATIONS.values() if each.service is service]
        assert {name: found[name] for name in operations} == {name: known[name] for name in operations}
        assert list(found) == [*operations, REST]
        assert (found[REST] == known[REST]) is (len(operations) == len(service.signatures))


async def test_wsdl_names_the_address_that_the_client_used(served: Served) -> None:
    _, _, body = await served.get(f"{AGENT_PATH}?WSDL")
    assert b'location="http://am.example:9980/axis2/services/VP_POMAgentAPIService"' in body


async def test_path_alone_says_where_the_description_is(served: Served) -> None:
    assert (await served.get(AGENT_PATH))[::2] == (
        404,
        f"{AGENT_PATH}?wsdl describes this service\n".encode(),
    )


async def test_call_does_what_it_says_for_its_caller(served: Served) -> None:
    status, answer = await served.call(
        "<a:AddToDNCList><a:Address>+49 30 123456</a:Address></a:AddToDNCList>"
    )
    assert (status, _texts(answer)) == (200, ["true"])
    (entry,) = await trio.to_thread.run_sync(served.store.dnc_entries, "", 10)
    assert (entry.address, entry.added_by) == ("+4930123456", "crm")


async def test_refusal_is_a_fault_with_status_500(served: Served) -> None:
    status, answer = await served.call(
        "<a:RemoveFromDNCList><a:Address>+4930123456</a:Address></a:RemoveFromDNCList>"
    )
    text = "+4930123456 is not on the do-not-call list"
    assert (status, _texts(answer)) == (500, ["soap:Server", text, text, "-17"])


async def test_request_that_cannot_be_read_is_the_clients_fault(served: Served) -> None:
    status, answer = await served.call("<a:IsDNC/>")
    assert (status, _texts(answer)[0]) == (500, "soap:Client")


async def test_fault_of_the_server_is_a_fault_without_its_reason(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(SqlStore, "on_own_dnc", broken)
    with structlog.testing.capture_logs() as lines:
        status, answer = await served.call("<a:IsDNC><a:Address>+4930123456</a:Address></a:IsDNC>")
    assert (status, _texts(answer)) == (500, ["soap:Server", "the server failed; its log says why"])
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["operation_failed"]


@pytest.mark.parametrize(
    ("user", "status", "words"),
    [
        ("", 401, b"sign in with an account"),
        ("crm:wrong", 401, b"wrong"),
        ("nobody:secret", 401, b"wrong"),
        ("crm", 401, b"wrong"),
        ("blender:secret", 403, b"needs the role manager"),
    ],
)
async def test_whoever_may_not_call_is_refused_before_the_body_is_sent(
    served: Served, user: str, status: int, words: bytes
) -> None:
    request = _request("POST", AGENT_PATH, user, b"x" * 100)[:-100]
    found, head, body = await served.ask(request)
    assert (found, words in body) == (status, True)
    assert (b"www-authenticate: Basic" in head) is (status == 401)


async def test_disabled_account_is_refused_at_once(served: Served) -> None:
    assert (await served.get(f"{AGENT_PATH}?wsdl"))[0] == 200
    served.store.put_account(AccountLogin("crm", HASH, Role.MANAGER, enabled=False))
    assert (await served.get(f"{AGENT_PATH}?wsdl"))[0] == 403


async def test_body_that_does_not_come_is_given_up(served: Served) -> None:
    request = _request("POST", AGENT_PATH, "crm:secret", b"x" * 100)[:-1]
    assert (await served.ask(request))[0] == 408


async def test_body_that_is_packed_is_refused_as_what_it_is(served: Served) -> None:
    plain = _request("POST", AGENT_PATH, "crm:secret", b"x")
    status, _, said = await served.ask(plain.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"))
    assert (status, said) == (415, b"a body packed as gzip is not read; send it plain\n")


async def test_refusal_does_not_say_all_that_was_sent(served: Served) -> None:
    where = f"<a:Address>+442079460018</a:Address><a:OrgName>{'x' * 100_000}</a:OrgName>"
    for wrong in (f"<a:IsDNC>{where}</a:IsDNC>", f"<a:AddContactListToJob>{where}</a:AddContactListToJob>"):
        status, answer = await served.call(wrong)
        assert (status, len("".join(_texts(answer))) < 5000) == (500, True)


async def test_body_that_is_too_large_is_refused(served: Served) -> None:
    request = _request("POST", AGENT_PATH, "crm:secret", b"x").replace(b"Length: 1", b"Length: 10000000")
    assert (await served.ask(request))[0] == 413


async def test_accounts_that_cannot_be_read_are_no_wrong_password(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreFault("the disk is full")

    assert (await served.get(f"{AGENT_PATH}?wsdl", "crm:wrong"))[0] == 401
    monkeypatch.setattr(SqlStore, "find_account", fails)
    assert (await served.get(f"{AGENT_PATH}?wsdl"))[0] in (200, 503)
