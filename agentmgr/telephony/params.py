"""The numbers behind the simulated switch: how customers and agents' phones behave."""

import math
from typing import Any

from attrs import Attribute, field, frozen


def _probability(_: Any, attribute: "Attribute[float]", value: float) -> None:
    if not 0 <= value <= 1:
        raise ValueError(f"{attribute.name} is {value}, but a probability is from 0 to 1")


def _positive(_: Any, attribute: "Attribute[float]", value: float) -> None:
    if not 0 < value < math.inf:
        raise ValueError(f"{attribute.name} is {value}, but must be above 0")


def _not_negative(_: Any, attribute: "Attribute[float]", value: float) -> None:
    if not 0 <= value < math.inf:
        raise ValueError(f"{attribute.name} is {value}, but must be 0 or above")


def _chance(default: float) -> float:
    return field(default=default, validator=_probability)


def _median(default: float) -> float:
    return field(default=default, validator=_positive)


def _sigma(default: float) -> float:
    return field(default=default, validator=_not_negative)


@frozen
class SimParams:
    """How the simulated world behaves; whatever the six chances of an outcome leave is no answer.

    Times in seconds. A pair of median and sigma is a log-normal distribution: sigma is the standard
    deviation of the logarithm, and with sigma 0 every value is the median.
    """

    live: float = _chance(0.42)
    """Chance that a person answers; one that would take longer than the ring time is a no answer."""
    busy: float = _chance(0.08)
    rejected: float = _chance(0.04)
    machine: float = _chance(0.17)
    invalid: float = _chance(0.02)
    congestion: float = _chance(0.02)

    answer_median_s: float = _median(8.0)
    answer_sigma: float = _sigma(0.45)
    signal_median_s: float = _median(1.5)
    """From dialling to the network's word that the line is busy, the number invalid or the net full."""
    signal_sigma: float = _sigma(0.4)
    machine_detection_s: float = field(default=1.5, validator=_not_negative)
    """From a machine's answer to knowing that it is one."""

    talk_median_s: float = _median(95.0)
    talk_sigma: float = _sigma(0.8)
    leaves_at_once: float = _chance(0.03)
    """Chance that a person hangs up within 3 s of being connected."""
    patience_median_s: float = _median(4.0)
    """How long a person who answered waits for an agent."""
    patience_sigma: float = _sigma(0.5)
    hold_patience_median_s: float = _median(120.0)
    """How long a person bears each hold."""
    hold_patience_sigma: float = _sigma(0.6)

    nail_answer: float = _chance(0.97)
    """Chance that an agent's phone takes the nailing call."""
    nail_answer_median_s: float = _median(2.5)
    nail_answer_sigma: float = _sigma(0.4)
    nail_ring_s: float = _median(20.0)
    """How long a nailing call that nobody takes rings."""
    nail_loss_per_h: float = field(default=0.02, validator=_not_negative)
    """How often an hour a line to an agent's phone is lost by itself."""

    order_delay_s: float = field(default=0.0, validator=_not_negative)
    """From an order to its effect."""
    event_delay_s: float = field(default=0.0, validator=_not_negative)
    """From what a customer or a phone does to the event that tells of it."""

    def __attrs_post_init__(self) -> None:
        outcomes = self.live + self.busy + self.rejected + self.machine + self.invalid + self.congestion
        if outcomes > 1 + 1e-9:
            raise ValueError(
                "live, busy, rejected, machine, invalid and congestion are chances of one draw: "
                f"their sum is {outcomes:g}, but must not be above 1"
            )
