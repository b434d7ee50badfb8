"""The desktop's page and its wire for a zone that is no zone: who plays a server serves browsers by this."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio
from starlette.applications import Starlette

from agentmgr.web.desktops import desktop_routes
from agentmgr.web.server import WebServer
from agentmgr.web.wire import wire_route


async def serve_pages(
    serve: Callable[[trio.abc.Stream], Awaitable[None]],
    listeners: Sequence[trio.abc.Listener[Any]],
    zone: str,
) -> None:
    """Serve the page and the wire of one zone until cancelled; pages of any origin may be desktops here.

    Args:
        serve: serves a desktop over a stream.
        listeners: where browsers connect.
        zone: its name.
    """

    async def take(stream: trio.abc.Stream, _: str) -> None:
        await serve(stream)

    wire = wire_route({zone: take}.get, lambda connection: True)
    await WebServer(Starlette(routes=[wire, *desktop_routes(lambda: [zone])])).serve(listeners)
