"""The page for who writes desktops: every program on it against a real server, with all three clients."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

import agentmgr.client
from agentmgr.client import aio, sync
from protocol.notifications import POMNotAvailable
from protocol.registry import COMMANDS, NOTIFICATIONS
from tests.conformance.conftest import end_server, start_server

PAGE = Path(__file__).resolve().parents[2] / "agentmgr" / "docs" / "desktop.md"
TEXT = PAGE.read_text(encoding="utf-8")


def programs(kind: str) -> list[tuple[str, str]]:
    """Return the programs of a kind, each with the heading it stands under."""
    found: list[tuple[str, str]] = []
    for section in TEXT.split("\n## ")[1:]:
        title, *blocks = section.split("\n```")
        for block in blocks:
            info, _, source = block.partition("\n")
            if info == kind:
                found.append((title.partition("\n")[0], source))
    return found


STEPS = programs("python")
FOR_THREADS = programs("python threads")
LIMIT_S = 60


def for_trio(source: str) -> str:
    return source


def for_asyncio(source: str) -> str:
    return source.replace("from agentmgr.client import", "from agentmgr.client.aio import")


def for_threads(source: str) -> str:
    blocking = re.sub(r"\b(async|await) ", "", source)
    return blocking.replace("from agentmgr.client import", "from agentmgr.client.sync import")


def run_trio(main: Callable[..., Any], *args: str) -> None:
    async def limited() -> None:
        with trio.fail_after(LIMIT_S):
            await main(*args)

    trio.run(limited)


def run_asyncio(main: Callable[..., Any], *args: str) -> None:
    asyncio.run(asyncio.wait_for(main(*args), LIMIT_S))


def run_threads(main: Callable[..., Any], *args: str) -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            main(*args)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LIMIT_S)
    assert not thread.is_alive(), "it is not over in time"
    for error in errors:
        raise error


CLIENTS = {
    "trio": (for_trio, run_trio, "1011"),
    "asyncio": (for_asyncio, run_asyncio, "1012"),
    "threads": (for_threads, run_threads, "1013"),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo's server listens."""
    process, port = start_server(tmp_path_factory.mktemp("server"))
    yield f"127.0.0.1:{port}"
    assert end_server(process) == 0


def program(source: str, name: str) -> Callable[..., Any]:
    """Return the `main` of a program on the page."""
    namespace: dict[str, Any] = {"__name__": "page"}
    exec(compile(source, f"{PAGE.name}, {name}", "exec"), namespace)
    main: Callable[..., Any] = namespace["main"]
    return main


SAID = {
    "1": "zones: Default",
    "2": "NotReady NoState NotNailedUp",
    "3": "nailed up",
    "4": "logged off",
    "5": "buttons: ready, not_ready",
    "7": "483",
}
"""What shows that a step has come to its end."""


@pytest.mark.slow
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[0])
def test_step_of_the_page_works(
    address: str, step: tuple[str, str], client: str, capsys: pytest.CaptureFixture[str]
) -> None:
    title, source = step
    write, run, agent_id = CLIENTS[client]

    run(program(write(source), title), address, agent_id, "demo")

    assert SAID.get(title[0], "") in capsys.readouterr().out


@pytest.mark.slow
def test_window_of_the_page_works(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    ((_, source),) = FOR_THREADS
    run_threads(program(source, "window"), address, "1014", "demo")

    assert capsys.readouterr().out == "Ready\n"


def test_steps_are_all_found() -> None:
    assert [title[0] for title, _ in STEPS] == ["1", "2", "3", "4", "5", "6", "7"]
    assert TEXT.count("```python") == len(STEPS) + len(FOR_THREADS)


def test_names_on_the_page_exist() -> None:
    handlers = set(re.findall(r"`(on_\w+)`", TEXT)) - {"on_"}
    assert {name for name in handlers if not hasattr(agentmgr.client.AgentHandler, name)} == set()
    methods = set(re.findall(r"agent\.(\w+)\(", TEXT))
    vendor = {name for name in methods if name.startswith("AGT")}
    assert vendor <= set(COMMANDS)
    for client in (agentmgr.client, aio, sync):
        named = {n for n in methods - vendor if not hasattr(client.Agent, n)}
        assert named <= {"next_event", "submit"}
    notifications = set(re.findall(r"\bAGT\w+(?:Notify|Changed|Change)\b|\bPOM\w+vailable\b", TEXT))
    assert notifications <= set(NOTIFICATIONS) | set(COMMANDS)
    assert POMNotAvailable.__name__ in notifications


def test_example_in_the_readme_is_the_one_that_is_shipped() -> None:
    example = Path(agentmgr.client.__file__).with_name("example.py").read_text(encoding="utf-8")
    assert example in (PAGE.parents[2] / "README.md").read_text(encoding="utf-8")
