"""Organisations, accounts with their tokens, and the calls that are kept for them."""

from agentmgr.ports import (
    AccountLogin,
    AccountToken,
    AgentLogin,
    KeptCall,
    Login,
)
from agentmgr.store import (
    accounts,
    agents,
    repeats,
)
from agentmgr.store.parts.part import Part


class AccountPart(Part):
    """Who may sign in and call, and for whom they work."""

    def add_organisation(self, name: str, now: float) -> bool:
        """Store an organisation; False if there is one of that name."""
        return self._database.write(accounts.add_organisation, name, now)

    def organisations(self) -> tuple[str, ...]:
        """Return the names of all organisations, sorted."""
        return self._database.read(accounts.read_organisations)

    def has_organisation(self, name: str) -> bool:
        """Tell whether there is an organisation of that name."""
        return self._database.read(accounts.has_organisation, name)

    def delete_organisation(self, name: str) -> tuple[str, ...] | None:
        """Delete one that nothing belongs to; return the kinds of things that do, None if there is none."""
        return self._database.write(accounts.delete_organisation, name)

    def find_account(self, name: str) -> AccountLogin | None:
        """Look an account up."""
        return self._database.read(accounts.find_account, name)

    def accounts(self) -> tuple[AccountLogin, ...]:
        """Return all accounts by name."""
        return self._database.read(accounts.read_accounts)

    def put_account(self, account: AccountLogin) -> None:
        """Store an account, or replace the one with the same name."""
        self._database.write(accounts.put_account, account)

    def renew_hash(self, login: Login, password_hash: str) -> None:
        """Store another hash of a password that stays as it is, unless another one was set."""
        before = login.password_hash
        if isinstance(login, AgentLogin):
            self._database.write(agents.renew_hash, login.agent.agent_id, before, password_hash)
        elif isinstance(login, AccountLogin):
            self._database.write(accounts.renew_hash, login.name, before, password_hash)

    def delete_account(self, name: str) -> bool:
        """Delete an account with its tokens; False if there was none."""
        return self._database.write(accounts.delete_account, name)

    def add_token(self, token: AccountToken) -> None:
        """Store a token."""
        self._database.write(accounts.add_token, token)

    def find_token(self, token_id: str) -> AccountToken | None:
        """Look a token up."""
        return self._database.read(accounts.find_token, token_id)

    def tokens(self, account: str = "") -> tuple[AccountToken, ...]:
        """Return the tokens of an account, or all, by account and age."""
        return self._database.read(accounts.read_tokens, account)

    def delete_token(self, token_id: str) -> bool:
        """Delete a token; False if there was none."""
        return self._database.write(accounts.delete_token, token_id)

    def begin_call(self, caller: str, key: str, digest: str, now: float, since: float) -> KeptCall | None:
        """Store that a call is under way; return the one that has the key already."""
        return self._database.write(repeats.begin_call, caller, key, digest, now, since)

    def keep_answer(self, caller: str, key: str, begun_at: float, status: int, body: str) -> None:
        """Store the answer of a call that began then."""
        self._database.write(repeats.keep_answer, caller, key, begun_at, status, body)
