"""Files from URLs: what is checked at each step of the way, and what is refused."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from attrs import evolve

from agentmgr.campaign.rules import ImportRules
from agentmgr.imports.addresses import is_inner
from agentmgr.imports.fetching import NotFetched, copy

CSV = b"UserContactId,PhoneNumber1\n1,+12125550001\n"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        port = self.server.server_address[1]
        to = {
            "/moved": "/leads.csv",
            "/loop": "/loop",
            "/elsewhere": f"http://localhost:{port}/leads.csv",
            "/file": "file:///etc/passwd",
        }
        if self.path in to:
            self.send_response(302)
            self.send_header("Location", to[self.path])
            self.end_headers()
            return
        if self.path == "/private.csv" and self.headers.get("Authorization") != "Basic dTpw":
            self.send_error(401)
        elif self.path in ("/leads.csv", "/private.csv", "/short.csv", "/packed.csv"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(CSV) + (self.path == "/short.csv")))
            if self.path == "/packed.csv":
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(CSV)
        else:
            self.send_error(404)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def rules(tmp_path: Path) -> ImportRules:
    return ImportRules(directory=str(tmp_path), inner_hosts="127.0.0.1")


@pytest.mark.parametrize("page", ["leads.csv", "moved"])
def test_file_at_a_url_is_copied_also_after_a_redirect(
    port: int, rules: ImportRules, tmp_path: Path, page: str
) -> None:
    target = tmp_path / "copy"
    first = copy(f"http://127.0.0.1:{port}/{page}", target, rules)
    assert target.read_bytes() == CSV
    assert copy(f"http://127.0.0.1:{port}/leads.csv", target, rules) == first


def test_file_at_a_url_is_asked_for_with_the_password_in_it(
    port: int, rules: ImportRules, tmp_path: Path
) -> None:
    copy(f"http://u:p@127.0.0.1:{port}/private.csv", tmp_path / "copy", rules)
    assert (tmp_path / "copy").read_bytes() == CSV


@pytest.mark.parametrize(
    ("page", "why"),
    [
        ("elsewhere", "host localhost: is at"),
        ("file", "redirects to file:///etc/passwd, which is not allowed"),
        ("loop", "more than 5 redirects"),
        ("nothing", "the server says 404"),
        ("private.csv", "the server says 401"),
        ("short.csv", "bytes came; import it again"),
        ("packed.csv", "is sent compressed"),
    ],
)
def test_file_at_a_url_that_cannot_be_had_leaves_nothing(
    port: int, rules: ImportRules, tmp_path: Path, page: str, why: str
) -> None:
    with pytest.raises(NotFetched, match=why):
        copy(f"http://127.0.0.1:{port}/{page}", tmp_path / "copy", rules)
    assert not (tmp_path / "copy").exists()


def test_file_at_an_inner_host_that_is_not_named_is_refused(port: int, tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"imports\.inner_hosts"):
        copy(f"http://127.0.0.1:{port}/leads.csv", tmp_path / "copy", ImportRules())


def test_file_that_changes_while_it_is_read_is_refused(
    rules: ImportRules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fstat = tmp_path / "leads.csv", os.fstat
    path.write_bytes(CSV)
    looks = []

    def growing(descriptor: int) -> os.stat_result:
        if looks:
            with path.open("ab") as file:
                file.write(b"2,+12125550002\n")
        looks.append(descriptor)
        return fstat(descriptor)

    monkeypatch.setattr("agentmgr.imports.fetching.os.fstat", growing)
    with pytest.raises(NotFetched, match="was changed while it was read"):
        copy("leads.csv", tmp_path / "copy", evolve(rules, directory=str(tmp_path)))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_address_that_not_everybody_reaches_is_inner(address: str) -> None:
    assert is_inner(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_address_of_the_internet_is_not_inner(address: str) -> None:
    assert not is_inner(ip_address(address))
