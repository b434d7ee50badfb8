"""Passwords: what is bounded before it is hashed, and hashes of an earlier time."""

from argon2 import PasswordHasher

from agentmgr.campaign.passwords import MAX_PASSWORD_CHARACTERS, hashed, verify, verify_and_renew
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AccountLogin, AgentLogin, Role
from agentmgr.store import SqlStore
from protocol.structures import AgentSkill

OLD = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("secret")


def agent(password_hash: str) -> AgentLogin:
    return AgentLogin(AgentSpec("1001", "Ada", (AgentSkill("S"),)), password_hash, "Default", True)


def test_hashes_have_the_parameters_of_owasp() -> None:
    assert hashed("secret").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_password_that_is_too_long_is_wrong_and_not_hashed_whole() -> None:
    longest = "x" * MAX_PASSWORD_CHARACTERS
    login = agent(hashed(longest))
    assert verify(login, longest)
    assert not verify(login, longest + "x")
    assert not verify(login, longest * 1000)
    assert not verify(None, longest)


def test_hash_of_an_earlier_time_is_renewed_at_the_next_right_logon(store: SqlStore) -> None:
    for put, find, login in (
        (store.put_agent, lambda: store.find_agent("1001"), agent(OLD)),
        (
            store.put_account,
            lambda: store.find_account("blender"),
            AccountLogin("blender", OLD, Role.SERVICE, True),
        ),
    ):
        put(login)  # type: ignore[operator]  # each with its own
        assert not verify_and_renew(store.renew_hash, login, "wrong")
        assert find().password_hash == OLD
        assert verify_and_renew(store.renew_hash, login, "secret")
        renewed = find()
        assert renewed.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert verify(renewed, "secret")
        store.renew_hash(login, "of a password that is not the present one")
        assert find().password_hash == renewed.password_hash
