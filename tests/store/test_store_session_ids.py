"""Session ids over restarts, zones and restored backups, and those that were given in another form."""

from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from attrs import evolve
from stores import T0, ZONE, Bench, disposition, start

from agentmgr.core.ids import MAX_RUN
from agentmgr.ports import StoreFault
from agentmgr.store.ownership import raise_eras
from agentmgr.store.sql import Transaction


def test_each_opening_of_any_zone_has_a_run_of_its_own(bench: Bench) -> None:
    runs = [bench.store.open_zone(zone, T0).run for zone in (ZONE, "North", ZONE, "South")]
    assert runs == list(range(runs[0], runs[0] + 4))
    assert bench.reopen().run == runs[-1] + 1


def test_restored_backup_goes_on_far_beyond_the_runs_that_were_given_since(bench: Bench) -> None:
    before = bench.store.open_zone(ZONE, T0).run
    bench.store._database.write(raise_eras, T0)
    assert bench.store.open_zone(ZONE, T0).run > before + 900


def test_opening_beyond_the_last_run_is_refused_and_changes_nothing(bench: Bench) -> None:
    bench.rows("UPDATE numbering SET latest = ? RETURNING latest", MAX_RUN - 1)
    last = bench.store.open_zone(ZONE, T0)
    assert last.run == MAX_RUN
    with pytest.raises(StoreFault, match="no session ids"):
        bench.store.open_zone(ZONE, T0)
    bench.store.commit(last.token, [])


def migrate(tx: Transaction) -> None:
    if tx.tables.dialect.name == "sqlite":  # as when a file is opened: keys are compared at the end
        tx.sql.execute("PRAGMA defer_foreign_keys = ON")
    tx.sql.execute("DROP TABLE numbering")
    tx.sql.execute("ALTER TABLE zone_event DROP COLUMN run")
    with Operations.context(MigrationContext.configure(tx.tables)):
        import_module("agentmgr.store.migrations.versions.v0028_session_ids").upgrade()


def test_session_ids_of_old_are_counted_anew_wherever_they_stand(bench: Bench) -> None:
    one, two = bench.claim(2)
    first, second, third = "a.b-7-1", "a.b-7-1.2", "South-12-8"
    bench.store.commit(
        bench.token,
        [
            start(bench, one, first),
            evolve(start(bench, one, second), session_id=first, number="+15550002"),
            disposition(bench, one, first),
            start(bench, two, third),
        ],
    )
    bench.rows("UPDATE attempt SET started_at = 5 WHERE attempt_id = ? RETURNING 1", third)
    bench.store._database.write(migrate)
    attempts = bench.rows("SELECT attempt_id, session_id FROM attempt ORDER BY attempt_id")
    assert attempts == [("1", "1"), ("2", "2"), ("2.2", "2")]
    assert bench.rows("SELECT attempt_id FROM disposition") == [("2",)]
    assert sorted(bench.rows("SELECT attempt_id FROM number_in_work")) == [("1",), ("2",), ("2.2",)]
