"""How long an import takes, what memory it needs, and how long a zone's commits wait beside it.

A CSV of contacts with numbers of several countries goes the whole way of a data source: copied, read by a
process of its own, stored batch by batch. Beside it a thread commits, now and then, what a zone writes for
one contact.
"""

import csv
import random
import resource
import tempfile
import threading
import time
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.service import Caller
from agentmgr.campaign.services import Services, unserved
from agentmgr.imports.importer import Importer, Means
from agentmgr.ports import DataSource, SourceKind
from agentmgr.store.opening import open_sqlite
from scripts.benchmarks.neighbours import Zone

PAUSE_S = 0.01
"""Between the commits of the zone: a hundred a second."""
COUNTRIES = (("+1212", 7), ("+1310", 7), ("+4930", 7), ("+4420", 8), ("+336", 8), ("+9198", 8))


def measure(contacts: int, alone_s: float) -> dict[str, Any]:
    """Measure one import of so many contacts into an empty list, after a zone that is alone for a while."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        _write(root / "contacts.csv", contacts)
        store = open_sqlite(root / "bench.sqlite", create=True)
        try:
            zone = Zone(store)
            alone = _Beside(zone).run_for(alone_s)
            services = Services(unserved(store), Caller("bench"))
            services.sources.add(DataSource(0, "Bench", "Bought", SourceKind.FILE, "contacts.csv"))
            services.sources.begin("Bench")
            job = store.claim_import("bench", time.time(), 0.0)
            assert job is not None
            rules = ImportRules(directory=directory, work_directory=str(root / "work"))
            means = Means(store, time.time, lambda zone: None, bool, rules)
            before, cpu = _memory_mb(), process_time()
            with _Beside(zone) as beside:
                began = perf_counter()
                Importer(means, job, services.contacts).run()
                seconds = perf_counter() - began
            done = store.find_import(job.import_id)
            assert done is not None
            return {
                "contacts": contacts,
                "created": done.counts.created,
                "invalid": done.counts.invalid,
                "state": str(done.state),
                "seconds": round(seconds, 1),
                "contacts_per_s": round(contacts / seconds),
                "cpu_s": round(process_time() - cpu, 1),
                "cpu_s_of_reading": round(_child_cpu_s(), 1),
                "memory_mb_before": before,
                "memory_mb": _memory_mb(),
                "memory_mb_of_reading": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
                "zone_alone": _figures(alone),
                "zone_beside": _figures(beside.took),
            }
        finally:
            store.close()


def _write(path: Path, contacts: int) -> None:
    draw = random.Random(1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("UserContactId", "FirstName", "LastName", "PhoneNumber1", "Email", "City"))
        for number in range(contacts):
            prefix, digits = COUNTRIES[number % len(COUNTRIES)]
            phone = prefix + str(draw.randrange(2 * 10 ** (digits - 1), 9 * 10 ** (digits - 1)))
            writer.writerow((number, "Ann", f"Number {number}", phone, f"a{number}@example.com", "Town"))


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _child_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figures(took: list[float]) -> dict[str, float]:
    return {
        "commits": len(took),
        "p50_ms": round(median(took) * 1e3, 2),
        "p99_ms": round(quantiles(took, n=100)[98] * 1e3, 2),
        "max_ms": round(max(took) * 1e3, 1),
    }


class _Beside:
    """A zone that commits again and again, with a pause between."""

    def __init__(self, zone: Zone) -> None:
        self.took: list[float] = []
        self._zone = zone
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._commit)

    def run_for(self, seconds: float) -> list[float]:
        with self:
            self._is_over.wait(seconds)
        return self.took

    def _commit(self) -> None:
        while not self._is_over.wait(PAUSE_S):
            began = perf_counter()
            self._zone.commit(1)
            self.took.append(perf_counter() - began)

    def __enter__(self) -> "_Beside":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
