import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from agentmgr.cli.common import DEMO_PORT, SERVE_PORT
from agentmgr.client import link
from agentmgr.core.blender import BlendRules
from agentmgr.core.model import ZoneConfig, ZoneTimers
from agentmgr.server.limits import Limits
from agentmgr.settings.classes import Settings
from agentmgr.settings.file import load, sample
from agentmgr.tables import Mistakes
from agentmgr.telephony.params import InboundParams, SimParams
from agentmgr.tls.settings import ACCEPTED
from agentmgr.web.limits import WebLimits
from protocol.commands import POMClientAlive
from protocol.registry import HEARTBEAT_S, SILENCE_LIMIT_S

SHIPPED = Path(__file__).parent.parent.parent / "config" / "agentmgr.toml"


def problems(tmp_path: Path, toml: str) -> list[str]:
    path = tmp_path / "x.toml"
    path.write_text(toml)
    with pytest.raises(Mistakes) as caught:
        load(path)
    assert all(line.startswith(f"{path}: ") for line in caught.value.problems)
    return [line.removeprefix(f"{path}: ") for line in caught.value.problems]


def test_sample_loaded_gives_the_defaults() -> None:
    assert load(SHIPPED) == Settings()


def test_sample_shipped_is_current() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == sample()


def test_every_setting_says_what_is_allowed_and_its_default_is() -> None:
    for table in _all_tables(Settings()):
        for each in attrs.fields(type(table)):
            value = getattr(table, each.name)
            if not attrs.has(type(value)) and not isinstance(value, tuple):
                assert each.metadata["about"].endswith("."), each.name
                assert each.metadata["allowed"].test(value), each.name


def test_every_setting_is_read_by_the_code() -> None:
    package = SHIPPED.parent.parent / "agentmgr"
    code = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for table in _all_tables(Settings()):
        for each in attrs.fields(type(table)):
            assert re.search(rf"\.{each.name}\b", code), f"{type(table).__name__}.{each.name} is read nowhere"


def test_settings_are_the_very_objects_that_are_used() -> None:
    settings = Settings()
    assert isinstance(settings.zones[0].timers, ZoneTimers)
    assert isinstance(settings.switch, SimParams)
    assert isinstance(settings.inbound, InboundParams)
    assert isinstance(settings.inbound, BlendRules)
    assert isinstance(settings.desktops, Limits)
    assert isinstance(settings.http, WebLimits)
    assert issubclass(ZoneConfig, ZoneTimers)


def test_server_and_client_keep_the_times_of_the_wire() -> None:
    limits = Limits()
    assert limits.silence_s == SILENCE_LIMIT_S
    assert (link.HEARTBEAT_S, link.SILENCE_LIMIT_S) == (HEARTBEAT_S, SILENCE_LIMIT_S)
    assert f"due every {HEARTBEAT_S} s" in (POMClientAlive.__doc__ or "")


def test_silence_shorter_than_the_wire_promises_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "[desktops]\nsilence_s = 60") == [
        "desktops.silence_s: found 60; allowed: a number from 90 to 86400"
    ]


def _all_tables(table: Any) -> list[Any]:
    values = [getattr(table, each.name) for each in attrs.fields(type(table))]
    inner = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    return [table, *(t for one in inner if attrs.has(type(one)) for t in _all_tables(one))]


def test_load_inbound_thresholds_that_cross_are_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, "[inbound]\nenabled = true\nacquire_wait_s = 5\nrelease_wait_s = 5\n")
    assert found == ["inbound: release_wait_s is 5; allowed: less than acquire_wait_s, 5"]


def test_load_of_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.touch()
    assert load(path) == Settings()


def test_load_takes_whole_numbers_where_numbers_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[switch]\nspeed = 20\n")
    assert load(path).switch.speed == 20.0


def test_load_reports_every_mistake_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        nonsense = 1
        [database]
        pathh = "x"
        [http]
        port = "abc"
        [log]
        level = "loud"
        [switch]
        seed = true
        [[zones]]
        port = 70000
        [zones.timers]
        nail_retry_s = nan
        """,
    )
    assert sorted(line.split(":")[0] for line in found) == [
        "database.pathh",
        "http.port",
        "log.level",
        "nonsense",
        "switch.seed",
        "zones[1].port",
        "zones[1].timers.nail_retry_s",
    ]
    assert 'http.port: found "abc"; allowed: a whole number from 0 to 65535' in found
    assert 'log.level: found "loud"; allowed: one of "debug", "info", "warning", "error"' in found
    assert "switch.seed: found true; allowed: a whole number from 0 to 4294967295" in found
    assert (
        "database.pathh: no such setting; did you mean path?"
        " allowed here: path, url, password_file, keep_figures_days" in found
    )


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("database = 3", "database: found 3; allowed: a table of settings"),
        ("zones = 3", "zones: found 3; allowed: tables, each under a line [[zones]]"),
        ("zones = [3]", "zones[1]: found 3; allowed: a table of settings"),
        ("zones = []", "zones: found none; at least one [[zones]] is needed"),
        ("[database]\npath = ' '", 'database.path: found " "; allowed: the path of an SQLite file, '),
        (
            "[switch]\nlive = 0.9",
            "switch: the sum of live, busy, rejected, machine, invalid, congestion is 1.2",
        ),
        (f"[admin]\nsocket = '{'x' * 101}'", "admin.socket: found "),
        ("a = ", "not valid TOML: "),
    ],
)
def test_load_of_a_wrong_file_says_what_is_allowed(tmp_path: Path, toml: str, problem: str) -> None:
    (line,) = problems(tmp_path, toml)
    assert line.startswith(problem)


def test_load_with_two_zones_alike_names_both(tmp_path: Path) -> None:
    assert problems(tmp_path, "[[zones]]\n[[zones]]") == [
        'zones[2].name: found "Default"; zones[1] has it already',
        "zones[2].port: found 9970; zones[1] has it already",
    ]


def test_load_of_two_zones_on_any_free_port_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[[zones]]\nname = 'A'\nport = 0\n[[zones]]\nname = 'B'\nport = 0\n")
    assert [zone.name for zone in load(path).zones] == ["A", "B"]


def test_load_of_a_missing_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(Mistakes, match=r"none\.toml: cannot be read: No such file or directory"):
        load(path)


def test_load_of_bytes_that_are_no_text_says_where(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"# \xff")
    with pytest.raises(Mistakes, match="byte 2 is not UTF-8"):
        load(path)


def test_load_of_a_text_with_a_control_character_says_so(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, '[[zones]]\nname = "A\\u0007"\nport = 0\n')
    assert (
        problem == 'zones[1].name: found "A\\u0007"; allowed: a text, not empty, without control characters'
    )


@pytest.mark.parametrize("timer", attrs.fields(ZoneTimers), ids=lambda timer: timer.name)
def test_load_of_a_zone_s_timer_takes_it(tmp_path: Path, timer: Any) -> None:
    path, other = tmp_path / "agentmgr.toml", not timer.default
    value = other if timer.default.__class__ is bool else timer.default + 1
    path.write_text(f'[[zones]]\nname = "A"\nport = 0\n[zones.timers]\n{timer.name} = {str(value).lower()}\n')
    assert getattr(load(path).zones[0].timers, timer.name) == value


DEEP = 20_000


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("a = " + DEEP * "[" + DEEP * "]", "arrays or tables are in each other more deeply than can be read"),
        ("a = " + DEEP * "{a=" + "1" + DEEP * "}", "arrays or tables are in each other more deeply"),
        (
            "http." + ".".join(DEEP * ["port"]) + " = 1",
            "http.port: found tables or arrays deep in each other",
        ),
        ("[http]\nport = " + 300 * "[" + 300 * "]", "http.port: found [[["),
    ],
    ids=["arrays", "tables", "keys", "arrays that can be read"],
)
def test_file_with_values_deep_in_each_other_is_refused_in_one_line(
    tmp_path: Path, toml: str, says: str
) -> None:
    (problem,) = problems(tmp_path, toml)
    assert problem.startswith(says)
    assert len(problem) < 200


def test_ports_that_are_listened_on_by_default_are_all_different() -> None:
    ports = [*(zone.port for zone in Settings().zones), Settings().http.port, DEMO_PORT, SERVE_PORT]
    assert len(set(ports)) == len(ports)


def test_port_on_a_network_without_tls_is_refused_unless_it_says_so_in_words(tmp_path: Path) -> None:
    found = problems(tmp_path, '[[zones]]\nhost = "0.0.0.0"\n[http]\nhost = "192.0.2.7"\n')
    assert [line.partition(":")[0] for line in found] == ["zones[1].host", "http.host"]
    words = f'plaintext = "{ACCEPTED}"\n'
    path = tmp_path / "said.toml"
    path.write_text(
        f'[[zones]]\nhost = "0.0.0.0"\n[zones.tls]\n{words}[http]\nhost = "::"\n[http.tls]\n{words}'
    )
    assert load(path).http.tls.plaintext == ACCEPTED
    assert "one of" in problems(tmp_path, '[http.tls]\nplaintext = "yes"\n')[0]
