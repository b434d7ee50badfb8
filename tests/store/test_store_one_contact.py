"""One contact at a time: found with what came of it, deleted unless something goes on with it."""

from typing import Any

import pytest
from stores import SALE, T0, ZONE, Bench, disposition, drafts, handled, in_file, start

from agentmgr.core.effects import EndAttempt, MarkAnswered, MarkDialed, SaveCallback, SaveNote, SetAttribute
from agentmgr.core.model import PhoneNumber
from agentmgr.ports import ContactDraft, Deletion
from agentmgr.store.contact import CALLED, PROMISED, WANTED
from protocol.enums import CallbackType


def code_of(bench: Bench) -> tuple[Any, ...]:
    found = bench.store.find_contact(1, "C0")
    assert found is not None
    return found.last_attempt_at, found.last_success_at, found.last_code_id


def test_contact_tells_of_its_last_attempt_success_and_code(bench: Bench) -> None:
    contact = next(each for each in bench.claim() if each.user_contact_id == "C0")
    assert code_of(bench) == (None, None, None)
    bench.store.commit(bench.token, [start(bench, contact, "1"), MarkDialed("1", "+1", "N", T0, None)])
    assert code_of(bench) == (T0, None, None)
    bench.store.commit(
        bench.token, [MarkAnswered("1", T0 + 5, "1001"), disposition(bench, contact, "1", SALE)]
    )
    assert code_of(bench) == (T0, T0, SALE)
    assert bench.store.find_contact(1, "C9") is None


def test_contact_that_a_desktop_changes_says_who_and_when(bench: Bench) -> None:
    contact = bench.claim()[0]
    bench.store.commit(bench.token, [SetAttribute(contact.contact_id, "Plan", "B", "1007", T0 + 9)])
    found = bench.store.find_contact(1, contact.user_contact_id)
    assert found is not None
    assert (found.updated_by, found.updated_at) == ("1007", T0 + 9)
    assert bench.store.list_attributes(1) >= {"Plan", "FirstName", "PhoneNumber1"}


def test_contact_deleted_leaves_its_history_and_nothing_else(bench: Bench) -> None:
    contact = next(each for each in bench.claim() if each.user_contact_id == "C0")
    key = contact.contact_id
    note = SaveNote(bench.job_id, key, "1", "1001", "Wants a rebate.", T0)
    bench.store.commit(bench.token, [*handled(bench, contact, "1"), note])
    assert bench.store.delete_contact(1, "C0", T0 + 60, "Ann") is Deletion.DONE
    for table in ("contact_phone", "contact_attribute", "note"):
        assert bench.rows(f"SELECT count(*) FROM {table} WHERE contact_id = ?", key) == [(0,)]
    assert bench.rows("SELECT deleted_at, updated_by FROM contact WHERE contact_id = ?", key) == [
        (T0 + 60, "Ann")
    ]
    assert bench.store.find_contact(1, "C0") is None
    assert bench.store.find_contacts("C0") == ()
    assert bench.store.find_contacts("C0", deleted=True) == ((key, "Spring"),)
    assert bench.store.contact_lists()[0].contacts == bench.store.count_contacts(1) == 4
    page = bench.store.list_page(1, [bench.job_id], "", 10)
    assert [each.user_contact_id for each in page.contacts] == ["C1", "C2", "C3", "C4"]
    (row,) = bench.store.dispositions(1, 0, 10)
    assert (row.user_contact_id, row.code) == ("C0", "Sale")
    assert bench.store.delete_contact(1, "C0", T0, "Ann") is Deletion.MISSING


def test_contact_of_the_id_of_a_deleted_one_is_another(bench: Bench) -> None:
    contact = next(each for each in bench.claim() if each.user_contact_id == "C0")
    bench.store.commit(bench.token, handled(bench, contact, "1"))
    for _ in range(2):
        assert bench.store.delete_contact(1, "C0", T0, "Ann") is Deletion.DONE
        assert bench.store.put_contacts(1, drafts(1), T0).created == 1
        bench.rows(
            "UPDATE job_contact SET state = 'done' WHERE contact_id ="
            " (SELECT max(contact_id) FROM contact) RETURNING 1"
        )
    found = bench.store.find_contact(1, "C0")
    assert found is not None
    assert (found.contact.contact_id > contact.contact_id, found.last_code_id) == (True, None)


def test_contact_in_use_is_not_deleted(bench: Bench) -> None:
    contacts = {each.user_contact_id: each for each in bench.claim(3)}
    waiting = next(name for name in ("C0", "C1", "C2", "C3", "C4") if name not in contacts)
    (claimed, called, promised) = contacts
    assert bench.store.delete_contact(1, waiting, T0, "Ann") is Deletion.IN_USE
    assert bench.store.delete_contact(1, claimed, T0, "Ann") is Deletion.IN_USE
    key = contacts[promised].contact_id
    for name in (called, promised):
        bench.store.commit(bench.token, handled(bench, contacts[name], name))
    bench.store.commit(bench.token, [start(bench, contacts[called], "open")])
    assert bench.store.delete_contact(1, called, T0, "Ann") is Deletion.IN_USE
    bench.store.commit(bench.token, [EndAttempt("open", "NoAnswer", T0, None)])
    assert bench.store.delete_contact(1, called, T0, "Ann") is Deletion.DONE
    callback = SaveCallback(
        *("cb", 1, bench.job_id, key, CallbackType.Campaign, "", "1001", "+12125550000"),
        *("PhoneNumber1", "America/New_York", T0 + 60, T0 + 600, "", T0),
    )
    bench.store.commit(bench.token, [callback])
    assert bench.store.delete_contact(1, promised, T0, "Ann") is Deletion.IN_USE


@pytest.mark.parametrize(("create", "update", "counts"), [(True, False, (1, 0)), (False, True, (0, 1))])
def test_contacts_put_are_only_new_ones_or_only_those_there(
    bench: Bench, create: bool, update: bool, counts: tuple[int, int]
) -> None:
    london = PhoneNumber("PhoneNumber1", "+442079460018", "Europe/London")
    new = [ContactDraft(name, (london,), {"FirstName": "Bea"}) for name in ("C0", "N0")]
    put = bench.store.put_contacts(1, new, T0, create=create, update=update)
    assert (put.created, put.updated) == counts
    first = bench.store.find_contact(1, "C0")
    assert first is not None
    assert (first.contact.attributes["FirstName"] == "Bea") is update
    assert (bench.store.find_contact(1, "N0") is not None) is create


def test_list_is_emptied_in_pieces_of_what_was_not_saved_since(bench: Bench) -> None:
    store = bench.store
    assert store.begin_emptying(1, T0) is None  # its job runs
    other = store.ensure_list("Other", T0)
    store.put_contacts(other, drafts(5), T0)
    assert store.begin_emptying(other, T0 + 1) == 5
    assert store.begin_emptying(other, T0 + 1) is None
    assert (store.lists_being_emptied(), store.emptying(other).since) == ((other,), T0 + 1)
    store.put_contacts(other, drafts(1), T0 + 2)
    assert store.empty_some(other, 3, T0 + 3, "Ann")
    assert store.count_contacts(other) == 2
    assert not store.empty_some(other, 3, T0 + 3, "Ann")
    assert (store.count_contacts(other), store.lists_being_emptied()) == (1, ())
    assert store.find_contact(other, "C0") is not None
    assert not store.empty_some(other, 3, T0 + 3, "Ann")


def test_contacts_of_a_list_that_is_being_emptied_come_into_no_job(bench: Bench) -> None:
    store = bench.store
    store.stop_job(bench.job_id, [], T0)
    store.put_contacts(1, drafts(2), T0 + 5)
    assert store.begin_emptying(1, T0 + 1) == 5
    job_id = store.create_job(1, [ZONE], T0 + 6)
    last = store.fill_job(job_id, 0, 100)
    job = store.start_job(job_id, last)
    assert job is not None
    assert job.total == 2


@in_file
@pytest.mark.parametrize("statement", [WANTED, PROMISED, CALLED])
def test_contact_is_looked_at_for_use_without_reading_what_others_have(bench: Bench, statement: str) -> None:
    sql = f"EXPLAIN QUERY PLAN {statement} (?, ?)"
    plan = [str(row[3]) for row in bench.rows(sql, *[1] * sql.count("?"))]
    assert [step for step in plan if "contact_id=?" not in step] == []
