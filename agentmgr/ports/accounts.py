"""Organisations, and accounts of programs and supervisors, as they are stored."""

from enum import StrEnum
from typing import Protocol

from attrs import frozen


class Role(StrEnum):
    """What an account is for."""

    SERVICE = "service"  # signs in on a connection of the wire and sends some commands for any agent
    MANAGER = "manager"  # calls the web services: of its organisation's things, of all without one
    SUPERVISOR = "supervisor"  # a person at the wallboard, with the same bounds

    @property
    def may_have_organisation(self) -> bool:
        """Whether an account may work for one organisation alone."""
        return self is not Role.SERVICE


@frozen
class AccountLogin:
    """An account with what its password is checked against; without an organisation it may see all."""

    name: str
    password_hash: str
    role: Role
    enabled: bool
    organisation: str = ""

    @property
    def may_sign_in(self) -> bool:
        """Whether a connection of the wire may sign in with it."""
        return self.enabled and self.role is Role.SERVICE

    @property
    def may_call(self) -> bool:
        """Whether operations of the web services may be called with it."""
        return self.enabled and self.role is Role.MANAGER

    @property
    def may_supervise(self) -> bool:
        """Whether somebody may sign in with it at the supervisor's page."""
        return self.enabled and self.role in (Role.SUPERVISOR, Role.MANAGER)


@frozen
class AccountToken:
    """What a program calls with in place of its account's password; `digest` is of the secret in its text."""

    token_id: str
    account: str
    name: str
    digest: str
    made_at: float
    ends_at: float | None = None


class OrganisationStore(Protocol):
    """Organisations by their names; everything that has none belongs to all."""

    def add_organisation(self, name: str, now: float) -> bool:
        """Store an organisation; False if there is one of that name."""
        ...

    def organisations(self) -> tuple[str, ...]:
        """Return the names of all, sorted."""
        ...

    def has_organisation(self, name: str) -> bool:
        """Tell whether there is one of that name."""
        ...

    def delete_organisation(self, name: str) -> tuple[str, ...] | None:
        """Delete one that nothing belongs to; return the kinds of things that do, None if there is none."""
        ...


class AccountStore(Protocol):
    """Accounts of all zones; their names are one name space, beside that of agents."""

    def put_account(self, account: AccountLogin) -> None:
        """Store an account, or replace the one with the same name."""
        ...

    def find_account(self, name: str) -> AccountLogin | None:
        """Look an account up."""
        ...

    def accounts(self) -> tuple[AccountLogin, ...]:
        """Return all accounts by name."""
        ...

    def delete_account(self, name: str) -> bool:
        """Delete an account with its tokens; False if there was none."""
        ...

    def add_token(self, token: AccountToken) -> None:
        """Store a token."""
        ...

    def find_token(self, token_id: str) -> AccountToken | None:
        """Look a token up."""
        ...

    def tokens(self, account: str = "") -> tuple[AccountToken, ...]:
        """Return the tokens of an account, or all, by account and age."""
        ...

    def delete_token(self, token_id: str) -> bool:
        """Delete a token; False if there was none."""
        ...
