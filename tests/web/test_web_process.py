"""The process without zones: it serves what a server with zones serves, on the database of both."""

import os
import signal
from base64 import b64encode
from collections.abc import Iterator

import orjson
import pytest
import trio
from attrs import evolve

from agentmgr.campaign.passwords import hashed
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.databases import ServerFailed
from agentmgr.ports import AccountLogin, ContactDraft, JobState, Role
from agentmgr.settings.classes import DatabaseSettings, HttpSettings, Settings
from agentmgr.testing.postgres import ThrowawayPostgres
from agentmgr.web_process import serve_web
from protocol.enums import PacingType
from tests.databases import PostgresPlace, new_postgres

BODY = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:a="http://services.pim.avaya.com/AgentAPI/"><s:Body><a:AddToDNCList>'
    b"<a:Address>+4930123456</a:Address></a:AddToDNCList></s:Body></s:Envelope>"
)


@pytest.fixture
def place(postgres_server: ThrowawayPostgres) -> Iterator[PostgresPlace]:
    place = new_postgres(postgres_server)
    store = place.open()
    store.put_account(AccountLogin("crm", hashed("secret"), Role.MANAGER, True))
    store.close()
    yield place
    place.give_back()


@pytest.fixture
def mortal() -> Iterator[PostgresPlace]:
    """A database on a server of its own, which the test ends."""
    server = ThrowawayPostgres()
    try:
        server.start()
        place = new_postgres(server)
        store = place.open()
        store.put_account(AccountLogin("crm", hashed("secret"), Role.MANAGER, True))
        store.close()
        yield place
    finally:
        server.stop()


def _settings(place: PostgresPlace) -> Settings:
    return Settings(database=DatabaseSettings(url=place.url), http=HttpSettings(port=0))


async def _ask(port: int, request: bytes) -> tuple[int, bytes]:
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(request)
        answer = b"".join([bytes(chunk) async for chunk in stream])
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


async def test_calls_write_the_shared_database_until_the_process_is_told_to_end(
    place: PostgresPlace,
) -> None:
    found: list[tuple[int, bytes]] = []

    async def call(port: int) -> None:
        head = (
            "POST /axis2/services/VP_POMAgentAPIService HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Authorization: Basic {b64encode(b'crm:secret').decode()}\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        found.append(await _ask(port, head.encode() + BODY))
        found.append(await _ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        os.kill(os.getpid(), signal.SIGTERM)

    with trio.fail_after(20):
        await serve_web(_settings(place), call)
    (called, answer), health = found
    assert (called, b"true" in answer) == (200, True)
    assert health == (200, b'{"database":"ok"}')
    store = place.open()
    assert [entry.added_by for entry in store.dnc_entries("", 10)] == ["crm"]
    store.close()


def _call(path: str, body: bytes = b"", method: str = "POST") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Basic {b64encode(b'crm:secret').decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def test_database_that_dies_is_a_clear_fault_until_it_is_back(
    mortal: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.web_process.LOOK_S", 0.05)
    soap = _call("/axis2/services/VP_POMAgentAPIService", BODY)
    rest, health = _call("/api/v1/dnc/+4930123456", method="GET"), _call("/healthz", method="GET")
    found: list[tuple[int, bytes]] = []

    async def wait_for(status: int, request: bytes) -> None:
        while (answer := await _ask(port_of[0], request))[0] != status:
            found.append(answer)
            await trio.sleep(0.02)

    port_of: list[int] = []

    async def call(port: int) -> None:
        port_of.append(port)
        await wait_for(200, rest)
        assert found == []
        await trio.to_thread.run_sync(mortal.server.kill)
        for request in (soap, rest, soap, rest):
            found.append(await _ask(port, request))
        lost = list(found)
        await wait_for(503, health)
        mortal.server.start()  # it would end with another thread
        await wait_for(200, health)
        await wait_for(200, soap)
        assert await _ask(port, rest) == (200, b'{"Result":true}')
        why = "accounts cannot be read now; try again in 1 s"
        for status, answer in lost[::2]:
            assert status == 503
            assert f"Server</faultcode><faultstring>{why}<" in answer.decode()
        for status, answer in lost[1::2]:
            assert (status, orjson.loads(answer)["detail"]) == (503, why)
        os.kill(os.getpid(), signal.SIGTERM)

    with trio.fail_after(60):
        await serve_web(_settings(mortal), call)


async def test_what_others_left_is_gone_on_with_without_any_zone(
    place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmgr.campaign.preparing.DEAD_AFTER_S", 0.0)
    store = place.open()
    phone = PhoneNumber("PhoneNumber1", "+12125550001", "America/New_York")
    contacts = [ContactDraft(user_id, (phone,), {}) for user_id in "123"]
    list_id, emptied = store.ensure_list("Spring", 0.0), store.ensure_list("Old", 0.0)
    for each in (list_id, emptied):
        store.put_contacts(each, contacts, 0.0)
    codes = (CompletionCodeSpec(1, "Done"),)
    spec = CampaignSpec(0, "Spring", PacingType.Progressive, "S", codes, 1)
    job_id = store.create_job(store.add_campaign(spec, [list_id], 0.0).campaign_id, ["North"], 0.0)
    store.begin_emptying(emptied, 1.0)

    def state() -> tuple[JobState, int, int]:
        job = store.job(job_id)
        assert job is not None
        return job.state, job.total, store.count_contacts(emptied)

    async def wait(port: int) -> None:
        while await trio.to_thread.run_sync(state) != (JobState.Running, 3, 0):  # noqa: ASYNC110
            await trio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    with trio.fail_after(20):
        await serve_web(_settings(place), wait)
    store.close()


async def test_database_that_is_a_file_belongs_to_the_server_alone() -> None:
    async def never(port: int) -> None:
        raise AssertionError(port)

    with pytest.raises(ServerFailed, match=r"database\.url: is missing.*agentmgr serve has them"):
        await serve_web(Settings(), never)


async def test_certificate_of_no_use_is_said_at_once(place: PostgresPlace) -> None:
    settings = _settings(place)
    tls = evolve(settings.http.tls, certificate="/nowhere.pem", key="/nowhere.key")

    async def never(port: int) -> None:
        raise AssertionError(port)

    with pytest.raises(ServerFailed, match="nowhere"):
        await serve_web(evolve(settings, http=evolve(settings.http, tls=tls)), never)
