"""Many contacts in one request: a line of JSON each, and a line of answer for each."""

from collections.abc import Sequence
from typing import Any

import orjson
from attrs import AttrsInstance, frozen

from agentmgr.api.contact_fields import values_of
from agentmgr.api.contract_agent import ContactDataType
from agentmgr.api.faults import Refused
from agentmgr.campaign.checks import Checks
from agentmgr.campaign.service import ServiceError
from agentmgr.campaign.services import Services
from agentmgr.ports import StoreFault
from agentmgr.rest.routes import Route
from agentmgr.rest.values import Mistaken, read

NDJSON = "application/x-ndjson"
LINES = 50
"""So many contacts are stored in one transaction: a zone waits for one at most."""
MAX_LINE_BYTES = 65_536


@frozen
class SaveContacts:
    """Insert many contacts into a list, or change them: a line of JSON each, as `ContactDataType`.

    The answer has a line for each line, in their order: `Line` is its number, `Result` 0 if the contact was
    stored, else `Cause` and `Detail` say why not. What was stored stays, whatever comes after it.
    """

    ContactListName: str
    AutomaticUpdateForTimeZone: bool = False
    CheckForRejectPattern: bool = False
    CheckForPhoneFormatsRule: bool = False
    CheckDNC: bool = False

    @property
    def checks(self) -> Checks:
        """Return what is checked."""
        return Checks(
            self.CheckForRejectPattern,
            self.CheckForPhoneFormatsRule,
            self.CheckDNC,
            self.AutomaticUpdateForTimeZone,
        )


@frozen
class SavedLine:
    """What became of a line."""

    Line: int
    UserContactId: str | None = None
    Result: int | None = None
    Cause: str | None = None
    Detail: str | None = None


def bulk_route() -> Route:
    """Return the route of many contacts."""
    return Route(
        "POST",
        "/lists/{ContactListName}/contacts",
        SaveContacts,
        SavedLine,
        _not_called,
        "lists",
        has_lines=True,
    )


def _not_called(request: AttrsInstance, services: Services) -> AttrsInstance:
    raise TypeError("lines are stored by save_lines, as they come")


class Lines:
    """Cuts a body that comes in pieces into lines; empty ones count, and are left out."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._number = 0
        self.waiting: list[tuple[int, bytes]] = []

    @property
    def count(self) -> int:
        """How many lines there have been."""
        return self._number

    def feed(self, piece: bytes) -> None:
        """Take the next piece; of a line that is longer than any contact the beginning is kept."""
        first, *others = piece.split(b"\n")
        self._add(first)
        for part in others:
            self._end_line()
            self._add(part)

    def end(self) -> None:
        """Take what came after the last line break."""
        if self._rest:
            self._end_line()

    def _add(self, part: bytes) -> None:
        self._rest += part[: MAX_LINE_BYTES + 1 - len(self._rest)]

    def _end_line(self) -> None:
        self._number += 1
        if self._rest.strip():
            self.waiting.append((self._number, bytes(self._rest)))
        self._rest.clear()

    def take(self) -> list[tuple[int, bytes]]:
        """Return the next lines to be stored together."""
        taken, self.waiting = self.waiting[:LINES], self.waiting[LINES:]
        return taken


def save_lines(request: SaveContacts, lines: Sequence[tuple[int, bytes]], services: Services) -> bytes:
    """Store the contacts of some lines; return a line for each, with its number.

    Raises:
        Refused: there is no such list for the caller, or the store failed; nothing was stored.
    """
    try:
        return _save(request, lines, services)
    except ServiceError as error:
        raise Refused(None, str(error), error.cause) from error
    except StoreFault as fault:
        raise Refused(None, str(fault)) from fault


def _save(request: SaveContacts, lines: Sequence[tuple[int, bytes]], services: Services) -> bytes:
    specs = {each.name: each for each in services.attributes.all()}
    list_name = request.ContactListName
    answers: dict[int, dict[str, Any]] = {}
    values = []
    for number, line in lines:
        try:
            record = _read(line, list_name)
            values.append((number, record.UserContactId, values_of(record, specs)))
        except Mistaken as error:
            answers[number] = {"Line": number, "Cause": "BAD_VALUE", "Detail": str(error)}
    refusals = services.contact.save_many(list_name, [each for *_, each in values], request.checks)
    for (number, user_contact_id, _), refusal in zip(values, refusals, strict=True):
        answers[number] = {"Line": number, "UserContactId": user_contact_id, **_outcome(refusal)}
    return b"".join(orjson.dumps(answers[number]) + b"\n" for number, _ in lines)


def _read(line: bytes, list_name: str) -> ContactDataType:
    if len(line) > MAX_LINE_BYTES:
        raise Mistaken([("", f"is longer than {MAX_LINE_BYTES} bytes")])
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Mistaken([("", f"is not JSON: {error}")]) from None
    if not isinstance(found, dict):
        raise Mistaken([("", "needs to be an object")])
    if found.setdefault("ContactListName", list_name) != list_name:
        raise Mistaken([("ContactListName", f"is not {list_name!r}")])
    return read(found, ContactDataType)


def _outcome(refusal: ServiceError | None) -> dict[str, Any]:
    if refusal is None:
        return {"Result": 0}
    return {"Cause": refusal.cause.name, "Detail": str(refusal)}
