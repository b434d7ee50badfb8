"""Callbacks: made for contacts of campaigns that run."""

from agentmgr.api.contract_agent import ScheduleCallBack, ScheduleCallBackResponse
from agentmgr.api.handling import handles
from agentmgr.campaign.callbacks import Promise
from agentmgr.campaign.services import Services

MADE = 0


@handles(ScheduleCallBack)
def schedule_callback(request: ScheduleCallBack, services: Services) -> ScheduleCallBackResponse:
    """Let the job of a campaign call a contact back."""
    promise = Promise(
        start=request.StartTime,
        end=request.EndTime,
        timezone=request.TimeZone or "",
        phone=request.ContactAttributeName or "",
        address=request.Address or "",
        notes=request.Notes,
    )
    services.callbacks.schedule(request.CampaignName, request.ContactListName, request.UserContactID, promise)
    return ScheduleCallBackResponse(MADE)
