"""Lives of a simulated cluster from the command line: `scripts/simulate`."""

import argparse
import logging
import sys
import time

from agentmgr.testing.simulation.bugs import BUGS, ELUSIVE, find
from agentmgr.testing.simulation.world import Outcome, simulate

ALL = (*BUGS, *ELUSIVE)
TRACE_LINES = 60
"""So many of the last things that happened are shown of a life that went wrong."""


def main() -> int:
    """Run seeds and return 1 if something was found, or if a planted bug was not."""
    arguments = _parse()
    logging.disable()  # desktops say with each reconnect why
    wanted = BUGS if arguments.bug == "all" else [bug for bug in ALL if bug.name == arguments.bug]
    if not arguments.bug:
        return _run(arguments.first, arguments.seeds, trace=arguments.trace)
    missed = 0
    for bug in wanted:
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        found = find(bug, seeds)
        missed += found is None
        where, what = ("NOT FOUND", bug.about) if found is None else (f"seed {found[0]}", found[1])
        print(f"{bug.name:24} {where:10} {what[:140]}", flush=True)
    return int(missed > 0)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many lives, 1 and up (default: 10)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--trace", action="store_true", help="print all that happens in each life")
    parser.add_argument("--bug", default="", help="plant a bug, or `all` one after another, and find it")
    arguments = parser.parse_args()
    names = [bug.name for bug in ALL]
    if arguments.seeds < 1:
        parser.error(f"--seeds {arguments.seeds}: allowed: 1 and up")
    if arguments.bug and arguments.bug not in (*names, "all"):
        parser.error(f"--bug {arguments.bug}: allowed: all, {', '.join(names)}")
    return arguments


def _run(first: int, seeds: int, *, trace: bool) -> int:
    began, simulated_s, failed = time.process_time(), 0.0, []
    for seed in range(first, first + seeds):
        outcome = simulate(seed, keep_trace=trace)
        simulated_s += outcome.simulated_s
        if trace:
            print(*outcome.trace, sep="\n")
        if outcome.findings:
            failed.append(seed)
            _report(outcome if trace else simulate(seed, keep_trace=True))
    used_s = time.process_time() - began
    print(
        f"{seeds} seeds from {first}: {len(failed)} failed{': ' if failed else ''}"
        f"{', '.join(map(str, failed))}; {simulated_s:.0f} simulated s in {used_s:.0f} s of CPU time,"
        f" {simulated_s / used_s:.0f} a second"
    )
    return int(bool(failed))


def _report(outcome: Outcome) -> None:
    print(f"seed {outcome.seed} failed, {outcome.simulated_s:.0f} simulated s, digest {outcome.digest[:16]}:")
    for finding in outcome.findings.values():
        print(f"  {finding}")
    print(f"the last of {len(outcome.trace)} lines of its trace (all of it: --seeds 1 --first", end=" ")
    print(f"{outcome.seed} --trace):", *outcome.trace[-TRACE_LINES:], sep="\n  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
