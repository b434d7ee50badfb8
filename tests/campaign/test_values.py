"""Numbers of campaigns and agents: who defines them, and whose they are."""

import pytest
from callers import services

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.ports import NumberAttribute, Scope
from agentmgr.store import SqlStore


def cause_of(caught: pytest.ExceptionInfo[ServiceError]) -> Cause:
    return caught.value.cause


def test_number_is_defined_once_in_its_scope_and_changed_by_what_is_said(store: SqlStore) -> None:
    values = services(store).values
    assert values.define(Scope.CAMPAIGN, "Sum", initial=5.0, display_name="All")
    assert values.define(Scope.AGENT, "Sum")
    assert not values.define(Scope.CAMPAIGN, "Sum", display_name="Everything")
    assert values.all(Scope.CAMPAIGN) == (NumberAttribute(Scope.CAMPAIGN, "Sum", 5.0, "Everything"),)
    assert values.all(Scope.AGENT) == (NumberAttribute(Scope.AGENT, "Sum"),)


@pytest.mark.parametrize(
    ("name", "initial", "display_name"),
    [
        ("", 0.0, ""),
        (" Sum", 0.0, ""),
        ("S" * 500, 0.0, ""),
        ("Su\x07m", 0.0, ""),
        ("Sum", float("nan"), ""),
        ("Sum", float("-inf"), ""),
        ("Sum", 0.0, "S" * 500),
        ("Sum", 0.0, "All\n"),
    ],
)
def test_number_that_cannot_be_is_refused(
    store: SqlStore, name: str, initial: float, display_name: str
) -> None:
    values = services(store).values
    with pytest.raises(ServiceError) as caught:
        values.define(Scope.AGENT, name, initial=initial, display_name=display_name)
    assert cause_of(caught) is Cause.BAD_VALUE
    assert values.all(Scope.AGENT) == ()


def test_number_is_changed_by_those_whose_it_is_alone(store: SqlStore) -> None:
    for name in ("North Bank", "South Bank"):
        store.add_organisation(name, 0.0)
    everybody = services(store).values
    north, south = (services(store, organisation=f"{name} Bank").values for name in ("North", "South"))
    everybody.define(Scope.AGENT, "Sum")
    north.define(Scope.AGENT, "Mine")
    assert [[each.name for each in at.all(Scope.AGENT)] for at in (everybody, north, south)] == [
        ["Mine", "Sum"],
        ["Mine", "Sum"],
        ["Sum"],
    ]
    for at, name, organisation, cause in (
        (south, "Mine", None, Cause.FOREIGN_ATTRIBUTE),
        (north, "Sum", None, Cause.DENIED),
        (north, "Mine", "South Bank", Cause.DENIED),
        (north, "New", "South Bank", Cause.DENIED),
        (everybody, "Mine", "East Bank", Cause.NO_SUCH_ORGANISATION),
    ):
        with pytest.raises(ServiceError) as caught:
            at.define(Scope.AGENT, name, initial=1.0, organisation=organisation)
        assert cause_of(caught) is cause
    assert not everybody.define(Scope.AGENT, "Mine", organisation="South Bank")
    assert [each.name for each in north.all(Scope.AGENT)] == ["Sum"]
