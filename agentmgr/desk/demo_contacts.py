"""Contacts for the demo: those shipped, and as many more like them as are asked for."""

import csv
from pathlib import Path
from random import Random

ID_COLUMN = "UserContactId"
PHONE_COLUMNS = ("PhoneNumber1", "PhoneNumber2")
CHANGED_DIGITS = 4
"""Of the end of a number: another one of the same exchange is as valid as the first."""


def write_contacts(shipped: Path, target: Path, count: int, seed: int) -> None:
    """Write the first `count` rows of a contact file, and beyond its end rows made up from them.

    Args:
        shipped: a CSV file with a header row.
        target: the file to write.
        count: how many rows without the header, 1 and up.
        seed: of what is made up.
    """
    with shipped.open(encoding="utf-8", newline="") as source:
        header, *rows = csv.reader(source)
    draw = Random(f"{seed}/contacts")
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows[:count])
        for number in range(len(rows), count):
            writer.writerow(_like(rows[number % len(rows)], header, number + 1, draw))


def _like(row: list[str], header: list[str], number: int, draw: Random) -> list[str]:
    changed = list(row)
    for column, name in enumerate(header[: len(row)]):
        if name == ID_COLUMN:
            changed[column] = f"X{number:06}"
        elif name in PHONE_COLUMNS and changed[column][-CHANGED_DIGITS:].isdigit():
            end = f"{draw.randrange(10**CHANGED_DIGITS):0{CHANGED_DIGITS}}"
            changed[column] = changed[column][:-CHANGED_DIGITS] + end
    return changed
