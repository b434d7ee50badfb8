import pytest
import trio
import trio.testing
from runner_fakes import Rig, command, note

from agentmgr.core.agent import Blend
from agentmgr.core.events import CommandReceived, JobLoaded
from agentmgr.core.model import AgentSpec, CampaignSpec, CompletionCodeSpec, JobSpec, ZoneConfig
from agentmgr.core.zone import Zone
from agentmgr.ports import AgentView, JobView
from agentmgr.runtime.feed import Feed
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import Stage
from protocol.commands import AGTLogon, AGTStateChange
from protocol.enums import AgentState, CallState, NailupStatus, PacingType
from protocol.structures import AgentSkill

CAMPAIGN = CampaignSpec(1, "Spring", PacingType.Progressive, "sales", (CompletionCodeSpec(1, "Done"),), 1)


def a_zone(jobs: int) -> Zone:
    zone = Zone(ZoneConfig("Z", token_secret=bytes(32)), 1000.0)
    for job_id in range(1, jobs + 1):
        zone.handle(JobLoaded(job_id, JobSpec(job_id, CAMPAIGN, 10)), 1000.0)
    return zone


def test_first_update_is_a_snapshot_and_the_next_what_changed_since() -> None:
    zone = a_zone(2)
    feed = Feed(zone)
    with feed.open() as reader:
        first = reader.take()
        assert (first.number, first.is_snapshot, set(first.jobs)) == (1, True, {1, 2})
        zone.jobs[1].done = 7
        feed.note([zone.jobs[1], zone.jobs[1]])
        second = reader.take()
        assert (second.number, second.is_snapshot, set(second.jobs)) == (2, False, {1})
        changed = second.jobs[1]
        assert changed is not None
        assert changed.done == 7
        assert not reader.take().jobs


def test_job_that_is_over_is_told_as_gone() -> None:
    zone = a_zone(1)
    feed = Feed(zone)
    with feed.open() as reader:
        reader.take()
        feed.note([zone.jobs.pop(1)])
        assert reader.take().jobs == {1: None}


def test_job_is_shown_with_its_counts() -> None:
    zone = a_zone(1)
    job = zone.jobs[1]
    job.done, job.busy, job.stopping = 4, 2, True
    job.ringing.update(dict.fromkeys("abc"))
    with Feed(zone).open() as reader:
        assert reader.take().jobs == {
            1: JobView(
                1,
                "Spring",
                is_paused=False,
                is_stopping=True,
                total=10,
                done=4,
                agents=0,
                idle=0,
                busy=2,
                ringing=3,
                waiting=0,
            )
        }


def test_agent_is_shown_where_it_is() -> None:
    store = MemoryStore()
    store.add_agent(AgentSpec("A", "Ann", (AgentSkill("sales", level=1),)), "Z")
    stage = Stage(store, ZoneConfig("Z", token_secret=bytes(32)))
    connection = stage.connect()
    stage.send("A", AGTLogon("5001", "secret", False, "en-US", "UTC", "Z"), connection)
    stage.send("A", AGTStateChange(AgentState.Ready))
    stage.disconnect(connection)
    with Feed(stage.zone).open() as reader:
        assert reader.take().agents == {
            "A": AgentView(
                "A",
                "Ann",
                AgentState.Ready,
                CallState.NoState,
                NailupStatus.NotNailedUp,
                reason_code="",
                is_away=True,
                is_leaving=False,
                blend=Blend.OUTBOUND,
                job_id=None,
                session_id=None,
                since=stage.now,
                day=19675,
            )
        }


def test_reader_that_is_too_far_behind_gets_a_new_snapshot_and_the_others_do_not() -> None:
    zone = a_zone(4)
    feed = Feed(zone, max_changes=2)
    with feed.open() as slow, feed.open() as quick:
        slow.take()
        quick.take()
        for job in zone.jobs.values():
            feed.note([job])
            assert set(quick.take().jobs) == {job.job_id}
        update = slow.take()
        assert (update.is_snapshot, set(update.jobs), update.number) == (True, {1, 2, 3, 4}, 2)


def test_reader_that_is_as_far_behind_as_it_may_be_is_told_each_change() -> None:
    zone = a_zone(2)
    feed = Feed(zone, max_changes=2)
    with feed.open() as reader:
        reader.take()
        feed.note(zone.jobs.values())
        update = reader.take()
        assert (update.is_snapshot, set(update.jobs)) == (False, {1, 2})


def test_reader_that_left_is_told_nothing_more() -> None:
    feed = Feed(a_zone(1))
    with feed.open():
        assert len(feed.readers) == 1
    assert feed.readers == []


async def test_reader_waits_for_a_change(nursery: trio.Nursery) -> None:
    zone = a_zone(1)
    feed = Feed(zone)
    seen = []

    async def follow() -> None:
        with feed.open() as reader:
            while True:
                seen.append((await reader.next()).number)

    nursery.start_soon(follow)
    await trio.testing.wait_all_tasks_blocked()
    assert seen == [1]
    feed.note([zone.jobs[1]])
    await trio.testing.wait_all_tasks_blocked()
    assert seen == [1, 2]
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("reads", [True, False])
async def test_change_is_told_after_its_commit_and_kept_only_for_who_reads(
    reads: bool, nursery: trio.Nursery
) -> None:
    rig, zone = Rig(gated=True), a_zone(1)
    feed = Feed(zone)
    rig.zone.changed = [zone.jobs[1]]
    rig.zone.script[CommandReceived] = lambda event: [note("a record")]
    rig.runner._feed = feed
    await nursery.start(rig.runner.run)
    with feed.open() as reader:
        if not reads:
            feed.readers.clear()
        reader.take()
        rig.runner.push(command(1))
        await trio.testing.wait_all_tasks_blocked()
        assert not reader.take().jobs
        rig.writer.allow()
        await trio.testing.wait_all_tasks_blocked()
        assert bool(reader.take().jobs) == reads
        feed.readers = [reader]
    nursery.cancel_scope.cancel()
