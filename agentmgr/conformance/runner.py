"""Plays scenarios one after another and says how each ended."""

from collections.abc import Callable, Sequence
from enum import Enum
from fnmatch import fnmatchcase

import trio
from attrs import frozen

from agentmgr.client import CommandError
from agentmgr.conformance import rules
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.registry import Scenario
from agentmgr.conformance.scenes import SCENARIOS
from agentmgr.conformance.stage import Stage, Target

CLEAN_UP_S = 30.0


class Result(Enum):
    """How a scenario ended."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"


@frozen
class Outcome:
    """How a scenario ended; `why` is empty after a pass, `seconds` are real."""

    name: str
    proves: str
    result: Result
    why: str
    seconds: float


def choose(patterns: Sequence[str]) -> list[Scenario]:
    """Return the scenarios whose name is like one of the patterns (`*` and `?`); all without patterns."""
    chosen = SCENARIOS.values()
    return [s for s in chosen if not patterns or any(fnmatchcase(s.name, p) for p in patterns)]


async def play_all(
    target: Target, scenarios: Sequence[Scenario], report: Callable[[Outcome], None]
) -> list[Outcome]:
    """Play scenarios against a server; each outcome is reported as soon as it is known."""
    outcomes = []
    for scenario in scenarios:
        outcome = await play(target, scenario)
        report(outcome)
        outcomes.append(outcome)
    return outcomes


async def play(target: Target, scenario: Scenario, make_stage: Callable[[Target], Stage] = Stage) -> Outcome:
    """Play one scenario, and leave its agents logged off."""
    began = trio.current_time()

    def ended(result: Result, why: str = "") -> Outcome:
        return Outcome(scenario.name, scenario.proves, result, why, trio.current_time() - began)

    lacking = _lacking(target, scenario)
    if lacking:
        return ended(Result.SKIP, lacking)
    stage = make_stage(target)
    problems: list[str] = []
    try:
        await _play(stage, scenario)
    except NotApplicable as reason:
        return ended(Result.SKIP, str(reason))
    except Deviation as deviation:
        problems.append(str(deviation))
    except (CommandError, OSError) as error:
        problems.append(f"no connection: {error}")
    finally:
        left = ""
        with trio.move_on_after(CLEAN_UP_S) as cleaning:
            left = await stage.clean_up()
        if cleaning.cancelled_caught:
            left = f"the agents could not be logged off within {CLEAN_UP_S:g} s"
        if left:
            problems.append(left)
    problems.extend(rules.violations(stage.transcript))
    if not problems:
        return ended(Result.PASS)
    return ended(Result.FAIL, "\n".join([*problems, "", stage.transcript.text()]))


async def _play(stage: Stage, scenario: Scenario) -> None:
    try:
        with trio.move_on_after(scenario.limit_s) as limit:
            async with stage:
                await scenario.play(stage)
    except BaseExceptionGroup as group:
        known = group.split((Deviation, NotApplicable, CommandError, OSError))
        if known[0] is None or known[1] is not None:
            raise
        raise _first(known[0]) from None
    if limit.cancelled_caught:
        raise Deviation(f"the scenario was not over after {scenario.limit_s:g} s")


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _lacking(target: Target, scenario: Scenario) -> str:
    """Return what the scenario needs and was not given, empty if it has all."""
    if len(target.agents) < scenario.agents:
        return f"needs {scenario.agents} agents, --agents names {len(target.agents)}"
    missing = [work.value for work in scenario.works if not target.skills.get(work)]
    return f"needs a {' and a '.join(missing)} campaign, which --without says there is not" if missing else ""
