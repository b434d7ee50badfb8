"""How much connections may take of the server before they are slowed down, turned away or closed."""

from attrs import frozen

from agentmgr.fields import SECONDS, number, setting, whole_number
from agentmgr.tls.settings import HANDSHAKE_S
from protocol.registry import MAX_VALUE_BYTES, SILENCE_LIMIT_S


@frozen
class Limits:
    """What the desktops of a zone may take of the server. Times are real seconds."""

    connections: int = setting(10_000, whole_number(1, 1_000_000), "How many connections a zone has at most.")
    of_one_address: int = setting(
        3_000,
        whole_number(1, 1_000_000),
        "How many of them from one address; a whole site may come from one.",
    )
    unproven: int = setting(
        2_000, whole_number(1, 1_000_000), "How many of them at most over which no agent has logged on."
    )
    unproven_of_one_address: int = setting(
        1_500, whole_number(1, 1_000_000), "How many of those from one address."
    )
    crowded: int = setting(
        600,
        whole_number(1, 1_000_000),
        "From so many of those on, new connections are turned away at random: 3 of 10 at first, then more.",
    )
    logon_s: float = setting(
        10.0,
        SECONDS,
        "How long a connection may be there before an agent or a service has logged on over it.",
    )
    commands_a_second: int = setting(
        5_000,
        whole_number(10, 1_000_000),
        "How many commands of a connection are read in a second; what comes beyond waits for the next.",
    )
    unproven_commands_a_second: int = setting(
        50, whole_number(10, 1_000_000), "The same, before an agent or a service has logged on over it."
    )
    silence_s: float = setting(
        float(SILENCE_LIMIT_S),
        number(SILENCE_LIMIT_S, 86_400),
        "A connection is closed from which nothing at all came for so long.",
    )
    handshake_s: float = setting(HANDSHAKE_S, SECONDS, "How long the handshake of TLS may take.")
    hello_s: float = setting(10.0, SECONDS, "How long a new connection may take to say AgentSDKConnected.")
    frame_s: float = setting(10.0, SECONDS, "How long a frame may take to arrive, once it was begun.")
    queue_bytes: int = setting(
        256 * 1024,
        whole_number(2 * MAX_VALUE_BYTES, 2**30),
        "How much may wait for a desktop that does not read, in bytes.",
    )
    queue_age_s: float = setting(10.0, SECONDS, "How long it may wait.")
    unanswered: int = setting(
        256,
        whole_number(1, 4_096),
        "How many commands of a connection may be unanswered; what it sends beyond is not read until then.",
    )
    answers_s: float = setting(
        10.0,
        SECONDS,
        "How long a desktop that sends no more, or nothing readable, gets answers to what it had sent.",
    )
    linger_s: float = setting(
        1.5, number(0.1, 2), "How long the last message to a desktop may take to leave."
    )
