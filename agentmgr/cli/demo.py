"""agentmgr demo: an outbound campaign from end to end in one process."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveFloat, PositiveInt
from cyclopts.validators import Number

from agentmgr.cli.common import DEMO_PORT, Failed, Misused, say
from agentmgr.tls.settings import TlsSettings, is_exposed

DEMO_SPEED = 100.0
SERVER_SPEED = 20.0
WEB_SPEED = 1.0
MOST_COLLEAGUES = 19
WEB_DATA = Path("var/demo-web")


def demo(
    *,
    agents: PositiveInt = 20,
    contacts: PositiveInt = 500,
    pacing: Literal["predictive", "progressive", "preview"] = "predictive",
    seed: int = 1,
    speed: PositiveFloat | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    web: Annotated[bool, Parameter(negative="")] = False,
    serve_only: Annotated[bool, Parameter(negative="")] = False,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: NonNegativeInt | None = None,
    http_port: NonNegativeInt = 0,
    silence: PositiveFloat = 90.0,
    colleagues: Annotated[int, Parameter(validator=Number(gte=0, lte=MOST_COLLEAGUES))] = 10,
    tls: Path | None = None,
    accept_plaintext: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run a campaign from end to end and show it live; nothing outside this machine is called.

    A server with a simulated switch serves the zone Default on a loopback port, imports the contacts
    of config/demo/contacts.csv, and runs a campaign that simulated agents work on over TCP, through the
    same SDK that other desktops are written with. It is over when every contact is done.

    ```
    agentmgr demo
    agentmgr demo --agents 50 --contacts 2000 --seed 7
    agentmgr demo --pacing preview --speed 1
    agentmgr demo --web
    agentmgr demo --serve-only --data var/demo-server --port 9971
    ```

    With `--web` it is your turn: it prints two addresses for your browser, in real time, until Ctrl-C. At one
    you sign in as an agent of the demo and work calls, beside simulated colleagues; at the other you watch
    and lead them all.

    With `--serve-only` there is the server alone, until SIGTERM or Ctrl-C: with agents and running preview,
    timed preview, predictive and progressive campaigns that do not run out, for desktops of one's own and
    for `agentmgr conformance`. Its web services can be called by the user admin, and by north, who works for
    the organisation North; the password is demo.

    Parameters
    ----------
    agents
        How many simulated agents work.
    contacts
        How many contacts; beyond the shipped ones, further ones are made up.
    pacing
        How contacts are dialled: predictive ahead of agents, progressive one for each free agent, preview
        after an agent has seen the contact.
    seed
        The same seed gives the same customers and the same agents.
    speed
        How much faster than real time; 1 is real time. 100, 20 with `--serve-only`, and 1 with `--web`.
    json
        Print one JSON object with the summary and nothing else.
    web
        Serve the agent's desktop for browsers, and print its address.
    serve_only
        Serve, with no simulated desktops; prints two lines when it is ready: where desktops log on, and where
        its web services are.
    data
        Directory for the database of `--serve-only` and `--web`; made if it is not there, else gone on with.
        `--web` without it has var/demo-web.
    host
        Where both listen.
    port
        The port both listen on for desktops other than browsers; 0 takes any free one, as does `--web`.
    http_port
        The port of their web services and pages; 0 takes any free one.
    silence
        After how many seconds without a command both ask whether an agent's desktop lives.
    colleagues
        How many simulated agents work beside you with `--web`; none with `--tls`.
    tls
        Directory with `server.pem` and `server.key`, as `agentmgr dev-cert` makes it, for both.
    accept_plaintext
        Listen on a network without TLS, with passwords that anybody there can read.
    """
    if web or serve_only:
        if data is None and not web:
            raise Misused("--serve-only needs --data: a directory for the server's database")
        if port is None:
            port = 0 if web else DEMO_PORT
        speed = speed or (WEB_SPEED if web else SERVER_SPEED)
        security = _security(host, tls, accept_plaintext)
        _serve(data or WEB_DATA, host, port, speed, seed, silence, security, http_port, web, colleagues)
        return
    from agentmgr.demo.run import Demo, DemoFailed, run_demo

    try:
        run_demo(Demo(agents, contacts, pacing, seed, speed or DEMO_SPEED), json)
    except DemoFailed as error:
        raise Failed(str(error)) from None


def _security(host: str, directory: Path | None, accept_plaintext: bool) -> TlsSettings:
    if directory is not None:
        return TlsSettings(str(directory / "server.pem"), str(directory / "server.key"))
    if is_exposed(host) and not accept_plaintext:
        raise Misused(
            f"--host: {host} is reached over a network; give --tls (`agentmgr dev-cert` makes the files), or"
            " --accept-plaintext if everybody there may read the passwords"
        )
    return TlsSettings()


def _serve(
    data: Path,
    host: str,
    port: int,
    speed: float,
    seed: int,
    silence: float,
    tls: TlsSettings,
    http_port: int,
    for_people: bool,
    colleagues: int,
) -> None:
    from agentmgr.databases import ServerFailed
    from agentmgr.demo.server import DemoServer, serve_demo

    server = DemoServer(data, host, port, speed, seed, silence, tls, http_port, for_people, colleagues)
    try:
        serve_demo(server, _say_at_once)
    except ServerFailed as error:
        raise Failed(str(error)) from None


def _say_at_once(text: str) -> None:
    say(text)
    sys.stdout.flush()
