"""The demo: server, contacts, campaign and simulated agents in one process, from start to summary."""

import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import orjson
import structlog
import trio
from attrs import asdict, frozen
from rich.console import Console
from rich.live import Live

from agentmgr.admin import requests
from agentmgr.admin.feed import fed_from
from agentmgr.admin.socket import AdminRefused, Row
from agentmgr.app import RunningServer, open_server
from agentmgr.campaign.sheet import RejectFile
from agentmgr.client import CommandError
from agentmgr.core.stats import ZoneStats
from agentmgr.databases import ServerFailed, make_database
from agentmgr.demo.contacts import write_first, write_more
from agentmgr.demo.screen import DemoView, plain_line, screen, summary_table
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.sim import SimDesktop
from agentmgr.log import configure
from agentmgr.ports import LIVE_JOB_STATES, JobView, StoreFault
from agentmgr.runtime.clock import Clock
from agentmgr.runtime.feed import Reader
from agentmgr.runtime.host import first_error
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    Settings,
    SwitchSettings,
    ZoneSettings,
)
from protocol.enums import AgentState, CallState

SHIPPED_CONTACTS = Path(__file__).parent.parent.parent / "config" / "demo" / "contacts.csv"
CAMPAIGN = "Demo"
SKILL = "Demo"
PASSWORD = "demo"  # of simulated agents in a database made for them
START_S = datetime(2026, 3, 2, 16, tzinfo=UTC).timestamp()
"""A Monday on which it is day in all countries of the shipped contacts."""

REFRESH_S = 0.2
PLAIN_INTERVAL_S = 2.0
RATE_WINDOW_S = 120.0
STALLED_S = 60.0
STALLED_ZONE_S = 4 * 3600.0
RETRY_S = dict.fromkeys(("Busy", "NoAnswer", "AnswerMachine", "Rejected", "Congestion"), 300)
"""Shorter than one would set for people, so that the end of the demo is not a long wait."""
CODES = [
    {"name": "Sale", "success": True},
    {"name": "Not interested"},
    {"name": "Call again", "retry_after_s": 300},
    {"name": "Wrong person"},
    {"name": "No code given"},
]


Show = Callable[[DemoView], None]

ABANDON_LIMIT = 0.03
DEMO_CALL_STATES = frozenset({CallState.Idle, CallState.Talking, CallState.Held, CallState.Wrapup})
"""Call states that are shown even while nobody is in them."""


class DemoFailed(Exception):
    """The demo could not run to its end; the text is one line for a person."""


@frozen
class Demo:
    """What to show."""

    agents: int
    contacts: int
    pacing: str
    seed: int
    speed: float


@frozen
class Summary:
    """How it went. `resp_ok` completion codes were confirmed to desktops, `stored` are on disk."""

    contacts: int
    attempts: int
    live_answers: int
    abandoned: int
    abandon_rate: float
    utilisation: float
    agents: int
    dispositions: Mapping[str, int]
    resp_ok: int
    stored: int
    seconds: float


def run_demo(demo: Demo, as_json: bool) -> None:
    """Run the demo and print its summary; as one JSON object and nothing else if `as_json`.

    Raises:
        DemoFailed: it could not run to its end.
    """
    began = perf_counter()
    console = Console(quiet=as_json)
    directory = Path("var") / "demo" / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    try:
        directory.mkdir(parents=True)
        log_file = (directory / "server.log").open("w", encoding="utf-8")
    except OSError as error:
        raise DemoFailed(f"{error.filename}: {error.strerror}") from None
    with log_file, _desktops_in_the_log():
        configure("info", "json", log_file)
        try:
            summary = trio.run(_run, demo, directory, console, began)
        except* (StoreFault, AdminRefused, ServerFailed, CommandError, DemoFailed) as group:
            raise DemoFailed(f"{first_error(group)} (the server's log is {log_file.name})") from None
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(asdict(summary)) + b"\n")
    else:
        _print_summary(console, summary, directory)


class _ToLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, "desktop_link", text=record.getMessage())


@contextmanager
def _desktops_in_the_log() -> Iterator[None]:
    """Have what the desktops' library tells written to the server's log, not between the demo's own lines."""
    library, handler = logging.getLogger("agentmgr.client"), _ToLog()
    library.addHandler(handler)
    try:
        yield
    finally:
        library.removeHandler(handler)


async def _run(demo: Demo, directory: Path, console: Console, began: float) -> Summary:
    settings = Settings(
        database=DatabaseSettings(str(directory / "agentmgr.sqlite")),
        admin=AdminSettings(str(directory / "admin.sock")),
        http=HttpSettings(port=0),
        zones=(ZoneSettings(port=0),),
        switch=SwitchSettings(seed=demo.seed, speed=demo.speed),
    )
    make_database(settings)
    # For the commands that are suggested in the end.
    (directory / "agentmgr.toml").write_text(
        f'[database]\npath = "{settings.database.path}"\n[admin]\nsocket = "{settings.admin.socket}"\n'
    )
    async with open_server(settings, START_S) as server:
        (zone,) = server.zones.values()
        console.print(f"Server: zone {zone.name} on {zone.host} port {zone.port}")
        await _prepare(server, demo, directory, console)
        desktops = [SimDesktop(agent_id, PASSWORD, zone.name, demo.seed) for agent_id in _agent_ids(demo)]
        stopping = trio.Event()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_work, (zone.host, zone.port), desktops, server.clock, stopping)
            (started,) = await server.perform(requests.RunCampaign(CAMPAIGN, (zone.name,)))
            with _shown(console) as show, zone.feed.open() as reader:
                view = await _watch(server, reader, started, demo, show)
            stopping.set()
        status = await server.perform(requests.ShowCampaign(CAMPAIGN))
    return _summary(demo, view, status, desktops, perf_counter() - began)


def _agent_ids(demo: Demo) -> list[str]:
    return [str(1001 + number) for number in range(demo.agents)]


async def _prepare(server: RunningServer, demo: Demo, directory: Path, console: Console) -> None:
    """Import contacts, add agents and make the campaign, through what the command line uses too."""
    (zone,) = server.zones
    await _import_contacts(server, demo.contacts, directory, console)
    await server.perform(requests.AddAgents(tuple(_agent_ids(demo)), "", PASSWORD, zone, {SKILL: 1}))
    await server.perform(
        requests.CreateCampaign(
            {
                "name": CAMPAIGN,
                "lists": [CAMPAIGN],
                "pacing": demo.pacing,
                "skill": SKILL,
                "script_url": "https://crm.example/contact",
                "abandon_limit": ABANDON_LIMIT,
                "nuisance_retry_s": 300,
                "calling_hours": "08:00-21:00",
                "retry_s": RETRY_S,
                "codes": CODES,
            }
        )
    )


async def _import_contacts(server: RunningServer, count: int, directory: Path, console: Console) -> None:
    first, more = directory / "contacts.csv", directory / "more-contacts.csv"
    write_first(SHIPPED_CONTACTS, first, count)
    report, rejects = await _import_file(server, first)
    created = _whole(report["created"])
    console.print(f"Contacts: {created} imported, {report['rejected']} rows rejected", highlight=False)
    if rejects is not None:
        console.print(f"  why: {rejects}", highlight=False, soft_wrap=True)
    if created < count:
        write_more(first, rejects, more, count - created)
        report, _ = await _import_file(server, more)
        console.print(f"  and {report['created']} made up from them", highlight=False)


async def _import_file(server: RunningServer, path: Path) -> tuple[Row, Path | None]:
    """Import a file as the command line does; return the report and the file with what was rejected."""
    with fed_from(path) as pieces, RejectFile(path, path.parent) as rejects:
        *rejected, report = await server.perform(requests.ImportContacts(str(path), CAMPAIGN), pieces)
        for row in rejected:
            rejects.write(row)
    return report, rejects.path if rejects.rows else None


async def _work(
    address: tuple[str, int], desktops: list[SimDesktop], clock: Clock, stopping: trio.Event
) -> None:
    await run_fleet([address], desktops, clock, stopping=stopping)
    if not stopping.is_set():
        refused = [desktop for desktop in desktops if desktop.failure is not None]
        why = f"{len(refused)} could not log on" if refused else "all logged off"
        raise DemoFailed(f"the simulated agents left before the campaign was over: {why}")


async def _watch(server: RunningServer, reader: Reader, started: Row, demo: Demo, show: Show) -> DemoView:
    """Show the campaign until it is over."""
    attempts: deque[tuple[float, int]] = deque()
    progress, progress_at, progress_zone_at = (0, 0), trio.current_time(), server.clock.now()
    job_id, done, total = _whole(started["job_id"]), 0, _whole(started["contacts"])
    job: JobView | None = None
    while True:
        now, update = server.clock.now(), reader.take()
        job = update.jobs.get(job_id, job)
        over = job is None and not await _is_live(server)
        if job is not None:
            done, total = job.done, job.total
        elif over:
            done = total
        attempts.append((now, update.stats.attempts))
        while now - attempts[0][0] > RATE_WINDOW_S and len(attempts) > 2:
            attempts.popleft()
        view = _view(update.stats, demo, now, (done, total), attempts)
        show(view)
        if over:
            return view
        if (done, view.attempts) != progress:
            progress, progress_at, progress_zone_at = (done, view.attempts), trio.current_time(), now
        elif trio.current_time() - progress_at > STALLED_S and now - progress_zone_at > STALLED_ZONE_S:
            raise DemoFailed(f"nothing happens any more: {plain_line(view)}")
        await trio.sleep(REFRESH_S)


async def _is_live(server: RunningServer) -> bool:
    status, *_ = await server.perform(requests.ShowCampaign(CAMPAIGN))
    return status["state"] in LIVE_JOB_STATES


def _view(
    stats: ZoneStats,
    demo: Demo,
    now: float,
    contacts: tuple[int, int],
    attempts: Sequence[tuple[float, int]],
) -> DemoView:
    (first_at, first), (last_at, last) = attempts[0], attempts[-1]
    shown_calls = [state for state in CallState if state in DEMO_CALL_STATES or stats.calls_by_state[state]]
    return DemoView(
        campaign=f"{CAMPAIGN} campaign",
        pacing=demo.pacing,
        speed=demo.speed,
        now=now,
        done=contacts[0],
        total=contacts[1],
        agents={state.value: stats.agents_by_state[state] for state in AgentState},
        calls={state.value: stats.calls_by_state[state] for state in shown_calls},
        dialing=stats.dialing,
        waiting=stats.waiting,
        attempts=stats.attempts,
        attempts_per_min=60 * (last - first) / (last_at - first_at) if last_at > first_at else 0.0,
        live_answers=stats.live_answers,
        abandoned=stats.abandoned,
        abandon_limit=ABANDON_LIMIT,
        utilisation=stats.utilisation(now),
    )


@contextmanager
def _shown(console: Console) -> Iterator[Show]:
    """Show views live on a terminal, otherwise as a line now and then."""
    if console.is_terminal and not console.quiet:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda view: live.update(screen(view), refresh=True)
        return
    next_at = 0.0

    def show(view: DemoView) -> None:
        nonlocal next_at
        if trio.current_time() >= next_at:
            next_at = trio.current_time() + PLAIN_INTERVAL_S
            console.print(plain_line(view), highlight=False, soft_wrap=True)

    yield show


def _summary(
    demo: Demo, view: DemoView, status: Sequence[Row], desktops: Sequence[SimDesktop], seconds: float
) -> Summary:
    job, *codes = status
    live_answers, abandoned = _whole(job["live_answers"]), _whole(job["abandoned"])
    return Summary(
        contacts=_whole(job["contacts"]),
        attempts=_whole(job["attempts"]),
        live_answers=live_answers,
        abandoned=abandoned,
        abandon_rate=round(abandoned / live_answers, 4) if live_answers else 0.0,
        utilisation=round(view.utilisation, 4),
        agents=demo.agents,
        dispositions={str(row["completion_code"]): _whole(row["contacts"]) for row in codes},
        resp_ok=sum(desktop.wrapups_ok for desktop in desktops),
        stored=_whole(job["stored"]),
        seconds=round(seconds, 1),
    )


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _print_summary(console: Console, summary: Summary, directory: Path) -> None:
    console.print()
    console.print(summary_table(summary.dispositions))
    console.print(
        f"{summary.contacts} contacts, {summary.attempts} attempts, {summary.live_answers} live answers, "
        f"{summary.abandoned} abandoned ({summary.abandon_rate:.1%}), "
        f"utilisation {summary.utilisation:.1%} of {summary.agents} agents, {summary.seconds:.0f} s",
        soft_wrap=True,
    )
    console.print(
        f"{summary.resp_ok} completion codes were confirmed to desktops, {summary.stored} are on disk",
        soft_wrap=True,
    )
    database = directory / "agentmgr.sqlite"
    config = directory / "agentmgr.toml"
    console.print(f"\nThe database is {database}. Try next:", soft_wrap=True)
    for line in (
        f".venv/bin/agentmgr dispositions export --campaign {CAMPAIGN} --config {config}",
        f".venv/bin/agentmgr campaign status {CAMPAIGN} --config {config}",
        "./scripts/demo --agents 50 --contacts 2000 --pacing progressive",
        ".venv/bin/agentmgr --help",
    ):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
