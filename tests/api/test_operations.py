"""Every operation that is served is carried out, and refuses with each code of its table."""

import importlib
from pathlib import Path

import pytest
from attrs import AttrsInstance, fields, has
from cases import DONE, REFUSED, Done, Way
from world import World

from agentmgr.api.faults import CODES, Refused
from agentmgr.api.operations import CONTRACTS, OPERATIONS
from agentmgr.campaign.service import Cause

for path in sorted(Path(__file__).parent.glob("cases_*.py")):
    importlib.import_module(path.stem)

Pair = tuple[type[AttrsInstance], int]

PAIRS = [(request, code) for request, at in OPERATIONS.items() for code in at.signature.faults]


def _name(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(
    ("request_type", "case"), [(t, case) for t in OPERATIONS for case in DONE.get(t, [])], ids=_name
)
def test_operation_that_can_be_done_is_done(
    world: World, request_type: type[AttrsInstance], case: Done
) -> None:
    case(world)


GLOBAL_ALONE = {"AddToDNCList", "RemoveFromDNCList"}
"""What a user of an organisation may not do, whatever it is done with."""


@pytest.mark.parametrize(
    ("request_type", "case"),
    [(t, case) for t in OPERATIONS if t.__name__ not in GLOBAL_ALONE for case in DONE.get(t, [])],
    ids=_name,
)
def test_operation_is_done_for_a_user_of_an_organisation_as_for_one_of_none(
    world: World, request_type: type[AttrsInstance], case: Done
) -> None:
    world.share("East Bank")
    world.call_for("East Bank")
    case(world)


@pytest.mark.parametrize(
    ("request_type", "code", "way"),
    [(*pair, way) for pair in PAIRS for way in REFUSED.get(pair, [])],
    ids=_name,
)
def test_operation_that_cannot_be_done_says_its_code(
    world: World, request_type: type[AttrsInstance], code: int, way: Way
) -> None:
    request = way(world)
    assert type(request) is request_type
    with pytest.raises(Refused) as caught:
        world.call(request, object)  # type: ignore[type-var]  # it gives nothing
    assert (caught.value.code, bool(caught.value.text)) == (code, True)


def test_every_operation_and_code_has_a_case() -> None:
    missing = {(request.__name__, code) for request, code in PAIRS if (request, code) not in REFUSED}
    assert missing == set()
    assert [request.__name__ for request in OPERATIONS if request not in DONE] == []


def test_cases_are_of_operations_and_codes_that_there_are() -> None:
    assert set(REFUSED) <= set(PAIRS)
    assert set(DONE) <= set(OPERATIONS)


def test_every_cause_has_a_code_or_belongs_to_other_commands() -> None:
    others = {
        Cause.NO_SUCH_ACCOUNT,
        Cause.NO_SUCH_TOKEN,
        Cause.EXISTS,
        Cause.BAD_FILE,
        Cause.NO_SUCH_SCHEDULE,
    }
    assert set(Cause) - set(CODES) == others


def test_contract_has_46_operations_whose_fields_are_all_of_the_wire() -> None:
    counts = {service.name: len(service.signatures) for service in CONTRACTS}
    assert counts == {"VP_POMAgentAPIService": 29, "VP_POMCmpMgmtService": 17}
    for service in CONTRACTS:
        for signature in service.signatures:
            assert has(signature.request)
            assert signature.response.__name__ == f"{signature.name}Response"
            assert len(fields(signature.response)) == 1
            assert len(set(signature.faults)) == len(signature.faults)
