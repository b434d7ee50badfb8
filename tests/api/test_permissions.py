"""Who may do what with whose: each operation, with what is everybody's, one's own, another organisation's."""

from collections.abc import Callable, Mapping

import pytest
from attrs import AttrsInstance, evolve
from cases_callbacks import WANTED
from cases_jobs import SALE, SESSION, attempted, fill, running
from cases_schedules import DAILY, ONCE, RUN_DAILY, RUN_ONCE, STATUS, add_source
from cases_values import Here
from world import World

from agentmgr.api import contract_agent as agent
from agentmgr.api import contract_campaign as campaign
from agentmgr.api.faults import Refused
from agentmgr.api.operations import OPERATIONS
from agentmgr.core.tasks import FIRST_TASK
from agentmgr.ports import Scope

pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)  # services decide, no database

EVERYBODY, NORTH, SOUTH = "", "North Bank", "South Bank"
OWNER_AND_CALLER = (
    (EVERYBODY, EVERYBODY),
    (EVERYBODY, NORTH),
    (NORTH, EVERYBODY),
    (NORTH, NORTH),
    (SOUTH, NORTH),
)
CALLED = FIRST_TASK.name
PHONE = "+12125550009"

ON_LISTS: tuple[AttrsInstance, ...] = (
    agent.GetContactData("U1", "A"),
    agent.GetContactAttributeValue("U1", "A", "PhoneNumber1"),
    agent.GetContactDataFromList("U1", "A"),
    agent.GetContactAttributeValueFromList("U1", "A", "PhoneNumber1"),
    agent.SaveContact(agent.ContactType("U1", "A", FirstName="Ann")),
    agent.SaveContactToList(agent.ContactDataType("U1", "A", FirstName="Ann"), UpdateExisting=True),
    agent.UpdateContactAttributeValue("U1", "A", "FirstName", "Ann"),
    agent.UpdateContactAttributeValueToList("U1", "A", "FirstName", "Ann"),
    agent.UpdatePhoneNumber("U1", "A", agent.PhoneType("1", PHONE, "UTC", "PhoneNumber2")),
    agent.GetPhoneNumber("U1", "A", "PhoneNumber1"),
    agent.DeleteContact("U11", "B"),
    agent.DeleteContactFromList("U11", "B"),
    agent.GetAttributesList("A"),
    agent.EmptyContactList("B"),
    agent.GetContactListEmptyStatus("B"),
)
"""Refused with -28 where the list is another organisation's."""

ON_LISTS_AND_CAMPAIGNS: Mapping[AttrsInstance, tuple[int, int]] = {
    agent.AddContactToJob("Spring", "U11", "B"): (-14, -26),
    agent.AddContactFromListToJob("Spring", "U11", "B"): (-28, -30),
    agent.AddContactGroupToJob("Spring", "B"): (-28, -30),
    agent.AddContactListToJob("Spring", "B"): (-28, -30),
    evolve(WANTED, UserContactID="U11", ContactListName="B"): (-28, -30),
}
"""The code where the list is another organisation's, and that where the campaign alone is."""

ON_CAMPAIGNS: Mapping[AttrsInstance, int] = {
    campaign.GetActiveJobs("Spring"): -26,
    campaign.RunCampaign("Spring"): -26,
    campaign.GetActiveJobTaskIds("Spring"): -26,
    campaign.GetActiveJobTaskIdForTask("Spring", CALLED): -26,
    campaign.GetCampaignJobs("Spring"): -30,
    campaign.GetContactListNames("Spring"): -30,
    RUN_ONCE: -30,
    RUN_DAILY: -30,
    agent.UpdateCompletionCode(SESSION, "Call again"): -30,
    ONCE: -60,
    DAILY: -60,
    STATUS: -60,
}
"""Those that name a campaign, its session, or a data source."""

ON_JOBS: Mapping[Callable[[int], AttrsInstance], int] = {
    campaign.PauseActiveJob: -30,
    campaign.ResumePausedJob: -30,
    campaign.StopJob: -30,
    agent.GetAllCompletionCodesForCampaign: -30,
    lambda job_id: campaign.SetMaxAttemptsCount(job_id, 3): -1,
    lambda job_id: campaign.SetMaxAttemptsCountForTask(job_id, FIRST_TASK.task_id, 3): -1,
    lambda job_id: agent.UpdateCampaignAttributeValue(job_id, "Sum", 1.0): -1,
    lambda job_id: agent.UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0): -1,
}

OF_NOTHING = {
    "IsDNC",
    "AddToDNCList",
    "RemoveFromDNCList",
    "GetCampaignDetails",
    "GetCampaignAttributesList",
    "GetAgentAttributesList",
}
"""Those that are about nothing that somebody owns; each has a test below, or is the same for all."""

ROWS: list[tuple[Callable[[int], AttrsInstance], int]] = [
    *((lambda _, request=request: request, -28) for request in ON_LISTS),
    *((lambda _, request=request: request, codes[0]) for request, codes in ON_LISTS_AND_CAMPAIGNS.items()),
    *((lambda _, request=request: request, code) for request, code in ON_CAMPAIGNS.items()),
    *ON_JOBS.items(),
]


def made(world: World, owner: str, owner_of_lists: str | None = None) -> int:
    """Let an organisation have lists, a data source, and a campaign with a job under way; return the job."""
    world.share(NORTH, SOUTH)
    world.supervisor.values.define(Scope.CAMPAIGN, "Sum")
    world.supervisor.values.define(Scope.AGENT, "Sales")
    world.call_for(owner if owner_of_lists is None else owner_of_lists)
    fill(world, "B", 1, first=11)
    world.call_for(owner)
    job_id = running(world, custom_pacing=True)
    attempted(world, job_id, SALE)
    add_source(world)
    world.floors = Here("1001", (job_id,))
    return job_id


def outcome(world: World, request: AttrsInstance, caller: str) -> int | None:
    """Return the code with which a caller's request is refused; None if it is carried out."""
    world.call_for(caller)
    try:
        world.call(request, object)  # type: ignore[type-var]  # of any kind
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(("owner", "caller"), OWNER_AND_CALLER)
@pytest.mark.parametrize(("asked", "code"), ROWS, ids=[type(asked(0)).__name__ for asked, _ in ROWS])
def test_operation_is_done_with_ones_own_and_everybodys_and_refused_with_anothers(
    world: World, asked: Callable[[int], AttrsInstance], code: int, owner: str, caller: str
) -> None:
    job_id = made(world, owner)
    request = asked(job_id)
    if isinstance(request, campaign.ResumePausedJob):
        world.supervisor.jobs.pause(job_id)
    is_foreign = caller != EVERYBODY and owner not in (EVERYBODY, caller)
    assert outcome(world, request, caller) == (code if is_foreign else None)


@pytest.mark.parametrize(
    ("request_", "code"),
    [(request, codes[1]) for request, codes in ON_LISTS_AND_CAMPAIGNS.items()],
    ids=[type(request).__name__ for request in ON_LISTS_AND_CAMPAIGNS],
)
def test_campaign_of_another_organisation_is_refused_with_a_list_of_ones_own(
    world: World, request_: AttrsInstance, code: int
) -> None:
    made(world, SOUTH, owner_of_lists=EVERYBODY)
    assert outcome(world, request_, NORTH) == code


def test_every_operation_has_its_row(world: World) -> None:
    in_rows = {type(asked(0)).__name__ for asked, _ in ROWS}
    assert in_rows | OF_NOTHING == {operation.name for operation in OPERATIONS.values()}
    assert not in_rows & OF_NOTHING


@pytest.mark.parametrize(("owner", "caller"), OWNER_AND_CALLER)
def test_campaigns_are_told_to_those_who_may_see_them(world: World, owner: str, caller: str) -> None:
    made(world, owner)
    world.call_for(caller)
    found = world.call(campaign.GetCampaignDetails(), campaign.GetCampaignDetailsResponse)
    is_foreign = caller != EVERYBODY and owner not in (EVERYBODY, caller)
    assert [each.CampaignName for each in found.CampaignDetails] == ([] if is_foreign else ["Spring"])


@pytest.mark.parametrize(("owner", "caller"), OWNER_AND_CALLER)
def test_do_not_call_lists_are_read_by_their_own_and_changed_by_a_global_user_alone(
    world: World, owner: str, caller: str
) -> None:
    world.share(NORTH, SOUTH)
    whose = {"OrgName": owner} if owner else {}
    is_foreign = caller != EVERYBODY and owner not in (EVERYBODY, caller)
    denied = -21 if caller else None
    assert outcome(world, agent.IsDNC(PHONE, **whose), caller) == (-21 if is_foreign else None)
    assert outcome(world, agent.AddToDNCList(PHONE, **whose), caller) == denied
    if caller:
        assert outcome(world, agent.AddToDNCList(PHONE, **whose), EVERYBODY) is None
    assert outcome(world, agent.RemoveFromDNCList(PHONE, **whose), caller) == denied
