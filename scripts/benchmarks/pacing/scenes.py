"""The scenes of the benchmark of pacing: how long calls take, who answers when, and when agents are there."""

from collections.abc import Callable, Mapping
from math import exp, inf, log, sqrt
from random import Random

from attrs import field, frozen

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
class Presence:
    """When an agent is there, in seconds since the shift's begin; `breaks` are pairs of begin and end."""

    comes_at: float = 0.0
    leaves_at: float = inf
    breaks: tuple[tuple[float, float], ...] = ()


def always_there(draw: Random, shift_s: float) -> Presence:
    """Return the presence of an agent who never rests."""
    return Presence()


def with_breaks(draw: Random, shift_s: float) -> Presence:
    """Draw when an agent comes, goes, has lunch, and rests a few minutes about once an hour."""
    comes_at, leaves_at = draw.uniform(0, shift_s / 8), shift_s - draw.uniform(0, shift_s / 8)
    lunch_at = draw.uniform(0.4, 0.6) * shift_s
    breaks = [(lunch_at, lunch_at + shift_s / 16)]
    at = comes_at + draw.expovariate(1 / HOUR_S)
    while at < leaves_at:
        until = at + draw.uniform(180, 720)
        if until < lunch_at or at > breaks[0][1]:
            breaks.append((at, until))
        at = until + draw.expovariate(1 / HOUR_S)
    return Presence(comes_at, leaves_at, tuple(sorted(breaks)))


LANDLINE, MOBILE = "+4930", "+49171"
"""How the numbers of the two types begin."""

BLOCK = 400
"""So many contacts of one type follow one another in a list of both."""


def landlines(contact: int) -> str:
    """Return how the number of a contact begins: all are of one type."""
    return LANDLINE


def both_types(contact: int) -> str:
    """Return how the number of a contact begins in a list of blocks."""
    return MOBILE if contact // BLOCK % 2 else LANDLINE


def by_type_and_hour(number: str, part: float) -> float:
    """Return the chance of a live answer: at home people are in the evening, on the move before."""
    return 0.45 - 0.20 * part if number.startswith(MOBILE) else 0.15 + 0.20 * part


AHEAD = {5: -2.2, 10: -1.4, 20: 0.1, 50: 7.0, 100: 22.0, 500: 145.0}
"""How many lines the linear rule keeps ringing when nobody is free, by the number of agents: dials of 12 s.

Tuned so that about 3 % of the answers are abandoned; of 5 and 100 estimated, of 500 by how the others grow.
"""

AHEAD_LONG = {5: -2.0, 10: -1.1, 20: 1.2, 50: 11.9, 100: 33.3, 500: 214.0}
"""The same for lines that ring for longer."""


@frozen
class Share:
    """One of the campaigns that share the agents.

    Its contacts come at the begin of each of so many parts of a shift, so many for each agent; without
    `waves` there are always some.
    """

    priority: int = 5
    waves: int = 0
    contacts_an_agent: int = 0


@frozen
class Scene:
    """What customers and agents do.

    `answer_s` is from dialling to a live answer, `failure_s` to a failure; infinite rings out. `live` is the
    chance of a live answer by the number and the part of the shift that is over, 0 to 1. With `has_optimum`
    the means are those that the optimum was computed for; it can be passed where ends are `foreseeable`.
    `ahead` is what the linear rule needs. The agents are in `zones`, which know nothing of each other.
    """

    about: str
    talk_s: Draw = exponential(120)
    wrapup_s: Draw = always(0)
    answer_s: Draw = exponential(12)
    failure_s: Draw = exponential(12)
    live: Callable[[str, float], float] = lambda number, part: 0.30
    ring_time_s: int = 120
    prefix: Callable[[int], str] = landlines
    presence: Callable[[Random, float], Presence] = always_there
    ahead: Mapping[int, float] = field(factory=lambda: AHEAD)
    has_optimum: bool = False
    foreseeable: bool = False
    shares: tuple[Share, ...] = (Share(),)
    zones: int = 1


@frozen
class SceneCustomers:
    """Customers of a scene; `part` says how much of the shift is over by the switch's time, 0 to 1."""

    scene: Scene
    part: Callable[[], float]

    def react(self, number: str, draw: Random) -> Reaction:
        """Draw how this call goes."""
        scene = self.scene
        if draw.random() < scene.live(number, self.part()):
            return Answers(scene.answer_s(draw), scene.talk_s(draw), inf, inf)
        return Fails(scene.failure_s(draw), DialFailReason.NoAnswer)


SCENES: Mapping[str, Scene] = {
    "exponential": Scene(
        "nothing can be foreseen, handle and dial times are exponential, and the optimum is known",
        has_optimum=True,
    ),
    "realistic": Scene(
        "talk is log-normal, wrapup follows, answers come after 4 to 20 s, most failures ring out at 25 s",
        talk_s=log_normal(96, 0.9),
        wrapup_s=log_normal(24, 0.6),
        answer_s=uniform(4, 20),
        failure_s=either(0.25, always(3), always(inf)),
        ring_time_s=25,
        ahead=AHEAD_LONG,
    ),
    "noon": Scene(
        "as exponential, and from noon on half as many people answer",
        live=lambda number, part: 0.30 if part < 0.5 else 0.15,
    ),
    "breaks": Scene(
        "as exponential, and agents come, go, have lunch and take breaks",
        presence=with_breaks,
    ),
    "regular": Scene(
        "handle times differ little, so that ends can be foreseen; all means are those of exponential",
        talk_s=log_normal(100, 0.05),
        wrapup_s=log_normal(20, 0.05),
        has_optimum=True,
        foreseeable=True,
    ),
    "lists": Scene(
        "as exponential, and the answer rate differs by type of number and by hour",
        live=by_type_and_hour,
        prefix=both_types,
    ),
    "shared": Scene(
        "as exponential, and each hour a campaign of higher priority has work for about half of it",
        shares=(Share(priority=8, waves=8, contacts_an_agent=45), Share(priority=5)),
    ),
    "zones": Scene("as exponential, and the agents are in two zones", zones=2),
}
