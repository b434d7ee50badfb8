"""The demo's server without desktops: running campaigns to log on to, and to test servers' clients with.

Its contacts have test numbers only, so what becomes of a call can be told beforehand. They do not run out:
every code and every failure brings a contact back, a hundred times.
"""

import csv
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import tomlkit
import trio
from attrs import evolve, frozen

from agentmgr.admin import requests
from agentmgr.admin.feed import fed_from
from agentmgr.admin.socket import AdminRefused
from agentmgr.app import RunningServer, serve_until_told
from agentmgr.campaign.rules import ImportRules
from agentmgr.campaign.service import Caller
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, ExternalDestination, ZoneTimers
from agentmgr.databases import ServerFailed, make_database, perform_on_store
from agentmgr.desk.fleet import run_fleet
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.log import configure
from agentmgr.ports import LIVE_JOB_STATES, Role, StoreFault
from agentmgr.runtime.host import first_error
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    ServerSettings,
    Settings,
    SwitchSettings,
    ZoneSettings,
)
from agentmgr.tls.settings import TlsSettings
from agentmgr.web.desktops import DESKTOP
from agentmgr.web.supervise import SUPERVISE
from agentmgr.web.trying import PAGE
from protocol.enums import DialFailReason, PacingType
from protocol.test_numbers import RANGES, Outcome, number_for

CALLER = Caller("demo")
ZONE = "Default"
PASSWORD = "demo"  # of agents and of the account in a database made for them
ACCOUNT = "demo"
MANAGER = "admin"  # calls the web services, for all organisations
ORGANISATION = "North"
ORGANISATION_MANAGER = "north"
ORGANISATION_LIST = "North members"
ORGANISATION_CAMPAIGN = "North news"
AGENTS = tuple(str(number) for number in range(1001, 1021))
NAMES = (
    *("Ann Berg", "Ben Okafor", "Chiara Rossi", "Dilek Kaya", "Emil Novak", "Fatou Diop", "Goran Ilic"),
    *("Hana Sato", "Ines Costa", "Jonas Lind", "Katya Orlova", "Liam Byrne", "Mei Chen", "Noah Weber"),
    *("Olga Popova", "Pavel Horak", "Quinn Adams", "Rosa Vega", "Sami Haddad", "Tess de Vries"),
)
HABITS = DeskParams(release=1.0, consult=0.05, callback=0.05)
"""Of colleagues: customers of test numbers stay until somebody hangs up."""
CONTACTS = 400
RETRY_S = 60
CODES = (
    CompletionCodeSpec(1, "Sale", success=True, retry_after_s=RETRY_S),
    CompletionCodeSpec(2, "Not interested", retry_after_s=RETRY_S),
    CompletionCodeSpec(3, "Call again", retry_after_s=RETRY_S),
    CompletionCodeSpec(4, "No code given", retry_after_s=RETRY_S),
)
TIMERS = ZoneTimers(nail_timeout_s=60.0, nail_retry_s=10.0)
"""At the speed of this server the usual times would be short even for a program."""

SCRIPT = "https://crm.example/contact"
"""Nobody is there: people would see an error in its place."""

IMPORTS = "imports"
"""Below the server's directory: where data sources may read files."""

STOP_GRACE_S = 5.0
DESK_PHONE = number_for(Outcome.ANSWERS, after_s=1)
STAYS, LEAVES, RINGS = (Outcome.ANSWERS, 0), (Outcome.LEAVES, 60), (Outcome.RINGS_OUT, 0)
"""What contacts do, and their time: the digits `TT` of their numbers."""
BOOK = (
    ExternalDestination("Help desk", DESK_PHONE),
    ExternalDestination("Always busy", number_for(Outcome.BUSY)),
)


@frozen
class DemoCampaign:
    """A campaign with a contact list and a skill of its own, all of one name."""

    name: str
    pacing: PacingType
    behaviour: tuple[tuple[Outcome, int], ...]
    acw_max_time_s: int = 600
    ring_time_s: int = 25
    contacts: int = CONTACTS


DEMO_CAMPAIGNS = (
    DemoCampaign("Preview", PacingType.PreviewUntimed, (STAYS,)),
    DemoCampaign("Timed", PacingType.PreviewTimed, (STAYS,), acw_max_time_s=60),
    DemoCampaign("Predictive", PacingType.Predictive, (STAYS, LEAVES)),
    # Few of these answer, so that other agents are idle meanwhile and can be consulted.
    DemoCampaign("Progressive", PacingType.Progressive, (STAYS, RINGS, RINGS, RINGS), ring_time_s=40),
)


@frozen
class DemoServer:
    """Where to keep everything, where to listen, and how much faster than real time to run.

    `silence_s` is after what silence a desktop is asked whether it lives, and how long that may take;
    `for_people` says that somebody will sit down at the desktop in a browser; beside them so many simulated
    `colleagues` work, the last ones of all agents, where nothing is encrypted.
    """

    data: Path
    host: str
    port: int
    speed: float
    seed: int
    silence_s: float
    tls: TlsSettings = TlsSettings()
    http_port: int = 0
    for_people: bool = False
    colleagues: int = 0


def serve_demo(demo: DemoServer, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `say` gets two lines when desktops can log on and services be called.

    For people they have the addresses of the pages for agents and for supervisors.

    Raises:
        ServerFailed: it could not start or go on.
    """
    try:
        (demo.data / IMPORTS).mkdir(parents=True, exist_ok=True)
        log_file = (demo.data / "server.log").open("a", encoding="utf-8")
    except OSError as error:
        raise ServerFailed(f"--data: {error.filename}: {error.strerror}") from None
    with log_file:
        configure("info", "json", log_file)
        try:
            trio.run(_serve, demo, say)
        except* (StoreFault, AdminRefused, ServerFailed) as group:
            raise ServerFailed(str(first_error(group))) from None


async def _serve(demo: DemoServer, say: Callable[[str], None]) -> None:
    data = demo.data.resolve()
    settings = Settings(
        server=ServerSettings(stop_grace_s=STOP_GRACE_S),
        database=DatabaseSettings(str(data / "agentmgr.sqlite")),
        admin=AdminSettings(str(data / "admin.sock")),
        http=HttpSettings(host=demo.host, port=demo.http_port, tls=demo.tls),
        zones=(
            ZoneSettings(
                name=ZONE, host=demo.host, port=demo.port, tls=demo.tls, timers=_timers(demo.silence_s)
            ),
        ),
        switch=SwitchSettings(
            seed=demo.seed,
            speed=demo.speed,
            nail_answer=1.0,
            nail_answer_median_s=0.5,
            nail_answer_sigma=0.0,
            nail_loss_per_h=0.0,
        ),
        imports=ImportRules(directory=str(data / IMPORTS), work_directory=str(data / "import-work")),
    )
    is_new = make_database(settings)
    config = _write_config(settings, data)
    if not is_new:
        _end_jobs(settings)

    async def begin(server: RunningServer) -> None:
        if is_new:
            await _fill(server, demo)
        for campaign in DEMO_CAMPAIGNS:
            await server.perform(requests.RunCampaign(campaign.name, (ZONE,)))
        zone = server.zones[ZONE]
        if demo.for_people:
            others = AGENTS[len(AGENTS) - demo.colleagues :] if not demo.tls.certificate else ()
            if others:
                desktops = [SimDesktop(each, PASSWORD, ZONE, demo.seed, HABITS) for each in others]
                nursery.start_soon(run_fleet, [(zone.host, zone.port)], desktops, server.clock)
            say(
                f"open {server.http_url}{DESKTOP.path} in a browser and sign in as agent {AGENTS[0]}"
                f" (or up to {AGENTS[-1 - len(others)]}), password {PASSWORD};\n"
                f"{server.http_url}{SUPERVISE.path} is the supervisor's page: account {MANAGER}, the same"
                " password; Ctrl-C ends it"
            )
            return
        say(  # at once: whoever waits for the first line may read no other
            f"ready: zone {zone.name} on {zone.host} port {zone.port},"
            f" agents {AGENTS[0]} to {AGENTS[-1]}, password {PASSWORD};"
            f" next: agentmgr conformance --host {zone.host} --port {zone.port} --account {ACCOUNT}\n"
            f"web services at {server.http_url}: users {MANAGER}, and {ORGANISATION_MANAGER} of the"
            f" organisation {ORGANISATION}, password {PASSWORD}; next: a browser at"
            f" {server.http_url}{PAGE}, or"
            f" curl -u {MANAGER}:{PASSWORD} {server.http_url}/axis2/services/VP_POMCmpMgmtService?wsdl;"
            f" commands for this server: --config {config}"
        )

    async with trio.open_nursery() as nursery:
        await serve_until_told(settings, begin)
        nursery.cancel_scope.cancel()


def _write_config(settings: Settings, data: Path) -> Path:
    """Write what the commands need to reach this server, and return where."""
    document = tomlkit.document()
    document["database"] = {"path": settings.database.path}
    document["admin"] = {"socket": settings.admin.socket}
    directories = settings.imports.directory, settings.imports.work_directory
    document["imports"] = dict(zip(("directory", "work_directory"), directories, strict=True))
    config = data / "agentmgr.toml"
    try:
        config.write_text(tomlkit.dumps(document), encoding="utf-8")
    except OSError as error:
        raise ServerFailed(f"--data: {error.filename}: {error.strerror}") from None
    return config


def _timers(silence_s: float) -> ZoneTimers:
    answer_s = min(silence_s, TIMERS.agent_answer_s)
    return evolve(TIMERS, agent_silence_s=silence_s, agent_answer_s=answer_s)


async def _fill(server: RunningServer, demo: DemoServer) -> None:
    data, script_url = demo.data, "" if demo.for_people else SCRIPT
    skills = {campaign.name: 5 for campaign in DEMO_CAMPAIGNS}
    await server.perform(requests.AddAgents(AGENTS, "", PASSWORD, ZONE, skills))
    for agent_id, name in zip(AGENTS, NAMES, strict=True):
        await server.perform(requests.SetAgents((agent_id,), name))
    await server.perform(requests.AddAccount(ACCOUNT, PASSWORD, Role.SERVICE))
    for campaign in DEMO_CAMPAIGNS:
        path = data / f"{campaign.name.lower()}.csv"
        _write_contacts(path, campaign)
        with fed_from(path) as pieces:
            await server.perform(requests.ImportContacts(str(path), campaign.name), pieces)
        services = server.services(CALLER)
        spec = evolve(_spec(campaign), script_url=script_url)
        await trio.to_thread.run_sync(services.campaigns.create, spec, (campaign.name,))
    await _fill_organisation(server, data)


async def _fill_organisation(server: RunningServer, data: Path) -> None:
    """Make accounts for the web services, and an organisation with a list and a campaign of its own."""
    await server.perform(requests.AddOrganisation(ORGANISATION))
    await server.perform(requests.AddAccount(MANAGER, PASSWORD, Role.MANAGER))
    await server.perform(requests.AddAccount(ORGANISATION_MANAGER, PASSWORD, Role.MANAGER, ORGANISATION))
    path = data / f"{ORGANISATION.lower()}.csv"
    campaign = DemoCampaign(ORGANISATION_CAMPAIGN, PacingType.PreviewUntimed, (STAYS,), contacts=10)
    _write_contacts(path, campaign)
    with fed_from(path) as pieces:
        importing = requests.ImportContacts(str(path), ORGANISATION_LIST, organisation=ORGANISATION)
        await server.perform(importing, pieces)
    services = server.services(Caller(ORGANISATION_MANAGER, ORGANISATION))
    await trio.to_thread.run_sync(services.campaigns.create, _spec(campaign), (ORGANISATION_LIST,))


def _spec(campaign: DemoCampaign) -> CampaignSpec:
    return CampaignSpec(
        campaign_id=0,
        name=campaign.name,
        pacing=campaign.pacing,
        skill=campaign.name,
        completion_codes=CODES,
        default_code_id=CODES[-1].code_id,
        script_url=SCRIPT,
        preview_timeout_s=60,
        ring_time_s=campaign.ring_time_s,
        acw_max_time_s=campaign.acw_max_time_s,
        acw_extensions=1,
        strict_abandon_limit=True,  # the demo is over before luck evens out
        max_attempts=100,
        retry_s=dict.fromkeys(DialFailReason, RETRY_S),
        nuisance_retry_s=RETRY_S,
        address_book=BOOK,
        allow_free_form=True,
    )


def _end_jobs(settings: Settings) -> None:
    """End what an earlier server left: its clock ran ahead, and its contacts are due too late."""
    for row in list(perform_on_store(settings, requests.ListCampaigns())):
        if row["state"] in LIVE_JOB_STATES:
            list(perform_on_store(settings, requests.StopCampaign(str(row["campaign"]))))


def _write_contacts(path: Path, campaign: DemoCampaign) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("UserContactId", "FirstName", "LastName", "PhoneNumber1", "Email", "Balance"))
            writer.writerows(_rows(campaign))
    except OSError as error:
        raise ServerFailed(f"{error.filename}: {error.strerror}") from None


def _rows(campaign: DemoCampaign) -> Iterator[tuple[str, ...]]:
    # a number is in work once, so neighbours have different ones, and so have campaigns
    after_s = 1 + (DEMO_CAMPAIGNS.index(campaign) if campaign in DEMO_CAMPAIGNS else len(DEMO_CAMPAIGNS))
    for number, (outcome, time_s) in enumerate(islice(cycle(campaign.behaviour), campaign.contacts)):
        line = number // len(campaign.behaviour) % len(RANGES)
        phone = number_for(outcome, after_s=after_s, time_s=time_s, line=line)
        contact_id = f"{campaign.name[:2].upper()}{number + 1:05}"
        yield contact_id, "Test", f"Number {number + 1}", phone, f"{contact_id.lower()}@example.com", "10"
