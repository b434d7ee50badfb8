"""What a supervisor can want of an agent who is logged on, and what comes of it."""

from enum import Enum

from protocol.values import frozen


@frozen
class LogOff:
    """The agent shall leave when nothing is on; with `now` at once, whatever is on."""

    now: bool = False


@frozen
class TakeBreak:
    """The agent shall be NotReady with a reason; with a contact after it."""

    reason_code: str
    reason_name: str = ""


@frozen
class WorkIn:
    """The agent shall work in a job while it runs; None leaves it to the zone again."""

    job_id: int | None


Wish = LogOff | TakeBreak | WorkIn


class Outcome(Enum):
    """What came of a wish, in words that follow the agent's id."""

    LOGGED_OFF = "is logged off"
    LEAVES = "logs off now; its phone is being let go"
    LEAVES_LATER = "logs off after the contact"
    ON_BREAK = "is not ready"
    BREAK_LATER = "is not ready after the contact"
    ON_BREAK_ALREADY = "was not ready already, for this reason"
    PLACED = "works in it"
    PLACED_LATER = "works in it after the contact"
    PLACED_WHEN_READY = "works in it once ready and nailed up"
    PLACED_ALREADY = "was working in it already"
    LEFT_TO_ZONE = "works where it is needed"
    NOT_LOGGED_ON = "is not logged on"
    BREAK_REFUSED = "cannot be made not ready as it is: a break is pending already"
    NO_JOB = "stays where it is: the campaign does not run in its zone"
    NO_SKILL = "stays where it is: it has not the skill, or not the level, that the campaign needs"
    FAULT = "met a fault of the server; its log says more"
    ZONE_ENDED = "may or may not have been reached: its zone ended meanwhile"

    @property
    def is_refusal(self) -> bool:
        """Whether the wish did not come true, and will not."""
        return self in _REFUSALS


_REFUSALS = frozenset(
    {
        Outcome.NOT_LOGGED_ON,
        Outcome.BREAK_REFUSED,
        Outcome.NO_JOB,
        Outcome.NO_SKILL,
        Outcome.FAULT,
        Outcome.ZONE_ENDED,
    }
)
