"""What the core and the services need from the world. Adapters implement these; `app` alone knows which.

Each noun has a port of its own, so that whoever needs one says so; a store implements them all.
"""

from typing import Protocol

from agentmgr.ports.accounts import AccountLogin, AccountStore, AccountToken, OrganisationStore, Role
from agentmgr.ports.agents import AgentLogin, AgentStore
from agentmgr.ports.campaigns import (
    LIVE_JOB_STATES,
    Added,
    CampaignHistory,
    CampaignOverview,
    CampaignStore,
    CodedAttempt,
    DialPlace,
    DialRow,
    DispositionRow,
    JobEntry,
    JobState,
    JobStatus,
    JobStore,
    JobTally,
    Paced,
    PendingContacts,
    ShareStatus,
)
from agentmgr.ports.contacts import (
    AttributeStore,
    ContactDraft,
    ContactList,
    ContactsPut,
    ContactStore,
    Deletion,
    DncEntry,
    DncStore,
    Emptying,
    PhoneRule,
    PhoneRuleStore,
    RuleKind,
    StoredContact,
    TakenIn,
)
from agentmgr.ports.figures import MINUTE_S, FigureStore, MinuteFigure, Sampled
from agentmgr.ports.floors import (
    AgentView,
    Floors,
    JobFacts,
    JobView,
    NoFloors,
    ZoneHealth,
    ZoneUpdate,
    ZoneView,
)
from agentmgr.ports.history import (
    ATTEMPT_OUTCOMES,
    AttemptFilter,
    AttemptPlace,
    AttemptRow,
    CallbackChange,
    CallbackFilter,
    CallbackPlace,
    CallbackRow,
    CallbackStore,
    CallCounts,
    ContactAttempt,
    ContactHistory,
    ContactInJob,
    ContactPage,
    HistoryStore,
    KeptCallback,
    NewCallback,
    NoteRow,
    ReportCounts,
)
from agentmgr.ports.imports import (
    GOES_TO,
    IMPORTS_OVER,
    Check,
    DataSource,
    ImportBatch,
    ImportCounts,
    ImportJob,
    ImportState,
    ImportStep,
    ImportStore,
    OnDuplicate,
    SourceKind,
)
from agentmgr.ports.leases import (
    LeaseStore,
    LeaseView,
    Manager,
    ManagerLease,
    ManagerState,
    NoManager,
    Permit,
    ZoneLease,
)
from agentmgr.ports.processing import ContactTimes, EndedJob, ProcessingPage, ProcessingStore
from agentmgr.ports.repeats import KeptCall, RepeatStore
from agentmgr.ports.results import AttemptResult, Backlog, DutyStore, ResultStore
from agentmgr.ports.schedules import Firing, Schedule, ScheduleStore, Target
from agentmgr.ports.telephony import (
    ErrandRunner,
    Inbound,
    InboundChange,
    InboundTotals,
    Simulated,
    Telephony,
)
from agentmgr.ports.values import Change, Changed, JobValue, NumberAttribute, Scope, ValueStore
from agentmgr.ports.zones import Claim, Fenced, OpenedZone, StoreFault, StoreLost, Token, ZoneStore


class ServiceStore(
    AccountStore,
    AgentStore,
    AttributeStore,
    CallbackStore,
    CampaignStore,
    ContactStore,
    DncStore,
    FigureStore,
    JobStore,
    HistoryStore,
    ImportStore,
    ScheduleStore,
    OrganisationStore,
    PhoneRuleStore,
    RepeatStore,
    ValueStore,
    Protocol,
):
    """All that the services in `campaign` need: each call is one durable transaction.

    Calls block; they may come from any thread, also while a zone uses the same store.
    All raise StoreFault.
    """

    @property
    def leases(self) -> LeaseStore:
        """Who owns which zone."""
        ...

    @property
    def outbox(self) -> ResultStore:
        """What waits to be told to publishers."""
        ...


class Login(Protocol):
    """Whoever has a password, as it is stored."""

    @property
    def password_hash(self) -> str:
        """What the password is checked against."""
        ...


__all__ = [
    "ATTEMPT_OUTCOMES",
    "GOES_TO",
    "IMPORTS_OVER",
    "LIVE_JOB_STATES",
    "MINUTE_S",
    "AccountLogin",
    "AccountStore",
    "AccountToken",
    "Added",
    "AgentLogin",
    "AgentStore",
    "AgentView",
    "AttemptFilter",
    "AttemptPlace",
    "AttemptResult",
    "AttemptRow",
    "AttributeStore",
    "Backlog",
    "CallCounts",
    "CallbackChange",
    "CallbackFilter",
    "CallbackPlace",
    "CallbackRow",
    "CallbackStore",
    "CampaignHistory",
    "CampaignOverview",
    "CampaignStore",
    "Change",
    "Changed",
    "Check",
    "Claim",
    "CodedAttempt",
    "ContactAttempt",
    "ContactDraft",
    "ContactHistory",
    "ContactInJob",
    "ContactList",
    "ContactPage",
    "ContactStore",
    "ContactTimes",
    "ContactsPut",
    "DataSource",
    "Deletion",
    "DialPlace",
    "DialRow",
    "DispositionRow",
    "DncEntry",
    "DncStore",
    "DutyStore",
    "Emptying",
    "EndedJob",
    "ErrandRunner",
    "Fenced",
    "FigureStore",
    "Firing",
    "Floors",
    "HistoryStore",
    "ImportBatch",
    "ImportCounts",
    "ImportJob",
    "ImportState",
    "ImportStep",
    "ImportStore",
    "Inbound",
    "InboundChange",
    "InboundTotals",
    "JobEntry",
    "JobFacts",
    "JobState",
    "JobStatus",
    "JobStore",
    "JobTally",
    "JobValue",
    "JobView",
    "KeptCall",
    "KeptCallback",
    "LeaseStore",
    "LeaseView",
    "Login",
    "Manager",
    "ManagerLease",
    "ManagerState",
    "MinuteFigure",
    "NewCallback",
    "NoFloors",
    "NoManager",
    "NoteRow",
    "NumberAttribute",
    "OnDuplicate",
    "OpenedZone",
    "OrganisationStore",
    "Paced",
    "PendingContacts",
    "Permit",
    "PhoneRule",
    "PhoneRuleStore",
    "ProcessingPage",
    "ProcessingStore",
    "RepeatStore",
    "ReportCounts",
    "ResultStore",
    "Role",
    "RuleKind",
    "Sampled",
    "Schedule",
    "ScheduleStore",
    "Scope",
    "ServiceStore",
    "ShareStatus",
    "Simulated",
    "SourceKind",
    "StoreFault",
    "StoreLost",
    "StoredContact",
    "TakenIn",
    "Target",
    "Telephony",
    "Token",
    "ValueStore",
    "ZoneHealth",
    "ZoneLease",
    "ZoneStore",
    "ZoneUpdate",
    "ZoneView",
]
