"""The optimum of the exponential scene: the utilisation that no pacer can pass at 3 % abandoned calls.

Computed by value iteration over idle agents, ringing lines and waiting callers for handle times that are
exponential with a mean of 120 s, a live answer at three dials of ten, dials that last 12 s in the mean
(exponential, answered or not), ringing lines that are never hung up, and callers who wait for 2 s.
"""

from itertools import pairwise
from math import exp, log

OPTIMUM = {5: 0.814, 10: 0.852, 20: 0.898, 50: 0.945, 100: 0.969, 200: 0.984, 500: 0.996}
"""Utilisation by the number of agents."""


def optimum(agents: int) -> float | None:
    """Return the greatest utilisation of so many agents; None outside of what was computed.

    Between two numbers that were computed the idle share is a power of the number of agents.
    """
    sizes = sorted(OPTIMUM)
    for low, high in pairwise(sizes):
        if low <= agents <= high:
            part = log(agents / low) / log(high / low)
            return 1 - exp((1 - part) * log(1 - OPTIMUM[low]) + part * log(1 - OPTIMUM[high]))
    return None


def gap_closed(utilisation: float, progressive: float, optimal: float | None) -> float | None:
    """Return how much of the way from progressive to the optimum was gone; None without an optimum."""
    if optimal is None or optimal <= progressive:
        return None
    return (utilisation - progressive) / (optimal - progressive)
