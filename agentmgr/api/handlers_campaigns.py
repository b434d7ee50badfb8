"""What is asked about campaigns."""

from agentmgr.api.contract_campaign import GetContactListNames, GetContactListNamesResponse
from agentmgr.api.handling import handles
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services


@handles(GetContactListNames)
def get_contact_list_names(request: GetContactListNames, services: Services) -> GetContactListNamesResponse:
    """Name the contact lists of a campaign."""
    lists = services.campaigns.definition(request.CampaignName).lists
    if not lists:
        raise ServiceError(Cause.NO_LIST, f"campaign {request.CampaignName}: has no contact list")
    return GetContactListNamesResponse(lists)
