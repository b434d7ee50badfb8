"""Files over SFTP, from a real server: only from one whose key is known, and only whole."""

import os
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
from attrs import evolve
from importing import Desk
from sftp_server import SftpServer

from agentmgr.campaign.rules import ImportRules
from agentmgr.imports.fetching import NotFetched, copy
from agentmgr.ports import ImportState

CSV = b"UserContactId,PhoneNumber1\n1,+12125550001\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SftpServer]:
    directory = tmp_path / "served"
    directory.mkdir()
    (directory / "leads.csv").write_bytes(CSV)
    with SftpServer(directory).serving() as server:
        yield server


@pytest.fixture
def rules(server: SftpServer, tmp_path: Path) -> ImportRules:
    known = tmp_path / "known_hosts"
    known.write_text(server.known_as("127.0.0.1"))
    return ImportRules(inner_hosts="127.0.0.1", known_hosts=str(known))


def url(server: SftpServer, path: str = "/leads.csv", user: str = "u:secret") -> str:
    return f"sftp://{user}@127.0.0.1:{server.port}{path}"


def refusal(location: str, target: Path, rules: ImportRules) -> str:
    with pytest.raises(NotFetched) as refused:
        copy(location, target, rules)
    assert not target.exists()
    assert "secret" not in str(refused.value)
    return str(refused.value)


def test_file_is_copied_with_a_password(server: SftpServer, rules: ImportRules, tmp_path: Path) -> None:
    large = CSV * 20_000
    (server.directory / "large.csv").write_bytes(large)
    for path, content in (("/leads.csv", CSV), ("/large.csv", large)):
        copy(url(server, path), tmp_path / "copy", rules)
        assert (tmp_path / "copy").read_bytes() == content


def test_file_is_copied_with_a_key_and_not_with_another(
    server: SftpServer, rules: ImportRules, tmp_path: Path
) -> None:
    mine, other = paramiko.RSAKey.generate(2048), paramiko.RSAKey.generate(2048)
    server.client_key = mine
    for name, key in (("mine", mine), ("other", other)):
        key.write_private_key_file(str(tmp_path / name))
    location = url(server, user="u")
    copy(location, tmp_path / "copy", evolve(rules, ssh_key=str(tmp_path / "mine")))
    assert (tmp_path / "copy").read_bytes() == CSV
    (tmp_path / "copy").unlink()
    told = refusal(location, tmp_path / "copy", evolve(rules, ssh_key=str(tmp_path / "other")))
    assert "lets nobody in with that user and the key of imports.ssh_key" in told


def test_server_with_another_key_than_the_known_one_is_refused_and_named(
    server: SftpServer, rules: ImportRules, tmp_path: Path
) -> None:
    known = SftpServer(server.directory, port=server.port)
    Path(rules.known_hosts).write_text(known.known_as("127.0.0.1"))
    seen: list[Path] = []
    server.on_read = seen.append
    told = refusal(url(server), tmp_path / "copy", rules)
    assert "127.0.0.1" in told
    assert "host key" in told.lower()
    assert seen == []


def test_server_that_nobody_knows_is_refused(server: SftpServer, rules: ImportRules, tmp_path: Path) -> None:
    Path(rules.known_hosts).write_text("")
    assert "not found in known_hosts" in refusal(url(server), tmp_path / "copy", rules)
    told = refusal(url(server), tmp_path / "copy", evolve(rules, known_hosts=""))
    assert "imports.known_hosts" in told
    told = refusal(url(server), tmp_path / "copy", evolve(rules, known_hosts=str(tmp_path / "nowhere")))
    assert "nowhere" in told


@pytest.mark.parametrize(
    ("path", "user", "why"),
    [
        ("/leads.csv", "u:wrong", "lets nobody in with that user and the password"),
        ("/none.csv", "u:secret", "No such file"),
    ],
)
def test_what_cannot_be_read_is_said(
    server: SftpServer, rules: ImportRules, tmp_path: Path, path: str, user: str, why: str
) -> None:
    assert why in refusal(url(server, path, user), tmp_path / "copy", rules)


def test_inner_address_is_refused_before_anything_is_sent(
    server: SftpServer, rules: ImportRules, tmp_path: Path
) -> None:
    assert "inner_hosts" in refusal(url(server), tmp_path / "copy", evolve(rules, inner_hosts=""))


def test_file_that_changes_while_it_is_read_is_refused(
    server: SftpServer, rules: ImportRules, tmp_path: Path
) -> None:
    server.on_read = lambda path: os.utime(path, (1, 1))
    assert "was changed while it was read" in refusal(url(server), tmp_path / "copy", rules)


def test_connection_that_is_lost_on_the_way_leaves_nothing(
    server: SftpServer, rules: ImportRules, tmp_path: Path
) -> None:
    (server.directory / "leads.csv").write_bytes(CSV * 20_000)
    server.on_read = lambda path: server.cut()
    assert "127.0.0.1" in refusal(url(server), tmp_path / "copy", rules)


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_private_key_of_no_use_is_said(
    server: SftpServer, rules: ImportRules, tmp_path: Path, content: bytes | None
) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    told = refusal(url(server, user="u"), tmp_path / "copy", evolve(rules, ssh_key=str(key)))
    assert f"imports.ssh_key, {key}: is no private key" in told


def test_import_comes_from_an_sftp_server(desk: Desk, server: SftpServer, rules: ImportRules) -> None:
    desk.rules = evolve(desk.rules, inner_hosts=rules.inner_hosts, known_hosts=rules.known_hosts)
    desk.source(url(server))
    job = desk.imported()
    assert (job.state, desk.contacts()) == (ImportState.COMPLETED, 1)
