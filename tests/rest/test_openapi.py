"""The description of the resources is one by the standard, and has all that is served."""

from typing import Any

import pytest
from attrs import evolve
from client import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from agentmgr.rest.openapi import describe
from agentmgr.web.routes import resources

DOCUMENT: dict[str, Any] = describe(resources(), "1")


def test_description_is_valid_and_has_every_resource() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()
    assert {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods} == {
        (route.method, route.path) for route in resources()
    }


@pytest.mark.parametrize(
    ("what", "spoilt"),
    [
        ("info", None),
        ("security", {}),
        ("paths", {"lists": {}}),
        ("paths", {"/lists/{Name}": {"get": {"responses": {"200": {"description": ""}}}}}),
    ],
)
def test_description_that_is_none_is_found(what: str, spoilt: Any) -> None:
    assert list(OpenAPIV31SpecValidator({**DOCUMENT, what: spoilt}).iter_errors())


def test_operations_have_names_of_their_own() -> None:
    named = [each["operationId"] for methods in DOCUMENT["paths"].values() for each in methods.values()]
    assert len(named) == len(set(named)) == len(resources())


def test_what_changes_something_may_have_a_key_and_nothing_else() -> None:
    for route in resources():
        described = DOCUMENT["paths"][route.path][route.method.lower()]
        names = [each["name"] for each in described["parameters"]]
        is_bulk = route.name == "SaveContacts"
        assert ("Idempotency-Key" in names) is (route.method != "GET" and not is_bulk), route.name


async def test_description_is_given_without_signing_in(client: Client) -> None:
    answer = await evolve(client, user=None).call("GET", "/openapi.json")
    assert answer.status == 200
    assert answer.json["openapi"] == "3.1.0"
