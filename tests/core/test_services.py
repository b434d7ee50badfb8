"""A connection that signed in as a service sends some commands for any agent of the zone."""

import pytest
from attrs import evolve
from parties import DISPOSE
from scenes import (
    SID,
    Scene,
    a_logon,
    dialing,
    held,
    logged_on,
    nailed_idle,
    nailed_not_ready,
    preview,
    ready,
    talking,
    wrapup,
)

from agentmgr.core.commands import info
from agentmgr.core.commands.registry import AGENT_RULES
from agentmgr.core.effects import Respond
from agentmgr.core.events import AccountChecked
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState
from protocol.registry import COMMANDS, VERSION
from protocol.structures import AgentSkill

BY_SERVICES = {
    c.AGTBlendToInbound,
    c.AGTBlendToOutbound,
    c.AGTSkillsChanged,
    c.AGTPendingLogout,
    c.AGTAgentDisconnected,
}
TO_INBOUND, TO_OUTBOUND = c.AGTBlendToInbound(), c.AGTBlendToOutbound()
ART = c.AGTSkillsChanged((AgentSkill("art", level=3),))
ALL = [TO_INBOUND, TO_OUTBOUND, ART, c.AGTPendingLogout(), c.AGTAgentDisconnected()]
SIGN_IN = c.AgentSDKConnected((), VERSION, "blender", "secret")
WELCOME = lines("""
    - < AgentSDKConnected 0 1 {Z=10.0.0.1:9970 Y=10.0.0.2:9970}
    - ! POMAvailable Z 1
""")
WAYS = [logged_on, ready, nailed_idle, nailed_not_ready, preview, dialing, talking, held, wrapup]


def signed_in(scene, command=SIGN_IN):
    """Open a connection as a service; returns its number."""
    scene.store.add_account("blender")
    connection = 900
    assert scene.send("", command, connection)[:2] == WELCOME
    return connection


def answers(scene):
    """Note to which connection each RESP goes."""
    seen, before = [], scene.witness

    def watch(event, caused):
        seen.extend((e.connection, e.agent_id) for e in caused if isinstance(e, Respond))
        before(event, caused)

    scene.witness = watch
    return seen


# -- signing in ----------------------------------------------------------------------------------


def test_service_is_welcomed_after_the_check_and_what_it_sent_behind_is_carried_out_then():
    scene = nailed_idle()
    scene.store.add_account("blender")
    scene.answers_at_once = False
    assert scene.send("", SIGN_IN, 900) == []
    assert scene.send("A", TO_INBOUND, 900) == []
    assert scene.send("", c.AGTGetZoneList(), 900) == []
    assert scene.send("", c.POMClientAlive(), 900) == ["- < POMClientAlive 0"]
    assert scene.answer(scene.asked[-1])[:4] == [
        *WELCOME,
        "A < BlendToInbound 0",
        "- < GetZoneList 0 [V Y Z]",
    ]


@pytest.mark.parametrize(("account", "pwd"), [("blender", "guess"), ("nobody", "secret"), ("A", "secret")])
def test_sign_in_that_is_refused_leaves_an_ordinary_connection(account, pwd):
    scene = nailed_idle()
    scene.store.add_account("blender")
    refused = c.AgentSDKConnected(("A",), VERSION, account, pwd)
    assert scene.send("", refused, 900) == ["- < AgentSDKConnected 17 1 {}"]
    assert scene.send("A", TO_INBOUND, 900) == ["A < BlendToInbound 9002"]
    assert scene.send("B", a_logon(), 900)[-1] == "B < Logon 0"
    assert scene.send("", SIGN_IN, 900) == WELCOME
    assert scene.send("A", TO_INBOUND, 900)[0] == "A < BlendToInbound 0"


def test_service_that_names_more_agents_stays_one_and_with_a_wrong_password_does_not():
    scene = nailed_idle()
    service = signed_in(scene)
    assert scene.send("", c.AgentSDKConnected(("B",), VERSION), service)[:2] == WELCOME
    assert scene.send("A", ART, service)[0] == "A < SkillsChanged 0"
    scene.send("", evolve(SIGN_IN, pwd="guess"), service)
    assert scene.send("A", ART, service) == ["A < SkillsChanged 9002"]


def test_service_may_name_agents_and_log_some_on():
    scene = nailed_idle()
    service = signed_in(scene, evolve(SIGN_IN, agent_ids=("B",)))
    scene.log_on("B", service)
    assert scene.send("B", c.AGTStateChange(AgentState.Ready), service)[-1] == "B < StateChange 0 Ready"
    assert scene.send("A", TO_INBOUND, service)[0] == "A < BlendToInbound 0"


def test_service_whose_connection_is_lost_before_its_check_is_none():
    scene = nailed_idle()
    scene.store.add_account("blender")
    scene.answers_at_once = False
    scene.send("", SIGN_IN, 900)
    scene.send("A", TO_INBOUND, 900)
    question = scene.asked[-1]
    scene.disconnect(900)
    assert scene.answer(question) == []
    assert 900 not in scene.zone.services
    assert 900 not in scene.zone.connections


def test_service_that_leaves_is_forgotten():
    scene = nailed_idle()
    service = signed_in(scene)
    scene.disconnect(service)
    assert service not in scene.zone.services


def test_fault_in_a_welcome_is_answered_and_those_behind_it_go_on(monkeypatch):
    scene = Scene()
    scene.expects_faults = True
    scene.answers_at_once = False
    scene.store.add_account("blender")
    scene.send("", SIGN_IN, 900)
    scene.send("", c.AGTGetZoneList(), 900)
    monkeypatch.setattr(info, "_welcome", lambda *_: 1 / 0)
    shown = [line for line in scene.answer() if " < " in line]
    assert shown == ["- < AgentSDKConnected 9050 {}", "- < GetZoneList 0 [V Y Z]"]


def test_answer_to_a_sign_in_that_nobody_waits_for_does_no_harm():
    scene = Scene()
    assert scene.post(AccountChecked(900, 1, 0)) == []


# -- what a service may ask ------------------------------------------------------------------------


def test_services_may_send_what_the_contract_names_and_nothing_else():
    assert {command for command, rule in AGENT_RULES.items() if rule.for_services} == BY_SERVICES


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("command", [TO_INBOUND, ART, c.AGTPendingLogout(), c.AGTAgentDisconnected()])
def test_command_of_a_service_does_what_the_agents_own_would(way, command):
    by_desktop, by_service = way(), way()
    service = signed_in(by_service)
    went = answers(by_service)
    own = by_desktop.agent("A").connection
    shown = by_desktop.send("A", command, own)
    assert by_service.send("A", command, service) == shown
    assert went == [(service, "A")]
    # what follows is told to the agent's desktop, and only there
    assert [n for n in by_service.mirrors if n[0] == service and n[1] == "A"] == [(service, "A")]
    assert by_service.wait(100) == by_desktop.wait(100)


def test_service_brings_an_agent_back_to_outbound():
    scene = nailed_idle()
    service = signed_in(scene)
    scene.send("A", TO_INBOUND, service)
    scene.line_drops()
    assert scene.send("A", TO_OUTBOUND, service) == lines("""
        A ! BlendedToOutbound
        A < BlendToOutbound 0
    """)


def test_agent_that_a_service_logs_out_is_told_when_its_contact_is_over():
    scene = wrapup()
    service = signed_in(scene)
    assert scene.send("A", c.AGTPendingLogout(), service)[-1] == "A < PendingLogout 0"
    scene.send("A", DISPOSE)
    assert scene.line_drops()[-1] == "A ! AgentLoggedOut"


def test_agent_that_a_service_reports_as_lost_is_asked_when_its_desktop_lives_after_all():
    scene = nailed_idle()
    desktop, service = scene.agent("A").connection, signed_in(scene)
    scene.send("A", c.AGTAgentDisconnected(), service)
    assert scene.agent("A").is_away
    assert scene.send("A", c.AGTStateChange(AgentState.NotReady, "7"), desktop) == lines("""
        A ! GetAgentStatus A
        A < StateChange 9004
    """)


@pytest.mark.parametrize("command", ALL)
def test_command_of_a_service_for_an_agent_who_is_not_there_is_refused(command):
    scene = Scene()
    service = signed_in(scene)
    for agent_id in ("A", "nobody"):
        (answer,) = scene.send(agent_id, command, service)
        assert answer.endswith(" 9002")


def test_command_of_a_service_for_an_agent_who_is_away_is_carried_out():
    scene = nailed_idle()
    service = signed_in(scene)
    scene.disconnect(scene.agent("A").connection)
    assert scene.send("A", ART, service)[0] == "A < SkillsChanged 0"
    assert scene.send("A", c.AGTAgentDisconnected(), service) == ["A < AgentDisconnected 0"]
    assert scene.send("A", TO_INBOUND, service)[0] == "A < BlendToInbound 0"
    assert "A < PendingLogout 0" in scene.send("A", c.AGTPendingLogout(), service)
    scene.wait(60)
    assert not scene.zone.agents


def test_service_may_do_nothing_else_for_an_agent():
    scene = talking()
    service = signed_in(scene)
    commands = (
        c.AGTStateChange(AgentState.NotReady),
        c.AGTLogoff(),
        c.AGTReleaseLine(SID),
        c.AGTGetCustomerDetails(SID),
        c.AGTSaveAgentForHA(),
        c.AGTNailupAgent(),
    )
    for command in commands:
        (answer,) = scene.send("A", command, service)
        assert answer.endswith(" 9002")


def test_fault_in_a_command_of_a_service_ends_the_agent_that_it_touched(monkeypatch):
    scene = nailed_idle()
    service = signed_in(scene)
    scene.expects_faults = True

    def half_done(zone, agent, command, event):
        agent.touch()
        agent.leg_id = ""
        raise RuntimeError

    rule = evolve(AGENT_RULES[c.AGTBlendToInbound], handler=half_done)
    monkeypatch.setitem(AGENT_RULES, c.AGTBlendToInbound, rule)
    shown = scene.send("A", TO_INBOUND, service)
    assert "A < BlendToInbound 9050" in shown
    assert shown[-1] == "A ! AgentLoggedOut"
    assert not scene.zone.agents


def test_password_of_an_account_is_in_no_text_of_the_command():
    assert "secret" not in repr(SIGN_IN)
    assert COMMANDS["AgentSDKConnected"].codes
