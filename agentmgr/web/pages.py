"""Every route of the HTTP port; the two that show how the server is are made here: /metrics and /healthz."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import orjson
import trio
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

HEALTH = frozenset({"/healthz"})
"""What is answered however many requests are being answered."""

Page = Callable[[Request], Awaitable[Response]]


def pages(
    registry: CollectorRegistry, state: Callable[[], Mapping[str, str]], more: Iterable[BaseRoute] = ()
) -> Starlette:
    """Make the application of the HTTP port.

    Args:
        registry: what /metrics shows.
        state: the parts of the server and how each is, for /healthz.
        more: routes beside these two.
    """
    app = Starlette(
        routes=[
            Route("/metrics", metrics_page(registry)),
            Route("/healthz", health_page(state)),
            *more,
        ],
        exception_handlers={404: _no_such_page, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    return app


def metrics_page(registry: CollectorRegistry) -> Page:
    """Show a registry to Prometheus, in the text format that it asks for."""

    async def page(request: Request) -> Response:
        encode, content_type = choose_encoder(",".join(request.headers.getlist("accept")))
        # A thousand series take 10 ms to write: too long for the thread that serves desktops.
        body = await trio.to_thread.run_sync(encode, registry)
        return Response(body, headers={"Content-Type": content_type})

    return page


def health_page(state: Callable[[], Mapping[str, str]]) -> Page:
    """Say 200 while every part of `state` is "ok", otherwise 503; the body names the parts."""

    async def page(_: Request) -> Response:
        parts = state()
        healthy = all(part == "ok" for part in parts.values())
        return Response(orjson.dumps(dict(parts)), 200 if healthy else 503, media_type="application/json")

    return page


async def _no_such_page(request: Request, _: Exception) -> Response:
    known = sorted(route.path for route in request.app.routes if isinstance(route, Route))
    return PlainTextResponse(f"no such page; there are: {', '.join(known)}\n", 404)


async def _wrong_method(request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None) or {}
    allowed = ", ".join(sorted(headers.get("Allow", "").split(", ")))  # it comes from a set
    text = f"{request.method} is not allowed here; allowed: {allowed}\n"
    return PlainTextResponse(text, 405, {"Allow": allowed})
