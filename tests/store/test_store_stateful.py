"""Any order of claims, attempts, returns and sudden deaths, against a model that is a few sets."""

import tempfile
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from stores import REFUSED, SALE, T0, ZONE, Bench, disposition, drafts, prepare_job, start

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import REFUSALS, EndAttempt, MarkAnswered, Record, ReturnContact
from agentmgr.core.model import CallingHours, ContactSpec
from tests.databases import Place, new_place

pytestmark = pytest.mark.slow

CONTACTS, MAX_ATTEMPTS = 6, 3
ZONES = ("America/New_York", "Asia/Tokyo", "America/New_York,America/Los_Angeles", "")
HOURS = CallingHours(9 * 60, 17 * 60)
REASONS = tuple(sorted(REFUSALS))


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        place = self.new_place()
        store = place.open()
        contacts = [draft for n in range(CONTACTS) for draft in drafts(1, n, ZONES[n % len(ZONES)])]
        job = prepare_job(store, contacts, MAX_ATTEMPTS, calling_hours=HOURS)
        self.nuisance_retry_s = job.campaign.nuisance_retry_s
        self.bench = Bench(place, store, job.job_id, store.open_zone(ZONE, T0).token)
        self.now = T0
        self.due: dict[int, float] = dict.fromkeys(range(1, CONTACTS + 1), 0.0)
        self.attempts: dict[int, int] = dict.fromkeys(self.due, 0)
        self.zones = {contact_id: ZONES[(contact_id - 1) % len(ZONES)] for contact_id in self.due}
        self.claimed: dict[int, ContactSpec] = {}
        self.open: dict[int, str] = {}
        self.answered: set[int] = set()
        self.attended: set[int] = set()
        self.dispositions: dict[str, int] = {}
        self.count = 0

    def new_place(self) -> Place:
        """Return an empty database."""
        return new_place(Path(self.directory.name) / "agentmgr.sqlite")

    def teardown(self) -> None:
        self.bench.store.close()
        self.directory.cleanup()

    def commit(self, *records: Record) -> None:
        self.bench.store.commit(self.bench.token, records)

    @rule(limit=st.integers(1, CONTACTS), later=st.floats(0, 6 * 3600), only_retries=st.booleans())
    def claim(self, limit: int, later: float, only_retries: bool) -> None:
        self.now += later
        fetched = self.bench.store.claim_contacts(
            self.bench.token, self.bench.job_id, limit, self.now, only_retries
        )
        free = {c: at for c, at in self.due.items() if c not in self.claimed}
        openings = {c: next_opening(HOURS, self.zones[c], self.now) for c in free}
        expected = sorted(
            (openings[c] is None, not at, at, c)
            for c, at in free.items()
            if at <= self.now and openings[c] in (self.now, None) and (at or not only_retries)
        )[:limit]
        assert [c.contact_id for c in fetched.contacts] == [c for *_, c in expected]
        assert [c.attempts for c in fetched.contacts] == [self.attempts[c] for *_, c in expected]
        self.claimed.update({c.contact_id: c for c in fetched.contacts})
        left = {c: self._possible_at(c, at) for c, at in free.items() if c not in self.claimed}
        assert fetched.next_due_at == min(left.values(), default=None)
        assert fetched.next_retry_at == min((at for c, at in left.items() if free[c]), default=None)

    def _possible_at(self, contact_id: int, due_at: float) -> float:
        at = max(due_at, self.now)
        opening = next_opening(HOURS, self.zones[contact_id], at)
        return due_at if opening in (at, None) else opening

    @rule(contact_id=st.integers(1, CONTACTS), zone=st.sampled_from(ZONES))
    def correct(self, contact_id: int, zone: str) -> None:
        """An import or an agent corrects a number, which is somewhere else then."""
        self.bench.store.put_contacts(1, drafts(1, contact_id - 1, zone), self.now)
        self.zones[contact_id] = zone

    @precondition(lambda self: set(self.claimed) - set(self.open))
    @rule(data=st.data())
    def dial(self, data: st.DataObject) -> None:
        contact_id = data.draw(st.sampled_from(sorted(set(self.claimed) - set(self.open))))
        self.count += 1
        self.open[contact_id] = f"a{self.count}"
        record = start(self.bench, self.claimed[contact_id], self.open[contact_id])
        self.commit(evolve(record, dialed_at=self.now))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), agent=st.sampled_from([None, "1001"]))
    def answer(self, data: st.DataObject, agent: str | None) -> None:
        contact_id = data.draw(st.sampled_from(sorted(self.open)))
        self.answered.add(contact_id)
        if agent is not None:
            self.attended.add(contact_id)
        self.commit(MarkAnswered(self.open[contact_id], self.now, agent))

    @precondition(lambda self: self.open)
    @rule(
        data=st.data(),
        retry_s=st.none() | st.floats(0, 1000),
        code=st.sampled_from([None, SALE, REFUSED]),
        outcome=st.sampled_from(["Handled", "Busy", "Nuisance"]),
        dialed=st.booleans(),
        times=st.integers(1, 2),
    )
    def end(
        self,
        data: st.DataObject,
        retry_s: float | None,
        code: int | None,
        outcome: str,
        dialed: bool,
        times: int,
    ) -> None:
        """End an attempt; what comes a second time changes nothing."""
        contact_id = data.draw(st.sampled_from(sorted(self.open)))
        contact, attempt_id = self.claimed.pop(contact_id), self.open.pop(contact_id)
        dialed = dialed or contact_id in self.answered  # what was answered was dialled
        self.answered.discard(contact_id)
        self.attended.discard(contact_id)
        self.attempts[contact_id] += 1
        records: list[Record] = []
        if code is not None:
            self.dispositions[attempt_id] = code
            records.append(disposition(self.bench, contact, attempt_id, code))
        due_at = None if retry_s is None else self.now + retry_s
        records += [
            EndAttempt(attempt_id, outcome, self.now, dialed=dialed),
            ReturnContact(self.bench.job_id, contact_id, self.attempts[contact_id], outcome, due_at),
        ]
        self.commit(*(record for record in records for _ in range(times)))
        self._set_due(contact_id, due_at)

    @rule()
    def die(self) -> None:
        opened = self.bench.reopen(self.now)
        for contact_id in self.open:
            self.attempts[contact_id] += 1
            if contact_id in self.attended or self.attempts[contact_id] >= MAX_ATTEMPTS:
                self._set_due(contact_id, None)
            elif contact_id in self.answered:  # an abandoned call
                self._set_due(contact_id, self.now + self.nuisance_retry_s)
        self.claimed.clear()
        self.open.clear()
        self.answered.clear()
        self.attended.clear()
        assert [job.done for job in opened.jobs] == [CONTACTS - len(self.due)]

    def _set_due(self, contact_id: int, due_at: float | None) -> None:
        if due_at is None:
            del self.due[contact_id]
        else:
            self.due[contact_id] = due_at

    @invariant()
    def dispositions_are_those_confirmed(self) -> None:
        rows = self.bench.store.dispositions(1, 0, 1000)
        assert {row.attempt_id: row.code_id for row in rows} == self.dispositions
        assert len(rows) == len(self.dispositions)

    @invariant()
    def counters_are_what_counting_the_rows_gives(self) -> None:
        rows = self.bench.rows
        tally = self.bench.store.tally(self.bench.job_id)
        # What was not dialled for a reason of the switch was refused, and is counted by itself.
        tried = f"FROM attempt WHERE (dialed_at IS NOT NULL OR outcome IS NULL OR outcome NOT IN {REASONS})"
        ((attempts, answered),) = rows(f"SELECT count(*), count(answered_at) {tried}")
        assert (tally.attempts, tally.live_answers) == (attempts, answered)
        ((dials,),) = rows("SELECT count(*) FROM attempt WHERE ended_at IS NULL OR dialed_at IS NOT NULL")
        assert tally.dials == dials
        ended = f"SELECT outcome, count(*) {tried} AND outcome IS NOT NULL GROUP BY outcome"
        assert sorted(tally.outcomes) == sorted(rows(ended))
        ((all_attempts,),) = rows("SELECT count(*) FROM attempt")
        assert sum(how_many for _, how_many in tally.refused) == all_attempts - attempts
        assert tally.abandoned == dict(rows(ended)).get("Nuisance", 0)
        by_code = "SELECT name, count(*) FROM disposition JOIN completion_code USING (code_id) GROUP BY name"
        assert sorted(tally.dispositions) == sorted(rows(by_code))
        assert tally.stored == len(self.dispositions)
        job = self.bench.store.latest_job(1)
        assert job is not None
        assert rows("SELECT count(*) FROM job_contact WHERE state = 'done'") == [(job.done,)]

    @invariant()
    def open_attempts_are_at_claimed_contacts(self) -> None:
        rows = self.bench.rows("SELECT contact_id, attempt_id FROM attempt WHERE ended_at IS NULL")
        assert dict(rows) == self.open
        rows = self.bench.rows("SELECT contact_id FROM job_contact WHERE state = 'claimed'")
        assert {row[0] for row in rows} == set(self.claimed)


StoreMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestStore = StoreMachine.TestCase
