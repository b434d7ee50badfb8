"""Whose agents work on whose campaigns, and whose do-not-call list counts."""

import pytest
from parties import create
from scenes import Scene, a_campaign

from agentmgr.core.effects import AddToDnc, Dial
from agentmgr.core.model import AgentSpec
from agentmgr.core.router import IdleAgents
from protocol import commands as c
from protocol.enums import CallbackType, PacingType
from protocol.structures import AgentSkill, Attribute, CallbackDest

NORTH, SOUTH = "North Bank", "South Bank"


def scene_of(**organisations):
    """Agents of organisations, each with the skill that campaigns need."""
    scene = Scene(agents="")
    for agent_id, organisation in organisations.items():
        skills = (AgentSkill("sales", level=1),)
        spec = AgentSpec(agent_id, f"Agent {agent_id}", skills, organisation)
        scene.store.add_agent(spec, scene.config.zone)
    return scene


@pytest.mark.parametrize(
    ("campaign", "working"), [(NORTH, {"A", "C"}), (SOUTH, {"B", "C"}), ("", {"A", "B", "C"})]
)
def test_campaign_gets_agents_of_its_organisation_and_of_none(campaign, working):
    scene = scene_of(A=NORTH, B=SOUTH, C="")
    scene.start_job(PacingType.Progressive, organisation=campaign, due_in_s=900)
    for agent_id in "ABC":
        scene.log_on(agent_id)
        scene.go_ready(agent_id)
        scene.offer_phone(agent_id)
    attached = {agent.agent_id for agent in scene.zone.agents.values() if agent.job is not None}
    assert attached == working


def test_idle_agent_of_another_organisation_is_not_lent():
    scene = scene_of(A=SOUTH)
    scene.start_job(PacingType.Progressive, due_in_s=3600)
    scene.nail("A")
    assert scene.zone.agents["A"].job is not None
    scene.start_job(PacingType.Progressive, job_id=2, name="Winter", organisation=NORTH)
    scene.wait(60)
    assert not [order for order in scene.orders if isinstance(order, Dial)]
    scene.start_job(PacingType.Progressive, job_id=3, name="Autumn", organisation=SOUTH)
    scene.wait(60)
    assert [order for order in scene.orders if isinstance(order, Dial)]


def test_best_agent_for_another_job_is_of_its_organisation_or_of_none():
    idle = IdleAgents("sales")
    scene = scene_of(A=NORTH, B="", C=SOUTH, D=NORTH)
    for agent_id in "ABCD":
        scene.log_on(agent_id)
    agents = scene.zone.agents
    for at, (agent_id, level) in enumerate({"A": 2, "B": 3, "C": 5, "D": 2}.items()):
        agent = agents[agent_id]
        agent.skills = {"sales": level}
        idle.add(agent, float(at))

    def found(organisation, level=1):
        agent = idle.find(a_campaign(organisation=organisation, min_skill_level=level))
        return agent.agent_id if agent is not None else None

    assert (found(NORTH), found(SOUTH), found("")) == ("B", "C", "C")
    assert found(NORTH, 4) is None
    idle.remove(agents["B"])
    assert (found(NORTH), found("East Bank")) == ("A", None)
    idle.remove(agents["A"])
    assert found(NORTH) == "D"
    idle.remove(agents["D"])
    assert (found(NORTH), found("")) == (None, "C")


@pytest.mark.parametrize(
    ("agent", "org_name", "result"),
    [(NORTH, NORTH, 0), (NORTH, "", 0), (NORTH, None, 0), (NORTH, SOUTH, 17), ("", SOUTH, 0)],
)
def test_logon_names_the_organisation_of_its_agent_or_none(agent, org_name, result):
    scene = scene_of(A=agent)
    assert scene.log_on("A", org_name=org_name)[-1] == f"A < Logon {result}"


@pytest.mark.parametrize(("listed_for", "dialled"), [(NORTH, False), (SOUTH, True)])
def test_number_on_the_list_of_another_organisation_is_dialled(listed_for, dialled):
    scene = scene_of(A=NORTH)
    scene.store.dnc_of[listed_for].add("+49300000001")
    scene.start_job(PacingType.Progressive, contacts=1, organisation=NORTH)
    scene.nail("A")
    numbers = [order.number for order in scene.orders if isinstance(order, Dial)]
    assert ("+49300000001" in numbers) is dialled


def test_desktop_puts_an_address_on_the_list_of_its_campaigns_organisation():
    scene = scene_of(A=NORTH)
    scene.start_job(PacingType.PreviewUntimed, contacts=1, organisation=NORTH)
    scene.nail("A")
    scene.send("A", c.AGTAddToDNC((Attribute("PhoneNumber1", "+442079460018"),)))
    (record,) = [each for each in scene.store.records if isinstance(each, AddToDnc)]
    assert (record.address, record.organisation) == ("+442079460018", NORTH)
    scene.send("A", c.AGTIsInDNC("+442079460018"))
    assert scene.store.dnc == set()


def talking_in(organisation):
    """Agent A of North Bank talks in a campaign of an organisation; B is South Bank's, C everybody's."""
    scene = scene_of(A=NORTH, B=SOUTH, C="")
    for agent_id in "BC":
        scene.log_on(agent_id)
    scene.start_job(PacingType.Progressive, contacts=1, organisation=organisation)
    scene.start_job(PacingType.Progressive, job_id=2, name="Winter", organisation=SOUTH, due_in_s=900)
    scene.start_job(PacingType.Progressive, job_id=3, name="Autumn", organisation=NORTH, due_in_s=900)
    scene.nail("A")
    scene.customer_answers()
    return scene


def callback(scene, kind, value):
    dest = CallbackDest(kind, value)
    return scene.send("A", create(scene=scene, callback_type=kind, callback_dest=dest))[-1]


@pytest.mark.parametrize(("agent", "result"), [("B", 482), ("C", 0), ("D", 482), ("E", 0)])
def test_callback_is_promised_to_an_agent_of_its_campaigns_organisation_or_of_none(agent, result):
    scene = talking_in(NORTH)
    for agent_id, organisation in (("D", SOUTH), ("E", NORTH)):  # who are not logged on
        spec = AgentSpec(agent_id, "", (AgentSkill("sales", level=1),), organisation)
        scene.store.add_agent(spec, scene.config.zone)
    assert f"A < CreateCallback {result}" in callback(scene, CallbackType.Agent, agent)


@pytest.mark.parametrize(("campaign", "result"), [("Winter", 484), ("Autumn", 0)])
def test_callback_goes_to_a_campaign_of_the_same_organisation(campaign, result):
    scene = talking_in(NORTH)
    assert f"A < CreateCallback {result}" in callback(scene, CallbackType.Campaign, campaign)
