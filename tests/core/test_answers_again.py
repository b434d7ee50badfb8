"""Commands that are sent again under their ids are answered as they were, and not carried out twice."""

from parties import DISPOSE, answer_to_status, restart
from scenes import SID, Scene, confirming, talking, wrapup

from agentmgr.core.effects import RECORDS, Respond, SaveAnswer
from agentmgr.core.events import CommandReceived, ConnectionLost
from agentmgr.core.model import ZoneConfig
from agentmgr.core.sent import MAX_ANSWERS
from protocol import commands as c
from protocol.enums import CallState
from protocol.registry import VERSION
from protocol.results import ResultCode

COVERED = {"config": ZoneConfig("Z", token_secret=bytes(32), cover_all_agents=True)}


def resending(scene, agent_id="A", *, resends=True):
    """The desktop of an agent comes back over a connection that sends again, or not; returns its number."""
    connection = scene.connect(agent_id)
    scene.send("", c.AgentSDKConnected((agent_id,), VERSION, resends=resends), connection)
    scene.send(agent_id, answer_to_status(scene, agent_id), connection)
    return connection


def asked(scene, connection, request_id, command, agent_id="A"):
    """Send a command under an id; returns its RESPs, and the records that come of it."""
    effects, _ = scene.zone.handle(CommandReceived(connection, request_id, agent_id, command), scene.now)
    records = [each for each in effects if isinstance(each, RECORDS)]
    scene.store.commit(scene._token, records)
    return [(each.request_id, each.response) for each in effects if isinstance(each, Respond)], records


def test_command_sent_again_is_answered_as_before_and_does_nothing():
    scene = wrapup(**COVERED)
    connection = resending(scene)
    first, records = asked(scene, connection, 70, DISPOSE)
    assert first[0][1].result is ResultCode.SUCCESS
    assert [type(each) for each in records].count(SaveAnswer) == 1
    assert asked(scene, connection, 70, DISPOSE) == (first, [])


def test_refusal_is_given_again_too():
    scene = talking(**COVERED)
    connection = resending(scene)
    first, _ = asked(scene, connection, 70, DISPOSE)
    assert first[0][1].result is not ResultCode.SUCCESS
    asked(scene, connection, 71, c.AGTReleaseLine(SID))
    assert asked(scene, connection, 70, DISPOSE) == (first, [])


def test_same_id_with_another_command_is_refused():
    scene = talking(**COVERED)
    connection = resending(scene)
    asked(scene, connection, 70, c.AGTHoldCall(SID))
    for other in (c.AGTUnholdCall(SID), c.AGTHoldCall("another")):
        (answer,), records = asked(scene, connection, 70, other)
        assert answer[1].result is ResultCode.BAD_DATA
        assert records == []
    assert scene.agent("A").call_state is CallState.Held


def test_desktop_that_did_not_say_so_may_use_an_id_again():
    scene = talking(**COVERED)
    connection = resending(scene, resends=False)
    for command in (c.AGTHoldCall(SID), c.AGTUnholdCall(SID), c.AGTHoldCall(SID)):
        ((_, answer),), records = asked(scene, connection, 999, command)
        assert answer.result is ResultCode.SUCCESS
        assert not [each for each in records if isinstance(each, SaveAnswer)]


def test_answer_is_given_again_by_the_next_server_and_its_command_not_carried_out():
    scene = wrapup(contacts=3, **COVERED)
    connection = resending(scene)
    first, _ = asked(scene, connection, 2**33, DISPOSE)
    later = restart(scene)
    later.tokens = scene.tokens
    later.mirrors, later._latest = scene.mirrors, scene._latest
    connection = resending(later)
    dispositions = len(later.store.dispositions)
    assert asked(later, connection, 2**33, DISPOSE) == (first, [])
    assert len(later.store.dispositions) == dispositions == 1


def test_numbers_go_on_after_a_restart_so_that_the_ring_keeps_the_latest():
    scene = talking(**COVERED)
    connection = resending(scene)
    for request_id in range(MAX_ANSWERS + 3):
        asked(scene, connection, request_id, (c.AGTHoldCall, c.AGTUnholdCall)[request_id % 2](SID))
    ring = scene.store.answers["A"]
    assert sorted(each.request_id for each in ring.values()) == list(range(3, MAX_ANSWERS + 3))
    later = restart(scene)
    later.tokens, later.mirrors, later._latest = scene.tokens, scene.mirrors, scene._latest
    connection = resending(later)
    asked(later, connection, 500, c.AGTUnholdCall(SID))
    assert {each.request_id for each in ring.values()} == {*range(4, MAX_ANSWERS + 3), 500}


def test_logon_begins_the_ids_anew():
    scene = talking(**COVERED)
    connection = resending(scene)
    asked(scene, connection, 70, c.AGTHoldCall(SID))
    later = restart(scene)
    later.log_on("A")
    assert later.store.answers.get("A") is None
    assert later.agent("A").answers.find(70) is None


def test_logoff_leaves_no_answer():
    scene = Scene(**COVERED)
    scene.log_on()
    connection = resending(scene)
    asked(scene, connection, 1, c.AGTAvailableForNailup())
    assert scene.store.answers["A"]
    scene.send("A", c.AGTLogoff())
    assert scene.store.answers == {}


def test_command_that_waits_for_the_switch_is_not_given_to_it_twice():
    scene = confirming(lambda: talking())()
    connection = resending(scene)
    scene.answers_at_once = False
    assert asked(scene, connection, 70, c.AGTHoldCall(SID)) == ([], [])
    scene.zone.handle(ConnectionLost(connection), scene.now)
    scene.mirrors.clear()
    connection = 77
    hello = c.AgentSDKConnected(("A",), VERSION, resends=True)
    scene.zone.handle(CommandReceived(connection, 1, "", hello), scene.now)
    status = c.GetAgentStatusResponse(scene.agent("A").status, scene.tokens["A"])
    scene.zone.handle(CommandReceived(connection, 2, "A", status), scene.now)
    assert asked(scene, connection, 70, c.AGTHoldCall(SID)) == ([], [])
