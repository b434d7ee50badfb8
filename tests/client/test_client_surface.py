"""The typed surface: every command has its method, and the generated module is current."""

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType
from typing import get_args, get_type_hints

import pytest

from agentmgr.client import Agent, AgentHandler, Pom, sync
from agentmgr.client.addresses import parse_address, text_of
from agentmgr.client.agent import CAPABILITIES
from agentmgr.client.commands import CapabilityName, Event
from agentmgr.client.handlers import METHODS
from protocol.registry import COMMANDS, NOTIFICATIONS

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "client_commands.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client_commands", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_modules_are_current(generator: ModuleType) -> None:
    for name, render in generator.RENDERED.items():
        assert (generator.CLIENT / name).read_text() == render(), "run scripts/generate.py"


def test_every_command_has_a_method_that_returns_its_resp(generator: ModuleType) -> None:
    for spec in COMMANDS.values():
        if spec.name in ("AgentSDKConnected", "POMClientAlive"):
            continue  # the library sends these by itself
        method = getattr(Agent if spec.for_agent else Pom, generator.method_name(spec.name))
        assert inspect.iscoroutinefunction(method)
        assert get_type_hints(method)["return"] is spec.resp
        blocking = getattr(sync.Agent if spec.for_agent else sync.Pom, generator.method_name(spec.name))
        assert not inspect.iscoroutinefunction(blocking)
        assert get_type_hints(blocking)["return"] is spec.resp
        if spec.name != "AGTLogoff":
            assert inspect.signature(blocking) == inspect.signature(method)


def test_every_event_has_a_method_of_its_own_in_both_handlers(generator: ModuleType) -> None:
    assert set(METHODS) == set(NOTIFICATIONS.values())
    assert len(set(METHODS.values())) == len(METHODS)
    for cls, name in METHODS.items():
        for handler in (AgentHandler, sync.AgentHandler):
            assert get_type_hints(getattr(handler, name), {"Agent": Agent}) == {
                "event": cls,
                "return": type(None),
            }


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("AGTHoldCall", "hold_call"),
        ("AGTSendDTMF", "send_dtmf"),
        ("AGTIsInDNC", "is_in_dnc"),
        ("AGTAddToDNC", "add_to_dnc"),
        ("AGTGetCompCodes", "get_comp_codes"),
        ("AGTSaveAgentForHA", "save_agent_for_ha"),
        ("GetPAMForZone", "get_pam_for_zone"),
        ("GetAgentStatusResponse", "get_agent_status_response"),
    ],
)
def test_method_name_of_a_command_is_its_snake_case(generator: ModuleType, command: str, name: str) -> None:
    assert generator.method_name(command) == name


def test_event_type_has_every_notification() -> None:
    assert set(get_args(Event)) == set(NOTIFICATIONS.values())


def test_capability_names_are_those_of_the_structure() -> None:
    assert get_args(CapabilityName) == CAPABILITIES


@pytest.mark.parametrize(
    ("text", "address"),
    [("localhost:9970", ("localhost", 9970)), ("[::1]:9970", ("::1", 9970)), ("10.0.0.1:1", ("10.0.0.1", 1))],
)
def test_address_as_text_is_read_and_written_alike(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address
    assert text_of(address) == text
