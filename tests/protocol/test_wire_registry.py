"""The registries: closed, without duplicates, with one rule for the spelling of fields."""

from collections.abc import Iterator

import attrs
import pytest
from attrs import frozen

from protocol.examples import example
from protocol.registry import COMMANDS, NOTIFICATIONS, RESPONSES, command, notification, wire, wire_name
from protocol.results import ResultCode


@pytest.fixture(autouse=True)
def _registries_stay_as_they_are() -> Iterator[None]:
    before = dict(COMMANDS), dict(RESPONSES), dict(NOTIFICATIONS)
    yield
    for registry, content in zip((COMMANDS, RESPONSES, NOTIFICATIONS), before, strict=True):
        registry.clear()
        registry.update(content)


def test_command_registered_twice_is_refused() -> None:
    resp = type("AGTHoldCallRESP", (), {})

    with pytest.raises(ValueError, match="AGTHoldCall is registered twice"):
        command(resp)(type("AGTHoldCall", (), {}))


def test_notification_registered_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="AGTJobAttached is registered twice"):
        notification(type("AGTJobAttached", (), {}))


def test_command_whose_response_has_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="must be called AGTNewRESP, not AGTOldRESP"):
        command(type("AGTOldRESP", (), {}))(type("AGTNew", (), {}))


def test_command_with_a_code_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="4 is not a valid ResultCode"):
        command(type("AGTNewRESP", (), {}), 4)(type("AGTNew", (), {}))


def test_command_and_notification_are_found_under_their_names() -> None:
    new, resp, news = type("AGTNew", (), {}), type("AGTNewRESP", (), {}), type("AGTNews", (), {})

    assert command(resp, 5, for_agent=False)(new) is new
    assert notification(news) is news

    spec = COMMANDS["AGTNew"]
    assert (spec.cls, spec.resp, spec.for_agent, spec.codes) == (new, resp, False, (ResultCode(5),))
    assert RESPONSES["AGTNewRESP"] is resp
    assert NOTIFICATIONS["AGTNews"] is news


def test_field_is_spelled_in_camel_case_unless_it_is_given_a_name() -> None:
    @frozen
    class Message:
        pwd: str = wire()
        can_enter_free_form_number: str = wire()
        session_id: str = wire("sessionID")

    assert [wire_name(a) for a in attrs.fields(Message)] == ["pwd", "canEnterFreeFormNumber", "sessionID"]


def test_registries_know_each_response_once() -> None:
    assert [spec.resp for spec in COMMANDS.values()] == list(RESPONSES.values())
    assert not COMMANDS.keys() & NOTIFICATIONS.keys()
    assert not RESPONSES.keys() & NOTIFICATIONS.keys()


@pytest.mark.parametrize(
    "cls", [*(spec.cls for spec in COMMANDS.values()), *RESPONSES.values(), *NOTIFICATIONS.values()]
)
def test_messages_are_values_equal_and_hashable_by_their_fields_without_a_dictionary(cls: type) -> None:
    one, same = example(cls), example(cls)

    assert one == same
    assert cls.__hash__ is not None
    assert not hasattr(one, "__dict__")
