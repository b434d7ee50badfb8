"""The ways of calling operations over HTTP, as every process that has a store serves them."""

import re
from collections.abc import Callable
from functools import partial
from typing import Protocol

from starlette.routing import BaseRoute

from agentmgr.campaign.passwords import verify_and_renew
from agentmgr.campaign.service import Caller
from agentmgr.campaign.services import Services
from agentmgr.ports import AccountStore, Login
from agentmgr.rest.bulk import bulk_route
from agentmgr.rest.listings import listing_routes
from agentmgr.rest.routes import Route, operation_routes
from agentmgr.web import rest, supervise
from agentmgr.web.calls import Calls
from agentmgr.web.signin import SignIn
from agentmgr.web.soap import soap_routes
from agentmgr.web.trying import TRYING

STREAMED = re.compile(f"{rest.STREAMED}|{supervise.STREAMED}")
"""Paths of bodies that are read as they come, whatever their size."""


class SignInStore(AccountStore, Protocol):
    """Where accounts are looked up, and their hashes renewed."""

    def renew_hash(self, login: Login, password_hash: str) -> None:
        """Replace the hash of a password that stays as it is, unless another one was set."""
        ...


def resources() -> tuple[Route, ...]:
    """Return all resources that are served."""
    return (*operation_routes(), *listing_routes(), bulk_route())


def calls_of(store: SignInStore, services: Callable[[Caller], Services]) -> Calls:
    """Return what all ways of calling over HTTP have in common.

    Args:
        store: has the accounts of callers.
        services: as one caller has them.
    """
    holder = services(Caller("sign-in")).tokens.holder
    return Calls(SignIn(store.find_account, partial(verify_and_renew, store.renew_hash), holder), services)


def api_routes(calls: Calls) -> list[BaseRoute]:
    """Return the routes of all ways of calling operations."""
    return [*soap_routes(calls), *TRYING.routes(), *rest.rest_routes(calls, resources())]
