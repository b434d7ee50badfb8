"""The order between stepping, committing and performing, and what becomes of faults."""

from typing import Any

import pytest
import trio
import trio.testing
from runner_fakes import TOKEN, Rig, command, note, said
from structlog.testing import capture_logs

from agentmgr.core.effects import (
    CancelTimer,
    CheckAgent,
    CheckDnc,
    ContactsOver,
    FetchContacts,
    HangUp,
    ListAgents,
    Notify,
    ReadHistory,
    ReadNumbers,
    Remark,
    ReportFault,
    Respond,
    SetTimer,
)
from agentmgr.core.events import (
    AgentChecked,
    AgentRestored,
    AgentsListed,
    CallAnswered,
    CallEnded,
    CommandReceived,
    ConnectionLost,
    ContactsFetched,
    DncChecked,
    GraceOver,
    HistoryRead,
    NailEnded,
    NumbersRead,
    TelephonyLost,
    TelephonyRestored,
    TimerFired,
    ZoneClosing,
)
from agentmgr.core.model import AgentSpec, LatestCalls, LiveCalls, Number, SavedAgent
from agentmgr.ports import AgentLogin, Fenced, OpenedZone, StoreFault
from agentmgr.runtime import runner as runner_module
from agentmgr.runtime.writer import open_writer
from protocol.commands import AGTGetErrorStringRESP, POMClientAliveRESP
from protocol.connection import ClientConnection, notification_bytes
from protocol.enums import AgentState, CallState
from protocol.notifications import AGTInvalidCommandName, POMAvailable
from protocol.results import ResultCode

SAVED = SavedAgent("A", AgentState.Ready, CallState.NoState, "", "leg", None)


def sent(rig: Rig) -> list[Any]:
    """What left, without the flushes and in words where it was said with `said`."""
    words = {notification_bytes("", POMAvailable(str(i))): str(i) for i in range(50)}
    return [
        words.get(entry[2], entry) if entry[0] == "send" else entry for entry in rig.log if entry != "flush"
    ]


def responses(rig: Rig) -> list[Any]:
    wire = ClientConnection()
    return [
        m.response for e in rig.log if e[0] == "send" for m in wire.receive(e[2]) if hasattr(m, "response")
    ]


async def test_batch_without_records_is_performed_with_one_flush_and_no_commit(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id))]
    await nursery.start(rig.runner.run)
    for number in (1, 2, 3):
        rig.runner.push(command(number))
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == ["1", "2", "3"]
    assert rig.log.count("flush") == 1
    assert rig.writer.waiting == 0


async def test_effects_wait_for_the_commit_of_their_batch(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said("1"), note("n"), said("2")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == []
    rig.writer.allow()
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == [("commit", ["n"]), "1", "2"]


async def test_next_batches_are_stepped_during_a_commit_and_committed_together_in_order(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id)), note(str(e.request_id))]
    await nursery.start(rig.runner.run)
    for number in (1, 2, 3):
        rig.runner.push(command(number))
        await trio.testing.wait_all_tasks_blocked()
    assert len(rig.zone.seen) == 3
    assert sent(rig) == []
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == [("commit", ["1"]), "1", ("commit", ["2", "3"]), "2", "3"]


async def test_batch_without_records_queues_behind_one_that_is_being_committed(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id))] + [note("n")] * (e.request_id == 1)
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    rig.runner.push(command(2))
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == []
    rig.writer.allow()
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == [("commit", ["n"]), "1", "2"]


async def test_orders_and_questions_leave_after_the_commit_in_the_order_asked(nursery):
    rig = Rig()
    order = HangUp("c")
    rig.zone.script[CommandReceived] = lambda e: [said("1"), order, FetchContacts(5, 10), note("n")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == [("commit", ["n"]), "1", ("order", order), ("claim", 5)]
    assert rig.zone.seen[-1] == ContactsFetched(5, (), None)


@pytest.mark.parametrize("fault", [Fenced("other owner"), StoreFault("disk gone"), ZeroDivisionError("bug")])
async def test_refused_commit_stops_the_zone_and_performs_nothing_of_its_batch(fault, nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id)), note(str(e.request_id))]

    async def drive():
        for number in (1, 2):
            rig.runner.push(command(number))
            await trio.testing.wait_all_tasks_blocked()
        rig.store.fault = fault
        rig.writer.allow(5)

    nursery.start_soon(drive)
    with pytest.raises(type(fault)) as caught:
        await rig.runner.run()
    assert caught.value is fault
    assert [entry[0] for entry in rig.log] == ["close_all"]
    rig.runner.push(command(3))
    await rig.runner.post(command(4))
    assert len(rig.zone.seen) == 2


async def test_fault_while_contacts_are_claimed_stops_the_zone():
    rig = Rig()
    rig.store.fault = Fenced("other owner")
    rig.zone.script[CommandReceived] = lambda e: [FetchContacts(1, 1)]
    rig.runner.push(command(1))
    with pytest.raises(Fenced):
        await rig.runner.run()
    assert [entry[0] for entry in rig.log if entry != "flush"] == ["close_all"]


async def test_unknown_effect_stops_the_zone():
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [said("1"), "no effect"]
    rig.runner.push(command(1))
    with pytest.raises(TypeError, match="no branch for the effect str"):
        await rig.runner.run()
    assert sent(rig) == [("close_all", "the zone had to stop; log on again")]


async def test_fault_of_a_rule_is_counted_and_logged_and_everything_goes_on(nursery):
    rig = Rig()
    fault = ZeroDivisionError("a rule")
    rig.zone.script[CommandReceived] = lambda e: [
        *([ReportFault("CommandReceived(X)", fault)] if e.request_id == 1 else []),
        said(str(e.request_id), e.connection),
    ]
    await nursery.start(rig.runner.run)
    with capture_logs() as logs:
        rig.runner.push(command(1, connection=7))
        rig.runner.push(command(2, connection=8))
        await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == ["1", "2"]
    assert rig.value("agentmgr_faults_total") == 1
    (line,) = [entry for entry in logs if entry["event"] == "event_failed"]
    assert (line["event_type"], line["exc_info"]) == ("CommandReceived(X)", fault)


async def test_what_a_supervisor_may_ask_about_an_agent_is_a_line_of_the_log(nursery):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [
        Remark("agent_walked_away", "1001", (("call_state", "Wrapup"), ("reason_code", "9")))
    ]
    await nursery.start(rig.runner.run)
    with capture_logs() as logs:
        rig.runner.push(command(1))
        await trio.testing.wait_all_tasks_blocked()
    (line,) = [entry for entry in logs if entry["event"] == "agent_walked_away"]
    assert (line["agent"], line["call_state"], line["reason_code"]) == ("1001", "Wrapup", "9")
    assert line["log_level"] == "info"


async def test_exception_of_the_zone_itself_stops_it_and_nothing_is_performed():
    rig = Rig()

    def script(event):
        raise ZeroDivisionError("the zone")

    rig.zone.script[CommandReceived] = script
    rig.runner.push(command(1))
    with pytest.raises(ZeroDivisionError, match="the zone"):
        await rig.runner.run()
    assert sent(rig) == [("close_all", "the zone had to stop; log on again")]


async def test_resp_too_large_for_a_frame_is_answered_9050_and_others_follow(nursery):
    rig = Rig()
    big = AGTGetErrorStringRESP(ResultCode.SUCCESS, error_msg="x" * 20_000)
    rig.zone.script[CommandReceived] = lambda e: [
        Notify(1, "1001", AGTInvalidCommandName("y" * 20_000)),
        Respond(1, 5, "1001", big),
        Respond(1, 6, "1001", POMClientAliveRESP(ResultCode.SUCCESS)),
    ]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    assert responses(rig) == [
        AGTGetErrorStringRESP(ResultCode.NOT_PROCESSED),
        POMClientAliveRESP(ResultCode.SUCCESS),
    ]


class Scheduled(trio.abc.Instrument):
    """Counts the tasks that were woken."""

    def __init__(self):
        self.count = 0

    def task_scheduled(self, task):
        self.count += 1


async def test_lone_event_is_answered_in_its_round_and_wakes_no_task(nursery):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [
        Respond(1, e.request_id, "1001", POMClientAliveRESP(ResultCode.SUCCESS))
    ]
    await nursery.start(rig.runner.run)
    await trio.testing.wait_all_tasks_blocked()
    scheduled = Scheduled()
    trio.lowlevel.add_instrument(scheduled)

    assert rig.runner.offer(command(1))

    assert len(responses(rig)) == 1
    assert scheduled.count == 0
    trio.lowlevel.remove_instrument(scheduled)


async def test_events_that_come_with_others_are_taken_together(nursery):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [
        Respond(1, e.request_id, "1001", POMClientAliveRESP(ResultCode.SUCCESS))
    ]
    await nursery.start(rig.runner.run)
    await trio.testing.wait_all_tasks_blocked()

    def arrive(number):
        assert rig.runner.offer(command(number))
        return len(responses(rig))

    assert [arrive(1), arrive(2), arrive(3)] == [1, 1, 1], "the first could not know of the others"
    await trio.lowlevel.checkpoint()
    await trio.lowlevel.checkpoint()
    assert len(responses(rig)) == 3
    assert rig.log.count("flush") == 2
    assert arrive(4) == 3, "the round before was a busy one"
    await trio.testing.wait_all_tasks_blocked()
    assert arrive(5) == 5, "it is calm again"


async def test_timer_set_by_a_lone_event_comes_in_time(nursery, autojump_clock):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [SetTimer(("a", ""), rig.clock.now() + 5.0)]
    await nursery.start(rig.runner.run)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.runner.offer(command(1))
    assert len(rig.zone.seen) == 1

    await trio.sleep(5.1)

    assert rig.zone.seen[1:] == [TimerFired(("a", ""))]
    assert rig.zone.seen_at[1] == pytest.approx(rig.zone.seen_at[0] + 5.0, abs=0.01)


async def test_event_is_not_stepped_at_once_past_one_that_waits_for_a_commit(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [note(str(e.request_id)), said(str(e.request_id))]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    assert rig.runner.offer(command(2))
    assert responses(rig) == []
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    wire = ClientConnection()
    sent = [m.notification.zone_name for e in rig.log if e[0] == "send" for m in wire.receive(e[2])]
    assert sent == ["1", "2"]


async def test_full_inbox_makes_the_session_wait_and_the_zone_goes_on(nursery):
    rig = Rig(inbox_events=2)
    for number in (1, 2):
        assert rig.runner.offer(command(number))
    assert not rig.runner.offer(command(3))
    nursery.start_soon(rig.runner.post, command(3))
    await trio.testing.wait_all_tasks_blocked()
    rig.runner.push(ConnectionLost(9))
    await nursery.start(rig.runner.run)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [command(1), command(2), ConnectionLost(9), command(3)]


async def test_many_effects_waiting_for_a_commit_hold_the_zone_back(nursery, monkeypatch):
    monkeypatch.setattr(runner_module, "PENDING_EFFECTS", 3)
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said("0"), said("0"), note("n")]
    await nursery.start(rig.runner.run)
    for number in range(6):
        rig.runner.push(command(number))
        await trio.testing.wait_all_tasks_blocked()
    assert len(rig.zone.seen) == 2
    rig.writer.allow(10)
    await trio.testing.wait_all_tasks_blocked()
    assert len(rig.zone.seen) == 6
    assert sent(rig).count("0") == 12


async def test_lone_event_is_not_stepped_at_once_while_too_much_waits_for_a_commit(nursery, monkeypatch):
    monkeypatch.setattr(runner_module, "PENDING_EFFECTS", 1)
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said("0"), said("0"), note("n")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    assert rig.runner.offer(command(2))
    assert rig.zone.seen == [command(1)]
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [command(1), command(2)]


async def test_closing_zone_that_is_held_back_takes_nothing_in(nursery, monkeypatch):
    monkeypatch.setattr(runner_module, "PENDING_EFFECTS", 1)
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said("0"), said("0"), note("n")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    nursery.start_soon(rig.runner.close)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.runner.offer(command(2)), "it is dropped: nobody need wait for room"
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [command(1), ZoneClosing(0), GraceOver()]


async def test_timer_comes_back_at_its_time_and_a_cancelled_one_does_not(nursery, autojump_clock):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [
        SetTimer(("a", ""), 1030.0),
        SetTimer(("b", ""), 1020.0),
        SetTimer(("c", ""), 1025.0),
        CancelTimer(("c", "")),
    ]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(60)
    assert rig.zone.seen[1:] == [TimerFired(("b", "")), TimerFired(("a", ""))]
    assert rig.zone.seen_at[1:] == pytest.approx([1020, 1030], abs=0.01)
    assert all(at >= due for at, due in zip(rig.zone.seen_at[1:], (1020, 1030), strict=True))


async def test_timer_cancelled_in_a_batch_that_still_waits_for_its_commit_stays_silent(
    nursery, autojump_clock
):
    rig = Rig(gated=True)
    answers = {1: [SetTimer(("a", ""), 1010.0), note("n")], 2: [CancelTimer(("a", "")), note("m")]}
    rig.zone.script[CommandReceived] = lambda e: answers[e.request_id]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(5)
    rig.runner.push(command(2))
    await trio.sleep(60)
    assert rig.zone.seen == [command(1), command(2)]


async def test_two_timers_due_together_the_first_can_cancel_the_second(nursery, autojump_clock):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [SetTimer(("a", ""), 1010.0), SetTimer(("b", ""), 1010.0)]
    rig.zone.script[TimerFired] = lambda e: [CancelTimer(("b", ""))]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.sleep(60)
    assert rig.zone.seen[1:] == [TimerFired(("a", ""))]


async def test_what_the_switch_tells_enters_the_zone_in_order_and_as_one_batch(nursery):
    rig = Rig()
    await nursery.start(rig.runner.run)
    events = [CallAnswered("c"), CallEnded("c"), TelephonyLost(), TelephonyRestored()]
    for event in events:
        rig.switch.deliver(event)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == events
    assert rig.value("agentmgr_batch_events_count") == 1


async def test_zone_goes_on_with_what_the_switch_still_has_before_all_that_waits(nursery):
    rig = Rig(opened=OpenedZone(TOKEN, (), (SAVED,)))
    rig.switch.answers, rig.switch.living = trio.Event(), frozenset({"leg"})
    rig.runner.offer(command(1))
    nursery.start_soon(rig.runner.run)
    await trio.testing.wait_all_tasks_blocked()
    rig.switch.deliver(NailEnded("leg"))
    assert (rig.switch.asked, rig.zone.seen) == ([["leg"]], [])
    rig.switch.answers.set()
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen == [AgentRestored(SAVED), NailEnded("leg"), command(1)]


async def test_fault_of_the_switch_stops_the_zone_with_its_reason():
    rig = Rig()
    fault = ZeroDivisionError("the adapter")

    async with trio.open_nursery() as nursery:

        async def drive():
            await trio.testing.wait_all_tasks_blocked()
            rig.switch.fail(fault)

        nursery.start_soon(drive)
        with pytest.raises(ZeroDivisionError) as caught:
            await rig.runner.run()
    assert caught.value is fault
    assert sent(rig) == [("close_all", "the zone had to stop; log on again")]
    rig.switch.deliver(CallEnded("c"))
    assert rig.zone.seen == []


async def test_switch_is_left_after_the_orders_of_a_closing_zone(nursery):
    rig = Rig()
    rig.zone.script[ZoneClosing] = lambda e: [note("end"), HangUp("c")]
    await nursery.start(rig.runner.run)
    await rig.runner.close()
    assert not rig.switch.left
    await trio.testing.wait_all_tasks_blocked()
    assert sent(rig) == [("commit", ["end"]), ("order", HangUp("c"))]
    assert rig.switch.left


async def test_each_question_is_answered_for_its_own_organisation(nursery):
    rig = Rig(gated=False)
    rig.store.dnc_of = {"North": frozenset({"+1", "+2"}), "South": frozenset({"+3"})}
    north = AgentSpec("1001", "Ada", (), "North")
    rig.store.agents = {"1001": AgentLogin(north, "hash", TOKEN.zone, enabled=True)}
    rig.zone.script[CommandReceived] = lambda e: [
        CheckDnc(1, ("+1", "+3"), "North"),
        CheckDnc(2, ("+1", "+3"), "South"),
        CheckDnc(3, ("+1", "+3")),
        CheckAgent(4, "1001", "North"),
        CheckAgent(5, "1001", "South"),
        ListAgents(6, "sales", 1, 9, "North"),
        ListAgents(7, "sales", 1, 9, "South"),
        ReadNumbers(8, 1, "1001", "North"),
    ]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    with trio.fail_after(10):
        while len(rig.zone.seen) < 9:
            await trio.testing.wait_all_tasks_blocked()
            await trio.lowlevel.checkpoint()
    assert rig.zone.seen[1:] == [
        DncChecked(1, frozenset({"+1"})),
        DncChecked(2, frozenset({"+3"})),
        DncChecked(3, frozenset()),
        AgentChecked(4, True),
        AgentChecked(5, False),
        AgentsListed(6, (north,)),
        AgentsListed(7, ()),
        NumbersRead(8, (Number("1 1001 North", 1.0),)),
    ]


async def test_history_is_read_a_day_at_a_time_and_other_questions_are_let_in_between(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [
        ReadHistory(7, (1.0, 2.0, 3.0)),
        ReadNumbers(8, 1, "1001", ""),
    ]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert rig.zone.seen[1:] == [NumbersRead(8, (Number("1 1001 ", 1.0),))]
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    days, latest = (LiveCalls(1, 2), LiveCalls(2, 3)), LatestCalls(handled_s=(1.0, 3.0))
    assert rig.zone.seen[2:] == [HistoryRead(7, days, latest)]


async def test_dnc_checks_that_wait_are_looked_up_together_and_answered_one_by_one(nursery):
    rig = Rig(gated=True)
    rig.store.dnc = frozenset({"+1", "+3"})
    rig.zone.script[CommandReceived] = lambda e: [
        CheckDnc(e.request_id, (f"+{e.request_id}",)),
    ]
    await nursery.start(rig.runner.run)
    for number in (1, 2, 3):
        rig.runner.push(command(number))
        await trio.testing.wait_all_tasks_blocked()
    rig.writer.allow(2)
    await trio.testing.wait_all_tasks_blocked()
    assert [e for e in rig.log if e[0] == "dnc"] == [("dnc", ["+1"]), ("dnc", ["+2", "+3"])]
    assert rig.zone.seen[3:] == [
        DncChecked(1, frozenset({"+1"})),
        DncChecked(2, frozenset()),
        DncChecked(3, frozenset({"+3"})),
    ]


async def test_close_announces_finishes_commits_and_drops_what_comes_later(nursery):
    rig = Rig(gated=True)
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id)), note(str(e.request_id))]
    rig.zone.script[GraceOver] = lambda e: [note("end"), said("9")]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    await trio.testing.wait_all_tasks_blocked()
    closed = trio.Event()

    async def close():
        await rig.runner.close()
        closed.set()

    nursery.start_soon(close)
    await trio.testing.wait_all_tasks_blocked()
    rig.runner.push(command(2))
    assert not closed.is_set()
    rig.writer.allow(2)
    await closed.wait()
    assert sent(rig) == [("commit", ["1"]), "1", ("commit", ["end"]), "9"]
    assert rig.zone.seen == [command(1), ZoneClosing(0), GraceOver()]


async def winding_down(rig, nursery, grace_s=30.0):
    """Run a zone whose end is announced; returns the event that is set when its grace is over."""
    await nursery.start(rig.runner.run)
    over = trio.Event()

    async def wind_down():
        await rig.runner.wind_down(grace_s)
        over.set()

    nursery.start_soon(wind_down)
    await trio.testing.wait_all_tasks_blocked()
    return over


async def test_grace_lasts_as_long_as_was_said_and_the_zone_works_on(nursery, autojump_clock):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [said(str(e.request_id))]
    over = await winding_down(rig, nursery)
    await trio.sleep(29)
    rig.runner.push(command(1))
    await trio.sleep(0.5)
    assert (sent(rig), over.is_set()) == (["1"], False)
    await trio.sleep(1)
    assert over.is_set()
    assert rig.zone.seen == [ZoneClosing(30_000), command(1)]
    await rig.runner.close()
    assert rig.zone.seen[-1] == GraceOver()


async def test_grace_ends_when_the_zone_says_that_nobody_has_a_contact(nursery, autojump_clock):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [ContactsOver()]
    over = await winding_down(rig, nursery)
    rig.runner.push(command(1))
    await over.wait()
    assert trio.current_time() < 1


@pytest.mark.parametrize("end", ["end_grace", "close", "fault"])
async def test_grace_ends_at_once_when_it_is_ended_and_when_the_zone_stops(nursery, autojump_clock, end):
    rig = Rig()
    over = await winding_down(rig, nursery)
    if end == "close":
        await rig.runner.close()
    elif end == "end_grace":
        rig.runner.end_grace()
    else:
        rig.runner._scope.cancel()
    await over.wait()
    assert trio.current_time() < 1


async def test_close_of_a_runner_that_was_cancelled_returns():
    rig = Rig()
    async with trio.open_nursery() as nursery:
        await nursery.start(rig.runner.run)
        nursery.cancel_scope.cancel()
    await rig.runner.close()


async def test_cancellation_waits_for_the_commit_under_way_and_performs_it(nursery):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [note("n"), said("1")]
    async with open_writer() as writer:
        rig.runner._writer = writer
        async with trio.open_nursery() as inner:
            await inner.start(rig.runner.run)
            rig.runner.push(command(1))
            await trio.lowlevel.checkpoint()
            while not rig.runner._committing:
                await trio.lowlevel.checkpoint()
            inner.cancel_scope.cancel()
    assert sent(rig) == [("commit", ["n"]), "1"]


async def test_commit_that_ends_after_the_zone_has_stopped_is_not_performed():
    """Its records stand, and its desktops were told that nobody answers here."""
    rig = Rig(gated=True)
    gated, fault = rig.writer.call, ZeroDivisionError("the zone")

    async def call(*arguments: Any) -> Any:
        with trio.CancelScope(shield=True):  # as the thread, which abandons nothing
            return await gated(*arguments)

    rig.writer.call = call
    answers = {1: lambda: [note("n"), said("1")], 2: lambda: 1 // 0}
    rig.zone.script[CommandReceived] = lambda e: answers[e.request_id]()
    async with trio.open_nursery() as nursery:

        async def drive():
            for number in (1, 2):
                rig.runner.push(command(number))
                await trio.testing.wait_all_tasks_blocked()
            rig.writer.allow()

        nursery.start_soon(drive)
        with pytest.raises(type(fault)):
            await rig.runner.run()
    assert sent(rig) == [("close_all", "the zone had to stop; log on again"), ("commit", ["n"])]


async def test_connection_that_waits_for_room_waits_no_longer_when_the_zone_stops(nursery):
    rig = Rig(inbox_events=1)
    rig.switch.answers = trio.Event()
    nursery.start_soon(rig.runner.post, command(1))
    nursery.start_soon(rig.runner.post, command(2))

    async def fail():
        await trio.testing.wait_all_tasks_blocked()
        rig.switch.fail(ZeroDivisionError("the adapter"))

    nursery.start_soon(fail)
    with pytest.raises(ZeroDivisionError):
        await rig.runner.run()
    await trio.testing.wait_all_tasks_blocked()
    assert not nursery.child_tasks


async def test_answered_command_is_counted_by_name_and_result_with_its_latency(nursery):
    rig = Rig()
    rig.zone.script[CommandReceived] = lambda e: [
        Respond(e.connection, e.request_id, "1001", POMClientAliveRESP(ResultCode.SUCCESS))
    ]
    await nursery.start(rig.runner.run)
    for number in (1, 2):
        rig.runner.push(command(number))
    await trio.testing.wait_all_tasks_blocked()
    assert rig.value("agentmgr_commands_total", name="POMClientAlive", result="0") == 2
    assert rig.value("agentmgr_command_seconds_count", name="POMClientAlive") == 2
    assert rig.value("agentmgr_batch_events_sum") == 2
    assert rig.value("agentmgr_queue_depth", queue="inbox") == 0


async def test_commands_of_a_lost_connection_are_forgotten(nursery):
    rig = Rig()
    rig.zone.script[ConnectionLost] = lambda e: [
        Respond(1, 1, "1001", POMClientAliveRESP(ResultCode.SUCCESS))
    ]
    await nursery.start(rig.runner.run)
    rig.runner.push(command(1))
    rig.runner.push(ConnectionLost(1))
    await trio.testing.wait_all_tasks_blocked()
    assert rig.value("agentmgr_commands_total", name="POMClientAlive", result="0") is None
