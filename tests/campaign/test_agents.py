"""Agents and their passwords."""

import pytest
from argon2 import extract_parameters
from attrs import evolve
from callers import services

from agentmgr.campaign import passwords
from agentmgr.campaign.passwords import verify
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.core.model import AgentSpec
from agentmgr.store import SqlStore
from protocol.structures import AgentSkill

ANN = AgentSpec("1001", "Ann", (AgentSkill("English", "1", 3),))


def test_agent_added_logs_on_with_its_password_only(store: SqlStore) -> None:
    services(store).agents.add([ANN], "correct horse", "Default")
    login = store.find_agent("1001")
    assert login is not None
    assert (login.agent, login.zone, login.enabled) == (ANN, "Default", True)
    assert verify(login, "correct horse")
    assert not verify(login, "Correct horse")
    assert not verify(login, "")


def test_agent_disabled_has_a_right_password_and_one_with_a_damaged_hash_has_none(store: SqlStore) -> None:
    services(store).agents.add([ANN], "secret", "Default")
    login = services(store).agents.all()[0]
    assert verify(evolve(login, enabled=False), "secret"), "the runner says why it may not log on"
    assert not verify(evolve(login, password_hash="secret"), "secret")


def test_agent_unknown_is_checked_as_long_as_a_known_one(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    services(store).agents.add([ANN], "secret", "Default")
    checked: list[str] = []

    class Recorder:
        def verify(self, password_hash: str, password: str) -> bool:
            checked.append(password_hash)
            return True

    monkeypatch.setattr(passwords, "_HASHER", Recorder())
    assert verify(store.find_agent("1001"), "x")
    assert not verify(None, "x")
    known, nobody = (extract_parameters(password_hash) for password_hash in checked)
    assert known == nobody
    assert (known.memory_cost, known.time_cost, known.parallelism) == (19_456, 2, 1)
    assert known.type.name == "ID"


def test_agent_password_is_stored_as_a_hash_alone(store: SqlStore) -> None:
    services(store).agents.add([ANN], "correct horse", "Default")
    assert store.agents()[0].password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    store.close()
    assert b"correct horse" not in store.path.read_bytes()


def test_agent_new_password_replaces_the_old_one(store: SqlStore) -> None:
    services(store).agents.add([ANN], "old", "Default")
    services(store).agents.set_password("1001", "new")
    login = store.find_agent("1001")
    assert login is not None
    assert login.agent == ANN
    assert verify(login, "new")
    assert not verify(login, "old")


def test_agent_there_already_refused_and_kept(store: SqlStore) -> None:
    services(store).agents.add([ANN], "old", "Default")
    with pytest.raises(ServiceError, match="agent 1001: there is one already") as caught:
        services(store).agents.add([ANN], "new", "Default")
    assert caught.value.cause is Cause.EXISTS
    assert verify(store.find_agent("1001"), "old")


@pytest.mark.parametrize(
    ("agent", "password", "zone", "words"),
    [
        (AgentSpec("", "A", ()), "x", "Default", "an id has 1 to 50 characters"),
        (AgentSpec("10 01", "A", ()), "x", "Default", "no space"),
        (AgentSpec("1\n", "A", ()), "x", "Default", "an id has"),
        (AgentSpec("1" * 51, "A", ()), "x", "Default", "an id has 1 to 50 characters"),
        (
            AgentSpec("1", "A", (AgentSkill("E", "", 17),)),
            "x",
            "Default",
            "E has level 17; allowed are 1 to 16",
        ),
        (AgentSpec("1", "A", (AgentSkill("E"), AgentSkill("E"))), "x", "Default", "is given once"),
        (AgentSpec("1", "A", (AgentSkill(" "),)), "x", "Default", "needs a name"),
        (ANN, "", "Default", "a password has 1 to 128 characters"),
        (ANN, "x" * 129, "Default", "a password has 1 to 128 characters"),
        (ANN, "x", " ", "needs a zone"),
    ],
)
def test_agent_with_something_wrong_refused(
    store: SqlStore, agent: AgentSpec, password: str, zone: str, words: str
) -> None:
    with pytest.raises(ServiceError, match=words) as caught:
        services(store).agents.add([agent], password, zone)
    assert caught.value.cause is Cause.BAD_VALUE
    assert services(store).agents.all() == ()


def test_agent_unknown_gets_no_password(store: SqlStore) -> None:
    with pytest.raises(ServiceError, match="no agent '1001'") as caught:
        services(store).agents.set_password("1001", "x")
    assert caught.value.cause is Cause.NO_SUCH_AGENT


@pytest.mark.parametrize(
    ("agent", "zone", "words"),
    [
        (evolve(ANN, name="An\x07n"), "Default", "agent 1001: name has U[+]0007, a control character"),
        (evolve(ANN, skills=(AgentSkill("sa\x85les", level=1),)), "Default", "agent 1001: name has U[+]0085"),
        (ANN, "Def\x00ault", "the zone's name has U[+]0000"),
    ],
)
def test_agent_names_have_no_control_characters(
    store: SqlStore, agent: AgentSpec, zone: str, words: str
) -> None:
    with pytest.raises(ServiceError, match=words):
        services(store).agents.add([agent], "secret", zone)
    assert store.agents() == ()


def test_agent_name_keeps_what_people_have_in_names(store: SqlStore) -> None:
    services(store).agents.add([evolve(ANN, name="Anne\u00a0Marie\u200c\u3000")], "secret", "Default")
    assert store.agents()[0].agent.name == "Anne\u00a0Marie\u200c\u3000"
