"""What clients of the HTTP port may take of the server."""

import re

from attrs import frozen

from agentmgr.fields import SECONDS, setting, whole_number

_ORIGIN = re.compile(r"https?://[^\s/?#@;,'\"]+")


def is_origin(value: object) -> bool:
    """Whether a setting is an address as browsers write those of pages, or empty."""
    return type(value) is str and (value == "" or _ORIGIN.fullmatch(value) is not None)


@frozen
class WebLimits:
    """What clients of the HTTP port may take of the server. Times are real seconds."""

    connections: int = setting(
        32,
        whole_number(1, 10_000),
        "How many requests are answered at a time; so many more connections may wait for one.",
    )
    head_bytes: int = setting(
        8_192, whole_number(1_024, 65_536), "How large the head of a request may be that arrives in parts."
    )
    body_bytes: int = setting(1_048_576, whole_number(0, 2**30), "How large the body of a request may be.")
    idle_s: float = setting(
        10.0, SECONDS, "How long the head of a request may take from connecting or from the answer before."
    )
    request_s: float = setting(
        10.0, SECONDS, "How long a request may take after that, and a client to read what was sent."
    )
