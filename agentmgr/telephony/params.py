"""The numbers behind the simulation: how customers, agents' phones and those who call in behave."""

from attrs import frozen

from agentmgr.fields import (
    NO_OR_SOME_SECONDS,
    SHARE,
    SIGMA,
    Allowed,
    any_text,
    number,
    out_of_range,
    setting,
    whole_number,
    yes_or_no,
)

OUTCOMES = ("live", "busy", "rejected", "machine", "invalid", "congestion")
SOME_SECONDS = number(0.001, 86_400)


@frozen(slots=False)
class RemoteParams:
    """Where the switch is, if it is not in this process."""

    address: str = setting(
        "",
        Allowed(
            'a host and a port, such as "127.0.0.1:9990", or "" for a switch in this process',
            lambda v: type(v) is str and (not v or split_address(v) is not None),
            lambda v: v,
        ),
        "Where `agentmgr switch` listens, and managers connect to: their calls outlive them.",
    )
    secret_file: str = setting(
        "",
        any_text(),
        "File with the secret that it shares with its managers; else AGENTMGR_SWITCH_SECRET in the"
        " environment. On loopback it may do without.",
    )
    bridge_s: float = setting(
        5.0,
        number(0.1, 60),
        "How long it may be out of reach, in real seconds, before its calls are given up.",
    )


def split_address(address: str) -> tuple[str, int] | None:
    """Return host and port of an address; None if it is none."""
    host, colon, port = address.rpartition(":")
    if not (colon and host.strip("[]") and port.isascii() and port.isdigit() and int(port) <= 65_535):
        return None
    return host.strip("[]"), int(port)


@frozen
class SimParams:
    """How the simulated world behaves.

    Times in seconds. A pair of median and sigma is a log-normal distribution: sigma is the standard
    deviation of the logarithm, and with sigma 0 every value is the median.
    """

    live: float = setting(
        0.42, SHARE, "Chance that a person answers; what this and the next five leave is no answer."
    )
    busy: float = setting(0.08, SHARE, "Chance of a busy line.")
    rejected: float = setting(0.04, SHARE, "Chance that the call is rejected.")
    machine: float = setting(0.17, SHARE, "Chance of an answering machine.")
    invalid: float = setting(0.02, SHARE, "Chance of an invalid number.")
    congestion: float = setting(0.02, SHARE, "Chance that the network is full.")
    answer_median_s: float = setting(8.0, SOME_SECONDS, "Median time until a person answers (log-normal).")
    answer_sigma: float = setting(0.45, SIGMA, "Its spread.")
    signal_median_s: float = setting(
        1.5, SOME_SECONDS, "Median time until the network says busy, invalid or full."
    )
    signal_sigma: float = setting(0.4, SIGMA, "Its spread.")
    machine_detection_s: float = setting(
        1.5, NO_OR_SOME_SECONDS, "From a machine's answer to knowing that it is one."
    )
    talk_median_s: float = setting(95.0, SOME_SECONDS, "Median length of a conversation.")
    talk_sigma: float = setting(0.8, SIGMA, "Its spread.")
    leaves_at_once: float = setting(
        0.03, SHARE, "Chance that a person hangs up within 3 s of being connected."
    )
    patience_median_s: float = setting(
        4.0, SOME_SECONDS, "Median time that a person who answered waits for an agent."
    )
    patience_sigma: float = setting(0.5, SIGMA, "Its spread.")
    hold_patience_median_s: float = setting(120.0, SOME_SECONDS, "Median time that a person bears a hold.")
    hold_patience_sigma: float = setting(0.6, SIGMA, "Its spread.")
    message_s: float = setting(
        8.0, SOME_SECONDS, "How long the message lasts that a customer hears for whom no agent was free."
    )
    nail_answer: float = setting(0.97, SHARE, "Chance that an agent's phone takes the nailing call.")
    nail_answer_median_s: float = setting(2.5, SOME_SECONDS, "Median time until it does.")
    nail_answer_sigma: float = setting(0.4, SIGMA, "Its spread.")
    nail_ring_s: float = setting(20.0, SOME_SECONDS, "How long a nailing call that nobody takes rings.")
    nail_loss_per_h: float = setting(
        0.02, number(0, 3600), "How often an hour the line to an agent's phone is lost by itself."
    )
    confirms_orders: bool = setting(
        False, yes_or_no(), "Whether it says of each order that it was carried out; desktops wait for that."
    )
    order_failure: float = setting(0.0, SHARE, "Chance that an order is not carried out.")
    order_delay_s: float = setting(0.0, number(0, 5), "From an order to the switch to its effect.")
    event_delay_s: float = setting(
        0.0, number(0, 5), "From what a customer or phone does to the event that tells of it."
    )

    def __attrs_post_init__(self) -> None:
        for problem in out_of_range(self):
            raise ValueError(problem)
        total = sum(getattr(self, outcome) for outcome in OUTCOMES)
        if total > 1 + 1e-9:
            raise ValueError(f"the sum of {', '.join(OUTCOMES)} is {total:g}; allowed: at most 1")


@frozen(slots=False)  # the settings have more than one base
class InboundParams:
    """How customers call in. Times in seconds; a median with a sigma is a log-normal distribution."""

    calls_per_h: float = setting(60.0, number(0, 100_000), "How many customers call in an hour.")
    service_median_s: float = setting(120.0, SOME_SECONDS, "Median length of an inbound call.")
    service_sigma: float = setting(0.5, SIGMA, "Its spread.")
    patience_median_s: float = setting(90.0, SOME_SECONDS, "Median time that an inbound customer waits.")
    patience_sigma: float = setting(0.5, SIGMA, "Its spread.")
    own_agents: int = setting(
        2, whole_number(0, 10_000), "Agents who take inbound calls only, and are no agents of the zone."
    )
