"""Stores with a running job in them, as the tests of this directory need them."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, evolve

from agentmgr.core.effects import (
    EndAttempt,
    MarkAnswered,
    Record,
    ReturnContact,
    SaveDisposition,
    StartAttempt,
)
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, ContactSpec, JobSpec, PhoneNumber
from agentmgr.ports import ContactDraft, OpenedZone, Token
from agentmgr.store import SqlStore
from protocol.enums import ContactType, PacingType
from tests.databases import Place

in_file = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
in_postgres = pytest.mark.parametrize("place", ["postgres"], indirect=True)
"""Marks of tests that concern one kind of database alone."""

ZONE = "Default"
T0 = 1_750_000_000.0
SALE, REFUSED = 1, 2


def campaign(name: str = "Spring", max_attempts: int = 3, **changes: Any) -> CampaignSpec:
    spec = CampaignSpec(
        campaign_id=0,
        name=name,
        pacing=PacingType.Predictive,
        skill="English",
        completion_codes=(CompletionCodeSpec(SALE, "Sale", True), CompletionCodeSpec(REFUSED, "Refused")),
        default_code_id=REFUSED,
        max_attempts=max_attempts,
    )
    return evolve(spec, **changes)


def drafts(count: int, first: int = 0, timezone: str = "America/New_York") -> list[ContactDraft]:
    return [
        ContactDraft(
            f"C{index}",
            (PhoneNumber("PhoneNumber1", f"+1212555{index:04}", timezone),),
            {"FirstName": "Ann", "LastName": f"Number {index}"},
        )
        for index in range(first, first + count)
    ]


def prepare_job(
    store: SqlStore,
    contacts: int | Sequence[ContactDraft],
    max_attempts: int = 3,
    name: str = "Spring",
    **changes: Any,
) -> JobSpec:
    """Make a list, a campaign on it, and a running job."""
    list_id = store.ensure_list(name, T0)
    store.put_contacts(list_id, drafts(contacts) if isinstance(contacts, int) else contacts, T0)
    spec = store.add_campaign(campaign(name, max_attempts, **changes), [list_id], T0)
    job_id = store.create_job(spec.campaign_id, [ZONE], T0)
    last: int | None = 0
    while last is not None:
        last = store.fill_job(job_id, last, 100)
    job = store.start_job(job_id)
    assert job is not None
    return job


@define
class Bench:
    """A store with one running job, and the zone taken over."""

    place: Place
    store: SqlStore
    job_id: int
    token: Token

    def claim(self, limit: int = 100, now: float = T0) -> tuple[ContactSpec, ...]:
        return self.store.claim_contacts(self.token, self.job_id, limit, now).contacts

    def reopen(self, now: float = T0) -> OpenedZone:
        """Let a new process take the zone over, as after the death of the old one."""
        self.store.close()
        self.store = self.place.open()
        opened = self.store.open_zone(ZONE, now)
        self.token = opened.token
        return opened

    def rows(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """Look into the file past the store."""
        return self.store._database.write(lambda tx: tx.sql.fetch(sql, parameters))

    def contact(self, contact_id: int) -> tuple[object, ...]:
        """Return state, attempts and last outcome."""
        return self.rows(
            "SELECT state, attempts, last_outcome FROM job_contact WHERE contact_id = ?", contact_id
        )[0]


def start(bench: Bench, contact: ContactSpec, attempt_id: str) -> StartAttempt:
    return StartAttempt(
        attempt_id, bench.job_id, contact.contact_id, ContactType.Predictive, contact.numbers[0].number, T0
    )


def disposition(bench: Bench, contact: ContactSpec, attempt_id: str, code_id: int = SALE) -> SaveDisposition:
    return SaveDisposition(attempt_id, bench.job_id, contact.contact_id, "1001", code_id, "agent", T0 + 9)


def handled(bench: Bench, contact: ContactSpec, attempt_id: str) -> list[Record]:
    """Return the records of a contact from dial to completion code."""
    return [
        start(bench, contact, attempt_id),
        MarkAnswered(attempt_id, T0 + 5, "1001"),
        disposition(bench, contact, attempt_id),
        EndAttempt(attempt_id, "Handled", T0 + 9, "1001"),
        ReturnContact(bench.job_id, contact.contact_id, contact.attempts + 1, "Handled", None),
    ]
