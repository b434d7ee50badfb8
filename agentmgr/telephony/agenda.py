"""Things to happen at their times: a heap that drops cancelled entries when they surface or are too many."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush

Action = Callable[[float], None]
"""Called with the time it was planned for, epoch seconds."""


SLACK = 64
"""Cancelled entries that are borne before the heap is rebuilt."""


class Agenda:
    """Planned actions in order of time; those of one time in the order they were planned."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._actions: dict[int, Action] = {}
        self._last_ticket = 0

    def __len__(self) -> int:
        return len(self._actions)

    def plan(self, at: float, action: Action) -> int:
        """Plan an action at `at`, epoch seconds; returns the ticket it is cancelled with."""
        self._last_ticket += 1
        self._actions[self._last_ticket] = action
        heappush(self._heap, (at, self._last_ticket))
        return self._last_ticket

    def cancel(self, ticket: int | None) -> None:
        """Forget a planned action; one that has happened already, or None, does no harm."""
        if not ticket or self._actions.pop(ticket, None) is None:
            return
        if len(self._heap) > 2 * len(self._actions) + SLACK:
            self._heap = [entry for entry in self._heap if entry[1] in self._actions]
            heapify(self._heap)

    def clear(self) -> None:
        """Forget everything that is planned."""
        self._heap.clear()
        self._actions.clear()

    def next_at(self) -> float | None:
        """Return the time of the next action, epoch seconds; None if nothing is planned."""
        while self._heap:
            at, ticket = self._heap[0]
            if ticket in self._actions:
                return at
            heappop(self._heap)
        return None

    def run(self, now: float) -> None:
        """Do everything planned for `now` or before, what these actions plan included."""
        while (at := self.next_at()) is not None and at <= now:
            _, ticket = heappop(self._heap)
            self._actions.pop(ticket)(at)
