"""Numbers of campaigns and agents: changed in a job, and their definitions."""

from agentmgr.api.contract_agent import (
    AttributeType,
    GetAgentAttributesList,
    GetAgentAttributesListResponse,
    GetCampaignAttributesList,
    GetCampaignAttributesListResponse,
    UpdateAgentAttributeValue,
    UpdateAgentAttributeValueResponse,
    UpdateCampaignAttributeValue,
    UpdateCampaignAttributeValueResponse,
)
from agentmgr.api.handling import handles
from agentmgr.campaign.services import Services
from agentmgr.ports import Change, NumberAttribute, Scope

DONE = 0
TYPE = "float"


@handles(UpdateCampaignAttributeValue)
def update_campaign_attribute_value(
    request: UpdateCampaignAttributeValue, services: Services
) -> UpdateCampaignAttributeValueResponse:
    """Change a number of a job's campaign."""
    change = Change(request.Operation)
    services.values.change_campaign(request.JobId, request.AttributeName, change, request.AttributeValue)
    return UpdateCampaignAttributeValueResponse(DONE)


@handles(UpdateAgentAttributeValue)
def update_agent_attribute_value(
    request: UpdateAgentAttributeValue, services: Services
) -> UpdateAgentAttributeValueResponse:
    """Change a number of an agent who works in a job."""
    change, value = Change(request.Operation), request.AttributeValue
    services.values.change_agent(request.JobId, request.AgentId, request.AttributeName, change, value)
    return UpdateAgentAttributeValueResponse(DONE)


@handles(GetCampaignAttributesList)
def get_campaign_attributes_list(
    request: GetCampaignAttributesList, services: Services
) -> GetCampaignAttributesListResponse:
    """Return the definitions of the numbers that campaigns have."""
    return GetCampaignAttributesListResponse(tuple(map(_described, services.values.all(Scope.CAMPAIGN))))


@handles(GetAgentAttributesList)
def get_agent_attributes_list(
    request: GetAgentAttributesList, services: Services
) -> GetAgentAttributesListResponse:
    """Return the definitions of the numbers that agents have."""
    return GetAgentAttributesListResponse(tuple(map(_described, services.values.all(Scope.AGENT))))


def _described(spec: NumberAttribute) -> AttributeType:
    return AttributeType(spec.name, repr(spec.initial), TYPE, spec.display_name or spec.name, False, False)
