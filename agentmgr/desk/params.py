"""The numbers behind a simulated desktop: how its agent works."""

import math

from attrs import field, frozen
from attrs.validators import deep_iterable, ge, gt, le, lt, min_len


def _chance(default: float) -> float:
    return field(default=default, validator=[ge(0), le(1)])


def _positive(default: float) -> float:
    return field(default=default, validator=[gt(0), lt(math.inf)])


def _sigma(default: float) -> float:
    return field(default=default, validator=[ge(0), lt(math.inf)])


@frozen
class AuxReason:
    """Why an agent takes a break."""

    code: str
    name: str


@frozen
class DeskParams:
    """How an agent works. Times in seconds, chances per contact from 0 to 1.

    Each median with a sigma is a log-normal distribution; sigma is the standard deviation of the
    logarithm, and 0 makes every value the median.
    """

    wrapup_median_s: float = _positive(12.0)
    wrapup_sigma: float = _sigma(0.6)
    preview_median_s: float = _positive(8.0)
    """How long the agent looks at a preview; a timed one is dialled when its own time is up."""
    hold_after_median_s: float = _positive(20.0)
    hold_median_s: float = _positive(15.0)
    release_median_s: float = _positive(80.0)
    """After how much of a talk an agent that ends it does so."""
    aux_median_s: float = _positive(60.0)
    sigma: float = _sigma(0.6)
    """Of all these times but the wrapup."""

    preview_cancel: float = _chance(0.05)
    hold: float = _chance(0.08)
    release: float = _chance(0.3)
    """Chance that the agent wants to end the talk itself; the customer may be quicker."""
    attribute: float = _chance(0.1)
    """Chance of confirming an attribute of the customer while talking."""
    note: float = _chance(0.1)
    redial: float = _chance(0.02)
    extend: float = _chance(0.02)
    """Chance of needing a fifth more time for wrapup than there is, which the agent asks for."""
    returns: bool = False
    """Whether the agent logs on again when its zone comes back: it moved, or its server is started again."""
    aux: float = _chance(0.04)
    """Chance of a break after the contact."""
    aux_in_wrapup: float = _chance(0.5)
    """How many of the breaks are asked for during wrapup already."""

    consult: float = _chance(0.0)
    """Chance of asking somebody for help while talking; this and what follows is off by default."""
    consult_external: float = _chance(0.3)
    """How many of these ask somebody outside, where the campaign has an address book."""
    consult_after_median_s: float = _positive(15.0)
    consult_median_s: float = _positive(20.0)
    """After how much of a consult the agent knows what to do, or one that waits is given up."""
    consult_cancel: float = _chance(0.3)
    """Chance that a consult that waits for a busy colleague is given up."""
    transfer: float = _chance(0.3)
    """Chance that a consult ends with handing the customer over."""
    conference: float = _chance(0.5)
    """Chance that one that does not is made a conference."""
    conference_median_s: float = _positive(30.0)
    ownership: float = _chance(0.3)
    """Chance that a conference is given to the colleague in the end."""
    leave: float = _chance(0.3)
    """Chance that the colleague leaves by itself."""
    callback: float = _chance(0.0)
    """Chance of promising the customer a callback."""
    callback_min_s: float = _positive(120.0)
    callback_max_s: float = _positive(1800.0)
    """A callback is due between these times from now, at least a minute, cut to the minute."""
    reschedule: float = _chance(0.0)
    """Chance of putting a callback off once more instead of dialling it."""

    aux_reasons: tuple[AuxReason, ...] = field(
        default=(AuxReason("1", "Break"), AuxReason("2", "Coaching"), AuxReason("3", "Paperwork")),
        validator=min_len(1),
    )
    code_weights: tuple[float, ...] = field(
        default=(5.0, 3.0, 2.0, 1.0), validator=[min_len(1), deep_iterable(gt(0))]
    )
    """How likely each completion code is, in the campaign's order; those further down are like the last."""
    retry_s: float = _positive(5.0)
    """How long a refused command that must succeed in the end is left alone."""
    locale: str = "en_US"
    time_zone: str = "UTC"
