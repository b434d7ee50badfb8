"""What publishers have to tell: put in by whatever ends an attempt, in its transaction."""

import pytest
from attrs import evolve
from stores import REFUSED, T0, ZONE, Bench, disposition, handled, start

from agentmgr.core.effects import EndAttempt, FinishJob, MarkAnswered
from agentmgr.core.model import ContactSpec
from agentmgr.ports import JobState, ManagerLease, StoreFault
from agentmgr.store import SqlStore
from tests.store.stores import in_postgres


def results_of(bench: Bench, publisher: str = "topic") -> list[tuple[str, str]]:
    return [(each.message_id, each.result) for each in bench.store.outbox.results(publisher, 100)]


def test_result_of_an_attempt_is_there_with_its_end_for_each_publisher(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic", "crm"])
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1"))
    (topic,), (crm,) = (bench.store.outbox.results(name, 10) for name in ("topic", "crm"))
    assert evolve(topic, seq=0) == evolve(crm, seq=0)
    assert (topic.message_id, topic.session_id, topic.campaign, topic.result) == (
        "a1",
        "a1",
        "Spring",
        "Sale",
    )
    assert (topic.user_contact_id, topic.contact_list, topic.zone) == ("C0", "Spring", ZONE)
    assert (topic.job_id, topic.contact_id, topic.address, topic.at) == (
        bench.job_id,
        contact.contact_id,
        contact.numbers[0].number,
        T0 + 9,
    )


def test_result_without_a_code_is_what_became_of_the_attempt(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, [start(bench, contact, "a1"), EndAttempt("a1", "Busy", T0 + 3)])
    assert results_of(bench) == [("a1", "Busy")]


def test_results_without_a_publisher_are_not_kept(bench: Bench) -> None:
    bench.store.commit(bench.token, handled(bench, bench.claim(1)[0], "a1"))
    bench.store.outbox.set_publishers(["topic"])
    assert results_of(bench) == []


def test_end_that_comes_twice_is_told_once(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, handled(bench, contact, "a1"))
    bench.store.commit(bench.token, [EndAttempt("a1", "Busy", T0 + 30)])
    bench.store.commit(bench.token, [disposition(bench, contact, "a1", REFUSED)])
    assert results_of(bench) == [("a1", "Sale")]


def test_code_that_comes_after_the_end_is_told_under_an_id_of_its_own(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, [start(bench, contact, "a1"), EndAttempt("a1", "Busy", T0 + 3)])
    bench.store.commit(bench.token, [disposition(bench, contact, "a1")])
    change = "UPDATE disposition SET code_id = ?, saved_at = ? WHERE attempt_id = 'a1'"
    bench.store._database.write(lambda tx: tx.sql.execute(change, (REFUSED, T0 + 60.25)))
    bench.store._database.write(lambda tx: tx.sql.execute(change, (REFUSED, T0 + 61)))
    found = bench.store.outbox.results("topic", 10)
    assert [(each.result, each.at) for each in found] == [
        ("Busy", T0 + 3),
        ("Sale", T0 + 9),
        ("Refused", T0 + 60.25),
    ]
    assert len({each.message_id for each in found}) == 3
    assert {each.session_id for each in found} == {"a1"}


def test_attempt_that_a_takeover_ends_is_told(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact = bench.claim(1)[0]
    bench.store.commit(bench.token, [start(bench, contact, "a1"), MarkAnswered("a1", T0 + 1, "1001")])
    bench.reopen(T0 + 60)
    assert results_of(bench) == [("a1", "Interrupted")]


def test_results_go_with_what_they_are_of_if_that_is_not_written(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact = bench.claim(1)[0]
    bad = evolve(disposition(bench, contact, "a1"), contact_id=99_999)
    with pytest.raises(StoreFault):
        bench.store.commit(bench.token, [start(bench, contact, "a1"), EndAttempt("a1", "Busy", T0), bad])
    assert results_of(bench) == []


def test_results_that_were_told_are_gone_and_the_others_keep_their_order(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic", "crm"])
    finish_all(bench)
    found = bench.store.outbox.results("topic", 100)
    bench.store.outbox.results_told("topic", [found[0].seq, found[2].seq])
    assert [name for name, _ in results_of(bench)] == ["a1", "a3", "a4"]
    assert len(results_of(bench, "crm")) == 5
    assert [each.message_id for each in bench.store.outbox.results("topic", 1)] == ["a1"]


def finish_all(bench: Bench) -> tuple[ContactSpec, ...]:
    contacts = bench.claim()
    for number, contact in enumerate(contacts):
        bench.store.commit(bench.token, handled(bench, contact, f"a{number}"))
    return contacts


def test_backlog_outlives_a_restart_and_is_counted(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    finish_all(bench)
    bench.reopen()
    (backlog,) = bench.store.outbox.backlogs()
    assert (backlog.publisher, backlog.waiting, backlog.oldest_at) == ("topic", 5, T0 + 9)


def test_publisher_that_is_none_any_more_is_told_and_its_backlog_stays(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic", "crm"])
    bench.store.commit(bench.token, handled(bench, bench.claim(1)[0], "a1"))
    assert bench.store.outbox.set_publishers(["crm"]) == {"topic"}
    bench.store.commit(bench.token, handled(bench, bench.claim(1)[0], "a2"))
    assert [len(results_of(bench, name)) for name in ("topic", "crm")] == [1, 2]


def test_results_too_old_are_dropped_from_the_front(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contacts = bench.claim()
    for number, contact in enumerate(contacts):
        records = [start(bench, contact, f"a{number}"), EndAttempt(f"a{number}", "Busy", T0 + number)]
        bench.store.commit(bench.token, records)
    assert bench.store.outbox.drop_results("topic", T0 + 3, 2) == 2
    assert bench.store.outbox.drop_results("topic", T0 + 3, 2) == 1
    assert bench.store.outbox.drop_results("topic", T0 + 3, 2) == 0
    assert [name for name, _ in results_of(bench)] == ["a3", "a4"]


def test_job_that_is_over_leaves_its_results(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    finish_all(bench)
    bench.store.commit(bench.token, [FinishJob(bench.job_id, JobState.Finished, T0 + 10)])
    campaign = bench.store.campaigns()[0].campaign_id if hasattr(bench.store, "campaigns") else 1
    while bench.store.delete_history(campaign, 100):
        pass
    assert bench.store.delete_campaign(campaign)
    assert len(results_of(bench)) == 5


def test_duty_is_one_process_s_while_that_lives(store: SqlStore) -> None:
    for name in ("one", "two"):
        store.leases.register(ManagerLease(name, name))
    outbox = store.outbox
    assert outbox.take_duty("topic", "one")
    assert outbox.take_duty("topic", "one")
    assert not outbox.take_duty("topic", "two")
    assert (outbox.has_duty("topic", "one"), outbox.has_duty("topic", "two")) == (True, False)
    store.leases.release("one", T0, "ended")
    assert outbox.take_duty("topic", "two")
    assert not outbox.has_duty("topic", "one")


@in_postgres
def test_zone_that_lost_its_token_puts_nothing_into_the_outbox(bench: Bench) -> None:
    bench.store.outbox.set_publishers(["topic"])
    contact, old = bench.claim(1)[0], bench.token
    bench.store.open_zone(ZONE, T0)
    with pytest.raises(StoreFault):
        bench.store.commit(old, handled(bench, contact, "a1"))
    assert results_of(bench) == []
