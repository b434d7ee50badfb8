"""What the commands of a call cost the zone's thread with few agents and with many, by turns.

Both zones are in one process and asked alternately, so that whatever slows the machine slows both: the
ratio is worth looking at on a busy machine too.
"""

import gc
from collections.abc import Iterator
from statistics import median
from typing import Any

from protocol import commands as c
from protocol.structures import CompletionCode
from scripts.benchmarks.costs import Bench

STRIDE = 37
"""Agents are taken from all over the floor."""


def measure(few: int, many: int, calls: int) -> list[dict[str, Any]]:
    """Return what each command of a call costs at the median, us, in both zones, and their ratio."""
    zones = {agents: Bench(agents) for agents in (few, many)}
    gc.collect()
    gc.freeze()
    spent: dict[int, dict[str, list[float]]] = {agents: {} for agents in zones}
    for number in range(calls):
        for agents, bench in zones.items():
            place = number * STRIDE % agents
            for name, seconds in _call(bench, place):
                spent[agents].setdefault(name, []).append(seconds * 1e6)
    return [
        {
            "command": name,
            f"us_of_{few}_agents": round(median(spent[few][name]), 1),
            f"us_of_{many}_agents": round(median(spent[many][name]), 1),
            "ratio": round(median(spent[many][name]) / median(spent[few][name]), 3),
        }
        for name in spent[few]
    ]


def _call(bench: Bench, place: int) -> Iterator[tuple[str, float]]:
    """Go through the call of an agent; yield each command with the seconds that it took."""
    agent_id, sid = bench.agents[place], bench.sid(bench.agents[place])
    if not sid:  # the next contact has not come yet
        return
    for command in (
        c.AGTHoldCall(sid),
        c.AGTUnholdCall(sid),
        c.AGTGetCustomerDetails(sid),
        c.AGTReleaseLine(sid),
        c.AGTWrapupContact(CompletionCode(1), sid),
    ):
        yield type(command).__name__, bench.ask(agent_id, command, place + 1)
