"""TLS on the ports: what is served with which certificate, and what of it ends whose connection."""

import shutil
import socket
import ssl
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from agt_stage import Desktop, Stage
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

import agentmgr.client
from agentmgr.client import CommandError, Tls
from agentmgr.client import aio as aio_client
from agentmgr.client.on_trio import open_tcp
from agentmgr.server.limits import Limits
from agentmgr.server.listener import open_listener
from agentmgr.tls.certificates import BadCertificate, Certificate, load, utc_now
from agentmgr.tls.making import make
from agentmgr.tls.settings import ACCEPTED, TlsSettings, contradictions, is_exposed
from agentmgr.web.server import WebServer
from protocol.commands import POMClientAlive
from protocol.connection import notification_bytes
from protocol.notifications import AGTZoneDown


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make(tmp_path, ["localhost", "127.0.0.1"], "proxy")
    return tmp_path


def settings(directory: Path, **changes: Any) -> TlsSettings:
    files = {"certificate": str(directory / "server.pem"), "key": str(directory / "server.key")}
    return TlsSettings(**{**files, **changes})


class Secure(Stage):
    """A listener with TLS on a free port."""

    def __init__(
        self, nursery: trio.Nursery, directory: Path, limits: Limits | None = None, **changes: Any
    ) -> None:
        self.certificate = Certificate("zone Default", settings(directory, **changes))
        self.trusted = Tls(directory / "ca.pem")
        super().__init__(nursery, limits, self.certificate)

    async def start(self) -> "Secure":
        self.listener = open_listener("127.0.0.1", 0)
        await self._nursery.start(self.server.serve, [self.listener])
        self.address = self.listener.getsockname()
        return self

    async def open(self, tls: Tls | None = None) -> Desktop:
        tls = tls or self.trusted
        return Desktop(await open_tcp(self.address, tls.context(), tls.server_name))

    async def plain(self) -> Desktop:
        return Desktop(await trio.open_tcp_stream(*self.address))


async def ends(stream: trio.abc.Stream) -> bytes:
    """Read to the end, be it a reset; what came may be an alert of TLS."""
    received = b""
    try:
        while data := await stream.receive_some(1000):
            received += data
    except trio.BrokenResourceError:
        pass
    return received


# -- connections -----------------------------------------------------------------------------------


async def test_desktop_over_tls_is_answered_and_told_the_reason_of_the_end(nursery, made):
    stage = await Secure(nursery, made).start()
    desktop = await stage.open()
    await desktop.hello()
    assert desktop.stream.selected_alpn_protocol() is None
    assert desktop.stream.version() == "TLSv1.3"
    nursery.start_soon(stage.server.close, "over")
    assert await desktop.reason() == "over"
    await trio.aclose_forcefully(desktop.stream)


async def test_much_over_tls_to_a_slow_reader_arrives_whole(nursery, made):
    stage = await Secure(nursery, made).start()
    desktop = await stage.open()
    await desktop.hello()
    (connection,) = stage.connections
    # small buffers, so that records of TLS are cut anywhere
    connection._transport._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    frames = [notification_bytes("1001", AGTZoneDown(f"zone {n}" * 40, n)) for n in range(400)]
    for frame in frames:
        stage.connections.send(connection.number, frame)
        stage.connections.flush()
    received = b""
    wanted = b"".join(frames)
    while len(received) < len(wanted):
        received += await desktop.stream.receive_some(1000)
    assert received == wanted
    await trio.aclose_forcefully(desktop.stream)
    nursery.cancel_scope.cancel()


async def test_plaintext_on_a_tls_port_ends_that_connection_alone(nursery, made):
    stage = await Secure(nursery, made).start()
    good, plain = await stage.open(), await stage.plain()
    await good.hello()
    await plain.send(POMClientAlive(), "")
    await ends(plain.stream)
    await good.send(POMClientAlive(), "")
    assert (await good.next()).result == 0
    assert stage.closed("handshake") == 1
    for each in (good, plain):
        await trio.aclose_forcefully(each.stream)
    nursery.cancel_scope.cancel()


async def test_tls_on_a_plaintext_port_says_so(nursery):
    stage = Stage(nursery)
    listener = open_listener("127.0.0.1", 0)
    await nursery.start(stage.server.serve, [listener])
    with pytest.raises(CommandError, match="does not speak TLS"):
        async with agentmgr.client.connect([listener.getsockname()], tls=Tls(), patience_s=0.5):
            pass
    nursery.cancel_scope.cancel()


async def test_handshake_that_stalls_is_closed_at_its_limit(nursery, made):
    stage = await Secure(nursery, made, Limits(handshake_s=0.05)).start()
    stalled = await stage.plain()
    assert await stalled.stream.receive_some(1000) == b""
    assert stage.closed("handshake") == 1
    assert len(stage.connections) == 0
    await stalled.stream.aclose()
    nursery.cancel_scope.cancel()


async def test_tls_below_1_2_is_refused(nursery, made):
    stage = await Secure(nursery, made).start()
    context = stage.trusted.context()
    with warnings.catch_warnings(action="ignore"):  # that they should not be used
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(trio.BrokenResourceError):
        await open_tcp(stage.address, context)
    context = stage.trusted.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    stream = await open_tcp(stage.address, context)
    assert stream.cipher()[0].startswith("ECDHE")
    await trio.aclose_forcefully(stream)
    nursery.cancel_scope.cancel()


async def test_client_refuses_another_name_and_another_authority(nursery, made, tmp_path):
    stage = await Secure(nursery, made).start()
    make(tmp_path / "others", ["localhost"])
    for tls, why in (
        (Tls(made / "ca.pem", "agents.example.org"), "not accepted: Hostname mismatch"),
        (Tls(tmp_path / "others" / "ca.pem"), "not accepted: unable to get local issuer|not accepted"),
    ):
        with pytest.raises(CommandError, match=why):
            async with agentmgr.client.connect([stage.address], tls=tls, patience_s=0.5):
                pass
    nursery.cancel_scope.cancel()


async def test_client_without_the_certificate_asked_for_is_not_served(nursery, made):
    stage = await Secure(nursery, made, client_ca=str(made / "ca.pem")).start()
    own = Tls(made / "ca.pem", "", made / "client.pem", made / "client.key")
    desktop = await stage.open(own)
    await desktop.hello()
    nameless = await stage.open()  # in TLS 1.3 the client is ready before the server has looked
    with pytest.raises(trio.BrokenResourceError):
        await nameless.hello()
    assert stage.closed("handshake") == 1
    for each in (desktop, nameless):
        await trio.aclose_forcefully(each.stream)
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("name", ["localhost", ""])
async def test_all_shells_of_the_library_connect_over_tls(nursery, made, name):
    stage = await Secure(nursery, made).start()
    tls = Tls(made / "ca.pem", name)
    async with agentmgr.client.connect([stage.address], tls=tls) as pom:
        assert isinstance(pom, agentmgr.client.Pom)

    def in_asyncio() -> bool:
        import asyncio

        async def connected() -> bool:
            async with aio_client.connect([stage.address], tls=tls):
                return True

        return asyncio.run(connected())

    def in_threads() -> bool:
        import agentmgr.client.sync

        with agentmgr.client.sync.connect([stage.address], tls=tls):
            return True

    assert await trio.to_thread.run_sync(in_asyncio)
    assert await trio.to_thread.run_sync(in_threads)
    nursery.cancel_scope.cancel()


async def test_http_is_served_over_tls_and_plaintext_ends_its_connection_alone(nursery, made):
    app = Starlette(routes=[Route("/healthz", lambda _: PlainTextResponse("fine"))])
    web = WebServer(app, certificate=Certificate("http", settings(made)))
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    address = listener.socket.getsockname()
    nursery.start_soon(web.serve, [listener])
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    plain = await trio.open_tcp_stream(*address)
    await plain.send_all(request)
    assert b"fine" not in await ends(plain)
    secure = await open_tcp(address, Tls(made / "ca.pem").context())
    await secure.send_all(request)
    answer = b""
    while data := await secure.receive_some():
        answer += data
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"fine")
    for each in (plain, secure):
        await trio.aclose_forcefully(each)
    nursery.cancel_scope.cancel()


# -- certificates ----------------------------------------------------------------------------------


async def test_new_certificate_is_for_new_connections_and_the_old_ones_go_on(nursery, made):
    stage = await Secure(nursery, made).start()
    before = await stage.open()
    await before.hello()
    make(made, ["localhost", "127.0.0.1"])
    assert stage.certificate.reload()
    after = await stage.open(Tls(made / "ca.pem"))
    await after.hello()
    await before.send(POMClientAlive(), "")
    assert (await before.next()).result == 0
    shown = {each.stream.getpeercert(binary_form=True) for each in (before, after)}
    assert len(shown) == 2
    for each in (before, after):
        await trio.aclose_forcefully(each.stream)
    nursery.cancel_scope.cancel()


def other_key(made: Path) -> None:
    make(made / "other", ["localhost"])
    shutil.copy(made / "other" / "server.key", made / "server.key")


def too_short(made: Path) -> None:
    text = (made / "server.pem").read_text()
    (made / "server.pem").write_text(text[: len(text) // 2])


def in_wrong_order(made: Path) -> None:
    make(made / "other", ["localhost"])
    other = (made / "other" / "ca.pem").read_text()
    (made / "server.pem").write_text((made / "server.pem").read_text() + other)


def the_authority(made: Path) -> None:
    shutil.copy(made / "ca.pem", made / "server.pem")


BAD = {
    "is not the key of": other_key,
    "has no certificate in PEM": too_short,
    "is not signed by the certificate after it": in_wrong_order,
    "has no subjectAltName": the_authority,
    "cannot be read: No such file": lambda made: (made / "server.pem").unlink(),
    "server.key: cannot be read: No such file": lambda made: (made / "server.key").unlink(),
    "has no private key": lambda made: (made / "server.key").write_text("nothing"),
}


@pytest.mark.parametrize("why", BAD)
def test_bad_files_keep_the_old_certificate_and_say_why_in_one_line(made, why):
    certificate = Certificate("zone Default", settings(made))
    kept = certificate.context
    BAD[why](made)
    with capture_logs() as logs:
        assert not certificate.reload()
    (line,) = logs
    assert line["event"] == "certificate_not_changed"
    assert why in line["why"]
    assert "\n" not in line["why"]
    assert certificate.context is kept


def test_encrypted_key_is_refused_and_asks_no_terminal(made):
    from cryptography.hazmat.primitives import serialization as form

    key = form.load_pem_private_key((made / "server.key").read_bytes(), None)
    secret = form.BestAvailableEncryption(b"secret")
    (made / "server.key").write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, secret))
    with pytest.raises(BadCertificate, match="is encrypted"):
        load(settings(made), utc_now())


def test_certificate_that_is_not_valid_now_is_refused(made):
    for days, why in ((91, "is over since"), (-1, "is not valid before")):
        with pytest.raises(BadCertificate, match=why):
            load(settings(made), utc_now() + timedelta(days=days))


def test_certificate_that_ends_soon_is_told_once_a_day(made):
    now = utc_now()
    certificate = Certificate("zone Default", settings(made), lambda: now)
    told = []
    for days in (0, 59, 61, 61.2, 84, 91):
        now = utc_now() + timedelta(days=days)
        with capture_logs() as logs:
            certificate.look()
        told.append([(each["event"], each["log_level"]) for each in logs])
    soon = "certificate_ends_soon"
    assert told[:2] == [[], []]
    assert told[2] == [(soon, "warning")]
    assert told[4:] == [[(soon, "error")], [("certificate_is_over", "error")]]


# -- what is open to a network ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "exposed"),
    [
        ("127.0.0.1", False),
        ("127.9.9.9", False),
        ("::1", False),
        ("localhost", False),
        ("::ffff:127.0.0.1", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("fe80::1%eth0", True),
        ("agents.example.org", True),
        ("127.0.0.1.example.org", True),
    ],
)
def test_address_is_exposed_unless_it_is_loopback(host, exposed):
    assert is_exposed(host) is exposed


def test_port_on_a_network_needs_tls_or_words():
    def said(host: str, **tls: str) -> list[str]:
        return list(contradictions("zones[1]", host, TlsSettings(**tls)))

    files = {"certificate": "c", "key": "k"}
    assert said("127.0.0.1") == said("0.0.0.0", **files) == said("0.0.0.0", plaintext=ACCEPTED) == []
    (why,) = said("0.0.0.0")
    assert "zones[1].host" in why
    assert ACCEPTED in why
    assert "[zones.tls]" in why
    assert "is missing" in said("127.0.0.1", certificate="c")[0]
    assert "is missing" in said("127.0.0.1", key="k")[0]
    assert "needs certificate" in said("127.0.0.1", client_ca="c")[0]
    assert "leave it out" in said("127.0.0.1", plaintext=ACCEPTED, **files)[0]


def test_keys_made_are_for_their_owner_alone(made):
    assert {path.name: path.stat().st_mode & 0o777 for path in made.glob("*.key")} == {
        "server.key": 0o600,
        "client.key": 0o600,
    }
