"""Bytes in, messages out: whole, in pieces, damaged and forged."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmgr.testing import strategies as wire
from protocol import commands as c
from protocol import notifications as n
from protocol import structures as s
from protocol.codec import MAX_INT, encode_args, pack
from protocol.connection import (
    MAX_AGENT_ID_CHARACTERS,
    MAX_NAME_CHARACTERS,
    ClientConnection,
    CommandReceived,
    CommandRefused,
    NotificationReceived,
    ResponseReceived,
    ServerConnection,
    UnknownReceived,
    closing_bytes,
    command_bytes,
    failed,
    notification_bytes,
    refusal_bytes,
    response_bytes,
)
from protocol.enums import AgentState, CallState
from protocol.errors import RemoteProtocolError
from protocol.examples import all_examples
from protocol.framing import FrameDecoder, frame
from protocol.registry import COMMANDS, MAX_VALUE_BYTES
from protocol.results import ResultCode
from protocol.structures import Capabilities
from protocol.values import Kept

HOLD = c.AGTHoldCall("s-1")
HOLD_BYTES = command_bytes(1, "1001", HOLD)
IDS = st.integers(0, MAX_INT)
EXAMPLES = list(all_examples())
AGENTS = st.text(max_size=MAX_AGENT_ID_CHARACTERS)


def at_server(value: Any) -> list[CommandReceived | CommandRefused]:
    return list(ServerConnection().receive(frame(pack(value))))


def at_client(value: Any) -> list[ResponseReceived | NotificationReceived | UnknownReceived]:
    return list(ClientConnection().receive(frame(pack(value))))


def envelope(**changes: Any) -> dict[str, Any]:
    """A well-formed AGTHoldCall with something changed; None leaves a key out."""
    whole = {"name": "AGTHoldCall", "id": 1, "agentID": "1001", "args": {"sessionID": "s-1"}} | changes
    return {key: value for key, value in whole.items() if value is not None}


# -- round trips -----------------------------------------------------------------------------------


@given(request_id=IDS, agent_id=AGENTS.filter(bool), command=wire.commands())
def test_command_sent_is_received(request_id: int, agent_id: str, command: Any) -> None:
    data = command_bytes(request_id, agent_id, command)

    assert list(ServerConnection().receive(data)) == [CommandReceived(request_id, agent_id, command)]


@given(request_id=IDS, agent_id=AGENTS, response=wire.responses())
def test_response_sent_is_received(request_id: int, agent_id: str, response: Any) -> None:
    data = response_bytes(request_id, agent_id, response)

    assert list(ClientConnection().receive(data)) == [ResponseReceived(request_id, agent_id, response)]


@given(agent_id=AGENTS, notification=wire.notifications())
def test_notification_sent_is_received(agent_id: str, notification: Any) -> None:
    data = notification_bytes(agent_id, notification)

    assert list(ClientConnection().receive(data)) == [NotificationReceived(agent_id, notification)]


@given(
    agent_id=AGENTS,
    message=wire.instances(n.AGTCapabilitiesChanged)
    | wire.instances(n.AGTStateChangedNotify)
    | wire.instances(n.AGTCallStateChangedNotify),
)
def test_notification_put_together_from_remembered_parts_is_as_if_packed(agent_id: str, message: Any) -> None:
    whole = {"name": type(message).__name__, "agentID": agent_id, "args": encode_args(message)}

    assert notification_bytes(agent_id, message) == frame(pack(whole))


@settings(max_examples=50)
@given(
    commands=st.lists(wire.commands(), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
)
def test_stream_cut_anywhere_gives_the_same_messages(commands: list[Any], cuts: list[int]) -> None:
    stream = b"".join(command_bytes(i, "1001", command) for i, command in enumerate(commands))
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    connection = ServerConnection()

    received = [
        one for i in range(len(edges) - 1) for one in connection.receive(stream[edges[i] : edges[i + 1]])
    ]

    assert received == [CommandReceived(i, "1001", command) for i, command in enumerate(commands)]
    assert connection.pending_bytes == 0


def test_buffer_that_is_one_frame_after_half_of_another_is_what_the_other_lacked() -> None:
    """A value may hold what looks like a frame."""
    inner = frame(b"\xc0")
    outer = frame(pack(envelope(args={"sessionID": inner.decode("latin-1")})))
    cut = outer.index(pack(inner.decode("latin-1"))) + 1
    frames = FrameDecoder()

    assert list(frames.feed(outer[:cut])) == []
    assert frames.whole(inner) is None
    assert frames.whole(outer) is None
    assert list(frames.feed(outer[cut:])) == [outer[4:]]
    assert frames.whole(outer) == outer[4:]


@given(data=st.binary(max_size=20) | st.binary(min_size=1, max_size=20).map(frame))
def test_buffer_is_taken_whole_only_if_cutting_it_gives_that_one_value(data: bytes) -> None:
    value = FrameDecoder().whole(data)

    if value is not None:
        assert list(FrameDecoder().feed(data)) == [value]
        assert len(data) == 4 + len(value)


def test_stream_byte_by_byte_gives_the_same_messages() -> None:
    stream = b"".join(one.frame for one in EXAMPLES if one.name in COMMANDS)
    whole = list(ServerConnection().receive(stream))
    connection = ServerConnection()

    pieces = [one for i in range(len(stream)) for one in connection.receive(stream[i : i + 1])]

    assert pieces == whole
    assert [type(one.command).__name__ for one in whole if isinstance(one, CommandReceived)] == [*COMMANDS]


def test_messages_not_taken_come_the_next_time() -> None:
    connection = ServerConnection()
    first = next(connection.receive(HOLD_BYTES * 3 + HOLD_BYTES[:5]))

    assert [first, *connection.receive(HOLD_BYTES[5:])] == [CommandReceived(1, "1001", HOLD)] * 4


# -- damage ----------------------------------------------------------------------------------------


def outcome(connection: ServerConnection | ClientConnection, data: bytes) -> None:
    """Nothing but messages and protocol errors of one short line may come of bytes."""
    fault = ""
    try:
        list(connection.receive(data))
    except RemoteProtocolError as error:
        fault = str(error)
    assert len(fault) < 400
    assert "\n" not in fault


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_frame_with_a_bit_flipped_is_a_message_or_a_protocol_error(one: Any) -> None:
    for position in range(len(one.frame)):
        for bit in (0x01, 0x10, 0x80):
            damaged = bytearray(one.frame)
            damaged[position] ^= bit
            outcome(ServerConnection(), bytes(damaged))
            outcome(ClientConnection(), bytes(damaged))


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_frame_cut_off_at_any_byte_waits_for_the_rest(one: Any) -> None:
    connection_class = ServerConnection if one.name in COMMANDS else ClientConnection
    for position in range(len(one.frame)):
        connection = connection_class()
        assert list(connection.receive(one.frame[:position])) == []
        assert connection.pending_bytes == position
        assert len(list(connection.receive(one.frame[position:]))) == 1


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_value_cut_off_inside_of_its_frame_is_a_protocol_error(one: Any) -> None:
    connection_class = ServerConnection if one.name in COMMANDS else ClientConnection
    value = one.frame[4:]
    for length in range(1, len(value)):
        with pytest.raises(RemoteProtocolError):
            list(connection_class().receive(frame(value[:length])))


@given(data=st.binary(max_size=300))
def test_random_bytes_are_messages_or_a_protocol_error(data: bytes) -> None:
    outcome(ServerConnection(), data)
    outcome(ClientConnection(), data)


@given(value=wire.trees())
def test_random_value_is_a_message_or_a_protocol_error(value: Any) -> None:
    outcome(ServerConnection(), frame(pack(value)))
    outcome(ClientConnection(), frame(pack(value)))


@given(
    name=st.sampled_from([*COMMANDS]),
    args=st.dictionaries(
        st.sampled_from(["sessionID", "agentState", "contactNumber", "agentSkills", "version", "pwd"]),
        wire.trees(),
    ),
)
def test_random_arguments_are_received_or_refused_with_a_code_of_the_command(
    name: str, args: dict[str, Any]
) -> None:
    (received,) = at_server(envelope(name=name, args=args))

    if isinstance(received, CommandRefused):
        assert (received.request_id, received.agent_id, received.name) == (1, "1001", name)
        assert received.code in {*COMMANDS[name].codes, 9008, 9010}
    else:
        assert type(received.command) is COMMANDS[name].cls


@pytest.mark.parametrize("length", [0, MAX_VALUE_BYTES + 1, 2**31, 2**32 - 1])
def test_length_not_allowed_is_refused_before_its_bytes_come(length: int) -> None:
    connection = ServerConnection()
    with pytest.raises(RemoteProtocolError, match=f"claims {length} bytes"):
        list(connection.receive(length.to_bytes(4)))


def test_value_of_the_largest_length_is_received_and_a_byte_more_cannot_be_sent() -> None:
    room = MAX_VALUE_BYTES - len(command_bytes(1, "1001", c.AGTAddAgentNote("x" * 300))) + 4 + 300
    note = c.AGTAddAgentNote("x" * room)

    data = command_bytes(1, "1001", note)

    assert len(data) == MAX_VALUE_BYTES + 4
    assert list(ServerConnection().receive(data)) == [CommandReceived(1, "1001", note)]
    with pytest.raises(ValueError, match="does not fit a frame"):
        command_bytes(1, "1001", c.AGTAddAgentNote("x" * (room + 1)))


@pytest.mark.parametrize(
    "bad",
    [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", frame(b"\xc1"), frame(pack(envelope(id=None)))],
    ids=["empty frame", "long frame", "no value", "no id"],
)
def test_connection_after_a_fault_gives_that_fault_again_and_no_message(bad: bytes) -> None:
    connection = ServerConnection()
    received = []
    with pytest.raises(RemoteProtocolError) as first:
        received.extend(connection.receive(HOLD_BYTES + bad + HOLD_BYTES))
    with pytest.raises(RemoteProtocolError) as second:
        received.extend(connection.receive(HOLD_BYTES))

    assert str(first.value) == str(second.value)
    assert received == [CommandReceived(1, "1001", HOLD)]


def test_messages_before_a_fault_are_received() -> None:
    stream = ServerConnection().receive(HOLD_BYTES + b"\x00\x00\x00\x00")

    assert next(stream) == CommandReceived(1, "1001", HOLD)
    with pytest.raises(RemoteProtocolError):
        next(stream)


def test_frame_decoder_fed_again_after_a_fault_stays_with_it() -> None:
    frames = FrameDecoder()
    for data in (b"\x00\x00\x00\x00", HOLD_BYTES):
        with pytest.raises(RemoteProtocolError):
            list(frames.feed(data))


# -- envelopes the server is sent --------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="list"),
        pytest.param("AGTHoldCall", id="string"),
        pytest.param(None, id="nil"),
        pytest.param({}, id="empty map"),
        pytest.param(envelope(name=None), id="no name"),
        pytest.param(envelope(name=""), id="empty name"),
        pytest.param(envelope(name=7), id="name no string"),
        pytest.param(envelope(id=None), id="no id"),
        pytest.param(envelope(id="1"), id="id a string"),
        pytest.param(envelope(id=True), id="id a boolean"),
        pytest.param(envelope(id=1.0), id="id a float"),
        pytest.param(envelope(id=-1), id="id below 0"),
        pytest.param(envelope(id=2**53), id="id too large"),
        pytest.param(envelope(agentID=1001), id="agentID no string"),
        pytest.param(envelope(agentID="x" * (MAX_AGENT_ID_CHARACTERS + 1)), id="agentID too long"),
        pytest.param(envelope(args=[]), id="args a list"),
        pytest.param(envelope() | {"args": None}, id="args nil"),
        pytest.param(envelope(args={"sessionID": 7.5}), id="float in an argument"),
        pytest.param(envelope(args={"sessionID": float("nan")}), id="NaN in an argument"),
        pytest.param(envelope(args={"sessionID": b""}), id="binary in an argument"),
        pytest.param(envelope(args={"sessionID": "s", "new": 7.5}), id="float in an unknown argument"),
        pytest.param(envelope(name="AGTNoSuch", args={"new": 7.5}), id="float for an unknown command"),
        pytest.param(envelope(agentID=None, args={"sessionID": 1.5}), id="float and no agent"),
        pytest.param(envelope(new=7.5), id="float beside the known keys"),
        pytest.param(envelope(new=[{"a": [b""]}]), id="binary beside the known keys"),
        pytest.param(envelope(new=2**53), id="integer beyond 53 bits beside the known keys"),
        pytest.param(envelope(args={"sessionID": "s", "new": -(2**53)}), id="integer far below 0"),
        pytest.param(envelope(name="AGTNoSuch", args={"new": [2**63]}), id="integer for an unknown command"),
        pytest.param(envelope(args={"sessionID": 2**60}), id="integer beyond 53 bits in an argument"),
    ],
)
def test_envelope_that_is_unusable_is_a_protocol_error(value: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        at_server(value)


def test_nesting_as_deep_as_msgpack_bears_is_a_protocol_error_wherever_it_is() -> None:
    deep: Any = 0
    for _ in range(500):
        deep = [deep]
    for value in (
        deep,
        envelope(new=deep),
        envelope(args={"sessionID": deep}),
        envelope(args={"sessionID": "s", "new": deep}),
        envelope(name="AGTNoSuch", args={"new": deep}),
    ):
        with pytest.raises(RemoteProtocolError):
            at_server(value)


@given(st.lists(wire.instances(s.KeyValuePair), max_size=20), st.integers(0, MAX_INT), AGENTS)
def test_list_that_is_kept_is_sent_as_any_other(pairs: list[Any], request_id: int, agent_id: str) -> None:
    plain, kept = tuple(pairs), Kept(pairs)
    for _ in range(2):
        data = response_bytes(request_id, agent_id, c.AGTGetTimezonesRESP(ResultCode.SUCCESS, plain))
        assert data == response_bytes(request_id, agent_id, c.AGTGetTimezonesRESP(ResultCode.SUCCESS, kept))


def test_envelope_with_keys_unknown_is_received() -> None:
    assert at_server(envelope(trace="abc", hops=[1, {"a": None}])) == [CommandReceived(1, "1001", HOLD)]


@pytest.mark.parametrize("request_id", [0, MAX_INT])
def test_id_at_either_end_of_its_range_is_received(request_id: int) -> None:
    assert at_server(envelope(id=request_id)) == [CommandReceived(request_id, "1001", HOLD)]


def test_command_without_args_or_agent_where_none_are_needed_is_received() -> None:
    assert at_server({"name": "AGTGetZoneList", "id": 0}) == [CommandReceived(0, "", c.AGTGetZoneList())]


@pytest.mark.parametrize("spec", list(COMMANDS.values()), ids=lambda spec: spec.name)
def test_command_of_an_agent_without_agent_is_refused_and_others_are_received(spec: Any) -> None:
    example = next(one for one in EXAMPLES if one.name == spec.name)

    (received,) = at_server(example.json | {"agentID": ""})

    if spec.for_agent:
        assert isinstance(received, CommandRefused)
        assert received.code is ResultCode.TOO_FEW_ARGUMENTS
        assert "agentID" in received.why
    else:
        assert isinstance(received, CommandReceived)


def test_command_of_an_unknown_name_is_refused_with_its_name_cut() -> None:
    (received,) = at_server(envelope(name="X" * 10_000))

    assert received == CommandRefused(
        1, "1001", "X" * MAX_NAME_CHARACTERS, ResultCode.UNKNOWN_COMMAND, "there is no command of this name"
    )


def test_names_of_commands_are_read_with_regard_to_case() -> None:
    (received,) = at_server(envelope(name="agtholdcall"))

    assert isinstance(received, CommandRefused)
    assert received.code is ResultCode.UNKNOWN_COMMAND


def test_connection_goes_on_after_a_refusal() -> None:
    refused = frame(pack(envelope(args={})))

    kinds = [type(one) for one in ServerConnection().receive(HOLD_BYTES + refused + HOLD_BYTES)]

    assert kinds == [CommandReceived, CommandRefused, CommandReceived]


# -- what the client is sent -------------------------------------------------------------------------


def test_refusal_of_a_known_command_is_a_response_with_nothing_but_its_result() -> None:
    data = refusal_bytes(7, "1001", "AGTHoldCall", ResultCode.BAD_DATA)

    expected = c.AGTHoldCallRESP(ResultCode.BAD_DATA)
    assert list(ClientConnection().receive(data)) == [ResponseReceived(7, "1001", expected)]


def test_refusal_of_an_unknown_command_of_any_length_is_told_as_unknown() -> None:
    data = refusal_bytes(7, "1001", "X" * 15_990, ResultCode.UNKNOWN_COMMAND)

    (received,) = ClientConnection().receive(data)

    assert received == UnknownReceived("X" * MAX_NAME_CHARACTERS, 7, "1001", ResultCode.UNKNOWN_COMMAND)


def test_notification_of_a_newer_server_is_told_as_unknown() -> None:
    value = {"name": "AGTNews", "agentID": "1001", "args": {"headline": "x"}}

    assert at_client(value) == [UnknownReceived("AGTNews", None, "1001", None)]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"name": "AGTHoldCallRESP", "id": "7", "args": {"result": 0}}, id="id a string"),
        pytest.param({"name": "AGTHoldCallRESP", "id": True, "args": {"result": 0}}, id="id a boolean"),
        pytest.param({"name": "AGTHoldCallRESP", "id": 7, "args": {}}, id="no result"),
        pytest.param({"name": "AGTHoldCallRESP", "id": 7, "args": {"result": 4}}, id="no such code"),
        pytest.param({"name": "AGTXRESP", "id": 7, "args": {"result": "0"}}, id="unknown, bad result"),
        pytest.param({"name": "AGTNews", "args": {"x": 1.5}}, id="unknown, with a float"),
        pytest.param({"name": "AGTNews", "args": {"x": 2**53}}, id="unknown, with an integer too large"),
        pytest.param({"name": "AGTNews", "args": {}, "new": -(2**53)}, id="an integer far below 0"),
        pytest.param({"name": "AGTHoldCallRESP", "id": 7, "args": {"result": 0, "new": 2**53}}, id="known"),
        pytest.param({"name": "AGTStateChangedNotify", "args": {"agentState": "Asleep"}}, id="bad enum"),
        pytest.param({"name": "AGTStateChangedNotify", "args": {}}, id="nothing in it"),
    ],
)
def test_message_of_the_server_that_is_unusable_is_a_protocol_error(value: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        at_client(value)


def test_response_without_id_is_taken_for_no_response() -> None:
    value = {"name": "AGTHoldCallRESP", "args": {"result": 0}}

    assert at_client(value) == [UnknownReceived("AGTHoldCallRESP", None, "", ResultCode.SUCCESS)]


def test_closing_says_its_reason_and_fits_whatever_the_reason() -> None:
    (received,) = ClientConnection().receive(closing_bytes("why " * 10_000))

    assert received == NotificationReceived("", n.POMConnectionClosed(("why " * 10_000)[:500]))


def test_failed_is_the_response_of_the_command_with_its_code() -> None:
    for spec in COMMANDS.values():
        response = failed(spec, ResultCode.WRONG_STATE)
        assert type(response) is spec.resp
        assert response.result is ResultCode.WRONG_STATE


def test_notification_with_remembered_arguments_keeps_its_own_agent() -> None:
    message = n.AGTCapabilitiesChanged(Capabilities(hold=True))

    for agent_id in ("1001", "1002"):
        (received,) = ClientConnection().receive(notification_bytes(agent_id, message))
        assert received == NotificationReceived(agent_id, message)


def test_states_of_equal_spelling_are_told_apart() -> None:
    assert notification_bytes("a", n.AGTStateChangedNotify(AgentState.Ready)) != notification_bytes(
        "a", n.AGTCallStateChangedNotify(CallState.Idle)
    )
