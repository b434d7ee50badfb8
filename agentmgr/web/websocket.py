"""hypercorn's WebSocket with the limits that it lacks: what strangers send is read in the zone's thread."""

from dataclasses import replace
from time import perf_counter

import trio
from hypercorn.protocol.events import Data, Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping

from protocol.json_form import MAX_CHARACTERS, MAX_FRAMES

TURN_S = 0.0005
"""How long frames are read that came together, before others have their turn."""


class LimitedSocket(WSStream):
    """Gives its application whole messages; one that is too long, or in too many pieces, is cut and the last.

    Nothing is packed: a small message could be any size once it is unpacked.
    """

    _size = 0
    _frames = 0
    _is_deaf = False

    async def handle(self, event: Event) -> None:
        """Take what comes from the connection."""
        if isinstance(event, Request):
            headers = [each for each in event.headers if each[0].lower() != b"sec-websocket-extensions"]
            event = replace(event, headers=headers)
        if not (self._is_deaf and isinstance(event, Data)):
            await super().handle(event)

    async def _handle_events(self) -> None:
        until = perf_counter() + TURN_S
        for event in self.connection.events():
            if isinstance(event, CloseConnection):
                if self.connection.state is ConnectionState.REMOTE_CLOSING:
                    await self._send_wsproto_event(event.response())
                await self.send(StreamClosed(stream_id=self.stream_id))
                return
            self._frames += 1
            if isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, Message):
                self.buffer.extend(event)
            self._is_deaf = self._frames > MAX_FRAMES or self.buffer.length > MAX_CHARACTERS
            if self._is_deaf or (isinstance(event, Message) and event.message_finished):
                message = self.buffer.to_message()
                self.buffer.clear()
                self._frames = 0
                assert self.app_put is not None, "it was accepted"
                await self.app_put(message)
            if self._is_deaf:
                return
            if perf_counter() >= until:
                await trio.lowlevel.checkpoint()
                until = perf_counter() + TURN_S
