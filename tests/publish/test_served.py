"""A whole server whose results leave by all ways at once, taken by the examples of the documentation."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.connectors.installing import install_example
from tests.publish.brokers import ActiveMq, free_port

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md"
CONTACTS = 40


def example(section: str, language: str = "python") -> str:
    """Return the first example of a section of the documentation."""
    text = DOCS.read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None, section
    return found[1]


class Served:
    """A server in a directory, and what is done with it by commands."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self.stack = stack
        self.environment = {**os.environ, "PYTHONPATH": str(directory / "plugins" / "site")}

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "agentmgr", *arguments, "--config", "agentmgr.toml"],
            cwd=self.directory,
            env=self.environment,
            input="demo\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str, *command: str) -> Path:
        """Start a program that runs to the end of the test; return where it writes."""
        output = self.directory / f"{name}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                command, cwd=self.directory, env=self.environment, stdout=file, stderr=subprocess.STDOUT
            )
        self.stack.callback(process.wait)
        self.stack.callback(process.terminate)
        return output


def until(condition: Callable[[], bool], told: Callable[[], str], limit_s: float = 150.0) -> None:
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends, told()
        time.sleep(0.1)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_results_of_a_campaign_leave_by_all_ways_and_the_examples_of_the_docs_take_them(
    tmp_path: Path, stack: ExitStack
) -> None:
    (tmp_path / "broker").mkdir()
    broker = ActiveMq(tmp_path / "broker")
    stack.callback(broker.kill)
    broker.start()
    (tmp_path / "plugins").mkdir()
    install_example(tmp_path / "plugins")
    served = Served(tmp_path, stack)
    hook, port, http = free_port(), free_port(), free_port()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "webhook.secret").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "options.toml").write_text(f'directory = "{tmp_path}"\n')
    plugins = "".join(
        f'[[connectors]]\nkind = "{kind}"\nname = "{name}"\noptions_file = "options.toml"\n'
        for kind, name in (("publisher", "journal"), ("post_processor", "report"))
    )
    (tmp_path / "agentmgr.toml").write_text(
        example("Topic", "toml").replace("61613", str(broker.port))
        + example("Webhooks", "toml").replace("8088", str(hook))
        + plugins
        + f"[http]\nport = {http}\n[[zones]]\nport = {port}\n[switch]\nspeed = 20.0\n"
    )
    rows = [f"C{number},+1212555{number:04},Ann" for number in range(CONTACTS)]
    (tmp_path / "people.csv").write_text("\n".join(["UserContactID,PhoneNumber1,FirstName", *rows, ""]))
    (tmp_path / "hook.py").write_text(example("Webhooks").replace("8088", str(hook)))
    (tmp_path / "topic.py").write_text(example("Topic").replace("61613", str(broker.port)))

    served.run("init")
    served.run("contacts", "import", "people.csv", "--list", "Spring", "--country", "US")
    served.run(
        *("campaign", "create", "Spring", "--list", "Spring", "--skill", "English"),
        *("--calling-hours", "00:00-24:00", "--max-attempts", "1"),
    )
    served.run("agents", "add", "1001", "--count", "4", "--skill", "English", "--password-stdin")
    hooked = served.start("hook", sys.executable, "hook.py")
    topic = served.start("topic", sys.executable, "topic.py")
    log = served.start("server", sys.executable, "-m", "agentmgr", "serve", "--config", "agentmgr.toml")
    until(lambda: "server_ready" in log.read_text(), log.read_text)
    served.start(
        "desk",
        *(sys.executable, "-m", "agentmgr", "desk", "--count", "4", "--port", str(port), "--speed", "20"),
    )
    served.run("campaign", "run", "Spring")

    journal, report = tmp_path / "results.jsonl", tmp_path / "job-1.jsonl"

    def is_told() -> bool:
        return report.exists() and len(contacts_of(report)) == CONTACTS

    until(is_told, log.read_text)
    expected = contacts_of(report)
    until(lambda: journal.exists() and contacts_of(journal) == expected, log.read_text, 30)
    for output in (hooked, topic):
        until(lambda output=output: spoken_of(output) == expected, output.read_text, 30)  # type: ignore[misc]
    for publisher in ("topic", "webhook crm", "connector journal"):
        until(lambda name=publisher: value(http, "told_total", name) >= CONTACTS, log.read_text, 30)  # type: ignore[misc]
        assert value(http, "failures_total", publisher) == 0
        until(lambda name=publisher: value(http, "waiting", name) == 0, log.read_text, 30)  # type: ignore[misc]


def value(port: int, name: str, publisher: str) -> float:
    """Return what the server's metrics say of a publisher."""
    metrics = urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    (found,) = re.findall(rf'agentmgr_results_{name}{{publisher="{publisher}"}} ([0-9.]+)', metrics)
    return float(found)


def contacts_of(path: Path) -> set[str]:
    return {json.loads(line)["contact"] for line in path.read_text().splitlines()}


def spoken_of(path: Path) -> set[str]:
    """Return the contacts that a program of the documentation has written of; its threads mix their lines."""
    return set(re.findall(r"\bC[0-9]+\b", path.read_text()))


def test_action_of_the_docs_is_one() -> None:
    found: dict[str, type] = {}
    exec(example("Connectors"), found)
    assert callable(found["Ticket"].process_contact)
