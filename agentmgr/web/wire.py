"""The wire for pages: a WebSocket is a stream of the same frames, each as a text of JSON."""

from collections.abc import Awaitable, Callable

import trio
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agentmgr.web.origins import is_own
from protocol.connection import closing_bytes
from protocol.errors import RemoteProtocolError
from protocol.json_form import frame_of, texts_of

PATH = "/wire/{zone:path}"
GOING_AWAY = 1001

Serve = Callable[[trio.abc.Stream, str], Awaitable[None]]
"""Serves a desktop over a stream; the text is its address and port."""


class PageStream(trio.abc.HalfCloseableStream):
    """A WebSocket as the stream of a desktop: what is sent must be whole frames."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._has_ended = False
        self._is_gone = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Wait for a frame; empty at the end, and until then nothing once the stream was ended.

        Raises:
            RemoteProtocolError: a message is no frame of this wire.
        """
        while not self._is_gone:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                self._is_gone = True
            elif not self._has_ended:
                text = message.get("text")
                if text is None:
                    raise RemoteProtocolError("a message must be text, not binary")
                return frame_of(text)
        return b""

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send whole frames."""
        if self._has_ended:
            raise trio.ClosedResourceError
        try:
            for text in texts_of(bytes(data)):
                await self._websocket.send_text(text)
        except WebSocketDisconnect:
            raise trio.BrokenResourceError from None

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once: hypercorn does not tell."""
        await trio.lowlevel.checkpoint()

    async def send_eof(self) -> None:
        """Say that the server goes away; its reason was the last message."""
        if not self._has_ended:
            self._has_ended = True
            await self._websocket.close(GOING_AWAY)

    async def aclose(self) -> None:
        """End the stream; the connection is closed when its handler returns."""
        await self.send_eof()


def wire_route(
    find: Callable[[str], Serve | None], may_ask: Callable[[HTTPConnection], bool] = is_own
) -> WebSocketRoute:
    """Return the route at which pages are desktops.

    Args:
        find: returns what serves the desktops of a zone; None if it is not here.
        may_ask: tells of whoever asks whether it is served at all.
    """

    async def answer(websocket: WebSocket) -> None:
        if not may_ask(websocket):
            await websocket.close()  # which is 403 before it was accepted
            return
        await websocket.accept()
        stream, zone = PageStream(websocket), websocket.path_params["zone"]
        serve = find(zone)
        if serve is None:
            await stream.send_all(closing_bytes(f"zone {zone} is not served here; try again later"))
            await stream.aclose()
        else:
            client = websocket.client
            await serve(stream, f"{client.host}:{client.port}" if client is not None else "")

    return WebSocketRoute(PATH, answer)
