"""The description of the resources, by OpenAPI 3.1, made of the routes and their classes."""

import inspect
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin

import attrs
from attrs import AttrsInstance

from agentmgr.api.contract import Long
from agentmgr.rest.repeats import HEADER, MAX_KEY_CHARACTERS
from agentmgr.rest.routes import ROOT, Route
from agentmgr.rest.values import fields_of, unwrapped

PROBLEM = "application/problem+json"
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    Long: {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    float: {"type": "number", "format": "double"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was not carried out (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One line for a person."},
        "code": {"type": "integer", "description": "The operation's code, as the SOAP services have it."},
        "cause": {"type": "string", "description": "The same in a word that all operations share."},
        "errors": {
            "type": "array",
            "description": "The places in the request that are wrong.",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["path", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
_KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "description": "A text of your own for what is to be done once, such as a UUID. Sent again with the same"
    " request within 24 hours it gets the same answer, and nothing is done; with another one it is 422, and"
    " 409 while the first is under way.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS, "pattern": "^[ -~]*$"},
}
_ABOUT = """Contacts, campaigns, jobs and what came of them. Sign in with an account of the role manager
and its password, or with a token of it (`agentmgr account token add`). Fields have the names that
the SOAP services give them; what is absent in an answer has no value."""


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Return the document."""
    schemas: dict[str, Any] = {"Problem": _PROBLEM_SCHEMA}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Agent Manager", "version": version, "description": _ABOUT},
        "servers": [{"url": ROOT}],
        "security": [{"password": []}, {"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {
                "Problem": {
                    "description": "It was not carried out.",
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "securitySchemes": {
                "password": {"type": "http", "scheme": "basic"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    types, answer = fields_of(route.request), str if route.is_sheet else route.response
    named = {field: name for name, field in route.in_path.items()}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _schema(types[field][0], schemas) | _SOME}
        for field, name in named.items()
    ]
    described: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": inspect.getdoc(route.request) or route.name,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "It was carried out.",
                "content": {_type(route): {"schema": _schema(answer, schemas)}},
            },
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }
    if route.has_keys:
        parameters.append(_KEY)
    rest = {name: each for name, each in types.items() if name not in named}
    if route.has_lines:
        line = {"schema": {"type": "string"}}
        described["requestBody"] = {"required": True, "content": {_type(route): line}}
    if not route.has_body:
        parameters += [
            {"name": name, "in": "query", "required": needed, "schema": _schema(of, schemas)}
            for name, (of, needed) in rest.items()
        ]
    elif rest:
        is_needed = any(needed for _, needed in rest.values())
        body = (
            _schema(rest[route.whole][0], schemas) if route.whole else _object(route.request, rest, schemas)
        )
        described["requestBody"] = {
            "required": is_needed,
            "content": {"application/json": {"schema": body}},
        }
    return described


def _type(route: Route) -> str:
    return "application/x-ndjson" if route.has_lines else route.media_type


_SOME = {"minLength": 1}  # for texts; numbers pass it


def _schema(of: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    of, _ = unwrapped(of)
    if of in _PLAIN:
        return dict(_PLAIN[of])
    if get_origin(of) is tuple:
        return {"type": "array", "items": _schema(get_args(of)[0], schemas)}
    if get_origin(of) is dict:
        return {"type": "object", "additionalProperties": _schema(get_args(of)[1], schemas)}
    if isinstance(of, type) and issubclass(of, StrEnum):
        return {"type": "string", "enum": [str(each) for each in of]}
    if attrs.has(of):
        if of.__name__ not in schemas:
            schemas[of.__name__] = {}  # it may refer to itself
            schemas[of.__name__] = _object(of, fields_of(of), schemas)
        return {"$ref": f"#/components/schemas/{of.__name__}"}
    raise TypeError(f"{of} has no schema")


def _object(
    of: type[AttrsInstance], fields: dict[str, tuple[Any, bool]], schemas: dict[str, Any]
) -> dict[str, Any]:
    properties = {}
    defaults = {each.name: each.default for each in attrs.fields(of)}
    for name, (each, needed) in fields.items():
        schema = _schema(each, schemas)
        if not needed and isinstance(defaults[name], bool | str | int | float):
            schema = {**schema, "default": defaults[name]}
        properties[name] = schema
    described: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if of.__doc__ and not of.__doc__.startswith("Method generated"):
        described["description"] = inspect.cleandoc(of.__doc__)
    if required := [name for name, (_, needed) in fields.items() if needed]:
        described["required"] = required
    return described
