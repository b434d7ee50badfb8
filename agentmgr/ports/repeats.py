"""Calls that programs may send again: what was answered, as it is stored."""

from typing import Protocol

from attrs import frozen


@frozen
class KeptCall:
    """A call under a caller's key: what it was, and its answer once there is one."""

    digest: str
    begun_at: float
    status: int | None = None
    body: str = ""


class RepeatStore(Protocol):
    """Calls by their callers and keys."""

    def begin_call(self, caller: str, key: str, digest: str, now: float, since: float) -> KeptCall | None:
        """Store that a call is under way; return the one that has the key already, if it began after `since`.

        Of any number that begin at once, in whichever process, one is stored.
        """
        ...

    def keep_answer(self, caller: str, key: str, begun_at: float, status: int, body: str) -> None:
        """Store the answer of a call that began then."""
        ...
