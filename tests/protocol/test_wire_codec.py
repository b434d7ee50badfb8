"""Messages to maps and back: exact types, spelled enumerations, and the code each fault is answered with."""

import contextlib
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmgr.testing import strategies as wire
from protocol import commands as c
from protocol import notifications as n
from protocol import structures as s
from protocol.codec import (
    MAX_DEPTH,
    MAX_INT,
    decode_args,
    encode_args,
    pack,
    packed_args,
    unpack,
    unpack_message,
)
from protocol.enums import AgentState, AttributeType, CallState, DestinationType, NailupStatus, WireEnum
from protocol.errors import ArgumentError, RemoteProtocolError
from protocol.examples import example
from protocol.registry import COMMANDS, MAX_LIST_ITEMS, MAX_MAP_KEYS, NOTIFICATIONS, RESPONSES, wire_name
from protocol.results import ResultCode

ALL_MESSAGES = [*(spec.cls for spec in COMMANDS.values()), *RESPONSES.values(), *NOTIFICATIONS.values()]


def over_the_wire(message: Any) -> Any:
    return decode_args(type(message), unpack(pack(encode_args(message))))


@pytest.mark.parametrize("cls", ALL_MESSAGES, ids=lambda cls: cls.__name__)
@settings(max_examples=15)
@given(data=st.data())
def test_message_over_the_wire_is_the_same(cls: type[Any], data: st.DataObject) -> None:
    message = data.draw(wire.instances(cls))

    assert over_the_wire(message) == message


@pytest.mark.parametrize("cls", ALL_MESSAGES, ids=lambda cls: cls.__name__)
def test_message_decoded_has_enum_members_and_tuples(cls: type[Any]) -> None:
    """Equality would let a bare string pass for its enum member, and 1 for True."""
    assert_exact(over_the_wire(example(cls)))


def assert_exact(value: Any) -> None:
    hints = get_type_hints(type(value))
    for attribute in attrs.fields(type(value)):
        tp, inner = hints[attribute.name], getattr(value, attribute.name)
        if inner is None:
            continue
        if get_args(tp) and get_origin(tp) not in (tuple, dict):
            tp = get_args(tp)[0]
        if get_origin(tp) is tuple:
            assert type(inner) is tuple
            tp, items = get_args(tp)[0], inner
        elif get_origin(tp) is dict:
            tp, items = get_args(tp)[1], tuple(inner.values())
        else:
            items = (inner,)
        for item in items:
            assert type(item) is tp, attribute.name
            if attrs.has(tp):
                assert_exact(item)


@given(extra=st.dictionaries(st.text(max_size=8).map(lambda name: f"x-{name}"), wire.trees(), max_size=3))
def test_unknown_fields_are_ignored_at_every_level(extra: dict[str, Any]) -> None:
    message = c.AGTWrapupContact(s.CompletionCode(3, "Sale"), "s-1")
    args = encode_args(message)
    args["completionCode"] |= extra

    assert decode_args(c.AGTWrapupContact, unpack(pack(args | extra))) == message


WHEREVER = {
    "unknown argument": lambda value: {"name": "AGTLogoff", "id": 1, "agentID": "1", "args": {"new": value}},
    "known argument": lambda value: {"name": "AGTHoldCall", "id": 1, "args": {"sessionID": value}},
    "unknown key of a structure": lambda value: {"name": "AGTX", "id": 1, "args": {"code": {"new": value}}},
    "item of a list": lambda value: {"name": "AGTX", "id": 1, "args": {"addressList": [{}, {"key": value}]}},
    "unknown key of the envelope": lambda value: {"name": "AGTLogoff", "id": 1, "new": value},
    "the whole value": lambda value: value,
}
"""Where a value may stand in a message."""
FOREIGN = [7.5, b"", msgpack.ExtType(5, b""), 2**53, -(2**53), 2**63, -(2**63), {b"": 1}]


@pytest.mark.parametrize("foreign", FOREIGN, ids=repr)
@pytest.mark.parametrize("place", WHEREVER.values(), ids=WHEREVER.keys())
@pytest.mark.parametrize("within", [lambda value: value, lambda value: [0, {"a": ["b", value]}]])
def test_what_the_wire_has_not_is_a_protocol_error_wherever_it_stands(
    foreign: Any, place: Any, within: Any
) -> None:
    with pytest.raises(RemoteProtocolError):
        unpack_message(msgpack.packb(place(within(foreign))))


@pytest.mark.parametrize("place", WHEREVER.values(), ids=WHEREVER.keys())
@pytest.mark.parametrize("usual", [MAX_INT, -MAX_INT, "\u0119\u03c0" * 40, None, True, [{}] * 100])
def test_what_the_wire_has_is_read_wherever_it_stands(place: Any, usual: Any) -> None:
    message = place([usual, {"a": usual}])

    assert unpack_message(msgpack.packb(message)) == message


def nested(value: Any) -> int:
    """How many lists and maps are in each other."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(nested, inner), default=0)


@pytest.mark.parametrize("place", WHEREVER.values(), ids=WHEREVER.keys())
@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_nesting_is_counted_from_the_message_wherever_it_is_deep(place: Any, wrap: Any) -> None:
    value: Any = 0
    while nested(place(value)) < MAX_DEPTH:
        value = wrap(value)
    assert unpack_message(pack(place(value))) == place(value)

    with pytest.raises(RemoteProtocolError, match="deep"):
        unpack_message(pack(place(wrap(value))))


@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.text(), st.floats(), st.integers(-(2**63), 2**64 - 1)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_value_is_refused_exactly_if_the_wire_has_it_not(value: Any) -> None:
    def is_foreign(each: Any) -> bool:
        if isinstance(each, list | dict):
            return any(map(is_foreign, each.values() if isinstance(each, dict) else each))
        return isinstance(each, float) or (type(each) is int and abs(each) > MAX_INT)

    if is_foreign(value) or nested(value) > MAX_DEPTH:
        with pytest.raises(RemoteProtocolError):
            unpack_message(pack(value))
    else:
        assert unpack_message(pack(value)) == value


# -- enumerations --------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", ["ready", "READY", "rEADY", "Ready"])
def test_enum_in_a_field_in_any_case_is_read(spelled: str) -> None:
    assert decode_args(c.AGTStateChange, {"agentState": spelled}).agent_state is AgentState.Ready


@pytest.mark.parametrize("spelled", ["PENDINGNAILUP", "PendingNailup", "pendingnailup", "PendingNailUp"])
def test_enum_inside_a_structure_in_any_case_is_read(spelled: str) -> None:
    status = {"agentState": "notready", "callState": "WRAPUP", "nailupStatus": spelled}

    decoded = decode_args(c.GetAgentStatusResponse, {"status": status}).status

    assert decoded == s.AgentStatus(AgentState.NotReady, CallState.Wrapup, NailupStatus.PendingNailUp)
    assert type(decoded.nailup_status) is NailupStatus


def test_enum_in_a_list_and_in_an_optional_in_any_case_is_read() -> None:
    types = decode_args(c.AGTGetConsultTypesRESP, {"result": 0, "destinationTypes": ["AGENT", "external"]})
    change = decode_args(c.AGTStateChangeRESP, {"result": 0, "agentState": "pendingnotready"})
    dnc = decode_args(c.AGTAddToDNC, {"addressList": [{"key": "k", "attributeType": "Masked_Write"}]})

    assert types.destination_types == (DestinationType.Agent, DestinationType.External)
    assert [type(member) for member in types.destination_types] == [DestinationType] * 2
    assert change.agent_state is AgentState.PendingNotReady
    assert dnc.address_list[0].attribute_type is AttributeType.MASKED_WRITE


@pytest.mark.parametrize("cls", WireEnum.__subclasses__(), ids=lambda cls: cls.__name__)
def test_every_enum_member_is_read_in_any_case_and_written_as_spelled(cls: type[WireEnum]) -> None:
    for member in cls:
        assert member.value == member.name
        for spelled in (member.value, member.value.upper(), member.value.lower()):
            assert cls.parse(spelled) is member


def test_enum_written_is_spelled_as_in_the_api() -> None:
    args = unpack(pack(encode_args(n.AGTNailupChange(NailupStatus.PendingNailUp))))

    assert args == {"nailupStatus": "PendingNailUp"}
    assert type(args["nailupStatus"]) is str


@pytest.mark.parametrize("wrong", ["Redy", "", " Ready", "Ready ", 1, None, True, ["Ready"], {"Ready": 1}])
def test_enum_that_does_not_exist_is_malformed(wrong: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        decode_args(c.AGTStateChange, {"agentState": wrong})

    assert caught.value.code is ResultCode.BAD_DATA
    assert "agentState" in str(caught.value)


def test_enum_that_does_not_exist_is_told_with_those_that_do_and_cut() -> None:
    with pytest.raises(ArgumentError) as caught:
        decode_args(c.AGTStateChange, {"agentState": "x" * 15_000})

    assert "Ready, NotReady, PendingNotReady" in str(caught.value)
    assert len(str(caught.value)) < 200


# -- exact types ---------------------------------------------------------------------------------

ONE_OF_EACH = {
    "nil": None,
    "string": "7",
    "integer": 7,
    "boolean": True,
    "float": 7.9,
    "list": ["7"],
    "map": {"7": 7},
    "binary": b"7",
}
"""One value of every type that msgpack has."""


def fitting(tp: Any) -> set[str]:
    """Which of them are values of a type, apart from what they hold."""
    if get_args(tp) and get_origin(tp) not in (tuple, dict):
        return {"nil"} | fitting(get_args(tp)[0])
    simple = {str: {"string"}, int: {"integer"}, bool: {"boolean"}, ResultCode: {"integer"}}
    if tp in simple:
        return simple[tp]
    return {tuple: {"list"}, dict: {"map"}}.get(get_origin(tp) or tp) or (
        {"string"} if issubclass(tp, WireEnum) else {"map"}
    )


FIELDS = [
    pytest.param(spec.cls, attribute, id=f"{spec.name}.{wire_name(attribute)}")
    for spec in COMMANDS.values()
    for attribute in attrs.fields(spec.cls)
]


@pytest.mark.parametrize(("cls", "attribute"), FIELDS)
def test_argument_of_a_wrong_type_gives_its_own_code(cls: type[Any], attribute: Any) -> None:
    fits = fitting(get_type_hints(cls)[attribute.name])
    for kind, value in ONE_OF_EACH.items():
        if kind in fits:
            continue
        with pytest.raises(ArgumentError) as caught:
            decode_args(cls, encode_args(example(cls)) | {wire_name(attribute): value})
        assert caught.value.code is attribute.metadata["invalid"], kind
        assert f"{cls.__name__}.{wire_name(attribute)}" in str(caught.value)


@pytest.mark.parametrize(("cls", "attribute"), FIELDS)
def test_argument_left_out_takes_its_default_or_gives_9010(cls: type[Any], attribute: Any) -> None:
    args = encode_args(example(cls))
    del args[wire_name(attribute)]

    if attribute.default is attrs.NOTHING:
        with pytest.raises(ArgumentError) as caught:
            decode_args(cls, args)
        assert caught.value.code is ResultCode.TOO_FEW_ARGUMENTS
        assert wire_name(attribute) in str(caught.value)
    else:
        assert getattr(decode_args(cls, args), attribute.name) == attribute.default


INVALID_CODES = {
    ("AGTLogon", "locale"): 13,
    ("AGTLogon", "timeZone"): 15,
    ("AGTLogon", "zoneName"): 12,
    ("AGTSendDTMF", "dtmf"): 341,
    ("AGTRedial", "contactNumber"): 362,
    ("AGTPreviewDial", "contactNumber"): 362,
    ("AGTConsultCall", "destination"): 143,
    ("AGTGetCallbackDestsForType", "callbackType"): 221,
    ("AGTCreateCallback", "callbackType"): 485,
    ("AGTCreateCallback", "callbackTime"): 486,
    ("AGTCreateCallback", "callbackExpiryTime"): 487,
    ("AGTCreateCallback", "callbackTimezone"): 488,
    ("AGTSetCustomerDetail", "keyValuePair"): 642,
    ("AGTAddAgentNote", "agentNote"): 561,
    ("AGTAddToDNC", "addressList"): 623,
    ("AGTIsInDNC", "addressValue"): 624,
}


@pytest.mark.parametrize(("cls", "attribute"), FIELDS)
def test_argument_malformed_has_the_code_of_the_contract(cls: type[Any], attribute: Any) -> None:
    name = (cls.__name__, wire_name(attribute))

    assert attribute.metadata["invalid"] == INVALID_CODES.get(name, 9008)
    assert name not in INVALID_CODES or attribute.metadata["invalid"] in COMMANDS[cls.__name__].codes


def test_missing_argument_is_told_before_a_malformed_one() -> None:
    with pytest.raises(ArgumentError) as caught:
        decode_args(c.AGTWrapupContact, {"completionCode": 7})

    assert caught.value.code is ResultCode.TOO_FEW_ARGUMENTS


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"completionCode": {}}, "lacks codeID"),
        ({"completionCode": {"codeID": "3"}}, "an integer is needed, not a string"),
        ({"completionCode": {"codeID": 2**53}}, "53 bits"),
        ({"completionCode": {"codeID": -(2**53)}}, "53 bits"),
        ({"completionCode": {"codeID": True}}, "not a boolean"),
        ({"completionCode": {"codeID": 3, "codeValue": None}}, "not nil"),
    ],
)
def test_fault_inside_a_structure_is_the_fault_of_its_field(args: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError, match=told) as caught:
        decode_args(c.AGTWrapupContact, args | {"sessionID": "s-1"})

    assert caught.value.code is ResultCode.BAD_DATA


def test_fault_of_one_item_is_the_fault_of_the_list() -> None:
    with pytest.raises(ArgumentError) as caught:
        decode_args(c.AGTAddToDNC, {"addressList": [{"key": "phone1"}, {"value": "x"}]})

    assert caught.value.code is ResultCode.DNC_INVALID


@pytest.mark.parametrize("number", [MAX_INT, -MAX_INT, 0, -1])
def test_integer_within_53_bits_is_taken(number: int) -> None:
    assert decode_args(c.AGTGetErrorString, {"errorCode": number}).error_code == number


def test_optional_left_out_and_nil_are_the_same_and_none_is_not_written() -> None:
    bare = {"result": 0}

    assert decode_args(c.AGTHoldCallRESP, bare) == decode_args(c.AGTHoldCallRESP, bare | {"sessionID": None})
    assert encode_args(c.AGTHoldCallRESP(ResultCode.SUCCESS)) == bare


def test_default_that_is_not_none_is_written() -> None:
    assert encode_args(s.CompletionCode(3)) == {"codeID": 3, "codeValue": ""}


@pytest.mark.parametrize("result", [-5, 4, 18, 10_000, "0", True, None, 0.0])
def test_result_that_is_no_code_is_refused(result: Any) -> None:
    with pytest.raises(ArgumentError):
        decode_args(c.AGTHoldCallRESP, {"result": result})


@pytest.mark.parametrize("zones", [None, [], "Default", {"Default": None}, {"Default": {"port": 1}}])
def test_directory_that_is_no_map_of_addresses_is_refused(zones: Any) -> None:
    with pytest.raises(ArgumentError, match="zones"):
        decode_args(c.GetPAMForZoneRESP, {"result": 0, "zones": zones})


def test_malformed_argument_among_optional_ones_left_out_is_found() -> None:
    with pytest.raises(ArgumentError, match=r"AGTStateChange\.hasWalkedAway"):
        decode_args(c.AGTStateChange, {"agentState": "Ready", "hasWalkedAway": "yes"})


def test_directory_with_a_key_that_is_no_string_is_refused() -> None:
    address = {"ipAddress": "192.0.2.1", "port": 1}

    with pytest.raises(ArgumentError):
        decode_args(c.GetPAMForZoneRESP, {"result": 0, "zones": {b"": address}})


@given(message=wire.instances(n.AGTCapabilitiesChanged))
def test_packed_args_is_what_packing_the_arguments_gives(message: Any) -> None:
    assert packed_args(message) == packed_args(message) == pack(encode_args(message))


def test_packed_args_tells_messages_of_equal_content_apart() -> None:
    one, other = n.AGTStateChangedNotify(AgentState.Ready), c.AGTStateChange(AgentState.Ready)

    assert packed_args(one) != packed_args(other)


def test_password_is_not_in_the_representation() -> None:
    assert "topsecret" not in repr(attrs.evolve(example(c.AGTLogon), pwd="topsecret"))


# -- one msgpack value ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xc1", id="byte that msgpack never uses"),
        pytest.param(b"\x01\x01", id="bytes after the value"),
        pytest.param(b"\x82\xa1a\x01\xa1a\x02", id="same key twice"),
        pytest.param(b"\x81\xa1x\x82\xa1a\x01\xa1a\x01", id="same key twice, further in"),
        pytest.param(b"\x82\xd9\x01a\x01\xa1a\x01", id="same key twice, once in a longer form"),
        pytest.param(b"\x81\x01\x01", id="integer key"),
        pytest.param(b"\x81\xc0\x01", id="nil key"),
        pytest.param(b"\x81\x90\x01", id="list as key"),
        pytest.param(b"\x81\xc4\x01a\x01", id="binary key"),
        pytest.param(b"\xc4\x01a", id="binary"),
        pytest.param(b"\xd4\x05a", id="extension"),
        pytest.param(msgpack.packb(msgpack.Timestamp(1)), id="timestamp"),
        pytest.param(b"\xa2\xff\xff", id="bad UTF-8"),
        pytest.param(b"\xa3\xed\xa0\x80", id="surrogate in UTF-8"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="map of 2^32-1"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="list of 2^32-1"),
        pytest.param(b"\xdd\x00\x0f\x42\x40" + b"\x01" * 15_000, id="list of a million"),
        pytest.param(b"\xdb\xff\xff\xff\xff", id="string of 2^32-1"),
        pytest.param(b"\xc6\xff\xff\xff\xff", id="binary of 2^32-1"),
        pytest.param(b"\xc9\xff\xff\xff\xff\x05", id="extension of 2^32-1"),
        pytest.param(b"\x91" * 15_999 + b"\x01", id="nested as deep as a frame is long"),
        pytest.param(pack(list(range(MAX_LIST_ITEMS + 1))), id="a list item too many"),
        pytest.param(pack({str(i): i for i in range(MAX_MAP_KEYS + 1)}), id="a key too many"),
    ],
)
def test_value_that_the_wire_has_not_is_a_protocol_error(value: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        unpack(value)

    assert len(str(caught.value)) < 250


def test_value_that_is_not_in_its_shortest_form_is_read() -> None:
    assert unpack(b"\xde\x00\x02\xd9\x01a\xd0\x01\xa1b\xdc\x00\x01\xcd\x00\x02") == {"a": 1, "b": [2]}


def test_list_and_map_as_long_as_allowed_are_read() -> None:
    items, pairs = list(range(MAX_LIST_ITEMS)), {str(i): i for i in range(MAX_MAP_KEYS)}

    assert unpack(pack(items)) == items
    assert unpack(pack(pairs)) == pairs


@given(data=st.binary(max_size=200))
def test_random_bytes_are_a_value_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        unpack(data)
