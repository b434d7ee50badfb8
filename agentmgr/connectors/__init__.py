"""Plug-ins: what those who write one need, and how the manager finds and calls them.

The names here are for plug-ins; the manager's own parts are in the modules beside.
"""

from agentmgr.connectors.protocols import (
    Action,
    AttemptInfo,
    CampaignInfo,
    ChannelType,
    Contact,
    ContactInfo,
    ImportSource,
    JobInfo,
    Kind,
    PomInfo,
    PostProcessor,
    Publisher,
    ResultMessage,
    ResultProcessor,
)

__all__ = [
    "Action",
    "AttemptInfo",
    "CampaignInfo",
    "ChannelType",
    "Contact",
    "ContactInfo",
    "ImportSource",
    "JobInfo",
    "Kind",
    "PomInfo",
    "PostProcessor",
    "Publisher",
    "ResultMessage",
    "ResultProcessor",
]
