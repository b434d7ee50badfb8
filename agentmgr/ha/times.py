"""The intervals of leases, and the one inequality that they must fulfil."""

from attrs import frozen

from agentmgr.fields import NO_OR_SOME_SECONDS, number, setting

RATE_ERROR = 0.01
"""By how much the clocks of two machines may run at different rates."""

SLACK_S = 0.5
"""What a renewal may take beside its attempt at the database: a busy loop, a thread that has to wait."""

TRIES = 3
"""So many renewals in a row may fail before a manager stops acting."""

_SECONDS = number(0.05, 600)


@frozen
class LeaseTimes:
    """How long several managers on one PostgreSQL wait for each other, in real seconds."""

    lease_s: float = setting(
        7.0, _SECONDS, "A manager that gave no sign of life for so long is dead to the others."
    )
    renew_s: float = setting(1.0, _SECONDS, "How often a manager gives a sign of life.")
    attempt_s: float = setting(1.0, _SECONDS, "How long one attempt at that may take.")
    margin_s: float = setting(
        1.0,
        _SECONDS,
        "How long before it is dead to the others a manager without a sign of life stops acting.",
    )
    poll_s: float = setting(0.5, _SECONDS, "How often a manager looks at who lives and who owns what.")
    turn_s: float = setting(
        1.0, _SECONDS, "Each further manager in line waits so much longer before it takes a zone."
    )
    steady_s: float = setting(
        60.0,
        NO_OR_SOME_SECONDS,
        "A designated manager that is back has its zone handed back when it was ready for so long.",
    )
    grace_s: float = setting(
        120.0,
        NO_OR_SOME_SECONDS,
        "How long agents may finish what they have when their zone is handed back or moved.",
    )

    @property
    def valid_s(self) -> float:
        """How long a manager may act after the moment at which it began a renewal that worked."""
        return self.lease_s * (1 - RATE_ERROR) - self.margin_s

    @property
    def dead_s(self) -> float:
        """After how long without a sign of life, by its own clock, a rival may call a manager dead."""
        return self.lease_s * (1 + RATE_ERROR)


def fault_of(times: LeaseTimes) -> str | None:
    """Say what is wrong with the intervals; None if a manager always stops before another takes its zones.

    `renew + 3 * (attempt + 0.5 s) <= lease * 0.99 - margin`: three renewals in a row may fail before a
    manager stops acting; and `margin >= attempt`: what it had begun to write by then is over when the lease
    is.
    """
    needed_s = times.renew_s + TRIES * (times.attempt_s + SLACK_S)
    if needed_s > times.valid_s:
        return (
            f"lease_s = {times.lease_s:g} is too short: renew_s + {TRIES} * (attempt_s + {SLACK_S:g}) ="
            f" {needed_s:g} s must be at most lease_s * {1 - RATE_ERROR:g} - margin_s = {times.valid_s:.3g} s"
        )
    if times.turn_s <= times.poll_s:
        return (
            f"turn_s = {times.turn_s:g} must be more than poll_s = {times.poll_s:g}: who is first has to see"
        )
    if times.margin_s < times.attempt_s:
        return f"margin_s = {times.margin_s:g} must be at least attempt_s = {times.attempt_s:g}"
    return None
