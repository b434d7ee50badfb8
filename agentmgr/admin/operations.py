"""How each request is carried out: by a call of a service, whose result becomes rows."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Any, TypeVar, assert_never, get_args
from zoneinfo import ZoneInfo

import attrs
import cattrs
import orjson

from agentmgr.admin import campaign_file, requests, rows
from agentmgr.admin.feed import pieces as in_pieces
from agentmgr.admin.feed import rows_of
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import NO_PIECES, AdminRefused, Perform, Row
from agentmgr.campaign.agents import AgentChange, numbered
from agentmgr.campaign.callbacks import Move, WantedCallbacks
from agentmgr.campaign.records import WantedAttempts
from agentmgr.campaign.schedules import Archival, Times
from agentmgr.campaign.service import Caller, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import Row as SheetRow
from agentmgr.core.calling_hours import is_timezone
from agentmgr.core.model import AgentSpec
from agentmgr.ports import (
    Check,
    DataSource,
    JobState,
    OnDuplicate,
    Role,
    Scope,
    SourceKind,
    StoreFault,
    Target,
)
from agentmgr.tables import Mistakes

T = TypeVar("T", bound=StrEnum)

SUPERVISOR = Caller("supervisor")
"""Who asks through the command line: whoever may open the socket, or the database itself."""


_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def _as_it_is(value: Any, kind: type[Any]) -> Any:
    """Take a value of a type, and nothing that could be made one of it."""
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise TypeError(f"found {value!r}")


for _kind in (str, int, float, bool):
    _CONVERTER.register_structure_hook(_kind, _as_it_is)


def from_socket(services: Services) -> Perform:
    """Return what the admin socket calls with a request as it came."""
    known = {cls.__name__: cls for cls in get_args(Request)}

    def perform_named(name: str, args: Mapping[str, Any], pieces: Iterator[str]) -> Iterator[Row]:
        cls = known.get(name)
        if cls is None:
            raise AdminRefused(f"the server knows no {name}; it and the command are of different versions")
        try:
            request = _CONVERTER.structure(args, cls)
        except (cattrs.BaseValidationError, TypeError, ValueError):
            raise AdminRefused(
                f"unusable arguments of {name}; the server and who asks differ in version"
            ) from None
        return perform(request, services, pieces)

    return perform_named


def perform(request: Request, services: Services, pieces: Iterator[str] = NO_PIECES) -> Iterator[Row]:
    """Carry a request out and yield its rows; blocks. `pieces` are the rows of a file that it brings.

    Raises:
        AdminRefused: it failed; one line for a person.
    """
    try:
        yield from _perform(request, services, pieces)
    except (ServiceError, StoreFault, Mistakes) as error:
        raise AdminRefused(str(error)) from None


def _perform(request: Request, services: Services, pieces: Iterator[str]) -> Iterable[Row]:
    match request:
        case requests.ImportContacts():
            return rows.report(
                services.contacts.import_rows(
                    rows_of(pieces),
                    request.list_name,
                    source=request.source,
                    mapping=request.columns,
                    country=request.country,
                    allow_premium=request.allow_premium,
                    organisation=request.organisation,
                )
            )
        case requests.ListContactLists():
            return [
                {"list": each.name, "contacts": each.contacts, **rows.whose(each.organisation)}
                for each in services.contacts.lists()
            ]
        case requests.MakeList(list_name, country, organisation):
            services.contacts.make_list(list_name, country, organisation)
            return rows.done(f"contact list {list_name}: made; it has no contacts yet")
        case requests.ShowContact(user_contact_id, list_name, unmasked):
            history, on_dnc = services.contacts.history(user_contact_id, list_name)
            masked = frozenset(each.name for each in services.attributes.all() if each.masked)
            return rows.contact_history(history, on_dnc, frozenset() if unmasked else masked)
        case requests.DeleteContact(user_contact_id, list_name):
            services.contact.delete(list_name, user_contact_id)
            return rows.done(f"contact {user_contact_id}: deleted from list {list_name}")
        case requests.EmptyList(list_name):
            count = services.contacts.empty(list_name)
            while services.contacts.go_on_emptying():
                pass
            left = services.contacts.emptying(list_name).contacts
            return rows.done(f"contact list {list_name}: {count - left} contacts deleted, {left} left")
        case requests.AddPhoneRule(kind, pattern, country):
            rule = services.phone_rules.add(kind, pattern, country)
            where = rule.country or "all countries"
            return rows.done(f"rule {rule.rule_id}: {rule.kind} {rule.pattern} for numbers of {where}")
        case requests.ListPhoneRules():
            return [
                {"rule": each.rule_id, "kind": each.kind, "country": each.country, "pattern": each.pattern}
                for each in services.phone_rules.all()
            ]
        case requests.RemovePhoneRule(rule_id):
            services.phone_rules.remove(rule_id)
            return rows.done(f"rule {rule_id}: removed")
        case requests.DefineAttribute(name):
            is_new = services.attributes.define(
                name,
                attribute_type=request.attribute_type,
                data_type=request.data_type,
                display_name=request.display_name,
                organisation=request.organisation,
            )
            how = "defined" if is_new else "changed; jobs that run keep it as it was when they were loaded"
            return rows.done(f"attribute {name}: is {how}")
        case requests.ListAttributes():
            return map(rows.attribute, services.attributes.all())
        case requests.DefineNumber(scope, name):
            is_new = services.values.define(
                _word(Scope, "scope", scope),
                name,
                initial=request.initial,
                display_name=request.display_name,
                organisation=request.organisation,
            )
            how = "defined" if is_new else "changed; what jobs have of it already stays"
            return rows.done(f"attribute {name} of {scope}s: is {how}")
        case requests.ListNumbers(scope):
            return [
                {
                    "attribute": each.name,
                    "initial": each.initial,
                    "display_name": each.display_name,
                    **rows.whose(each.organisation),
                }
                for each in services.values.all(_word(Scope, "scope", scope))
            ]
        case requests.ListValues(job_id):
            return [
                {"agent": each.agent_id, "attribute": each.name, "value": each.value}
                for each in services.values.of_job(job_id)
            ]
        case requests.CreateCampaign(values):
            spec, lists = campaign_file.read(values)
            name = services.campaigns.create(spec, lists).name
            return rows.done(f"campaign {name}: made; agentmgr campaign run {name} starts it")
        case requests.ChangeCampaign(name, values):
            old = services.campaigns.definition(name)
            spec, lists = campaign_file.changed(old.campaign, old.lists, values)
            goes_on = services.campaigns.change(name, spec, lists)
            keys = ", ".join(values)
            return rows.done(f"campaign {name}: {keys} changed{rows.when_changed(goes_on)}")
        case requests.WriteCampaign(name):
            definition = services.campaigns.definition(name)
            return [{"toml": campaign_file.write(definition.campaign, definition.lists)}]
        case requests.ListCampaignFields():
            return map(rows.campaign_field, campaign_file.form())
        case requests.ShowCampaignValues(name):
            definition = services.campaigns.definition(name)
            values = campaign_file.values_of(definition.campaign, definition.lists)
            return [{"key": key, "value": orjson.dumps(value).decode()} for key, value in values.items()]
        case requests.RunCampaign(name, zones, otherwise):
            started = services.campaigns.run(name, zones, otherwise)
            unserved = ", ".join(started.unserved)
            which = "this zone" if len(started.zones) == 1 else f"zone {unserved}"
            when = f"; it starts when a server serves {which}" if unserved else ""
            when = "; it starts when the job before it is over" if started.is_queued else when
            where = f"zone{'s' if len(started.zones) > 1 else ''} {', '.join(started.zones)}"
            job = started.job
            done = f"campaign {name}: job {job.job_id} with {job.total} contacts in {where}{when}"
            return [{"done": done, "job_id": job.job_id, "contacts": job.total}]
        case requests.PauseCampaign(name):
            return rows.done(f"campaign {name}: paused at {rows.progress(services.campaigns.pause(name))}")
        case requests.ResumeCampaign(name):
            return rows.done(f"campaign {name}: goes on at {rows.progress(services.campaigns.resume(name))}")
        case requests.StopCampaign(name):
            status = services.campaigns.stop(name)
            is_over = status.state is JobState.Stopped
            how = "is stopped" if is_over else "ends after the contacts being worked on"
            return rows.done(f"campaign {name}: {how}, at {rows.progress(status)}")
        case requests.StopJob(job_id):
            status = services.jobs.stop(job_id)
            is_over = status.state is JobState.Stopped
            how = "is stopped" if is_over else "ends after the contacts being worked on"
            return rows.done(
                f"campaign {status.campaign}: its job {job_id} {how}, at {rows.progress(status)}"
            )
        case requests.ListJobs(campaign):
            return map(rows.job, services.jobs.all(campaign))
        case requests.DeleteCampaign(name, with_history):
            gone = services.campaigns.delete(name, with_history=with_history)
            with_what = f" with {gone.attempts} attempts of {gone.jobs} jobs" if gone.attempts else ""
            return rows.done(f"campaign {name}: is deleted{with_what}")
        case requests.ShowCampaign(name):
            return rows.status(services.campaigns.status(name))
        case requests.ListCampaigns():
            return map(rows.overview, services.campaigns.all())
        case requests.AddAgents(agent_ids):
            services.agents.add(_agents(request), request.password, request.zone)
            return rows.done(
                f"agent {agent_ids[0]} added" if len(agent_ids) == 1 else f"{len(agent_ids)} agents added"
            )
        case requests.SetAgents(agent_ids):
            wanted = attrs.asdict(request)
            del wanted["agent_ids"]
            changed = services.agents.change(tuple(dict.fromkeys(agent_ids)), AgentChange(**wanted))
            who = f"agent {agent_ids[0]}" if len(agent_ids) == 1 else f"{changed} agents"
            return rows.done(f"{who} changed; whoever is logged on goes on as before until the next logon")
        case requests.ShowFloor(zone, state, campaign):
            return map(rows.floor_row, services.floor.agents(zone, state, campaign))
        case requests.LogOffAgents(agent_ids, now, zone):
            return map(rows.wished, services.floor.log_off(agent_ids, now=now, zone=zone))
        case requests.BreakAgents(agent_ids, reason, reason_name, zone):
            return map(rows.wished, services.floor.take_break(agent_ids, reason, reason_name, zone))
        case requests.MoveAgents(agent_ids, campaign, zone):
            return map(rows.wished, services.floor.move(agent_ids, campaign, zone))
        case requests.ListAgents():
            return map(rows.agent, services.agents.all())
        case requests.SetPassword(agent_id, password):
            services.agents.set_password(agent_id, password)
            return rows.done(f"agent {agent_id}: has a new password")
        case requests.ShowZones():
            return map(rows.zone, services.zones.status())
        case requests.ShowManagers():
            return [
                {"manager": each.name, "ready": each.ready, "version": each.version, "beat": each.beat}
                for each in services.zones.managers()
            ]
        case requests.MoveZone(zone, manager):
            services.zones.move(zone, manager)
            where = f"is wanted at {manager}" if manager else "is wanted where it is designated to be"
            return rows.done(f"zone {zone} {where}; its agents may finish what they have before it moves")
        case requests.DrainManager():
            name = services.zones.drain()
            return rows.done(f"manager {name} gives its zones to others that are ready, and ends")
        case requests.AddOrganisation(name):
            services.organisations.add(name)
            return rows.done(f"organisation {name} added")
        case requests.ListOrganisations():
            return ({"organisation": name} for name in services.organisations.all())
        case requests.DeleteOrganisation(name):
            services.organisations.delete(name)
            return rows.done(f"organisation {name} deleted")
        case requests.AddAccount(name, password, role, organisation):
            services.accounts.add(name, password, _word(Role, "role", role), organisation)
            return rows.done(f"account {name} added, as a {role}")
        case requests.SetAccount(name, password, enabled):
            services.accounts.change(name, password=password, enabled=enabled)
            return rows.done(
                f"account {name} changed; who is signed in with it stays so until it disconnects"
            )
        case requests.ListAccounts():
            return (
                {
                    "account": each.name,
                    "role": str(each.role),
                    "enabled": each.enabled,
                    **rows.whose(each.organisation),
                }
                for each in services.accounts.all()
            )
        case requests.DeleteAccount(name):
            services.accounts.delete(name)
            return rows.done(
                f"account {name} deleted; who is signed in with it stays so until it disconnects"
            )
        case requests.AddToken(account, name, days):
            token, text = services.tokens.add(account, name, days)
            return [{"token": text, **rows.token(token)}]
        case requests.ListTokens(account):
            return map(rows.token, services.tokens.all(account))
        case requests.RevokeToken(token_id):
            token = services.tokens.revoke(token_id)
            return rows.done(
                f"token {token_id} of account {token.account} revoked; no call has it from now on"
            )
        case requests.ExportDispositions(campaign):
            return map(rows.disposition, services.campaigns.dispositions(campaign))
        case requests.ExportDials(campaign):
            return map(rows.dial, services.campaigns.dials(campaign))
        case requests.ExportAttempts(timezone=timezone):
            wanted = attrs.asdict(request)
            del wanted["timezone"]
            place = _place(timezone)
            return (rows.attempt(each, place) for each in services.records.attempts(WantedAttempts(**wanted)))
        case requests.ReportCompliance(timezone=timezone):
            first, last = _day(request.first), _day(request.last)
            record = services.compliance.days(request.campaigns, first, last, _place(timezone))
            return (rows.compliance_day(each) for each in record)
        case requests.ShowReport(timezone=timezone):
            first, last = _day(request.first), _day(request.last)
            counted = services.reports.report(request.by, request.campaigns, first, last, _place(timezone))
            return (rows.report_row(each) for each in counted)
        case requests.ShowAlarms():
            return map(rows.alarm, services.alarms.all())
        case requests.ShowFigures():
            return map(rows.figures, services.figures.figures(**attrs.asdict(request)))
        case requests.ListCallbacks(timezone=timezone):
            wanted = attrs.asdict(request)
            del wanted["timezone"]
            place = _place(timezone)
            return (rows.callback(each, place) for each in services.callbacks.find(WantedCallbacks(**wanted)))
        case requests.MoveCallbacks(timezone=timezone):
            place = _place(timezone)
            move = Move(
                due_at=request.due_at,
                expires_at=request.expires_at,
                agent_id=request.agent_id,
                reason=request.reason,
            )
            moved = services.callbacks.move(request.callback_ids, move)
            return [{"done": rows.told(each, place)} for each in moved]
        case requests.CancelCallbacks(callback_ids, reason):
            cancelled = services.callbacks.cancel(callback_ids, reason)
            return [{"done": f"callback {each.callback_id}: is cancelled"} for each in cancelled]
        case requests.ExportContacts(list_name, campaigns, unmasked):
            export = services.records.contact_list(list_name, campaigns, unmasked=unmasked)
            heads = (SheetRow(0, export.columns), SheetRow(0, export.left_out))
            return (
                {"piece": each}
                for each in in_pieces(chain(heads, (SheetRow(1, each) for each in export.rows)))
            )
        case requests.AddToDnc(numbers, country, organisation):
            added = services.dnc.add(numbers, country, organisation)
            return rows.done(f"{added} added, {len(numbers) - added} were on the list already")
        case requests.ImportDnc(source, country, column, organisation):
            wanted = {"source": source, "column": column, "organisation": organisation}
            return rows.report(services.dnc.import_rows(rows_of(pieces), country, **wanted))
        case requests.RemoveFromDnc(numbers, country, organisation):
            removed = services.dnc.remove(numbers, country, organisation)
            return rows.done(f"{removed} removed, {len(numbers) - removed} were not on the list")
        case requests.ListDnc(organisation):
            return (
                {"address": each.address, "added_by": each.added_by, "added_at": rows.time(each.added_at)}
                for each in services.dnc.all(organisation)
            )
        case requests.AddSchedule(target, subject):
            asked = attrs.asdict(request)
            del asked["target"], asked["subject"]
            archival = Archival(*(asked.pop(key) for key in ("archive", "archive_hours", "archive_at")))
            if target == Target.IMPORT:
                made = services.schedules.add_import(subject, Times(**asked))
                what = "imports from data source"
            else:
                made = services.schedules.add_run(subject, Times(**asked), archival)
                what = "runs campaign"
            return rows.done(f"schedule {made.schedule_id}: {what} {subject}, first at {rows.first(made)}")
        case requests.AddSource():
            name = services.sources.add(_source(request)).name
            return rows.done(f"data source {name}: added; agentmgr source import {name} imports from it")
        case requests.ListSources():
            return map(rows.source, services.sources.all())
        case requests.RemoveSource(name):
            services.sources.remove(name)
            return rows.done(f"data source {name}: is removed with its schedules and imports; contacts stay")
        case requests.BeginImport(name):
            queued = services.sources.begin(name)
            return rows.done(
                f"data source {name}: import {queued.import_id} is queued; a server carries it out"
            )
        case requests.ShowImports(name, limit):
            return map(rows.import_job, services.sources.imports(name, limit=limit))
        case requests.MoveImport(name, how):
            moves = {
                "pause": services.sources.pause,
                "resume": services.sources.resume,
                "stop": services.sources.stop,
            }
            if how not in moves:
                raise AdminRefused(f"how: found {how[:50]!r}; allowed: {', '.join(moves)}")
            moved_import = moves[how](name)
            return rows.done(f"data source {name}: import {moved_import.import_id} is {moved_import.state}")
        case requests.ListSchedules():
            return map(rows.schedule, services.schedules.all())
        case requests.RemoveSchedule(schedule_id):
            services.schedules.remove(schedule_id)
            return rows.done(f"schedule {schedule_id}: is removed; what it has begun goes on")
        case _:
            assert_never(request)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise AdminRefused(f"day: found {text[:50]!r}; allowed are days such as 2026-03-02") from None


def _place(timezone: str) -> ZoneInfo:
    if not is_timezone(timezone):
        raise AdminRefused(f"timezone: found {timezone[:50]!r}; allowed are IANA names such as Europe/Berlin")
    return ZoneInfo(timezone)


def _word(words: type[T], what: str, found: str) -> T:
    try:
        return words(found)
    except ValueError:
        raise AdminRefused(f"{what}: found {found[:50]!r}; allowed: {', '.join(words)}") from None


# -- from requests -------------------------------------------------------------------------


def _agents(request: requests.AddAgents) -> list[AgentSpec]:
    skills = numbered(request.skills)
    return [
        AgentSpec(agent_id, request.name or agent_id, skills, request.organisation)
        for agent_id in request.agent_ids
    ]


def _source(request: requests.AddSource) -> DataSource:
    values = attrs.asdict(request)
    for name, words in (("kind", SourceKind), ("on_duplicate", OnDuplicate)):
        values[name] = _word(words, name, values[name])
    checks = frozenset(_word(Check, "check", each) for each in request.checks)
    return DataSource(0, **{**values, "checks": checks})
