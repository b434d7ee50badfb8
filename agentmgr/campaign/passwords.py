"""Passwords: hashed, and checked."""

from collections.abc import Callable

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.ports import Login, StoreFault

log = structlog.get_logger()

MAX_PASSWORD_CHARACTERS = 128

# OWASP's smallest argon2id: 35 logons a second on two cores, where the library's defaults do 6.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What the password of an unknown agent is checked against, so that the time does not tell the two apart.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qIfzBQuTL5cCTpizn9XuHA$YrefW6cX6URhaX2uHppua1JW8MXZnk4r8qn3qpeu4y0"


def verify(login: Login | None, password: str) -> bool:
    """Tell whether a password is right; takes as long for an agent or account that does not exist.

    Takes about 25 ms of one core and 19 MiB. Whether the login is enabled is not asked here.
    """
    known = _NOBODY if login is None else login.password_hash
    try:
        _HASHER.verify(known, password[:MAX_PASSWORD_CHARACTERS])
    except (VerificationError, InvalidHashError):
        return False
    return login is not None and len(password) <= MAX_PASSWORD_CHARACTERS


def verify_and_renew(renew: Callable[[Login, str], None], login: Login | None, password: str) -> bool:
    """Tell whether a password is right, and have one hashed anew whose hash is not what new ones are.

    Args:
        renew: stores the new hash of a login, unless its password was changed meanwhile.
        login: whose password it is said to be; None if nobody's.
        password: what was given.
    """
    right = verify(login, password)
    if right and login is not None and _HASHER.check_needs_rehash(login.password_hash):
        try:
            renew(login, _HASHER.hash(password))
        except StoreFault as fault:  # the old hash is as right
            log.warning("password_not_renewed", why=str(fault))
    return right


def hashed(password: str) -> str:
    """Return what a password is stored as.

    Raises:
        ServiceError: it is of no use.
    """
    if not 1 <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise ServiceError(Cause.BAD_VALUE, f"a password has 1 to {MAX_PASSWORD_CHARACTERS} characters")
    return _HASHER.hash(password)
