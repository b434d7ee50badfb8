"""The floor as a supervisor asks for it, over zones that a test makes up."""

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from attrs import evolve
from callers import T0, services

from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services, unserved
from agentmgr.core.agent import Blend
from agentmgr.core.model import AgentSpec
from agentmgr.core.wishes import LogOff, Outcome, TakeBreak, Wish, WorkIn
from agentmgr.ports import AgentView, JobFacts, JobView, ServiceStore, ZoneUpdate, ZoneView
from protocol.enums import AgentState, CallState, NailupStatus, PacingType

TALKER = AgentView(
    "1002",
    "Bob",
    AgentState.Ready,
    CallState.Talking,
    NailupStatus.NailedUp,
    reason_code="",
    is_away=False,
    is_leaving=False,
    blend=Blend.OUTBOUND,
    job_id=1,
    session_id="1000000001",
    campaign="Spring",
    contact="A1",
    since=T0 - 60,
    talking_since=T0 - 60,
    day=5,
    calls=3,
    talk_s=100.0,
    walk_aways=1,
)
IDLER = evolve(
    TALKER,
    agent_id="1001",
    call_state=CallState.Idle,
    contact="",
    session_id=None,
    talking_since=None,
    is_away=True,
    placed_in="Autumn",
)


class MadeUpFloors:
    """Implements `Floors` with agents by zone; notes what is wished."""

    def __init__(self, **zones: Sequence[AgentView]) -> None:
        self.zones = zones
        self.wished: list[tuple[str, Sequence[tuple[str, Wish]]]] = []
        self.day = 5
        self.jobs: Sequence[JobFacts] = ()

    def states(self) -> Mapping[str, str]:
        return dict.fromkeys(self.zones, "ok") | {"West": "reopening"}

    def look(self, zone: str) -> ZoneView | None:
        return ZoneView(zone, T0, self.day, self.zones[zone], self.jobs)

    def agents_in(self, zone: str) -> int | None:
        return len(self.zones[zone]) if zone in self.zones else None

    async def follow(self, zone: str) -> AsyncIterator[Sequence[ZoneUpdate]]:
        agents: dict[str, AgentView | None] = {each.agent_id: each for each in self.zones["North"]}
        look = ZoneView("North", T0, self.day, (), self.jobs)
        yield [ZoneUpdate("North", "ok", True, {**agents, "gone": None}, look)]

    def where(self, agent_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        return {
            agent_id: [zone for zone, there in self.zones.items() if agent_id in {a.agent_id for a in there}]
            for agent_id in agent_ids
        }

    def jobs_of(self, agent_id: str) -> Sequence[int] | None:
        found = [a.job_id for there in self.zones.values() for a in there if a.agent_id == agent_id]
        return [job_id for job_id in found if job_id is not None] if found else None

    def wish(self, zone: str, wishes: Sequence[tuple[str, Wish]]) -> Sequence[Outcome]:
        self.wished.append((zone, wishes))
        return [Outcome.ON_BREAK for _ in wishes]


@pytest.fixture
def floors() -> MadeUpFloors:
    return MadeUpFloors(North=[TALKER, IDLER], South=[evolve(IDLER, agent_id="2001", placed_in="")])


@pytest.fixture
def served(store: ServiceStore, floors: MadeUpFloors) -> Services:
    return services(store, ["North", "South"], floors=floors)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["1001", "1002", "2001"]),
        ({"zone": "North"}, ["1001", "1002"]),
        ({"state": "talking"}, ["1002"]),
        ({"state": "AWAY"}, ["1001", "2001"]),
        ({"state": "silent"}, []),
        ({"campaign": "Autumn"}, ["1001"]),
        ({"campaign": "Spring", "zone": "South"}, ["2001"]),
    ],
)
def test_agents_are_those_who_are_meant(served: Services, asked: dict[str, str], found: list[str]) -> None:
    assert [each.agent.agent_id for each in served.floor.agents(**asked)] == found


def test_talk_time_has_the_call_that_is_on_and_counts_are_of_today(
    served: Services, floors: MadeUpFloors
) -> None:
    (talker,) = served.floor.agents(state="Talking")
    assert (talker.agent.calls, talker.agent.talk_s, talker.agent.walk_aways) == (3, 160.0, 1)
    floors.day = 6
    (talker,) = served.floor.agents(state="Talking")
    assert (talker.agent.calls, talker.agent.talk_s, talker.agent.walk_aways) == (0, 60.0, 0)


def test_state_that_is_none_is_refused_with_those_that_are(served: Services) -> None:
    with pytest.raises(
        ServiceError, match=r"state: found asleep; allowed: .*Talking.*, Away, Silent, Leaving"
    ) as caught:
        list(served.floor.agents(state="asleep"))
    assert caught.value.cause is Cause.BAD_VALUE


@pytest.mark.parametrize(
    ("zone", "text"),
    [("East", "is not served here"), ("West", "is reopening")],
)
def test_zone_that_is_not_open_is_refused_with_those_that_are(served: Services, zone: str, text: str) -> None:
    with pytest.raises(ServiceError, match=f"zone {zone}: {text}; there are: North, South"):
        list(served.floor.agents(zone))


def test_without_a_server_everything_says_so(store: ServiceStore) -> None:
    floor = Services(unserved(store), services(store).floor._caller).floor
    for ask in (floor.agents, lambda: floor.log_off(["1"]), lambda: floor.take_break(["1"], "7")):
        with pytest.raises(ServiceError, match="no server is running here") as caught:
            ask()
        assert caught.value.cause is Cause.NOT_SERVED


def test_wishes_go_to_the_zones_where_the_agents_are_each_once(
    served: Services, floors: MadeUpFloors
) -> None:
    wished = served.floor.take_break(["2001", "1002", "9999", "1002"], "7", "Break")
    assert floors.wished == [
        ("North", [("1002", TakeBreak("7", "Break"))]),
        ("South", [("2001", TakeBreak("7", "Break"))]),
    ]
    assert [(each.agent_id, each.zone, each.outcome) for each in wished] == [
        ("2001", "South", Outcome.ON_BREAK),
        ("1002", "North", Outcome.ON_BREAK),
        ("9999", "", Outcome.NOT_LOGGED_ON),
    ]


def test_wish_for_one_zone_leaves_the_others_alone(served: Services, floors: MadeUpFloors) -> None:
    (wished,) = served.floor.log_off(["2001"], now=True, zone="North")
    assert wished.outcome is Outcome.NOT_LOGGED_ON
    assert floors.wished == []


@pytest.mark.parametrize("reason", ["\x1b[2J", "x" * 51])
def test_reason_of_no_use_is_refused_and_nobody_is_sent_on_a_break(
    served: Services, floors: MadeUpFloors, reason: str
) -> None:
    with pytest.raises(ServiceError, match="reason: "):
        served.floor.take_break(["1002"], reason)
    assert floors.wished == []


def test_move_is_to_a_campaign_that_runs(served: Services, floors: MadeUpFloors) -> None:
    with pytest.raises(ServiceError, match="no campaign 'Winter'"):
        served.floor.move(["1002"], "Winter")
    served.floor.move(["1002"], None)
    assert floors.wished == [("North", [("1002", WorkIn(None))])]


def test_logoff_says_whether_it_is_now(served: Services, floors: MadeUpFloors) -> None:
    served.floor.log_off(["1002"], now=True)
    assert floors.wished == [("North", [("1002", LogOff(now=True))])]


# -- for one organisation ------------------------------------------------------------------


def facts(job_id: int, campaign: str, organisation: str) -> JobFacts:
    view = JobView(job_id, campaign, False, False, 1, 0, 1, 0, 0, 0, 0, 0, organisation)
    numbers = dict.fromkeys(
        ("on_hand", "on_hand_fresh", "in_work", "callbacks", "dials", "answers", "abandoned"), 0
    )
    rates = dict.fromkeys(("dials_a_minute", "answers_a_minute", "abandoned_a_minute"), 0.0)
    return JobFacts(
        view, PacingType.Predictive, "English", 1, 0.03, 4.0, **numbers, is_fetching=False, next_due_at=None,
        may_risk=True, **rates,
    )  # fmt: skip


@pytest.fixture
def shared(store: ServiceStore) -> MadeUpFloors:
    """A floor with an agent of North Bank, one of South Bank, and two of all in a campaign of each."""
    everybody = services(store, ["North"])
    for name in ("North Bank", "South Bank"):
        everybody.organisations.add(name)
    agents = {"1001": "North Bank", "1002": "South Bank", "1003": "", "1004": ""}
    for agent_id, organisation in agents.items():
        everybody.agents.add([AgentSpec(agent_id, agent_id, (), organisation)], "secret", "North")
    floors = MadeUpFloors(
        North=[
            evolve(TALKER, agent_id="1001", organisation="North Bank", campaign="Spring"),
            evolve(TALKER, agent_id="1002", organisation="South Bank", campaign="Autumn"),
            evolve(TALKER, agent_id="1003", campaign="Spring", placed_in="Autumn"),
            evolve(TALKER, agent_id="1004", campaign="Autumn"),
        ]
    )
    floors.jobs = (facts(1, "Spring", "North Bank"), facts(2, "Autumn", "South Bank"))
    return floors


SEEN = {"1001": ("Spring", "A1", ""), "1003": ("Spring", "A1", ""), "1004": ("", "", "")}
"""Campaign, contact and place of the agents whom North Bank sees."""


def test_organisation_sees_its_agents_and_those_of_all_but_not_what_they_do_for_others(
    store: ServiceStore, shared: MadeUpFloors
) -> None:
    floor = services(store, ["North"], floors=shared, organisation="North Bank").floor
    seen = [each.agent for each in floor.agents()]
    assert {each.agent_id: (each.campaign, each.contact, each.placed_in) for each in seen} == SEEN


async def test_organisation_follows_its_own(store: ServiceStore, shared: MadeUpFloors) -> None:
    floor = services(store, ["North"], floors=shared, organisation="North Bank").floor
    ((update,),) = [each async for each in floor.follow()]
    seen = [each for each in update.agents.values() if each is not None]
    assert {each.agent_id: (each.campaign, each.contact, each.placed_in) for each in seen} == SEEN
    assert "gone" in update.agents
    assert update.look is not None
    assert [each.view.campaign for each in update.look.jobs] == ["Spring"]


def test_organisation_wishes_nothing_of_the_agents_of_others(
    store: ServiceStore, shared: MadeUpFloors
) -> None:
    floor = services(store, ["North"], floors=shared, organisation="North Bank").floor
    outcomes = {
        each.agent_id: each.outcome for each in floor.take_break(["1001", "1002", "1003", "nobody"], "7")
    }
    assert outcomes == {
        "1001": Outcome.ON_BREAK,
        "1002": Outcome.NOT_LOGGED_ON,
        "1003": Outcome.ON_BREAK,
        "nobody": Outcome.NOT_LOGGED_ON,
    }
    ((_, wishes),) = shared.wished
    assert [agent_id for agent_id, _ in wishes] == ["1001", "1003"]
