"""Callbacks and saved agents in the SQL store alone: other campaigns, jobs that end, files of before."""

import sqlite3
from pathlib import Path
from typing import Any

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from attrs import evolve
from stores import T0, ZONE, Bench, in_file, prepare_job, start
from test_store_contract import callback, calling_back, saved

from agentmgr.core.effects import (
    EndCallback,
    FinishJob,
    MarkAnswered,
    ReturnContact,
    SaveResumeToken,
    SetNumber,
)
from agentmgr.core.model import AgentSpec, PhoneNumber
from agentmgr.ports import (
    AgentLogin,
    CallbackChange,
    CallbackFilter,
    CallbackPlace,
    ContactDraft,
    JobState,
    JobTally,
    KeptCallback,
    NewCallback,
    StoreFault,
)
from agentmgr.store import open_sqlite
from agentmgr.store.schema import metadata
from agentmgr.store.sql import Transaction
from protocol.enums import CallbackType


def waiting(bench: Bench) -> int:
    job = bench.store.latest_job(1)
    assert job is not None
    return job.callbacks


def test_status_counts_the_callbacks_that_wait(bench: Bench) -> None:
    assert waiting(bench) == 0
    bench.store.commit(bench.token, [callback(1, "one"), callback(2, "two")])
    assert waiting(bench) == 2
    bench.store.commit(bench.token, [EndCallback("one", "Handled", T0, 1)])
    assert waiting(bench) == 1
    (overview,) = bench.store.campaigns()
    assert overview.job is not None
    assert overview.job.callbacks == 1


def test_callback_end_is_written_once(bench: Bench) -> None:
    bench.store.commit(
        bench.token,
        [callback(), EndCallback("cb", "Cancelled", T0 + 1, 1), EndCallback("cb", "Handled", T0 + 2, 1)],
    )
    assert bench.rows("SELECT outcome, ended_at FROM callback") == [("Cancelled", T0 + 1)]


def test_callback_expired_is_recorded_with_the_time_it_was_found(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback()])
    bench.reopen(T0 + 9000)
    assert bench.rows("SELECT outcome, ended_at FROM callback") == [("Expired", T0 + 9000)]


def test_callback_answered_when_the_server_died_is_recorded_so(bench: Bench) -> None:
    answered = MarkAnswered("b1", T0 + 5, "1001")
    bench.store.commit(bench.token, [callback(), calling_back(), answered])
    bench.reopen(T0 + 100)
    assert bench.rows("SELECT outcome, ended_at FROM callback") == [("Interrupted", T0 + 100)]
    assert bench.rows("SELECT outcome, callback_id FROM attempt") == [("Interrupted", "cb")]


def test_callback_of_a_campaign_without_job_waits_for_the_next_one(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback(1, "kept"), callback(2, "late", expires_at=T0 + 2000)])
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0)
    assert bench.reopen(T0 + 3000).jobs == ()
    assert bench.rows("SELECT count(*) FROM callback WHERE ended_at IS NULL") == [(2,)]
    job_id = bench.store.create_job(1, [ZONE], T0 + 4000)
    bench.store.fill_job(job_id, 0, 100)
    job = bench.store.start_job(job_id)
    assert job is not None
    assert [c.callback_id for c in job.callbacks] == ["kept"]
    assert bench.rows("SELECT outcome FROM callback WHERE callback_id = 'late'") == [("Expired",)]


def test_callback_can_be_called_by_a_job_that_does_not_have_its_contact(bench: Bench) -> None:
    other = prepare_job(bench.store, contacts=1, name="Autumn")
    record = callback(1, campaign_id=other.campaign.campaign_id)
    bench.store.commit(bench.token, [record, evolve(calling_back(), job_id=other.job_id)])
    jobs = bench.reopen().jobs
    assert [[c.callback_id for c in job.callbacks] for job in jobs] == [[], ["cb"]]
    assert len(bench.claim()) == 5  # the campaign itself has promised nothing


def test_job_stopped_without_its_zone_parts_its_saved_agents_from_it(bench: Bench) -> None:
    contact = bench.claim()[0]
    bench.store.commit(
        bench.token, [start(bench, contact, "a1"), MarkAnswered("a1", T0, "1001"), saved("a1")]
    )
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopped, T0 + 5)
    assert bench.rows("SELECT outcome FROM attempt") == [("Interrupted",)]
    assert [agent.session for agent in bench.reopen().saved] == [None]


def test_job_that_was_stopping_ends_with_the_contact_of_a_saved_agent(bench: Bench) -> None:
    contact = bench.claim()[0]
    records = [start(bench, contact, "a1"), MarkAnswered("a1", T0, "1001"), saved("a1")]
    bench.store.commit(bench.token, records)
    bench.store.move_job(bench.job_id, (JobState.Running,), JobState.Stopping)
    opened = bench.reopen(T0 + 5)
    assert opened.jobs == ()
    assert [agent.session for agent in opened.saved] == [None]
    assert bench.rows("SELECT outcome FROM attempt") == [("Interrupted",)]


def test_agent_whose_record_is_replaced_stays_saved(bench: Bench) -> None:
    login = AgentLogin(AgentSpec("1001", "Ann", ()), "hash", ZONE, True)
    bench.store.put_agent(login)
    bench.store.commit(bench.token, [saved()])
    bench.store.put_agent(login)
    assert [agent.agent_id for agent in bench.reopen().saved] == ["1001"]


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [({"password_hash": "another"}, False), ({"enabled": False}, False), ({"zone": "Other"}, True)],
)
def test_resume_tokens_end_with_the_password_and_with_the_right_to_log_on(
    bench: Bench, change: dict[str, object], is_kept: bool
) -> None:
    login = AgentLogin(AgentSpec("1001", "Ann", ()), "hash", ZONE, True)
    bench.store.put_agent(login)
    bench.store.commit(bench.token, [SaveResumeToken("1001", "new", "before", T0)])
    bench.store.put_agent(evolve(login, **change))
    found = bench.store.find_agent("1001")
    assert found is not None
    assert (found.tokens_at == T0) is is_kept


@in_file
def test_claim_of_many_looks_at_few(bench: Bench) -> None:
    plan = " ".join(
        str(row[3])
        for row in bench.rows(
            "EXPLAIN QUERY PLAN SELECT 1 FROM callback WHERE contact_id = 1 AND ended_at IS NULL"
        )
    )
    assert "ix_callback_contact" in plan
    plan = " ".join(
        str(row[3])
        for row in bench.rows(
            "EXPLAIN QUERY PLAN SELECT * FROM callback WHERE campaign_id = 1 AND ended_at IS NULL"
            " ORDER BY due_at"
        )
    )
    assert "ix_callback_due" in plan
    assert "TEMP B-TREE" not in plan


# -- files of the first schema -----------------------------------------------------------------


OLD_ROWS = (
    "INSERT INTO contact_list VALUES (1, 'Spring', 0)",
    "INSERT INTO contact VALUES (1, 1, 'C0', 0)",
    "INSERT INTO campaign VALUES (1, 'Spring', 'Predictive', 'S', 1, 1, 5, '', '', 0.03, 25, 30, 60, 1, 3, 0,"
    " 0, 1440, '1,2,3', 1, '', 60, 0)",
    "INSERT INTO job VALUES (1, 1, 'Default', 'running', 1, 0, NULL)",
    "INSERT INTO job_contact VALUES (1, 1, 'Default', 'done', 1, 0, 'Handled')",
    "INSERT INTO attempt VALUES ('a1', 1, 1, 'Predictive', '+1', 1, 2, 3, '1001', 'Handled')",
    "INSERT INTO attempt VALUES ('a2', 1, 1, 'Predictive', '+1', 9, NULL, NULL, NULL, NULL)",
    "INSERT INTO disposition VALUES (1, 'a1', 1, 1, '1001', 1, 'agent', 3)",
)


def write_old_file(path: Path, monkeypatch: pytest.MonkeyPatch, *rows: str) -> None:
    upgrade = alembic.command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(alembic.command, "upgrade", lambda config, _: upgrade(config, "0001"))
        open_sqlite(path, create=True).close()
    connection = sqlite3.connect(path)
    for sql in rows:
        connection.execute(sql)
    connection.commit()
    connection.close()


def assert_constraints_are_those_of_the_newest(tx: Transaction) -> None:
    assert tx.sql.fetch("PRAGMA foreign_keys") == [(1,)]
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        tx.sql.execute("DELETE FROM attempt")
    assert compare_metadata(MigrationContext.configure(tx.tables), metadata) == []
    ((sql,),) = tx.sql.fetch("SELECT sql FROM sqlite_master WHERE name = 'attempt'")
    assert "WITHOUT ROWID" in sql
    assert "STRICT" in sql


def test_file_of_the_first_schema_is_brought_up_to_date_with_all_its_rows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_old_file(path, monkeypatch, *OLD_ROWS)
    store = open_sqlite(path)
    (row,) = store.dispositions(1, 0, 10)
    assert (row.attempt_id, row.number, row.outcome) == ("1", "+1", "Handled")
    assert store.tally(1) == JobTally(2, 2, 1, 0, (("Handled", 1),), (("1", 1),), 1, done=(("Handled", 1),))
    assert store.open_zone("Default", 4.0).jobs[0].done == 1
    store._database.write(assert_constraints_are_those_of_the_newest)
    store.close()


def test_file_of_the_first_schema_has_its_do_not_call_list_read_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ("+4402079460018", "+44(0)2079460019", "+442079460019", "+15550001", "ann@example.com")
    rows = [f"INSERT INTO dnc VALUES ('{address}', 'Ann', {at})" for at, address in enumerate(typed)]
    write_old_file(path, monkeypatch, *rows)
    store = open_sqlite(path)
    assert [(entry.address, entry.added_at) for entry in store.dnc_entries("", 10)] == [
        ("+15550001", 3.0),
        ("+442079460018", 0.0),
        ("+442079460019", 2.0),
        ("ann@example.com", 4.0),
    ]
    store.close()


def test_file_with_rows_that_refer_to_nothing_is_refused_and_left_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_old_file(path, monkeypatch, *OLD_ROWS, "DELETE FROM attempt")
    with pytest.raises(StoreFault, match="table disposition refers to rows that are missing in attempt"):
        open_sqlite(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    connection.close()


def number_of_callback(bench: Bench) -> object:
    return bench.rows("SELECT number, timezone FROM callback")[0]


@pytest.mark.parametrize(
    ("name", "number", "called_back_at"),
    [
        ("PhoneNumber1", "+12125550000", ("+493023125123", "Europe/Berlin")),
        ("PhoneNumber1", "+12125559999", ("+12125559999", "America/New_York")),
        ("ExternalNumber", "+12125550000", ("+12125550000", "America/New_York")),
    ],
    ids=["own", "corrected_by_agent_before", "typed"],
)
@pytest.mark.parametrize("by", ["import", "agent"])
def test_callback_follows_the_contact_s_own_number_when_that_is_corrected(
    bench: Bench, by: str, name: str, number: str, called_back_at: tuple[str, str]
) -> None:
    bench.store.commit(bench.token, [callback(1, number=number, number_name=name)])
    corrected = PhoneNumber("PhoneNumber1", "+493023125123", "Europe/Berlin")
    if by == "import":
        bench.store.put_contacts(1, [ContactDraft("C0", (corrected,), {})], T0 + 1)
    else:
        record = SetNumber(1, corrected.name, corrected.number, corrected.timezone, False, 49, "1001", T0)
        bench.store.commit(bench.token, [record])
    assert number_of_callback(bench) == called_back_at


def test_callback_keeps_the_zone_given_with_it_when_its_number_is_imported_unchanged(bench: Bench) -> None:
    own = callback(1, number="+12125550000", number_name="PhoneNumber1", timezone="Europe/Paris")
    bench.store.commit(bench.token, [own])
    same = PhoneNumber("PhoneNumber1", "+12125550000", "America/New_York")
    bench.store.put_contacts(1, [ContactDraft("C0", (same,), {})], T0 + 1)
    assert number_of_callback(bench) == ("+12125550000", "Europe/Paris")


# -- what supervisors change ---------------------------------------------------------------

FIRST = CallbackPlace()


def change(bench: Bench, callback_id: str = "cb", **changes: Any) -> tuple[KeptCallback, ...]:
    (kept,) = bench.store.kept_callbacks([callback_id])
    as_it_is = CallbackChange(
        *(callback_id, kept.due_at, kept.expires_at, kept.agent_id, kept.callback_type), "because"
    )
    return bench.store.change_callbacks([evolve(as_it_is, **changes)], T0 + 5)


def test_callback_moved_is_told_with_a_higher_version_of_its_campaign(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback(1, "cb"), callback(2, "other")])
    (before,) = bench.store.jobs_wanted(ZONE)
    assert change(bench, due_at=T0 + 50, agent_id="1001", callback_type="Agent") == ()
    (after,) = bench.store.jobs_wanted(ZONE)
    assert after.version == before.version + 1
    job = bench.store.load_job(bench.token, bench.job_id)
    assert job is not None
    moved = {each.callback_id: each for each in job.callbacks}
    assert (moved["cb"].due_at, moved["cb"].agent_id, moved["cb"].moved_in) == (
        T0 + 50,
        "1001",
        after.version,
    )
    assert moved["other"].moved_in == 0
    assert job.withdrawn == {}


def test_callback_cancelled_is_counted_and_told_as_withdrawn(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback()])
    assert change(bench, cancelled=True) == ()
    assert bench.rows("SELECT outcome, ended_at, reason FROM callback") == [("Cancelled", T0 + 5, "because")]
    job = bench.store.load_job(bench.token, bench.job_id)
    assert job is not None
    assert (job.callbacks, job.withdrawn) == ((), {"cb": job.campaign.version})
    status = bench.store.latest_job(1)
    assert status is not None
    assert dict(bench.store.tally(status.job_id).callbacks) == {"Cancelled": 1}
    bench.store.commit(bench.token, [EndCallback("cb", "Handled", T0 + 9, 1)])
    assert bench.rows("SELECT outcome FROM callback") == [("Cancelled",)]


def test_callback_being_worked_on_or_over_is_not_changed_nor_those_beside_it(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback(1), callback(2, "other"), calling_back()])
    (kept,) = bench.store.kept_callbacks(["cb"])
    assert kept.worked_on_by is not None
    changes = [
        CallbackChange(each, T0 + 50, T0 + 500, "", "Standard", cancelled=each == "cb")
        for each in ("other", "cb")
    ]
    assert [each.callback_id for each in bench.store.change_callbacks(changes, T0)] == ["cb"]
    assert bench.rows("SELECT count(*) FROM callback WHERE moved_in > 0 OR ended_at > 0") == [(0,)]
    (before,) = bench.store.jobs_wanted(ZONE)
    bench.store.commit(bench.token, [EndCallback("other", "Handled", T0, 1)])
    assert change(bench, "other")[0].outcome == "Handled"
    assert bench.store.jobs_wanted(ZONE) == (before,)


def new_callback(bench: Bench, contact_id: int = 1, **changes: Any) -> NewCallback:
    number = PhoneNumber("PhoneNumber1", "+12125550000", "America/New_York")
    return evolve(
        NewCallback(bench.job_id, contact_id, number, T0 + 100, T0 + 900, "after work", "ann"), **changes
    )


def test_callback_made_from_outside_is_told_with_a_higher_version_of_its_campaign(bench: Bench) -> None:
    bench.store.commit(bench.token, [callback(2, "other")])
    (before,) = bench.store.jobs_wanted(ZONE)
    made = bench.store.make_callback(new_callback(bench), T0)
    assert made is not None
    (after,) = bench.store.jobs_wanted(ZONE)
    assert after.version == before.version + 1
    job = bench.store.load_job(bench.token, bench.job_id)
    assert job is not None
    told = {each.callback_id: each for each in job.callbacks}
    assert (told[made].made_in, told[made].moved_in, told["other"].made_in) == (after.version, 0, 0)
    assert (told[made].callback_type, told[made].due_at, told[made].expires_at, told[made].notes) == (
        CallbackType.Campaign,
        T0 + 100,
        T0 + 900,
        "after work",
    )
    assert bench.rows("SELECT zone, created_by FROM callback WHERE made_in > 0") == [(ZONE, "ann")]


def test_promise_that_is_said_again_is_the_same_callback_until_it_is_over(bench: Bench) -> None:
    made = bench.store.make_callback(new_callback(bench), T0)
    assert made is not None
    (before,) = bench.store.jobs_wanted(ZONE)
    assert bench.store.make_callback(new_callback(bench), T0 + 1) == made
    assert bench.store.jobs_wanted(ZONE) == (before,)
    others = [
        bench.store.make_callback(new_callback(bench, **changes), T0)
        for changes in (
            {"due_at": T0 + 101},
            {"expires_at": T0 + 901},
            {"notes": "before work"},
            {"created_by": "bob"},
            {"number": PhoneNumber("PhoneNumber2", "+12125550009", "America/New_York")},
            {"contact_id": 2},
        )
    ]
    bench.store.commit(bench.token, [EndCallback(made, "Handled", T0 + 9, bench.job_id)])
    again = bench.store.make_callback(new_callback(bench), T0 + 10)
    assert len({made, again, *others}) == 8


def test_callback_made_while_its_job_finishes_is_made_by_that_job(bench: Bench) -> None:
    contacts = bench.claim()
    done = [ReturnContact(bench.job_id, each.contact_id, 1, "Handled", None) for each in contacts]
    made = bench.store.make_callback(new_callback(bench), T0)
    assert made is not None
    finish = FinishJob(bench.job_id, "finished", T0 + 5)
    bench.store.commit(bench.token, [*done, finish])  # the zone has not heard of it
    (wanted,) = bench.store.jobs_wanted(ZONE)
    assert wanted.job_id == bench.job_id
    job = bench.store.load_job(bench.token, bench.job_id)
    assert job is not None
    assert [each.callback_id for each in job.callbacks] == [made]
    bench.store.commit(bench.token, [EndCallback(made, "Handled", T0 + 9, bench.job_id), finish])
    ended = bench.store.job(bench.job_id)
    assert ended is not None
    assert ended.state is JobState.Finished
    assert bench.store.jobs_wanted(ZONE) == ()


def test_contact_with_a_callback_made_from_outside_is_not_handed_out(bench: Bench) -> None:
    bench.store.make_callback(new_callback(bench), T0)
    assert 1 not in [each.contact_id for each in bench.claim()]


def test_callback_made_from_outside_ends_as_any_other(bench: Bench) -> None:
    made = bench.store.make_callback(new_callback(bench), T0)
    assert made is not None
    bench.store.commit(bench.token, [EndCallback(made, "Handled", T0 + 9, bench.job_id)])
    assert bench.rows("SELECT outcome FROM callback") == [("Handled",)]
    assert dict(bench.store.tally(bench.job_id).callbacks) == {"Handled": 1}


@pytest.mark.parametrize("state", [JobState.Stopping, JobState.Stopped, JobState.Queued])
def test_no_callback_is_made_for_a_job_that_does_not_run(bench: Bench, state: JobState) -> None:
    bench.store.move_job(bench.job_id, (JobState.Running,), state)
    assert bench.store.make_callback(new_callback(bench), T0) is None
    assert bench.rows("SELECT count(*) FROM callback") == [(0,)]


def test_no_callback_is_made_for_a_contact_that_was_deleted(bench: Bench) -> None:
    (before,) = bench.store.jobs_wanted(ZONE)
    assert bench.store.make_callback(new_callback(bench, 10_000), T0) is None
    assert bench.store.jobs_wanted(ZONE) == (before,)


def test_callbacks_are_found_in_the_order_they_are_due(bench: Bench) -> None:
    records = [callback(n, f"c{n}", due_at=T0 + 100 * (5 - n), expires_at=T0 + 9000) for n in (1, 2, 3)]
    bench.store.commit(bench.token, [*records, EndCallback("c2", "Handled", T0, 1)])

    def found(after: CallbackPlace = FIRST, limit: int = 9, **wanted: Any) -> list[str]:
        page = bench.store.find_callbacks(CallbackFilter(**wanted), after, limit)
        return [each.callback_id for each in page]

    assert found() == ["c3", "c1"]
    assert found(waiting=False) == ["c3", "c2", "c1"]
    assert found(CallbackPlace(T0 + 200, "c3"), 1, waiting=False) == ["c2"]
    assert found(since=T0 + 300) == ["c1"]
    assert found(until=T0 + 300) == ["c3"]
    assert found(campaign_ids=(2,)) == []
    assert found(agents=("nobody",)) == []
