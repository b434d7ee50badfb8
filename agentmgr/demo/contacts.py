"""Contacts for the demo: those shipped, and as many more like them as are asked for."""

import csv
from itertools import cycle, islice
from pathlib import Path

ID_COLUMN = "UserContactId"


def write_first(shipped: Path, target: Path, count: int) -> None:
    """Write the header and the first `count` rows of a contact file; all rows if there are fewer."""
    header, rows = _read(shipped)
    _write(target, header, rows[:count])


def write_more(used: Path, rejected: Path | None, target: Path, count: int) -> None:
    """Write `count` further contacts: people of a file that was imported, with ids of their own.

    They keep their telephone numbers, which are kept free for fiction; others might be somebody's.

    Args:
        used: the file that was imported.
        rejected: the reject file of that import; its people are left out.
        target: the file to write.
        count: how many rows.
    """
    header, rows = _read(used)
    bad_lines: set[int] = set()
    if rejected is not None:
        with rejected.open(encoding="utf-8", newline="") as file:
            bad_lines = {int(row["line"]) for row in csv.DictReader(file)}
    good = [row for line, row in enumerate(rows, 2) if line not in bad_lines]
    id_column = header.index(ID_COLUMN)
    more = []
    for number, row in enumerate(islice(cycle(good), count), 1):
        more.append([f"X{number:06}" if column == id_column else value for column, value in enumerate(row)])
    _write(target, header, more)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
