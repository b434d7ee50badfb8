"""What follows a result: a campaign's settings and steps as one table, by task and result.

The times of `retry_s` and of completion codes are the steps of each task that says nothing else, so there is
one way from a result to what comes then, however a campaign is written.
"""

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from agentmgr.core.model import CampaignSpec, ContactSpec, PhoneNumber
from agentmgr.core.tasks import (
    ACTION,
    ACTION_FAILED,
    END,
    NEXT,
    OTHER,
    PROCESSOR,
    SAME,
    Course,
    Step,
    Task,
    Wait,
)
from protocol.enums import DialFailReason

NUISANCE = "Nuisance"
"""The result of a call that was answered and found no agent."""

IN_WORK_RETRY_S = 60
"""How long a contact is left alone that somebody else is busy with, or that could not be dialled at all."""

ACTION_RETRY_S = 600
"""When a contact is tried again whose action failed, if its campaign says nothing else."""

OF_NO_USE = (DialFailReason.InvalidNumber, DialFailReason.DncBlocked)
"""Why a number is not dialled, now and later."""

FAILURES = tuple(reason for reason in DialFailReason if reason is not DialFailReason.OutsideCallingHours)
"""What a strategy has steps for; outside the calling hours a number waits for their opening."""


@frozen
class Move:
    """A step as it is carried out: a retry in the task, or into another `task_id`, or the end.

    Before that comes its `action`, if it has one.
    """

    after_s: float = 0
    number: str = NEXT
    times: int | None = None
    task_id: int = 0
    ends: bool = False
    action: str = ""

    @property
    def is_retry(self) -> bool:
        """Whether the contact stays in its task."""
        return not self.task_id and not self.ends


THE_END = Move(ends=True)
NUMBER_LOST = Move(number=OTHER)
Onward = tuple[ContactSpec, float | None]
"""A contact as it goes on, and after how many seconds; None if it is done."""


class Strategy:
    """The strategy of one version of a campaign."""

    def __init__(self, campaign: CampaignSpec) -> None:
        self._max_attempts = campaign.max_attempts
        self._tasks = {task.task_id: task for task in campaign.tasks}
        self._first = campaign.tasks[0]
        usual = _usual(campaign)
        self._moves = {
            (task.task_id, result): _moves(campaign, task, name, usual[result])
            for task in campaign.tasks
            for result, name in results_of(campaign).items()
        }
        self._processors = {
            (task.task_id, result): step.processor
            for task in campaign.tasks
            for result, name in results_of(campaign).items()
            for step in processors_for(campaign.steps, task.name, name)
        }
        self._names = results_of(campaign)

    def task_of(self, contact: ContactSpec) -> Task:
        """Return the task that a contact is in; the first one if its own is not there any more."""
        return self._tasks.get(contact.course.task_id, self._first)

    def move(self, contact: ContactSpec, result: str) -> Move:
        """Return the step that follows a result."""
        left = contact.course.taken.get(result, 0)
        for move in self._moves[self.task_of(contact).task_id, result]:
            if move.times is None or left < move.times:
                return move
            left -= move.times
        return THE_END

    def says(self, contact: ContactSpec, code: str) -> bool:
        """Whether anything is said of a completion code, that a contact with it is done for one."""
        return self._moves[self.task_of(contact).task_id, code][0] is not THE_END

    def next_number(self, contact: ContactSpec) -> PhoneNumber | None:
        """Return the number to be dialled next; None if the task has none that is of use."""
        name = self.task_of(contact).number
        if not name:
            return contact.next_number
        own = (number for number in contact.numbers if number.name == name)
        return next((number for number in own if number.number not in contact.left_out), None)

    def follow(
        self,
        contact: ContactSpec,
        result: str,
        number: PhoneNumber,
        attempts: int,
        *,
        was_dialled: bool = True,
        asks: bool = True,
    ) -> Onward:
        """Go on after a result: to a connector if one has something to do first, else with the next step.

        Args:
            contact: as it was worked on.
            result: what came of it.
            number: what it was, or would have been, dialled at.
            attempts: those at the contact, this one too.
            was_dialled: whether it was; else a retry stays at the number.
            asks: whether connectors are asked; without them their steps are taken as if they had done it.
        """
        address = number.number if was_dialled else ""
        if asks and (wait := self.first_wait(contact, result, address)) is not None:
            return evolve(contact, course=evolve(contact.course, wait=wait)), 0
        return self._take(contact, result, number, attempts, moved_on=was_dialled)

    def first_wait(self, contact: ContactSpec, result: str, address: str) -> Wait | None:
        """Return what a connector has to do after a result; None if there is nothing."""
        if (self.task_of(contact).task_id, result) in self._processors:
            return Wait(PROCESSOR, result, address)
        return Wait(ACTION, result, address) if self.move(contact, result).action else None

    def connector_of(self, contact: ContactSpec) -> tuple[str, str]:
        """Return the connector that a contact waits for and what it is told, empty names if it is gone.

        A processor is told what the result is called, an action in which task it is.
        """
        wait = contact.course.wait
        if wait is None or wait.result not in self._names:
            return "", ""
        task = self.task_of(contact)
        if wait.kind == ACTION:
            return self.move(contact, wait.result).action, task.name
        return self._processors.get((task.task_id, wait.result), ""), self._names[wait.result]

    def after_errand(self, contact: ContactSpec, attempts: int, *, is_done: bool) -> Onward:
        """Go on after a connector did what a contact waited for, or did not."""
        wait = contact.course.wait
        contact = evolve(contact, course=evolve(contact.course, wait=None))
        if wait is None or wait.result not in self._names:  # a code that is gone with a change
            return contact, None
        own = (each for each in contact.numbers if each.number == wait.address)
        number = next(own, None) or self.next_number(contact) or PhoneNumber("", wait.address)
        result = wait.result if is_done else ACTION_FAILED
        if is_done and wait.kind == PROCESSOR and self.move(contact, result).action:
            again = Wait(ACTION, result, wait.address)
            return evolve(contact, course=evolve(contact.course, wait=again)), 0
        return self._take(contact, result, number, attempts, moved_on=bool(wait.address))

    def stay(self, contact: ContactSpec, attempts: int, after_s: float) -> Onward:
        """Try a contact again that was not tried, at the number that it was to be tried at."""
        contact, later_s = self.find_number(contact, after_s)
        return contact, None if attempts >= self._max_attempts else later_s

    def _take(
        self, contact: ContactSpec, result: str, dialled: PhoneNumber, attempts: int, *, moved_on: bool
    ) -> Onward:
        move = self.move(contact, result)
        is_left_out = dialled.number in contact.left_out
        if is_left_out and move.is_retry and result in FAILURES:
            move = NUMBER_LOST  # it was not tried, and would never count
        moved_on = moved_on or is_left_out
        if any(each.times for each in self._moves[self.task_of(contact).task_id, result]):
            contact = evolve(contact, course=contact.course.having_taken(result))
        if move.number == OTHER and not move.ends:
            contact = contact.without(dialled)
        if move.ends:
            return contact, None
        if move.task_id:
            contact = self._enter(contact, move.task_id)
        elif moved_on:
            contact = _turn(contact, dialled, move.number)
        contact, after_s = self.find_number(contact, move.after_s)
        return contact, None if attempts >= self._max_attempts else after_s

    def find_number(self, contact: ContactSpec, after_s: float = 0) -> Onward:
        """Go on to the first task in which the contact has a number of use.

        What a task has no number for follows the steps of an invalid one.
        """
        seen: set[int] = set()
        while (number := self.next_number(contact)) is None:
            task_id = self.task_of(contact).task_id
            move = self.move(contact, DialFailReason.InvalidNumber)
            if task_id in seen or not move.task_id:
                return contact, None
            seen.add(task_id)
            after_s += move.after_s
            contact = self._enter(contact, move.task_id)
        if self.task_of(contact).number:
            contact = evolve(contact, phone=number.name)
        return contact, after_s

    def _enter(self, contact: ContactSpec, task_id: int) -> ContactSpec:
        return evolve(contact, course=Course(task_id), phone=self._tasks[task_id].number)


def _turn(contact: ContactSpec, dialled: PhoneNumber, number: str) -> ContactSpec:
    """Return a contact with its next number after one that was dialled, as a step names it."""
    names = {each.name for each in contact.numbers if each.number not in contact.left_out}
    wanted = dialled.name if number == SAME else number
    return evolve(contact, phone=wanted) if wanted in names else contact.after(dialled)


# -- the table -----------------------------------------------------------------------------


def results_of(campaign: CampaignSpec) -> dict[str, str]:
    """Return the results that a campaign has steps for, each with what people call it."""
    codes = {str(code.code_id): code.name for code in campaign.completion_codes}
    by_themselves = (NUISANCE, *map(str, FAILURES), ACTION_FAILED)
    return {**{result: result for result in by_themselves}, **codes}


def _usual(campaign: CampaignSpec) -> dict[str, Move]:
    """Return what follows each result in a task that has no steps for it."""
    usual = {NUISANCE: Move(campaign.nuisance_retry_s), ACTION_FAILED: Move(ACTION_RETRY_S)}
    for reason in FAILURES:
        wait_s = campaign.retry_s.get(reason)
        if wait_s is None and reason is DialFailReason.TelephonyDown:  # the number is as good as before
            wait_s = IN_WORK_RETRY_S
        usual[str(reason)] = NUMBER_LOST if wait_s is None else Move(wait_s)
    for code in campaign.completion_codes:
        usual[str(code.code_id)] = THE_END if code.retry_after_s is None else Move(code.retry_after_s)
    return usual


def steps_for(steps: Sequence[Step], task: str, result: str) -> list[tuple[int, Step]]:
    """Return the steps that count in a task for a result, each with its place from 1 on."""
    of_result = [
        (place, step) for place, step in enumerate(steps, 1) if step.result == result and step.is_step
    ]
    own = [(place, step) for place, step in of_result if step.task == task]
    return own or [(place, step) for place, step in of_result if not step.task]


def processors_for(steps: Sequence[Step], task: str, result: str) -> list[Step]:
    """Return what takes note of a result in a task; more than one is a fault."""
    all_of = [step for step in steps if step.result == result and step.processor]
    return [step for step in all_of if step.task == task] or [step for step in all_of if not step.task]


def _moves(campaign: CampaignSpec, task: Task, result: str, usual: Move) -> tuple[Move, ...]:
    ids = {each.name: each.task_id for each in campaign.tasks}
    return tuple(
        Move(
            step.after_s,
            step.number or NEXT,
            step.times,
            ids.get(step.then, 0),
            step.then == END
            or (bool(step.action) and not (step.then or step.after_s or step.number or step.times)),
            step.action,
        )
        for _, step in steps_for(campaign.steps, task.name, result)
    ) or (usual,)


# -- what cannot be ------------------------------------------------------------------------


def faults_of(campaign: CampaignSpec) -> Iterator[str]:
    """Yield what is wrong with the tasks and steps of a campaign: where, what was found, what is allowed."""
    faults = [*_faults_of_tasks(campaign.tasks), *_faults_of_steps(campaign)]
    yield from faults or _faults_of_ways(campaign)


def _faults_of_tasks(tasks: Sequence[Task]) -> Iterator[str]:
    if not tasks:
        yield 'tasks: found none; needs at least one, such as name = "Call"'
    for place, task in enumerate(tasks, 1):
        before, where = tasks[: place - 1], f"tasks[{place}]"
        if not task.name or task.name == END or task.name in [each.name for each in before]:
            yield (
                f"{where}.name: found {task.name!r}; each task needs a name of its own,"
                f" and {END!r} is not one"
            )
        if task.task_id < 1 or task.task_id in [each.task_id for each in before]:
            yield f"{where}.id: found {task.task_id}; it is taken, each task needs an id of its own"
        if task.number in (NEXT, SAME, OTHER):
            yield f"{where}.number: found {task.number!r}; allowed: a number's name, such as PhoneNumber1"


def _faults_of_steps(campaign: CampaignSpec) -> Iterator[str]:
    tasks = {task.name: task for task in campaign.tasks}
    results = [name for result, name in results_of(campaign).items() if result != NUISANCE]
    for place, step in enumerate(campaign.steps, 1):
        where = f"steps[{place}]"
        if step.result == NUISANCE:
            yield f"{where}.result: found {step.result!r}; nuisance_retry_s says what follows that"
        elif step.result not in results:
            yield f"{where}.result: found {step.result!r}; allowed: {', '.join(results)}"
        if step.task and step.task not in tasks:
            yield f"{where}.task: found {step.task!r}; allowed: {', '.join(tasks)}, or none for all"
        if step.then and step.then != END and step.then not in tasks:
            yield f"{where}.then: found {step.then!r}; allowed: {', '.join(tasks)}, or {END!r}"
        if step.then and (step.number or step.times):
            yield f"{where}.then: found {step.then!r} beside number or times; those are for retries"
        if step.then == END and step.after_s:
            yield f"{where}.after_s: found {step.after_s} before the end; nothing waits for that"
        if step.result == ACTION_FAILED and (step.action or step.processor):
            yield f"{where}: asks a connector after one has failed; a retry, a task or the end follows that"
        if step.number and step.task and tasks.get(step.task, Task(0, "")).number:
            yield (
                f"{where}.number: found {step.number!r}; its task {step.task} dials"
                f" {tasks[step.task].number} alone: lead to another task with then"
            )


def _faults_of_ways(campaign: CampaignSpec) -> Iterator[str]:
    """Yield steps and tasks that are never come to, and ways round without a time."""
    tasks = {task.name: task for task in campaign.tasks}
    used: set[int] = set()
    for task in campaign.tasks:
        for name in results_of(campaign).values():
            is_open = True
            for place, step in steps_for(campaign.steps, task.name, name):
                used.add(place)
                ends_here = step.then or (step.action and not (step.after_s or step.number or step.times))
                if not is_open:
                    yield (
                        f"steps[{place}]: is never taken: a step before it for {name} counts always;"
                        " give that one times, or leave this one out"
                    )
                is_open = is_open and step.times is not None
                if not (ends_here or step.after_s or step.times or step.number == OTHER):
                    yield (f"steps[{place}]: dials again and again without a time; give it after_s, or times")
            if len(processors_for(campaign.steps, task.name, name)) > 1:
                yield f"steps: two processors take note of {name} in {task.name}; allowed: one"
    for place, step in enumerate(campaign.steps, 1):
        if place not in used and step.is_step:
            yield f"steps[{place}]: is never taken: each task has steps of its own for {step.result}"
    least = _least_attempts(campaign)
    for place, task in enumerate(campaign.tasks, 1):
        if task.name not in least:
            yield f"tasks[{place}]: is never come to: no step leads to {task.name}; lead there with then"
    yield from _faults_of_counts(campaign, least)
    yield from _faults_of_circles(campaign, tasks)


def _least_attempts(campaign: CampaignSpec) -> Mapping[str, int]:
    """Return the tasks that can be come to, each with the fewest attempts before."""
    least = {campaign.tasks[0].name: 0}
    changed = True
    while changed:
        changed = False
        for then, attempts in _ways(campaign, least):
            if then not in least or attempts < least[then]:
                least[then], changed = attempts, True
    return least


def _ways(campaign: CampaignSpec, least: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the tasks that others lead to which can be come to, with the attempts made by then."""
    ways = []
    for task in least:
        for result, name in results_of(campaign).items():
            attempts = least[task] + _cost(result)
            for _, step in steps_for(campaign.steps, task, name):
                if step.then and step.then != END:
                    ways.append((step.then, attempts))
                attempts += (step.times or 0) * _cost(result)
    return ways


def _cost(result: str) -> int:
    """Return the fewest attempts that a result takes: a number may be refused before it is dialled."""
    return int(result not in OF_NO_USE)


def _faults_of_counts(campaign: CampaignSpec, least: Mapping[str, int]) -> Iterator[str]:
    """Yield the steps that max_attempts never lets a contact come to, in whatever task."""
    late: dict[int, str] = {}
    in_time: set[int] = set()
    for task, before in least.items():
        for result, name in results_of(campaign).items():
            attempts = before + _cost(result)
            for place, step in steps_for(campaign.steps, task, name):
                last = campaign.max_attempts - (step.then != END and not step.action)
                if attempts <= last:
                    in_time.add(place)
                else:
                    late[place] = (
                        f"steps[{place}]: is never taken: it follows attempt {attempts} in {task} at the"
                        f" earliest, and max_attempts is {campaign.max_attempts}; raise that, or leave it out"
                    )
                attempts += (step.times or 0) * _cost(result)
    yield from (text for place, text in sorted(late.items()) if place not in in_time)


def _faults_of_circles(campaign: CampaignSpec, tasks: Mapping[str, Task]) -> Iterator[str]:
    at_once = {
        task: [
            step.then
            for name in results_of(campaign).values()
            for _, step in steps_for(campaign.steps, task, name)
            if step.then in tasks and not step.after_s
        ]
        for task in tasks
    }
    left = set(tasks)
    while free := {task for task in left if not left.intersection(at_once[task])}:
        left -= free
    if left:  # each of these leads to another of them
        way = [next(task for task in tasks if task in left)]
        while len(set(way)) == len(way):
            way.append(next(then for then in at_once[way[-1]] if then in left))
        circle = " > ".join(way[way.index(way[-1]) :])
        yield f"steps: go round without a time: {circle}; give a step on that way after_s"
