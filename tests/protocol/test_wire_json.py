"""Messages as texts of JSON: the same values as their frames have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import MAX_DEPTH
from protocol.connection import ServerConnection, closing_bytes
from protocol.errors import RemoteProtocolError
from protocol.examples import Example, all_examples
from protocol.framing import frame
from protocol.json_form import MAX_CHARACTERS, frame_of, texts_of
from protocol.registry import MAX_VALUE_BYTES


@pytest.mark.parametrize("one", [*all_examples()], ids=lambda one: one.name)
def test_every_message_is_the_same_both_ways(one: Example) -> None:
    assert [json.loads(text) for text in texts_of(one.frame)] == [one.json]
    assert frame_of(json.dumps(one.json)) == one.frame


def test_several_frames_are_as_many_texts() -> None:
    frames = closing_bytes("one") + closing_bytes("zwölf 十二 \u202e \n")
    reasons = [json.loads(text)["args"]["reason"] for text in texts_of(frames)]
    assert reasons == ["one", "zwölf 十二 \u202e \n"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"name":"POMClientAlive","id":1,"id":2}',
        '{"name":"POMClientAlive","id":1.0}',
        '{"name":"POMClientAlive","id":1e3}',
        '{"name":"POMClientAlive","id":NaN}',
        '{"name":"POMClientAlive","id":-Infinity}',
        '{"name":"POMClientAlive","id":18446744073709551616}',
        f'{{"name":"POMClientAlive","id":{"9" * 10_000}}}',
        '{"name":"\\ud800","id":1}',
        '{"name":"POMClientAlive","id":1} {}',
        "[" * 20_000,
        "\0",
    ],
    ids=lambda text: text[:30],
)
def test_text_that_stands_for_no_frame_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="not one usable value of JSON"):
        frame_of(text)


def test_text_that_is_too_long_is_not_read() -> None:
    assert frame_of('"' + "a" * (MAX_CHARACTERS - 2) + '"')
    with pytest.raises(RemoteProtocolError, match=str(MAX_CHARACTERS)):
        frame_of('"' + "a" * (MAX_CHARACTERS - 1) + '"')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("7", "must be a map"),
        ("null", "must be a map"),
        ('{"id":1}', "no name"),
        ('{"name":"POMClientAlive"}', "no id"),
        ('{"name":"POMClientAlive","id":9007199254740992}', "53 bits"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than"),
        (json.dumps("x" * MAX_VALUE_BYTES), "a frame claims"),
        (json.dumps(dict.fromkeys(map(str, range(257)))), "usable msgpack value"),
    ],
)
def test_limits_are_those_of_frames(text: str, why: str) -> None:
    with pytest.raises(RemoteProtocolError, match=why):
        list(ServerConnection().receive(frame_of(text)))


@given(st.text(max_size=200))
def test_whatever_text_comes_is_a_frame_or_refused(text: str) -> None:
    try:
        made = frame_of(text)
    except RemoteProtocolError:
        return
    assert frame(made[4:]) == made
