"""A campaign's filter lets the same contacts through in each kind of database, whenever they come."""

import pytest
from stores import T0, ZONE, campaign

from agentmgr.core.model import AttributeSpec, PhoneNumber
from agentmgr.ports import ContactDraft
from agentmgr.store import SqlStore
from agentmgr.store.filters import passing

SPECS = [
    AttributeSpec("Balance", "float"),
    AttributeSpec("Member", "boolean"),
    AttributeSpec("Due", "date"),
    AttributeSpec("City"),
    AttributeSpec("Mobile", "phone"),
]
LONDON = PhoneNumber("PhoneNumber1", "+442079460018", "Europe/London")
MOBILE = PhoneNumber("Mobile", "+4915123456789", "Europe/Berlin")
CONTACTS = [
    ContactDraft("C1", (LONDON,), {"Balance": "9", "Member": "True", "Due": "2026-12-31", "City": "Paris"}),
    ContactDraft("C2", (LONDON, MOBILE), {"Balance": "+10.50", "Member": "false", "Due": "2027-01-01"}),
    ContactDraft("C3", (LONDON,), {"Balance": "-100", "City": "paris"}),
    ContactDraft("C4", (MOBILE,), {"Balance": "100000000000000001", "City": "50% off_"}),
    ContactDraft("C5", (), {"Balance": "much", "City": "1.2.3", "Due": "soon"}),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "C1 C2 C3 C4 C5"),
        ("Balance > 9", "C2 C4"),
        ("Balance >= 9", "C1 C2 C4"),
        ("Balance < 0", "C3"),
        ("Balance = 10.5", "C2"),
        ("Balance = 100000000000000001", "C4"),
        ("Balance = 100000000000000002", ""),
        ("Balance != 9", "C2 C3 C4 C5"),
        ("Balance in (9, -100)", "C1 C3"),
        ("City > 1", ""),
        ("Member = true", "C1"),
        ("Member != true", "C2 C3 C4 C5"),
        ("Due < '2027-01-01'", "C1"),
        ("Due >= '2026-12-31'", "C1 C2"),
        ("City = 'Paris'", "C1"),
        ("City contains 'aris'", "C1 C3"),
        ("City contains 'ARIS'", ""),
        ("City contains '%'", "C4"),
        ("City contains '_'", "C4"),
        ("City starts with 'p'", "C3"),
        ("City is empty", "C2"),
        ("City is not empty and not City = 'Paris'", "C3 C4 C5"),
        ("Mobile starts with '+49'", "C2 C4"),
        ("PhoneNumber1 is empty", "C4 C5"),
        ("TimeZone = 'Europe/London'", "C1 C2 C3"),
        ("UserContactId in ('C1', 'C5', 'X')", "C1 C5"),
        ("City = '''; DROP TABLE contact; --'", ""),
        ("City = '?' or City = '%s' or City = ':x'", ""),
    ],
)
def test_filter_lets_contacts_through(store: SqlStore, text: str, expected: str) -> None:
    store.define_attributes(SPECS)
    list_id = store.ensure_list("A", T0)
    store.put_contacts(list_id, CONTACTS, T0)
    ids = list(range(1, 6))
    found = store._database.write(lambda tx: passing(tx, text, ids))
    assert " ".join(f"C{each}" for each in found) == expected


def filled(store: SqlStore, chunk: int) -> int:
    """Run a campaign that calls whoever owes more than 50; return its job's id."""
    store.define_attributes(SPECS)
    list_id = store.ensure_list("A", T0)
    drafts = [ContactDraft(f"C{at}", (LONDON,), {"Balance": str(at)}) for at in range(100)]
    store.put_contacts(list_id, drafts, T0)
    spec = store.add_campaign(campaign(filter="Balance > 50"), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    place, last = 0, store.fill_job(job_id, 0, chunk)
    while last is not None:
        place, last = last, store.fill_job(job_id, last, chunk)
    job = store.start_job(job_id, place)
    assert job is not None
    assert job.total == 49
    return job_id


@pytest.mark.parametrize("chunk", [7, 1000])
def test_job_is_filled_with_what_passes_and_takes_in_what_comes_to_pass(store: SqlStore, chunk: int) -> None:
    job_id = filled(store, chunk)
    token = store.open_zone(ZONE, T0).token
    balances = [
        int(each.attributes["Balance"]) for each in store.claim_contacts(token, job_id, 1000, T0).contacts
    ]
    assert sorted(balances) == list(range(51, 100))
    put = store.put_contacts(
        1,
        [
            ContactDraft("C3", (), {"Balance": "77"}),
            ContactDraft("C4", (), {"Balance": "5"}),
            ContactDraft("N1", (LONDON,), {"Balance": "50"}),
            ContactDraft("N2", (LONDON,), {"Balance": "51"}),
        ],
        T0,
    )
    assert [each.contacts for each in put.taken_in] == [2]
    found = store.claim_contacts(token, job_id, 1000, T0).contacts
    assert sorted(each.user_contact_id for each in found) == ["C3", "N2"]


def test_filter_of_a_campaign_is_kept(store: SqlStore) -> None:
    list_id = store.ensure_list("A", T0)
    spec = store.add_campaign(campaign(filter="City = 'Paris'"), [list_id], T0)
    assert spec.filter == "City = 'Paris'"
    found = store.find_campaign(spec.name)
    assert found is not None
    assert found.filter == spec.filter
