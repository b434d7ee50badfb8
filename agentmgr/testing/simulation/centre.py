"""The call centre of a simulation: its zones, agents, customers and campaigns, in a database of their own."""

from functools import cache
from typing import Any, cast

from attrs import frozen

from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    PhoneNumber,
)
from agentmgr.ports import AgentLogin, ContactDraft
from agentmgr.store.opening import SqlStore
from agentmgr.telephony.params import SimParams
from agentmgr.testing.simulation.database import SharedDatabase, empty_image
from protocol.enums import PacingType
from protocol.structures import AgentSkill

T0 = 1_760_000_040.0
"""When a simulation begins, epoch seconds."""

QUICK = SimParams(
    live=0.8,
    busy=0.03,
    rejected=0.0,
    machine=0.03,
    invalid=0.01,
    congestion=0.0,
    answer_median_s=1.0,
    answer_sigma=0.4,
    talk_median_s=3.0,
    talk_sigma=0.5,
    leaves_at_once=0.0,
    patience_median_s=6.0,
    nail_answer=1.0,
    nail_answer_median_s=0.6,
    nail_loss_per_h=3.0,
    message_s=2.0,
)
"""Customers who are quick too."""


@frozen
class Centre:
    """How large it is."""

    zones: tuple[str, ...] = ("East", "West")
    agents: int = 3
    contacts: int = 120

    def agents_of(self, zone: str) -> tuple[str, ...]:
        """Return the agents of a zone by id."""
        first = 1001 + 1000 * self.zones.index(zone)
        return tuple(str(first + number) for number in range(self.agents))


def _campaign(name: str, pacing: PacingType) -> CampaignSpec:
    return CampaignSpec(
        0,
        name,
        pacing,
        "English",
        (
            CompletionCodeSpec(1, "Sale", True),
            CompletionCodeSpec(2, "No", retry_after_s=60),
            CompletionCodeSpec(9, "Timed out"),
        ),
        9,
        max_attempts=2,
        ring_time_s=8,
        nuisance_retry_s=20,
        preview_timeout_s=5,
        acw_max_time_s=20,
        retry_s={},
        attributes=(AttributeSpec("PhoneNumber1"), AttributeSpec("FirstName")),
        callback_expiry_min=10,
    )


@cache
def image_of(centre: Centre) -> bytes:
    """Return the database of a centre at the beginning: everything there, nothing dialled."""
    database = SharedDatabase()
    database.load(empty_image())
    store = SqlStore(cast(Any, database))
    store.define_attributes([AttributeSpec("PhoneNumber1"), AttributeSpec("FirstName")])
    number = 0
    for zone in centre.zones:
        for agent_id in centre.agents_of(zone):
            spec = AgentSpec(agent_id, f"Agent {agent_id}", (AgentSkill("English", "1", 5),))
            store.put_agent(AgentLogin(spec, "hash", zone, True))
        list_id = store.ensure_list(f"List {zone}", T0)
        drafts = []
        for _ in range(centre.contacts):
            number += 1
            phone = PhoneNumber("PhoneNumber1", f"+4940{2_000_000 + number}")
            drafts.append(ContactDraft(f"C{number}", (phone,), {"FirstName": f"Kim {number}"}))
        store.put_contacts(list_id, drafts, T0)
        pacing = (PacingType.Progressive, PacingType.PreviewTimed)[centre.zones.index(zone) % 2]
        campaign = store.add_campaign(_campaign(f"Campaign {zone}", pacing), [list_id], T0)
        job_id = store.create_job(campaign.campaign_id, (zone,), T0)
        last: int | None = 0
        while last is not None:
            last = store.fill_job(job_id, last, 1000)
        store.start_job(job_id)
    image = database.content.serialize()
    database.close()
    return image
