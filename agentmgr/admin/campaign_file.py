"""A campaign as a person writes it down: a TOML document, or options of the command line, and back."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import count
from typing import Any, get_args, get_type_hints

import attrs
import tomlkit
from attrs import evolve, frozen

from agentmgr.campaign.campaigns import DEFAULT_CODE_ID, DEFAULT_COMPLETION_CODES, MAX_NAME_CHARACTERS
from agentmgr.core.campaign import RETRY_S, CampaignSettings
from agentmgr.core.model import (
    DEFAULT_RETRY_S,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    ExternalDestination,
)
from agentmgr.core.numbers import read_number
from agentmgr.core.strategy import faults_of
from agentmgr.core.tasks import END, FIRST_TASK, NEXT, OTHER, SAME, Step, Task
from agentmgr.fields import Allowed, any_text, one_of, setting, text, whole_number, yes_or_no
from agentmgr.tables import Mistakes, Tables
from protocol.enums import CallbackType, DialFailReason, PacingType

PACING = {
    "predictive": PacingType.Predictive,
    "progressive": PacingType.Progressive,
    "preview": PacingType.PreviewTimed,
    "preview-untimed": PacingType.PreviewUntimed,
}
_PACING_WORDS = {pacing: word for word, pacing in PACING.items()}
MINUTES_OF_A_DAY = 1440
WEEK = range(1, 8)
"""ISO weekdays: 1 is Monday."""


# -- calling hours -------------------------------------------------------------------------


def _minutes(time_of_day: str) -> int:
    hour, minute = map(int, time_of_day.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= MINUTES_OF_A_DAY):
        raise ValueError(time_of_day)
    return hour * 60 + minute


def _hours(written: str) -> tuple[int, int]:
    """Read `08:00-21:00`; empty is the whole day."""
    start, end = map(_minutes, (written or "00:00-24:00").split("-"))
    if start >= end:
        raise ValueError(written)
    return start, end


def _weekdays(written: str) -> frozenset[int]:
    """Read `1-5` or `1,2,6`; empty is every day."""
    days: set[int] = set()
    for part in (written or "1-7").split(","):
        first, _, last = part.partition("-")
        found = WEEK[WEEK.index(int(first)) : WEEK.index(int(last or first)) + 1]
        if not found:
            raise ValueError(part)
        days.update(found)
    return frozenset(days)


def _is_readable(read: Callable[[str], object]) -> Callable[[object], bool]:
    def test(value: object) -> bool:
        if type(value) is not str:
            return False
        try:
            read(value)
        except ValueError:
            return False
        return True

    return test


HOURS = Allowed(
    "from-to as in 08:00-21:00, the end later than the beginning and up to 24:00",
    _is_readable(_hours),
    lambda v: v,
)
WEEKDAYS = Allowed("as in 1-5 or 1,2,6; Monday is 1", _is_readable(_weekdays), lambda v: v)

# -- the document --------------------------------------------------------------------------


NAME = Allowed(
    f"a text of 1 to {MAX_NAME_CHARACTERS} characters, none of them a control character",
    lambda v: text().test(v) and len(v.strip()) <= MAX_NAME_CHARACTERS,
    lambda v: v,
)


def _names(words: str, choices: type[StrEnum] | None = None) -> Allowed:
    """Allow a list of names, each once: one or more of any, or any number of some choices."""

    def is_list(value: object) -> bool:
        if not isinstance(value, list | tuple) or not all(type(item) is str for item in value):
            return False
        if len(set(value)) < len(value):
            return False
        return set(value) <= set(choices) if choices else bool(value) and all(map(str.strip, value))

    return Allowed(words, is_list, tuple, tuple(choices or ()))


def _any_names(words: str) -> Allowed:
    """Allow a list of names, each once, or none."""
    some = _names(words)
    return Allowed(words, lambda value: value in ([], ()) or some.test(value), tuple)


NEVER = "never"
RETRY_OR_NEVER = Allowed(
    f'{RETRY_S.words}, or "{NEVER}"', lambda v: v == NEVER or RETRY_S.test(v), lambda v: v
)
RETRIED = tuple(reason for reason in DialFailReason if reason is not DialFailReason.OutsideCallingHours)
Retries: Any = attrs.make_class(
    "Retries",
    {
        reason.value: setting(
            DEFAULT_RETRY_S.get(reason, NEVER), RETRY_OR_NEVER, "Seconds until another dial."
        )
        for reason in RETRIED
    },
    frozen=True,
    kw_only=True,
)
"""After how many seconds a number is tried again, by the reason why it was not reached."""


@frozen(kw_only=True)
class Code:
    """A completion code that agents choose from."""

    id: int | None = setting(
        None, whole_number(1, 9999), "What desktops send; the next free one if not given."
    )
    name: str = setting("", text(), "What agents see.")
    success: bool = setting(False, yes_or_no(), "Whether it is what the campaign is for.")
    retry_after_s: int | None = setting(None, RETRY_S, "When the contact is dialled again; never without it.")


@frozen(kw_only=True)
class Destination:
    """Somebody outside whom agents may consult."""

    name: str = setting("", text(), "What agents see.")
    number: str = setting("", text("a telephone number"), "The telephone number.")


@frozen(kw_only=True)
class TaskTable:
    """What the campaign does with a contact: it dials."""

    id: int | None = setting(
        None, whole_number(1, 9999), "What programs call it; the next free one if not given."
    )
    name: str = setting("", text(), "What people call it.")
    number: str = setting(
        "", any_text(), "The one number that it dials, such as PhoneNumber2; all in turn if not given."
    )


@frozen(kw_only=True)
class StepTable:
    """What follows a result."""

    result: str = setting("", text(), "Why a number was not reached, or the name of a completion code.")
    task: str = setting("", any_text(), "The task it is for; all that have none of their own if not given.")
    after_s: int = setting(0, RETRY_S, "How long later, seconds.")
    number: str = setting(
        "",
        any_text(),
        f'Which number is dialled: "{NEXT}", "{SAME}", "{OTHER}" (this one is of no use), or a name.',
    )
    times: int | None = setting(
        None, whole_number(1, 100), "How often; then the next step for the result counts."
    )
    action: str = setting(
        "", any_text(), "The custom action that comes first; a contact is done with it if no more is said."
    )
    processor: str = setting(
        "", any_text(), "The result processor that takes note of each such result; alone it is no step."
    )
    then: str = setting("", any_text(), f'The task that it leads to, or "{END}"; a retry if not given.')


@frozen(kw_only=True)
class CampaignFile(CampaignSettings):
    """Everything that makes a campaign."""

    name: str = setting("", NAME, "Name of the campaign.")
    skill: str = setting("", text(), "The skill that agents need.")
    lists: tuple[str, ...] = setting(
        (), _names('names of contact lists such as ["A", "B"], each once'), "The contact lists."
    )
    pacing: str = setting("predictive", one_of(*PACING), "When a contact is dialled.")
    calling_hours: str = setting("00:00-24:00", HOURS, "When numbers may be called, by their own clocks.")
    weekdays: str = setting("1-7", WEEKDAYS, "On which days they may be called.")
    default_code: str = setting("", text(), "What a wrapup ends with by itself; the last code if not given.")
    callback_types: tuple[str, ...] = setting(
        tuple(CallbackType),
        _names("any of " + ", ".join(f'"{kind}"' for kind in CallbackType) + ", each once", CallbackType),
        "The kinds of callback that agents may make.",
    )
    zones: tuple[str, ...] = setting(
        (),
        _any_names('names of zones such as ["North", "South"], each once, or none'),
        "The zones that share its contacts when it is run; with none it runs in the first one configured.",
    )
    retry_s: Retries = Retries()
    codes: tuple[Code, ...] = ()
    tasks: tuple[TaskTable, ...] = ()
    steps: tuple[StepTable, ...] = ()
    address_book: tuple[Destination, ...] = ()


_TABLES = Tables(CampaignFile)
REQUIRED = ("name", "skill", "lists")
MAX_ROWS = 1000
"""Desktops are told completion codes and destinations in one message."""


def read(values: Mapping[str, Any]) -> tuple[CampaignSpec, tuple[str, ...]]:
    """Return a campaign, without its id, and the names of its contact lists.

    Raises:
        Mistakes: a line each: key, what was found, what is allowed.
    """
    problems: list[str] = []
    try:
        found = _TABLES.read(values)
    except Mistakes as mistakes:
        problems, found = mistakes.problems, None
    problems += [f"{key}: is missing, and has no default" for key in REQUIRED if key not in values]
    problems += [
        f"{key}: found {len(rows)}; allowed: at most {MAX_ROWS}"
        for key in ("codes", "tasks", "steps", "address_book")
        if isinstance(rows := values.get(key), list | tuple) and len(rows) > MAX_ROWS
    ]
    if found is None or problems:
        raise Mistakes(problems)
    codes = _codes(found, problems)
    address_book = _address_book(found, problems)
    if problems:
        raise Mistakes(problems)
    start_min, end_min = _hours(found.calling_hours)
    retries = attrs.asdict(found.retry_s)
    default = next((code.code_id for code in codes if code.name == found.default_code), None)
    singles = {each.name: getattr(found, each.name) for each in attrs.fields(CampaignSettings)}
    spec = CampaignSpec(
        campaign_id=0,
        name=found.name,
        pacing=PACING[found.pacing],
        skill=found.skill,
        completion_codes=codes or DEFAULT_COMPLETION_CODES,
        default_code_id=default or (codes[-1].code_id if codes else DEFAULT_CODE_ID),
        retry_s={DialFailReason(reason): s for reason, s in retries.items() if s != NEVER},
        calling_hours=CallingHours(start_min, end_min, _weekdays(found.weekdays)),
        callback_types=tuple(map(CallbackType, found.callback_types)),
        zones=found.zones,
        tasks=_tasks(found.tasks),
        steps=tuple(Step(**attrs.asdict(step)) for step in found.steps),
        address_book=address_book,
        **singles,
    )
    if problems := list(faults_of(spec)):
        raise Mistakes(problems)
    return spec, found.lists


def changed(
    spec: CampaignSpec, lists: tuple[str, ...], values: Mapping[str, Any]
) -> tuple[CampaignSpec, tuple[str, ...]]:
    """Return a campaign with some values changed; of a table those that are given.

    Codes and tasks that keep their name keep their id.

    Raises:
        Mistakes: a line each: key, what was found, what is allowed.
    """
    old = values_of(spec, lists)
    codes = {code.name: code.code_id for code in spec.completion_codes}
    tasks = {task.name: task.task_id for task in spec.tasks}
    new: dict[str, Any] = {**old}
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(old.get(key), Mapping):
            new[key] = {**old[key], **value}
        elif key == "codes" and isinstance(value, list):
            new[key] = _with_ids(value, codes)
            if "default_code" not in values:
                new.pop("default_code")
        elif key == "tasks" and isinstance(value, list):
            new[key] = _with_ids(value, tasks)
        else:
            new[key] = value
    read_as, new_lists = read(new)
    return evolve(read_as, campaign_id=spec.campaign_id, version=spec.version), new_lists


def _with_ids(tables: list[Any], ids: Mapping[str, int]) -> list[Any]:
    return [
        {"id": ids[table["name"]], **table}
        if isinstance(table, Mapping) and table.get("name") in ids
        else table
        for table in tables
    ]


def _codes(found: CampaignFile, problems: list[str]) -> tuple[CompletionCodeSpec, ...]:
    """Number those completion codes in their order that have no number yet."""
    given = [code.id for code in found.codes if code.id is not None]
    free = (number for number in count(1) if number not in given)
    codes = tuple(
        CompletionCodeSpec(code.id or next(free), code.name.strip(), code.success, code.retry_after_s)
        for code in found.codes
    )
    problems += [
        f"codes[{number}].id: found {code.id}; it is taken, each code needs an id of its own"
        for number, code in enumerate(found.codes, 1)
        if code.id is not None and code.id in [each.id for each in found.codes[: number - 1]]
    ]
    names = [code.name for code in codes or DEFAULT_COMPLETION_CODES]
    problems += [
        f"codes[{number}].name: found {name!r}; it is taken or missing, each code needs a name of its own"
        for number, name in enumerate(names, 1)
        if not name or name in names[: number - 1]
    ]
    if found.default_code and found.default_code not in names:
        problems.append(f"default_code: found {found.default_code!r}; allowed: {', '.join(names)}")
    return codes


def _tasks(found: tuple[TaskTable, ...]) -> tuple[Task, ...]:
    """Number those tasks in their order that have no number yet."""
    given = [task.id for task in found if task.id is not None]
    free = (number for number in count(1) if number not in given)
    tasks = tuple(Task(task.id or next(free), task.name.strip(), task.number.strip()) for task in found)
    return tasks or (FIRST_TASK,)


def _address_book(found: CampaignFile, problems: list[str]) -> tuple[ExternalDestination, ...]:
    entries = []
    for number, each in enumerate(found.address_book, 1):
        try:
            read_as = read_number(each.number, found.country or None)
        except ValueError as error:
            problems.append(f"address_book[{number}].number: found {each.number!r}; it {error}")
            continue
        if read_as.premium and not found.allow_premium:
            text = f"found {each.number!r}; it costs a premium, which allow_premium = true allows"
            problems.append(f"address_book[{number}].number: {text}")
        else:
            entries.append(ExternalDestination(each.name.strip(), read_as.e164))
        if not each.name.strip():
            problems.append(f"address_book[{number}].name: is missing, and has no default")
    return tuple(entries)


@frozen
class FieldAbout:
    """What a form needs to know of a value of a campaign.

    Attributes:
        table: the key of the table that it is in, empty for one of the campaign's own.
        is_array: whether there is any number of such tables.
        key: its name there.
        default: None where there is none; where it is a list, the names in it.
        choices: all values there are, if few.
    """

    table: str
    is_array: bool
    key: str
    about: str
    allowed: str
    default: Any
    choices: tuple[str, ...]


def form() -> Iterator[FieldAbout]:
    """Yield all values that a campaign has, as they are written down."""
    hints = get_type_hints(CampaignFile)
    for each in attrs.fields(CampaignFile):
        if "allowed" in each.metadata:
            yield _about("", False, each)
            continue
        (cls,) = get_args(hints[each.name])[:1] or (hints[each.name],)
        yield from (_about(each.name, cls is not hints[each.name], inner) for inner in attrs.fields(cls))


def _about(table: str, is_array: bool, of: "attrs.Attribute[Any]") -> FieldAbout:
    allowed, about = of.metadata["allowed"], of.metadata["about"]
    return FieldAbout(table, is_array, of.name, about, allowed.words, of.default, allowed.choices)


# -- back ----------------------------------------------------------------------------------


def values_of(spec: CampaignSpec, lists: tuple[str, ...]) -> dict[str, Any]:
    """Return a campaign as `read` takes it."""
    hours = spec.calling_hours
    singles = {each.name: getattr(spec, each.name) for each in attrs.fields(CampaignSettings)}
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (hours.start_min, hours.end_min))
    default = next(code.name for code in spec.completion_codes if code.code_id == spec.default_code_id)
    values: dict[str, Any] = {
        "name": spec.name,
        "skill": spec.skill,
        "lists": list(lists),
        "pacing": _PACING_WORDS[spec.pacing],
        "calling_hours": f"{start}-{end}",
        "weekdays": ",".join(map(str, sorted(hours.weekdays))),
        "default_code": default,
        "callback_types": [str(kind) for kind in spec.callback_types],
        "zones": list(spec.zones),
        **singles,
    }
    tables: dict[str, Any] = {
        "retry_s": {str(reason): spec.retry_s.get(reason, NEVER) for reason in RETRIED},
        "codes": [_code_values(code) for code in spec.completion_codes],
        "tasks": [_task_values(task) for task in spec.tasks],
        "steps": [_step_values(step) for step in spec.steps],
        "address_book": [attrs.asdict(destination) for destination in spec.address_book],
    }
    # what follows a table in TOML is in it, and an empty array is no table
    empty = {name: table for name, table in tables.items() if not table}
    return {**values, **empty, **{name: table for name, table in tables.items() if table}}


def _code_values(code: CompletionCodeSpec) -> dict[str, Any]:
    values = {"id": code.code_id, "name": code.name, "success": code.success}
    return values if code.retry_after_s is None else {**values, "retry_after_s": code.retry_after_s}


def _task_values(task: Task) -> dict[str, Any]:
    values = {"id": task.task_id, "name": task.name}
    return {**values, "number": task.number} if task.number else values


def _step_values(step: Step) -> dict[str, Any]:
    defaults = {field.name: field.default for field in attrs.fields(Step)}
    return {name: value for name, value in attrs.asdict(step).items() if value != defaults[name]}


def write(spec: CampaignSpec, lists: tuple[str, ...]) -> str:
    """Return a campaign as TOML, each setting explained."""
    document = tomlkit.document()
    about = {each.name: each.metadata for each in attrs.fields(CampaignFile)}
    for key, value in values_of(spec, lists).items():
        if (metadata := about[key]).get("about"):
            document.add(tomlkit.comment(f"{metadata['about']} Allowed: {metadata['allowed'].words}."))
        document.add(key, value)
    return tomlkit.dumps(document)
