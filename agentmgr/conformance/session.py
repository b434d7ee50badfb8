"""A run of the suite, from the first scenario to the report."""

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import orjson
import trio
from rich.console import Console

from agentmgr.conformance.acts import ACTS
from agentmgr.conformance.registry import Scenario
from agentmgr.conformance.report import as_json, print_table, write_junit
from agentmgr.conformance.runner import Outcome, Result, play_all
from agentmgr.conformance.served import Attend, lead, over_tcp
from agentmgr.conformance.stage import Target

SUITE = "agentmgr.conformance"


def judge_server(target: Target, scenarios: Sequence[Scenario], json: bool, junit: Path | None) -> bool:
    """Play scenarios against a server and report; tells whether none failed."""
    # Connections are cut here on purpose, and whatever goes wrong is in the transcripts.
    logging.getLogger("agentmgr.client").setLevel(logging.CRITICAL)
    console = Console(quiet=json)
    progress = _progress(console, len(scenarios))
    return report(trio.run(partial(play_all, target, scenarios, progress)), console, json, junit)


def judge_desktop(
    host: str,
    port: int,
    zone: str,
    patience_s: float,
    json: bool,
    junit: Path | None,
    attend: Attend = over_tcp,
) -> bool:
    """Wait for a desktop, lead it through all acts and report; tells whether none failed.

    Raises:
        OSError: the port cannot be listened on.
    """
    console = Console(quiet=json)

    def listening(port: int) -> None:
        console.print(f"zone {zone} on {host} port {port}: connect the desktop now", soft_wrap=True)

    play = partial(lead, host, port, zone, patience_s, listening, _progress(console, len(ACTS)), attend)
    return report(trio.run(play), console, json, junit)


def report(outcomes: Sequence[Outcome], console: Console, json: bool, junit: Path | None) -> bool:
    """Show outcomes in every form that was asked for; tells whether none failed."""
    if junit is not None:
        write_junit(junit, SUITE, outcomes)
    if json:
        sys.stdout.buffer.write(orjson.dumps(as_json(outcomes)) + b"\n")
    else:
        print_table(console, outcomes)
    return all(outcome.result is not Result.FAIL for outcome in outcomes)


def _progress(console: Console, total: int) -> Callable[[Outcome], None]:
    """Show on a terminal how far the run is."""
    done = 0
    status = console.status("") if console.is_terminal else None

    def show(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if status is not None:
            status.update(f"{done} of {total}: {outcome.name} {outcome.result.value}")
            if done == total:
                status.stop()

    if status is not None:
        status.start()
    return show
