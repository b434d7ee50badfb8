"""The timers of one zone: keys with a time or after a time, many set and few ever due."""

from collections.abc import Generator
from heapq import heapify, heappop, heappush

from agentmgr.core.events import TimerKey

_SLACK = 64
"""Dead entries that are borne before the heap is rebuilt."""

_Entry = tuple[float, int, TimerKey, bool]


class TimerHeap:
    """A heap with lazy deletion: setting and cancelling are O(log n), its size stays near the live ones."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._live: dict[TimerKey, _Entry] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def set(self, key: TimerKey, at: float, *, calendar: bool = False) -> None:
        """Let `key` be due at `at`, epoch seconds; replaces what was set for it.

        With `calendar` that is a time of the calendar, else the end of a duration that begins now.
        """
        self._count += 1
        entry = (at, self._count, key, calendar)
        self._live[key] = entry
        heappush(self._heap, entry)
        self._compact()

    def cancel(self, key: TimerKey) -> None:
        """Forget `key`; one that is not set does no harm."""
        if self._live.pop(key, None) is not None:
            self._compact()

    def next_at(self) -> float | None:
        """Return when the next timer is due, epoch seconds; None if none is set."""
        heap = self._heap
        while heap and self._live.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def may_be_due(self, now: float) -> bool:
        """Whether `due` is worth a call."""
        return bool(self._heap) and self._heap[0][0] <= now

    def due(self, now: float) -> Generator[TimerKey]:
        """Yield the keys due by `now` in the order of their times, then of their setting.

        They are to be gone through at once, or closed early: then those that are left are due still. A key
        that is cancelled or set anew while others are being worked on does not come; one that is set
        meanwhile waits for the next call, even if it is due.
        """
        entries: list[_Entry] = []
        while self._heap and self._heap[0][0] <= now:
            entries.append(heappop(self._heap))
        entries.reverse()
        try:
            while entries:
                entry = entries.pop()
                if self._live.get(entry[2]) is entry:
                    del self._live[entry[2]]
                    yield entry[2]
        finally:
            for entry in entries:  # the caller stopped early
                heappush(self._heap, entry)

    def step(self, by_s: float) -> None:
        """The clock was stepped: durations last as long as before, times of the calendar stay."""
        self._heap = [entry if entry[3] else (entry[0] + by_s, *entry[1:]) for entry in self._live.values()]
        heapify(self._heap)
        self._live = {entry[2]: entry for entry in self._heap}

    def _compact(self) -> None:
        if len(self._heap) > 2 * len(self._live) + _SLACK:
            self._heap = list(self._live.values())
            heapify(self._heap)
