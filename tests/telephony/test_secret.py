import pytest

from agentmgr.telephony.params import split_address
from agentmgr.telephony.secret import ENVIRONMENT, SecretUnusable, read_secret

GOOD = "0123456789abcdef"


@pytest.fixture(autouse=True)
def no_secret(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def written(tmp_path, text: str, mode: int = 0o600) -> str:
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_secret_is_read_from_its_file_without_the_end_of_its_line(tmp_path):
    assert read_secret(written(tmp_path, GOOD + "\n"), "192.0.2.1") == GOOD.encode()


def test_secret_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, GOOD)
    assert read_secret("", "192.0.2.1") == GOOD.encode()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_switch_on_loopback_may_do_without(host):
    assert read_secret("", host) == b""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "switch.example", "::"])
def test_switch_that_others_can_reach_may_not(host):
    with pytest.raises(SecretUnusable, match="needs a secret"):
        read_secret("", host)


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("short", 0o600, "5 bytes"),
        ("", 0o600, "is empty"),
        (GOOD, 0o640, "chmod 600"),
        (GOOD, 0o604, "chmod 600"),
    ],
)
def test_secret_that_cannot_be_used_is_refused_and_not_shown(tmp_path, text, mode, why):
    with pytest.raises(SecretUnusable, match=why) as caught:
        read_secret(written(tmp_path, text, mode), "127.0.0.1")
    assert GOOD not in str(caught.value)


def test_secret_file_that_is_missing_is_said(tmp_path):
    with pytest.raises(SecretUnusable, match="No such file"):
        read_secret(str(tmp_path / "none"), "127.0.0.1")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("h:1", ("h", 1)),
        ("[::1]:99", ("::1", 99)),
        ("h", None),
        (":1", None),
        ("h:65536", None),
        ("h:x", None),
    ],
)
def test_address_is_a_host_and_a_port(address, parts):
    assert split_address(address) == parts
