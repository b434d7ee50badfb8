"""Accounts of programs and their passwords."""

import pytest
from callers import services

from agentmgr.campaign.passwords import verify
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.ports import Role
from agentmgr.store import SqlStore


def test_account_added_has_its_password_only(store: SqlStore) -> None:
    services(store).accounts.add("blender", "correct horse", Role.SERVICE)
    account = store.find_account("blender")
    assert account is not None
    assert (account.role, account.enabled, account.may_sign_in) == (Role.SERVICE, True, True)
    assert verify(account, "correct horse")
    assert not verify(account, "Correct horse")
    assert store.find_account("Blender") is None


def test_account_is_changed_in_what_is_given(store: SqlStore) -> None:
    accounts = services(store).accounts
    accounts.add("blender", "first", Role.SERVICE)
    accounts.change("blender", enabled=False)
    (account,) = accounts.all()
    assert (account.may_sign_in, verify(account, "first")) == (False, True)
    accounts.change("blender", password="second")
    (account,) = accounts.all()
    assert (account.may_sign_in, verify(account, "first"), verify(account, "second")) == (False, False, True)
    accounts.change("blender", enabled=True)
    assert accounts.all()[0].may_sign_in


def test_account_deleted_is_gone_and_its_name_is_free(store: SqlStore) -> None:
    accounts = services(store).accounts
    for name in ("monitor", "blender"):
        accounts.add(name, "secret", Role.SERVICE)
    assert [account.name for account in accounts.all()] == ["blender", "monitor"]
    accounts.delete("blender")
    assert [account.name for account in accounts.all()] == ["monitor"]
    accounts.add("blender", "other", Role.SERVICE)


@pytest.mark.parametrize("name", ["", "a b", "a\tb", "x" * 51])
def test_account_needs_a_name_of_use(store: SqlStore, name: str) -> None:
    with pytest.raises(ServiceError, match="a name has 1 to 50 characters, no space") as error:
        services(store).accounts.add(name, "secret", Role.SERVICE)
    assert error.value.cause is Cause.BAD_VALUE
    assert not store.accounts()


def test_account_that_is_there_already_stays_as_it_is(store: SqlStore) -> None:
    services(store).accounts.add("blender", "first", Role.SERVICE)
    with pytest.raises(ServiceError, match="account blender: there is one already") as error:
        services(store).accounts.add("blender", "second", Role.SERVICE)
    assert error.value.cause is Cause.EXISTS
    assert verify(store.find_account("blender"), "first")


@pytest.mark.parametrize("password", ["", "x" * 129])
def test_account_needs_a_password_of_use(store: SqlStore, password: str) -> None:
    with pytest.raises(ServiceError, match="a password has 1 to 128 characters"):
        services(store).accounts.add("blender", password, Role.SERVICE)
    assert not store.accounts()


def test_account_that_is_not_there_is_neither_changed_nor_deleted(store: SqlStore) -> None:
    accounts = services(store).accounts
    for act in (lambda: accounts.change("nobody", enabled=True), lambda: accounts.delete("nobody")):
        with pytest.raises(ServiceError, match="no account 'nobody'; see agentmgr account list") as error:
            act()
        assert error.value.cause is Cause.NO_SUCH_ACCOUNT
