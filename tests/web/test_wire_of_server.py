"""A page without a browser works with the real server, and moves its agent over from another one."""

import pytest
import trio
from page import Page

from tests.demo_server import PASSWORD, Demo


async def opened(demo: Demo) -> Page:
    host, _, port = demo.url.removeprefix("http://").partition(":")
    page = Page(await trio.open_tcp_stream(host, int(port)), f"{host}:{port}")
    assert await page.open() == 101
    assert (await page.hello())["args"]["zones"]["Default"]["port"] == int(demo.port)
    assert (await page.next())["name"] == "POMAvailable"
    return page


@pytest.mark.slow
async def test_agent_logs_on_over_a_page_and_comes_back_over_another_one(demo: Demo) -> None:
    with trio.fail_after(60):
        first = await opened(demo)
        phone = {"agentExt": "1001", "locale": "", "timeZone": "", "zoneName": "Default"}
        await first.send("AGTLogon", "1001", pwd=PASSWORD, isForce=True, **phone)
        told = await answer(first)
        assert told["result"] == 0
        second = await opened(demo)
        while (asked := await second.next())["name"] != "GetAgentStatus":
            pass
        assert asked["agentID"] == "1001"
        status = {"agentState": "NotReady", "callState": "NoState", "nailupStatus": "NotNailedUp"}
        await second.send("GetAgentStatusResponse", "1001", status=status, resumeToken=told["resumeToken"])
        assert (await answer(second))["result"] == 0
        while (await first.next())["name"] != "AGTAgentLoggedOut":
            pass
        await second.send("AGTLogoff", "1001")
        assert (await answer(second))["result"] == 0
    for page in (first, second):
        await page.stream.aclose()


async def answer(page: Page) -> dict[str, object]:
    while "id" not in (message := await page.next()):
        pass
    args: dict[str, object] = message["args"]
    return args
