"""What is generated from the registry: the golden file of the wire, and the reference for people."""

import json
from pathlib import Path

import pytest

from protocol import examples
from protocol.codec import unpack
from protocol.connection import ClientConnection, CommandReceived, ResponseReceived, ServerConnection
from protocol.examples import all_examples, golden
from protocol.framing import HEADER_BYTES
from protocol.reference import Guards, generate
from protocol.registry import COMMANDS, NOTIFICATIONS, RESPONSES
from protocol.results import UNUSED_CODES, ResultCode
from protocol.structures import Capabilities

HERE = Path(__file__).parent
EXAMPLES = list(all_examples())
REFERENCE = generate(
    [("Talking", Capabilities(hold=True, send_dtmf=True))],
    Guards(
        ["Idle", "Talking"],
        [("AGTHoldCall", [ResultCode.HOLD_NO_CALL, None]), ("AGTIsInDNC", [None, None])],
    ),
    [("The wrapup ends.", "`wrapup-time` of the campaign: 60 s")],
)


def section(name: str) -> str:
    """What the reference says under the heading of a message."""
    return REFERENCE.split(f"\n### {name}\n")[1].split("\n### ")[0].split("\n## ")[0]


def test_wire_is_that_of_the_golden_file() -> None:
    """If this fails, desktops out there break: raise VERSION, or undo the change."""
    expected = dict(line.split() for line in (HERE / "golden.txt").read_text().splitlines())

    assert {one.name: one.frame.hex() for one in EXAMPLES} == expected
    assert (HERE / "golden.txt").read_text() == golden()


def test_golden_file_has_every_message_that_is_ever_sent() -> None:
    sent = {one.name for one in EXAMPLES}

    assert sent == (COMMANDS.keys() | RESPONSES.keys() | NOTIFICATIONS.keys()) - examples.NEVER_SENT
    assert len(EXAMPLES) == len(sent)


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_example_is_understood_and_is_what_its_json_says(one: examples.Example) -> None:
    connection = ServerConnection() if one.name in COMMANDS else ClientConnection()
    (received,) = connection.receive(one.frame)

    if isinstance(received, CommandReceived):
        message = received.command
    else:
        message = received.response if isinstance(received, ResponseReceived) else received.notification  # type: ignore[union-attr]  # nothing else is left
    assert type(message).__name__ == one.name
    assert unpack(one.frame[HEADER_BYTES:]) == json.loads(json.dumps(one.json)) == one.json


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_reference_has_the_example_of_every_message_in_json_and_in_hex(one: examples.Example) -> None:
    text = section(one.name.removesuffix("RESP") if one.name in RESPONSES else one.name)

    assert json.dumps(one.json, ensure_ascii=False) in text
    assert one.frame.hex() in text.replace("\n", "")


@pytest.mark.parametrize("spec", list(COMMANDS.values()), ids=lambda spec: spec.name)
def test_reference_tells_the_codes_of_every_command(spec: object) -> None:
    text = section(spec.name)  # type: ignore[attr-defined]  # a CommandSpec

    for code in spec.codes:  # type: ignore[attr-defined]  # a CommandSpec
        assert f"| {int(code)} | {code.text}" in text
        assert (f"| {int(code)} | {code.text} Never sent: " in text) is (code in UNUSED_CODES)


def test_reference_tells_every_code_and_the_matrix_it_is_given() -> None:
    for code in ResultCode:
        assert f"| {int(code)} | {code.severity} | {code.text} |" in REFERENCE
    assert "| Talking | hold, sendDTMF |" in REFERENCE
    assert "Capability matrix" not in generate()


def test_reference_tells_who_never_sends_a_code_and_why() -> None:
    for code, why in UNUSED_CODES.items():
        assert f"| {int(code)} | {code.severity} | {code.text} | nobody: {why} |" in REFERENCE
    assert "9001" not in REFERENCE.split("Every command can be answered with ")[1].splitlines()[0]


def test_reference_tells_which_state_refuses_a_command_and_which_commands_need_no_agent() -> None:
    assert "| [AGTHoldCall](#agtholdcall) | 103 | ✓ |" in REFERENCE
    assert "in their sections: [AGTIsInDNC](#agtisindnc)." in REFERENCE
    assert "[AGTLogon](#agtlogon)" in REFERENCE.split("need no agent that is logged on: ")[1].split("\n")[0]
    assert "Commands by state" not in generate()


def test_reference_tells_the_times_it_is_given() -> None:
    assert "| The wrapup ends. | `wrapup-time` of the campaign: 60 s |" in REFERENCE
    assert "## Times" not in generate()


def test_reference_begins_with_the_list_of_its_sections() -> None:
    title, contents, *sections = REFERENCE.split("\n## ")

    assert title.startswith("# The wire")
    assert contents.startswith("Contents")
    assert [line.removeprefix("- [").split("]")[0] for line in contents.splitlines() if line[:1] == "-"] == [
        section.splitlines()[0] for section in sections
    ]


def test_reference_has_an_index_of_all_notifications_structures_and_enumerations() -> None:
    index = REFERENCE.split("## Index of notifications")[1].split("\n## Enumerations\n")[0]

    for name in (*NOTIFICATIONS, "Contact", "Capabilities", "CallState"):
        assert f"| [{name}](#{name.lower()}) |" in index


def test_reference_tells_what_a_field_is_and_what_it_takes() -> None:
    assert "| `codeID` | integer | **needed** |" in section("CompletionCode")
    assert "| `contactNumbers` | list of [ContactNumber](#contactnumber) | empty |" in section("Contact")
    assert "| `zones` | map of string to [SocketInfo](#socketinfo) | empty |" in section("GetPAMForZone")
    assert "| `locale` | string | **needed** | of the desktop; may be empty | 13 |" in section("AGTLogon")
    assert "| `name` | string | `ExternalNumber` |" in section("ContactNumber")
    assert "| `level` | integer | 1 |" in section("AgentSkill")
    assert "| `isDefault` | boolean | false |" in section("ContactNumber")
    assert "| `orgName` | string | nothing |" in section("AGTLogon")


def test_reference_links_only_to_headings_that_exist() -> None:
    headings = {
        line.lstrip("# ").lower().replace(" ", "-") for line in REFERENCE.splitlines() if line.startswith("#")
    }
    links = {part.split(")")[0] for part in REFERENCE.split("](#")[1:]}

    assert links <= headings
