"""The SOAP services over HTTP: their WSDL, and their operations."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agentmgr.api.faults import Refused
from agentmgr.api.operations import CONTRACTS, OPERATIONS
from agentmgr.campaign.service import Caller
from agentmgr.soap.envelope import Codec, Unreadable, write_fault
from agentmgr.soap.wsdl import PATHS
from agentmgr.web.calls import Calls, Failed, check_plain

log = structlog.get_logger()

_CHARSET = re.compile(r";\s*charset\s*=\s*([^;]*)", re.IGNORECASE)
_XML = "text/xml; charset=utf-8"


def soap_routes(calls: Calls) -> Iterator[Route]:
    """Yield a route for each service that has operations."""
    for service in CONTRACTS:
        operations = [each for each in OPERATIONS.values() if each.service is service]
        page = _Page(Codec(service, operations), calls)
        yield Route(PATHS + service.name, page.answer, methods=["GET", "POST"])


class _Page:
    """A service at its path."""

    def __init__(self, codec: Codec, calls: Calls) -> None:
        self._codec = codec
        self._calls = calls

    async def answer(self, request: Request) -> Response:
        """Answer a request, of whoever may make it."""
        try:
            caller = await self._calls.sign_in.caller(request)
        except HTTPException as error:
            if error.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            # a client can tell its program what this is of a fault alone
            fault = write_fault("Server", error.detail.strip())
            return Response(fault, error.status_code, error.headers, _XML)
        if request.method != "POST":
            if "wsdl" not in {name.lower() for name in request.query_params}:
                return PlainTextResponse(f"{request.url.path}?wsdl describes this service\n", 404)
            location = str(request.url.replace(query=""))
            return Response(await self._calls.run(self._codec.describe, location), media_type=_XML)
        check_plain(request)
        charset = _CHARSET.search(request.headers.get("content-type", ""))
        body = await request.body()
        status, answer = await self._calls.run(
            self._serve, body, charset.group(1) if charset is not None else "", caller
        )
        return Response(answer, status, media_type=_XML)

    def _serve(self, body: bytes, charset: str, caller: Caller) -> tuple[int, bytes]:
        """Carry a message out; return HTTP's status and the message that answers it."""
        try:
            call = self._codec.read(body, charset)
        except Unreadable as error:
            log.debug("soap_unreadable", account=caller.name, why=error.text)
            return 500, write_fault(error.code, error.text)
        try:
            response = self._calls.perform(call.operation, call.request, caller)
        except Refused as refused:
            return 500, self._codec.write_refusal(call.operation, refused)
        except Failed as failed:
            return 500, write_fault("Server", str(failed))
        return 200, self._codec.write(call.operation, response)
