"""How what carries out an operation is made known."""

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import AttrsInstance

from agentmgr.campaign.services import Services

Handler = Callable[[Any, Services], AttrsInstance]
"""Carries out a request with the services as its caller has them; blocks, in any thread.

Raises ServiceError and StoreFault as the services do, which become the operation's codes; Refused where the
operation alone knows the code.
"""

HANDLERS: dict[type[AttrsInstance], Handler] = {}

Request = TypeVar("Request", bound=AttrsInstance)
Response = TypeVar("Response", bound=AttrsInstance)


def handles(
    request: type[Request],
) -> Callable[[Callable[[Request, Services], Response]], Callable[[Request, Services], Response]]:
    """Let a function carry out the requests of a class: its operation is served from then on."""

    def register(handler: Callable[[Request, Services], Response]) -> Callable[[Request, Services], Response]:
        if request in HANDLERS:
            raise TypeError(f"{request.__name__}: {HANDLERS[request].__name__} carries it out already")
        HANDLERS[request] = handler
        return handler

    return register
