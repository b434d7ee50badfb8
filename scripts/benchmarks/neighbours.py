"""How long a zone's commit takes alone, beside a supervisor who looks, and beside services that write.

One file with a job that has many attempts. A thread commits what the zone writes for one contact, one after
another; the neighbours never pause. The three cases take turns, so that the machine is the same for all.
"""

import tempfile
import threading
from collections.abc import Callable, Sequence
from itertools import count, islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from agentmgr.campaign.contacts import CHUNK_ROWS
from agentmgr.core.effects import EndAttempt, MarkAnswered, Record, SaveDisposition, StartAttempt
from agentmgr.core.model import PhoneNumber
from agentmgr.ports import ContactDraft, DncEntry, Token
from agentmgr.store.opening import SqlStore, open_sqlite
from protocol.enums import ContactType
from scripts.benchmarks.store import CAMPAIGN

CONTACTS = 1000
WRITERS = 20
NUMBER = PhoneNumber("PhoneNumber1", "+4930123456")


def measure(attempts: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Measure commits in so many rounds of each case, in a job of so many attempts."""
    with tempfile.TemporaryDirectory() as directory:
        store = open_sqlite(Path(directory) / "bench.sqlite", create=True)
        try:
            return _measure(store, attempts, rounds, seconds)
        finally:
            store.close()


def _measure(store: SqlStore, attempts: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    zone = Zone(store)
    for first in range(0, attempts, CONTACTS):
        zone.commit(min(CONTACTS, attempts - first))
    cases: dict[str, Sequence[Callable[[], Any]]] = {
        "nobody": (),
        "supervisor": (lambda: _look(store),),
        f"{WRITERS} writers": [_writer(store, number) for number in range(WRITERS)],
    }
    took: dict[str, list[list[float]]] = {name: [] for name in cases}
    turns: dict[str, list[int]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, neighbours in cases.items():
            with Neighbours(neighbours) as beside:
                took[name].append(zone.commit_for(seconds))
            turns[name].append(beside.turns)
    alone = _figures(took["nobody"])
    return [
        {
            "beside": name,
            "attempts": attempts,
            **{key: round(value, 3) for key, value in _figures(took[name]).items()},
            **{f"{key}_ratio": round(value / alone[key], 2) for key, value in _figures(took[name]).items()},
            "turns_of_neighbours": sum(turns[name]),
        }
        for name in cases
    ]


def _figures(took: list[list[float]]) -> dict[str, float]:
    """Return the medians over the rounds."""
    return {
        "p50_ms": median(median(each) for each in took) * 1e3,
        "p99_ms": median(quantiles(each, n=100)[98] for each in took) * 1e3,
    }


class Zone:
    """Commits contacts that were handled, in a job whose contacts are called again and again."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        list_id = store.ensure_list("Bench", 0.0)
        store.put_contacts(list_id, [ContactDraft(str(i), (NUMBER,), {}) for i in range(CONTACTS)], 0.0)
        campaign = store.add_campaign(CAMPAIGN, [list_id], 0.0)
        self._job_id = store.create_job(campaign.campaign_id, ("Default",), 0.0)
        store.fill_job(self._job_id, 0, CONTACTS)
        store.start_job(self._job_id)
        self._token: Token = store.open_zone("Default", 0.0).token
        self._numbers = count(1)

    def commit(self, contacts: int) -> None:
        """Write down so many contacts in one commit, kind by kind as a busy zone has them."""
        ids = [(f"Default-1-{n}", 1 + n % CONTACTS) for n in islice(self._numbers, contacts)]
        kinds: list[list[Record]] = [
            [StartAttempt(a, self._job_id, c, ContactType.Progressive, NUMBER.number, 0.0) for a, c in ids],
            [MarkAnswered(attempt_id, 1.0, "1001") for attempt_id, _ in ids],
            [SaveDisposition(a, self._job_id, c, "1001", 1, "agent", 2.0) for a, c in ids],
            [EndAttempt(attempt_id, "Handled", 2.0, "1001") for attempt_id, _ in ids],
        ]
        self._store.commit(self._token, [record for kind in kinds for record in kind])

    def commit_for(self, seconds: float) -> list[float]:
        """Commit contact after contact, and return how long each took in seconds."""
        took: list[float] = []
        end = perf_counter() + seconds
        while (began := perf_counter()) < end or len(took) < 2:  # of fewer there are no quantiles
            self.commit(1)
            took.append(perf_counter() - began)
        return took


class Neighbours:
    """Threads that do something over and over within a block."""

    def __init__(self, calls: Sequence[Callable[[], Any]]) -> None:
        self.turns = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=(call,)) for call in calls]

    def _repeat(self, call: Callable[[], Any]) -> None:
        while not self._over.is_set():
            call()
            self.turns += 1

    def __enter__(self) -> "Neighbours":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


def _look(store: SqlStore) -> None:
    """Ask what `agentmgr campaign show` and `list` ask."""
    campaign = store.find_campaign(CAMPAIGN.name)
    job = campaign and store.latest_job(campaign.campaign_id)
    assert job is not None
    store.tally(job.job_id)
    store.campaigns()


def _writer(store: SqlStore, number: int) -> Callable[[], None]:
    """Return a service that writes: the first one imports, the others change little."""
    list_id, numbers = store.ensure_list(f"List {number}", 0.0), count()
    rows = 1 if number else CHUNK_ROWS

    def write() -> None:
        first = next(numbers) * rows
        drafts = [ContactDraft(str(first + i), (NUMBER,), {"FirstName": "Ann"}) for i in range(rows)]
        store.put_contacts(list_id, drafts, 0.0)
        store.add_to_dnc([DncEntry(f"+{number:02}{first:012}", "bench", 0.0)])

    return write
