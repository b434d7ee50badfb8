"""Bodies that are too large: refused whole, before they are read, as each way of calling says it."""

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import trio
from prometheus_client import CollectorRegistry

from agentmgr.campaign.passwords import hashed
from agentmgr.campaign.service import Caller
from agentmgr.campaign.services import Services, unserved
from agentmgr.ports import AccountLogin, Role
from agentmgr.store import SqlStore
from agentmgr.web.limits import WebLimits
from agentmgr.web.pages import pages
from agentmgr.web.rest import tell
from agentmgr.web.routes import STREAMED, api_routes, calls_of
from agentmgr.web.server import WebServer
from tests.databases import new_store

LIMIT = 4_000
SOAP = "/axis2/services/VP_POMAgentAPIService"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    store = new_store(tmp_path / "agentmgr.sqlite")
    store.put_account(AccountLogin("crm", hashed("secret"), Role.MANAGER, True))
    yield store
    store.close()


@pytest.fixture
def request_s() -> float:
    return 10.0


@pytest.fixture
async def port(store: SqlStore, nursery: trio.Nursery, request_s: float) -> int:
    def services(caller: Caller) -> Services:
        return Services(unserved(store), caller)

    app = pages(CollectorRegistry(), dict, api_routes(calls_of(store, services)))
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    web = WebServer(app, WebLimits(body_bytes=LIMIT, request_s=request_s), streamed=STREAMED, tell=tell)
    nursery.start_soon(web.serve, [listener])
    found: int = listener.socket.getsockname()[1]
    return found


def envelope(bytes_: int) -> bytes:
    """Return a call whose list of arguments is as long."""
    head = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
        b' xmlns:a="http://services.pim.avaya.com/AgentAPI/"><s:Body><a:AddToDNCList>'
    )
    address = b"<a:Address>+4930123456</a:Address>"
    return head + address * (bytes_ // len(address)) + b"</a:AddToDNCList></s:Body></s:Envelope>"


async def post(
    port: int, path: str, kind: str, body: bytes, *, chunked: bool, says: int | None = None
) -> tuple[int, str, bytes]:
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {says or len(body)}"
    if chunked:
        cut = [body[at : at + 1000] for at in range(0, len(body), 1000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in [*cut, b""])
    user = b64encode(b"crm:secret").decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {kind}\r\n"
        f"Authorization: Basic {user}\r\n{length}\r\n\r\n"
    )
    with trio.fail_after(10):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(head.encode() + body)
            answer = b"".join([bytes(chunk) async for chunk in stream])
    top, _, said = answer.partition(b"\r\n\r\n")
    (kind,) = [line[14:].decode() for line in top.split(b"\r\n") if line.lower().startswith(b"content-type")]
    return int(top.split()[1]), kind, said


@pytest.mark.parametrize("chunked", [False, True])
async def test_list_that_is_too_long_for_soap_is_refused_whole(
    port: int, store: SqlStore, chunked: bool
) -> None:
    status, kind, said = await post(port, SOAP, "text/xml", envelope(LIMIT * 3), chunked=chunked)
    assert (status, kind) == (413, "text/plain; charset=utf-8")
    assert b"larger than body_bytes of [http] allows; nothing was done" in said
    assert store.dnc_entries("", 10) == ()
    status, _, said = await post(port, SOAP, "text/xml", envelope(LIMIT // 2), chunked=chunked)
    assert (status, b"Client" in said) == (500, True), "it is a list where one is allowed"


@pytest.mark.parametrize("chunked", [False, True])
async def test_body_that_is_too_large_for_a_resource_is_a_problem_by_the_standard(
    port: int, chunked: bool
) -> None:
    body = orjson.dumps({"ContactToBeSaved": {"UserContactId": "x" * LIMIT}})
    status, kind, said = await post(port, "/api/v1/contacts", "application/json", body, chunked=chunked)
    assert (status, kind) == (413, "application/problem+json")
    assert "nothing was done" in orjson.loads(said)["detail"]


@pytest.mark.parametrize("chunked", [False, True])
async def test_lines_of_contacts_may_be_any_number(port: int, store: SqlStore, chunked: bool) -> None:
    store.ensure_list("A", 0.0)
    lines = b"".join(b'{"UserContactId": "%d"}\n' % number for number in range(1000))
    assert len(lines) > 4 * LIMIT
    path, kind = "/api/v1/lists/A/contacts", "application/x-ndjson"
    status, _, said = await post(port, path, kind, lines, chunked=chunked)
    assert (status, said.count(b'"Result":0')) == (200, 1000)


@pytest.mark.parametrize("request_s", [0.3])
@pytest.mark.parametrize(
    ("path", "kind"),
    [("/api/v1/contacts", "application/problem+json"), (SOAP, "text/plain; charset=utf-8")],
)
async def test_body_that_does_not_come_is_408_as_the_way_of_calling_says_it(
    port: int, path: str, kind: str
) -> None:
    status, found, said = await post(port, path, "application/json", b"{", chunked=False, says=LIMIT)
    assert (status, found) == (408, kind)
    assert b"the request took too long" in said
