"""A campaign's way through results as it is written down, and how far a contact is on it."""

from collections.abc import Mapping

from attrs import evolve, frozen

NEXT, SAME, OTHER = "next", "same", "other"
"""Which number a retry dials: the one after it in turn, the same, or another while it is left out."""
END = "end"
"""What a step leads to after which the contact is done."""

ACTION_FAILED = "ActionFailed"
"""The result of what a connector was asked to do and did not."""

ACTION, PROCESSOR = "action", "result_processor"
"""What a connector is asked for: a step of its own, or to take note of a result."""


@frozen
class Task:
    """A node of a strategy that dials: one number by its name, or all in turn if `number` is empty."""

    task_id: int
    name: str
    number: str = ""


FIRST_TASK = Task(1, "Call")
"""The one task of a campaign that names none."""


@frozen
class Step:
    """What follows a result: the next dial, another task, something that a connector does, or the end.

    `result` is why a number was not reached, or the name of a completion code. Of a result the steps count in
    their order: those of the `task`, else those that name none. A retry is taken `times` times, always if
    that is None; `number` is one of NEXT, SAME and OTHER or a number's name. With `then` the contact goes to
    the task of that name, or is done (END). An `action` comes first, and if nothing else is said the contact
    is done with it; if it fails, the steps of ACTION_FAILED follow. A `processor` takes note of each such
    result before any step is taken; one alone is no step.
    """

    result: str
    task: str = ""
    after_s: int = 0
    number: str = ""
    times: int | None = None
    then: str = ""
    action: str = ""
    processor: str = ""

    @property
    def is_step(self) -> bool:
        """Whether it says what comes next."""
        says = self.after_s or self.number or self.times or self.then or self.action
        return bool(says) or not self.processor


@frozen
class Wait:
    """What a contact waits for: an ACTION or a PROCESSOR, after a result of a dial to `address`.

    That is E.164, empty if nothing was dialled.
    """

    kind: str
    result: str
    address: str


@frozen
class Course:
    """How far a contact is: its task, 0 for the first one, and how often limited steps were taken in it.

    `taken` is by result; a completion code is its id there, so that it can have another name. `wait` is for a
    connector that has to do something first.
    """

    task_id: int = 0
    taken: Mapping[str, int] = {}
    wait: Wait | None = None

    def having_taken(self, result: str) -> "Course":
        """Return the course after one more step for a result."""
        return evolve(self, taken={**self.taken, result: self.taken.get(result, 0) + 1})

    def kept(self) -> str:
        """Return the course as the store keeps it, empty for that of a fresh contact."""
        if self == START:
            return ""
        taken = (f"{result}={times}" for result, times in self.taken.items())
        wait = (f"{self.wait.kind}:{self.wait.result}:{self.wait.address}",) if self.wait else ()
        return " ".join((str(self.task_id), *taken, *wait))

    @staticmethod
    def read(kept: str) -> "Course":
        """Return a course as it was kept."""
        if not kept:
            return START
        task_id, *rest = kept.split(" ")
        waits = [each.split(":") for each in rest if ":" in each]
        taken = (each.partition("=") for each in rest if ":" not in each)
        return Course(
            int(task_id),
            {result: int(times) for result, _, times in taken},
            Wait(*waits[0]) if waits else None,
        )


START = Course()
"""Where a fresh contact is."""
