"""Outcomes as a table for people, as JSON, and as JUnit's XML."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agentmgr.conformance.runner import Outcome, Result
from agentmgr.text import shown

_STYLES = {Result.PASS: "green", Result.FAIL: "bold red", Result.SKIP: "yellow"}
_SUMMED = {Result.PASS: "passed", Result.FAIL: "failed", Result.SKIP: "skipped"}
_XML_CONTROLS = {code: "?" for code in range(32) if chr(code) not in "\t\n"}


def as_json(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Return what `--json` prints."""
    scenarios = [
        {"name": o.name, "result": o.result.value, "why": o.why, "seconds": round(o.seconds, 3)}
        for o in outcomes
    ]
    return {"scenarios": scenarios}


def print_table(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print every scenario with its result, then what those had on the wire that did not pass."""
    table = Table(show_edge=False, pad_edge=False, expand=False)
    table.add_column("scenario", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    table.add_column("proves", no_wrap=True)
    for o in outcomes:
        style = _STYLES[o.result]
        result = f"[{style}]{o.result.value}[/]"
        table.add_row(o.name, result, f"{o.seconds:.2f}", escape(o.proves))
    console.print(table)
    for o in outcomes:
        if o.result is not Result.PASS:
            console.print(f"\n[{_STYLES[o.result]}]{escape(o.name)}[/] ({escape(o.proves)})")
            console.print(shown(o.why, keeps="\n\t"), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\n{summary(outcomes)}", highlight=False)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Say how many ended how, in one line."""
    counts = Counter(o.result for o in outcomes)
    seconds = sum(o.seconds for o in outcomes)
    ended = ", ".join(f"{counts[result]} {words}" for result, words in _SUMMED.items())
    return f"{ended} in {seconds:.0f} s"


def write_junit(path: Path, suite: str, outcomes: Sequence[Outcome]) -> None:
    """Write a JUnit file.

    Raises:
        OSError: it cannot be written.
    """
    counts = Counter(o.result for o in outcomes)
    root = ElementTree.Element(
        "testsuite",
        name=suite,
        tests=str(len(outcomes)),
        failures=str(counts[Result.FAIL]),
        errors="0",
        skipped=str(counts[Result.SKIP]),
        time=f"{sum(o.seconds for o in outcomes):.3f}",
    )
    for o in outcomes:
        case = ElementTree.SubElement(root, "testcase", classname=suite, name=o.name, time=f"{o.seconds:.3f}")
        why = o.why.translate(_XML_CONTROLS)
        if o.result is Result.FAIL:
            ElementTree.SubElement(case, "failure", message=why.partition("\n")[0]).text = why
        elif o.result is Result.SKIP:
            ElementTree.SubElement(case, "skipped", message=why.partition("\n")[0])
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
