"""Whose page asks: browsers let pages of other servers send requests, and open WebSockets, as well."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def is_own(connection: HTTPConnection) -> bool:
    """Whether it is a page of this server, which browsers say in all that is no plain look."""
    origin = urlsplit(connection.headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == connection.headers.get("host")


def is_of_managers(origins: Callable[[], Iterable[str]]) -> Callable[[HTTPConnection], bool]:
    """Return what tells whether it is a page of this server, or of another manager.

    Args:
        origins: returns where browsers reach the managers.
    """

    def is_known(connection: HTTPConnection) -> bool:
        return is_own(connection) or connection.headers.get("origin") in set(origins())

    return is_known
