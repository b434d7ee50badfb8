"""The example distribution, installed: what a person sees of it, and that it works in a server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentmgr.connectors.protocols import Kind
from tests.connectors.installing import install_example

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("example")
    install_example(target)
    return target / "site"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text("id,first,last,phone,city\n1,Ann,Lee,+12025550100,Ulm\n2,Bo,Ek,,\n")
    (tmp_path / "options.toml").write_text(
        f'directory = "{tmp_path}"\nfile = "{tmp_path}/people.csv"\nbatch = 1\n'
    )
    lines = []
    for kind, name in NAMES.items():
        lines += ["[[connectors]]", f'kind = "{kind}"', f'name = "{name}"']
        lines.append(f'options_file = "{tmp_path}/options.toml"')
    path = tmp_path / "agentmgr.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


NAMES = {
    Kind.ImportSource: "lines",
    Kind.PostProcessor: "report",
    Kind.Action: "ticket",
    Kind.ResultProcessor: "tally",
    Kind.Publisher: "journal",
}


def agentmgr(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentmgr", *arguments],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_list_shows_each_plugin_with_its_distribution_and_that_it_loads(site: Path, config: Path) -> None:
    found = rows(agentmgr(site, "connectors", "list", "--config", str(config), "--json"))
    assert [(row["kind"], row["name"], row["configured"], row["state"]) for row in found] == [
        (str(kind), name, "yes", "ok") for kind, name in sorted(NAMES.items())
    ]
    assert {row["distribution"] for row in found} == {"agentmgr-example 1.0.0"}


def test_list_says_what_keeps_a_plugin_from_being_loaded(site: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    found = rows(agentmgr(site, "connectors", "list", "--config", str(tmp_path / "empty.toml"), "--json"))
    (source,) = [row for row in found if row["name"] == "lines"]
    assert source["state"] == "import_source lines: KeyError: 'file'"


def test_import_source_shows_its_first_contacts(site: Path, config: Path) -> None:
    found = rows(
        agentmgr(site, "connectors", "test", "import_source", "lines", "--config", str(config), "--json")
    )
    assert [row["id"] for row in found] == ["1", "2"]
    assert found[0]["attributes"] == "City=Ulm"


@pytest.mark.parametrize(
    ("kind", "file", "line"),
    [
        (Kind.Action, "tickets.jsonl", {"contact": "example-1", "after": "Busy"}),
        (Kind.ResultProcessor, "tally.jsonl", {"contact": "example-1", "result": "Busy"}),
        (Kind.Publisher, "results.jsonl", {"id": "example-1", "contact": "example-1", "result": "Busy"}),
    ],
)
def test_plugin_of_each_kind_is_called_once(
    kind: Kind, file: str, line: dict[str, object], site: Path, config: Path
) -> None:
    rows(agentmgr(site, "connectors", "test", str(kind), NAMES[kind], "--config", str(config), "--json"))
    assert json.loads((config.parent / file).read_text()) == line


def test_post_processor_is_told_an_attempt(site: Path, config: Path) -> None:
    done = agentmgr(site, "connectors", "test", "post_processor", "report", "--config", str(config))
    assert done.returncode == 0, done.stderr
    assert json.loads((config.parent / "job-1.jsonl").read_text())["code"] == "Busy"


def test_plugin_that_is_not_there_is_a_failure_with_its_reason(site: Path, config: Path) -> None:
    done = agentmgr(site, "connectors", "test", "action", "absent", "--config", str(config))
    assert done.returncode == 1
    assert "there is no entry point absent in the group agentmgr.action" in done.stderr


def test_server_with_a_plugin_that_is_not_installed_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "agentmgr.toml"
    database = f'[database]\npath = "{tmp_path}/am.sqlite"\n[admin]\nsocket = "{tmp_path}/admin.sock"\n'
    ports = "[http]\nport = 0\n[[zones]]\nport = 0\n"
    path.write_text(database + ports + '[[connectors]]\nkind = "publisher"\nname = "absent"\n')
    assert agentmgr(tmp_path, "init", "--config", str(path)).returncode == 0
    done = agentmgr(tmp_path, "serve", "--config", str(path))
    assert done.returncode == 1
    assert "found publisher absent; installed are: " in done.stderr
