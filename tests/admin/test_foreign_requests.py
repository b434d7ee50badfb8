"""Whoever works for one organisation asks for everything of another's: nothing is told, nothing is done."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest

from agentmgr.admin import operations, requests
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import AdminRefused
from agentmgr.campaign.callbacks import Promise, WantedCallbacks
from agentmgr.campaign.service import Backing, Caller
from agentmgr.campaign.services import Services
from agentmgr.ports import NoFloors, Role
from agentmgr.store import SqlStore
from tests.databases import new_store

T0 = 1_750_000_000.0
SOUTH = "SouthBank"
LIST, CAMPAIGN, AGENT, CONTACT, SOURCE = (
    "SouthList",
    "SouthCampaign",
    "SouthAgent",
    "SouthContact",
    "SouthSource",
)
ATTRIBUTE, NUMBER, ADDRESS = "SouthAttribute", "SouthNumber", "+442079460777"

CALLBACK = "its id"
"""Stands for the callback that is South's."""

R = requests
ASKED: Mapping[type[Any], Mapping[str, Any]] = {
    R.ImportContacts: {"source": "file", "list_name": LIST},
    R.ListContactLists: {},
    R.MakeList: {"list_name": "New", "organisation": SOUTH},
    R.ShowContact: {"user_contact_id": CONTACT},
    R.DeleteContact: {"user_contact_id": CONTACT, "list_name": LIST},
    R.EmptyList: {"list_name": LIST},
    R.AddPhoneRule: {"kind": "reject", "pattern": "9+"},
    R.ListPhoneRules: {},
    R.RemovePhoneRule: {"rule_id": 1},
    R.DefineAttribute: {"name": ATTRIBUTE, "display_name": "mine"},
    R.ListAttributes: {},
    R.DefineNumber: {"scope": "campaign", "name": NUMBER, "initial": 1.0},
    R.ListNumbers: {"scope": "campaign"},
    R.ListValues: {"job_id": 1},
    R.CreateCampaign: {"values": {"name": "New", "skill": "English", "lists": [LIST], "organisation": SOUTH}},
    R.ChangeCampaign: {"name": CAMPAIGN, "values": {"priority": 1}},
    R.WriteCampaign: {"name": CAMPAIGN},
    R.ListCampaignFields: {},
    R.ShowCampaignValues: {"name": CAMPAIGN},
    R.RunCampaign: {"name": CAMPAIGN},
    R.PauseCampaign: {"name": CAMPAIGN},
    R.ResumeCampaign: {"name": CAMPAIGN},
    R.StopCampaign: {"name": CAMPAIGN},
    R.StopJob: {"job_id": 1},
    R.ListJobs: {},
    R.DeleteCampaign: {"name": CAMPAIGN, "with_history": True},
    R.ShowCampaign: {"name": CAMPAIGN},
    R.ListCampaigns: {},
    R.AddAgents: {
        "agent_ids": ("7001",),
        "name": "",
        "password": "x",
        "zone": "North",
        "organisation": SOUTH,
    },
    R.SetAgents: {"agent_ids": (AGENT,), "name": "mine"},
    R.ShowFloor: {},
    R.LogOffAgents: {"agent_ids": (AGENT,)},
    R.BreakAgents: {"agent_ids": (AGENT,), "reason": "1"},
    R.MoveAgents: {"agent_ids": (AGENT,), "campaign": CAMPAIGN},
    R.ListAgents: {},
    R.SetPassword: {"agent_id": AGENT, "password": "mine"},
    R.ShowZones: {},
    R.ShowManagers: {},
    R.MoveZone: {"zone": "North"},
    R.DrainManager: {},
    R.AddOrganisation: {"name": "New"},
    R.ListOrganisations: {},
    R.DeleteOrganisation: {"name": SOUTH},
    R.AddAccount: {"name": "new", "password": "x", "role": "manager"},
    R.SetAccount: {"name": "south", "password": "mine"},
    R.ListAccounts: {},
    R.DeleteAccount: {"name": "south"},
    R.AddToken: {"account": "south"},
    R.ListTokens: {},
    R.RevokeToken: {"token_id": "1"},
    R.ExportDispositions: {"campaign": CAMPAIGN},
    R.ExportDials: {"campaign": CAMPAIGN},
    R.ExportAttempts: {},
    R.ReportCompliance: {},
    R.ShowAlarms: {},
    R.ShowFigures: {"since": T0 - 60},
    R.ShowReport: {"by": "campaign"},
    R.ListCallbacks: {},
    R.MoveCallbacks: {"callback_ids": (CALLBACK,), "due_at": T0},
    R.CancelCallbacks: {"callback_ids": (CALLBACK,), "reason": "mine"},
    R.ExportContacts: {"list_name": LIST},
    R.AddToDnc: {"numbers": (ADDRESS,), "organisation": SOUTH},
    R.ImportDnc: {"source": "file", "organisation": SOUTH},
    R.RemoveFromDnc: {"numbers": (ADDRESS,), "organisation": SOUTH},
    R.ListDnc: {"organisation": SOUTH},
    R.AddSchedule: {
        "target": "campaign",
        "subject": CAMPAIGN,
        "start": "2027/01/01 10:00:00",
        "timezone": "UTC",
    },
    R.ListSchedules: {},
    R.RemoveSchedule: {"schedule_id": 1},
    R.AddSource: {"name": "New", "list_name": LIST, "kind": "file", "location": "x.csv"},
    R.ListSources: {},
    R.RemoveSource: {"name": SOURCE},
    R.BeginImport: {"name": SOURCE},
    R.ShowImports: {},
    R.MoveImport: {"name": SOURCE, "how": "pause"},
}
SHEET = orjson.dumps((1, ("UserContactId", "PhoneNumber1"), "")).decode() + "\n"
SHEET += orjson.dumps((2, (CONTACT, ADDRESS), "")).decode() + "\n"
EVERYTHING = [
    R.ListContactLists(), R.ListPhoneRules(), R.ListAttributes(), R.ListNumbers("campaign"), R.ListJobs(),
    R.ListCampaigns(), R.WriteCampaign(CAMPAIGN), R.ListAgents(), R.ListOrganisations(), R.ListAccounts(),
    R.ListTokens(), R.ListDnc(SOUTH), R.ListSchedules(), R.ListSources(), R.ShowImports(),
    R.ShowContact(CONTACT), R.ListCallbacks(also_ended=True),
]  # fmt: skip


def services(store: SqlStore, organisation: str = "") -> Services:
    backing = Backing(store, lambda: T0, lambda: frozenset({"North"}), lambda zone: None, NoFloors())
    return Services(backing, Caller("nora", organisation))


def asked(store: SqlStore, request: Any, organisation: str = "") -> str:
    rows = operations.perform(request, services(store, organisation), iter((SHEET,)))
    return orjson.dumps(list(rows)).decode()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """What is South's; North has nothing."""
    store = new_store(Path(tmp_path_factory.mktemp("foreign")) / "agentmgr.sqlite")
    for request in (
        R.AddOrganisation("NorthBank"),
        R.AddOrganisation(SOUTH),
        R.AddAccount("south", "secret", Role.MANAGER, SOUTH),
        R.AddToken("south"),
        R.ImportContacts("file", LIST, organisation=SOUTH),
        R.DefineAttribute(ATTRIBUTE, organisation=SOUTH),
        R.DefineNumber("campaign", NUMBER, 5.0, organisation=SOUTH),
        R.AddAgents((AGENT,), "", "secret", "North", {"English": 5}, SOUTH),
        R.CreateCampaign({"name": CAMPAIGN, "skill": "English", "lists": [LIST], "organisation": SOUTH}),
        R.RunCampaign(CAMPAIGN, ("North",)),
        R.AddToDnc((ADDRESS,), organisation=SOUTH),
        R.AddSource(SOURCE, LIST, "file", "x.csv"),
        R.AddSchedule("campaign", CAMPAIGN, "2027/01/01 10:00:00", "UTC"),
        R.BeginImport(SOURCE),
        R.AddPhoneRule("reject", "8+"),
    ):
        asked(store, request)
    promise = Promise(start="2025/06/16 10:00", end="2025/06/16 12:00")
    services(store).callbacks.schedule(CAMPAIGN, LIST, CONTACT, promise)
    yield store
    store.close()


def callback_of(store: SqlStore) -> str:
    """Return the id of the one callback."""
    (promised,) = services(store).callbacks.find(WantedCallbacks())
    return promised.callback_id


def test_every_request_is_asked() -> None:
    assert ASKED.keys() == set(get_args(Request))


@pytest.mark.parametrize("request_class", ASKED, ids=lambda cls: cls.__name__)
def test_other_organisation_is_told_nothing_and_does_nothing(store: SqlStore, request_class: Any) -> None:
    before = [asked(store, each) for each in EVERYTHING]
    args = ASKED[request_class]
    if "callback_ids" in args:
        args = {**args, "callback_ids": (callback_of(store),)}
    try:
        told = asked(store, request_class(**args), "NorthBank")
    except AdminRefused:
        told = ""
    known = (SOUTH, LIST, CAMPAIGN, AGENT, CONTACT, SOURCE, ATTRIBUTE, NUMBER, ADDRESS)
    assert not [each for each in known if each in told]
    assert [asked(store, each) for each in EVERYTHING] == before


def test_callback_is_not_moved_whose_time_cannot_be_told(store: SqlStore) -> None:
    before = asked(store, R.ListCallbacks())
    move = R.MoveCallbacks(callback_ids=(callback_of(store),), due_at=T0 + 7200, timezone="Nowhere")
    with pytest.raises(AdminRefused, match="timezone: found 'Nowhere'"):
        asked(store, move)
    assert asked(store, R.ListCallbacks()) == before
