"""Commands of the SDK: RESPs, refusals, several in flight, and what the library answers itself."""

import logging
from datetime import datetime, timedelta, timezone

import pytest
import trio

from agentmgr.client import CommandError, Pom
from agentmgr.testing.scripted import Connect, ScriptedServer, Visit
from protocol import commands
from protocol.connection import CommandReceived, notification_bytes
from protocol.enums import AgentState, CallbackType
from protocol.notifications import AGTStateChangedNotify
from protocol.registry import VERSION
from protocol.results import ResultCode
from protocol.structures import CompletionCode, ContactNumber


async def test_connect_says_its_version_first_and_keeps_the_directory(
    server: ScriptedServer, pom: Pom
) -> None:
    visit = await server.visit(0)

    assert visit.received[0].command == commands.AgentSDKConnected((), VERSION, resends=True)
    assert dict(pom.zones) == server.directory


async def test_command_accepted_returns_its_typed_resp(server: ScriptedServer, pom: Pom) -> None:
    async def codes(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, completion_codes_list=(CompletionCode(7, "Sold"),))

    server.behaviours["AGTGetCompCodes"] = codes
    agent = await pom.agent("1001")

    response = await agent.get_comp_codes("S1")

    assert response == commands.AGTGetCompCodesRESP(
        result=ResultCode.SUCCESS, completion_codes_list=(CompletionCode(7, "Sold"),)
    )
    (received,) = server.received("AGTGetCompCodes")
    assert (received.agent_id, received.command) == ("1001", commands.AGTGetCompCodes("S1"))


async def test_command_refused_raises_the_code_with_its_text(server: ScriptedServer, pom: Pom) -> None:
    server.behaviours["AGTHoldCall"] = lambda visit, received: visit.refuse(received, 103)
    agent = await pom.agent("1001")

    with pytest.raises(CommandError) as caught:
        await agent.hold_call("S1")

    assert caught.value.code is ResultCode.HOLD_NO_CALL
    assert caught.value.text == ResultCode.HOLD_NO_CALL.text
    assert caught.value.command == commands.AGTHoldCall("S1")
    assert caught.value.agent_id == "1001"
    assert not caught.value.outcome_unknown
    assert str(caught.value) == f"AGTHoldCall of agent 1001: 103 {ResultCode.HOLD_NO_CALL.text}"


async def test_request_refused_returns_the_resp(server: ScriptedServer, pom: Pom) -> None:
    server.behaviours["AGTHoldCall"] = lambda visit, received: visit.refuse(received, 103)
    agent = await pom.agent("1001")

    response = await agent.request(commands.AGTHoldCall("S1"))

    assert response == commands.AGTHoldCallRESP(result=ResultCode.HOLD_NO_CALL)


async def test_commands_in_flight_get_their_own_resp_whatever_the_order(
    server: ScriptedServer, pom: Pom, nursery: trio.Nursery
) -> None:
    waiting: list[CommandReceived] = []

    async def backwards(visit: Visit, received: CommandReceived) -> None:
        waiting.append(received)
        if len(waiting) == 3:
            for each in reversed(waiting):
                await visit.accept(each, session_id=each.command.session_id)

    server.behaviours["AGTHoldCall"] = backwards
    answers: dict[str, commands.AGTHoldCallRESP] = {}

    async def hold(agent_id: str, session_id: str) -> None:
        answers[session_id] = await (await pom.agent(agent_id)).hold_call(session_id)

    async with trio.open_nursery() as several:
        several.start_soon(hold, "1001", "S1")
        several.start_soon(hold, "1001", "S2")
        several.start_soon(hold, "1002", "S3")

    assert {sid: answer.session_id for sid, answer in answers.items()} == {"S1": "S1", "S2": "S2", "S3": "S3"}


async def test_command_cancelled_while_waiting_leaves_the_connection_usable(
    server: ScriptedServer, pom: Pom
) -> None:
    late: list[CommandReceived] = []

    async def keep(visit: Visit, received: CommandReceived) -> None:
        late.append(received)

    server.behaviours["AGTHoldCall"] = keep
    agent = await pom.agent("1001")
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(agent.hold_call, "S1")
            await trio.testing.wait_all_tasks_blocked()
            scope.cancel()
    await server.visits[0].accept(late[0])

    assert (await agent.unhold_call("S1")).result is ResultCode.SUCCESS
    assert len(server.visits) == 1


async def test_connection_commands_work_without_an_agent(server: ScriptedServer, pom: Pom) -> None:
    async def explain(visit: Visit, received: CommandReceived) -> None:
        await visit.accept(received, error_msg="a text", localized_error_msg="ein Text")

    server.behaviours["AGTGetErrorString"] = explain

    assert (await pom.get_error_string(17)).localized_error_msg == "ein Text"
    assert (await pom.get_zone_list()).zone_list == ()
    assert (await pom.get_pam_for_zone("Default")).zones == server.directory
    assert {received.agent_id for received in server.visits[0].received} == {""}


async def test_argument_of_a_wrong_type_is_9997_and_never_sent(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")

    with pytest.raises(
        CommandError, match=r"9997 .*AGTHoldCall\.sessionID: a string is needed, not an integer"
    ) as one:
        await agent.hold_call(42)  # type: ignore[arg-type]  # what a caller without a type checker does
    with pytest.raises(CommandError, match="9997") as two:
        await agent.state_change("Sleepy")  # type: ignore[arg-type]  # not a value of the enumeration
    with pytest.raises(CommandError, match="AGTHoldCallRESP is no command"):
        await agent.request(commands.AGTHoldCallRESP(ResultCode.SUCCESS))
    with pytest.raises(CommandError, match=r"9997 .*surrogates"):
        await agent.add_agent_note("\ud800")

    assert one.value.code is two.value.code is ResultCode.INVALID_ARGUMENT
    assert (await agent.request(commands.AGTHoldCall(None))).result is ResultCode.INVALID_ARGUMENT  # type: ignore[arg-type]  # as above
    assert [type(r.command).__name__ for r in server.visits[0].received] == ["AgentSDKConnected"]


async def test_command_too_large_for_a_frame_is_9996(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")

    with pytest.raises(CommandError, match="9996") as caught:
        await agent.add_agent_note("x" * 16_000)

    assert caught.value.code is ResultCode.SDK_FAILURE
    assert (await agent.add_agent_note("short")).result is ResultCode.SUCCESS


async def test_logon_into_an_unknown_zone_is_9998(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")

    with pytest.raises(CommandError) as caught:
        await agent.logon("5001", "secret", zone="Nowhere")

    assert caught.value.code is ResultCode.NO_MANAGER_FOR_ZONE
    assert isinstance(caught.value.command, commands.AGTLogon)
    assert caught.value.agent_id == "1001"
    assert not agent.logged_on
    assert not server.received("AGTLogon")


async def test_logon_into_a_zone_that_the_server_has_lost_sight_of_is_9998(
    server: ScriptedServer, connect: Connect
) -> None:
    server.zones["West"] = ("am2", 9971)
    async with connect() as pom:
        await trio.testing.wait_all_tasks_blocked()
        del server.zones["West"]
        agent = await pom.agent("1001")

        with pytest.raises(CommandError) as caught:
            await agent.logon("5001", "secret", zone="West")

    assert caught.value.code is ResultCode.NO_MANAGER_FOR_ZONE
    assert len(server.visits) == 1


async def test_resp_that_comes_twice_is_taken_once(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    await agent.logon("5001", "secret")
    await agent.logoff()
    await agent.logon("5001", "secret")
    (logoff,) = server.received("AGTLogoff")
    await server.visits[0].accept(logoff)
    await trio.testing.wait_all_tasks_blocked()

    assert agent.logged_on
    assert agent.connected


async def test_agent_id_that_is_none_is_a_value_error(pom: Pom) -> None:
    for wrong in ("", "x" * 65, 1001):
        with pytest.raises(ValueError, match="1 to 64 characters"):
            await pom.agent(wrong)  # type: ignore[arg-type]  # one of them is no string


async def test_log_has_every_message_and_no_password(
    server: ScriptedServer, pom: Pom, caplog: pytest.LogCaptureFixture
) -> None:
    async def log_on(visit: Visit, received: CommandReceived) -> None:
        await visit.notify("1001", AGTStateChangedNotify(AgentState.NotReady))
        await visit.accept(received, resume_token="T-secret")

    server.behaviours["AGTLogon"] = log_on
    agent = await pom.agent("1001")
    with caplog.at_level(logging.DEBUG, "agentmgr.client"):
        await agent.logon("5001", "hunter2-secret")

    lines = [record.getMessage() for record in caplog.records if record.name == "agentmgr.client"]
    assert len(lines) == 3
    (logon,) = server.received("AGTLogon")
    assert f"> 1001 #{logon.request_id} AGTLogon " in lines[0]
    assert '"pwd": "***"' in lines[0]
    assert lines[1].endswith('! 1001 AGTStateChangedNotify {"agentState": "NotReady"}')
    assert lines[2].endswith(f'< #{logon.request_id} 1001 AGTLogonRESP {{"result": 0, "resumeToken": "***"}}')
    assert "hunter2" not in caplog.text
    assert "T-secret" not in caplog.text


async def test_error_around_connect_comes_out_as_itself(server: ScriptedServer, connect: Connect) -> None:
    server.behaviours["AGTLogoff"] = lambda visit, received: visit.refuse(received, 541)

    with pytest.raises(CommandError) as caught:
        async with connect() as pom:
            await (await pom.agent("1001")).logoff()

    assert caught.value.code is ResultCode.LOGOFF_STATE


async def test_resp_of_another_command_breaks_the_connection(server: ScriptedServer, pom: Pom) -> None:
    async def wrong(visit: Visit, received: CommandReceived) -> None:
        await visit.answer(received, commands.AGTUnholdCallRESP(result=ResultCode.SUCCESS))

    server.behaviours["AGTHoldCall"] = wrong
    agent = await pom.agent("1001")

    with pytest.raises(CommandError) as caught:
        await agent.hold_call("S1")

    assert caught.value.outcome_unknown


async def test_message_of_a_newer_server_is_ignored(server: ScriptedServer, pom: Pom) -> None:
    frame = notification_bytes("1001", AGTStateChangedNotify(AgentState.Ready))
    newer = frame.replace(b"AGTStateChangedNotify", b"AGTStateBlendedNotify")
    await server.visits[0].stream.send_all(newer)
    agent = await pom.agent("1001")

    assert (await agent.hold_call("S1")).result is ResultCode.SUCCESS
    assert agent.agent_state is AgentState.NotReady


async def test_callback_time_may_be_a_datetime(server: ScriptedServer, pom: Pom) -> None:
    agent = await pom.agent("1001")
    east = timezone(timedelta(hours=2))
    for time in (datetime(2026, 3, 2, 14, tzinfo=east), "2026/03/02 12:00"):
        await agent.create_callback(CallbackType.Standard, time, 0, ContactNumber(number="+4930123456"), "S1")
    with pytest.raises(ValueError, match="has no time zone"):
        await agent.create_callback(CallbackType.Standard, datetime(2026, 3, 2), 0, ContactNumber(), "S1")  # noqa: DTZ001
    with pytest.raises(CommandError, match=r"9997 .*callbackTime"):
        await agent.create_callback(CallbackType.Standard, 7, 0, ContactNumber(), "S1")  # type: ignore[arg-type]  # no time

    times = [received.command.callback_time for received in server.received("AGTCreateCallback")]
    assert times == ["2026/03/02 12:00"] * 2
