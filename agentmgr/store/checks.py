"""What stands against a dial: the do-not-call list, a corrected number, somebody else at work with it."""

from collections.abc import Sequence
from typing import Any

from agentmgr.core.effects import CheckDial
from agentmgr.core.events import DialChecked
from agentmgr.core.model import PhoneNumber
from agentmgr.store.dnc import lists_for, read_listed
from agentmgr.store.sql import Transaction, batches, marks

_HOLDERS = "SELECT number, attempt_id FROM number_in_work"
_WRITTEN = "SELECT attempt_id, number FROM attempt"


def check_dials(tx: Transaction, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
    """Say for each dial, in their order, what stands against it.

    The attempt of each is in the store. Of several that want a number, in whichever zones, the one may go on
    that was written down with it first; the store keeps that, since two clocks, or two transactions side by
    side, would not agree on an order. One that was not the first is in the way of nobody, and has to be
    written down with the number anew.
    """
    own = _read_own(tx, {dial.contact_id for dial in dials if dial.own})
    numbers = [own.get((d.contact_id, d.number.name)) if d.own else d.number for d in dials]
    # what is the same still keeps the zone that was given with it
    numbers = [
        d.number if n and n.number == d.number.number else n for d, n in zip(dials, numbers, strict=True)
    ]
    wanted = {number.number for number in numbers if number is not None}
    lists = {each for dial in dials for each in lists_for(dial.organisation)}
    listed = read_listed(tx, wanted, tuple(lists))
    asking = {dial.attempt_id for dial in dials}
    holders: dict[str, str] = dict(_read(tx, f"{_HOLDERS} WHERE number IN", wanted))
    written: dict[str, str] = dict(_read(tx, f"{_WRITTEN} WHERE attempt_id IN", asking))
    answers = []
    for dial, number in zip(dials, numbers, strict=True):
        address = number.number if number is not None else ""
        holder = holders.get(address)
        # who comes to a number by its correction is not written down with it yet
        is_free = holder is None and written.get(dial.attempt_id) != address
        in_work = number is not None and holder != dial.attempt_id and not is_free
        on_dnc = any((each, address) in listed for each in lists_for(dial.organisation))
        answers.append(DialChecked(dial.key, number, on_dnc, in_work))
    return tuple(answers)


def _read_own(tx: Transaction, contact_ids: set[int]) -> dict[tuple[int, str], PhoneNumber]:
    found: dict[tuple[int, str], PhoneNumber] = {}
    for batch in batches(tuple(contact_ids)):
        for contact_id, name, number, timezone, wireless in tx.sql.fetch(
            "SELECT contact_id, name, number, timezone, wireless FROM contact_phone"
            f" WHERE contact_id IN ({marks(batch)})",
            batch,
        ):
            found[contact_id, name] = PhoneNumber(name, number, timezone, bool(wireless))
    return found


def _read(tx: Transaction, query: str, keys: set[str]) -> list[Any]:
    return [row for batch in batches(tuple(keys)) for row in tx.sql.fetch(f"{query} ({marks(batch)})", batch)]
