"""Webhooks at a real web server: signed, tried again, never led elsewhere."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmgr.outward import InnerAddress, is_inner, open_outward
from agentmgr.publish.settings import WebhookSettings, contradictions
from agentmgr.publish.ways import PublishFailed
from agentmgr.publish.webhook import Webhook, read_key
from agentmgr.store import SqlStore
from agentmgr.tls import making
from tests.publish.endpoints import Endpoint, Post, endpoint
from tests.publish.outboxes import assert_in_order, put, sender_of, sending, until, waiting

SECRET = "a secret of twenty-four bytes or more"
NOW = 1_750_000_123.9


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    return path


@pytest.fixture
def there() -> Iterator[Endpoint]:
    with endpoint() as found:
        yield found


def way(port: int, secret_file: Path, **changes: object) -> Webhook:
    values: dict[str, object] = {
        "name": "crm",
        "url": f"http://127.0.0.1:{port}/results?from=am",
        "secret_file": str(secret_file),
        "allow_inner": True,
        "timeout_s": 5.0,
        **changes,
    }
    return Webhook(WebhookSettings(**values), lambda: NOW)  # type: ignore[arg-type]  # tests name them


async def test_result_is_posted_once_and_signed_with_its_id_and_time(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    put(store, "webhook crm", 1, 1)
    async with sending(sender_of(way(there.port, secret_file), store)):
        await until(lambda: waiting(store, "webhook crm") == 0)
    (post,) = there.posts
    assert (post.path, post.headers["content-type"]) == ("/results?from=am", "application/json")
    assert json.loads(post.body)["contactId"] == "C0"
    assert (post.headers["webhook-id"], post.headers["webhook-timestamp"]) == ("s0", "1750000123")
    signed = b"s0.1750000123." + post.body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert post.headers["webhook-signature"] == f"v1,{expected}"


async def test_results_are_posted_in_order_for_each_contact_over_few_connections(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    put(store, "webhook crm", 200, 10)
    async with sending(sender_of(way(there.port, secret_file, parallel=4), store)):
        await until(lambda: waiting(store, "webhook crm") == 0)
    assert_in_order([post.message_id for post in there.posts], 200, 10)
    assert len({post.connection for post in there.posts}) <= 4


async def test_result_that_is_refused_is_tried_again_and_the_order_is_kept(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    put(store, "webhook crm", 30, 3)
    refused: list[str] = []

    def answer(post: Post) -> tuple[int, dict[str, str]]:
        if post.message_id == "s13" and len(refused) < 2:
            refused.append("s13")
            return 503, {}
        return 200, {}

    there.answer = answer
    sender = sender_of(way(there.port, secret_file), store)
    async with sending(sender):
        await until(lambda: waiting(store, "webhook crm") == 0)
    taken = [post.message_id for post in there.posts]
    for _ in refused:
        taken.remove("s13")
    assert_in_order(taken, 30, 3)
    assert sender.counts.failures == 2


async def test_redirect_is_not_followed(store: SqlStore, secret_file: Path, there: Endpoint) -> None:
    with endpoint() as elsewhere:
        there.answer = lambda post: (307, {"location": f"http://127.0.0.1:{elsewhere.port}/"})
        put(store, "webhook crm", 1, 1)
        async with way(there.port, secret_file).open() as hook:
            told = await hook.tell(store.outbox.results("webhook crm", 1))
        assert (told.seqs, told.failure) == (
            frozenset(),
            "127.0.0.1: answered 307, and redirects are not followed",
        )
        assert elsewhere.posts == []


async def test_inner_address_is_refused_unless_allowed(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    put(store, "webhook crm", 1, 1)
    hook = way(there.port, secret_file, url=f"http://localhost:{there.port}/", allow_inner=False)
    async with hook.open() as opened:
        told = await opened.tell(store.outbox.results("webhook crm", 1))
    assert "an inner address" in told.failure
    assert there.posts == []


async def test_endpoint_that_does_not_answer_delays_no_other(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    held = threading.Event()
    with endpoint() as slow:

        def hang(post: Post) -> tuple[int, dict[str, str]]:
            held.wait(20)
            return 200, {}

        slow.answer = hang
        put(store, "webhook slow", 5, 5)
        put(store, "webhook crm", 50, 5)
        dead = sender_of(way(slow.port, secret_file, name="slow", timeout_s=0.3), store)
        async with sending(dead, sender_of(way(there.port, secret_file), store)):
            await until(lambda: waiting(store, "webhook crm") == 0)
            await until(lambda: dead.counts.failures > 0)
            assert waiting(store, "webhook slow") == 5
        held.set()


async def test_connection_that_the_server_closed_meanwhile_is_made_anew_without_a_failure(
    store: SqlStore, secret_file: Path, there: Endpoint
) -> None:
    there.answer = lambda post: (200, {"connection": "close"})
    put(store, "webhook crm", 6, 2)
    sender = sender_of(way(there.port, secret_file), store)
    async with sending(sender):
        await until(lambda: waiting(store, "webhook crm") == 0)
    assert sender.counts.failures == 0


async def test_tls_is_checked_against_the_authorities_that_are_named(
    store: SqlStore, secret_file: Path, tmp_path: Path
) -> None:
    making.make(tmp_path / "tls", ["localhost"])
    making.make(tmp_path / "other", ["localhost"])
    put(store, "webhook crm", 1, 1)
    with endpoint(tmp_path / "tls") as there:
        url = f"https://localhost:{there.port}/"
        wrong = way(there.port, secret_file, url=url, ca_file=str(tmp_path / "other" / "ca.pem"))
        async with wrong.open() as opened:
            told = await opened.tell(store.outbox.results("webhook crm", 1))
        assert "certificate verify failed" in told.failure
        right = way(there.port, secret_file, url=url, ca_file=str(tmp_path / "tls" / "ca.pem"))
        async with sending(sender_of(right, store)):
            await until(lambda: waiting(store, "webhook crm") == 0)
        assert [post.message_id for post in there.posts] == ["s0"]


async def test_secret_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_text("too short")
    with pytest.raises(PublishFailed, match="has 9 bytes; allowed: 24 at least"):
        async with way(1, short).open():
            pass
    with pytest.raises(PublishFailed, match="cannot be read"):
        read_key(str(tmp_path / "none"))


def test_secret_in_the_form_of_standard_webhooks_is_its_base64(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("whsec_" + base64.b64encode(b"k" * 32).decode())
    assert read_key(str(path)) == b"k" * 32


@pytest.mark.parametrize(
    ("address", "inner"),
    [
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("172.16.0.1", True),
        ("192.168.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("224.0.0.1", True),
        ("255.255.255.255", True),
        ("::1", True),
        ("::", True),
        ("fe80::1%eth0", True),
        ("fd00::1", True),
        ("::ffff:10.0.0.1", True),
        ("64:ff9b::a00:1", True),
        ("64:ff9b::808:808", False),
        ("2002:a00:1::1", True),
        ("2002:7f00:1::", True),
    ],
)
def test_address_is_known_for_an_inner_one(address: str, inner: bool) -> None:
    assert is_inner(address) is inner


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0"])
async def test_number_that_stands_for_this_machine_is_refused(host: str) -> None:
    with pytest.raises(InnerAddress):
        await open_outward(host, 80, allow_inner=False)


def test_webhooks_that_cannot_be_are_told() -> None:
    plain = WebhookSettings(name="crm", url="http://crm.example/")
    assert list(contradictions((plain, WebhookSettings(name="crm")))) == [
        "webhooks[1].url: found http://crm.example/; allowed: https, so that nobody reads along, or"
        " allow_inner = true for an inner network",
        'webhooks[2].name: found "crm"; webhooks[1] has it already',
    ]
