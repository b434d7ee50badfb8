from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attrs import frozen
from cases import done, refused
from cases_jobs import ZONE, foreign, over, running
from world import T0, World

from agentmgr.api.contract_agent import (
    GetAgentAttributesList,
    GetAgentAttributesListResponse,
    GetCampaignAttributesList,
    GetCampaignAttributesListResponse,
    OperationType,
    UpdateAgentAttributeValue,
    UpdateAgentAttributeValueResponse,
    UpdateCampaignAttributeValue,
    UpdateCampaignAttributeValueResponse,
)
from agentmgr.core.effects import SaveAgent
from agentmgr.core.model import Place
from agentmgr.ports import Claim, JobValue, ManagerLease, NoFloors, Scope
from protocol.enums import AgentState, CallState
from protocol.structures import SocketInfo

ADD, MINUS, ASSIGN = OperationType.ADD, OperationType.MINUS, OperationType.ASSIGN
MAX = 1.7976931348623157e308
CHANGES: Sequence[tuple[OperationType, float, float]] = (
    (ADD, 2.5, 12.5),
    (MINUS, 20.0, -7.5),
    (ASSIGN, MAX, MAX),
    (MINUS, MAX, 0.0),
    (ASSIGN, -MAX, -MAX),
    (ADD, MAX, 0.0),
    (ADD, 5e-324, 5e-324),
    (ASSIGN, 3.0, 3.0),
)


@frozen
class Here(NoFloors):
    """Zones of this process in which there is one agent."""

    agent_id: str
    jobs: Sequence[int]

    def states(self) -> dict[str, str]:
        return {ZONE: "ok"}

    def jobs_of(self, agent_id: str) -> Sequence[int] | None:
        return self.jobs if agent_id == self.agent_id else None


def with_numbers(world: World) -> int:
    """Make a number of campaigns and of agents, and a job in which agent 1001 works; return that."""
    world.supervisor.values.define(Scope.CAMPAIGN, "Sum", initial=10.0)
    world.supervisor.values.define(Scope.AGENT, "Sales", initial=10.0)
    job_id = running(world)
    world.floors = Here("1001", (job_id,))
    return job_id


def values(world: World, job_id: int) -> list[tuple[str, str, float]]:
    return [(each.agent_id, each.name, each.value) for each in world.services.values.of_job(job_id)]


@done(UpdateCampaignAttributeValue)
def numbers_of_campaigns_are_changed(world: World) -> None:
    job_id = with_numbers(world)
    assert values(world, job_id) == [("", "Sum", 10.0)]
    for operation, value, becomes in CHANGES:
        request = UpdateCampaignAttributeValue(job_id, "Sum", value, operation)
        assert world.call(request, UpdateCampaignAttributeValueResponse).Result == 0
        assert values(world, job_id) == [("", "Sum", becomes)]
    world.call(UpdateCampaignAttributeValue(job_id, "Sum", 4.0), UpdateCampaignAttributeValueResponse)
    assert values(world, job_id) == [("", "Sum", 4.0)]


@done(UpdateCampaignAttributeValue)
def changes_at_one_moment_are_all_made(world: World) -> None:
    job_id = with_numbers(world)
    request = UpdateCampaignAttributeValue(job_id, "Sum", 1.0, ADD)
    with ThreadPoolExecutor(4) as threads:
        done = [threads.submit(world.call, request, UpdateCampaignAttributeValueResponse) for _ in range(40)]
    assert [each.result().Result for each in done] == [0] * 40
    assert values(world, job_id) == [("", "Sum", 50.0)]


@done(UpdateAgentAttributeValue)
def numbers_of_agents_are_changed(world: World) -> None:
    job_id = with_numbers(world)
    for operation, value, becomes in CHANGES:
        request = UpdateAgentAttributeValue(job_id, "1001", "Sales", value, operation)
        assert world.call(request, UpdateAgentAttributeValueResponse).Result == 0
        assert values(world, job_id)[1:] == [("1001", "Sales", becomes)]


def written_down(world: World, job_id: int) -> None:
    """Let agent 1001 be in a job, in a zone that another process serves."""
    world.floors = NoFloors()
    world.store.leases.register(ManagerLease("m1", "m1"))
    token = world.store.open_zone(ZONE, T0, Claim("m1", None, SocketInfo("127.0.0.1", 1), "opened")).token
    state = AgentState.Ready, CallState.NoState
    world.store.commit(
        token, [SaveAgent("1001", ZONE, *state, "", "", "", "7001", "[]", Place(job_id=job_id))]
    )


@done(UpdateAgentAttributeValue)
def agents_of_zones_elsewhere_are_known_by_what_those_write_down(world: World) -> None:
    job_id = with_numbers(world)
    written_down(world, job_id)
    request = UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0, ADD)
    assert world.call(request, UpdateAgentAttributeValueResponse).Result == 0
    assert world.services.values.of_job(job_id)[1:] == [JobValue("1001", "Sales", 11.0)]


def request_of(call: type, job_id: int, name: str, value: float = 1.0, how: OperationType = ADD) -> Any:
    return call(job_id, *(["1001"] if call is UpdateAgentAttributeValue else []), name, value, how)


OF = (
    (UpdateCampaignAttributeValue, Scope.CAMPAIGN, "Sum"),
    (UpdateAgentAttributeValue, Scope.AGENT, "Sales"),
)
for call, scope, name in OF:

    @refused(call, -1)
    def in_no_job(world: World, call: type = call, name: str = name) -> Any:
        with_numbers(world)
        return request_of(call, 99, name)

    @refused(call, -1)
    def in_a_job_that_is_over(world: World, call: type = call, name: str = name) -> Any:
        job_id = with_numbers(world)
        over(world, job_id)
        world.store.stop_job(job_id, (), T0)
        return request_of(call, job_id, name)

    @refused(call, -1)
    def in_a_job_of_another_organisation(world: World, call: type = call, name: str = name) -> Any:
        return request_of(call, foreign(world), name)

    @refused(call, -45)
    def no_such_number(world: World, call: type = call) -> Any:
        return request_of(call, with_numbers(world), "sum")

    @refused(call, -45)
    def a_number_of_another_organisation(world: World, call: type = call, scope: Scope = scope) -> Any:
        world.share("North Bank", "South Bank")
        world.supervisor.values.define(scope, "Secret", organisation="South Bank")
        world.call_for("North Bank")
        return request_of(call, with_numbers(world), "Secret")

    for value, how in (
        (v, how) for v in (float("nan"), float("inf"), float("-inf")) for how in OperationType
    ):

        @refused(call, -45)
        def with_what_is_no_number(
            world: World, call: type = call, name: str = name, value: float = value, how: OperationType = how
        ) -> Any:
            return request_of(call, with_numbers(world), name, value, how)

    for start, value, how in ((MAX, MAX, ADD), (-MAX, MAX, MINUS), (MAX, -1e300, MINUS), (-MAX, -1e300, ADD)):

        @refused(call, -45)
        def to_what_is_out_of_range(
            world: World,
            call: type = call,
            name: str = name,
            start: float = start,
            value: float = value,
            how: OperationType = how,
        ) -> Any:
            job_id = with_numbers(world)
            world.call(request_of(call, job_id, name, start, ASSIGN), object)
            return request_of(call, job_id, name, value, how)

    @refused(call, -45)
    def the_store_fails_changing_a_number(world: World, call: type = call, name: str = name) -> Any:
        job_id = with_numbers(world)
        world.fail("change_value")
        return request_of(call, job_id, name)


@refused(UpdateAgentAttributeValue, -66)
def of_an_agent_who_is_not_logged_on(world: World) -> Any:
    return UpdateAgentAttributeValue(with_numbers(world), "1002", "Sales", 1.0)


@refused(UpdateAgentAttributeValue, -66)
def of_an_agent_whose_process_has_ended(world: World) -> Any:
    job_id = with_numbers(world)
    written_down(world, job_id)
    world.store.leases.release("m1", T0, "ended")
    return UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0)


@refused(UpdateAgentAttributeValue, -66)
def of_an_agent_in_another_job(world: World) -> Any:
    job_id = with_numbers(world)
    world.floors = Here("1001", (job_id + 1,))
    return UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0)


@refused(UpdateAgentAttributeValue, -66)
def of_an_agent_who_is_in_another_job_elsewhere(world: World) -> Any:
    job_id = with_numbers(world)
    written_down(world, job_id + 1)
    return UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0)


@refused(UpdateAgentAttributeValue, -66)
def of_an_agent_who_has_not_come_back_to_a_zone_of_this_process(world: World) -> Any:
    job_id = with_numbers(world)
    written_down(world, job_id)
    world.floors = Here("1002", (job_id,))
    return UpdateAgentAttributeValue(job_id, "1001", "Sales", 1.0)


LISTS: Sequence[tuple[type[Any], type[Any], Scope, str]] = (
    (GetCampaignAttributesList, GetCampaignAttributesListResponse, Scope.CAMPAIGN, "campaignAttributes"),
    (GetAgentAttributesList, GetAgentAttributesListResponse, Scope.AGENT, "agentAttributes"),
)
for call, response, scope, field in LISTS:

    @done(call)
    def definitions_are_those_that_the_caller_may_see(
        world: World,
        call: type = call,
        response: type = response,
        scope: Scope = scope,
        field: str = field,
    ) -> None:
        world.share("South Bank")
        define = world.supervisor.values.define
        assert define(scope, "Sum", initial=2.5, display_name="Sum of all")
        assert define(scope, "Secret", organisation="South Bank")
        assert world.services.values.define(scope, "Own")
        found = getattr(world.call(call(), response), field)
        mine = {each.Name: (each.Value, each.Type, each.DisplayName) for each in found}
        seen = {"Own": ("0.0", "float", "Own"), "Sum": ("2.5", "float", "Sum of all")}
        assert mine == (seen if world.caller.organisation else seen | {"Secret": ("0.0", "float", "Secret")})

    @refused(call, -44)
    def the_store_fails_reading_numbers(world: World, call: type = call) -> Any:
        world.fail("number_attributes")
        return call()
