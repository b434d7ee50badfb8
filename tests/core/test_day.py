"""A whole day of a campaign in virtual time: the real switch and desktops around the zone."""

from hashlib import sha256

import pytest
from scenes import a_campaign, a_contact

from agentmgr.core.effects import EndAttempt
from agentmgr.core.events import JobLoaded
from agentmgr.core.model import AgentSpec, JobSpec, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import Token
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import PacingType
from protocol.structures import AgentSkill

pytestmark = pytest.mark.slow

T0 = 1_760_000_000.0
HOUR_S = 3600.0


class Day:
    """A predictive campaign of 20 agents; `hours` of it."""

    def __init__(self, seed, hours, contacts, agents=20):
        self.contacts = contacts
        self.store = MemoryStore()
        self.store.add_job(1, [a_contact(number) for number in range(1, contacts + 1)])
        agent_ids = [str(1001 + number) for number in range(agents)]
        for agent_id in agent_ids:
            self.store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill("sales"),)), "Z")
        self.zone = Zone(ZoneConfig("Z", token_secret=bytes(32)), T0)
        self.switch = SimSwitch(seed)
        virtual = VirtualZone(
            self.zone,
            Token("Z", 0, 1),
            self.store,
            self.switch,
            T0,
            lambda login, password: login.password_hash == password,
        )
        self.desktops = [SimDesktop(agent_id, "secret", "Z", seed) for agent_id in agent_ids]
        for desktop in self.desktops:
            virtual.connect(desktop)
        virtual.post(
            JobLoaded(1, JobSpec(1, a_campaign(PacingType.Predictive, nuisance_retry_s=3600), contacts))
        )
        virtual.run(T0 + 0.75 * hours * HOUR_S)
        self.utilisation = self.zone.stats.utilisation(virtual.now)  # before the last wait for their retries
        virtual.run(T0 + hours * HOUR_S)
        self.now = virtual.now

    def digest(self):
        """Return a fingerprint of everything that was stored."""
        stored = sha256()
        for record in self.store.records:
            stored.update(repr(record).encode())
        return stored.hexdigest()


@pytest.fixture(scope="module")
def day():
    """Ten hours from one seed."""
    return Day(seed=1, hours=10, contacts=4000)


def test_day_finishes_its_job_with_every_contact_done(day):
    assert day.store.finished_jobs == {1: "finished"}
    assert len(day.store.done[1]) == day.contacts
    assert not day.store.open_attempts
    assert not day.store.claimed[1]
    assert not day.zone.sessions
    assert day.now == T0 + 10 * HOUR_S


def test_day_keeps_the_abandon_rate_under_the_limit(day):
    stats = day.zone.stats
    assert stats.live_answers > 2500
    assert 0 < stats.abandon_rate <= a_campaign().abandon_limit


def test_day_keeps_agents_busier_than_progressive_dialling_could(day):
    assert day.utilisation > 0.75


def test_day_refuses_no_command_of_a_right_desktop(day):
    assert [refusal for desktop in day.desktops for refusal in desktop.refusals] == []


def test_day_counts_as_it_stores(day):
    ended = [record for record in day.store.records if isinstance(record, EndAttempt)]
    stats = day.zone.stats
    assert stats.attempts == len(ended)
    assert stats.abandoned == sum(record.outcome == "Nuisance" for record in ended)
    assert stats.dispositions == len(day.store.dispositions)
    assert sum(desktop.wrapups_ok for desktop in day.desktops) == sum(
        disposition.source == "agent" for disposition in day.store.dispositions.values()
    )


def test_day_is_the_same_twice_for_one_seed(day):
    assert Day(seed=1, hours=10, contacts=4000).digest() == day.digest()


def test_day_is_another_for_another_seed():
    assert Day(seed=2, hours=1, contacts=1000).digest() != Day(seed=3, hours=1, contacts=1000).digest()
