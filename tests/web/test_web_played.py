"""A zone that somebody plays: who writes a page has it on an address of their own."""

import trio
from page import MemoryListener, Page
from trio.testing import MockClock

from agentmgr.web.played import serve_pages
from protocol.connection import closing_bytes


async def test_pages_from_anywhere_are_desktops_of_a_played_zone(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    async def serve(stream: trio.abc.Stream) -> None:
        await stream.send_all(closing_bytes("the play is over"))

    listener = MemoryListener()
    nursery.start_soon(serve_pages, serve, [listener], "Default")
    page = Page(listener.connect())
    assert await page.open(origin="http://localhost:5173") == 101
    assert await page.reason() == "the play is over"
