"""What can be configured: the classes here, and those of other rooms that they are made of.

A setting stands where it is used, with its default, what is allowed and a sentence. The checks, the sample
file and its comments all come from there; `file` reads it from TOML.
"""

from attrs import Factory, frozen

from agentmgr.campaign.rules import ImportRules, ScheduleRules
from agentmgr.connectors.settings import ConnectorSettings
from agentmgr.core.blender import BlendRules
from agentmgr.core.model import ZoneTimers
from agentmgr.fields import (
    NO_OR_SOME_SECONDS,
    PORT,
    Allowed,
    any_text,
    number,
    one_of,
    setting,
    text,
    whole_number,
    yes_or_no,
)
from agentmgr.ha.times import LeaseTimes
from agentmgr.publish.settings import ResultSettings, StreamSettings, TopicSettings, WebhookSettings
from agentmgr.server.limits import Limits
from agentmgr.telephony.params import InboundParams, RemoteParams, SimParams
from agentmgr.tls.settings import TlsSettings
from agentmgr.web.limits import WebLimits, is_origin
from agentmgr.web.page_settings import BrowserSettings


@frozen
class ServerSettings:
    """The process as a whole."""

    name: str = setting(
        "m1",
        text("a name of its own for each process"),
        "Name of this manager among those that share a PostgreSQL database; zones are designated by it.",
    )
    stop_grace_s: float = setting(
        30.0,
        NO_OR_SOME_SECONDS,
        "How long agents may finish what they have once the server was told to stop, in real seconds.",
    )


@frozen
class DatabaseSettings:
    """Where everything durable is kept."""

    path: str = setting(
        "var/agentmgr.sqlite",
        text("the path of an SQLite file, relative to the working directory"),
        "SQLite file, made by `agentmgr init`. One process at a time can have it open.",
    )
    url: str = setting(
        "",
        Allowed(
            'postgresql://USER@HOST:PORT/DATABASE, or "" for the file at path',
            lambda v: type(v) is str and (v == "" or v.startswith(("postgresql://", "postgres://"))),
            lambda v: v,
        ),
        "A database in PostgreSQL, which several servers share; path is not used then. Its tables are made by"
        " `agentmgr init`.",
    )
    password_file: str = setting(
        "",
        any_text(),
        "File with the password for url, for its owner alone; empty: PGPASSWORD or PGPASSFILE of the"
        " environment, if one is needed.",
    )
    keep_figures_days: int = setting(
        400,
        whole_number(1, 36_500),
        "For how long it is kept what agents and lines did in each minute, days.",
    )


@frozen
class AdminSettings:
    """The socket through which the other agentmgr commands reach a running server."""

    socket: str = setting(
        "var/run/admin.sock",
        text("the path of a Unix socket of at most 100 bytes"),
        "Unix socket; only its owner may open it. Its directory is made with mode 0700.",
    )


@frozen
class HttpSettings(WebLimits):
    """/metrics for Prometheus, /healthz, and the web services."""

    host: str = setting("127.0.0.1", text("a host name or address"), "Address to listen on.")
    port: int = setting(9980, PORT, "Port to listen on; 0 takes any free one.")
    url: str = setting(
        "",
        Allowed('a URL without path, such as "https://m1.example.org:9980", or ""', is_origin, lambda v: v),
        "Where browsers reach this port, for the pages of other managers; empty: by host and port.",
    )
    tls: TlsSettings = TlsSettings()


@frozen
class LogSettings:
    """What is logged to standard error, and how."""

    level: str = setting(
        "info",
        one_of("debug", "info", "warning", "error"),
        "debug adds a line for every command: name, agent, result, time. Never passwords.",
    )
    format: str = setting(
        "auto",
        one_of("auto", "console", "json"),
        "auto: for people on a terminal, one JSON object a line otherwise.",
    )


@frozen
class ZoneSettings:
    """A zone: agents, campaigns and calls that belong together, and the port of its desktops."""

    name: str = setting("Default", text(), "Name of the zone, as desktops give it at logon.")
    host: str = setting("127.0.0.1", text("a host name or address"), "Address that desktops connect to.")
    port: int = setting(9970, PORT, "Port that desktops connect to; 0 takes any free one.")
    manager: str = setting(
        "",
        any_text(),
        "Name of the manager that serves this zone while it is well; with nothing here any does.",
    )
    address: str = setting(
        "",
        any_text(),
        "Host name or address that other managers tell desktops for this zone; nothing is `host`.",
    )
    tls: TlsSettings = TlsSettings()
    timers: ZoneTimers = ZoneTimers()


@frozen
class SwitchSettings(RemoteParams, SimParams):
    """The simulated switch with its customers; everything it does follows from the seed."""

    seed: int = setting(1, whole_number(0, 2**32 - 1), "The same seed gives the same calls.")
    speed: float = setting(
        1.0,
        number(0.1, 10_000),
        "How much faster than real time the server's clock runs; what is stored has the times of this clock.",
    )


@frozen
class InboundSettings(BlendRules, InboundParams):
    """A simulated inbound queue for each zone, and a blender that lends it agents by its load."""

    enabled: bool = setting(False, yes_or_no(), "Whether there is one.")
    seed: int = setting(1, whole_number(0, 2**32 - 1), "The same seed gives the same inbound calls.")


@frozen
class Settings:
    """Everything that can be configured."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    leases: LeaseTimes = LeaseTimes()
    admin: AdminSettings = AdminSettings()
    http: HttpSettings = HttpSettings()
    browser: BrowserSettings = BrowserSettings()
    log: LogSettings = LogSettings()
    desktops: Limits = Limits()
    schedules: ScheduleRules = ScheduleRules()
    imports: ImportRules = ImportRules()
    zones: tuple[ZoneSettings, ...] = Factory(lambda: (ZoneSettings(),))
    switch: SwitchSettings = SwitchSettings()
    inbound: InboundSettings = InboundSettings()
    results: ResultSettings = ResultSettings()
    topic: TopicSettings = TopicSettings()
    webhooks: tuple[WebhookSettings, ...] = ()
    stream: StreamSettings = StreamSettings()
    connectors: tuple[ConnectorSettings, ...] = ()
