"""The scenes of the benchmark of pacing: how long calls take, who answers when, and when agents are there."""

from collections.abc import Callable
from math import exp, inf, log, sqrt
from random import Random

from attrs import frozen

from agentmgr.telephony.customers import Answers, Fails, Reaction
from protocol.enums import DialFailReason

HOUR_S = 3600.0
DAY_S = 86_400.0
SHIFT_S = 8 * HOUR_S
"""How long a day is that is measured, from the first logon to the pause of the job."""

Draw = Callable[[Random], float]
"""A time in seconds, drawn anew for each call."""


def exponential(mean_s: float) -> Draw:
    """Return a draw of which nothing can be foreseen."""
    return lambda draw: draw.expovariate(1 / mean_s)


def log_normal(mean_s: float, cv: float) -> Draw:
    """Return a log-normal draw by its mean and its coefficient of variation."""
    sigma = sqrt(log(1 + cv * cv))
    mu = log(mean_s) - sigma * sigma / 2
    return lambda draw: exp(draw.normalvariate(mu, sigma))


def uniform(low_s: float, high_s: float) -> Draw:
    """Return a draw between two times."""
    return lambda draw: draw.uniform(low_s, high_s)


def always(time_s: float) -> Draw:
    """Return the same time each time."""
    return lambda draw: time_s


def either(chance: float, first: Draw, second: Draw) -> Draw:
    """Return a draw from the first with a chance, else from the second."""
    return lambda draw: first(draw) if draw.random() < chance else second(draw)


@frozen
class Scene:
    """What customers and agents do; `live` is the chance of a live answer at seconds since the shift's begin.

    `answer_s` is from dialling to a live answer, `failure_s` to a failure; infinite rings out.
    """

    about: str
    talk_s: Draw
    wrapup_s: Draw
    answer_s: Draw
    failure_s: Draw
    live: Callable[[float], float]
    ring_time_s: int = 120
    has_optimum: bool = False


@frozen
class SceneCustomers:
    """Customers of a scene; `since` is the switch's time, seconds since the shift's begin."""

    scene: Scene
    since: Callable[[], float]

    def react(self, number: str, draw: Random) -> Reaction:
        """Draw how this call goes."""
        scene = self.scene
        if draw.random() < scene.live(self.since()):
            return Answers(scene.answer_s(draw), scene.talk_s(draw), inf, inf)
        return Fails(scene.failure_s(draw), DialFailReason.NoAnswer)


SCENES = {
    "exponential": Scene(
        "nothing can be foreseen: handle and dial times are exponential, and the optimum is known",
        talk_s=exponential(120),
        wrapup_s=always(0),
        answer_s=exponential(12),
        failure_s=exponential(12),
        live=lambda _: 0.30,
        has_optimum=True,
    ),
}
