"""Many days, each repetition in a process of its own, and what they come to for each pacer and size."""

import gc
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from attrs import asdict, astuple, frozen

from scripts.benchmarks.pacing.days import ABANDON_LIMIT, DayResult, Days
from scripts.benchmarks.pacing.optimum import gap_closed, optimum
from scripts.benchmarks.pacing.scenes import SCENES, SHIFT_S

ABOVE_OPTIMUM = 0.005
"""More than this above the optimum is no pacer's merit: the simulation would be wrong."""

BASE = "progressive"
"""The pacer that a gap is measured from."""


@frozen
class Repetition:
    """Consecutive days from a cold start."""

    pacer: str
    agents: int
    scene: str
    seed: int
    days: int
    shift_s: float = SHIFT_S
    strict: bool = False


@frozen
class Row:
    """What a pacer came to; rates are shares of 1, `seconds` those of a processor for a day in the mean."""

    pacer: str
    agents: int
    scene: str
    utilisation: float
    abandon_rate: float
    gap_closed: float | None
    worst_day_abandon_rate: float
    days_over_limit: int
    attempts: int
    seconds: float


def run(repetition: Repetition) -> list[DayResult]:
    """Let the days of a repetition pass, in each zone by itself."""
    r, scene = repetition, SCENES[repetition.scene]
    zones = []
    for zone in range(scene.zones):
        agents = r.agents // scene.zones + (zone < r.agents % scene.zones)
        seed = r.seed * scene.zones + zone
        zones.append(Days(scene, r.pacer, agents, seed, r.shift_s, strict=r.strict).run(r.days))
    return [sum_of(parts) for parts in zip(*zones, strict=True)]


def sum_of(parts: Iterable[DayResult]) -> DayResult:
    """Return what a day came to in several zones together."""
    return DayResult(*map(sum, zip(*map(astuple, parts), strict=True)))


def sum_up(pacer: str, agents: int, scene: str, days: Sequence[DayResult], base: float | None) -> Row:
    """Return what days come to together; `base` is the utilisation that the gap is measured from."""
    used = utilisation(days)
    rates = [_share(day.abandoned, day.answers) for day in days]
    optimal = optimum(agents) if SCENES[scene].has_optimum else None
    gap = gap_closed(used, base, optimal) if base is not None else None
    return Row(
        pacer,
        agents,
        scene,
        round(used, 4),
        round(_share(sum(day.abandoned for day in days), sum(day.answers for day in days)), 5),
        None if gap is None else round(gap, 3),
        round(max(rates), 5),
        sum(rate > ABANDON_LIMIT for rate in rates),
        sum(day.attempts for day in days),
        round(sum(day.seconds for day in days) / len(days), 2),
    )


def utilisation(days: Sequence[DayResult]) -> float:
    """Return the share of the agents' time in which they talked or wrapped up."""
    worked_s = sum(day.worked_s for day in days)
    return _share(worked_s, worked_s + sum(day.waited_s for day in days))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def measure(
    pacers: Iterable[str],
    sizes: Sequence[int],
    scene: str,
    days: int,
    seeds: int,
    jobs: int,
    shift_s: float = SHIFT_S,
    strict: bool = False,
) -> list[Row]:
    """Return a row for each size and pacer; progressive is measured too, for the others' gap.

    Raises:
        RuntimeError: a result is above what is possible.
    """
    names = list(dict.fromkeys((BASE, *pacers)))
    repetitions = [
        Repetition(pacer, agents, scene, seed, days, shift_s, strict)
        for agents in sizes
        for pacer in names
        for seed in range(1, seeds + 1)
    ]
    found: dict[tuple[int, str], list[DayResult]] = {}
    for done, (each, results) in enumerate(_run_all(repetitions, jobs), 1):
        found.setdefault((each.agents, each.pacer), []).extend(results)
        print(f"{done} of {len(repetitions)}: {each.pacer}, {each.agents} agents", file=sys.stderr)
    rows = []
    for (agents, pacer), results in found.items():
        rows.append(sum_up(pacer, agents, scene, results, utilisation(found[agents, BASE])))
    return rows


def _run_all(repetitions: Sequence[Repetition], jobs: int) -> Iterable[tuple[Repetition, list[DayResult]]]:
    if jobs == 1:
        yield from ((each, run(each)) for each in repetitions)
        return
    # days make no garbage in circles to speak of: looking for it took a tenth of their time
    seldom = 100_000, 20, 20
    with ProcessPoolExecutor(jobs, get_context("spawn"), gc.set_threshold, seldom) as pool:
        yield from zip(repetitions, pool.map(run, repetitions), strict=True)


def faults(rows: Iterable[Row]) -> list[str]:
    """Return what in the results cannot be."""
    found = []
    for row in rows:
        scene = SCENES[row.scene]
        optimal = optimum(row.agents) if scene.has_optimum and not scene.foreseeable else None
        if optimal is None or row.abandon_rate > ABANDON_LIMIT:
            continue
        if row.utilisation > optimal + ABOVE_OPTIMUM:
            found.append(
                f"{row.pacer}, {row.agents} agents: utilisation {row.utilisation:.3f} at"
                f" {row.abandon_rate:.1%} is above the optimum, {optimal:.3f}: the simulation is at fault"
            )
    return found


def to_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    """Return rows as they are printed."""
    return [asdict(row) for row in rows]
