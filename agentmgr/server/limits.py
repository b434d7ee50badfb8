"""How much a connection may take of the server before it is closed. Times are real seconds."""

from attrs import frozen


@frozen
class Limits:
    """Limits of one listener; the defaults suit some thousand desktops.

    `silence_s`: nothing received for so long. `hello_s`: no AgentSDKConnected. `frame_s`: a frame that was
    begun and does not end. `queue_bytes`, `queue_age_s`: what the desktop does not read. `linger_s`: how
    long the last message may take to leave. `connections`: all of them; `unproven`: those over which no
    agent has logged on.
    """

    silence_s: float = 90.0
    hello_s: float = 10.0
    frame_s: float = 10.0
    queue_bytes: int = 256 * 1024
    queue_age_s: float = 10.0
    linger_s: float = 2.0
    connections: int = 10_000
    unproven: int = 2_000
