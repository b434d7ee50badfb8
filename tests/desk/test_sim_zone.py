"""Simulated desktops and a simulated switch around a real zone, in virtual time."""

import pytest
from attrs import evolve

from agentmgr.core.effects import EndAttempt, Record, SaveNote, SetAttribute
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    PhoneNumber,
    ZoneConfig,
)
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import Token
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import PacingType
from protocol.results import ResultCode
from protocol.structures import AgentSkill

T0 = 1_760_000_000.0
AGENTS = 8
CONTACTS = 100
WHIMSICAL = DeskParams(
    hold=0.5, release=0.5, attribute=0.5, note=0.5, redial=0.3, extend=0.3, aux=0.3, preview_cancel=0.2
)
CAMPAIGN = CampaignSpec(
    1,
    "Autumn",
    PacingType.Predictive,
    "sales",
    (CompletionCodeSpec(1, "Sale", True), CompletionCodeSpec(2, "No"), CompletionCodeSpec(9, "Timed out")),
    9,
    max_attempts=2,
    nuisance_retry_s=3600,
    attributes=(AttributeSpec("city"),),
)


class Campaign:
    """A campaign that ran until its job was finished, and whose agents went home then."""

    def __init__(self, pacing: PacingType, seed: int, desk: DeskParams, switch: SimParams) -> None:
        self.store = MemoryStore()
        agent_ids = [str(1001 + n) for n in range(AGENTS)]
        for agent_id in agent_ids:
            self.store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill("sales"),)), "Default")
        contacts = [contact(n) for n in range(1, CONTACTS + 1)]
        self.store.add_job(1, contacts, campaign=evolve(CAMPAIGN, pacing=pacing))
        self.switch = SimSwitch(seed, switch)
        zone = self.virtual = VirtualZone(
            Zone(ZoneConfig("Default", token_secret=bytes(32), switch_confirms=self.switch.confirms), T0),
            Token("Default", 0, 1),
            self.store,
            self.switch,
            T0,
            lambda login, password: password == login.password_hash,
        )
        self.desktops = [SimDesktop(agent_id, "secret", "Default", seed, desk) for agent_id in agent_ids]
        for desktop in self.desktops:
            zone.connect(desktop)
        zone.read_jobs_wanted()
        zone.run(T0 + 36_000, lambda: bool(self.store.finished_jobs))
        self.took_s = zone.now - T0

    def records(self, kind: type[Record]) -> list[Record]:
        return [record for record in self.store.records if isinstance(record, kind)]


def contact(number: int) -> ContactSpec:
    phones = (PhoneNumber("phone1", f"+4930{number:06}"), PhoneNumber("phone2", f"+4917{number:06}"))
    return ContactSpec(number, f"u{number}", 1, "Autumn", phones, {"city": "Berlin"})


@pytest.mark.parametrize("pacing", list(PacingType))
def test_campaign_every_disposition_stored_was_confirmed_and_no_command_refused(pacing: PacingType) -> None:
    ran = Campaign(pacing, 1, WHIMSICAL, SimParams(leaves_at_once=0.2))
    assert ran.store.finished_jobs == {1: "finished"}
    assert len(ran.store.done[1]) == CONTACTS
    assert [desktop.refusals for desktop in ran.desktops] == [[]] * AGENTS
    assert all(desktop.logged_on for desktop in ran.desktops)
    by_agents = [d for d in ran.store.dispositions.values() if d.source == "agent"]
    assert len(by_agents) == len(ran.store.dispositions)
    assert sum(desktop.wrapups_ok for desktop in ran.desktops) == len(by_agents) > CONTACTS / 4
    assert ran.switch.open_calls == 0
    assert ran.records(SaveNote)
    assert ran.records(SetAttribute)


def test_campaign_with_lines_lost_all_the_time_still_ends() -> None:
    ran = Campaign(PacingType.Progressive, 2, WHIMSICAL, SimParams(nail_loss_per_h=6, nail_answer=0.8))
    assert ran.store.finished_jobs == {1: "finished"}
    assert len(ran.store.done[1]) == CONTACTS
    assert sum(desktop.wrapups_ok for desktop in ran.desktops) == sum(
        d.source == "agent" for d in ran.store.dispositions.values()
    )


@pytest.mark.parametrize("confirms", [True, False])
@pytest.mark.parametrize("pacing", [PacingType.Predictive, PacingType.PreviewTimed])
def test_campaign_whose_switch_fails_at_times_ends_with_every_contact_done_and_no_leg_left(
    pacing: PacingType, confirms: bool
) -> None:
    failing = SimParams(order_failure=0.1, confirms_orders=confirms, order_delay_s=0.2, event_delay_s=0.1)
    ran = Campaign(pacing, 7, WHIMSICAL, failing)
    assert ran.store.finished_jobs == {1: "finished"}
    assert len(ran.store.done[1]) == CONTACTS
    answers = {result for desktop in ran.desktops for _, result in desktop.refusals}
    words = {ResultCode.HOLD_FAILED, ResultCode.UNHOLD_FAILED}
    assert answers & words == (words if confirms else set())
    ran.virtual.run(ran.virtual.now + 300)  # ending a leg may take more than one try
    assert ran.switch.open_calls == 0


def test_campaign_same_seed_same_records_at_the_same_times() -> None:
    first, second, other = (
        Campaign(PacingType.Predictive, seed, WHIMSICAL, SimParams()) for seed in (3, 3, 4)
    )
    assert first.store.records == second.store.records
    assert first.took_s == second.took_s
    assert first.records(EndAttempt) != other.records(EndAttempt)
