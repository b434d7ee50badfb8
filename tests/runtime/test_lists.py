"""A list as it is worked on: the real zone, store and switch, with simulated desktops, in virtual time."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from agentmgr.core.model import (
    AgentSpec,
    CallingHours,
    CampaignSpec,
    CompletionCodeSpec,
    PhoneNumber,
    ZoneConfig,
)
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import AgentLogin, ContactDraft
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import DialFailReason, PacingType
from protocol.structures import AgentSkill
from tests.databases import new_store

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"
NOON = datetime(2025, 6, 16, 12, tzinfo=ZoneInfo(BERLIN)).timestamp()
BUSY = "+61255501100"
"""A test number that is busy at once."""
INVALID = "+61255504000"
CAMPAIGN = CampaignSpec(
    0,
    "Spring",
    PacingType.Progressive,
    "English",
    (CompletionCodeSpec(1, "Sale", success=True),),
    1,
    ring_time_s=10,
    max_attempts=2,
    retry_s={DialFailReason.Busy: 60, DialFailReason.NoAnswer: 30},
)


def people(count: int, first: int = 0, timezone: str = BERLIN) -> list[ContactDraft]:
    return [
        ContactDraft(f"P{n}", (PhoneNumber("PhoneNumber1", f"+49301{n:06}", timezone),), {})
        for n in range(first, first + count)
    ]


def person(name: str, *numbers: str) -> ContactDraft:
    phones = (PhoneNumber(f"PhoneNumber{i}", number, BERLIN) for i, number in enumerate(numbers, 1))
    return ContactDraft(name, tuple(phones), {})


class Shop:
    """A zone with one agent who dials a list of people of whom nobody answers."""

    def __init__(self, path: Path, drafts: list[ContactDraft], **changes: Any) -> None:
        self.store = new_store(path)
        agent = AgentSpec("1001", "Ann", (AgentSkill("English", "1", 1),))
        self.store.put_agent(AgentLogin(agent, "secret", "Z", True))
        list_id = self.store.ensure_list("People", NOON)
        self.store.put_contacts(list_id, drafts, NOON)
        campaign = self.store.add_campaign(evolve(CAMPAIGN, **changes), [list_id], NOON)
        self.job_id = self.store.create_job(campaign.campaign_id, ["Z"], NOON)
        last: int | None = 0
        while last is not None:
            last = self.store.fill_job(self.job_id, last, 1000)
        assert self.store.start_job(self.job_id)
        nobody = SimParams(live=0, busy=0, rejected=0, machine=0, invalid=0, congestion=0, nail_answer=1)
        token = self.store.open_zone("Z", NOON).token
        self.virtual = VirtualZone(
            Zone(ZoneConfig("Z", token_secret=bytes(32)), NOON),
            token,
            self.store,
            SimSwitch(1, nobody),
            NOON,
            lambda *_: True,
        )
        self.virtual.connect(SimDesktop("1001", "secret", "Z", 1, DeskParams(aux_median_s=1e6)))
        self.virtual.read_jobs_wanted()

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.store._database.write(lambda tx: tx.sql.fetch(sql, parameters))

    def dialed(self, user_contact_id: str) -> list[tuple[str, float]]:
        """Return the numbers of a contact that were dialled, each with the seconds since the first dial."""
        ((begun,),) = self.rows("SELECT min(dialed_at) FROM attempt")
        return [
            (number, at - begun)
            for number, at in self.rows(
                "SELECT number, dialed_at FROM attempt JOIN contact"
                " ON contact.contact_id = attempt.contact_id WHERE user_contact_id = ?"
                " ORDER BY dialed_at, attempt_id",
                user_contact_id,
            )
        ]


def test_busy_contact_is_dialled_again_at_its_time_with_200_fresh_ones_behind_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "a.sqlite", [person("A", BUSY), *people(200)])
    shop.virtual.run(NOON + 300)
    (_, first), (_, again) = shop.dialed("A")
    assert first == 0
    assert 60 <= again <= 75  # the line that rings meanwhile keeps its agent
    ((fresh,),) = shop.rows("SELECT count(*) FROM job_contact WHERE state = 'pending' AND due_at = 0")
    assert fresh > 0
    shop.store.close()


def test_number_of_no_use_leaves_its_attempts_to_the_other_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "a.sqlite", [person("A", INVALID, "+4930123456")], max_attempts=6)
    shop.virtual.run(NOON + 3600)
    assert [number for number, _ in shop.dialed("A")] == [INVALID, *5 * ["+4930123456"]]
    assert shop.rows("SELECT state, attempts, last_outcome, left_out FROM job_contact") == [
        ("done", 6, "NoAnswer", INVALID)
    ]
    shop.store.close()


@pytest.mark.parametrize("closed", [3000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_closed_contacts_before_the_open_ones_cost_neither_time_nor_a_write(
    tmp_path: Path, closed: int
) -> None:
    in_the_night = people(closed, timezone=TOKYO)
    shop = Shop(
        tmp_path / "a.sqlite",
        [*in_the_night, person("A", BUSY)],
        calling_hours=CallingHours(9 * 60, 18 * 60),
    )
    shop.virtual.run(NOON + 30)
    assert len(shop.dialed("A")) == 1
    assert shop.rows("SELECT started_at FROM attempt")[0][0] <= NOON + 15  # as soon as the phone is nailed
    untouched = "SELECT count(*) FROM job_contact WHERE timezone = ? AND state = 'pending' AND due_at = 0"
    assert shop.rows(untouched, TOKYO) == [(closed,)]
    shop.store.close()


def test_contacts_that_open_in_the_night_are_dialled_then(tmp_path: Path) -> None:
    hours = CallingHours(9 * 60, 18 * 60)
    shop = Shop(tmp_path / "a.sqlite", people(3, timezone=TOKYO), calling_hours=hours)
    opening = datetime(2025, 6, 17, 9, tzinfo=ZoneInfo(TOKYO)).timestamp()
    shop.virtual.run(opening - 1)
    assert shop.rows("SELECT count(*) FROM attempt") == [(0,)]
    shop.virtual.run(opening + 60)
    assert shop.rows("SELECT min(started_at) FROM attempt")[0][0] <= opening + 1
    shop.store.close()
