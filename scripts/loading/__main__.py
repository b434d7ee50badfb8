"""Load a real server with desktops that work and check all they are told."""

import argparse
import json
import math
import shutil
import sys
from collections.abc import Callable

from scripts.loading import measuring


def between(of: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """Return what reads a number of the command line; anything else is refused with what is allowed."""

    def read(text: str) -> float:
        try:
            number = of(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            what = "whole numbers" if of is int else "numbers"
            raise argparse.ArgumentTypeError(f"{text!r}; allowed: {what}, {low:g} to {high:g}")
        return number

    return read


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="scripts/load", description=__doc__)
    parser.add_argument(
        "--agents", type=between(int, 1, 20_000), default=50, help="desktops that are logged on"
    )
    parser.add_argument(
        "--rate",
        type=between(float, 0, 10_000),
        default=0.0,
        help="attempts a second that are wished; 0: as many as agents take",
    )
    parser.add_argument(
        "--minutes", type=between(float, 0.01, 10_000), default=0.5, help="how long is measured"
    )
    parser.add_argument(
        "--processes", type=between(int, 1, 64), default=1, help="that the desktops are spread over"
    )
    parser.add_argument(
        "--tokens",
        action="store_true",
        help="log on by resume tokens of an earlier day; checks of passwords are slow on purpose",
    )
    parser.add_argument(
        "--storm", action="store_true", help="kill all connections after the logon: logon_s is of the return"
    )
    parser.add_argument(
        "--database", default="", metavar="URL", help="an empty PostgreSQL database; else SQLite in a file"
    )
    parser.add_argument("--profile", metavar="FILE", help="run py-spy on the server while it is measured")
    parser.add_argument(
        "--soak",
        action="store_true",
        help="tell sizes of the server that must not grow, three times a minute",
    )
    parser.add_argument("--idle", action="store_true", help="log on, and do nothing but live")
    parser.add_argument("--json", action="store_true", help="print the figures of the contract alone")
    return parser


def main() -> None:
    reader = parser()
    options = reader.parse_args()
    if options.processes > options.agents:
        reader.error(
            f"--processes {options.processes}: allowed: as many as --agents, {options.agents}, at most"
        )
    if options.profile and shutil.which("py-spy") is None:
        reader.error("--profile: needs py-spy; install it with: .venv/bin/pip install py-spy")
    load = measuring.Load(
        options.agents,
        options.rate,
        options.minutes * 60,
        options.processes,
        options.tokens,
        options.storm,
        options.database,
        options.profile or "",
        options.soak,
        options.idle,
    )
    try:
        figures, details = measuring.measure(load, lambda line: print(line, file=sys.stderr, flush=True))
    except RuntimeError as error:
        sys.exit(f"scripts/load: {error}")
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in (figures | details).items():
            print(f"{name:>26}  {value}")
    sys.exit(figures["order_errors"] > 0)


if __name__ == "__main__":
    main()
