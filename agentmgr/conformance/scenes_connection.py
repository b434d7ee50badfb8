"""Scenarios of the connection: how it begins, what may be asked on it, and what ends it."""

from itertools import cycle, pairwise

from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.raw import RawLine
from agentmgr.conformance.registry import Scenarios
from agentmgr.conformance.stage import Stage
from agentmgr.conformance.transcript import Kind
from protocol import commands as c
from protocol.codec import encode_args, pack
from protocol.connection import command_bytes
from protocol.enums import AgentState
from protocol.examples import example
from protocol.framing import frame
from protocol.registry import COMMANDS, MAX_VALUE_BYTES, VERSION
from protocol.results import ResultCode

SCENES = Scenarios()
NOWHERE = "no-such-zone"


def equal(what: str, got: object, wanted: object) -> None:
    """Raise Deviation unless two values are the same."""
    if got != wanted:
        raise Deviation(f"expected {what} {wanted}, got {got}")


@SCENES.scenario("connect", "7 connect")
async def connect(stage: Stage) -> None:
    """AgentSDKConnected is answered with the directory, then POMAvailable follows for each zone served."""
    raw = await stage.raw()
    entry = await raw.hello()
    response = entry.message
    equal("result of AgentSDKConnected", response.result, 0)
    equal("version", response.version, VERSION)
    zone = stage.target.zone
    if zone not in response.zones:
        raise Deviation(f"expected zone {zone} in the directory, got {sorted(response.zones)}")
    available = await raw.notification("POMAvailable")
    if available.number < entry.number:
        raise Deviation("expected < AgentSDKConnectedRESP then ! POMAvailable, got them the other way round")
    equal("zone of POMAvailable", available.message.zone_name, zone)


@SCENES.scenario("newer-client", "PROTOCOL.md Life of a connection")
async def newer_client(stage: Stage) -> None:
    """A client of a newer version is answered with the server's version, and served by it."""
    raw = await stage.raw()
    asked = c.AgentSDKConnected((), VERSION + 1)
    response = (await raw.response(await raw.send_command(asked))).message
    equal("result of AgentSDKConnected", response.result, 0)
    equal("version", response.version, VERSION)
    equal("result", await raw.result(await raw.send_command(c.AGTGetZoneList())), 0)


@SCENES.scenario("no-such-version", "PROTOCOL.md Life of a connection")
async def no_such_version(stage: Stage) -> None:
    """A version below 1 is refused with 9008 and the server's version; then the connection is closed."""
    for version in (0, -1):
        raw = await stage.raw()
        request_id = await raw.send_command(c.AgentSDKConnected((), version))
        equal("result", await raw.result(request_id), 9008)
        equal("version", (await raw.response(request_id)).message.version, VERSION)
        await raw.notification("POMConnectionClosed")
        await raw.until_closed()


@SCENES.scenario("hello-first", "3 AgentSDKConnected, code 9003")
async def hello_first(stage: Stage) -> None:
    """Whatever comes before AgentSDKConnected is answered 9003, and the connection goes on."""
    raw = await stage.raw()
    for command in (c.AGTGetZoneList(), stage.logon(None), c.POMClientAlive()):
        agent_id = stage.target.agents[0] if COMMANDS[type(command).__name__].for_agent else ""
        equal("result", await raw.result(await raw.send_command(command, agent_id)), 9003)
    equal("result", (await raw.hello()).message.result, 0)


@SCENES.scenario("directory", "3 GetPAMForZone, code 12")
async def directory(stage: Stage) -> None:
    """GetPAMForZone tells where a zone is served, and 12 for a zone that there is not."""
    raw = await stage.raw()
    await raw.hello()
    entry = await raw.response(await raw.send_command(c.GetPAMForZone(stage.target.zone)))
    equal("zones", list(entry.message.zones), [stage.target.zone])
    equal("result", await raw.result(await raw.send_command(c.GetPAMForZone(NOWHERE))), 12)


@SCENES.scenario("zone-list", "3 AGTGetZoneList")
async def zone_list(stage: Stage) -> None:
    """The zones are listed before logon too."""
    raw = await stage.raw()
    await raw.hello()
    entry = await raw.response(await raw.send_command(c.AGTGetZoneList()))
    if stage.target.zone not in entry.message.zone_list:
        raise Deviation(f"expected {stage.target.zone} among the zones, got {entry.message.zone_list}")


@SCENES.scenario("error-texts", "3 AGTGetErrorString and AGTGetErrorInfo, code 1001")
async def error_texts(stage: Stage) -> None:
    """Every result code has a text; an unknown one is 1001."""
    raw = await stage.raw()
    await raw.hello()
    for code in ResultCode:
        entry = await raw.response(await raw.send_command(c.AGTGetErrorString(int(code))))
        if entry.message.result != 0 or not entry.message.error_msg:
            raise Deviation(f"expected a text for code {int(code)}, got {entry}")
    entry = await raw.response(await raw.send_command(c.AGTGetErrorInfo(103, "AGTHoldCall")))
    info = entry.message.error_info
    equal("code and command", (info.error_code, info.api_name), (103, "AGTHoldCall"))
    for command in (c.AGTGetErrorString(999_999), c.AGTGetErrorInfo(999_999, "AGTHoldCall")):
        equal("result", await raw.result(await raw.send_command(command)), 1001)


@SCENES.scenario("unknown-command", "3 code 9011, 4 AGTInvalidCommandName")
async def unknown_command(stage: Stage) -> None:
    """An unknown name is answered 9011, with AGTInvalidCommandName; the connection goes on."""
    raw = await stage.raw()
    await raw.hello()
    request_id = await raw.send("AGTMakeCoffee", {"sugar": 2}, "1001")
    equal("result", await raw.result(request_id), 9011)
    equal("name of the RESP", (await raw.response(request_id)).name, "AGTMakeCoffeeRESP")
    named = await raw.notification("AGTInvalidCommandName", "1001")
    equal("name told", named.message.command_name, "AGTMakeCoffee")
    equal("result", await raw.result(await raw.send_command(c.AGTGetZoneList())), 0)


@SCENES.scenario("arguments", "3 codes 9010 and 9008")
async def arguments(stage: Stage) -> None:
    """A missing argument is 9010, a malformed one 9008 or the code of its own; the connection goes on."""
    raw = await stage.raw()
    await raw.hello()
    agent_id = stage.target.agents[0]
    asked = [
        ("AGTHoldCall", {}, agent_id, 9010),
        ("AGTHoldCall", {"sessionID": "s"}, "", 9010),
        ("AGTHoldCall", {"sessionID": 7}, agent_id, 9008),
        ("AGTHoldCall", {"sessionID": None}, agent_id, 9008),
        ("AGTStateChange", {"agentState": "Sleepy"}, agent_id, 9008),
        ("AGTGetErrorString", {"errorCode": "7"}, "", 9008),
        ("AGTSendDTMF", {"dtmf": 5, "sessionID": "s"}, agent_id, 341),
        ("AGTAddToDNC", {"addressList": "x"}, agent_id, 623),
        ("AGTWrapupContact", {"completionCode": {"codeValue": "x"}, "sessionID": "s"}, agent_id, 9008),
    ]
    for name, args, whose, code in asked:
        result = await raw.result(await raw.send(name, args, whose))
        equal(f"result of {name}({args}) by {whose or 'no agent'}", result, code)


@SCENES.scenario("enum-case", "1 enum input without regard to case", agents=1)
async def enum_case(stage: Stage) -> None:
    """An enum is read without regard to case, and written as the contract spells it."""
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await stage.desk(0)
    await raw.hello(agent_id)
    equal("result", await raw.result(await raw.send_command(stage.logon(None), agent_id)), 0)
    entry = await raw.response(await raw.send("AGTStateChange", {"agentState": "rEADY"}, agent_id))
    equal("result", entry.message.result, 0)
    equal("agent state", entry.message.agent_state.value, "Ready")


@SCENES.scenario("unknown-keys", "PROTOCOL.md Messages")
async def unknown_keys(stage: Stage) -> None:
    """Keys and arguments that the server does not know are ignored."""
    raw = await stage.raw()
    await raw.hello()
    request_id = await raw.send(
        "AGTGetZoneList", {"colour": "blue", "nested": [{"a": 1}]}, extra={"priority": 3, "trace": ["x"]}
    )
    equal("result", await raw.result(request_id), 0)


@SCENES.scenario("pieces", "PROTOCOL.md Frames")
async def pieces(stage: Stage) -> None:
    """A frame may come byte by byte, and several may come at once."""
    raw = await stage.raw()
    await raw.hello()
    message = {"name": "AGTGetZoneList", "id": 900, "agentID": "", "args": {}}
    for byte in frame(pack(message)):
        await raw.send_bytes(bytes([byte]))
    equal("result", await raw.result(900), 0)
    await raw.send_bytes(b"".join(frame(pack({**message, "id": number})) for number in (901, 902, 903)))
    for number in (901, 902, 903):
        equal("result", await raw.result(number), 0)


@SCENES.scenario("heartbeat", "PROTOCOL.md Life of a connection")
async def heartbeat(stage: Stage) -> None:
    """POMClientAlive is answered."""
    raw = await stage.raw()
    await raw.hello()
    equal("result", await raw.result(await raw.send_command(c.POMClientAlive())), 0)


@SCENES.scenario("in-flight", "8 several commands in flight", agents=1)
async def in_flight(stage: Stage) -> None:
    """Many commands of one agent at once: each is answered once, under the id of its command."""
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await stage.desk(0)
    await raw.hello(agent_id)
    await raw.result(await raw.send_command(stage.logon(None), agent_id))
    asked = {}
    for number in range(30):
        command = (c.AGTGetTimezones(), c.AGTGetErrorString(103), c.AGTHoldCall("s"))[number % 3]
        asked[await raw.send_command(command, agent_id)] = f"{type(command).__name__}RESP"
    for request_id, name in asked.items():
        equal(f"RESP to command {request_id}", (await raw.response(request_id)).name, name)
    answers = [e for e in stage.transcript.entries if e.kind is Kind.RESPONSE and e.request_id in asked]
    equal("number of answers", len(answers), len(asked))
    logs = [e.request_id or 0 for e in answers if e.name == "AGTHoldCallRESP"]
    if any(later < earlier for earlier, later in pairwise(logs)):
        raise Deviation(f"expected the commands of one agent to be answered in their order, got {logs}")


@SCENES.scenario("not-logged-on", "3 code 9002", agents=1)
async def not_logged_on(stage: Stage) -> None:
    """Every command of an agent is 9002 before logon."""
    raw = await stage.raw()
    agent_id = stage.target.agents[0]
    await raw.hello(agent_id)
    for name, spec in COMMANDS.items():
        if not spec.for_agent or name == "AGTLogon":
            continue
        result = await raw.result(await raw.send_command(example(spec.cls), agent_id))
        equal(f"result of {name}", result, 9002)


def _envelope(**changes: object) -> bytes:
    message = {"name": "AGTGetZoneList", "id": 2, "agentID": "", "args": {}, **changes}
    return frame(pack({key: value for key, value in message.items() if value is not None}))


def _nested(depth: int) -> list[object]:
    return [_nested(depth - 1)] if depth else []


BAD_FRAMES = {
    "no-length": (b"\x00\x00\x00\x00", "a frame of length 0"),
    "too-long": ((MAX_VALUE_BYTES + 1).to_bytes(4, "big"), "a frame longer than the limit"),
    "garbage": (frame(b"\xc1\xc1\xc1"), "a frame that is no MessagePack"),
    "two-values": (frame(b"\x80\x80"), "two values in one frame"),
    "cut-value": (frame(b"\x82\xa1a"), "a value that ends before its frame does"),
    "no-map": (frame(pack([1, 2])), "a message that is no map"),
    "no-name": (_envelope(name=None), "a message without name"),
    "no-id": (_envelope(id=None), "a command without id"),
    "text-id": (_envelope(id="7"), "an id that is no integer"),
    "negative-id": (_envelope(id=-1), "an id below 0"),
    "number-agent": (_envelope(agentID=1001), "an agentID that is no string"),
    "list-args": (_envelope(args=[1]), "args that are no map"),
    "float": (frame(b"\x81\xa4name\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00"), "a float"),
    "binary": (frame(b"\x81\xa4name\xc4\x01\x00"), "a binary"),
    "key-twice": (frame(b"\x82\xa1a\x01\xa1a\x02"), "a key that comes twice"),
    "deep": (_envelope(args={"a": _nested(20)}), "lists nested too deep"),
    "just-too-deep": (_envelope(args={"a": _nested(14)}), "17 lists and maps in each other"),
    "deep-beside": (_envelope(trace=_nested(15)), "17 lists and maps beside the known keys"),
    "large-number": (_envelope(args={"a": 2**53}), "an unknown argument that is an integer beyond 53 bits"),
    "number-far-below": (_envelope(trace=[{"a": -(2**53)}]), "an integer below -(2^53-1)"),
    "large-code": (
        _envelope(name="AGTGetErrorString", args={"errorCode": 2**63}),
        "an argument that is an integer beyond 53 bits",
    ),
}


async def _bad_frame(stage: Stage, data: bytes) -> None:
    raw = await stage.raw()
    await raw.hello()
    await raw.send_bytes(data + _envelope(id=51))
    closed = await raw.notification("POMConnectionClosed")
    if not closed.message.reason.strip():
        raise Deviation("expected a reason in POMConnectionClosed, got an empty one")
    await raw.until_closed()
    answered = [e for e in stage.transcript.entries if e.kind is Kind.RESPONSE and e.request_id == 51]
    if answered:
        raise Deviation("expected nothing behind the bad frame to be carried out, got an answer to it")
    again = await stage.raw()
    equal("result on a new connection", (await again.hello()).message.result, 0)


@SCENES.scenario("deepest", "PROTOCOL.md Frames")
async def deepest(stage: Stage) -> None:
    """Lists and maps as deep in each other, and integers as large, as the limit allows are ignored."""
    raw = await stage.raw()
    await raw.hello()
    far = {"far": [2**53 - 1, -(2**53) + 1]}
    request_id = await raw.send("AGTGetZoneList", {"new": _nested(13)} | far, extra={"x": _nested(14)} | far)
    equal("result", await raw.result(request_id), 0)


def _add_bad_frames() -> None:
    for name, (data, about) in BAD_FRAMES.items():

        async def play(stage: Stage, data: bytes = data) -> None:
            await _bad_frame(stage, data)

        SCENES.add(
            f"bad-frame-{name}",
            "PROTOCOL.md Errors",
            f"After {about} comes POMConnectionClosed with a reason, and the connection is closed.",
            play,
        )


_add_bad_frames()


async def _many_kinds(stage: Stage, raw: RawLine, end: bytes) -> list[int]:
    """Send 200 commands of kinds that are answered at once and later, and something behind them."""
    agent_id, other = stage.target.agents[:2]
    await stage.desk(0)
    await stage.desk(1)
    await raw.hello(agent_id, other)
    equal("result of AGTLogon", await raw.result(await raw.send_command(stage.logon(None), agent_id)), 0)
    kinds = (
        c.AGTGetTimezones(),
        c.AGTIsInDNC("+442079460123"),
        c.AGTStateChange(AgentState.Ready),
        c.POMClientAlive(),
        c.AGTStateChange(AgentState.NotReady, "1", "Break"),
        c.AGTHoldCall("s"),
        c.AGTSaveAgentForHA(),
        c.AGTGetErrorString(103),
    )
    data, ids = b"", []
    for number, command in zip(range(1000, 1199), cycle(kinds), strict=False):
        data += command_bytes(number, agent_id, command)
        ids.append(number)
    ids.append(1199)
    await raw.send_bytes(data + command_bytes(1199, other, stage.logon(None, pwd="wrong")) + end)
    return ids


async def _all_answered(stage: Stage, raw: RawLine, ids: list[int]) -> None:
    for number in ids:
        await raw.response(number)
    await raw.until_closed()
    mine = [e for e in stage.transcript.entries if e.line == raw.line and e.kind is Kind.RESPONSE]
    again = [e.request_id for e in mine if e.request_id in ids]
    equal("number of answers", len(again), len(ids))
    equal("result of the logon with a wrong password", await raw.result(ids[-1]), 17)


@SCENES.scenario("half-close", "PROTOCOL.md Errors", agents=2)
async def half_close(stage: Stage) -> None:
    """Whoever closes its side behind 200 commands gets all answers, then the close."""
    raw = await stage.raw()
    ids = await _many_kinds(stage, raw, b"")
    await raw.end()
    await _all_answered(stage, raw, ids)


@SCENES.scenario("good-then-bad", "PROTOCOL.md Errors", agents=2)
async def good_then_bad(stage: Stage) -> None:
    """Good commands before a bad frame in one write are answered; then come the reason and the close."""
    raw = await stage.raw()
    ids = await _many_kinds(stage, raw, BAD_FRAMES["garbage"][0])
    await _all_answered(stage, raw, ids)
    closed = await raw.notification("POMConnectionClosed")
    last = (await raw.response(ids[-1])).number
    if closed.number < last:
        raise Deviation("expected all answers before ! POMConnectionClosed, got one behind it")


@SCENES.scenario("flood", "PROTOCOL.md Messages", agents=2)
async def flood(stage: Stage) -> None:
    """A desktop with 600 commands in flight is answered all of them, and others do not wait for that."""
    flooder, other = await stage.raw(), await stage.raw()
    await stage.desk(0)
    agent_id = stage.target.agents[0]
    await flooder.hello(agent_id)
    await other.hello()
    equal("result", await flooder.result(await flooder.send_command(stage.logon(None), agent_id)), 0)
    data = b"".join(command_bytes(n, agent_id, c.AGTGetTimezones()) for n in range(1000, 1600))
    stage.beside(flooder.send_bytes, data)
    await flooder.response(1000)
    asked = await other.send_command(c.POMClientAlive())
    answered = (await other.response(asked)).number
    done = (await flooder.response(1599)).number
    if answered > done:
        raise Deviation("expected < POMClientAliveRESP before a flood of another desktop is over")


@SCENES.scenario("largest-frame", "PROTOCOL.md Frames")
async def largest_frame(stage: Stage) -> None:
    """A frame of exactly the limit is read, once an agent has logged on; before that a smaller one."""
    raw = await stage.raw()
    await raw.hello()
    agent_id = stage.use(0)
    equal("result of AGTLogon", await raw.result(await raw.send_command(stage.logon(None), agent_id)), 0)
    message = {"name": "AGTGetZoneList", "id": 70, "agentID": "", "args": {**encode_args(c.AGTGetZoneList())}}
    room = MAX_VALUE_BYTES - len(pack({**message, "x": ""})) - 2
    value = pack({**message, "x": "y" * room})
    equal("size made", len(value), MAX_VALUE_BYTES)
    await raw.send_bytes(frame(value))
    equal("result", await raw.result(70), 0)
