"""Resume tokens: with the newest one an agent's desktop comes back without a password, and nobody else does.

A token is 256 bits that nobody can foresee who does not know the zone's secret; kept are hashes alone. It is
renewed at each use, and the one that was used stays good until its successor is: the RESP that brings the
successor may be lost with its connection.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from attrs import frozen


@frozen
class TokenHashes:
    """What is kept of an agent's tokens: the newest, and the one that it was given for; empty: none."""

    newest: str = ""
    before: str = ""

    def fit(self, token: str) -> bool:
        """Tell whether a token is one of the two, in a time that says nothing about them."""
        given = hash_of(token).encode()
        kept = [each.encode() for each in (self.newest, self.before) if each]
        return sum(hmac.compare_digest(each, given) for each in kept) > 0


def hash_of(token: str) -> str:
    """Return what is kept of a token; it has bits enough to need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(secret: bytes, purpose: str) -> str:
    """Return a token of 43 characters that URLs and headers take; another purpose gives another."""
    digest = hmac.digest(secret, purpose.encode(), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
