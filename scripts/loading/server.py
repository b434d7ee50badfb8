"""The real server of a load: the whole application with its store, and a simulated switch that is watched.

For each customer who takes a call the session id and the moment are written down: the moment at which the
simulated customer picked up, not the later one at which the server got to it, on the clock that all
processes of this machine share.

Usage: python -m scripts.loading.server DIRECTORY; the directory has `order.json`, see `Order`.
Prints a line of JSON once it is ready.
"""

import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from time import perf_counter, time
from typing import TextIO

import attrs
import trio
from attrs import frozen

from agentmgr import log
from agentmgr.accepting import raise_descriptor_limit
from agentmgr.admin import requests
from agentmgr.admin.socket import AdminRefused
from agentmgr.app import RunningServer, serve_until_told, tune_python
from agentmgr.campaign.service import Caller
from agentmgr.core.effects import SaveResumeToken
from agentmgr.core.model import CampaignSpec, CompletionCodeSpec, PhoneNumber
from agentmgr.core.tokens import hash_of
from agentmgr.databases import ServerFailed, make_database
from agentmgr.ports import ContactDraft, Role
from agentmgr.server.limits import Limits
from agentmgr.settings.classes import (
    AdminSettings,
    DatabaseSettings,
    HttpSettings,
    ServerSettings,
    Settings,
    SwitchSettings,
    ZoneSettings,
)
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from protocol.enums import PacingType
from scripts.loading.desktop import Plan, details_of, number_of, token_of

SKILL = "load"
SUPERVISOR = ("wallboard", "load")
"""The account, and its password, of who looks at the supervisor's page."""
AT_ONCE = 2000
"""How many contacts are stored in a transaction."""
LIVE = 0.42
OUTCOMES = {"live": LIVE, "busy": 0.2, "rejected": 0.04, "machine": 0.26, "invalid": 0.04, "congestion": 0.04}
"""What comes of calls: every one is known after about `ring_s`."""
RING_SIGMA = 0.3


@frozen
class Order:
    """What a server is to serve: so many agents and contacts, calls that ring `ring_s`, talks of `talk_s`.

    Of several zones on one database each has its own campaign, and agents and contacts from a number on.
    """

    agents: int
    contacts: int
    ring_s: float
    talk_s: float
    zone: str
    database: str = ""
    campaign: str = "Load"
    first_agent: int = 10_000
    first_contact: int = 0

    @property
    def agent_ids(self) -> tuple[str, ...]:
        """Its agents."""
        return tuple(str(self.first_agent + number) for number in range(self.agents))


def customers(order: Order) -> SimParams:
    """Return the customers: 42 of 100 answer, and most of them wait for the agent to end the call."""
    return SimParams(
        **OUTCOMES,
        answer_median_s=order.ring_s,
        answer_sigma=RING_SIGMA,
        signal_median_s=order.ring_s,
        signal_sigma=RING_SIGMA,
        machine_detection_s=0.0,
        leaves_at_once=0.0,
        talk_median_s=max(0.05, order.talk_s * 3),
        talk_sigma=0.8,
        hold_patience_median_s=max(0.05, order.talk_s * 6),
        nail_answer=1.0,
        nail_answer_median_s=0.05,
        nail_loss_per_h=0.0,
    )


def campaign(plan: Plan) -> CampaignSpec:
    """Return a campaign that dials a line for each free agent, so that nobody waits for one."""
    return CampaignSpec(
        1,
        plan.campaign,
        PacingType.Progressive,
        SKILL,
        tuple(CompletionCodeSpec(code.code_id, code.code_value) for code in plan.codes),
        plan.codes[0].code_id,
    )


def drafts(order: Order) -> Iterator[ContactDraft]:
    """Make contacts by which a desktop can tell whose data it is told."""
    for contact_id in (f"C{order.first_contact + place}" for place in range(order.contacts)):
        details = details_of(contact_id)
        names = {key: details[key] for key in ("FirstName", "LastName")}
        number = PhoneNumber("PhoneNumber1", number_of(contact_id), "Europe/Berlin")
        yield ContactDraft(contact_id, (number,), names)


def serve(directory: Path) -> None:
    """Serve until SIGTERM."""
    order = Order(**json.loads((directory / "order.json").read_text()))
    raise_descriptor_limit()
    crowd = order.agents * 2 + 100
    settings = Settings(
        server=ServerSettings(stop_grace_s=0.0),
        database=DatabaseSettings(str(directory / "load.sqlite"), order.database),
        admin=AdminSettings(str(directory / "admin.sock")),
        http=HttpSettings(port=0),
        zones=(ZoneSettings(name=order.zone, host="127.0.0.1", port=0),),
        switch=SwitchSettings(**attrs.asdict(customers(order))),
        # all desktops have one address here
        desktops=Limits(connections=crowd, of_one_address=crowd),
    )
    make_database(settings)

    async def fill(server: RunningServer) -> None:
        plan = Plan(campaign=order.campaign)
        await server.perform(requests.AddAgents(order.agent_ids, "", plan.password, order.zone, {SKILL: 5}))
        with suppress(AdminRefused):  # the server of another zone on the database has made it
            await server.perform(requests.AddAccount(*SUPERVISOR, Role.SUPERVISOR))
        await trio.to_thread.run_sync(_fill, server, order)
        await trio.to_thread.run_sync(
            server.services(Caller("load")).campaigns.create, campaign(plan), (order.campaign,)
        )
        _watch(server, order.zone, answers)
        tune_python()
        ports = {"port": server.zones[order.zone].port, "http": server.http_url}
        print(json.dumps(ports), flush=True)
        trio.lowlevel.spawn_system_task(_obey, server, order.zone, plan)

    with (directory / "answers").open("w", buffering=1 << 16) as answers:
        trio.run(serve_until_told, settings, fill)


async def _obey(server: RunningServer, zone: str, plan: Plan) -> None:
    """Do what lines of the standard input say, and answer each with a line of JSON."""
    while line := await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        if line == "run\n":
            await server.perform(requests.RunCampaign(plan.campaign, (zone,)))
            print(json.dumps({"running": plan.campaign}), flush=True)
        elif line == "look\n":
            print(json.dumps(_sizes(server, zone)), flush=True)


def _sizes(server: RunningServer, zone: str) -> dict[str, int]:
    """Count what must not grow while as many agents do the same."""
    hosted = server.zones[zone]
    switch = hosted.runner._telephony._switch
    gc.collect()
    return {
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
        "tasks": trio.lowlevel.current_statistics().tasks_living,
        "descriptors": len(os.listdir("/dev/fd")),
        "timers": len(hosted.runner._timers),
        "switch_plans": len(switch._agenda),
        "switch_ids": len(switch._uses),
    }


def _fill(server: RunningServer, order: Order) -> None:
    store, owner = server._backing.store, server.zones[order.zone].runner.token
    tokens = [SaveResumeToken(each, hash_of(token_of(each)), "", time()) for each in order.agent_ids]
    store.commit(owner, tokens)
    called, waiting = store.ensure_list(order.campaign, 0.0), drafts(order)
    while some := list(islice(waiting, AT_ONCE)):
        store.put_contacts(called, some, 0.0)


def _watch(server: RunningServer, zone: str, answers: TextIO) -> None:
    """Write down which customer took a call, and when."""
    switch, steady = server.zones[zone].runner._telephony._switch, server.clock.steady
    assert isinstance(switch, SimSwitch)
    answered = switch._answered

    def noted(call, customer, at) -> None:  # type: ignore[no-untyped-def]
        picked_up = perf_counter() - (steady.now() - at)
        answers.write(f"{call.call_id} {picked_up:.6f}\n")
        answered(call, customer, at)

    switch._answered = noted  # type: ignore[method-assign]


if __name__ == "__main__":
    with open(os.devnull, "w") as nowhere:
        log.configure("warning", "json", nowhere)
        try:
            serve(Path(sys.argv[1]))
        except ServerFailed as error:
            sys.exit(str(error))
