"""A program that calls resources, without a network between."""

from collections.abc import Iterable
from typing import Any

import orjson
import trio
from attrs import field, frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.ports import NoFloors, ServiceStore
from agentmgr.rest.routes import Route, operation_routes
from agentmgr.web.calls import Calls
from agentmgr.web.rest import rest_routes

T0 = 1_750_000_000.0


class AnybodySigns:
    """Believes everybody: the header x-user says who calls, x-org for which organisation."""

    async def caller(self, request: Request, *, tokens: bool = False) -> Caller:
        if (name := request.headers.get("x-user")) is None:
            raise HTTPException(401, "sign in\n", {"WWW-Authenticate": "Basic"})
        return Caller(name, request.headers.get("x-org", ""))


@frozen
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@frozen
class Client:
    """Calls the resources over a store."""

    store: ServiceStore
    routes: Iterable[Route] = field(factory=operation_routes)
    user: str | None = "ann"
    organisation: str = ""
    now: float = T0

    def _app(self) -> Starlette:
        backing = Backing(self.store, lambda: self.now, frozenset, lambda zone: None, NoFloors())
        calls = Calls(AnybodySigns(), lambda caller: Services(backing, caller))  # type: ignore[arg-type]
        app = Starlette(routes=rest_routes(calls, self.routes))
        app.router.redirect_slashes = False
        return app

    async def call(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Answer:
        """Call a resource by its path below the root."""
        target, _, query = path.partition("?")
        if body is not None:
            raw = orjson.dumps(body)
            headers.setdefault("content_type", "application/json")
        if self.user is not None:
            headers.setdefault("x_user", self.user)
        if self.organisation:
            headers.setdefault("x_org", self.organisation)
        target = f"/api/v1{target}"
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": target,
            "raw_path": target.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.replace("_", "-").encode(), v.encode("latin-1")) for k, v in headers.items()],
            "client": ("192.0.2.1", 4000),
            "server": ("192.0.2.2", 80),
        }
        sent: list[Message] = []

        coming: list[Message] = [{"type": "http.request", "body": raw or b"", "more_body": False}]

        async def receive() -> Message:
            if not coming:
                await trio.sleep_forever()
            return coming.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app()(scope, receive, send)
        start, *bodies = sent
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(each.get("body", b"") for each in bodies),
        )
