"""The do-not-call list."""

from agentmgr.api.contract_agent import (
    AddToDNCList,
    AddToDNCListResponse,
    IsDNC,
    IsDNCResponse,
    RemoveFromDNCList,
    RemoveFromDNCListResponse,
)
from agentmgr.api.faults import store_failure_is
from agentmgr.api.handling import handles
from agentmgr.campaign.checks import Checks
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services

LOOK_UP_FAILED, NOT_ADDED, NOT_REMOVED = -43, -41, -42


@handles(IsDNC)
def is_dnc(request: IsDNC, services: Services) -> IsDNCResponse:
    """Tell whether an address is on the list."""
    return IsDNCResponse(_is_listed(request, services))


@handles(AddToDNCList)
def add_to_dnc_list(request: AddToDNCList, services: Services) -> AddToDNCListResponse:
    """Put an address on the list; one that somebody else puts there at the same moment is there already."""
    with store_failure_is(LOOK_UP_FAILED):
        services.dnc.check_change(request.OrgName or "")
        listed = _is_listed(request, services)
    with store_failure_is(NOT_ADDED):
        if listed or not services.dnc.add([request.Address], organisation=request.OrgName or ""):
            raise ServiceError(Cause.ON_DNC, f"{request.Address} is on the do-not-call list already")
    return AddToDNCListResponse(True)


@handles(RemoveFromDNCList)
def remove_from_dnc_list(request: RemoveFromDNCList, services: Services) -> RemoveFromDNCListResponse:
    """Take an address off the list."""
    with store_failure_is(LOOK_UP_FAILED):
        services.dnc.check_change(request.OrgName or "")
        listed = _is_listed(request, services)
    with store_failure_is(NOT_REMOVED):
        if not listed or not services.dnc.remove([request.Address], organisation=request.OrgName or ""):
            raise ServiceError(Cause.NOT_ON_DNC, f"{request.Address} is not on the do-not-call list")
    return RemoveFromDNCListResponse(True)


def _is_listed(request: IsDNC | AddToDNCList | RemoveFromDNCList, services: Services) -> bool:
    if not request.Address.strip():
        raise ServiceError(Cause.NO_ADDRESS, "the address is empty; it needs a telephone number or an e-mail")
    is_listed = services.dnc.has(request.Address, organisation=request.OrgName or "")
    checks = Checks(request.CheckForRejectPattern, request.CheckForPhoneFormatsRule)
    services.dnc.check(request.Address, checks)
    return is_listed
