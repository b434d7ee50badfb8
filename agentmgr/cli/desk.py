"""agentmgr desk: simulated desktops against any server."""

from typing import Annotated

from cyclopts import Parameter
from cyclopts.types import PositiveFloat, PositiveInt

from agentmgr.cli.common import PLAINTEXT, Failed, Misused, TlsOptions, consecutive, say, secret_from_stdin


def desk(
    *,
    count: PositiveInt = 1,
    host: str = "127.0.0.1",
    port: PositiveInt = 9970,
    also: list[str] | None = None,
    zone: str = "Default",
    first_agent: str = "1001",
    password: str = "demo",
    password_stdin: Annotated[bool, Parameter(negative="")] = False,
    connections: PositiveInt | None = None,
    speed: PositiveFloat = 1.0,
    seed: int = 1,
    security: TlsOptions = PLAINTEXT,
) -> None:
    """Log simulated agents on and let them work: take calls, hold, write notes, wrap up, take breaks.

    The agents must be known to the server, with the same password for all. Ctrl-C lets everyone finish
    their contact and log off; a second Ctrl-C ends at once.

    ```
    agentmgr agents add 1001 --count 20 --skill English
    agentmgr desk --count 20
    agentmgr desk --count 500 --connections 10 --host 192.0.2.7 --port 9970 --zone Default
    agentmgr desk --ca-file var/tls/ca.pem --server-name localhost
    ```

    Parameters
    ----------
    count
        How many desktops.
    host
        Where the server listens.
    port
        The port of the zone.
    also
        HOST:PORT of another manager at which the zone may be; may be repeated. The agents follow their zone
        then, also when they were logged off because it moved.
    zone
        Name of the zone.
    first_agent
        Id of the first agent; the others have the numbers that follow.
    password
        The agents' password.
    password_stdin
        Take the first line of standard input as the password.
    connections
        How many connections the desktops share, as behind a proxy; one for each by default.
    speed
        How much faster than people they work; give the server's own speed.
    seed
        The same seed gives the same habits.
    """
    if password_stdin:
        password = secret_from_stdin("the agents")
    from agentmgr.desk.params import DeskParams
    from agentmgr.desk.shift import Shift, ShiftFailed, work_shift
    from agentmgr.desk.sim import SimDesktop

    ids = consecutive("--first-agent", first_agent, count)
    habits = DeskParams(returns=bool(also))
    desktops = [SimDesktop(agent_id, password, zone, seed, habits) for agent_id in ids]
    try:
        work_shift(
            Shift(
                [(host, port), *map(_address, also or ())], desktops, connections, speed, security.checked()
            ),
            say,
        )
    except ShiftFailed as error:
        raise Failed(str(error)) from None


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise Misused(f"--also: found {text!r}; allowed: HOST:PORT")
    return host, int(port)
