"""What goes on, for any number of pages at a time: read once, drawn ten times a second at most.

A page that is slow misses nothing: what it has not got yet is put together, and if that grows, it gets a
whole picture in its place.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import trio
from attrs import define, field

Row = Mapping[str, Any]
Follow = Callable[[], AsyncIterator[Sequence[Row]]]
"""Yields pictures as `agentmgr.admin.watching` has them: the row of each zone, then what is in it."""

MAX_PICTURES = 20
"""So many pictures wait for a slow page; with more it gets a whole one."""
QUIET_S = 2.0
"""A page hears something that often, so that it knows that nothing has happened."""


@define(eq=False)
class _Zone:
    """A zone as it was told."""

    row: Row
    agents: dict[str, Row] = field(factory=dict)
    campaigns: dict[str, Row] = field(factory=dict)

    def take(self, row: Row) -> None:
        self.row = row
        if row["whole"]:
            self.agents = {}
        if row["looked"]:
            self.campaigns = {}

    def rows(self) -> Iterator[Row]:
        yield {**self.row, "whole": True, "looked": True}
        yield from self.agents.values()
        yield from self.campaigns.values()


@define(eq=False)
class Viewer:
    """One page."""

    _board: "Board"
    _waiting: list[bytes] = field(factory=list)
    _is_whole_due: bool = True
    _bell: trio.Event = field(factory=trio.Event)

    async def next(self) -> bytes | None:
        """Wait for pictures, a JSON list of rows; None if there will be none any more."""
        await self._bell.wait()
        if self._board.has_ended:
            return None
        self._bell = trio.Event()
        if self._is_whole_due:
            self._is_whole_due = False
            return self._board.whole()
        pictures, self._waiting = self._waiting, []
        return b"[" + b",".join(pictures) + b"]"

    def show(self, picture: bytes) -> None:
        """Let the page see a picture, rows without their brackets, after those before."""
        if not self._is_whole_due:
            self._waiting.append(picture)
            if len(self._waiting) > MAX_PICTURES:
                self._is_whole_due, self._waiting = True, []
        self._bell.set()

    def wake(self) -> None:
        """Let the page look: there is something already, or there will be no more."""
        self._bell.set()


@define(eq=False)
class Board:
    """What the pages of one organisation see."""

    viewers: list[Viewer] = field(factory=list)
    has_ended: bool = False
    scope: trio.CancelScope = field(factory=trio.CancelScope)
    _zones: dict[str, _Zone] = field(factory=dict)
    _drawn_at: float = -QUIET_S

    async def run(self, follow: Follow) -> None:
        """Read what goes on, and show it to all pages, until its scope is cancelled."""
        try:
            with self.scope:
                async for rows in follow():
                    self._draw(rows)
        finally:
            self.end()

    @property
    def has_drawn(self) -> bool:
        """Whether there is anything to see yet."""
        return bool(self._zones)

    def end(self) -> None:
        """Let there be no more pictures."""
        self.has_ended = True
        for viewer in self.viewers:
            viewer.wake()

    def whole(self) -> bytes:
        """Return a picture of everything."""
        return orjson.dumps([row for zone in self._zones.values() for row in zone.rows()] + [DRAWN])

    def _draw(self, rows: Sequence[Row]) -> None:
        before, self._zones = self._zones, {}
        new = [row for row in rows if self._takes(row, before)]
        is_news = before.keys() != self._zones.keys() or any(
            row["kind"] != "zone" or row["looked"] for row in new
        )
        now = trio.current_time()
        if is_news or now - self._drawn_at >= QUIET_S:
            self._drawn_at = now
            picture = b",".join(map(orjson.dumps, [*new, DRAWN]))
            for viewer in self.viewers:
                viewer.show(picture)

    def _takes(self, row: Row, before: Mapping[str, _Zone]) -> bool:
        """Take a row in; returns whether it says anything to pages."""
        match row["kind"]:
            case "zone":
                zone = self._zones[row["zone"]] = before.get(row["zone"]) or _Zone(row)
                zone.take(row)
            case "agent":
                self._zones[row["zone"]].agents[row["agent"]] = row
            case "campaign":
                self._zones[row["zone"]].campaigns[row["campaign"]] = row
            case "gone":
                return self._zones[row["zone"]].agents.pop(row["agent"], None) is not None
            case _:
                return False
        return True


DRAWN: Row = {"kind": "drawn"}
"""The end of a picture: a zone that was not in it has gone."""


class Boards:
    """The boards of those who look now, by their organisation.

    Args:
        follow: returns what an organisation sees; empty is all.
        nursery: where boards run.
    """

    def __init__(self, follow: Callable[[str], AsyncIterator[Sequence[Row]]], nursery: trio.Nursery) -> None:
        self._follow = follow
        self._nursery = nursery
        self._boards: dict[str, Board] = {}
        self._has_closed = False

    @contextmanager
    def open(self, organisation: str) -> Iterator[Viewer]:
        """Let a page see what goes on while the block runs."""
        board = self._boards.get(organisation)
        if board is None or board.has_ended:
            board = self._boards[organisation] = Board()
            if self._has_closed:
                board.end()
            else:
                self._nursery.start_soon(board.run, lambda: self._follow(organisation))
        viewer = Viewer(board)
        board.viewers.append(viewer)
        if board.has_ended or board.has_drawn:
            viewer.wake()
        try:
            yield viewer
        finally:
            board.viewers.remove(viewer)
            if not board.viewers:
                board.scope.cancel()
                self._boards.pop(organisation, None)

    def close(self) -> None:
        """Let nobody see anything any more; pages are told."""
        self._has_closed = True
        for board in self._boards.values():
            board.scope.cancel()
