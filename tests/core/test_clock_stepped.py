"""The clock is stepped while a zone works: hours by the new time, durations as they were, nothing twice."""

from collections import Counter
from random import Random

import pytest
from attrs import evolve
from parties import a_callback, awaiting, called_back, start_job_with
from scenes import SID, Scene, a_campaign, a_contact, talking, wrapup

from agentmgr.core.calling_hours import next_opening
from agentmgr.core.effects import (
    CancelTimer,
    Dial,
    EndAttempt,
    EndCallback,
    SetTimer,
    StartAttempt,
)
from agentmgr.core.events import ClockStepped, JobLoaded, TimerFired
from agentmgr.core.model import AgentSpec, CallingHours, JobSpec, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import Token
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.commands import AGTPreviewDial
from protocol.enums import CallbackType, CallState, DialFailReason, PacingType
from protocol.structures import AgentSkill, ContactNumber

HOUR_S = 3600.0
STEPS = [8 * HOUR_S, -8 * HOUR_S, 2.0, -2.0]
NINE_TO_FIVE = CallingHours(9 * 60, 17 * 60, (1, 2, 3, 4, 5, 6, 7))
EVENING = 1_700_000_000.0
"""When scenes begin: 22:13 UTC, 23:13 in Berlin, on a Tuesday."""


@pytest.mark.parametrize("by_s", STEPS)
def test_step_leaves_durations_as_they_were(by_s):
    scene = wrapup()
    scene.wait(30)
    scene.step_clock(by_s)
    scene.wait(29)
    assert scene.agent("A").call_state is CallState.Wrapup
    scene.wait(60)
    assert scene.agent("A").call_state is not CallState.Wrapup


@pytest.mark.parametrize("by_s", STEPS)
def test_step_cuts_no_call_and_logs_nobody_off(by_s):
    scene = talking()
    told = scene.step_clock(by_s)
    assert [line for line in told if not line.startswith("ask:")] == []
    scene.wait(60)
    assert scene.agent("A").call_state is CallState.Talking


def test_step_forward_opens_the_hours_at_once():
    scene = Scene(PacingType.Progressive, calling_hours=NINE_TO_FIVE)
    scene.nail()
    scene.wait(60)
    assert not [order for order in scene.orders if isinstance(order, Dial)]
    scene.step_clock(11 * HOUR_S)
    scene.wait(1)
    assert [order for order in scene.orders if isinstance(order, Dial)]


def test_step_back_closes_the_hours_at_once():
    scene = Scene(agents="AB", pacing=None)
    scene.now += 11 * HOUR_S
    scene.start_job(PacingType.Progressive, calling_hours=NINE_TO_FIVE)
    scene.step_clock(-11 * HOUR_S)
    scene.nail("A")
    scene.wait(60)
    assert not [order for order in scene.orders if isinstance(order, Dial)]


def test_step_back_leaves_fresh_contacts_to_be_fetched_at_once():
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.zone.jobs[1].next_due_at = scene.now + 60  # as of a contact that shall be tried again
    scene.store.pending[1][2] = (0.0, a_contact(2))
    scene.store.contacts[2] = a_contact(2)
    scene.step_clock(-8 * HOUR_S)
    scene.nail("A")
    scene.nail("B")
    scene.wait(1)
    assert len([order for order in scene.orders if isinstance(order, Dial)]) == 2


def test_step_forward_brings_a_callback_at_once():
    scene = awaiting(due_in_s=8 * HOUR_S)
    scene.step_clock(8 * HOUR_S)
    assert scene.agent("A").call_state is CallState.Callback


def test_step_forward_beyond_its_expiry_ends_a_callback_once():
    scene = awaiting()
    scene.step_clock(8 * HOUR_S)
    assert [end.outcome for end in scene.store.ended_callbacks.values()] == ["Expired"]
    scene.step_clock(-8 * HOUR_S)
    scene.wait(8 * HOUR_S)
    assert not scene.store.attempts


def test_step_back_makes_a_callback_that_was_announced_wait_for_its_time():
    scene = awaiting(due_in_s=30.0)
    scene.wait(10)
    assert scene.agent("A").pending_callback is not None
    scene.step_clock(-HOUR_S)
    scene.wait(HOUR_S)
    assert scene.agent("A").call_state is CallState.Idle
    scene.wait(30)
    assert scene.agent("A").call_state is CallState.Callback


def test_step_back_after_its_time_came_for_a_busy_agent_loses_no_callback():
    to_a = {"callback_type": CallbackType.Agent, "agent_id": "A"}
    scene = awaiting(pacing=PacingType.Progressive, contacts=1, due_in_s=30.0, **to_a)
    scene.customer_answers()
    scene.wait(31)
    assert scene.agent("A").pending_callback is not None
    scene.step_clock(-HOUR_S)
    scene.customer_leaves()
    scene.wait(HOUR_S - 5)
    assert scene.agent("A").call_state is CallState.Idle
    scene.wait(10)
    assert scene.agent("A").call_state is CallState.Callback


def test_step_back_brings_a_callback_at_its_time_that_waited_for_another_day():
    scene = Scene()
    scene.now += 13 * HOUR_S  # noon in Berlin
    callback = a_callback(scene, due_in_s=1800.0, expires_at=scene.now + 48 * HOUR_S)
    start_job_with(scene, callback, calling_hours=NINE_TO_FIVE)
    scene.step_clock(8 * HOUR_S)
    scene.nail("A")
    scene.step_clock(-8 * HOUR_S)
    scene.wait(1790)
    assert scene.agent("A").call_state is CallState.Idle
    scene.wait(20)
    assert scene.agent("A").call_state is CallState.Callback


def test_step_back_brings_no_callback_twice():
    scene = called_back()
    scene.send("A", AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    scene.customer_answers()
    scene.customer_leaves()
    scene.step_clock(-8 * HOUR_S)
    scene.wait(9 * HOUR_S)
    assert len(scene.store.attempts) == 1
    assert [end.outcome for end in scene.store.ended_callbacks.values()] == ["Handled"]


def test_step_back_gives_the_next_contact_to_who_has_waited_longest():
    scene = Scene(PacingType.Progressive, calling_hours=NINE_TO_FIVE)
    scene.nail("A")
    scene.wait(60)
    scene.step_clock(-HOUR_S)
    scene.nail("B")
    assert scene.zone.jobs[1].idle.peek() is scene.agent("A")


@pytest.mark.parametrize("by_s", STEPS)
def test_step_is_no_part_of_what_calls_and_agents_took(by_s):
    scene = talking()
    stats = scene.zone.stats
    scene.wait(10)
    before = stats.utilisation(scene.now), stats._working_s
    scene.step_clock(by_s)
    assert (stats.utilisation(scene.now), stats._working_s) == before
    scene.wait(10)
    stats.utilisation(scene.now)
    assert stats._working_s == before[1] + 10
    estimates = scene.zone.jobs[1].estimates
    handled_s = estimates.handle_s
    scene.customer_leaves(SID)
    scene.wait(70)
    assert 0 < estimates.handle_s < handled_s + 100


class Watched:
    """A zone whose timers and statistics are looked at."""

    def __init__(self, zone):
        self.zone = zone
        self.stepped_s = 0.0
        self.timers = {}
        self.fired = 0
        self.sums = (0.0, 0.0)

    def handle(self, event, now):
        if isinstance(event, ClockStepped):
            self.stepped_s += event.by_s
        steady = now - self.stepped_s
        if isinstance(event, TimerFired):
            after_at, calendar_at = self.timers.pop(event.key)
            self.fired += 1
            if calendar_at is not None:
                assert now >= calendar_at
            else:
                assert steady == pytest.approx(after_at, abs=0.001)
        caused, changed = self.zone.handle(event, now)
        for effect in caused:
            if isinstance(effect, SetTimer):
                self.timers[effect.key] = effect.at - self.stepped_s, effect.at if effect.calendar else None
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.key, None)
        stats = self.zone.stats
        sums = stats._working_s, stats._waiting_s
        assert sums[0] >= self.sums[0]
        assert sums[1] >= self.sums[1]
        assert 0.0 <= stats.utilisation(now) <= 1.0
        assert sum(sums) <= len(self.zone.agents) * (steady - EVENING) + 0.01
        self.sums = sums
        return caused, changed


class HearingSwitch(SimSwitch):
    """Notes each dial with the wall clock."""

    def __init__(self, seed):
        super().__init__(seed)
        self.dials = []
        self.clock = None

    def order(self, order, now):
        if isinstance(order, Dial):
            self.dials.append((self.clock.now, order.number))
        super().order(order, now)


@pytest.mark.slow
@pytest.mark.parametrize("pacing", [PacingType.Predictive, PacingType.Progressive, PacingType.PreviewTimed])
@pytest.mark.parametrize("seed", range(1, 3))
def test_days_with_a_stepped_clock_obey_the_hours_and_do_nothing_twice(seed, pacing):
    draw = Random(f"{seed}/{pacing}")
    store, zones = MemoryStore(), ("Europe/Berlin", "America/New_York", "Asia/Tokyo")
    contacts = []
    for number in range(1, 601):
        contact = a_contact(number)
        numbers = tuple(evolve(each, timezone=draw.choice(zones)) for each in contact.numbers)
        contacts.append(evolve(contact, numbers=numbers))
    timezones = {each.number: each.timezone for contact in contacts for each in contact.numbers}
    store.add_job(1, contacts)
    zone = Zone(ZoneConfig("Z", token_secret=bytes(32)), EVENING)
    watched, switch = Watched(zone), HearingSwitch(seed)
    virtual = VirtualZone(watched, Token("Z", 0, 1), store, switch, EVENING, lambda login, password: True)
    switch.clock = virtual
    habits = DeskParams(callback=0.3, reschedule=0.1)
    for number in range(4):
        store.add_agent(AgentSpec(str(1001 + number), "Agent", (AgentSkill("sales"),)), "Z")
        virtual.connect(SimDesktop(str(1001 + number), "secret", "Z", seed, habits))
    campaign = a_campaign(pacing, calling_hours=NINE_TO_FIVE, retry_s={DialFailReason.Busy: 60})
    virtual.post(JobLoaded(1, JobSpec(1, campaign, len(contacts))))
    for _ in range(8):
        virtual.run(virtual.now + draw.uniform(60, 3 * HOUR_S))
        virtual.step_clock(draw.choice((1, -1)) * draw.choice((2.0, 90.0, HOUR_S, 9 * HOUR_S)))
    virtual.run(virtual.now + 12 * HOUR_S)
    assert len(switch.dials) > 100
    for at, number in switch.dials:
        assert next_opening(NINE_TO_FIVE, timezones[number], at) == at
    assert watched.fired > 300
    assert zone.jobs == {} or zone.jobs[1].estimates.handle_s > 0
    ended = [record.attempt_id for record in store.records if isinstance(record, EndAttempt)]
    started = [record.attempt_id for record in store.records if isinstance(record, StartAttempt)]
    assert len(set(ended)) == len(ended)
    assert len(set(started)) == len(started)
    callbacks = [record.callback_id for record in store.records if isinstance(record, EndCallback)]
    handled = Counter(callbacks)
    assert len(callbacks) > 20
    assert max(handled.values()) == 1
