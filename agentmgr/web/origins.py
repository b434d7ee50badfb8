"""Whose page asks: browsers let pages of other servers send requests, and open WebSockets, as well."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def is_own(connection: HTTPConnection) -> bool:
    """Whether it is a page of this server, which browsers say in all that is no plain look."""
    origin = urlsplit(connection.headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == connection.headers.get("host")
