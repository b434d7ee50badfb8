"""Who calls over HTTP: basic sign-in with an account, or its token, before a request's body is read.

A password's check takes 25 ms of a core on purpose, and clients send it with each call. So a good one is
remembered for some minutes, as an HMAC under a key of this process over the password and the hash that it was
checked against: once the account has another, it is forgotten. Wrong ones are never remembered; they are
counted for account and address together and for the address, as those of desktops are. So are wrong tokens,
by the ids that they say; a token's check costs nothing, and so is made for each call.
"""

import hashlib
import hmac
import math
import secrets
from base64 import b64decode
from binascii import Error as Base64Error
from collections import OrderedDict
from collections.abc import Callable

import structlog
import trio
from attrs import define
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agentmgr.audit import audit
from agentmgr.campaign.service import Caller
from agentmgr.campaign.tokens import id_of
from agentmgr.core.effects import CheckAccount
from agentmgr.ports import AccountLogin, Login, StoreFault
from agentmgr.runtime.guesses import Guesses, Pair, source_of
from agentmgr.text import shown

log = structlog.get_logger()

REMEMBERED_S = 300.0
"""For how long a good password is not checked again, in real seconds."""
MAX_REMEMBERED = 10_000
MAX_WAITING = 64
"""How many passwords wait for their check; more are answered 503."""
MAX_NAME_CHARACTERS = 50
LOOKS = frozenset({"GET", "HEAD"})
ELSEWHERE = frozenset({"cross-site", "same-site"})
"""Requests by pages of others, as browsers call them: they have the password that somebody has given here."""
_BASIC, _BEARER = 'Basic realm="agentmgr", charset="UTF-8"', 'Bearer realm="agentmgr"'
CHALLENGE = {"WWW-Authenticate": _BASIC}
BOTH = {"WWW-Authenticate": f"{_BASIC}, {_BEARER}"}
WRONG_TOKEN = {"WWW-Authenticate": f'{_BEARER}, error="invalid_token"'}

Find = Callable[[str], AccountLogin | None]
Verify = Callable[[Login | None, str], bool]
Holder = Callable[[str], AccountLogin | None]


@define
class _Remembered:
    digest: bytes
    until: float


class SignIn:
    """Tells who calls.

    Args:
        find: looks an account up; blocks.
        verify: says whether a password is right; blocks, and takes as long without an account.
        holder: says whose a token is; blocks.
    """

    def __init__(self, find: Find, verify: Verify, holder: Holder) -> None:
        self._find = find
        self._verify = verify
        self._holder = holder
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._guesses = Guesses()
        self._looking = trio.CapacityLimiter(2)
        self._checking = trio.CapacityLimiter(1)
        self._in_check: dict[Pair, trio.Lock] = {}
        self._waiting = 0

    async def caller(self, request: Request, *, tokens: bool = False) -> Caller:
        """Return who makes a request.

        Args:
            request: what is called.
            tokens: whether a token is as good as name and password.

        Raises:
            HTTPException: nobody who may (401, 403), or the password is not checked now (429, 503).
        """
        if request.method not in LOOKS and request.headers.get("sec-fetch-site", "") in ELSEWHERE:
            raise HTTPException(403, "this comes from a page that is not of this server\n")
        header = request.headers.get("authorization", "")
        source = source_of(request.client.host if request.client is not None else "")
        if tokens and header[:7].lower() == "bearer ":
            account = await self.by_token(header[7:].strip(), source)
        else:
            account = await self.by_password(*_basic(header, BOTH if tokens else CHALLENGE), source)
        if not account.may_call:
            raise HTTPException(
                403, f"account {account.name} may not call web services; that needs the role manager\n"
            )
        return Caller(account.name, account.organisation)

    async def by_password(self, name: str, password: str, source: str) -> AccountLogin:
        """Return the account with a name and a password.

        Raises:
            HTTPException: there is none (401), or it is not looked at now (429, 503).
        """
        account = await self._look(self._find, name)
        if account is None or not self._is_remembered(account, password):
            await self._check(((CheckAccount, name), source), account, password)
        assert account is not None, "its password was right"
        return account

    async def by_token(self, text: str, source: str) -> AccountLogin:
        """Return the account whose token this is.

        Raises:
            HTTPException: there is none (401), or it is not looked at now (429, 503).
        """
        pair = (CheckAccount, f"token {id_of(text)[:MAX_NAME_CHARACTERS]}"), source
        self._slow(pair)
        account = await self._look(self._holder, text)
        if account is None or not self._guesses.is_known(pair):
            outcome = "wrong" if account is None else "right"
            audit("web_token", shown(pair[0][1]), outcome, address=source)
        if account is None:
            self._guesses.wrong(pair, trio.current_time())
            raise HTTPException(401, "the token is wrong, was revoked, or has ended\n", WRONG_TOKEN)
        self._guesses.right(pair)
        return account

    async def _look(self, look: Callable[[str], AccountLogin | None], what: str) -> AccountLogin | None:
        try:
            return await trio.to_thread.run_sync(look, what, limiter=self._looking)
        except StoreFault as fault:
            log.warning("account_not_read", why=str(fault))
            raise _later(503, 1.0, "accounts cannot be read now") from None

    def _slow(self, pair: Pair) -> None:
        """Let who has guessed wrong wait.

        Raises:
            HTTPException: nothing is checked yet.
        """
        now = trio.current_time()
        wait_s = self._guesses.free_at(pair) - now
        if not self._guesses.is_known(pair):
            wait_s = max(wait_s, self._guesses.source_wait_s(pair[1], now))
        if wait_s > 0:
            raise _later(429, wait_s, "there were wrong passwords or tokens before")

    async def _check(self, pair: Pair, account: AccountLogin | None, password: str) -> None:
        """Check a password, or find that it is right in the meantime; one of a pair at a time.

        Raises:
            HTTPException: it is wrong, or is not checked now.
        """
        if self._waiting >= MAX_WAITING:
            raise _later(503, 1.0, "too many passwords wait for their check")
        self._waiting += 1
        lock = self._in_check.setdefault(pair, trio.Lock())
        try:
            async with lock:
                if account is None or not self._is_remembered(account, password):
                    await self._check_now(pair, account, password)
        finally:
            self._waiting -= 1
            if not lock.statistics().tasks_waiting and not lock.locked():
                self._in_check.pop(pair, None)

    async def _check_now(self, pair: Pair, account: AccountLogin | None, password: str) -> None:
        (_, name), source = pair
        self._slow(pair)
        right = await trio.to_thread.run_sync(self._verify, account, password, limiter=self._checking)
        audit("web_sign_in", shown(name[:MAX_NAME_CHARACTERS]), "right" if right else "wrong", address=source)
        if not right or account is None:
            self._guesses.wrong(pair, trio.current_time())
            raise HTTPException(401, "the account or its password is wrong\n", CHALLENGE)
        self._guesses.right(pair)
        self._remembered[name] = _Remembered(
            self._digest(account, password), trio.current_time() + REMEMBERED_S
        )
        self._remembered.move_to_end(name)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def _is_remembered(self, account: AccountLogin, password: str) -> bool:
        kept = self._remembered.get(account.name)
        if kept is None or kept.until <= trio.current_time():
            return False
        return hmac.compare_digest(kept.digest, self._digest(account, password))

    def _digest(self, account: AccountLogin, password: str) -> bytes:
        text = f"{account.name}\0{account.password_hash}\0{password}"
        return hmac.digest(self._key, text.encode(errors="surrogatepass"), hashlib.sha256)


def _basic(header: str, challenge: dict[str, str]) -> tuple[str, str]:
    """Read the header with account and password.

    Raises:
        HTTPException: there is none, or it is no such header.
    """
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        also = ", or with a token" if challenge is BOTH else ""
        raise HTTPException(401, f"sign in with an account and its password{also}\n", challenge)
    try:
        raw = b64decode(encoded.strip(), validate=True)
    except (Base64Error, ValueError):
        raise HTTPException(401, "the header Authorization is not as Basic has it\n", challenge) from None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    name, _, password = text.partition(":")
    return name, password


def _later(status: int, wait_s: float, why: str) -> HTTPException:
    seconds = math.ceil(wait_s)
    return HTTPException(status, f"{why}; try again in {seconds} s\n", {"Retry-After": str(seconds)})
