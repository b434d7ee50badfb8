"""What stands against a dial: the do-not-call list, a corrected number, somebody else at work with it."""

from collections import defaultdict
from collections.abc import Sequence

from agentmgr.core.effects import CheckDial
from agentmgr.core.events import DialChecked
from agentmgr.core.model import PhoneNumber
from agentmgr.store.dnc import find_on_dnc
from agentmgr.store.sql import Row, Transaction, batches, marks


def check_dials(tx: Transaction, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
    """Say for each dial, in their order, what stands against it.

    The attempt of each is in the store. Of two attempts that want a number at the same time the one that
    wanted it first may go on, whichever asks first: each finds the other.
    """
    own = _read_own(tx, {dial.contact_id for dial in dials if dial.own})
    numbers = [own.get((d.contact_id, d.number.name)) if d.own else d.number for d in dials]
    # what is the same still keeps the zone that was given with it
    numbers = [
        d.number if n and n.number == d.number.number else n for d, n in zip(dials, numbers, strict=True)
    ]
    wanted = {number.number for number in numbers if number is not None}
    on_dnc = find_on_dnc(tx, wanted)
    at_work = _read_attempts(tx, wanted)
    answers = []
    for dial, number in zip(dials, numbers, strict=True):
        address = number.number if number is not None else ""
        attempts = at_work[address]
        # who comes to a number by its correction is not written down with it yet, and so is the last
        here = next((each[:2] for each in attempts if each[1] == dial.attempt_id), None)
        in_work = any(
            is_answered or here is None or (at, attempt_id) < here
            for at, attempt_id, is_answered in attempts
            if attempt_id != dial.attempt_id
        )
        answers.append(DialChecked(dial.key, number, address in on_dnc, in_work))
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


def _read_attempts(tx: Transaction, numbers: set[str]) -> defaultdict[str, list[Row]]:
    """Return the open attempts at some numbers: when each was wanted, its id, whether it was answered."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for batch in batches(tuple(numbers)):
        for number, *attempt in tx.sql.fetch(
            "SELECT number, COALESCE(dialed_at, started_at), attempt_id, answered_at IS NOT NULL FROM attempt"
            f" WHERE ended_at IS NULL AND number IN ({marks(batch)})",
            batch,
        ):
            found[number].append(tuple(attempt))
    return found
