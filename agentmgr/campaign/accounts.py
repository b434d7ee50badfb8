"""Accounts of programs that sign in for themselves, and of supervisors: added, changed, listed, deleted."""

from attrs import evolve

from agentmgr.campaign.passwords import hashed
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.campaign.tokens import end_sessions
from agentmgr.ports import AccountLogin, Role

MAX_NAME_CHARACTERS = 50


class AccountService(Service):
    """Accounts; what a program signs in with is read when it does, so a change holds from then on."""

    def add(self, name: str, password: str, role: Role, organisation: str = "") -> None:
        """Add an account; a manager's or supervisor's may belong to an organisation.

        Raises:
            ServiceError: the name or the password is of no use, there is one of this name, or no such
                organisation.
        """
        self.check_global("to add an account")
        self.check_organisation(organisation)
        if organisation and not role.may_have_organisation:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"account {name}: a {role} works for all; only a manager or a supervisor has an organisation",
            )
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS or not name.isprintable() or " " in name:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"account {name[:MAX_NAME_CHARACTERS]!r}:"
                f" a name has 1 to {MAX_NAME_CHARACTERS} characters, no space",
            )
        if self._at.store.find_account(name) is not None:
            raise ServiceError(Cause.EXISTS, f"account {name}: there is one already; choose another name")
        self._at.store.put_account(AccountLogin(name, hashed(password), role, True, organisation))

    def change(self, name: str, *, password: str | None = None, enabled: bool | None = None) -> None:
        """Give an account another password, or let it sign in or not; None leaves it as it is.

        With another password nobody is signed in at the supervisor's page any more.

        Raises:
            ServiceError: there is none of this name, or the password is of no use.
        """
        self.check_global("to change an account")
        account = self._at.store.find_account(name)
        if account is None:
            raise _missing(name)
        if password is not None:
            account = evolve(account, password_hash=hashed(password))
        self._at.store.put_account(evolve(account, enabled=account.enabled if enabled is None else enabled))
        if password is not None:
            end_sessions(self._at.store, name)

    def all(self) -> tuple[AccountLogin, ...]:
        """Return all accounts by name."""
        self.check_global("to see accounts")
        return self._at.store.accounts()

    def delete(self, name: str) -> None:
        """Delete an account.

        Raises:
            ServiceError: there is none of this name.
        """
        self.check_global("to delete an account")
        if not self._at.store.delete_account(name):
            raise _missing(name)


def _missing(name: str) -> ServiceError:
    return ServiceError(Cause.NO_SUCH_ACCOUNT, f"no account {name!r}; see agentmgr account list")
