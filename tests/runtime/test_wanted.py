"""When the jobs wanted are read, and that what was read later is told later."""

import pytest
import trio
import trio.testing
from attrs import evolve
from runner_fakes import Rig, command, note

from agentmgr.core.effects import FinishJob, LoadJob
from agentmgr.core.events import CallEnded, CommandReceived, JobLoaded, JobsWanted
from agentmgr.core.model import (
    AgentSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
    PhoneNumber,
    Wanted,
    WantedJob,
    ZoneConfig,
)
from agentmgr.core.zone import Zone
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import StoreFault, Token
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.runtime.wanted import JOBS_EVERY_S, JobsKeeper
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import PacingType
from protocol.structures import AgentSkill

T0 = 1_760_000_000.0
JOB = JobSpec(1, CampaignSpec(1, "C", PacingType.Predictive, "S", (), 1), 3)
RUN = JobsWanted((WantedJob(1, Wanted.RUN),))


async def test_keeper_reads_at_its_start_then_from_time_to_time(nursery, autojump_clock):
    read_at = []
    keeper = JobsKeeper(lambda: read_at.append(trio.current_time()))
    start = trio.current_time()
    nursery.start_soon(keeper.run)
    await trio.sleep(2.5 * JOBS_EVERY_S)
    assert [at - start for at in read_at] == [0, JOBS_EVERY_S, 2 * JOBS_EVERY_S]


async def test_keeper_reads_at_once_on_a_hint_and_waits_from_then(nursery, autojump_clock):
    read_at = []
    keeper = JobsKeeper(lambda: read_at.append(trio.current_time()), every_s=10)
    start = trio.current_time()
    nursery.start_soon(keeper.run)
    await trio.sleep(4)
    keeper.hint()
    keeper.hint()
    await trio.sleep(11)
    assert [at - start for at in read_at] == [0, 4, 14]


async def test_hint_before_the_start_does_no_harm(nursery):
    read = []
    keeper = JobsKeeper(lambda: read.append(1), every_s=10)
    keeper.hint()
    nursery.start_soon(keeper.run)
    await trio.testing.wait_all_tasks_blocked()
    assert read == [1]


async def test_zone_is_told_what_the_store_has(nursery):
    rig = Rig()
    rig.store.jobs[1] = JOB
    await nursery.start(rig.runner.run)
    rig.runner.read_jobs_wanted()
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [RUN]


async def test_reading_that_waits_is_not_asked_for_again(nursery):
    """Pressed and taken back before it was read, a pause is nothing that ever was."""
    rig = Rig(gated=True)
    rig.store.jobs[1] = JOB
    await nursery.start(rig.runner.run)
    rig.zone.script[CommandReceived] = lambda e: [LoadJob(1)]
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    for wanted in (Wanted.PAUSE, Wanted.RUN):
        rig.store.jobs[1] = JobSpec(1, JOB.campaign, 3, wanted=wanted)
        rig.runner.read_jobs_wanted()
    rig.writer.allow(10)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen[1:] == [JobLoaded(1, JOB), RUN]


async def test_jobs_are_read_again_when_they_are_asked_for_after_the_answer(nursery):
    rig = Rig()
    rig.store.jobs[1] = JOB
    await nursery.start(rig.runner.run)
    for _ in range(3):
        rig.runner.read_jobs_wanted()
        await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [RUN] * 3


async def test_reading_under_way_is_followed_by_another_if_it_is_asked_for(nursery):
    rig = Rig(gated=True)
    await nursery.start(rig.runner.run)
    for _ in range(3):
        rig.runner.read_jobs_wanted()
        await trio.testing.wait_all_tasks_blocked()
    rig.writer.allow(10)
    await trio.testing.wait_all_tasks_blocked()
    assert [entry for entry in rig.log if entry == "jobs"] == ["jobs", "jobs"]


async def test_job_is_loaded_after_the_end_that_the_zone_asked_for_earlier_is_committed(nursery):
    """So a word that was read before that commit cannot begin the job again."""
    rig = Rig(gated=True)
    await nursery.start(rig.runner.run)
    rig.zone.script[CallEnded] = lambda e: [note("the job is over")]
    rig.zone.script[JobsWanted] = lambda e: [LoadJob(1)]
    rig.runner.push(CallEnded("c"))
    rig.runner.push(RUN)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.log == []
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert [entry for entry in rig.log if entry != "flush"] == [("commit", ["the job is over"]), ("load", 1)]
    assert rig.zone.seen[-1] == JobLoaded(1, None)


async def test_answers_come_in_the_order_in_which_the_store_was_read(nursery):
    rig = Rig()
    rig.store.jobs[1] = JOB
    rig.zone.script[CommandReceived] = lambda e: [LoadJob(1)]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    rig.runner.read_jobs_wanted()
    rig.runner.push(command(2))
    await trio.testing.wait_all_tasks_blocked()
    assert [entry for entry in rig.log if entry != "flush"] == [("load", 1), "jobs", ("load", 1)]
    assert rig.zone.seen[1] == rig.zone.seen[-1] == JobLoaded(1, JOB)
    assert RUN in rig.zone.seen[2:-1]


async def test_fault_while_the_jobs_are_read_stops_the_zone():
    rig = Rig()
    rig.store.fault = StoreFault("disk gone")
    rig.runner.read_jobs_wanted()
    with pytest.raises(StoreFault):
        await rig.runner.run()
    assert [entry[0] for entry in rig.log if entry != "flush"] == ["close_all"]


class Day:
    """A zone with a job in its store, its phones and customers simulated, in virtual time."""

    def __init__(self, wanted: Wanted) -> None:
        self.store = MemoryStore()
        people = [
            ContactSpec(n, f"u{n}", 1, "List", (PhoneNumber("PhoneNumber1", f"+4930{n:06}"),), {})
            for n in range(1, 201)
        ]
        campaign = CampaignSpec(
            1, "C", PacingType.Progressive, "S", (CompletionCodeSpec(1, "Done"),), 1, max_attempts=1
        )
        self.store.add_job(1, people, campaign=campaign)
        self.store.add_agent(AgentSpec("1001", "Ann", (AgentSkill("S"),)), "Z")
        self.press(wanted)
        self.zone = Zone(ZoneConfig("Z", token_secret=bytes(32)), T0)
        self.driver = VirtualZone(
            self.zone, Token("Z", 0, 1), self.store, SimSwitch(1), T0, lambda login, password: True
        )
        self.driver.connect(SimDesktop("1001", "secret", "Z", 1))

    def press(self, wanted: Wanted) -> None:
        self.store.jobs[1] = evolve(self.store.jobs[1], wanted=wanted)

    def attempts_in(self, seconds: float) -> int:
        """Let time pass, with the jobs read every two seconds; return how many attempts were begun."""
        before, until = len(self.store.attempts), self.driver.now + seconds
        while self.driver.now < until:
            self.driver.read_jobs_wanted()
            self.driver.run(self.driver.now + JOBS_EVERY_S)
        return len(self.store.attempts) - before


def test_job_follows_what_is_pressed_within_one_reading():
    day = Day(Wanted.PAUSE)
    assert day.attempts_in(120) == 0
    day.press(Wanted.RUN)
    assert day.attempts_in(600) > 0
    day.press(Wanted.PAUSE)
    day.attempts_in(JOBS_EVERY_S)
    assert day.attempts_in(600) == 0
    day.press(Wanted.RUN)
    assert day.attempts_in(600) > 0
    day.press(Wanted.STOP)
    day.attempts_in(1200)
    assert day.store.finished_jobs == {1: "stopped"}
    assert not day.store.open_attempts


def test_job_paused_and_resumed_between_two_readings_goes_on_as_if_nothing_had_been():
    quiet, pressed = Day(Wanted.RUN), Day(Wanted.RUN)
    for day in (quiet, pressed):
        day.attempts_in(300)
    pressed.press(Wanted.PAUSE)
    pressed.press(Wanted.RUN)
    for day in (quiet, pressed):
        day.attempts_in(300)
    assert pressed.store.records == quiet.store.records


def test_job_that_ends_is_not_begun_again_however_often_the_store_is_read():
    day = Day(Wanted.RUN)
    day.attempts_in(100_000)
    assert day.store.finished_jobs == {1: "finished"}
    assert [r for r in day.store.records if isinstance(r, FinishJob)] == [day.store.records[-1]]
