"""All services together: the one way in which an edge reaches the store."""

import time

from agentmgr.campaign.accounts import AccountService
from agentmgr.campaign.agents import AgentService
from agentmgr.campaign.alarms import AlarmService
from agentmgr.campaign.attributes import AttributeService
from agentmgr.campaign.callbacks import CallbackService
from agentmgr.campaign.campaigns import CampaignService
from agentmgr.campaign.compliance import ComplianceService
from agentmgr.campaign.contacts import ContactService
from agentmgr.campaign.dnc import DncService
from agentmgr.campaign.figures import FigureService
from agentmgr.campaign.floor import FloorService
from agentmgr.campaign.jobs import JobService
from agentmgr.campaign.one_contact import OneContactService
from agentmgr.campaign.organisations import OrganisationService
from agentmgr.campaign.phone_rules import PhoneRuleService
from agentmgr.campaign.records import RecordService
from agentmgr.campaign.repeats import RepeatService
from agentmgr.campaign.reports import ReportService
from agentmgr.campaign.rules import ScheduleRules
from agentmgr.campaign.schedules import ScheduleService
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.sources import SourceService
from agentmgr.campaign.tokens import TokenService
from agentmgr.campaign.values import ValueService
from agentmgr.campaign.zones import ZoneService
from agentmgr.ports import NoFloors, ServiceStore


class Services:
    """The services by noun, as one caller has them; made for each call or kept, both cost nothing."""

    def __init__(self, at: Backing, caller: Caller) -> None:
        self.accounts = AccountService(at, caller)
        self.tokens = TokenService(at, caller)
        self.organisations = OrganisationService(at, caller)
        self.agents = AgentService(at, caller)
        self.attributes = AttributeService(at, caller)
        self.values = ValueService(at, caller)
        self.campaigns = CampaignService(at, caller)
        self.jobs = JobService(at, caller)
        self.contacts = ContactService(at, caller)
        self.contact = OneContactService(at, caller)
        self.phone_rules = PhoneRuleService(at, caller)
        self.dnc = DncService(at, caller)
        self.callbacks = CallbackService(at, caller)
        self.records = RecordService(at, caller)
        self.compliance = ComplianceService(at, caller)
        self.reports = ReportService(at, caller)
        self.alarms = AlarmService(at, caller)
        self.figures = FigureService(at, caller)
        self.floor = FloorService(at, caller)
        self.zones = ZoneService(at, caller)
        self.schedules = ScheduleService(at, caller)
        self.sources = SourceService(at, caller)
        self.repeats = RepeatService(at, caller)


RULES = ScheduleRules()


def unserved(store: ServiceStore, schedules: ScheduleRules = RULES) -> Backing:
    """Return what services work with while nobody serves any zone: one learns what happened when it opens."""
    return Backing(store, time.time, frozenset, lambda zone: None, NoFloors(), schedules=schedules)
