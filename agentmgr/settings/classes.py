"""What can be configured: the classes here are the only list of settings.

The checks, the sample file and its comments all come from them; `file` reads it from TOML.
"""

from attrs import Factory, frozen

from agentmgr.fields import number, one_of, setting, text, whole_number, yes_or_no

SECONDS = number(0.05, 86_400)
NO_OR_SOME_SECONDS = number(0, 86_400)
SHARE = number(0, 1)
SIGMA = number(0, 5)
PORT = whole_number(0, 65_535)


@frozen
class DatabaseSettings:
    """Where everything durable is kept."""

    path: str = setting(
        "var/agentmgr.sqlite",
        text("the path of an SQLite file, relative to the working directory"),
        "SQLite file, made by `agentmgr init`. One process at a time can have it open.",
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
class HttpSettings:
    """/metrics for Prometheus and /healthz."""

    host: str = setting("127.0.0.1", text("a host name or address"), "Address to listen on.")
    port: int = setting(9971, PORT, "Port to listen on; 0 takes any free one.")


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
class TimerSettings:
    """Times that hold for a whole zone; those of a campaign are set with the campaign."""

    nail_timeout_s: float = setting(25.0, SECONDS, "How long an agent's phone may ring for the nailing call.")
    nail_retry_s: float = setting(
        15.0, SECONDS, "Pause before an agent that could not be nailed is tried again."
    )
    queue_timeout_s: float = setting(
        2.0, SECONDS, "How long a person who answered waits for an agent; after that the call is abandoned."
    )
    wrapup_grace_s: float = setting(
        5.0, SECONDS, "How much later than the wrapup time the default completion code is set."
    )
    preview_grace_s: float = setting(
        5.0, SECONDS, "How much later than the preview time the server acts for a silent desktop."
    )
    preview_max_s: float = setting(900.0, SECONDS, "How long an untimed preview may take.")
    call_max_s: float = setting(14_400.0, SECONDS, "How long a call may last.")
    lost_desktop_s: float = setting(
        60.0, SECONDS, "How long an agent without its desktop is kept before it is logged off."
    )
    pace_interval_s: float = setting(1.0, SECONDS, "How often the pacer looks whether to dial.")
    fetch_size: int = setting(200, whole_number(1, 10_000), "How many contacts a job claims at a time.")


@frozen
class ZoneSettings:
    """A zone: agents, campaigns and calls that belong together, and the port of its desktops."""

    name: str = setting("Default", text(), "Name of the zone, as desktops give it at logon.")
    host: str = setting("127.0.0.1", text("a host name or address"), "Address that desktops connect to.")
    port: int = setting(9970, PORT, "Port that desktops connect to; 0 takes any free one.")
    timers: TimerSettings = TimerSettings()


@frozen
class SwitchSettings:
    """The simulated switch with its customers; everything it does follows from the seed."""

    seed: int = setting(1, whole_number(0, 2**32 - 1), "The same seed gives the same calls.")
    speed: float = setting(
        1.0,
        number(0.1, 10_000),
        "How much faster than real time the server's clock runs; what is stored has the times of this clock.",
    )
    live: float = setting(
        0.42, SHARE, "Chance that a person answers; what this and the next five leave is no answer."
    )
    busy: float = setting(0.08, SHARE, "Chance of a busy line.")
    rejected: float = setting(0.04, SHARE, "Chance that the call is rejected.")
    machine: float = setting(0.17, SHARE, "Chance of an answering machine.")
    invalid: float = setting(0.02, SHARE, "Chance of an invalid number.")
    congestion: float = setting(0.02, SHARE, "Chance that the network is full.")
    answer_median_s: float = setting(8.0, SECONDS, "Median time until a person answers (log-normal).")
    answer_sigma: float = setting(0.45, SIGMA, "Its spread.")
    signal_median_s: float = setting(
        1.5, SECONDS, "Median time until the network says busy, invalid or full."
    )
    signal_sigma: float = setting(0.4, SIGMA, "Its spread.")
    machine_detection_s: float = setting(
        1.5, NO_OR_SOME_SECONDS, "From a machine's answer to knowing that it is one."
    )
    talk_median_s: float = setting(95.0, SECONDS, "Median length of a conversation.")
    talk_sigma: float = setting(0.8, SIGMA, "Its spread.")
    leaves_at_once: float = setting(
        0.03, SHARE, "Chance that a person hangs up within 3 s of being connected."
    )
    patience_median_s: float = setting(
        4.0, SECONDS, "Median time that a person who answered waits for an agent."
    )
    patience_sigma: float = setting(0.5, SIGMA, "Its spread.")
    hold_patience_median_s: float = setting(120.0, SECONDS, "Median time that a person bears a hold.")
    hold_patience_sigma: float = setting(0.6, SIGMA, "Its spread.")
    nail_answer: float = setting(0.97, SHARE, "Chance that an agent's phone takes the nailing call.")
    nail_answer_median_s: float = setting(2.5, SECONDS, "Median time until it does.")
    nail_answer_sigma: float = setting(0.4, SIGMA, "Its spread.")
    nail_ring_s: float = setting(20.0, SECONDS, "How long a nailing call that nobody takes rings.")
    nail_loss_per_h: float = setting(
        0.02, number(0, 3600), "How often an hour the line to an agent's phone is lost by itself."
    )
    order_delay_s: float = setting(0.0, number(0, 5), "From an order to the switch to its effect.")
    event_delay_s: float = setting(
        0.0, number(0, 5), "From what a customer or phone does to the event that tells of it."
    )


@frozen
class InboundSettings:
    """A simulated inbound queue for each zone, and a blender that lends it agents by its load."""

    enabled: bool = setting(False, yes_or_no(), "Whether there is one.")
    seed: int = setting(1, whole_number(0, 2**32 - 1), "The same seed gives the same inbound calls.")
    calls_per_h: float = setting(60.0, number(0, 100_000), "How many customers call in an hour.")
    service_median_s: float = setting(120.0, SECONDS, "Median length of an inbound call.")
    service_sigma: float = setting(0.5, SIGMA, "Its spread.")
    patience_median_s: float = setting(90.0, SECONDS, "Median time that an inbound customer waits.")
    patience_sigma: float = setting(0.5, SIGMA, "Its spread.")
    own_agents: int = setting(
        2, whole_number(0, 10_000), "Agents who take inbound calls only, and are no agents of the zone."
    )
    acquire_queue: int = setting(
        3, whole_number(1, 10_000), "With so many customers waiting, an agent of outbound is taken."
    )
    acquire_wait_s: float = setting(
        20.0, SECONDS, "The same if the next customer has to expect so long a wait."
    )
    release_wait_s: float = setting(
        2.0, NO_OR_SOME_SECONDS, "An agent goes back if the expected wait stays at most that without it."
    )
    thrash_s: float = setting(
        300.0, NO_OR_SOME_SECONDS, "How long an agent that was moved is left where it is."
    )
    reserve: int = setting(1, whole_number(0, 10_000), "How many agents outbound keeps at least.")


@frozen
class Settings:
    """Everything that can be configured."""

    database: DatabaseSettings = DatabaseSettings()
    admin: AdminSettings = AdminSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()
    zones: tuple[ZoneSettings, ...] = Factory(lambda: (ZoneSettings(),))
    switch: SwitchSettings = SwitchSettings()
    inbound: InboundSettings = InboundSettings()
