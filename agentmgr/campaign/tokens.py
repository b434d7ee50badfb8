"""Tokens in place of an account's password, of programs and browsers: made, listed, revoked, checked.

A token is 256 bits of chance behind an id, so a fast hash of it is as safe in the store as a slow one. Its
text is told once, when it is made.
"""

import hashlib
import hmac
import secrets

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.ports import AccountLogin, AccountStore, AccountToken, Role

PREFIX = "agentmgr"
"""What every token begins with, so that one is known where it should not be: in a log, in a repository."""
SECRET_BYTES = 32
MAX_NAME_CHARACTERS = 50
MAX_DAYS = 3650
MAX_TOKENS = 100
"""So many an account may have, those of browsers not counted."""
SESSION = "browser session"
"""The name of the token that stands for somebody who is signed in with a browser."""
SESSION_S = 12 * 3600.0
MAX_SESSIONS = 50
"""So many browsers may be signed in with an account; with one more the oldest is signed out."""
DAY_S = 86_400.0


class TokenService(Service):
    """Tokens of accounts; whoever has one may do what its account may, until it is revoked or its end."""

    def add(self, account: str, name: str = "", days: int | None = None) -> tuple[AccountToken, str]:
        """Make a token; return it with its text, which is not to be had again.

        Args:
            account: whose; one of the role manager.
            name: what it is for, for people.
            days: for how many it is good; without an end if None.

        Raises:
            ServiceError: there is no such account, it is no manager's, it has too many, or a value is of no
                use.
        """
        self.check_global("to make a token")
        login = self._at.store.find_account(account)
        if login is None:
            raise ServiceError(
                Cause.NO_SUCH_ACCOUNT, f"no account {account[:100]!r}; see agentmgr account list"
            )
        if login.role is not Role.MANAGER:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"account {account}: is a {login.role}; tokens are for calls of the web services, which need"
                f" a {Role.MANAGER}",
            )
        if len(name) > MAX_NAME_CHARACTERS or not name.isprintable() or name == SESSION:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"name of a token: has at most {MAX_NAME_CHARACTERS} characters that can be printed, and"
                f" is not {SESSION!r}",
            )
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise ServiceError(Cause.BAD_VALUE, f"days: found {days}; allowed are 1 to {MAX_DAYS}")
        of_programs = [each for each in self._at.store.tokens(account) if each.name != SESSION]
        if len(of_programs) >= MAX_TOKENS:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"account {account}: has {MAX_TOKENS} tokens already; revoke some (agentmgr account token"
                f" list {account})",
            )
        return self._make(account, name, None if days is None else self._at.now() + days * DAY_S)

    def open_session(self, account: str) -> str:
        """Make the token of a browser that has shown an account's password; return its text.

        For those who let people in, as `holder` is.
        """
        now = self._at.now()
        for place, each in enumerate(reversed(sessions_of(self._at.store, account)), 1):
            if place >= MAX_SESSIONS or (each.ends_at or now) <= now:
                self._at.store.delete_token(each.token_id)
        return self._make(account, SESSION, now + SESSION_S)[1]

    def close_session(self, text: str) -> None:
        """Let the token of a browser be good for nothing any more."""
        if self.holder(text) is not None:
            self._at.store.delete_token(id_of(text))

    def _make(self, account: str, name: str, ends_at: float | None) -> tuple[AccountToken, str]:
        token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
        token = AccountToken(token_id, account, name, _digest(secret), self._at.now(), ends_at)
        self._at.store.add_token(token)
        return token, f"{PREFIX}_{token_id}_{secret}"

    def all(self, account: str = "") -> tuple[AccountToken, ...]:
        """Return the tokens of an account, or all, by account and age; those that have ended too."""
        self.check_global("to see tokens")
        return self._at.store.tokens(account)

    def revoke(self, token_id: str) -> AccountToken:
        """Let a token be good for nothing from the next call on; return it.

        Raises:
            ServiceError: there is none with this id.
        """
        self.check_global("to revoke a token")
        found = self._at.store.find_token(token_id)
        if found is None or not self._at.store.delete_token(token_id):
            raise ServiceError(
                Cause.NO_SUCH_TOKEN,
                f"no token with the id {token_id[:50]!r}; see agentmgr account token list",
            )
        return found

    def holder(self, text: str) -> AccountLogin | None:
        """Return the account whose token this is; None if it is none, was revoked, or has ended.

        For those who let people and programs in: nobody else needs to be asked who calls.
        """
        prefix, token_id, secret = [*text.split("_", 2), "", ""][:3]
        token = self._at.store.find_token(token_id) if prefix == PREFIX and token_id.isalnum() else None
        if token is None or not hmac.compare_digest(token.digest, _digest(secret)):
            return None
        if token.ends_at is not None and token.ends_at <= self._at.now():
            return None
        return self._at.store.find_account(token.account)


def sessions_of(store: AccountStore, account: str) -> list[AccountToken]:
    """Return the tokens of browsers that are, or were, signed in with an account, the oldest first."""
    return [each for each in store.tokens(account) if each.name == SESSION]


def end_sessions(store: AccountStore, account: str) -> None:
    """Sign all browsers out that are signed in with an account."""
    for each in sessions_of(store, account):
        store.delete_token(each.token_id)


def id_of(text: str) -> str:
    """Return the id that a token has, or whatever stands there; empty if there is none."""
    return [*text.split("_", 2), ""][1]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
