"""Commands of an agent are carried out in the order sent: those behind one that must wait do so too."""

from attrs import evolve
from parties import DISPOSE, create
from scenes import SID, Scene, a_logon, logged_on, nailed_not_ready, talking, wrapup

from agentmgr.core.commands import agent_life
from agentmgr.core.commands.registry import AGENT_RULES
from agentmgr.core.events import CommandReceived
from agentmgr.core.lanes import MAX_BEHIND, MAX_WAITING, Lanes
from agentmgr.testing.transcript import lines
from protocol import commands as c
from protocol.enums import AgentState, CallbackType, CallState, NailupStatus
from protocol.structures import AgentStatus, Attribute, CallbackDest

STATUS = AgentStatus(AgentState.NotReady, CallState.NoState, NailupStatus.NotNailedUp)
READY, NOT_READY = c.AGTStateChange(AgentState.Ready), c.AGTStateChange(AgentState.NotReady, "7")
TOLD_READY = lines("""
    A ! StateChangedNotify Ready
    A ! caps not_ready
    A < StateChange 0 Ready
""")
LOGGED_ON = lines("""
    A ! caps ready not_ready
    A < Logon 0
""")


def behind_logon(*commands, agent_id="A", **changes):
    """A logon whose check takes long, and these in the same write; none of them is carried out yet."""
    scene = Scene()
    scene.answers_at_once = False
    connection = scene.connect(agent_id)
    for command in (a_logon(**changes), *commands):
        assert scene.send(agent_id, command, connection) == []
    return scene


# -- behind a logon --------------------------------------------------------------------------------


def test_commands_behind_a_logon_are_carried_out_after_it_in_the_order_sent():
    scene = behind_logon(READY, c.AGTAvailableForNailup(), NOT_READY)
    assert scene.answer() == [
        *LOGGED_ON,
        *TOLD_READY,
        "A < AvailableForNailup 0",
        "A ! StateChangedNotify NotReady",
        "A ! caps ready not_ready",
        "A < StateChange 0 NotReady",
    ]
    assert not scene.zone.lanes.by_connection


def test_logoff_behind_a_logon_is_not_lost():
    scene = behind_logon(c.AGTLogoff())
    assert scene.answer() == [*LOGGED_ON, "A < Logoff 0"]
    assert not scene.zone.agents


def test_logon_logoff_and_logon_in_one_write_end_logged_on():
    scene = behind_logon(c.AGTLogoff(), a_logon(), READY)
    assert scene.answer() == [*LOGGED_ON, "A < Logoff 0"]
    assert scene.answer() == [*LOGGED_ON, *TOLD_READY]
    assert not scene.unanswered


def test_second_logon_behind_a_first_finds_the_agent_logged_on():
    scene = behind_logon(a_logon(), a_logon(is_force=True))
    assert scene.answer() == LOGGED_ON
    assert scene.answer() == ["A < Logon 7"]
    assert scene.answer() == ["A ! AgentLoggedOut", *LOGGED_ON]


def test_commands_behind_a_logon_that_is_refused_are_refused():
    scene = behind_logon(READY, c.AGTLogoff(), c.AGTAgentDisconnected(), pwd="wrong")
    assert scene.answer() == lines("""
        A < Logon 17
        A < StateChange 9002
        A < Logoff 9002
        A < AgentDisconnected 9002
    """)
    assert not scene.zone.lanes.by_connection


def test_logon_refused_without_a_check_keeps_nobody():
    scene = Scene()
    scene.answers_at_once = False
    connection = scene.connect("A")
    assert scene.send("A", a_logon(zone_name="Elsewhere"), connection) == ["A < Logon 12"]
    assert scene.send("A", READY, connection) == ["A < StateChange 9002"]


def test_agent_lost_by_its_proxy_behind_its_logon_is_away():
    scene = behind_logon(c.AGTAgentDisconnected())
    assert scene.answer() == [*LOGGED_ON, "A < AgentDisconnected 0"]
    assert scene.agent("A").is_away


def test_others_on_the_connection_and_the_connection_itself_do_not_wait_for_a_logon():
    scene = Scene()
    connection = scene.connect("A", "B")
    scene.send("B", a_logon(), connection)
    scene.answers_at_once = False
    scene.send("A", a_logon(), connection)
    assert scene.send("A", READY, connection) == []
    assert scene.send("B", READY, connection)[-1] == "B < StateChange 0 Ready"
    assert scene.send("", c.POMClientAlive(), connection) == ["- < POMClientAlive 0"]
    assert scene.send("", c.AGTGetErrorString(17), connection)[0].startswith("- < GetErrorString 0")
    assert scene.send("A", c.AGTGetErrorString(17), connection)[0].startswith("A < GetErrorString 0")


def test_agent_at_work_does_not_wait_for_a_stranger_who_tries_its_password():
    scene = logged_on()
    scene.answers_at_once = False
    stranger = scene.connect()
    assert scene.send("A", a_logon(pwd="guess"), stranger) == []
    assert scene.send("A", READY, stranger) == []
    assert scene.send("A", READY) == TOLD_READY
    assert scene.answer() == lines("""
        A < Logon 17
        A < StateChange 9002
    """)


def test_what_the_server_asked_is_answered_beside_a_logon():
    scene = behind_logon(READY)
    assert scene.send("A", c.GetAgentStatusResponse(STATUS), 1) == ["A < GetAgentStatusResponse 9002"]


def test_connection_lost_before_the_check_leaves_nothing_behind():
    scene = behind_logon(READY, a_logon())
    scene.disconnect(1)
    assert not scene.zone.lanes.by_connection
    assert scene.zone.lanes._waiting == 0
    assert scene.answer() == []
    assert not scene.zone.agents


def test_fault_in_a_logon_is_answered_and_those_behind_it_go_on(monkeypatch):
    scene = behind_logon(READY, c.AGTLogoff())
    scene.expects_faults = True
    monkeypatch.setattr(agent_life, "_finish_logon", broken)
    assert [line for line in scene.answer() if " < " in line] == lines("""
        A < Logon 9050
        A < StateChange 9002
        A < Logoff 9002
    """)
    assert not scene.zone.lanes.by_connection


def test_fault_in_a_command_behind_a_logon_is_its_own(monkeypatch):
    scene = behind_logon(c.AGTSaveAgentForHA(), READY)
    scene.expects_faults = True
    rule = evolve(AGENT_RULES[c.AGTSaveAgentForHA], handler=broken)
    monkeypatch.setitem(AGENT_RULES, c.AGTSaveAgentForHA, rule)
    assert [line for line in scene.answer() if " < " in line] == lines("""
        A < Logon 0
        A < SaveAgentForHA 9050
        A < StateChange 0 Ready
    """)


# -- tries in a row ----------------------------------------------------------------------------------


def test_of_logons_in_a_row_behind_a_refused_one_the_last_is_checked():
    wrong = a_logon(pwd="wrong")
    scene = behind_logon(*[wrong] * 20, a_logon(), READY, pwd="wrong")
    assert scene.answer() == ["A < Logon 17", *["A < Logon 6"] * 20]
    assert scene.answer() == [*LOGGED_ON, *TOLD_READY]


def test_last_logon_counts_where_more_came_than_can_wait():
    wrong = a_logon(pwd="wrong")
    scene = behind_logon(*[wrong] * MAX_BEHIND, pwd="wrong")
    for _ in range(300):
        assert scene.send("A", wrong, 1) == ["A < Logon 6"]
    assert scene.send("A", a_logon(), 1) == ["A < Logon 6"]
    assert scene.send("A", READY, 1) == ["A < StateChange 9012"]
    assert scene.answer() == ["A < Logon 17", *["A < Logon 6"] * (MAX_BEHIND - 1)]
    assert scene.answer() == LOGGED_ON


def test_more_than_may_wait_behind_a_logon_is_refused_and_the_others_are_carried_out():
    scene = behind_logon(*[c.AGTAvailableForNailup()] * MAX_BEHIND)
    assert scene.send("A", READY, 1) == ["A < StateChange 9012"]
    assert scene.send("A", a_logon(), 1) == ["A < Logon 6"]
    assert scene.answer() == [*LOGGED_ON, *["A < AvailableForNailup 0"] * MAX_BEHIND]
    assert scene.send("A", READY, 1) == TOLD_READY


def test_all_lanes_of_a_zone_keep_a_bounded_number():
    lanes = Lanes()
    for number in range(2 * MAX_WAITING // MAX_BEHIND):
        lanes.hold(CommandReceived(number, 1, "A", a_logon()))
    heads = [own["A"] for own in lanes.by_connection.values()]
    kept = [lane for lane in heads for n in range(MAX_BEHIND) if lanes.keep(lane, event(lane, n)) is None]
    assert len(kept) == MAX_WAITING
    for number in range(len(heads)):
        lanes.lose(number)
    assert lanes._waiting == 0
    lanes.hold(CommandReceived(1, 1, "A", a_logon()))
    assert lanes.keep(lanes.by_connection[1]["A"], event(heads[1], 1)) is None


# -- behind a logoff -------------------------------------------------------------------------------


def test_logon_behind_a_logoff_waits_for_the_phone_to_be_let_go():
    scene = nailed_not_ready()
    connection = scene.agent("A").connection
    scene.send("A", c.AGTLogoff())
    assert scene.send("A", c.AGTLogoff()) == []
    assert scene.send("A", a_logon()) == []
    assert scene.send("A", READY) == []
    assert scene.line_drops() == lines("""
        A ! NailupChange NotNailedUp
        A ! call NoState
        A < Logoff 0
        A < Logoff 9002
        A ! caps ready not_ready
        A < Logon 0
        A ! StateChangedNotify Ready
        A ! caps not_ready
        A < StateChange 0 Ready
    """)
    assert scene.agent("A").connection == connection


def test_logon_behind_a_logoff_whose_phone_is_never_let_go_is_carried_out_then():
    scene = nailed_not_ready()
    scene.send("A", c.AGTLogoff())
    scene.send("A", a_logon())
    shown = scene.wait(60)
    assert [line for line in shown if " < " in line] == ["A < Logoff 0", "A < Logon 0"]


def test_logoff_ended_by_a_logon_elsewhere_lets_those_behind_it_go_on():
    scene = nailed_not_ready()
    connection = scene.agent("A").connection
    scene.send("A", c.AGTLogoff())
    scene.send("A", READY)
    other = scene.connect("A")
    shown = scene.send("A", a_logon(is_force=True), other)
    answers = [line for line in shown if " < " in line]
    assert answers == ["A < Logoff 0", "A < Logon 0", "A < StateChange 9002"]
    assert connection not in scene.zone.lanes.by_connection


def test_connection_lost_in_a_logoff_leaves_nothing_behind():
    scene = nailed_not_ready()
    scene.send("A", c.AGTLogoff())
    scene.send("A", a_logon())
    scene.disconnect(scene.agent("A").connection)
    assert not scene.zone.lanes.by_connection
    scene.line_drops()
    assert not scene.zone.agents


# -- behind what the store is asked for --------------------------------------------------------------


def test_contact_is_wrapped_up_after_the_callback_that_came_before():
    scene = wrapup()
    scene.answers_at_once = False
    colleague = {"callback_type": CallbackType.Agent, "callback_dest": CallbackDest(CallbackType.Agent, "B")}
    scene.send("A", create(scene=scene, **colleague))
    assert scene.send("A", DISPOSE) == []
    shown = scene.answer(scene.asked[-1])
    assert [line for line in shown if " < " in line] == [
        "A < CreateCallback 0 1000000001",
        "A < WrapupContact 0 1000000001",
    ]
    assert len(scene.store.callbacks) == 1


def test_contact_is_wrapped_up_behind_a_callback_though_the_connection_is_lost_meanwhile():
    scene = wrapup()
    scene.answers_at_once = False
    connection = scene.agent("A").connection
    colleague = {"callback_type": CallbackType.Agent, "callback_dest": CallbackDest(CallbackType.Agent, "B")}
    scene.send("A", create(scene=scene, **colleague))
    scene.send("A", DISPOSE)
    scene.send("A", a_logon(is_force=True), connection)
    scene.disconnect(connection)
    scene.answer(scene.asked[-1])
    assert len(scene.store.callbacks) == 1
    assert scene.agent("A").is_free
    assert scene.agent("A").is_away
    assert not scene.zone.lanes.by_connection


def test_address_is_on_the_list_for_whoever_asks_behind_the_command_that_puts_it_there():
    scene = talking()
    scene.answers_at_once = False
    scene.send("A", c.AGTAddToDNC((Attribute("PhoneNumber1"),)))
    assert scene.send("A", c.AGTIsInDNC("+49300000001", SID)) == []
    assert scene.answer(scene.asked[-1])[-1] == "A < AddToDNC 0 1000000001"
    assert scene.answer(scene.asked[-1]) == ["A < IsInDNC 0 True"]


# -- behind what the switch is asked for ---------------------------------------------------------------


def on_hold_soon():
    scene = talking()
    confirming = evolve(scene.zone.config, switch_confirms=True)
    scene.zone.config = scene.config = confirming
    scene.answers_at_once = False
    assert scene.send("A", c.AGTHoldCall(SID)) == ["switch: Hold 1000000001"]
    return scene


def test_logon_behind_a_hold_that_the_switch_has_not_confirmed_waits_for_it():
    scene = on_hold_soon()
    assert scene.send("A", a_logon()) == []
    assert [line for line in scene.confirm() if " < " in line] == ["A < HoldCall 0 1000000001"]
    assert scene.answer(scene.asked[-1]) == ["A < Logon 7"]


def test_more_than_may_wait_for_the_switch_is_refused():
    scene = on_hold_soon()
    for _ in range(MAX_BEHIND):
        assert scene.send("A", c.AGTUnholdCall(SID)) == []
    assert scene.send("A", c.AGTUnholdCall(SID)) == ["A < UnholdCall 9012"]


def event(lane, number):
    return CommandReceived(lane.connection, number, lane.agent_id, READY)


def broken(*_):
    raise RuntimeError
