"""What can be configured of the ways by which results of attempts leave."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from agentmgr.fields import PORT, Allowed, any_text, number, setting, text, whole_number, yes_or_no


@frozen
class ResultSettings:
    """What becomes of the results of attempts. They wait for each publisher below until it has told them."""

    keep_days: float = setting(
        7.0,
        number(0.01, 3650),
        "So long a result waits for a publisher that is out of reach; then it is dropped.",
    )


@frozen
class TopicSettings:
    """A topic of a broker that speaks STOMP 1.2, as ActiveMQ, Artemis and RabbitMQ do."""

    host: str = setting("", any_text(), "Host name or address of the broker; empty is none.")
    port: int = setting(61613, PORT, "Its port for STOMP.")
    topic: str = setting(
        "pom.attempt.result.topic", text(), "Name of the topic; /topic/ in front of it is its destination."
    )
    user: str = setting("", any_text(), "Name to sign in with; empty is nobody.")
    password_file: str = setting("", any_text(), "File with the password, for its owner alone.")
    virtual_host: str = setting("/", text(), "Virtual host; of interest to RabbitMQ.")
    tls: bool = setting(False, yes_or_no(), "Whether the broker's port has TLS.")
    ca_file: str = setting("", any_text(), "PEM file with the authorities for it; empty: this machine's.")
    heart_beat_s: float = setting(
        10.0,
        number(0.5, 600),
        "So often each side gives a sign of life; one that is silent twice as long is left.",
    )


def _is_url(value: Any) -> bool:
    if type(value) is not str:
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    plain = value.isascii() and value.isprintable() and " " not in value
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


_URL = Allowed("https://HOST[:PORT]/PATH without a name or password in it", _is_url, lambda v: v)


@frozen
class WebhookSettings:
    """Somebody's web address that is sent each result, signed; one that does not answer delays no other."""

    name: str = setting("crm", text("a name of its own"), "Name of it in metrics and logs.")
    url: str = setting(
        "https://crm.example/results", _URL, "Where results are posted; no redirect is followed."
    )
    secret_file: str = setting(
        "config/webhook.secret",
        text("the path of a file"),
        "File with the secret for signatures, for its owner alone: 24 bytes at least, or whsec_ and Base64.",
    )
    allow_inner: bool = setting(
        False, yes_or_no(), "Whether it may be in an inner network or on this machine, and without TLS."
    )
    ca_file: str = setting("", any_text(), "PEM file with the authorities for TLS; empty: this machine's.")
    timeout_s: float = setting(10.0, number(0.1, 300), "How long an answer may take.")
    parallel: int = setting(4, whole_number(1, 64), "How many are posted at a time, each of another contact.")


@frozen
class StreamSettings:
    """A stream of Redis or Valkey; needs the library redis: pip install agentmgr[redis]."""

    host: str = setting("", any_text(), "Host name or address of the server; empty is none.")
    port: int = setting(6379, PORT, "Its port.")
    stream: str = setting("pom.attempt.result", text(), "Key of the stream.")
    most: int = setting(
        1_000_000, whole_number(0, 2**53), "About so many entries the stream keeps; 0 keeps all of them."
    )
    user: str = setting("", any_text(), "Name to sign in with; empty is the server's default.")
    password_file: str = setting("", any_text(), "File with the password, for its owner alone.")
    tls: bool = setting(False, yes_or_no(), "Whether the server's port has TLS.")
    ca_file: str = setting("", any_text(), "PEM file with the authorities for it; empty: this machine's.")
    timeout_s: float = setting(10.0, number(0.1, 300), "How long an answer may take.")


def contradictions(webhooks: tuple[WebhookSettings, ...]) -> Iterator[str]:
    """Yield a line for each thing that the settings of webhooks must not be."""
    seen: dict[str, int] = {}
    for index, each in enumerate(webhooks, 1):
        if each.name in seen:
            yield f'webhooks[{index}].name: found "{each.name}"; webhooks[{seen[each.name]}] has it already'
        seen.setdefault(each.name, index)
        if each.url.startswith("http:") and not each.allow_inner:
            yield (
                f"webhooks[{index}].url: found {each.url}; allowed: https, so that nobody reads along, or"
                " allow_inner = true for an inner network"
            )
