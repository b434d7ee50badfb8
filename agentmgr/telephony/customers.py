"""Who is at the other end of a dialled number, and how they take the call."""

import math
from random import Random
from typing import Protocol

from attrs import frozen

from agentmgr.telephony.params import SimParams
from protocol.enums import DialFailReason
from protocol.test_numbers import script_of


@frozen
class Answers:
    """A person takes the call `after_s` after it was dialled. All times in seconds.

    Once connected they hang up after `talk_s` of talk, or after `stays_s` in whatever state. They wait
    `patience_s` for an agent, and bear each hold or consult for `hold_patience_s`. Infinite is never.
    """

    after_s: float
    talk_s: float
    patience_s: float
    hold_patience_s: float
    stays_s: float = math.inf


@frozen
class Fails:
    """The call does not reach a person, as known `after_s` seconds after it was dialled.

    A call that rings in vain has `after_s` infinite: the switch gives up when the ring time is over.
    """

    after_s: float
    reason: DialFailReason


Reaction = Answers | Fails


class CustomerModel(Protocol):
    """Decides what comes of a call."""

    def react(self, number: str, draw: Random) -> Reaction:
        """Return how whoever has the number takes this call; all chance comes from `draw`."""
        ...


def log_normal(draw: Random, median: float, sigma: float) -> float:
    """Draw from a log-normal distribution given by its median and the sigma of its logarithm."""
    return median * math.exp(draw.normalvariate(0.0, sigma))


class RandomCustomers:
    """Customers who do not depend on the number: each call is a draw from the probabilities."""

    def __init__(self, params: SimParams) -> None:
        self._params = params
        self._outcomes: tuple[tuple[DialFailReason, float], ...] = (
            (DialFailReason.Busy, params.busy),
            (DialFailReason.Rejected, params.rejected),
            (DialFailReason.AnswerMachine, params.machine),
            (DialFailReason.InvalidNumber, params.invalid),
            (DialFailReason.Congestion, params.congestion),
        )

    def react(self, number: str, draw: Random) -> Reaction:
        """Draw how this call goes."""
        where = draw.random() - self._params.live
        if where < 0:
            return self._person(draw)
        for reason, chance in self._outcomes:
            where -= chance
            if where < 0:
                return Fails(self._known_after_s(reason, draw), reason)
        return Fails(math.inf, DialFailReason.NoAnswer)

    def _person(self, draw: Random) -> Answers:
        p = self._params
        leaves = draw.random() < p.leaves_at_once
        short_s = draw.uniform(0.5, 3.0)
        talk_s = log_normal(draw, p.talk_median_s, p.talk_sigma)
        return Answers(
            after_s=log_normal(draw, p.answer_median_s, p.answer_sigma),
            talk_s=short_s if leaves else talk_s,
            patience_s=log_normal(draw, p.patience_median_s, p.patience_sigma),
            hold_patience_s=log_normal(draw, p.hold_patience_median_s, p.hold_patience_sigma),
        )

    def _known_after_s(self, reason: DialFailReason, draw: Random) -> float:
        p = self._params
        if reason is DialFailReason.Rejected:
            return log_normal(draw, p.answer_median_s, p.answer_sigma)
        if reason is DialFailReason.AnswerMachine:
            return log_normal(draw, p.answer_median_s, p.answer_sigma) + p.machine_detection_s
        return log_normal(draw, p.signal_median_s, p.signal_sigma)


class DigitCustomers:
    """Customers who do what their number says if it is a test number, and else as another model has it."""

    def __init__(self, others: CustomerModel) -> None:
        self._others = others

    def react(self, number: str, draw: Random) -> Reaction:
        """Return what the test number says, without any chance."""
        script = script_of(number)
        if script is None:
            return self._others.react(number, draw)
        if script.reason is not None:
            return Fails(script.after_s, script.reason)
        return Answers(
            after_s=script.after_s,
            talk_s=script.talk_s,
            patience_s=script.patience_s,
            hold_patience_s=script.patience_s,
            stays_s=script.stays_s,
        )
