"""How each request is carried out: by a call of a service, whose result becomes rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import chain
from typing import Any, assert_never, get_args
from zoneinfo import ZoneInfo

import attrs
import cattrs

from agentmgr.admin import campaign_file, requests
from agentmgr.admin.feed import pieces as in_pieces
from agentmgr.admin.feed import rows_of
from agentmgr.admin.requests import Request
from agentmgr.admin.socket import NO_PIECES, AdminRefused, Perform, Row
from agentmgr.campaign.agents import AgentChange, numbered
from agentmgr.campaign.callbacks import Move, Moved, WantedCallbacks
from agentmgr.campaign.campaigns import CampaignStatus
from agentmgr.campaign.contacts import ImportReport, Intake
from agentmgr.campaign.dialling import ContactsLeft, Dialling, why
from agentmgr.campaign.dnc import DncReport
from agentmgr.campaign.floor import AgentOnFloor, Wished
from agentmgr.campaign.records import WantedAttempts, iso_time
from agentmgr.campaign.schedules import Archival, Times
from agentmgr.campaign.service import Caller, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.campaign.sheet import Rejected
from agentmgr.campaign.sheet import Row as SheetRow
from agentmgr.campaign.sources import without_password
from agentmgr.campaign.zones import ZoneStatus
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, AgentSpec, AttributeSpec
from agentmgr.core.recurrence import DAYS, zone_of
from agentmgr.ports import (
    AccountToken,
    AgentLogin,
    AttemptRow,
    CampaignOverview,
    Check,
    ContactHistory,
    DataSource,
    DialRow,
    DispositionRow,
    ImportJob,
    JobEntry,
    JobState,
    JobStatus,
    KeptCallback,
    OnDuplicate,
    Role,
    Schedule,
    Scope,
    ShareStatus,
    SourceKind,
    StoreFault,
    Target,
)
from agentmgr.tables import Mistakes

SUPERVISOR = Caller("supervisor")
"""Who asks through the command line: whoever may open the socket, or the database itself."""

DNC_COLUMNS = ("address", "added_by", "added_at")
DISPOSITION_COLUMNS = tuple(a.name for a in attrs.fields(DispositionRow) if a.name != "row_id")
DIAL_COLUMNS = tuple(a.name for a in attrs.fields(DialRow))
ATTEMPT_COLUMNS = tuple(a.name for a in attrs.fields(AttemptRow))


def from_socket(services: Services) -> Perform:
    """Return what the admin socket calls with a request as it came."""
    known = {cls.__name__: cls for cls in get_args(Request)}

    def perform_named(name: str, args: Mapping[str, Any], pieces: Iterator[str]) -> Iterator[Row]:
        cls = known.get(name)
        if cls is None:
            raise AdminRefused(f"the server knows no {name}; it and the command are of different versions")
        try:
            request = cattrs.structure(args, cls)
        except (cattrs.BaseValidationError, TypeError, ValueError):
            raise AdminRefused(
                f"unusable arguments of {name}; server and command differ in version"
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
            return _report(
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
                {"list": each.name, "contacts": each.contacts, **_whose(each.organisation)}
                for each in services.contacts.lists()
            ]
        case requests.MakeList(list_name, country, organisation):
            services.contacts.make_list(list_name, country, organisation)
            return _done(f"contact list {list_name}: made; it has no contacts yet")
        case requests.ShowContact(user_contact_id, list_name, unmasked):
            history, on_dnc = services.contacts.history(user_contact_id, list_name)
            masked = frozenset(each.name for each in services.attributes.all() if each.masked)
            return _contact(history, on_dnc, frozenset() if unmasked else masked)
        case requests.DeleteContact(user_contact_id, list_name):
            services.contact.delete(list_name, user_contact_id)
            return _done(f"contact {user_contact_id}: deleted from list {list_name}")
        case requests.EmptyList(list_name):
            count = services.contacts.empty(list_name)
            while services.contacts.go_on_emptying():
                pass
            left = services.contacts.emptying(list_name).contacts
            return _done(f"contact list {list_name}: {count - left} contacts deleted, {left} left")
        case requests.AddPhoneRule(kind, pattern, country):
            rule = services.phone_rules.add(kind, pattern, country)
            where = rule.country or "all countries"
            return _done(f"rule {rule.rule_id}: {rule.kind} {rule.pattern} for numbers of {where}")
        case requests.ListPhoneRules():
            return [
                {"rule": each.rule_id, "kind": each.kind, "country": each.country, "pattern": each.pattern}
                for each in services.phone_rules.all()
            ]
        case requests.RemovePhoneRule(rule_id):
            services.phone_rules.remove(rule_id)
            return _done(f"rule {rule_id}: removed")
        case requests.DefineAttribute(name):
            is_new = services.attributes.define(
                name,
                attribute_type=request.attribute_type,
                data_type=request.data_type,
                display_name=request.display_name,
                organisation=request.organisation,
            )
            how = "defined" if is_new else "changed; jobs that run keep it as it was when they were loaded"
            return _done(f"attribute {name}: is {how}")
        case requests.ListAttributes():
            return map(_attribute, services.attributes.all())
        case requests.DefineNumber(scope, name):
            is_new = services.values.define(
                Scope(scope),
                name,
                initial=request.initial,
                display_name=request.display_name,
                organisation=request.organisation,
            )
            how = "defined" if is_new else "changed; what jobs have of it already stays"
            return _done(f"attribute {name} of {scope}s: is {how}")
        case requests.ListNumbers(scope):
            return [
                {
                    "attribute": each.name,
                    "initial": each.initial,
                    "display_name": each.display_name,
                    **_whose(each.organisation),
                }
                for each in services.values.all(Scope(scope))
            ]
        case requests.ListValues(job_id):
            return [
                {"agent": each.agent_id, "attribute": each.name, "value": each.value}
                for each in services.values.of_job(job_id)
            ]
        case requests.CreateCampaign(values):
            spec, lists = campaign_file.read(values)
            name = services.campaigns.create(spec, lists).name
            return _done(f"campaign {name}: made; agentmgr campaign run {name} starts it")
        case requests.ChangeCampaign(name, values):
            old = services.campaigns.definition(name)
            spec, lists = campaign_file.changed(old.campaign, old.lists, values)
            goes_on = services.campaigns.change(name, spec, lists)
            keys = ", ".join(values)
            return _done(f"campaign {name}: {keys} changed{_when_changed(goes_on)}")
        case requests.WriteCampaign(name):
            definition = services.campaigns.definition(name)
            return [{"toml": campaign_file.write(definition.campaign, definition.lists)}]
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
            return _done(f"campaign {name}: paused at {_progress(services.campaigns.pause(name))}")
        case requests.ResumeCampaign(name):
            return _done(f"campaign {name}: goes on at {_progress(services.campaigns.resume(name))}")
        case requests.StopCampaign(name):
            status = services.campaigns.stop(name)
            is_over = status.state is JobState.Stopped
            how = "is stopped" if is_over else "ends after the contacts being worked on"
            return _done(f"campaign {name}: {how}, at {_progress(status)}")
        case requests.StopJob(job_id):
            status = services.jobs.stop(job_id)
            is_over = status.state is JobState.Stopped
            how = "is stopped" if is_over else "ends after the contacts being worked on"
            return _done(f"campaign {status.campaign}: its job {job_id} {how}, at {_progress(status)}")
        case requests.ListJobs(campaign):
            return map(_job, services.jobs.all(campaign))
        case requests.DeleteCampaign(name, with_history):
            gone = services.campaigns.delete(name, with_history=with_history)
            with_what = f" with {gone.attempts} attempts of {gone.jobs} jobs" if gone.attempts else ""
            return _done(f"campaign {name}: is deleted{with_what}")
        case requests.ShowCampaign(name):
            return _status(services.campaigns.status(name))
        case requests.ListCampaigns():
            return map(_overview, services.campaigns.all())
        case requests.AddAgents(agent_ids):
            services.agents.add(_agents(request), request.password, request.zone)
            return _done(
                f"{len(agent_ids)} agents added" if len(agent_ids) > 1 else f"agent {agent_ids[0]} added"
            )
        case requests.SetAgents(agent_ids):
            wanted = attrs.asdict(request)
            del wanted["agent_ids"]
            changed = services.agents.change(tuple(dict.fromkeys(agent_ids)), AgentChange(**wanted))
            who = f"{changed} agents" if changed > 1 else f"agent {agent_ids[0]}"
            return _done(f"{who} changed; whoever is logged on goes on as before until the next logon")
        case requests.ShowFloor(zone, state, campaign):
            return map(floor_row, services.floor.agents(zone, state, campaign))
        case requests.LogOffAgents(agent_ids, now, zone):
            return map(_wished, services.floor.log_off(agent_ids, now=now, zone=zone))
        case requests.BreakAgents(agent_ids, reason, reason_name, zone):
            return map(_wished, services.floor.take_break(agent_ids, reason, reason_name, zone))
        case requests.MoveAgents(agent_ids, campaign, zone):
            return map(_wished, services.floor.move(agent_ids, campaign, zone))
        case requests.ListAgents():
            return map(_agent, services.agents.all())
        case requests.SetPassword(agent_id, password):
            services.agents.set_password(agent_id, password)
            return _done(f"agent {agent_id}: has a new password")
        case requests.ShowZones():
            return map(_zone, services.zones.status())
        case requests.ShowManagers():
            return [
                {"manager": each.name, "ready": each.ready, "version": each.version, "beat": each.beat}
                for each in services.zones.managers()
            ]
        case requests.MoveZone(zone, manager):
            services.zones.move(zone, manager)
            where = f"is wanted at {manager}" if manager else "is wanted where it is designated to be"
            return _done(f"zone {zone} {where}; its agents may finish what they have before it moves")
        case requests.DrainManager():
            name = services.zones.drain()
            return _done(f"manager {name} gives its zones to others that are ready, and ends")
        case requests.AddOrganisation(name):
            services.organisations.add(name)
            return _done(f"organisation {name} added")
        case requests.ListOrganisations():
            return ({"organisation": name} for name in services.organisations.all())
        case requests.DeleteOrganisation(name):
            services.organisations.delete(name)
            return _done(f"organisation {name} deleted")
        case requests.AddAccount(name, password, role, organisation):
            services.accounts.add(name, password, _role(role), organisation)
            return _done(f"account {name} added, as a {role}")
        case requests.SetAccount(name, password, enabled):
            services.accounts.change(name, password=password, enabled=enabled)
            return _done(f"account {name} changed; who is signed in with it stays so until it disconnects")
        case requests.ListAccounts():
            return (
                {
                    "account": each.name,
                    "role": str(each.role),
                    "enabled": each.enabled,
                    **_whose(each.organisation),
                }
                for each in services.accounts.all()
            )
        case requests.DeleteAccount(name):
            services.accounts.delete(name)
            return _done(f"account {name} deleted; who is signed in with it stays so until it disconnects")
        case requests.AddToken(account, name, days):
            token, text = services.tokens.add(account, name, days)
            return [{"token": text, **_token(token)}]
        case requests.ListTokens(account):
            return map(_token, services.tokens.all(account))
        case requests.RevokeToken(token_id):
            token = services.tokens.revoke(token_id)
            return _done(f"token {token_id} of account {token.account} revoked; no call has it from now on")
        case requests.ExportDispositions(campaign):
            return map(_disposition, services.campaigns.dispositions(campaign))
        case requests.ExportDials(campaign):
            return map(_dial, services.campaigns.dials(campaign))
        case requests.ExportAttempts(timezone=timezone):
            wanted = attrs.asdict(request)
            del wanted["timezone"]
            place = ZoneInfo(timezone)
            return (_attempt(each, place) for each in services.records.attempts(WantedAttempts(**wanted)))
        case requests.ListCallbacks(timezone=timezone):
            wanted = attrs.asdict(request)
            del wanted["timezone"]
            place = ZoneInfo(timezone)
            return (_callback(each, place) for each in services.callbacks.find(WantedCallbacks(**wanted)))
        case requests.MoveCallbacks(timezone=timezone):
            move = Move(
                due_at=request.due_at,
                expires_at=request.expires_at,
                agent_id=request.agent_id,
                reason=request.reason,
            )
            moved = services.callbacks.move(request.callback_ids, move)
            return [{"done": _told(each, ZoneInfo(timezone))} for each in moved]
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
            return _done(f"{added} added, {len(numbers) - added} were on the list already")
        case requests.ImportDnc(source, country, column, organisation):
            wanted = {"source": source, "column": column, "organisation": organisation}
            return _report(services.dnc.import_rows(rows_of(pieces), country, **wanted))
        case requests.RemoveFromDnc(numbers, country, organisation):
            removed = services.dnc.remove(numbers, country, organisation)
            return _done(f"{removed} removed, {len(numbers) - removed} were not on the list")
        case requests.ListDnc(organisation):
            return (
                {"address": each.address, "added_by": each.added_by, "added_at": _time(each.added_at)}
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
            return _done(f"schedule {made.schedule_id}: {what} {subject}, first at {_first(made)}")
        case requests.AddSource():
            name = services.sources.add(_source(request)).name
            return _done(f"data source {name}: added; agentmgr source import {name} imports from it")
        case requests.ListSources():
            return map(_source_row, services.sources.all())
        case requests.RemoveSource(name):
            services.sources.remove(name)
            return _done(f"data source {name}: is removed with its schedules and imports; contacts stay")
        case requests.BeginImport(name):
            queued = services.sources.begin(name)
            return _done(f"data source {name}: import {queued.import_id} is queued; a server carries it out")
        case requests.ShowImports(name, limit):
            return map(_import, services.sources.imports(name, limit=limit))
        case requests.MoveImport(name, how):
            moves = {
                "pause": services.sources.pause,
                "resume": services.sources.resume,
                "stop": services.sources.stop,
            }
            moved_import = moves[how](name)
            return _done(f"data source {name}: import {moved_import.import_id} is {moved_import.state}")
        case requests.ListSchedules():
            return map(_schedule, services.schedules.all())
        case requests.RemoveSchedule(schedule_id):
            services.schedules.remove(schedule_id)
            return _done(f"schedule {schedule_id}: is removed; what it has begun goes on")
        case _:
            assert_never(request)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise AdminRefused(f"role: found {name!r}; allowed: {', '.join(Role)}") from None


# -- from requests -------------------------------------------------------------------------


def _agents(request: requests.AddAgents) -> list[AgentSpec]:
    skills = numbered(request.skills)
    return [
        AgentSpec(agent_id, request.name or agent_id, skills, request.organisation)
        for agent_id in request.agent_ids
    ]


# -- to rows -------------------------------------------------------------------------------


def _done(text: str) -> list[Row]:
    return [{"done": text}]


def _report(results: Iterable[Rejected | ImportReport | DncReport]) -> Iterator[Row]:
    """Yield a row for each problem, then the report, then one for each campaign with the list."""
    for each in results:
        match each:
            case Rejected(line, problems):
                yield from ({"line": line, **attrs.asdict(problem)} for problem in problems)
            case ImportReport() | DncReport():
                yield attrs.asdict(each, filter=lambda field, _: field.name != "campaigns")
                yield from map(_intake, each.campaigns if isinstance(each, ImportReport) else ())


def _intake(intake: Intake) -> Row:
    state = intake.state.value if intake.state is not None else "never run"
    return {"campaign": intake.campaign, "state": state, "taken_in": intake.taken_in}


def _when_changed(job: JobStatus | None) -> str:
    return f"; its job {job.job_id} goes on with that in a moment" if job is not None else ""


def _progress(job: JobStatus) -> str:
    return f"{job.done} of {job.total} contacts"


def _status(status: CampaignStatus) -> Iterator[Row]:
    """Yield the job first, then a row for each of several shares, then for each completion code."""
    job, tally = status.job, status.tally
    if job is None or tally is None:
        yield {"campaign": status.name, "state": "was never run"}
        return
    yield {
        "campaign": status.name,
        "job": job.job_id,
        "zone": ", ".join(job.zones),
        "state": job.state.value,
        "contacts": job.total,
        "done": job.done,
        "callbacks": job.callbacks,
        "attempts": tally.attempts,
        "dials": tally.dials,
        "refused": sum(how_many for _, how_many in tally.refused),
        "live_answers": tally.live_answers,
        "callbacks_expired": dict(tally.callbacks).get("Expired", 0),
        "abandoned": tally.abandoned,
        "abandon_rate": round(tally.abandoned / tally.live_answers, 4) if tally.live_answers else 0.0,
        "stored": tally.stored,
        "started": _time(job.created_at),
        "ended": _time(job.ended_at),
        **dialling_row(status.left, status.diallings),
        "why": status.why,
    }
    if len(status.shares) > 1:
        for share, of in zip(status.shares, status.diallings, strict=True):
            yield _share(share, of)
    for code, count in tally.dispositions:
        yield {"completion_code": code, "contacts": count}


def _share(share: ShareStatus, of: Dialling) -> Row:
    facts, rate = of.facts, share.abandoned / share.live_answers if share.live_answers else 0.0
    return {
        "share": share.zone,
        "state": "nothing left" if share.has_ended else of.zone_state or "not served here",
        "pending": share.pending,
        "in_work": share.in_work,
        "done": share.done,
        "dials": share.dials,
        "live_answers": share.live_answers,
        "abandoned": share.abandoned,
        "abandon_rate": round(rate, 4),
        "agents": facts.view.agents if facts else 0,
        "ringing": facts.view.ringing if facts else 0,
        "why": why(of),
    }


def dialling_row(left: ContactsLeft, of: Sequence[Dialling]) -> Row:
    """Show what is left of a job, who works on it in some zones, and how fast it dials there."""
    found = [each.facts for each in of if each.facts is not None]
    return {
        "fresh": left.fresh,
        "waiting": left.waiting,
        "outside_hours": left.outside,
        "in_work": left.in_work,
        "reached": left.reached,
        "do_not_call": left.do_not_call,
        "used_up": left.used_up,
        "agents": sum(facts.view.agents for facts in found),
        "agents_idle": sum(facts.view.idle for facts in found),
        "agents_busy": sum(facts.view.busy for facts in found),
        "agents_with_skill": sum(facts.skilled for facts in found),
        "ringing": sum(facts.view.ringing for facts in found),
        "dials_a_minute": round(sum(facts.dials_a_minute for facts in found), 1),
        "answers_a_minute": round(sum(facts.answers_a_minute for facts in found), 1),
        "abandoned_a_minute": round(sum(facts.abandoned_a_minute for facts in found), 1),
        "next_due": _time(min((at for each in of if (at := _next_due(each)) is not None), default=None)),
    }


def _next_due(of: Dialling) -> float | None:
    """Return when the next contact can be dialled, as its zone knows; now if it has one on hand."""
    if of.facts is None:
        return None
    return of.now if of.facts.on_hand else of.facts.next_due_at and max(of.now, of.facts.next_due_at)


def _job(job: JobEntry) -> Row:
    return {
        "job": job.job_id,
        "campaign": job.campaign,
        "state": str(job.state),
        "contacts": job.total,
        "made": iso_time(job.created_at),
        "started": iso_time(job.started_at) if job.started_at is not None else None,
        "ended": iso_time(job.ended_at) if job.ended_at is not None else None,
        "max_calls": job.max_calls,
    }


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
        **_whose(campaign.organisation),
    }


def _whose(organisation: str) -> Row:
    """Say whose something is; nothing if it is everybody's."""
    return {"organisation": organisation} if organisation else {}


def _token(token: AccountToken) -> Row:
    return {
        "id": token.token_id,
        "account": token.account,
        "name": token.name,
        "made": _time(token.made_at),
        "ends": _time(token.ends_at),
    }


def _disposition(row: DispositionRow) -> Row:
    shown: dict[str, Any] = {column: getattr(row, column) for column in DISPOSITION_COLUMNS}
    for column in ("started_at", "answered_at", "saved_at"):
        shown[column] = _time(shown[column])
    return shown


def _dial(row: DialRow) -> Row:
    times = {column: _time(getattr(row, column)) for column in ("dialed_at", "answered_at", "ended_at")}
    return attrs.asdict(row) | times


def _callback(kept: KeptCallback, zone: tzinfo) -> Row:
    state = "waiting" if kept.worked_on_by is None else "worked on"
    return {
        "callback_id": kept.callback_id,
        "state": kept.outcome if kept.ended_at is not None else state,
        "campaign": kept.campaign,
        "contact_list": kept.contact_list,
        "user_contact_id": kept.user_contact_id,
        "number_name": kept.number_name,
        "number": kept.number,
        "type": kept.callback_type,
        "agent": kept.worked_on_by or kept.agent_id,
        "due_at": _time(kept.due_at, zone),
        "expires_at": _time(kept.expires_at, zone),
        "notes": kept.notes,
        "created_by": kept.created_by,
        "created_at": _time(kept.created_at, zone),
        "ended_at": _time(kept.ended_at, zone),
        "reason": kept.reason,
    }


def _told(moved: Moved, zone: tzinfo) -> str:
    kept = moved.callback
    whom = f"agent {kept.agent_id}" if kept.agent_id else "whoever is free"
    told = f"callback {kept.callback_id}: is due {_time(kept.due_at, zone)} for {whom}"
    if moved.opens_at > kept.due_at:
        told += f", called from {_time(moved.opens_at, zone)} on"
    return f"{told}; it expires {_time(kept.expires_at, zone)}"


def _attempt(row: AttemptRow, zone: tzinfo) -> Row:
    times = ("started_at", "dialed_at", "answered_at", "ended_at")
    return attrs.asdict(row) | {column: _time(getattr(row, column), zone) for column in times}


MASK = "********"


def _contact(history: ContactHistory, on_dnc: frozenset[str], masked: frozenset[str]) -> Iterator[Row]:
    """Yield the contact first, then what it has: each row says what it is."""
    contact = history.contact
    hidden = {value.casefold() for name, value in contact.attributes.items() if name in masked and value}

    def shown(address: str) -> str:
        return MASK if address.casefold() in hidden else address

    yield {"kind": "contact", "id": contact.user_contact_id, "list": contact.list_name}
    for number in contact.numbers:
        yield {
            "kind": "number",
            "name": number.name,
            "number": shown(number.number),
            "timezones": number.timezone,
            "wireless": number.wireless,
            "do_not_call": number.number in on_dnc,
        }
    of_numbers = {number.name for number in contact.numbers} | PHONE_ZONE_ATTRIBUTES.keys()
    for name, value in contact.attributes.items():
        if name not in of_numbers:
            yield {"kind": "attribute", "name": name, "value": MASK if name in masked and value else value}
    own = {number.number for number in contact.numbers}
    for address in sorted(on_dnc - own):
        yield {"kind": "do_not_call", "address": shown(address)}
    yield from ({"kind": "job", **_with_times(row)} for row in history.jobs)
    for each in history.attempts:
        yield {"kind": "attempt", **_with_times(each), "number": shown(each.number)}
    for promised in history.callbacks:
        yield {"kind": "callback", **_with_times(promised), "number": shown(promised.number)}
    yield from ({"kind": "note", **_with_times(note)} for note in history.notes)


def _with_times(row: Any) -> Row:
    return {key: _time(value) if key.endswith("_at") else value for key, value in attrs.asdict(row).items()}


def _attribute(spec: AttributeSpec) -> Row:
    return {
        "attribute": spec.name,
        "type": str(spec.attribute_type),
        "data_type": spec.data_type,
        "display_name": spec.display_name,
        **_whose(spec.organisation),
    }


def _first(schedule: Schedule) -> str:
    return str(_time(schedule.next_at, zone_of(schedule.recurrence.timezone)))


def _schedule(schedule: Schedule) -> Row:
    recurrence = schedule.recurrence
    place = zone_of(recurrence.timezone)
    return {
        "schedule": schedule.schedule_id,
        "does": str(schedule.target),
        "what": schedule.subject,
        "frequency": str(recurrence.frequency),
        "every_min": recurrence.every_min or None,
        "days": ", ".join(DAYS[day] for day in recurrence.weekdays) or None,
        "without": ", ".join(DAYS[day] for day in recurrence.left_out) or None,
        "start": recurrence.start,
        "end": recurrence.end or None,
        "timezone": recurrence.timezone,
        "next": _time(schedule.next_at, place),
        "last": _time(schedule.last_at, place),
        "outcome": schedule.outcome or None,
        "made_by": schedule.made_by,
    }


def _source(request: requests.AddSource) -> DataSource:
    values = attrs.asdict(request)
    for name, kind in (("kind", SourceKind), ("on_duplicate", OnDuplicate)):
        try:
            values[name] = kind(values[name])
        except ValueError:
            raise AdminRefused(f"{name}: found {values[name]!r}; allowed: {', '.join(kind)}") from None
    return DataSource(0, **{**values, "checks": frozenset(map(Check, request.checks))})


def _source_row(source: DataSource) -> Row:
    return {
        "source": source.name,
        "list": source.list_name,
        "kind": str(source.kind),
        "location": without_password(source.location),
        "on_duplicate": str(source.on_duplicate),
        "checks": ", ".join(sorted(source.checks)) or None,
        "country": source.country or None,
        "description": source.description or None,
        "made_by": source.made_by,
    }


def _import(job: ImportJob) -> Row:
    counts = job.counts
    return {
        "import": job.import_id,
        "source": job.source.name,
        "list": job.source.list_name,
        "state": str(job.state),
        "rows": counts.processed,
        "created": counts.created,
        "updated": counts.updated,
        "ignored": counts.ignored,
        "invalid": counts.invalid,
        "misformatted": counts.misformatted,
        "rejected": counts.rejected,
        "on_dnc": counts.on_dnc,
        "failed": counts.failed,
        "deleted": counts.deleted,
        "queued_at": _time(job.created_at),
        "ended_at": _time(job.ended_at),
        "error": job.error or None,
    }


def _zone(status: ZoneStatus) -> Row:
    lease = status.lease
    at = lease.address
    return {
        "zone": lease.zone,
        "owner": status.owner or None,
        "token": f"{lease.token.era}.{lease.token.epoch}",
        "lease_age_s": None if status.age_s is None else round(status.age_s, 1),
        "address": f"{at.ip_address}:{at.port}" if at is not None else None,
        "agents": status.agents,
        "moving_to": lease.moving_to or None,
        "wanted_at": lease.wanted_by or None,
        "why": lease.reason or None,
        "since": _time(lease.changed_at) if lease.changed_at else None,
    }


def _agent(login: AgentLogin) -> Row:
    return {
        "agent": login.agent.agent_id,
        "name": login.agent.name,
        "zone": login.zone,
        "skills": ", ".join(f"{skill.name}={skill.level}" for skill in login.agent.skills),
        "enabled": login.enabled,
        **_whose(login.agent.organisation),
    }


def floor_row(seen: AgentOnFloor) -> Row:
    """Show an agent who is logged on."""
    agent = seen.agent
    return {
        "agent": agent.agent_id,
        "name": agent.name,
        "zone": seen.zone,
        "state": agent.agent_state.value,
        "call": agent.call_state.value,
        "for_s": round(max(0.0, seen.at - agent.since)),
        "phone": agent.nailup_status.value,
        "desktop": "away" if agent.is_away else "silent" if agent.is_silent else "there",
        "leaving": agent.is_leaving,
        "reason": agent.reason_code or None,
        "side": agent.blend.name.lower(),
        "campaign": agent.campaign or None,
        "placed_in": agent.placed_in or None,
        "contact": agent.contact or None,
        "calls": agent.calls,
        "talk_s": round(agent.talk_s),
        "walk_aways": agent.walk_aways,
        "since": _time(agent.since),
    }


def _wished(wished: Wished) -> Row:
    return {
        "agent": wished.agent_id,
        "zone": wished.zone or None,
        "outcome": wished.outcome.name.lower(),
        "text": wished.outcome.value,
        "refused": wished.outcome.is_refusal,
    }


def _time(at: float | None, zone: tzinfo = UTC) -> str | None:
    """Write a time as ISO 8601."""
    return None if at is None else iso_time(at, zone)
