"""agentmgr conformance: the contract as scenarios, against any server or any desktop."""

import socket
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.types import NonNegativeInt, PositiveFloat

from agentmgr.cli.common import DEMO_PORT, PLAINTEXT, SERVE_PORT, Failed, Misused, TlsOptions, say

DEFAULT_AGENTS = "1001,1002,1003,1004,1005"


def conformance(
    *,
    host: str = "127.0.0.1",
    port: NonNegativeInt | None = None,
    zone: str = "Default",
    agents: str = DEFAULT_AGENTS,
    password: str = "demo",
    preview: str = "Preview",
    timed: str = "Timed",
    predictive: str = "Predictive",
    progressive: str = "Progressive",
    account: str = "",
    account_password: str = "demo",
    without: Annotated[
        tuple[Literal["preview", "timed", "predictive", "progressive"], ...], Parameter(negative="")
    ] = (),
    patience: PositiveFloat = 10.0,
    silence: PositiveFloat = 90.0,
    restart: str = "",
    drain: str = "",
    other: str = "",
    only: tuple[str, ...] = (),
    list_: Annotated[bool, Parameter(name="--list", negative="")] = False,
    serve: Annotated[bool, Parameter(negative="")] = False,
    web: Annotated[bool, Parameter(negative="")] = False,
    json: Annotated[bool, Parameter(negative="")] = False,
    junit: Path | None = None,
    security: TlsOptions = PLAINTEXT,
) -> None:
    """Hold a server against the contract and show what passed, what failed and why. Exit code 1 on a failure.

    The server must run campaigns whose customers react to test numbers, as `agentmgr demo --serve-only`
    does; the defaults here fit it. The agents are logged on and off again and again, by force.

    ```
    agentmgr demo --serve-only --data var/demo-server &
    agentmgr conformance
    agentmgr conformance --only "consult*" --only hold
    agentmgr conformance --account demo
    agentmgr conformance --host 192.0.2.7 --agents 2001,2002 --password secret --junit conformance.xml
    agentmgr conformance --host agents.example.org --port 9970 --ca-file ca.pem
    agentmgr conformance --serve
    agentmgr conformance --serve --web
    ```

    With `--serve` it is the other way round: it plays a server, waits for a desktop, leads that through
    calls, previews, consults, lost connections and what else there is, and shows what it did wrong. Any
    agent and password may log on; the desktop should then take and wrap up contacts by itself.

    Parameters
    ----------
    host
        Where the server listens, or is to listen with `--serve`.
    port
        The port of the zone: 9971, where the demo's server listens, or 9972 with `--serve`.
    zone
        Name of the zone.
    agents
        Ids of agents with the same password; a scenario that needs more of them is skipped.
    password
        The agents' password.
    preview
        Skill of a running campaign with untimed previews. The agents log on with it.
    timed
        Skill of a running campaign with timed previews.
    predictive
        Skill of a running predictive campaign.
    progressive
        Skill of a running progressive campaign, not all of whose contacts answer.
    account
        Name of a service account; without it the scenarios of services are skipped.
    account_password
        Its password.
    without
        A campaign that there is not; its scenarios are skipped.
    patience
        How many seconds to wait for a message.
    silence
        After how many seconds without a command the server asks whether an agent's desktop lives; the
        scenarios of that are skipped above 30.
    restart
        A command line that stops the server as planned and starts it again, such as `systemctl restart
        agentmgr`, and returns when it serves; without it the scenarios of that are skipped.
    drain
        A command line that makes the server give its zone to another manager, such as `agentmgr drain`;
        it is used instead of that of `--restart`.
    other
        Where another manager of the zone listens, HOST:PORT, which the suite asks for the zone's new owner;
        without it the same address is asked.
    only
        Play only scenarios of this name; `*` and `?` stand for others.
    list_
        List the scenarios with what each proves, and play none.
    serve
        Play a server for one desktop instead; `--port 0` takes any free port.
    web
        With `--serve`, play it for a desktop in a browser: over WebSockets at `/wire/ZONE`, for pages from
        anywhere, and with the agent's desktop at `/desktop`.
    json
        Print one JSON object `{"scenarios": [{"name", "result", "why", "seconds"}]}` and nothing else.
    junit
        Write a JUnit file as well.
    """
    if port is None:
        port = SERVE_PORT if serve else DEMO_PORT
    if serve:
        _serve(host, port, zone, patience, json, junit, web)
        return
    if web:
        raise Misused("--web: allowed with --serve alone")
    from agentmgr.conformance.registry import Work
    from agentmgr.conformance.runner import choose
    from agentmgr.conformance.session import judge_server
    from agentmgr.conformance.stage import Target

    scenarios = choose(only)
    if not scenarios:
        raise Misused(f"--only: found {', '.join(only)}; agentmgr conformance --list shows all names")
    if list_:
        for scenario in scenarios:
            say(f"{scenario.name}\n    {scenario.about}\n    proves {scenario.proves}")
        return
    ids = tuple(part.strip() for part in agents.split(",") if part.strip())
    if not ids:
        raise Misused("--agents: found none; allowed: ids with commas between, such as 1001,1002")
    given = {
        "preview": (Work.PREVIEW, preview),
        "timed": (Work.TIMED, timed),
        "predictive": (Work.PREDICTIVE, predictive),
        "progressive": (Work.PROGRESSIVE, progressive),
    }
    skills = {work: skill for name, (work, skill) in given.items() if name not in without}
    _knock(host, port)
    target = Target(
        host,
        port,
        zone,
        ids,
        password,
        skills,
        patience,
        silence,
        restart,
        account,
        account_password,
        security.checked(),
        drain,
        _address(other),
    )
    if not judge_server(target, scenarios, json, junit):
        raise Failed(f"the server at {host} port {port} does not keep the contract everywhere")


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    from agentmgr.client.addresses import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise Misused(f"--other: {error}") from None


def _knock(host: str, port: int) -> None:
    """Find out at once that nobody is there, instead of once for each scenario."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise Failed(
            f"no server at {host} port {port}: {error.strerror or error}; check --host and --port, or start"
            f" one: agentmgr demo --serve-only --data DIR --port {port}"
        ) from None


def _serve(
    host: str, port: int, zone: str, patience: float, json: bool, junit: Path | None, web: bool
) -> None:
    from agentmgr.conformance.served import over_tcp
    from agentmgr.conformance.session import judge_desktop
    from agentmgr.log import configure
    from agentmgr.web.played import serve_pages

    configure("warning")
    try:
        passed = judge_desktop(host, port, zone, patience, json, junit, serve_pages if web else over_tcp)
    except OSError as error:
        raise Failed(f"--serve: {host} port {port}: {error.strerror or error}") from None
    if not passed:
        raise Failed("the desktop does not keep the contract everywhere")
