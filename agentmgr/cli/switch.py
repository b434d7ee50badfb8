"""agentmgr switch: the simulated switch as a process of its own."""

import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from agentmgr.cli.common import Config, Failed, Json, Misused, Row, settings_of, show

if TYPE_CHECKING:
    import trio

    from agentmgr.settings.classes import Settings

DEFAULT_ADDRESS = "127.0.0.1:9990"
"""Where it listens if the configuration does not say."""


def switch(
    *,
    config: Config = None,
    listen: str | None = None,
    status: Annotated[bool, Parameter(negative="")] = False,
    json: Json = False,
) -> None:
    """Run the simulated switch as a process of its own, until SIGTERM or Ctrl-C.

    Calls outlive the managers that made them: a manager that takes a zone over says which calls it knows,
    goes on with these, and all others are ended. Of a zone the manager with the highest token is obeyed.

    Managers connect if their configuration names the switch as `address` in `[switch]`; the other settings
    there, such as `seed` and `speed`, count for this process. Both sides must have the same secret: a file
    that `secret_file` names, or AGENTMGR_SWITCH_SECRET in the environment. On loopback they may do without.
    Connections are not encrypted: keep them on one machine or in a network of their own.

    The line `switch_ready` on standard error says that it listens, and where.

    ```
    agentmgr switch --listen 127.0.0.1:9990
    agentmgr switch --status
    ```

    Parameters
    ----------
    listen
        Host and port to listen on, or of the switch that is asked; port 0 takes any free one. Without it:
        `address` of the configuration, else 127.0.0.1:9990.
    status
        Do not run one, but show the zones of the one that runs: owner's token, calls, orders that were
        refused because their manager had lost the zone.
    """
    import trio

    from agentmgr.accepting import raise_descriptor_limit
    from agentmgr.log import configure
    from agentmgr.telephony.params import split_address
    from agentmgr.telephony.secret import SecretUnusable, read_secret

    settings = settings_of(config)
    address = listen or settings.switch.address or DEFAULT_ADDRESS
    where = split_address(address)
    if where is None:
        raise Misused(f"--listen: found {address}; allowed: a host and a port, such as {DEFAULT_ADDRESS}")
    try:
        secret = read_secret(settings.switch.secret_file, where[0])
    except SecretUnusable as error:
        raise Failed(str(error)) from None
    if status:
        show(trio.run(_ask, *where, secret), json, "No manager has connected yet.")
        return
    configure(settings.log.level, settings.log.format)
    raise_descriptor_limit()
    trio.run(_serve, settings, *where, secret)


async def _serve(settings: "Settings", host: str, port: int, secret: bytes) -> None:
    import structlog
    import trio

    from agentmgr.runtime.clock import Clock
    from agentmgr.runtime.notify import ServiceManager
    from agentmgr.telephony.served import SwitchServer
    from agentmgr.telephony.switch import SimSwitch

    params, log = settings.switch, structlog.get_logger()
    try:
        listeners = await trio.open_tcp_listeners(port, host=host)
    except OSError as error:
        raise Failed(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    server = SwitchServer(
        lambda: SimSwitch(params.seed, params), Clock(None, params.speed).steady, params.speed, secret
    )
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with server.running(), trio.open_nursery() as nursery:
            for listener in listeners:
                nursery.start_soon(server.accept, listener)
            log.info("switch_ready", host=host, port=_port(listeners[0]), has_secret=bool(secret))
            service = ServiceManager()
            service.ready()
            nursery.start_soon(service.feed)
            number = await anext(signals)
            service.stopping()
            log.info("switch_ending", signal=signal.Signals(number).name)
            nursery.cancel_scope.cancel()
    for zone in server.zones.values():
        last = zone.status()
        log.info("switch_zone_ended", zone=last.zone, calls=last.calls, stale_orders=last.stale_orders)
    log.info("switch_ended")


def _port(listener: "trio.SocketListener") -> int:
    return int(listener.socket.getsockname()[1])


async def _ask(host: str, port: int, secret: bytes) -> list[Row]:
    import attrs
    import trio

    from agentmgr.telephony.link import ENDED
    from agentmgr.telephony.remote import SwitchRefuses, ask_status

    try:
        zones = await ask_status(partial(trio.open_tcp_stream, host, port), secret)
    except SwitchRefuses as error:
        raise Failed(f"the switch at {host} port {port} refuses: {error}") from None
    except ENDED as error:
        raise Failed(f"no switch answers at {host} port {port}: {error}") from None
    return [attrs.asdict(zone) for zone in zones]
