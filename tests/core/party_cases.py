"""Ways to meet the result codes of the commands about other parties, callbacks, blending and coming back.

Each is a code, a command that agent A sends, and the scene it is sent in; see `test_command_results`.
"""

from attrs import evolve
from parties import (
    beside,
    beside_busy,
    called_back,
    called_in,
    conference,
    conferenced,
    consult,
    consult_pending,
    create,
    external_conference,
    external_consult,
    external_dialing,
    with_agent,
    with_external,
)
from scenes import (
    SID,
    dialing,
    held,
    nailed_idle,
    pending_nailing,
    preview,
    ready,
    talking,
    wrapup,
    wrapup_nailing_lost,
)

from agentmgr.core.model import ExternalDestination
from protocol import commands as c
from protocol.enums import AgentState, CallbackType, CallState, DestinationType, NailupStatus
from protocol.structures import AgentSkill, AgentStatus, CallbackDest, ContactNumber

STALE = "1000000099"
STATUS = AgentStatus(AgentState.Ready, CallState.Idle, NailupStatus.NailedUp)


def beside_on_break():
    scene = beside()
    scene.want_break("B")
    return scene


def two_wait_for_b():
    """B is busy, and C and D wait for it."""
    scene = talking(contacts=4)
    for agent_id in "BCD":
        if agent_id != "B":
            scene.add_agent(agent_id)
        scene.nail(agent_id)
        scene.customer_answers()
    scene.send("C", with_agent("B", "1000000003"))
    scene.send("D", with_agent("B", "1000000004"))
    return scene


def no_free_form():
    return beside(allow_free_form=False)


def with_address_book():
    return talking(address_book=(ExternalDestination("Desk", "4711"),))


def no_callbacks():
    return talking(callback_types=(CallbackType.Standard,))


def inbound():
    scene = nailed_idle()
    scene.send("A", c.AGTBlendToInbound())
    scene.line_drops()
    return scene


def only_connected():
    scene = ready()
    scene.send("A", c.AGTStateChange(AgentState.NotReady, "1"))
    scene.send("A", c.AGTLogoff())
    return scene


def disconnected():
    scene = nailed_idle()
    scene.send("A", c.AGTAgentDisconnected())
    return scene


def asked_for_status():
    scene = disconnected()
    scene.send("A", c.AGTGetTimezones())
    return scene


AGENTS = c.AGTGetConsultDestsForType(DestinationType.Agent, SID)
EXTERNALS = c.AGTGetConsultDestsForType(DestinationType.External, SID)
TO_AGENT = {"callback_type": CallbackType.Agent}
TO_CAMPAIGN = {"callback_type": CallbackType.Campaign}


def dests(kind, zone="Z", session_id=SID):
    return c.AGTGetCallbackDestsForType(kind, session_id, zone)


def dest(kind, value):
    return {"callback_type": kind, "callback_dest": CallbackDest(kind, value)}


PARTY_CASES = [
    # consult
    (0, c.AGTGetConsultTypes(SID), talking),
    (0, c.AGTGetConsultTypes(SID), consult_pending),
    (9004, c.AGTGetConsultTypes(SID), held),
    (9004, c.AGTGetConsultTypes(SID), nailed_idle),
    (9008, c.AGTGetConsultTypes(STALE), talking),
    (0, AGENTS, beside),
    (0, AGENTS, beside_busy),
    (0, EXTERNALS, with_address_book),
    (382, EXTERNALS, talking),
    (383, AGENTS, talking),
    (383, AGENTS, beside_on_break),
    (9004, AGENTS, consult),
    (9008, evolve(AGENTS, session_id=STALE), talking),
    (0, with_agent(), beside),
    (0, with_agent(), beside_busy),
    (0, with_external(), beside),
    (0, with_external("4711"), with_address_book),
    (141, with_agent(), beside_on_break),
    (142, with_agent("X"), beside),
    (143, with_agent("A"), beside),
    (143, with_agent(""), beside),
    (143, with_external("nowhere"), beside),
    (143, with_external(), no_free_form),
    (144, with_agent(), two_wait_for_b),
    (421, with_agent(), held),
    (421, with_agent(), consult),
    (421, with_agent(), consult_pending),
    (421, with_external(), external_dialing),
    (421, with_agent(), nailed_idle),
    (9006, with_agent(), ready),
    (9008, with_agent("B", STALE), beside),
    (0, c.AGTCancelConsult(SID), consult),
    (0, c.AGTCancelConsult(SID, "B"), consult),
    (0, c.AGTCancelConsult(SID, "B"), called_in),
    (0, c.AGTCancelConsult(SID, "A"), called_in),
    (0, c.AGTCancelConsult(SID), consult_pending),
    (0, c.AGTCancelConsult(SID), external_dialing),
    (0, c.AGTCancelConsult(SID), external_consult),
    (401, c.AGTCancelConsult(SID), talking),
    (401, c.AGTCancelConsult(SID), conference),
    (401, c.AGTCancelConsult(SID), nailed_idle),
    (401, c.AGTCancelConsult(SID, "C"), consult),
    (9008, c.AGTCancelConsult(STALE), consult),
    # transfer and conference
    (0, c.AGTCompleteTransfer(SID), consult),
    (421, c.AGTCompleteTransfer(SID), talking),
    (421, c.AGTCompleteTransfer(SID), called_in),
    (421, c.AGTCompleteTransfer(SID), external_consult),
    (421, c.AGTCompleteTransfer(SID), conference),
    (9006, c.AGTCompleteTransfer(SID), ready),
    (9008, c.AGTCompleteTransfer(STALE), consult),
    (0, c.AGTStartConf(SID), consult),
    (0, c.AGTStartConf(SID), external_consult),
    (182, c.AGTStartConf(SID), talking),
    (182, c.AGTStartConf(SID), external_dialing),
    (182, c.AGTStartConf(SID), called_in),
    (182, c.AGTStartConf(SID), conference),
    (9006, c.AGTStartConf(SID), ready),
    (9008, c.AGTStartConf(STALE), consult),
    (0, c.AGTEndConf(SID), conference),
    (0, c.AGTEndConf(SID), conferenced),
    (0, c.AGTEndConf(SID), external_conference),
    (301, c.AGTEndConf(SID), talking),
    (301, c.AGTEndConf(SID), consult),
    (301, c.AGTEndConf(SID), nailed_idle),
    (9006, c.AGTEndConf(SID), ready),
    (9008, c.AGTEndConf(STALE), conference),
    (0, c.AGTConfChangeOwnership(SID), conference),
    (302, c.AGTConfChangeOwnership(SID), conferenced),
    (302, c.AGTConfChangeOwnership(SID), consult),
    (302, c.AGTConfChangeOwnership(SID), nailed_idle),
    (321, c.AGTConfChangeOwnership(SID), external_conference),
    (9006, c.AGTConfChangeOwnership(SID), ready),
    (9008, c.AGTConfChangeOwnership(STALE), conference),
    # callbacks
    (0, c.AGTGetCallbackTypes(SID), preview),
    (0, c.AGTGetCallbackTypes(SID), called_back),
    (9004, c.AGTGetCallbackTypes(SID), dialing),
    (9004, c.AGTGetCallbackTypes(SID), nailed_idle),
    (9008, c.AGTGetCallbackTypes(STALE), talking),
    (0, dests(CallbackType.Standard), talking),
    (0, dests(CallbackType.Agent, ""), wrapup),
    (0, dests(CallbackType.Agent, "Y"), wrapup),
    (0, dests(CallbackType.Campaign), called_back),
    (221, dests(CallbackType.Agent), no_callbacks),
    (222, dests(CallbackType.Agent, "X"), talking),
    (223, dests(CallbackType.Campaign, "Y"), talking),
    (9004, dests(CallbackType.Standard), held),
    (9008, dests(CallbackType.Standard, "Z", STALE), talking),
    (0, create(), preview),
    (0, create(), talking),
    (0, create(), wrapup),
    (0, create(), wrapup_nailing_lost),
    (0, create(contact_number=ContactNumber("PhoneNumber1")), called_back),
    (0, create(contact_number=ContactNumber(number="+442071234567")), talking),
    (0, create(**TO_AGENT), talking),
    (0, create(**dest(CallbackType.Agent, "B")), beside),
    (0, create(**dest(CallbackType.Campaign, "Summer")), talking),
    (482, create(**dest(CallbackType.Agent, "X")), talking),
    (482, create(contact_number=ContactNumber(number="1")), talking),
    (483, create(), dialing),
    (483, create(), held),
    (483, create(), consult),
    (483, create(), nailed_idle),
    (484, create(**dest(CallbackType.Campaign, "Winter")), talking),
    (484, create(**TO_CAMPAIGN), talking),
    (485, create(**TO_AGENT), no_callbacks),
    (486, create(callback_time="tomorrow"), talking),
    (486, create(callback_time=""), talking),
    (486, create(callback_time="2023/13/01 10:00"), talking),
    (487, create(callback_expiry_time=-5), talking),
    (487, create(callback_expiry_time=2**62), talking),
    (488, create(callback_time="2023/11/14 22:13"), talking),
    (488, create(callback_time="0001/01/01 00:00"), talking),
    (488, create(callback_time="9999/12/31 23:59"), talking),
    (488, create(callback_timezone="Atlantis"), talking),
    (488, create(callback_timezone="Europe"), talking),
    (488, create(callback_timezone="Europe/Berlin,UTC"), talking),
    (9008, create(session_id=STALE), talking),
    # blending and skills
    (0, c.AGTBlendToInbound(), nailed_idle),
    (581, c.AGTBlendToInbound(), inbound),
    (0, c.AGTBlendToOutbound(), inbound),
    (601, c.AGTBlendToOutbound(), nailed_idle),
    (0, c.AGTNailupAgent(), pending_nailing),
    (5, c.AGTNailupAgent(), nailed_idle),
    (9004, c.AGTNailupAgent(), inbound),
    (0, c.AGTSkillsChanged((AgentSkill("art"),)), talking),
    (9, c.AGTSkillsChanged(()), talking),
    # leaving and coming back
    (0, c.AGTSaveAgentForHA(), talking),
    (0, c.AGTAgentDisconnected(), talking),
    (0, c.AGTAgentDisconnected(), disconnected),
    (0, c.GetAgentStatusResponse(STATUS), nailed_idle),
    (0, c.GetAgentStatusResponse(STATUS), asked_for_status),
    (0, c.GetAgentStatusResponse(STATUS), disconnected),
    (17, c.GetAgentStatusResponse(STATUS, "x"), disconnected),
    (9002, c.GetAgentStatusResponse(STATUS), only_connected),
    (9004, c.AGTGetTimezones(), disconnected),
]
