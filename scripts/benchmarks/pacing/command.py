"""The command line of the benchmark of pacing."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from scripts.benchmarks.pacing import plot
from scripts.benchmarks.pacing.days import PACERS
from scripts.benchmarks.pacing.measure import Row, faults, measure, to_json
from scripts.benchmarks.pacing.scenes import SCENES

ABOUT = (
    "agents' utilisation and the share of abandoned calls with each pacer, on the real zone and the"
    " simulated switch in virtual time"
)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r}; allowed: whole numbers, {low} to {high}")
        return int(text)

    return read


def _numbers(text: str) -> list[int]:
    read = _whole(1, 10_000)
    return [read(part) for part in text.split(",")]


def _one_of(names: list[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(f"{text!r}; allowed: {', '.join(names)}")
        return text

    return read


def _some_of(names: list[str]) -> Callable[[str], list[str]]:
    read = _one_of(names)
    return lambda text: [read(part) for part in text.split(",")]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what can be asked for."""
    pacers = list(PACERS)
    parser.add_argument(
        "--agents", type=_numbers, default=[5, 10, 20, 50, 100], metavar="N,N", help="numbers of agents"
    )
    parser.add_argument(
        "--scene",
        type=_one_of(list(SCENES)),
        default="exponential",
        metavar="SCENE",
        help="; ".join(f"{name}: {scene.about}" for name, scene in SCENES.items()),
    )
    parser.add_argument(
        "--pacers", type=_some_of(pacers), default=pacers, metavar="P,P", help=f"of {', '.join(pacers)}"
    )
    parser.add_argument(
        "--days", type=_whole(1, 366), default=1, help="consecutive days, what was learned is kept"
    )
    parser.add_argument(
        "--seeds", type=_whole(1, 1000), default=20, help="repetitions, each from a cold start"
    )
    parser.add_argument("--hours", type=_whole(1, 16), default=8, help="of a day")
    parser.add_argument("--strict", action="store_true", help="each day keeps the limit by itself (ours)")
    parser.add_argument("--jobs", type=_whole(1, 256), default=2, help="processes that share the work")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.png", help="draw utilisation against abandoned calls (matplotlib)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options alone."""
    alone = argparse.ArgumentParser(prog="scripts/bench pacing", description=ABOUT)
    add_options(alone)
    return alone


def run(options: argparse.Namespace) -> int:
    """Measure and print; returns the exit code."""
    try:
        if options.plot is not None:
            plot.check(options.plot)
    except plot.NoPlot as problem:
        print(f"scripts/bench: {problem}", file=sys.stderr)
        return 2
    rows = measure(
        options.pacers,
        options.agents,
        options.scene,
        options.days,
        options.seeds,
        options.jobs,
        options.hours * 3600,
        options.strict,
    )
    if options.json:
        print(json.dumps(to_json(rows), indent=1))
    else:
        Console().print(_table(rows))
    if options.plot is not None:
        plot.draw(rows, options.plot)
    wrong = faults(rows)
    for fault in wrong:
        print(f"scripts/bench: {fault}", file=sys.stderr)
    return 1 if wrong else 0


def _table(rows: list[Row]) -> Table:
    table = Table("agents", Column("pacer", no_wrap=True), "used", "abandoned", "gap", "worst", "over", "s")
    table.caption = (
        "used: utilisation; gap: closed to the optimum; worst: day; over: days over the limit; s: of a day"
    )
    for row in rows:
        gap = "" if row.gap_closed is None else f"{row.gap_closed:.2f}"
        table.add_row(
            str(row.agents),
            row.pacer,
            f"{row.utilisation:.1%}",
            f"{row.abandon_rate:.2%}",
            gap,
            f"{row.worst_day_abandon_rate:.2%}",
            str(row.days_over_limit),
            f"{row.seconds:.1f}",
        )
    return table
