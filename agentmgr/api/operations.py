"""The one table of operations: what is served, whichever way it is called."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from attrs import AttrsInstance, frozen

from agentmgr.api import (
    contract_agent,
    contract_campaign,
    handlers_attributes,
    handlers_callbacks,
    handlers_campaigns,
    handlers_contacts,
    handlers_dnc,
    handlers_jobs,
    handlers_schedules,
    handlers_values,
)
from agentmgr.api.contract import Service, Signature
from agentmgr.api.faults import Refused, code_of, store_code_of
from agentmgr.api.handling import HANDLERS, Handler
from agentmgr.campaign.service import ServiceError
from agentmgr.campaign.services import Services
from agentmgr.ports import StoreFault

CONTRACTS = (contract_agent.SERVICE, contract_campaign.SERVICE)
"""All that the two services promise."""

ROOMS = (
    handlers_attributes,
    handlers_callbacks,
    handlers_campaigns,
    handlers_contacts,
    handlers_dnc,
    handlers_jobs,
    handlers_schedules,
    handlers_values,
)
"""Modules with handlers: importing them makes their operations served."""


@frozen
class Operation:
    """An operation that is served."""

    service: Service
    signature: Signature
    handler: Handler

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.signature.name

    def perform(self, request: AttrsInstance, services: Services) -> AttrsInstance:
        """Carry a request out; blocks, in any thread.

        Raises:
            Refused: it was not carried out.
        """
        try:
            return self.handler(request, services)
        except ServiceError as error:
            raise Refused(code_of(self.signature, error.cause), str(error), error.cause) from error
        except StoreFault as fault:
            raise Refused(store_code_of(self.signature), str(fault)) from fault


def _table() -> dict[type[AttrsInstance], Operation]:
    table: dict[type[AttrsInstance], Operation] = {}
    for service in CONTRACTS:
        for signature in service.signatures:
            handler = HANDLERS.get(signature.request)
            if handler is None:
                continue
            gives: Any = get_type_hints(handler).get("return")
            if gives is not signature.response:
                raise TypeError(f"{handler.__name__} gives {gives}, not {signature.response.__name__}")
            table[signature.request] = Operation(service, signature, handler)
    return table


OPERATIONS: Mapping[type[AttrsInstance], Operation] = _table()
"""What is served, by the class of its request; in the order of the contract."""
