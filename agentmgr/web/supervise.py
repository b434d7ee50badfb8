"""The supervisor's page: who is signed in, what they do, and what goes on.

What is done is a request of `agentmgr.admin`, as the command line makes it, by whoever is signed in: the same
services, the same words, and the same audit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, aclosing
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import orjson
import structlog
import trio
from attrs import frozen
from outcome import acapture
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agentmgr.admin.feed import fed_from
from agentmgr.admin.operations import from_socket
from agentmgr.admin.socket import NO_PIECES, AdminRefused, Row, write_down
from agentmgr.campaign.service import Caller, ServiceError
from agentmgr.campaign.tokens import SESSION_S, TokenService
from agentmgr.ports import AccountLogin, Role
from agentmgr.runtime.guesses import source_of
from agentmgr.web.board import Boards
from agentmgr.web.calls import FAILED, Calls
from agentmgr.web.files import INDEX, Site
from agentmgr.web.limited import GOES_ON
from agentmgr.web.origins import is_own
from agentmgr.web.sheets import CSV, CsvRows, JsonRows, Rows

T = TypeVar("T")

log = structlog.get_logger()

PAGE = "/supervise"
SUPERVISE = Site(
    PAGE,
    "built/supervise",  # by scripts/pages
    (INDEX, "main.js", "main.css", "preact.LICENSE.txt", "uplot.LICENSE.txt"),
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'",
)
STREAMED = f"{PAGE}/(?:do/[^/]+|import)"
"""Paths whose bodies are read, and answers sent, as they come."""
COOKIE = "agentmgr_session"
BODY_BYTES = 1_048_576
ROWS_AT_A_TIME = 500
SIGN_S = 1.0
LOOK_S = 60.0
"""How often it is looked whether somebody who looks is still signed in."""
GOING_AWAY, SIGNED_OUT = 1001, 4401
"""Codes with which what goes on ends for a page."""

MANAGERS = frozenset(
    {
        *("AddAccount", "SetAccount", "ListAccounts", "DeleteAccount"),
        *("AddToken", "ListTokens", "RevokeToken"),
        *("AddOrganisation", "DeleteOrganisation", "AddSource", "RemoveSource"),
    }
)
"""What needs the role manager: who may do what, and from where contacts come."""


def supervise_routes(calls: Calls, boards: Boards) -> list[BaseRoute]:
    """Return the routes of the supervisor's page."""
    page = _Page(calls, boards)
    return [
        *SUPERVISE.routes(),
        Route(f"{PAGE}/session", _answered(page.session), methods=["GET", "POST", "DELETE"]),
        Route(f"{PAGE}/do/{{name}}", _answered(page.do), methods=["POST"]),
        Route(f"{PAGE}/import", _answered(page.take_contacts), methods=["POST"]),
        WebSocketRoute(f"{PAGE}/floor", page.show_floor),
    ]


def _answered(answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Let requests of pages of this server be answered, and what is wrong be said in a line."""

    async def page(request: Request) -> Response:
        try:
            if request.method != "GET" and not is_own(request):
                raise HTTPException(403, "this comes from a page that is not of this server")
            response: Response = await answer(request)
        except AdminRefused as refused:
            response = JSONResponse({"error": str(refused)}, 422)
        except HTTPException as error:
            # without the challenge: a browser would ask for a password by itself
            kept = {key: value for key, value in (error.headers or {}).items() if key == "Retry-After"}
            response = JSONResponse({"error": error.detail.strip()}, error.status_code, kept)
        response.headers["Cache-Control"] = "no-store"
        return response

    return page


@frozen
class _Page:
    """What the page asks of the server."""

    _calls: Calls
    _boards: Boards

    # -- who is signed in ----------------------------------------------------------------------

    async def session(self, request: Request) -> Response:
        """Sign somebody in or out, or tell who is."""
        match request.method:
            case "POST":
                return await self._sign_in(request)
            case "DELETE":
                await self._calls.run(self._tokens.close_session, request.cookies.get(COOKIE, ""))
                response = Response(status_code=204)
                response.delete_cookie(COOKIE, path=PAGE)
                return response
            case _:
                return JSONResponse(_told(await self._account(request)))

    async def _sign_in(self, request: Request) -> Response:
        match await _json(request):
            case {"name": str(name), "password": str(password)}:
                account = await self._calls.sign_in.by_password(name, password, _source(request))
            case _:
                raise HTTPException(400, 'to sign in takes {"name": ..., "password": ...}')
        if not account.may_supervise:
            raise HTTPException(
                403, f"account {account.name} may not sign in here; that needs the role supervisor or manager"
            )
        text = await self._calls.run(self._tokens.open_session, account.name)
        response = JSONResponse(_told(account))
        response.set_cookie(
            COOKIE,
            text,
            max_age=round(SESSION_S),
            path=PAGE,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("origin", "").startswith("https:"),
        )
        return response

    async def _account(self, connection: HTTPConnection) -> AccountLogin:
        """Return who is signed in.

        Raises:
            HTTPException: nobody (401), or that is not looked at now (429, 503).
        """
        text = connection.cookies.get(COOKIE, "")
        if not text:
            raise HTTPException(401, "nobody is signed in")
        account = await self._calls.sign_in.by_token(text, _source(connection))
        if not account.may_supervise:
            raise HTTPException(401, f"account {account.name} may not sign in here any more")
        return account

    @property
    def _tokens(self) -> TokenService:
        return self._calls.services(Caller("sign-in")).tokens

    # -- what they do --------------------------------------------------------------------------

    async def do(self, request: Request) -> Response:
        """Carry a request of the administration out, and answer with its rows as JSON or CSV."""
        account = await self._account(request)
        name, args = request.path_params["name"], await _json(request)
        if not isinstance(args, dict):
            raise HTTPException(400, "the arguments must be a JSON object")
        if account.role is not Role.MANAGER and (name in MANAGERS or args.get("unmasked")):
            raise HTTPException(403, f"{name}: needs an account of the role manager; {account.name} is none")
        written = CsvRows() if CSV in request.headers.get("accept", "") else JsonRows()
        return await self._perform(account, name, args, written, ExitStack(), _going_on(request))

    async def take_contacts(self, request: Request) -> Response:
        """Import the contacts of a CSV file, which is the body."""
        account = await self._account(request)
        args: dict[str, Any] = {"source": "the file", **request.query_params}
        args["allow_premium"] = args.get("allow_premium") == "true"
        with ExitStack() as stack:
            file = stack.enter_context(NamedTemporaryFile(prefix="agentmgr-import-"))
            async for piece in request.stream():
                await self._calls.run(file.write, piece)
            await self._calls.run(file.flush)
            path, kept = Path(file.name), stack.pop_all()
        written, goes_on = JsonRows(), _going_on(request)
        return await self._perform(account, "ImportContacts", args, written, kept, goes_on, path)

    async def _perform(
        self,
        account: AccountLogin,
        name: str,
        args: Mapping[str, Any],
        written: Rows,
        stack: ExitStack,
        goes_on: Callable[[], None],
        file: Path | None = None,
    ) -> Response:
        """Carry a request out; the answer is sent as it comes if it is long, and closes the stack."""
        services = self._calls.services(Caller(account.name, account.organisation))

        def begin() -> tuple[Iterator[Row], list[Row]]:
            pieces = stack.enter_context(fed_from(file)) if file is not None else NO_PIECES
            rows = from_socket(services)(name, args, pieces)
            return rows, list(islice(rows, ROWS_AT_A_TIME))

        def ended(outcome: str) -> None:
            stack.close()
            write_down(account.name, name, args, outcome)

        try:
            rows, first = await _meanwhile(goes_on, lambda: self._calls.run(begin))
        except (AdminRefused, ServiceError) as refused:
            ended("refused")
            raise AdminRefused(str(refused)) from None
        except Exception:
            log.exception("operation_failed", operation=name, who=account.name)
            ended("failed")
            raise HTTPException(500, FAILED) from None
        if len(first) < ROWS_AT_A_TIME:
            ended("done")
            return Response(written.write(first) + written.end(), media_type=written.media_type)
        pieces = self._pieces(written, rows, first, ended, goes_on)
        return StreamingResponse(pieces, media_type=written.media_type)

    async def _pieces(
        self,
        written: Rows,
        rows: Iterator[Row],
        first: list[Row],
        ended: Callable[[str], None],
        goes_on: Callable[[], None],
    ) -> AsyncIterator[bytes]:
        async def more() -> list[Row]:
            return await self._calls.run(list, islice(rows, ROWS_AT_A_TIME))

        outcome = "left before its end"
        try:
            yield written.write(first)
            while some := await _meanwhile(goes_on, more):
                yield written.write(some)
            yield written.end()
            outcome = "done"
        finally:
            ended(outcome)

    # -- what goes on --------------------------------------------------------------------------

    async def show_floor(self, websocket: WebSocket) -> None:
        """Show what goes on, picture by picture, for as long as somebody is signed in."""
        try:
            account = await self._account(websocket) if is_own(websocket) else None
        except HTTPException:
            account = None
        if account is None:
            await websocket.close()  # which is 403 before it was accepted
            return
        await websocket.accept()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_read_to_end, websocket, nursery.cancel_scope)
                with trio.CancelScope() as showing:
                    nursery.start_soon(self._look, websocket, showing)
                    await self._show(websocket, account.organisation)
                await websocket.close(SIGNED_OUT if showing.cancelled_caught else GOING_AWAY)
                nursery.cancel_scope.cancel()
        except* WebSocketDisconnect:
            pass

    async def _show(self, websocket: WebSocket, organisation: str) -> None:
        with self._boards.open(organisation) as viewer:
            while (picture := await viewer.next()) is not None:
                await websocket.send_text(picture.decode())

    async def _look(self, websocket: WebSocket, showing: trio.CancelScope) -> None:
        """See that what goes on is shown to nobody who is not signed in any more."""
        while not showing.cancel_called:
            await trio.sleep(LOOK_S)
            try:
                await self._account(websocket)
            except HTTPException as error:
                if error.status_code == 401:
                    showing.cancel()


async def _read_to_end(websocket: WebSocket, scope: trio.CancelScope) -> None:
    """Wait until the page has gone; what it says is nothing that anybody waits for."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    scope.cancel()


def _going_on(request: Request) -> Callable[[], None]:
    """Return what has to be called now and then while a request is worked on."""
    found: Callable[[], None] = request.scope.get(GOES_ON, lambda: None)
    return found


async def _meanwhile(goes_on: Callable[[], None], work: Callable[[], Awaitable[T]]) -> T:
    """Await something, and say meanwhile that the request goes on: an import takes as long as it takes."""

    async def tell() -> None:
        while True:
            goes_on()
            await trio.sleep(SIGN_S)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tell)
        result = await acapture(work)
        nursery.cancel_scope.cancel()
    return result.unwrap()


def _told(account: AccountLogin) -> dict[str, str]:
    return {"name": account.name, "organisation": account.organisation, "role": str(account.role)}


def _source(connection: HTTPConnection) -> str:
    return source_of(connection.client.host if connection.client is not None else "")


async def _json(request: Request) -> Any:
    """Read a body of JSON.

    Raises:
        HTTPException: it is none, or is too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "the body needs to be application/json")
    body = bytearray()
    async with aclosing(request.stream()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > BODY_BYTES:
                raise HTTPException(413, f"the body is longer than {BODY_BYTES} bytes")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is no JSON: {error}") from None
