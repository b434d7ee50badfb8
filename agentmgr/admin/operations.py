"""How each request of the command line is carried out."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, assert_never, get_args

import attrs
import cattrs
from attrs import evolve, frozen

from agentmgr.admin import requests
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import AdminRefused, Row
from agentmgr.campaign import agents, campaigns, contacts, dnc
from agentmgr.campaign.errors import CampaignError
from agentmgr.core.model import AgentSpec, CallingHours, CampaignSpec, CompletionCodeSpec
from agentmgr.ports import (
    AgentLogin,
    CampaignOverview,
    DispositionRow,
    JobState,
    JobStatus,
    ServiceStore,
    StoreFault,
)
from protocol.enums import DialFailReason, PacingType
from protocol.structures import AgentSkill

T = TypeVar("T")

PACING = {
    "predictive": PacingType.Predictive,
    "progressive": PacingType.Progressive,
    "preview": PacingType.PreviewTimed,
    "preview-untimed": PacingType.PreviewUntimed,
}
DISPOSITION_COLUMNS = tuple(a.name for a in attrs.fields(DispositionRow) if a.name != "row_id")
MINUTES_OF_A_DAY = 1440


@frozen
class Services:
    """What operations work with: calls may come from any thread.

    `now` is epoch seconds; `served` says which zones somebody serves; `hint` is called with a zone after
    the state of one of its jobs was written, and may do nothing: the zone looks by itself before long.
    """

    store: ServiceStore
    now: Callable[[], float]
    served: Callable[[], frozenset[str]]
    hint: Callable[[str], None]

    @classmethod
    def alone(cls, store: ServiceStore) -> "Services":
        """Return what there is while no server runs: a zone learns what happened when it opens."""
        return cls(store, time.time, frozenset, lambda zone: None)


def from_socket(services: Services) -> Callable[[str, Mapping[str, Any]], Iterator[Row]]:
    """Return what the admin socket calls with a request as it came."""
    known = {cls.__name__: cls for cls in get_args(Request)}

    def perform_named(name: str, args: Mapping[str, Any]) -> Iterator[Row]:
        cls = known.get(name)
        if cls is None:
            raise AdminRefused(f"the server knows no {name}; it and the command are of different versions")
        try:
            request = cattrs.structure(args, cls)
        except (cattrs.BaseValidationError, TypeError, ValueError):
            raise AdminRefused(
                f"unusable arguments of {name}; server and command differ in version"
            ) from None
        return perform(request, services)

    return perform_named


def perform(request: Request, services: Services) -> Iterator[Row]:
    """Carry a request out and yield its rows; blocks.

    Raises:
        AdminRefused: it failed; one line for a person.
    """
    try:
        yield from _perform(request, services)
    except (CampaignError, StoreFault) as error:
        raise AdminRefused(str(error)) from None


def _perform(request: Request, services: Services) -> Iterable[Row]:
    store = services.store
    match request:
        case requests.ImportContacts():
            return _import_contacts(request, services)
        case requests.ListContactLists():
            return [{"list": each.name, "contacts": each.contacts} for each in contacts.contact_lists(store)]
        case requests.CreateCampaign():
            campaigns.create_campaign(store, _campaign(request), request.lists, now=services.now())
            return _done(f"campaign {request.name}: made; agentmgr campaign run {request.name} starts it")
        case requests.RunCampaign():
            return _run_campaign(request, services)
        case requests.PauseCampaign(name):
            job = campaigns.pause_campaign(store, name)
            services.hint(job.zone)
            return _done(f"campaign {name}: paused at {job.done} of {job.total} contacts")
        case requests.ResumeCampaign(name):
            job = campaigns.resume_campaign(store, name)
            services.hint(job.zone)
            return _done(f"campaign {name}: goes on at {job.done} of {job.total} contacts")
        case requests.StopCampaign():
            return _stop_campaign(request, services)
        case requests.ShowCampaign(name):
            return _status(campaigns.campaign_status(store, name))
        case requests.ListCampaigns():
            return [_overview(each) for each in campaigns.list_campaigns(store)]
        case requests.AddAgents():
            return _add_agents(request, services)
        case requests.ListAgents():
            return [_agent(each) for each in agents.list_agents(store)]
        case requests.SetPassword(agent_id, password):
            agents.set_password(store, agent_id, password)
            return _done(f"agent {agent_id}: has a new password")
        case requests.ExportDispositions(campaign):
            return map(_disposition, campaigns.export_dispositions(store, campaign))
        case requests.AddToDnc(numbers, country):
            added = dnc.add_to_dnc(store, numbers, added_by="supervisor", now=services.now(), country=country)
            return _done(f"{added} added, {len(numbers) - added} were on the list already")
        case requests.RemoveFromDnc(numbers, country):
            removed = dnc.remove_from_dnc(store, numbers, country=country)
            return _done(f"{removed} removed, {len(numbers) - removed} were not on the list")
        case requests.ListDnc():
            return (
                {"address": each.address, "added_by": each.added_by, "added_at": _time(each.added_at)}
                for each in dnc.list_dnc(store)
            )
        case _:
            assert_never(request)


def _done(text: str) -> list[Row]:
    return [{"done": text}]


# -- contacts ------------------------------------------------------------------------------


def _import_contacts(request: requests.ImportContacts, services: Services) -> list[Row]:
    report = contacts.import_contacts(
        services.store,
        Path(request.path),
        request.list_name,
        now=services.now(),
        mapping=request.columns,
        country=request.country,
    )
    reject_file = str(report.reject_file) if report.reject_file else None
    return [{**attrs.asdict(report), "reject_file": reject_file}]


# -- campaigns -----------------------------------------------------------------------------


def _campaign(request: requests.CreateCampaign) -> CampaignSpec:
    codes = tuple(
        CompletionCodeSpec(number, code.name, code.success, code.retry_after_s)
        for number, code in enumerate(request.codes, 1)
    )
    spec = CampaignSpec(
        campaign_id=0,
        name=request.name,
        pacing=PACING[request.pacing],
        skill=request.skill,
        completion_codes=codes or campaigns.DEFAULT_COMPLETION_CODES,
        default_code_id=codes[-1].code_id if codes else campaigns.DEFAULT_CODE_ID,
        **attrs.asdict(request.settings),
        calling_hours=_calling_hours(request.calling_hours, request.weekdays),
    )
    return evolve(spec, retry_s={**spec.retry_s, **_retries(request.retry_s)})


def _retries(retry_s: Mapping[str, int]) -> dict[DialFailReason, int]:
    try:
        return {DialFailReason.parse(reason): delay_s for reason, delay_s in retry_s.items()}
    except ValueError:
        found, allowed = ", ".join(retry_s), ", ".join(DialFailReason)
        raise CampaignError(f"retry: found {found}; allowed: {allowed}") from None


def _calling_hours(hours: str, weekdays: str) -> CallingHours:
    """Read `08:00-21:00` and `1-5` or `1,2,6`; empty is always."""
    found = CallingHours()
    if hours:
        try:
            start, end = map(_minutes, hours.split("-"))
        except ValueError:
            raise CampaignError(
                f"calling hours: found {hours}; allowed: from-to as in 08:00-21:00, the end up to 24:00"
            ) from None
        found = evolve(found, start_min=start, end_min=end)
    if weekdays:
        days: set[int] = set()
        try:
            for part in weekdays.split(","):
                first, _, last = part.partition("-")
                days.update(range(int(first), int(last or first) + 1))
        except ValueError:
            raise CampaignError(
                f"weekdays: found {weekdays}; allowed: as in 1-5 or 1,2,6, Monday is 1"
            ) from None
        found = evolve(found, weekdays=frozenset(days))
    return found


def _minutes(time_of_day: str) -> int:
    hour, minute = map(int, time_of_day.split(":"))
    if not (0 <= minute < 60 and 0 <= hour * 60 + minute <= MINUTES_OF_A_DAY):
        raise ValueError(time_of_day)
    return hour * 60 + minute


def _run_campaign(request: requests.RunCampaign, services: Services) -> list[Row]:
    served = services.served()
    if served and request.zone not in served:
        there = ", ".join(sorted(served))
        raise AdminRefused(f"zone {request.zone}: is not served here; there are: {there}")
    job = campaigns.run_campaign(services.store, request.name, request.zone, now=services.now())
    services.hint(request.zone)
    when = "" if served else "; it starts when a server serves this zone"
    done = f"campaign {request.name}: job {job.job_id} with {job.total} contacts in zone {request.zone}{when}"
    return [{"done": done, "job_id": job.job_id}]


def _stop_campaign(request: requests.StopCampaign, services: Services) -> list[Row]:
    job = campaigns.stop_campaign(services.store, request.name, now=services.now(), served=services.served())
    services.hint(job.zone)
    how = "is stopped" if job.state is JobState.Stopped else "ends after the contacts being worked on"
    return _done(f"campaign {request.name}: {how}, at {job.done} of {job.total} contacts")


def _status(status: campaigns.CampaignStatus) -> Iterator[Row]:
    """Yield the job first, then a row for each completion code."""
    job, tally = status.job, status.tally
    if job is None or tally is None:
        yield {"campaign": status.name, "state": "was never run"}
        return
    yield {
        "campaign": status.name,
        "job": job.job_id,
        "zone": job.zone,
        "state": job.state.value,
        "contacts": job.total,
        "done": job.done,
        "callbacks": job.callbacks,
        "attempts": tally.attempts,
        "live_answers": tally.live_answers,
        "abandoned": tally.abandoned,
        "abandon_rate": round(tally.abandoned / tally.live_answers, 4) if tally.live_answers else 0.0,
        "stored": tally.stored,
        "started": _time(job.created_at),
        "ended": _time(job.ended_at),
    }
    for code, count in tally.dispositions:
        yield {"completion_code": code, "contacts": count}


def _overview(campaign: CampaignOverview) -> Row:
    job: JobStatus | None = campaign.job
    return {
        "campaign": campaign.name,
        "pacing": campaign.pacing.value,
        "lists": ", ".join(campaign.lists),
        "state": job.state.value if job else "was never run",
        "done": job.done if job else None,
        "contacts": job.total if job else None,
        "callbacks": job.callbacks if job else None,
    }


def _disposition(row: DispositionRow) -> Row:
    shown: dict[str, Any] = {column: getattr(row, column) for column in DISPOSITION_COLUMNS}
    for column in ("started_at", "answered_at", "saved_at"):
        shown[column] = _time(shown[column])
    return shown


# -- agents --------------------------------------------------------------------------------


def _add_agents(request: requests.AddAgents, services: Services) -> list[Row]:
    skills = tuple(
        AgentSkill(name, str(number), level) for number, (name, level) in enumerate(request.skills.items(), 1)
    )
    records = [AgentSpec(agent_id, request.name or agent_id, skills) for agent_id in request.agent_ids]
    agents.add_agents(services.store, records, request.password, request.zone)
    return _done(f"{len(records)} agents added" if len(records) > 1 else f"agent {records[0].agent_id} added")


def _agent(login: AgentLogin) -> Row:
    return {
        "agent": login.agent.agent_id,
        "name": login.agent.name,
        "zone": login.zone,
        "skills": ", ".join(f"{skill.name}={skill.level}" for skill in login.agent.skills),
        "enabled": login.enabled,
    }


def _time(at: float | None) -> str | None:
    """Write a time as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
