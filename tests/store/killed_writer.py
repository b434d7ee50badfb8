"""Handles contacts as fast as it can and says which are on disk, until it is killed."""

import sys
from pathlib import Path

from stores import T0, ZONE, Bench, handled

from agentmgr.store import open_sqlite


def main(path: Path, name: str, batch: int) -> None:
    store = open_sqlite(path)
    opened = store.open_zone(ZONE, T0)
    bench = Bench(path, store, opened.jobs[0].job_id, opened.token)
    while contacts := bench.claim(50):
        for start in range(0, len(contacts), batch):
            ids = {f"{name}-{c.contact_id}": c for c in contacts[start : start + batch]}
            bench.store.commit(
                bench.token, [record for key, c in ids.items() for record in handled(bench, c, key)]
            )
            sys.stdout.write(" ".join(ids) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
