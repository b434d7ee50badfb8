"""Tokens of accounts: what is stored of them, for how long they are good, and for whom they are made."""

import pytest
from callers import T0, services

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.tokens import DAY_S, MAX_TOKENS, id_of
from agentmgr.ports import AccountLogin, Role
from agentmgr.store import SqlStore


@pytest.fixture(autouse=True)
def accounts(store: SqlStore) -> None:
    store.put_account(AccountLogin("crm", "hash", Role.MANAGER, True))
    store.put_account(AccountLogin("nora", "hash", Role.MANAGER, True))
    store.put_account(AccountLogin("blender", "hash", Role.SERVICE, True))


def holder(store: SqlStore, text: str, now: float = T0) -> str | None:
    found = services(store, now=now).tokens.holder(text)
    return None if found is None else found.name


def test_token_is_its_accounts_and_only_a_hash_of_it_is_stored(store: SqlStore) -> None:
    token, text = services(store).tokens.add("crm", "nightly")
    assert holder(store, text) == "crm"
    assert id_of(text) == token.token_id
    (row,) = store._database.read(lambda tx: tx.sql.fetch("SELECT * FROM account_token"))
    secret = text.split("_", 2)[2]
    assert len(secret) >= 43
    assert not any(secret in str(value) for value in row)
    assert secret not in repr(token)


def test_tokens_are_never_the_same(store: SqlStore) -> None:
    texts = {services(store).tokens.add("crm")[1] for _ in range(20)}
    assert len(texts) == len({id_of(text) for text in texts}) == 20


def test_text_that_is_no_token_is_nobodys(store: SqlStore) -> None:
    token, text = services(store).tokens.add("crm")
    _, other = services(store).tokens.add("nora")
    prefix, token_id, secret = text.split("_", 2)
    for wrong in (
        "", "_", "__", "x", prefix, f"{prefix}_{token_id}", f"{prefix}_{token_id}_", f"{text}x", text[:-1],
        f"{prefix}_{token_id}_{other.split('_', 2)[2]}", f"{prefix}_{token.digest}_{secret}",
        f"{prefix}_{token_id}_{token.digest}", f"{prefix}_%_{secret}", f"other_{token_id}_{secret}",
        text.upper(),        f"{prefix}_{token_id}_\udcff",
    ):  # fmt: skip
        assert holder(store, wrong) is None, wrong


def test_token_is_good_for_its_days(store: SqlStore) -> None:
    token, text = services(store).tokens.add("crm", days=2)
    assert token.ends_at == T0 + 2 * DAY_S
    assert holder(store, text, T0 + 2 * DAY_S - 1) == "crm"
    assert holder(store, text, T0 + 2 * DAY_S) is None
    assert services(store).tokens.all() == (token,)


def test_token_that_is_revoked_is_nobodys(store: SqlStore) -> None:
    tokens = services(store).tokens
    (first, text), (second, other) = tokens.add("crm", "a"), tokens.add("crm", "b")
    assert tokens.revoke(first.token_id) == first
    assert (holder(store, text), holder(store, other)) == (None, "crm")
    assert tokens.all() == (second,)
    with pytest.raises(ServiceError, match="no token with the id") as error:
        tokens.revoke(first.token_id)
    assert error.value.cause is Cause.NO_SUCH_TOKEN


def test_tokens_end_with_their_account_and_outlast_its_password(store: SqlStore) -> None:
    at = services(store)
    _, text = at.tokens.add("crm")
    at.accounts.change("crm", password="another")
    assert holder(store, text) == "crm"
    at.accounts.delete("crm")
    at.accounts.add("crm", "secret", Role.MANAGER)
    assert holder(store, text) is None
    assert at.tokens.all() == ()


def test_tokens_are_listed_by_account_and_age(store: SqlStore) -> None:
    nora, _ = services(store).tokens.add("nora")
    later, _ = services(store, now=T0 + 1).tokens.add("crm")
    first, _ = services(store).tokens.add("crm")
    assert services(store).tokens.all() == (first, later, nora)
    assert services(store).tokens.all("crm") == (first, later)


@pytest.mark.parametrize(
    ("account", "name", "days", "cause", "text"),
    [
        ("nobody", "", None, Cause.NO_SUCH_ACCOUNT, "no account 'nobody'; see agentmgr account list"),
        ("blender", "", None, Cause.BAD_VALUE, "is a service; tokens are for calls of the web services"),
        ("crm", "x" * 51, None, Cause.BAD_VALUE, "at most 50 characters"),
        ("crm", "a\nb", None, Cause.BAD_VALUE, "that can be printed"),
        ("crm", "", 0, Cause.BAD_VALUE, "days: found 0; allowed are 1 to 3650"),
        ("crm", "", 3651, Cause.BAD_VALUE, "days: found 3651"),
    ],
)
def test_token_that_cannot_be_is_not_made(
    store: SqlStore, account: str, name: str, days: int | None, cause: Cause, text: str
) -> None:
    with pytest.raises(ServiceError, match=text) as error:
        services(store).tokens.add(account, name, days)
    assert error.value.cause is cause
    assert store.tokens() == ()


def test_account_has_so_many_tokens_and_no_more(store: SqlStore) -> None:
    tokens = services(store).tokens
    for _ in range(MAX_TOKENS):
        tokens.add("crm")
    with pytest.raises(ServiceError, match="has 100 tokens already; revoke some"):
        tokens.add("crm")
    tokens.add("nora")


def test_tokens_are_kept_by_those_of_no_organisation(store: SqlStore) -> None:
    tokens = services(store, organisation="North").tokens
    for act in (lambda: tokens.add("crm"), tokens.all, lambda: tokens.revoke("x")):
        with pytest.raises(ServiceError) as error:
            act()
        assert error.value.cause is Cause.DENIED
