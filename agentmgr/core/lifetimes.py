"""How long things last, by those that are over and those that go on.

A line rings until it is answered or fails; a contact keeps its agent until it is wrapped up. Of such times
is known the chance to end in each bin of age, for those that came so far. What goes on counts up to its age,
else in the morning short ones alone would be known. Old observations are forgotten slowly, and where there
are few a memoryless end is believed in.
"""

from itertools import accumulate, pairwise
from math import exp

from attrs import define, field, frozen

BINS = 64
TAIL_BINS = 64
"""So many more are reckoned with beyond the last observed, in which the chance to end stays the same."""

WIDE = 32
"""The bins get wider when the mean is so many of them."""

MAX_WEIGHT = 1e9


@frozen
class Belief:
    """What is believed before anything is seen, and how long what is seen counts.

    `shares` are those of the ways to end, `weight` is as how many lives the belief counts in each bin. About
    the last `memory` observations count, or those of the last `memory_s` if they are more.
    """

    mean_s: float
    shares: tuple[float, ...]
    weight: float
    memory: int
    memory_s: float


@frozen
class Curves:
    """What becomes of a life, by its age in bins: the share that lasts, and the share that ended one way."""

    width_s: float
    lasting: list[float]
    ended: list[float]

    def within(self, time_s: float, curve: list[float]) -> list[float]:
        """Return by how much a curve changes in a time for those of each age, as a share of those so old."""
        whole, part = divmod(time_s / self.width_s + 0.5, 1)
        last, lasting, changes = len(curve) - 2, self.lasting, []
        for age in range(BINS):
            at = min(age + int(whole), last)
            then = curve[at] + part * (curve[at + 1] - curve[at])
            now = (curve[age] + curve[age + 1]) / 2
            changes.append(abs(then - now) * 2 / (lasting[age] + lasting[age + 1] + 1e-12))
        return changes

    def after(self, share: float) -> float:
        """Return the age, seconds, at which a share of those that end this way have ended."""
        goal = share * self.ended[-1]
        for age, (low, high) in enumerate(pairwise(self.ended)):
            if high >= goal and high > low:
                return (age + (goal - low) / (high - low)) * self.width_s
        return len(self.ended) * self.width_s


@define(eq=False)
class Lifetimes:
    """The lives of one kind; a time of beginning is steady seconds, a way to end an index.

    `alive` is how many go on by age, the youngest first; without those older than all bins. What is told
    here takes the same time however many there are.
    """

    width_s: float
    belief: Belief
    alive: list[int] = field(factory=lambda: [0] * BINS)
    mean_s: float = field(init=False)
    _newest: int | None = None
    _ended: list[list[float]] = field(init=False)
    _weight: float = 1.0
    _seen: float = 0.0
    _seen_at: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._ended = [[0.0] * (BINS + 1) for _ in self.belief.shares]  # the last: older than all bins
        self.mean_s = self.belief.mean_s

    def age_to(self, at: float) -> None:
        """Let time pass."""
        now = int(at / self.width_s)
        if self._newest is None or not 0 <= now - self._newest < BINS:
            self._newest, self.alive = now, [0] * BINS
        for _ in range(now - self._newest):
            self.alive.insert(0, 0)
            self.alive.pop()
        self._newest = now

    def begin(self, at: float) -> None:
        """One begins."""
        self.age_to(at)
        self.alive[0] += 1

    def leave(self, began_at: float) -> None:
        """One that began then goes on no more, whether or not its end is learned from."""
        age = (self._newest or 0) - int(began_at / self.width_s)
        if 0 <= age < BINS and self.alive[age]:
            self.alive[age] -= 1

    def end(self, lasted_s: float, way: int, at: float) -> None:
        """Learn from one that is over."""
        belief = self.belief
        forgotten = min(max(0.0, at - self._seen_at) / belief.memory_s, 1 / belief.memory)
        self._seen, self._seen_at = self._seen * (1 - forgotten) + 1, at
        self.mean_s += (lasted_s - self.mean_s) / (self._seen + belief.weight)
        self._weight *= exp(forgotten)
        self._ended[way][min(max(0, int(lasted_s / self.width_s)), BINS)] += self._weight
        if self._weight > MAX_WEIGHT:
            self._ended = [[each / self._weight for each in ended] for ended in self._ended]
            self._weight = 1.0
        if self.mean_s > WIDE * self.width_s:
            self._widen()

    def curves(self) -> Curves:
        """Return what is known now; of the ends those of the first way."""
        weight, belief = self._weight, self.belief
        here = [ended / weight for ended in self._ended[0][:BINS]]
        *gone, at_risk = (sum(ways) / weight for ways in zip(*self._ended, strict=True))
        risks = [0.0] * BINS
        for age in reversed(range(BINS)):
            risks[age] = at_risk + gone[age] + self.alive[age] / 2  # who is so old is halfway through
            at_risk += gone[age] + self.alive[age]
        believed = belief.weight * self.width_s / belief.mean_s
        # the chance to end of one whose age says nothing
        steady = min(0.9, (sum(gone) + believed) / (sum(risks) + belief.weight + 1e-12))
        first = belief.shares[0]  # not what the ends so far say: those that fail fast come first
        ends = [
            min(1.0, (each + belief.weight * steady) / (risk + belief.weight))
            for each, risk in zip(gone, risks, strict=True)
        ]
        ends_so = [
            (each + belief.weight * steady * first) / (risk + belief.weight)
            for each, risk in zip(here, risks, strict=True)
        ]
        ends += [steady] * TAIL_BINS
        ends_so += [steady * first] * TAIL_BINS
        lasting = list(accumulate(ends, lambda share, chance: share * (1 - chance), initial=1.0))
        came = (share * chance for share, chance in zip(lasting, ends_so, strict=False))
        return Curves(self.width_s, lasting, list(accumulate(came, initial=0.0)))

    def _widen(self) -> None:
        """Make the bins twice as wide."""
        self.width_s *= 2
        none = BINS // 2
        self.alive = [*map(sum, zip(self.alive[::2], self.alive[1::2], strict=True)), *[0] * none]
        self._ended = [
            [*map(sum, zip(ended[:BINS:2], ended[1:BINS:2], strict=True)), *[0.0] * none, ended[BINS]]
            for ended in self._ended
        ]
        self._newest = None if self._newest is None else self._newest // 2
