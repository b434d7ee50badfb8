"""Any campaign written as TOML is read as the same campaign."""

import re
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
import orjson
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from agentmgr.admin import campaign_file, rows
from agentmgr.core.campaign import CampaignSettings
from agentmgr.core.model import (
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    ExternalDestination,
)
from agentmgr.core.strategy import faults_of
from agentmgr.core.tasks import FIRST_TASK, Step, Task
from protocol.enums import CallbackType, PacingType

NAMES = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
"""What a person may call something, quotes and backslashes too."""
NUMBERS = st.sampled_from(["+442079460018", "+493023125123", "+14155550123"])
SINGLES: dict[str, st.SearchStrategy[Any]] = {
    "country": st.sampled_from(["", "DE", "GB"]),
    "abandon_number": st.sampled_from(["", "+442079460018"]),
    "min_calls_per_agent": st.floats(1, 20),
    "max_calls_per_agent": st.floats(1, 50),
}
BY_TYPE: dict[type, st.SearchStrategy[Any]] = {
    str: NAMES | st.just(""),
    bool: st.booleans(),
    int: st.integers(0, 40),
    float: st.floats(0, 1),
}


@st.composite
def codes(draw: st.DrawFn) -> tuple[CompletionCodeSpec, ...]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    ids = draw(st.lists(st.integers(1, 9999), min_size=len(names), max_size=len(names), unique=True))
    retries = st.none() | st.integers(0, 1000)
    return tuple(
        CompletionCodeSpec(code_id, name, draw(st.booleans()), draw(retries))
        for code_id, name in zip(ids, names, strict=True)
    )


@st.composite
def hours(draw: st.DrawFn) -> CallingHours:
    start, end = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True)))
    return CallingHours(start, end, frozenset(draw(st.sets(st.integers(1, 7), min_size=1))))


WAYS = (
    ((FIRST_TASK,), ()),
    ((Task(7, "Home", "PhoneNumber1"),), (Step("Busy", after_s=5), Step("Rejected", then="end"))),
    (
        (Task(2, "Any"), Task(1, "Mobile", "PhoneNumber2")),
        (
            Step("NoAnswer", task="Any", after_s=60, number="same", times=1),
            Step("NoAnswer", task="Any", after_s=600, then="Mobile"),
        ),
    ),
)


@st.composite
def campaigns(draw: st.DrawFn) -> CampaignSpec:
    singles = {}
    for each in attrs.fields(CampaignSettings):
        some = SINGLES.get(each.name, BY_TYPE[type(each.default)])
        singles[each.name] = draw(some.filter(each.metadata["allowed"].test) | st.just(each.default))
    made = draw(codes())
    retries = draw(st.dictionaries(st.sampled_from(campaign_file.RETRIED), st.integers(0, 1000)))
    kinds = draw(st.lists(st.sampled_from(CallbackType), unique=True))
    book = draw(st.lists(st.builds(ExternalDestination, NAMES, NUMBERS), max_size=3))
    tasks, steps = draw(st.sampled_from(WAYS))
    simple = CampaignSpec(
        campaign_id=0,
        name=draw(NAMES),
        pacing=draw(st.sampled_from(PacingType)),
        skill=draw(NAMES),
        completion_codes=made,
        default_code_id=draw(st.sampled_from(made)).code_id,
        retry_s=retries,
        calling_hours=draw(hours()),
        callback_types=tuple(kinds),
        address_book=tuple(book),
        **singles,
    )
    spec = evolve(simple, tasks=tasks, steps=steps)
    return simple if list(faults_of(spec)) else spec


@given(campaigns(), st.lists(NAMES, min_size=1, max_size=3, unique=True))
def test_campaign_written_is_read_as_the_same(spec: CampaignSpec, lists: list[str]) -> None:
    written = campaign_file.write(spec, tuple(lists))
    assert campaign_file.read(tomllib.loads(written)) == (spec, tuple(lists))


@given(campaigns(), campaigns())
def test_campaign_changed_into_another_is_that(one: CampaignSpec, other: CampaignSpec) -> None:
    values = campaign_file.values_of(other, ("L",))
    changed, lists = campaign_file.changed(evolve(one, campaign_id=7, version=3), ("K",), values)
    assert changed == evolve(other, campaign_id=7, version=3)
    assert lists == ("L",)


def test_strategy_of_the_docs_is_one() -> None:
    docs = (Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md").read_text()
    (example,) = re.findall(r"  ```toml\n(  \[\[steps\]\].*?)  ```", docs, re.DOTALL)
    campaign = tomllib.loads(dedent(example)) | {"name": "A", "skill": "B", "lists": ["C"]}
    spec, _ = campaign_file.read(campaign)
    assert [(step.result, step.action, step.processor, step.after_s) for step in spec.steps] == [
        ("Sale", "ticket", "", 0),
        ("Busy", "", "ticket", 0),
        ("ActionFailed", "", "", 900),
    ]


# -- for a form ----------------------------------------------------------------------------


def test_form_has_every_value_that_a_campaign_is_written_with() -> None:
    fields = list(campaign_file.form())
    own = {each.key for each in fields if not each.table}
    tables = {each.table: each.is_array for each in fields if each.table}
    spec, lists = campaign_file.read({"name": "Spring", "skill": "English", "lists": ["A"]})
    assert own | tables.keys() == campaign_file.values_of(spec, lists).keys()
    assert tables == {"retry_s": False, "codes": True, "tasks": True, "steps": True, "address_book": True}


def test_form_tells_choices_defaults_and_what_is_allowed() -> None:
    fields = {(each.table, each.key): each for each in campaign_file.form()}
    assert fields["", "pacing"].choices == tuple(campaign_file.PACING)
    assert fields["", "callback_types"].choices == tuple(CallbackType)
    assert fields["", "priority"].choices == ()
    priority = fields["", "priority"]
    assert (priority.default, priority.allowed) == (5, "a whole number from 1 to 10")
    assert fields["codes", "success"].default is False


def test_defaults_of_the_form_make_the_campaign_that_leaving_them_out_makes() -> None:
    needed = {"name": "Spring", "skill": "English", "lists": ["A"]}
    defaults = {
        each.key: orjson.loads(str(rows.campaign_field(each)["default"]))
        for each in campaign_file.form()
        if not each.table and each.key not in (*needed, "default_code")
    }
    assert campaign_file.read({**defaults, **needed}) == campaign_file.read(needed)
