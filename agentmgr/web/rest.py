"""The resources over HTTP: who calls, what is called, and its answer."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from importlib.metadata import version
from typing import IO

import orjson
import structlog
import trio
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route as WebRoute

from agentmgr.api.faults import Refused
from agentmgr.campaign.service import Caller
from agentmgr.rest import calls as rest
from agentmgr.rest.bulk import LINES, NDJSON, Lines, SaveContacts, save_lines
from agentmgr.rest.openapi import PROBLEM, describe
from agentmgr.rest.problems import Problem, problem_of
from agentmgr.rest.repeats import HEADER, NoKey, key_of, once
from agentmgr.rest.routes import JSON, ROOT, Route, Routes
from agentmgr.rest.values import Mistaken
from agentmgr.web.calls import Calls, check_plain, write_down

log = structlog.get_logger()

KEPT_BYTES = 1_048_576
PIECE_BYTES = 65_536
FAILED = "the server failed; its log says why"

STREAMED = f"{ROOT}/lists/[^/]+/contacts"
"""Paths of bodies that are read as they come, whatever their size."""


def tell(path: str, status: int, text: str, headers: Mapping[str, str]) -> Response:
    """Return what is answered in place of an application: a problem where resources are, else the text."""
    if path.startswith(f"{ROOT}/"):
        return _response(*rest.written(Problem(status, text.strip())), headers)
    return PlainTextResponse(text, status, headers)


def rest_routes(calls: Calls, routes: Iterable[Route]) -> list[WebRoute]:
    """Return the routes of all resources, and of their description."""
    page = _Page(calls, Routes(routes))
    return [
        WebRoute(f"{ROOT}/openapi.json", page.describe, methods=["GET"]),
        WebRoute(f"{ROOT}{{rest:anything}}", _Every(page)),
    ]


class _Anything(Convertor[str]):
    """What comes after the root, line breaks too, which starlette's own leaves out."""

    regex = r"(?:/[\s\S]*)?"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


class _Every:
    """Takes requests with any method: starlette's own answer to a wrong one is no problem by the standard."""

    def __init__(self, page: "_Page") -> None:
        self._page = page

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        request = Request(scope, receive)
        response = await self._page.answer(request)
        await response(scope, receive, send)


class _Page:
    """All resources."""

    def __init__(self, calls: Calls, routes: Routes) -> None:
        self._calls = calls
        self._routes = routes
        self._description = orjson.dumps(describe(routes.all, version("agentmgr")))

    async def describe(self, _: Request) -> Response:
        """Give the description."""
        return Response(self._description, media_type=JSON)

    async def answer(self, request: Request) -> Response:
        """Answer a request, of whoever may make it."""
        try:
            caller = await self._calls.sign_in.caller(request, tokens=True)
            route, in_path = self._find(request)
            check_plain(request)
            key = key_of(request.headers.getlist(HEADER), route)
            if route.has_lines:
                return await self._stream(request, route, in_path, caller)
            if route.has_body and _type_of(request) not in (JSON, ""):
                raise HTTPException(415, f"the body needs to be {JSON}, not {_type_of(request)}")
            body = await request.body() if route.has_body else b""
            status, written = await self._calls.run(
                self._serve, route, in_path, _query(request), body, caller, key
            )
        except HTTPException as error:
            status, written = rest.written(Problem(error.status_code, error.detail.strip()))
            return _response(status, written, error.headers or {})
        except NoKey as error:
            return _response(*rest.written(error.problem))
        return _response(status, written, media_type=route.media_type)

    async def _stream(
        self, request: Request, route: Route, in_path: tuple[str, ...], caller: Caller
    ) -> Response:
        """Store the contacts of a body as they come; the answer is kept on disk until all have.

        Many clients send all before they read anything: an answer that came beside would stop both.
        """
        if _type_of(request) != NDJSON:
            raise HTTPException(
                415, f"the body needs to be {NDJSON}, not {_type_of(request) or 'of no type'}"
            )
        lines, services = Lines(), self._calls.services(caller)
        kept = tempfile.SpooledTemporaryFile(KEPT_BYTES)  # noqa: SIM115  # closed with the answer
        try:
            wanted = rest.read_request(route, in_path, _query(request), b"")
            assert isinstance(wanted, SaveContacts)

            def store(some: list[tuple[int, bytes]]) -> None:
                kept.write(save_lines(wanted, some, services))

            await self._calls.run(store, [])
            async for piece in request.stream():
                lines.feed(piece)
                while len(lines.waiting) >= LINES:
                    await self._calls.run(store, lines.take())
            lines.end()
            while lines.waiting:
                await self._calls.run(store, lines.take())
        except (Mistaken, Refused) as error:
            kept.close()
            problem = rest.mistaken(error) if isinstance(error, Mistaken) else problem_of(error)
            return _response(*rest.written(problem))
        except BaseException:
            kept.close()
            raise
        write_down(route.name, wanted, caller, f"done, {lines.count} lines")
        kept.seek(0)
        return StreamingResponse(_pieces(kept), media_type=NDJSON, headers={"Cache-Control": "no-store"})

    def _find(self, request: Request) -> tuple[Route, tuple[str, ...]]:
        path: bytes = request.scope["raw_path"].partition(b"?")[0]
        try:
            methods, in_path = self._routes.find(path.removeprefix(ROOT.encode()))
        except UnicodeDecodeError:
            raise HTTPException(400, "the path is not UTF-8") from None
        if not methods:
            raise HTTPException(404, f"no such resource; {ROOT}/openapi.json has all, {ROOT}/try shows them")
        if request.method not in methods:
            allowed = ", ".join(sorted(methods))
            raise HTTPException(
                405, f"{request.method} is not allowed here; allowed: {allowed}", {"Allow": allowed}
            )
        return methods[request.method], in_path

    def _serve(
        self,
        route: Route,
        in_path: tuple[str, ...],
        query: Mapping[str, list[str]],
        body: bytes,
        caller: Caller,
        key: str | None,
    ) -> tuple[int, bytes]:
        """Carry a call out; return HTTP's status and the body of the answer."""
        try:
            request = rest.read_request(route, in_path, query, body)
        except Mistaken as error:
            return rest.written(rest.mistaken(error))
        outcome = "failed"
        try:
            services = self._calls.services(caller)
            carried_out = False

            def work() -> tuple[int, bytes]:
                nonlocal carried_out
                carried_out = True
                return rest.perform(route, request, services)

            status, answer = work() if key is None else once(key, route, request, services, work)
            outcome = "done" if status == 200 else f"refused {status}"
            if not carried_out:
                outcome = f"not carried out, {status}"
            return status, answer
        except Exception:
            log.exception("operation_failed", operation=route.name, account=caller.name)
            return rest.written(Problem(500, FAILED))
        finally:
            write_down(route.name, request, caller, outcome)


async def _pieces(kept: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await trio.to_thread.run_sync(kept.read, PIECE_BYTES):
            yield piece
    finally:
        kept.close()


def _query(request: Request) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, text in request.query_params.multi_items():
        query.setdefault(name, []).append(text)
    return query


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _response(
    status: int, body: bytes, headers: Mapping[str, str] | None = None, media_type: str = JSON
) -> Response:
    response = Response(body, status, headers, media_type=media_type if status < 400 else PROBLEM)
    response.headers.setdefault("Cache-Control", "no-store")
    return response
