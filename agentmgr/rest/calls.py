"""One call: what came over HTTP becomes a request, is carried out, and its answer is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from attrs import AttrsInstance

from agentmgr.api.faults import Refused
from agentmgr.campaign.services import Services
from agentmgr.rest.problems import Problem, problem_of
from agentmgr.rest.routes import Route, Sheet
from agentmgr.rest.values import Mistaken, fields_of, from_text, read, write

BAD_REQUEST = 400


def read_request(
    route: Route, in_path: Sequence[str], query: Mapping[str, Sequence[str]], body: bytes
) -> AttrsInstance:
    """Return the request that a call is.

    Args:
        route: what is called.
        in_path: what stands in the places of the path, in their order.
        query: all texts of each name.
        body: as it came; of no meaning for a route without one.

    Raises:
        Mistaken: it is none.
    """
    types = fields_of(route.request)
    from_path = {
        name: from_text([text], types[name][0])
        for name, text in zip(route.in_path.values(), in_path, strict=True)
    }
    mistakes = []
    given: dict[str, Any] = {}
    if route.has_body:
        given = _read_body(route, body)
        mistakes += [(f"query {name}", "is not known here") for name in query]
    else:
        for name, texts in query.items():
            if name in types and name not in from_path:
                given[name] = from_text(texts, types[name][0])
            else:
                mistakes.append((f"query {name}", "is not known here"))
    mistakes += [(name, "stands in the path already") for name in given if name in from_path]
    try:
        request = read({**given, **from_path}, route.request)
    except Mistaken as error:
        raise Mistaken([*mistakes, *error.mistakes]) from None
    if mistakes:
        raise Mistaken(mistakes)
    return request


def _read_body(route: Route, body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise Mistaken([("", f"the body is not JSON: {error}")]) from None
    if route.whole:
        return {route.whole: value}
    if not isinstance(value, dict):
        raise Mistaken([("", "the body needs to be an object")])
    return value


def perform(route: Route, request: AttrsInstance, services: Services) -> tuple[int, bytes]:
    """Carry a request out; return the status and the body of the answer. Blocks, in any thread."""
    try:
        answer = route.perform(request, services)
        return 200, answer.text.encode() if isinstance(answer, Sheet) else orjson.dumps(write(answer))
    except Refused as refused:
        return written(problem_of(refused))


def mistaken(error: Mistaken) -> Problem:
    """Return the problem of a request that was none."""
    detail = "; ".join(f"{path}: {what}" if path else what for path, what in error.mistakes[:5])
    return Problem(BAD_REQUEST, detail, mistakes=error.mistakes)


def written(problem: Problem) -> tuple[int, bytes]:
    """Return status and body of a problem."""
    return problem.status, orjson.dumps(problem.as_json())
