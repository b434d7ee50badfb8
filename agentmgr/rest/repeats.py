"""Calls under an Idempotency-Key: carried out once, and answered the same whenever they are sent again."""

import hashlib
from collections.abc import Callable, Sequence

import orjson
import structlog
from attrs import AttrsInstance

from agentmgr.campaign.services import Services
from agentmgr.ports import KeptCall, StoreFault
from agentmgr.rest.calls import BAD_REQUEST, written
from agentmgr.rest.problems import CONFLICT, UNAVAILABLE, UNPROCESSABLE, Problem
from agentmgr.rest.routes import Route
from agentmgr.rest.values import write

log = structlog.get_logger()

HEADER = "Idempotency-Key"
MAX_KEY_CHARACTERS = 255
UNDER_WAY_S = 120.0
"""A call that has no answer after so long has none to come: its process died, or its store failed."""

Answer = tuple[int, bytes]
_FAILED = Problem(500, "the server failed when this was carried out first; its log says why")
_UNKNOWN = Problem(
    CONFLICT,
    "the server was cut off while it carried this out, and it is not known how far it came; look, and if"
    " it has to be done again call with another key",
    "OUTCOME_UNKNOWN",
)
_UNDER_WAY = Problem(
    CONFLICT, f"the first call with this {HEADER} is being carried out; try again", "UNDER_WAY"
)
_ANOTHER = Problem(
    UNPROCESSABLE,
    f"this {HEADER} was used for another call; use a new one for each thing that is to be done, and the same"
    " for the same",
    "KEY_USED",
)


class NoKey(Exception):
    """What was sent is no key."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(BAD_REQUEST, f"{HEADER}: {text}")


def key_of(headers: Sequence[str], route: Route) -> str | None:
    """Return the key of a call; None if it has none, or changes nothing.

    Args:
        headers: all that were sent of this name; a value may stand in quotes, which do not count.
        route: what is called.

    Raises:
        NoKey: it is none, or this call can have none.
    """
    if not headers or route.method == "GET":
        return None
    if route.has_lines:
        raise NoKey(
            "lines are kept by their UserContactId, however often they are sent; send them without a key"
        )
    if len(headers) > 1:
        raise NoKey(f"was sent {len(headers)} times; send one")
    key = headers[0].strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not key.isascii() or not key.isprintable():
        raise NoKey(f"needs 1 to {MAX_KEY_CHARACTERS} printable characters of ASCII, such as a UUID")
    return key


def once(
    key: str, route: Route, request: AttrsInstance, services: Services, work: Callable[[], Answer]
) -> Answer:
    """Carry a call out if it is the first under its key; return its answer, or that of the first.

    Args:
        key: the caller's.
        route: what is called.
        request: with what.
        services: as the caller has them.
        work: carries it out.
    """
    repeats = services.repeats
    digest = _digest(route, request)
    try:
        begun_at, before = repeats.begin(key, digest)
    except StoreFault as fault:
        return written(Problem(UNAVAILABLE, str(fault)))
    if before is not None:
        return _again(before, digest, begun_at)
    answer, kept = written(_FAILED), written(_FAILED)
    try:
        answer = kept = work()
        if answer[0] == UNAVAILABLE:
            kept = written(_UNKNOWN)
    finally:
        try:
            repeats.keep(key, begun_at, kept[0], kept[1].decode())
        except StoreFault as fault:
            log.warning("answer_not_kept", operation=route.name, why=str(fault))
    return answer


def _again(before: KeptCall, digest: str, now: float) -> Answer:
    if before.digest != digest:
        return written(_ANOTHER)
    if before.status is not None:
        return before.status, before.body.encode()
    return written(_UNDER_WAY if now - before.begun_at < UNDER_WAY_S else _UNKNOWN)


def _digest(route: Route, request: AttrsInstance) -> str:
    """Return the same for the same call, however its JSON was written."""
    told = orjson.dumps([route.name, write(request)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(told).hexdigest()
