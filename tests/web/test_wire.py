"""The wire for pages: desktops like any other, and what strangers may send instead."""

import json
from typing import Any

import pytest
import trio
import trio.testing
from page import HOST, MemoryListener, Page
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from structlog.testing import capture_logs
from trio.testing import MockClock
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

from agentmgr.core.events import CommandReceived, ConnectionLost
from agentmgr.runtime.metrics import RuntimeMetrics
from agentmgr.server.connections import Connections
from agentmgr.server.limits import Limits
from agentmgr.server.listener import ENDS, AgtServer
from agentmgr.web.limits import WebLimits
from agentmgr.web.origins import is_of_managers
from agentmgr.web.server import WebServer
from agentmgr.web.wire import GOING_AWAY, wire_route
from protocol.commands import AgentSDKConnected
from protocol.connection import notification_bytes, response_bytes
from protocol.json_form import MAX_CHARACTERS, MAX_FRAMES
from protocol.notifications import AGTCustomerDetailsChanged
from protocol.registry import COMMANDS, HEARTBEAT_S, NO_LOGON, SILENCE_LIMIT_S, UNPROVEN_VALUE_BYTES
from protocol.results import ResultCode
from protocol.structures import Attribute

BEYOND = '<b>\u202eטוב</b> \0 " \\ 十'


class Zone:
    """Answers every command with success; a greeting is as good as a logon while it `proves`."""

    def __init__(self, limits: Limits | None) -> None:
        self.connections = Connections()
        self.received: list[Any] = []
        self.proves = True
        metrics = RuntimeMetrics(CollectorRegistry()).for_zone("Default")
        self.server = AgtServer(self.connections, self, metrics, limits)

    def offer(self, event: CommandReceived) -> bool:
        self.received.append(event)
        response = COMMANDS[type(event.command).__name__].resp(result=ResultCode.SUCCESS)
        if self.proves and isinstance(event.command, AgentSDKConnected):
            self.connections.trust(event.connection)
        frame = response_bytes(event.request_id, event.agent_id, response)
        self.connections.answer(event.connection, frame)
        self.connections.flush()
        return True

    async def post(self, event: CommandReceived) -> None:
        self.offer(event)

    def push(self, event: object) -> None:
        self.received.append(event)


class House:
    """A zone, and the HTTP server over which pages reach it."""

    def __init__(self, nursery: trio.Nursery, limits: Limits | None = None) -> None:
        self.zone = Zone(limits)
        self.listener = MemoryListener()
        route = wire_route({"Default": self.zone.server.serve_stream}.get)
        self.web = WebServer(Starlette(routes=[route]), WebLimits(connections=1))
        nursery.start_soon(self.zone.server.serve)
        nursery.start_soon(self.web.serve, [self.listener])

    async def page(self) -> Page:
        page = Page(self.listener.connect())
        assert await page.open() == 101
        return page


@pytest.fixture
def house(nursery: trio.Nursery) -> House:
    return House(nursery)


async def test_page_is_a_desktop_like_any_other(autojump_clock: MockClock, house: House) -> None:
    page = await house.page()
    assert (await page.hello())["name"] == "AgentSDKConnectedRESP"
    await page.send("AGTSendDTMF", "1001", dtmf=BEYOND, sessionID="s-1")
    assert await page.next() == {
        "name": "AGTSendDTMFRESP",
        "id": 2,
        "agentID": "1001",
        "args": {"result": 0},
    }
    assert house.zone.received[-1].command.dtmf == BEYOND
    told = notification_bytes("1001", AGTCustomerDetailsChanged(Attribute("Name", BEYOND), "s-1"))
    for _ in range(3):
        house.zone.connections.send(1, told)
    house.zone.connections.flush()
    for _ in range(3):
        assert (await page.next())["args"]["attribute"]["value"] == BEYOND
    assert house.zone.connections.host(1) == "192.0.2.1"


async def test_page_that_goes_is_a_lost_connection(autojump_clock: MockClock, house: House) -> None:
    page = await house.page()
    await page.hello()
    await page.stream.send_all(page.wire.send(CloseConnection(1000)))
    assert await page.next() is None
    await trio.testing.wait_all_tasks_blocked()
    assert isinstance(house.zone.received[-1], ConnectionLost)
    assert not len(house.zone.connections)


async def test_page_that_is_cut_off_is_a_lost_connection(autojump_clock: MockClock, house: House) -> None:
    page = await house.page()
    await page.hello()
    await page.stream.aclose()
    await trio.testing.wait_all_tasks_blocked()
    assert isinstance(house.zone.received[-1], ConnectionLost)


async def test_end_of_the_server_is_told_with_its_reason_and_its_code(
    autojump_clock: MockClock, house: House
) -> None:
    page = await house.page()
    await page.hello()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(house.zone.server.close, "the server is ending")
        assert await page.reason() == "the server is ending"
    assert page.closed_with == GOING_AWAY
    late = await house.page()
    assert ENDS in await late.reason()
    with trio.fail_after(1):
        await house.web.close()


async def test_what_is_said_after_the_end_is_dropped(autojump_clock: MockClock, house: House) -> None:
    page = await house.page()
    await page.hello()
    with capture_logs() as logs:
        house.zone.connections.close_all("over")
        await trio.testing.wait_all_tasks_blocked()
        await page.say("no JSON")
        assert await page.reason() == "over"
        await trio.testing.wait_all_tasks_blocked()
    assert [line["event"] for line in logs] == ["connection_closed"]
    assert not len(house.zone.connections)


async def test_page_of_a_zone_that_is_elsewhere_is_told_so(autojump_clock: MockClock, house: House) -> None:
    page = Page(house.listener.connect())
    assert await page.open("North") == 101
    assert "zone North is not served here" in await page.reason()
    assert page.closed_with == GOING_AWAY


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://elsewhere.example",
        f"http://{HOST}.elsewhere.example",
        f"http://{HOST.partition(':')[0]}",
        f"http://{HOST}@elsewhere.example",
        f"file://{HOST}",
    ],
)
async def test_pages_of_others_are_refused(
    autojump_clock: MockClock, house: House, origin: str | None
) -> None:
    page = Page(house.listener.connect())
    assert await page.open(origin=origin) == 403
    assert not len(house.zone.connections)


@pytest.mark.parametrize(
    ("origin", "status"), [("https://m2.example:9980", 101), ("http://m2.example:9980", 403)]
)
async def test_pages_of_other_managers_are_served(
    autojump_clock: MockClock, nursery: trio.Nursery, origin: str, status: int
) -> None:
    listener = MemoryListener()
    route = wire_route({}.get, is_of_managers(lambda: ["https://m2.example:9980"]))
    nursery.start_soon(WebServer(Starlette(routes=[route]), WebLimits()).serve, [listener])
    assert await Page(listener.connect()).open(origin=origin) == status


async def test_open_pages_take_no_place_from_requests(autojump_clock: MockClock, house: House) -> None:
    pages = [await house.page() for _ in range(5)]
    for page in pages:
        await page.hello()
    other = house.listener.connect()
    await other.send_all(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await other.receive_some()).startswith(b"HTTP/1.1 404")


# -- the limits of desktops ----------------------------------------------------------------------


async def test_page_that_says_nothing_is_closed_like_a_desktop(
    autojump_clock: MockClock, house: House
) -> None:
    page = await house.page()
    await page.hello()
    for _ in range(10):
        await trio.sleep(HEARTBEAT_S)
        await page.send("POMClientAlive")
        assert (await page.next())["args"]["result"] == 0
    began = trio.current_time()
    assert "nothing was received" in await page.reason()
    assert trio.current_time() - began < SILENCE_LIMIT_S + 3


async def test_page_without_a_logon_is_closed_like_a_desktop(autojump_clock: MockClock, house: House) -> None:
    house.zone.proves = False
    page = await house.page()
    await page.hello()
    assert (await page.reason()).startswith(NO_LOGON)


async def test_page_that_does_not_read_is_closed_and_holds_back_nobody(
    autojump_clock: MockClock, house: House
) -> None:
    deaf = Page(house.listener.connect(trio.testing.lockstep_stream_pair))
    assert await deaf.open() == 101
    await deaf.send("AgentSDKConnected", agentIds=["1001"], version=1)
    other = await house.page()
    await other.hello()
    await trio.sleep(30)
    await other.send("POMClientAlive")
    assert (await other.next())["args"]["result"] == 0
    assert len(house.zone.connections) == 1


async def test_commands_beyond_those_of_a_second_wait_for_the_next(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    house = House(nursery, Limits(commands_a_second=10, unanswered=4_096))
    page = await house.page()
    await page.hello()
    for _ in range(100):
        await page.send("POMClientAlive")
    began = trio.current_time()
    for _ in range(100):
        assert (await page.next())["args"]["result"] == 0
    assert trio.current_time() - began >= 9


async def test_connections_of_one_address_are_counted_together(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    house = House(nursery, Limits(of_one_address=2))
    for _ in range(2):
        await (await house.page()).hello()
    assert "from this address" in await (await house.page()).reason()


# -- what is none of this wire -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "value of JSON"),
        ("{", "value of JSON"),
        ('{"name":"POMClientAlive","id":1.5}', "value of JSON"),
        ("[]", "must be a map"),
        ('{"name":"POMClientAlive"}', "no id"),
        ("x" * (MAX_CHARACTERS + 1), "more than"),
        (json.dumps({"name": "POMClientAlive", "id": 9, "x": "x" * UNPROVEN_VALUE_BYTES}), "a frame claims"),
    ],
    ids=lambda text: text[:30],
)
async def test_message_that_cannot_be_read_ends_the_connection_behind_answers(
    autojump_clock: MockClock, house: House, text: str, why: str
) -> None:
    house.zone.proves = False
    page = await house.page()
    await page.send("AgentSDKConnected", agentIds=[], version=1)
    await page.say(text)
    await page.send("POMClientAlive")
    assert (await page.next())["name"] == "AgentSDKConnectedRESP"
    assert why in await page.reason()
    assert len(house.zone.received) == 2  # the greeting and its end


@pytest.mark.parametrize(
    "frames",
    [
        [BytesMessage(b"\x81")],
        [Ping()] * (MAX_FRAMES + 1),
        [TextMessage(" ", message_finished=False)] * (MAX_FRAMES + 1),
        [TextMessage("", message_finished=False)] * (MAX_FRAMES + 1),
        [TextMessage("x" * 10_000, message_finished=False)] * 10,
    ],
    ids=["binary", "pings", "pieces", "empty pieces", "no end"],
)
async def test_frames_that_no_page_sends_end_the_connection(
    autojump_clock: MockClock, house: House, frames: list[Event]
) -> None:
    page = await house.page()
    await page.hello()
    await page.stream.send_all(b"".join(page.wire.send(frame) for frame in frames) * 3)
    assert "message" in await page.reason()
    await trio.testing.wait_all_tasks_blocked()
    assert not len(house.zone.connections)


@pytest.mark.parametrize("frame", [b"\x81\x01x", b"\x83\x80\0\0\0\0", b"\x81\x81\0\0\0\0\xff"])
async def test_bytes_that_are_no_websocket_end_the_connection(
    autojump_clock: MockClock, house: House, frame: bytes
) -> None:
    page = await house.page()
    await page.hello()
    await page.stream.send_all(frame)
    while await page.stream.receive_some():
        pass
    await trio.testing.wait_all_tasks_blocked()
    assert not len(house.zone.connections)


async def test_pings_are_answered_and_pieces_put_together(autojump_clock: MockClock, house: House) -> None:
    page = await house.page()
    for _ in range(3):
        await page.stream.send_all(page.wire.send(Ping()) * (MAX_FRAMES // 2))
        text = json.dumps({"name": "AgentSDKConnected", "id": 1, "args": {"agentIds": [], "version": 1}})
        for place, piece in enumerate(text[i : i + 20] for i in range(0, len(text), 20)):
            last = 20 * (place + 1) >= len(text)
            await page.stream.send_all(page.wire.send(TextMessage(piece, message_finished=last)))
        assert (await page.next())["args"]["result"] == 0


async def test_nothing_is_unpacked(autojump_clock: MockClock, house: House) -> None:
    page = Page(house.listener.connect())
    assert await page.open(extensions=[PerMessageDeflate()]) == 101
    assert page.extensions == []
