"""What every ZoneStore does with callbacks and saved agents, seen through the port alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import define, evolve
from stores import REFUSED, SALE, T0, ZONE, campaign, drafts, prepare_job

from agentmgr.core.effects import (
    AddToDnc,
    CheckDial,
    DropResumeToken,
    EndAttempt,
    EndCallback,
    FinishJob,
    ForgetAgent,
    MarkAnswered,
    MarkDialed,
    Record,
    ReturnContact,
    SaveAgent,
    SaveCallback,
    SaveDisposition,
    SaveNote,
    SaveResumeToken,
    SetAttribute,
    SetNumber,
    StartAttempt,
)
from agentmgr.core.events import DialChecked
from agentmgr.core.model import AgentSpec, ContactSpec, PhoneNumber
from agentmgr.core.tokens import TokenHashes
from agentmgr.ports import AgentLogin, Fenced, JobTally, OpenedZone, Token
from agentmgr.store import SqlStore
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import AgentState, CallbackType, CallState, ContactType
from protocol.structures import AgentSkill
from tests.databases import new_place

CONTACTS = 4


@define
class Owned:
    """A store with a running job of four contacts, and who owns the zone."""

    store: SqlStore | MemoryStore
    job_id: int
    token: Token

    def claim(self, now: float = T0) -> dict[int, ContactSpec]:
        fetched = self.store.claim_contacts(self.token, self.job_id, 100, now)
        return {contact.contact_id: contact for contact in fetched.contacts}

    def commit(self, *records: Record) -> None:
        self.store.commit(self.token, records)

    def put_agent(self, login: AgentLogin) -> None:
        if isinstance(self.store, MemoryStore):
            self.store.agents[login.agent.agent_id] = login
        else:
            self.store.put_agent(login)

    def take_over(self, now: float = T0 + 100) -> OpenedZone:
        opened = self.store.open_zone(ZONE, now)
        self.token = opened.token
        return opened

    def waiting(self, now: float = T0 + 100) -> list[str]:
        """Return the callbacks that a new owner would find."""
        return [c.callback_id for job in self.take_over(now).jobs for c in job.callbacks]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def owned(request: pytest.FixtureRequest, path: Path) -> Iterator[Owned]:
    if request.param != "memory":
        place = request.getfixturevalue("postgres") if request.param == "postgres" else new_place(path)
        store = place.open()
        job = prepare_job(store, CONTACTS)
        yield Owned(store, job.job_id, store.open_zone(ZONE, T0).token)
        store.close()
        return
    memory = MemoryStore()
    contacts = [
        ContactSpec(
            number,
            draft.user_contact_id,
            1,
            "Spring",
            draft.numbers,
            {
                **draft.attributes,
                "UserContactId": draft.user_contact_id,
                "PhoneNumber1": draft.numbers[0].number,
                "TimeZone": draft.numbers[0].timezone,
            },
        )
        for number, draft in enumerate(drafts(CONTACTS), 1)
    ]
    memory.add_job(1, contacts, campaign=evolve(campaign(), campaign_id=1))
    yield Owned(memory, 1, memory.open_zone(ZONE, T0).token)


CORRECTED = SetNumber(1, "PhoneNumber1", "+12125556666", "America/New_York", False, 1, "1001", T0)


def callback(contact_id: int = 1, callback_id: str = "cb", **changes: object) -> SaveCallback:
    made = SaveCallback(
        callback_id=callback_id,
        campaign_id=1,
        job_id=1,
        contact_id=contact_id,
        callback_type=CallbackType.Agent,
        agent_id="1002",
        created_by="1001",
        number="+12125559999",
        number_name="Office",
        timezone="America/New_York",
        due_at=T0 + 1000,
        expires_at=T0 + 4600,
        notes="after lunch",
        at=T0,
    )
    return evolve(made, **changes)


def saved(attempt_id: str = "", agent_id: str = "1001", **changes: object) -> SaveAgent:
    agent = SaveAgent(
        agent_id,
        ZONE,
        AgentState.Ready,
        CallState.Talking,
        "",
        "1/1001/1",
        attempt_id,
        "5001",
        '{"sales": 3}',
    )
    return evolve(agent, **changes)


def start(contact: ContactSpec, attempt_id: str = "a1") -> StartAttempt:
    number = contact.numbers[0].number
    return StartAttempt(attempt_id, 1, contact.contact_id, ContactType.Predictive, number, T0)


def talking(contact: ContactSpec, attempt_id: str = "a1") -> list[Record]:
    return [start(contact, attempt_id), MarkAnswered(attempt_id, T0 + 5, "1001")]


def done(contact_id: int, attempt_id: str = "a1") -> list[Record]:
    return [
        SaveDisposition(attempt_id, 1, contact_id, "1001", SALE, "agent", T0 + 9),
        EndAttempt(attempt_id, "Handled", T0 + 9, "1001"),
        ReturnContact(1, contact_id, 1, "Handled", None),
    ]


def calling_back(attempt_id: str = "b1", callback_id: str | None = "cb") -> StartAttempt:
    return StartAttempt(attempt_id, 1, 1, ContactType.Callback, "+12125559999", T0, callback_id)


def callback_made(owned: Owned) -> dict[int, ContactSpec]:
    """Claim all; contact 1 is talked to, wants to be called back, and is done."""
    contacts = owned.claim()
    owned.commit(*talking(contacts[1]), callback(), *done(1))
    return contacts


# -- callbacks ---------------------------------------------------------------------------------


def test_callback_saved_comes_back_whole(owned: Owned) -> None:
    callback_made(owned)
    (found,) = owned.take_over().jobs[0].callbacks
    assert (found.callback_id, found.callback_type, found.campaign_id) == ("cb", CallbackType.Agent, 1)
    assert (found.agent_id, found.due_at, found.expires_at) == ("1002", T0 + 1000, T0 + 4600)
    assert (found.number.name, found.number.number) == ("Office", "+12125559999")
    assert (found.number.timezone, found.notes) == ("America/New_York", "after lunch")
    assert (found.contact.user_contact_id, found.contact.attempts) == ("C0", 0)
    assert found.contact.attributes["LastName"] == "Number 0"


def test_callbacks_come_back_the_earliest_first(owned: Owned) -> None:
    owned.commit(callback(3, "late", due_at=T0 + 3000), callback(2, "early", due_at=T0 + 500), callback())
    assert owned.waiting() == ["early", "cb", "late"]


def test_callback_ended_does_not_come_back(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(EndCallback("cb", "Cancelled", T0 + 50, 1))
    assert owned.waiting() == []


def test_callback_put_off_comes_back_once_with_its_new_time(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(callback(due_at=T0 + 5000, expires_at=T0 + 6000, callback_type=CallbackType.Standard))
    (found,) = owned.take_over(T0 + 4999).jobs[0].callbacks
    assert (found.due_at, found.expires_at) == (T0 + 5000, T0 + 6000)
    assert found.callback_type is CallbackType.Standard


def test_callback_expired_while_nobody_looked_is_over_for_good(owned: Owned) -> None:
    callback_made(owned)
    assert owned.waiting(T0 + 4599) == ["cb"]
    assert owned.waiting(T0 + 4600) == []
    assert owned.waiting(T0) == []


def test_callback_of_another_campaign_waits_for_its_own(owned: Owned) -> None:
    callback_made(owned)
    job = owned.take_over().jobs[0]
    assert {c.campaign_id for c in job.callbacks} == {job.campaign.campaign_id}


def test_claim_leaves_out_a_contact_to_be_called_back(owned: Owned) -> None:
    owned.commit(callback(2))
    fetched = owned.store.claim_contacts(owned.token, 1, 100, T0)
    assert [c.contact_id for c in fetched.contacts] == [1, 3, 4]
    assert fetched.next_due_at is None
    owned.commit(EndCallback("cb", "Handled", T0, 1))
    assert list(owned.claim()) == [2]


def test_claim_next_due_is_that_of_contacts_not_to_be_called_back(owned: Owned) -> None:
    owned.claim()
    for contact_id in (1, 2):
        owned.commit(ReturnContact(1, contact_id, 1, "Busy", T0 + 100 * contact_id))
    owned.commit(callback(1))
    assert owned.store.claim_contacts(owned.token, 1, 100, T0).next_due_at == T0 + 200


# -- claims ------------------------------------------------------------------------------------


def test_claim_takes_retries_before_fresh_contacts_and_tells_of_both(owned: Owned) -> None:
    owned.store.claim_contacts(owned.token, 1, 2, T0)
    owned.commit(ReturnContact(1, 2, 1, "Busy", T0 + 60), ReturnContact(1, 1, 1, "Busy", T0 + 90))
    fetch = owned.store.claim_contacts
    alone = fetch(owned.token, 1, 9, T0 + 60, True)
    assert [(c.contact_id, c.due_at) for c in alone.contacts] == [(2, T0 + 60)]
    assert (alone.next_due_at, alone.next_retry_at) == (0.0, T0 + 90)
    both = fetch(owned.token, 1, 2, T0 + 90)
    assert [(c.contact_id, c.due_at) for c in both.contacts] == [(1, T0 + 90), (3, 0.0)]
    assert (both.next_due_at, both.next_retry_at) == (0.0, None)


def test_claim_brings_back_which_number_is_next_and_which_are_left_out(owned: Owned) -> None:
    owned.claim()
    owned.commit(ReturnContact(1, 3, 1, "InvalidNumber", T0, "PhoneNumber2", "+12125550002,+12125550009"))
    contact = owned.claim()[3]
    assert (contact.phone, contact.left_out) == ("PhoneNumber2", {"+12125550002", "+12125550009"})


def test_takeover_keeps_which_number_is_next_and_which_are_left_out(owned: Owned) -> None:
    owned.claim()
    owned.commit(ReturnContact(1, 3, 1, "InvalidNumber", T0, "PhoneNumber2", "+12125550002"))
    contact = owned.claim()[3]
    owned.commit(*talking(contact), saved("a1"))
    session = owned.take_over().saved[0].session
    assert session is not None
    assert (session.contact.phone, session.contact.left_out) == ("PhoneNumber2", {"+12125550002"})


# -- attempts for callbacks --------------------------------------------------------------------


def test_takeover_callback_shown_and_not_answered_waits_again(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(calling_back())
    opened = owned.take_over()
    assert [c.callback_id for c in opened.jobs[0].callbacks] == ["cb"]
    assert opened.jobs[0].done == 1
    owned.commit(calling_back("b2"), EndAttempt("b2", "Handled", T0), EndCallback("cb", "Handled", T0, 1))


def test_takeover_callback_answered_is_over(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(calling_back(), MarkAnswered("b1", T0 + 1001, "1001"))
    assert owned.waiting() == []


def test_takeover_callback_put_off_while_talking_waits(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(calling_back(), MarkAnswered("b1", T0 + 1001, "1001"), callback(due_at=T0 + 2000))
    (found,) = owned.take_over(T0 + 1100).jobs[0].callbacks
    assert found.due_at == T0 + 2000


def test_takeover_attempt_for_a_callback_does_not_count_for_the_claimed_contact(owned: Owned) -> None:
    owned.claim()
    owned.commit(callback(), calling_back(), MarkAnswered("b1", T0 + 1001, "1001"))
    assert owned.take_over().jobs[0].done == 0
    assert owned.claim()[1].attempts == 0


# -- saved agents ------------------------------------------------------------------------------


def test_saved_agent_comes_back_as_written_last(owned: Owned) -> None:
    owned.commit(saved(), saved(agent_state=AgentState.NotReady, reason_code="7", leg_id=""))
    (agent,) = owned.take_over().saved
    assert (agent.agent_id, agent.agent_state, agent.reason_code) == ("1001", AgentState.NotReady, "7")
    assert (agent.leg_id, agent.session) == ("", None)
    assert (agent.extension, agent.skills) == ("5001", '{"sales": 3}')
    assert owned.take_over().saved == (agent,)


def test_forgotten_agent_does_not_come_back(owned: Owned) -> None:
    owned.commit(saved(), saved(agent_id="1002"), ForgetAgent("1001"))
    assert [agent.agent_id for agent in owned.take_over().saved] == ["1002"]


TOKENS = SaveResumeToken("1001", "n" * 64, "b" * 64, T0)


def tokens_of(owned: Owned, agent_id: str = "1001") -> tuple[TokenHashes, float]:
    login = owned.store.find_agent(agent_id)
    assert login is not None
    return login.tokens, login.tokens_at


def test_resume_tokens_are_those_saved_last_until_they_are_dropped(owned: Owned) -> None:
    owned.put_agent(AgentLogin(AgentSpec("1001", "Ann", ()), "hash", ZONE, True))
    assert tokens_of(owned) == (TokenHashes(), 0.0)
    owned.commit(TOKENS, evolve(TOKENS, newest="x" * 64, before="n" * 64, at=T0 + 9))
    assert tokens_of(owned) == (TokenHashes("x" * 64, "n" * 64), T0 + 9)
    owned.take_over()
    assert tokens_of(owned)[1] == T0 + 9
    owned.commit(DropResumeToken("1001"))
    assert tokens_of(owned) == (TokenHashes(), 0.0)


def test_agents_with_a_skill_are_those_of_the_zone_who_may_log_on(owned: Owned) -> None:
    def put(
        agent_id: str, level: int = 3, skill: str = "sales", zone: str = ZONE, enabled: bool = True
    ) -> None:
        skills = (AgentSkill("art", "1", 9), AgentSkill(skill, "7", level))
        owned.put_agent(AgentLogin(AgentSpec(agent_id, f"N{agent_id}", skills), "hash", zone, enabled))

    put("1003")
    put("1001")
    put("1002", level=2)
    put("1004", skill="support")
    put("1005", zone="Other")
    put("1006", enabled=False)
    found = owned.store.agents_with(ZONE, "sales", 3, 10)
    assert [(each.agent_id, each.name) for each in found] == [("1001", "N1001"), ("1003", "N1003")]
    assert found[0].skills == (AgentSkill("sales", "7", 3),)
    assert [each.agent_id for each in owned.store.agents_with(ZONE, "sales", 1, 2)] == ["1001", "1002"]


def test_saved_agent_is_of_its_zone(owned: Owned) -> None:
    owned.commit(saved(zone="Other"))
    assert owned.take_over().saved == ()


def test_takeover_leaves_a_saved_agent_its_contact(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(
        *talking(contacts[2]),
        SaveNote(1, 2, "a1", "1001", "likes blue", T0),
        SetAttribute(2, "FirstName", "Eve", "1001", T0),
        saved("a1"),
    )
    opened = owned.take_over()
    session = opened.saved[0].session
    assert session is not None
    assert (session.sid, session.job_id, session.answered_at) == ("a1", 1, T0 + 5)
    assert (session.contact_type, session.number) == (ContactType.Predictive, contacts[2].numbers[0])
    assert (session.contact.contact_id, session.contact.attempts) == (2, 0)
    assert (session.contact.notes, session.contact.attributes["FirstName"]) == (("likes blue",), "Eve")
    assert (session.callback_id, session.callback_count, session.is_live) == ("", 0, False)
    assert opened.jobs[0].done == 0
    assert sorted(owned.claim()) == [1, 3, 4]
    owned.commit(*done(2))
    assert owned.take_over().jobs[0].done == 1


def test_takeover_again_leaves_it_still(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(*talking(contacts[2]), saved("a1"))
    assert owned.take_over().saved == owned.take_over().saved
    assert sorted(owned.claim()) == [1, 3, 4]


def test_takeover_counts_the_callbacks_that_a_contact_was_given(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(*talking(contacts[1]), callback(), saved("a1"))
    opened = owned.take_over()
    assert opened.saved[0].session is not None
    assert opened.saved[0].session.callback_count == 1
    assert [c.callback_id for c in opened.jobs[0].callbacks] == ["cb"]


def test_takeover_leaves_a_saved_agent_the_attempts_that_its_callback_has_had(owned: Owned) -> None:
    owned.claim()
    owned.commit(callback(attempts=2), calling_back(), MarkAnswered("b1", T0 + 5, "1001"), saved("b1"))
    (agent,) = owned.take_over().saved
    assert agent.session is not None
    assert agent.session.contact.attempts == 2


def test_takeover_leaves_a_saved_agent_the_contact_of_a_callback_whose_time_passed(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(calling_back(), MarkAnswered("b1", T0 + 1001, "1001"), saved("b1"))
    opened = owned.take_over(T0 + 9999)
    session = opened.saved[0].session
    assert session is not None
    assert (session.callback_id, session.contact_type) == ("cb", ContactType.Callback)
    assert (session.contact.contact_id, session.contact.attempts) == (1, 0)
    assert [c.callback_id for c in opened.jobs[0].callbacks] == ["cb"]
    owned.commit(
        SaveDisposition("b1", 1, 1, "1001", REFUSED, "agent", T0 + 9999),
        EndCallback("cb", "Handled", T0 + 9999, 1),
        EndAttempt("b1", "Handled", T0 + 9999),
    )
    assert owned.waiting() == []


def test_takeover_session_of_a_callback_put_off_is_not_that_of_the_callback(owned: Owned) -> None:
    callback_made(owned)
    owned.commit(
        calling_back(), MarkAnswered("b1", T0 + 1001, "1001"), callback(due_at=T0 + 3000), saved("b1")
    )
    opened = owned.take_over(T0 + 1100)
    assert opened.saved[0].session is not None
    assert (opened.saved[0].session.sid, opened.saved[0].session.callback_id) == ("b1", "")
    assert [c.callback_id for c in opened.jobs[0].callbacks] == ["cb"]


def unanswered(contact: ContactSpec) -> list[Record]:
    return [start(contact)]


def over(contact: ContactSpec) -> list[Record]:
    return [*talking(contact), *done(contact.contact_id)]


def job_over(contact: ContactSpec) -> list[Record]:
    given_back = [ReturnContact(1, number, 0, "", T0) for number in range(2, CONTACTS + 1)]
    return [*over(contact), *given_back, FinishJob(1, "stopped", T0)]


@pytest.mark.parametrize("died", [unanswered, over, job_over])
def test_takeover_saved_agent_without_answered_attempt_comes_back_alone(
    owned: Owned, died: Callable[[ContactSpec], list[Record]]
) -> None:
    owned.commit(*died(owned.claim()[1]), saved("a1"))
    (agent,) = owned.take_over().saved
    assert (agent.leg_id, agent.session) == ("1/1001/1", None)


def test_takeover_unanswered_contact_of_a_saved_agent_is_dialled_again(owned: Owned) -> None:
    owned.commit(*unanswered(owned.claim()[1]), saved("a1"))
    owned.take_over()
    assert owned.claim()[1].attempts == 1


# -- what a job has done -------------------------------------------------------------------------


def test_tally_is_what_was_done_by_name_the_most_frequent_first(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(*talking(contacts[1]), *done(1))
    owned.commit(start(contacts[2], "a2"), EndAttempt("a2", "Nuisance", T0), ReturnContact(1, 2, 1, "x", T0))
    owned.commit(*talking(contacts[3], "a3"), *done(3, "a3"), start(contacts[4], "a4"))
    before = JobTally(
        4, 1, 2, 1, (("Handled", 2), ("Nuisance", 1)), (("Sale", 2),), 2, done=(("Handled", 2),)
    )
    assert owned.store.tally(1) == before
    opened = owned.take_over()
    assert opened.jobs[0].done == 2
    outcomes = (("Handled", 2), ("Interrupted", 1), ("Nuisance", 1))
    assert owned.store.tally(1) == evolve(before, dials=0, outcomes=outcomes)


def test_tally_counts_callbacks_that_ended_also_those_that_expired_while_nobody_looked(owned: Owned) -> None:
    owned.commit(callback(1, "one"), EndCallback("one", "Handled", T0, 1))
    owned.commit(callback(2, "two"))
    owned.take_over(T0 + 9_999_999)
    assert owned.store.tally(1).callbacks == (("Expired", 1), ("Handled", 1))


def test_tally_counts_as_dials_what_was_dialled(owned: Owned) -> None:
    contacts = owned.claim()
    one, two, three, four = (evolve(start(contacts[n], f"a{n}"), dialed_at=T0) for n in (1, 2, 3, 4))
    owned.commit(one, EndAttempt("a1", "Busy", T0), ReturnContact(1, 1, 1, "Busy", T0))
    owned.commit(two, EndAttempt("a2", "DncBlocked", T0, dialed=False), ReturnContact(1, 2, 0, "x", T0))
    owned.commit(three, evolve(four, dialed_at=None))
    assert (owned.store.tally(1).attempts, owned.store.tally(1).dials) == (3, 3)
    owned.take_over()
    tally = owned.store.tally(1)
    assert (tally.attempts, tally.dials, tally.refused) == (3, 2, (("DncBlocked", 1),))
    assert dict(tally.outcomes) == {"Busy": 1, "Interrupted": 2}


def test_tally_tells_the_same_reason_before_and_after_the_dial_apart(owned: Owned) -> None:
    contacts = owned.claim()
    one, two = (evolve(start(contacts[n], f"a{n}"), dialed_at=T0) for n in (1, 2))
    owned.commit(one, EndAttempt("a1", "Busy", T0))
    refused = EndAttempt("a2", "Busy", T0, dialed=False)
    owned.commit(two, refused)
    tally = owned.store.tally(1)
    assert (tally.attempts, tally.outcomes, tally.refused) == (1, (("Busy", 1),), (("Busy", 1),))


def test_tally_answer_that_finds_its_agent_later_counts_once(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact), MarkAnswered("a1", T0, None), MarkAnswered("a1", T0, "1001"))
    assert owned.store.tally(1).live_answers == 1


# -- who owns the zone -------------------------------------------------------------------------


def test_old_owner_can_change_nothing(owned: Owned) -> None:
    old = owned.token
    owned.take_over()
    with pytest.raises(Fenced):
        owned.store.commit(old, [callback()])
    with pytest.raises(Fenced):
        owned.store.claim_contacts(old, 1, 1, T0)
    with pytest.raises(Fenced):
        owned.store.load_job(old, 1)
    assert owned.waiting() == []


# -- dials ---------------------------------------------------------------------------------------


TYPED = PhoneNumber("ExternalNumber", "+12125557777", "America/New_York")


def asked(owned: Owned, contact: ContactSpec, attempt_id: str, number: PhoneNumber = TYPED) -> DialChecked:
    own = number in contact.numbers
    (answer,) = owned.store.check_dials([CheckDial(1, attempt_id, contact.contact_id, number, own)])
    return answer


def dialling(contact: ContactSpec, attempt_id: str, at: float, number: PhoneNumber = TYPED) -> StartAttempt:
    contact_type = ContactType.Predictive
    return StartAttempt(
        attempt_id,
        1,
        contact.contact_id,
        contact_type,
        number.number,
        at,
        number_name=number.name,
        dialed_at=at,
    )


def test_dial_with_nothing_against_it_is_answered_with_its_number(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact))
    assert asked(owned, contact, "a1", contact.numbers[0]) == DialChecked(1, contact.numbers[0])


def test_dial_of_a_number_on_the_list_is_told(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact), AddToDnc(TYPED.number, "1001", T0))
    assert asked(owned, contact, "a1") == DialChecked(1, TYPED, on_dnc=True)


def test_dial_of_a_number_that_was_corrected_gets_the_new_one(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact), CORRECTED)
    found = asked(owned, contact, "a1", contact.numbers[0])
    assert found.number is not None
    assert (found.number.name, found.number.number) == ("PhoneNumber1", "+12125556666")


def test_dial_of_a_corrected_number_is_looked_up_by_the_new_one(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact), CORRECTED)
    owned.commit(AddToDnc(contact.numbers[0].number, "1001", T0))
    assert not asked(owned, contact, "a1", contact.numbers[0]).on_dnc
    owned.commit(AddToDnc("+12125556666", "1001", T0))
    assert asked(owned, contact, "a1", contact.numbers[0]).on_dnc


def test_dial_keeps_the_zone_that_was_given_with_a_number_that_is_the_same(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(start(contact))
    given = evolve(contact.numbers[0], timezone="Europe/Berlin")
    (answer,) = owned.store.check_dials([CheckDial(1, "a1", 1, given, own=True)])
    assert answer.number == given


def test_dials_asked_about_together_are_answered_in_their_order(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(start(contacts[1]), start(contacts[2], "a2"), AddToDnc(TYPED.number, "1001", T0))
    one, two = contacts[1].numbers[0], contacts[2].numbers[0]
    answers = owned.store.check_dials(
        [
            CheckDial(7, "a1", 1, one, True),
            CheckDial(8, "a2", 2, TYPED, False),
            CheckDial(9, "a2", 2, two, True),
        ]
    )
    assert answers == (DialChecked(7, one), DialChecked(8, TYPED, on_dnc=True), DialChecked(9, two))


@pytest.mark.parametrize("later_s", [-1.0, 0.0, 1.0])
def test_number_wanted_twice_is_whose_was_written_first_whatever_the_clocks_say(
    owned: Owned, later_s: float
) -> None:
    contacts = owned.claim()
    owned.commit(dialling(contacts[1], "z1", T0))
    owned.commit(dialling(contacts[2], "a2", T0 + later_s))
    assert not asked(owned, contacts[1], "z1").in_work
    assert asked(owned, contacts[2], "a2").in_work


def test_number_shown_before_is_wanted_when_it_is_dialled(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(start(contacts[1]), dialling(contacts[2], "a2", T0 + 1))
    owned.commit(MarkDialed("a1", TYPED.name, TYPED.number, T0 + 2, "1001"))
    assert asked(owned, contacts[1], "a1").in_work
    assert not asked(owned, contacts[2], "a2").in_work


def test_number_corrected_into_one_that_rings_elsewhere_is_in_work(owned: Owned) -> None:
    contacts = owned.claim()
    corrected = SetNumber(1, "PhoneNumber1", TYPED.number, "America/New_York", False, 1, "1001", T0)
    owned.commit(start(contacts[1]), dialling(contacts[2], "a2", T0 + 9), corrected)
    assert asked(owned, contacts[1], "a1", contacts[1].numbers[0]).in_work


def test_number_is_free_for_who_is_written_down_with_it_after_the_attempt_is_over(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(dialling(contacts[1], "a1", T0), dialling(contacts[2], "a2", T0 + 1))
    owned.commit(EndAttempt("a1", "Busy", T0 + 2))
    # it could have been the number of another attempt meanwhile
    assert asked(owned, contacts[2], "a2").in_work
    owned.commit(MarkDialed("a2", TYPED.name, TYPED.number, T0 + 3, "1001"))
    assert not asked(owned, contacts[2], "a2").in_work
    owned.commit(dialling(contacts[3], "a3", T0 + 4))
    assert asked(owned, contacts[3], "a3").in_work


def test_number_is_let_go_when_another_is_dialled_or_the_zone_dies(owned: Owned) -> None:
    contacts = owned.claim()
    owned.commit(dialling(contacts[1], "a1", T0))
    owned.commit(MarkDialed("a1", "PhoneNumber1", contacts[1].numbers[0].number, T0 + 1, "1001"))
    owned.commit(dialling(contacts[2], "a2", T0 + 2))
    assert not asked(owned, contacts[2], "a2").in_work
    owned.take_over()
    owned.commit(dialling(owned.claim()[3], "a3", T0 + 3))
    assert not asked(owned, contacts[3], "a3").in_work


def test_redial_that_nobody_answers_keeps_the_contact_that_was_reached_before(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(*talking(contact), EndAttempt("a1", "Handled", T0 + 9, "1001"))
    again = evolve(dialling(contact, "a1.2", T0 + 10), session_id="a1", reached_at=T0 + 5, agent_id="1001")
    owned.commit(again, saved("a1.2"))
    (agent,) = owned.take_over().saved
    assert agent.session is not None
    assert (agent.session.sid, agent.session.attempt_id) == ("a1", "a1.2")
    assert (agent.session.answered_at, agent.session.reached) == (T0 + 5, False)
    assert agent.session.number.number == TYPED.number


def test_redial_interrupted_does_not_call_again_who_was_reached_before(owned: Owned) -> None:
    contact = owned.claim()[1]
    owned.commit(*talking(contact), EndAttempt("a1", "Handled", T0 + 9, "1001"))
    owned.commit(evolve(dialling(contact, "a1.2", T0 + 10), session_id="a1", reached_at=T0 + 5))
    owned.take_over()
    assert 1 not in owned.claim()


def test_contacts_left_are_counted_through_everything_that_happens_to_them(owned: Owned) -> None:
    def left() -> list[tuple[int, int]]:
        return [(each.fresh, each.retries) for each in owned.store.contacts_left(1)]

    (before,) = left()
    total = before[0]
    contacts = owned.claim()
    assert sum(fresh for fresh, _ in left()) == total - len(contacts)
    owned.commit(start(contacts[1]), EndAttempt("a1", "Busy", T0), ReturnContact(1, 1, 1, "Busy", T0 + 60))
    owned.commit(*talking(contacts[2], "a2"), *done(2, "a2"))
    assert sum(retries for _, retries in left()) == 1
    owned.take_over()
    assert left() == [(total - 2, 1)], "what was only claimed is fresh again"
    assert owned.store.tally(1).done == (("Handled", 1),)
