"""The server as a process of its own, when more want something of it than there is."""

import json
import os
import resource
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from test_serve import AGENTMGR, Server, ask, port_of

pytestmark = pytest.mark.slow

DESCRIPTORS = 96


@pytest.fixture
def server(database: Path) -> Iterator[Server]:
    """A server that may have few descriptors."""

    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))

    process = subprocess.Popen([*AGENTMGR, "serve"], stderr=subprocess.PIPE, text=True, preexec_fn=few)
    server = Server(process)
    try:
        server.until("server_ready")
        yield server
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def health(port: int) -> object:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
        return json.load(answer)


def is_closed(client: socket.socket) -> bool:
    client.settimeout(20)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_health_is_shown_beside_200_clients_that_do_not_finish_their_request(server: Server) -> None:
    port = port_of(server, "http_served")
    with ExitStack() as stack:
        for _ in range(200):
            client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port))))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert health(port) == {"Default": "ok"}
    assert server.end() == 0


def test_server_without_descriptors_for_more_desktops_says_so_once_answers_others_and_recovers(
    server: Server,
) -> None:
    zone, http = port_of(server, "zone_served"), port_of(server, "http_served")
    with ExitStack() as stack:
        clients = [
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", zone))))
            for _ in range(2 * DESCRIPTORS)
        ]
        assert is_closed(clients[-1])
        line = server.until("connections_not_taken")
        assert (line["kind"], line["why"]) == ("desktops", "too few file descriptors are left")
        assert health(http) == {"Default": "ok"}
        ask("contacts", "lists")
        ask("campaign", "list")
    ask("agents", "add", "1001", "--skill", "S", "--password-stdin", input="secret\n")
    with closing(socket.create_connection(("127.0.0.1", zone))) as late:
        late.settimeout(0.5)
        with pytest.raises(TimeoutError):
            late.recv(1)  # nothing is said and nothing closed: it is served
    assert server.end() == 0
    told = [line for line in server.lines if line["event"] == "connections_not_taken"]
    assert len(told) <= 3, "a line for each would fill the disk"
    assert not [line for line in server.lines if "exception" in line]


def test_server_with_closed_standard_streams_serves_and_ends(database: Path, tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    shell = f"{' '.join(AGENTMGR)} serve <&- >&- 2>&- & echo $!; wait $!; echo $? > {ended}"
    with subprocess.Popen(["sh", "-c", shell], stdout=subprocess.PIPE, text=True) as sh:
        assert sh.stdout is not None
        pid = int(sh.stdout.readline())
        try:
            while not (tmp_path / "run" / "admin.sock").exists():
                assert not ended.exists(), "it ended by itself"
            assert ask("contacts", "lists").stdout
        finally:
            if not ended.exists():
                os.kill(pid, signal.SIGTERM)
        sh.wait()
    assert ended.read_text() == "0\n"
    ask("contacts", "lists")  # what it logged is not in the database
