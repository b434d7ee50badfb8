"""How what services return is told, row by row: to the command line, the admin socket and REST."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Any

import attrs
import orjson

from agentmgr.admin.campaign_file import FieldAbout
from agentmgr.admin.socket import Row
from agentmgr.campaign.alarms import Alarm
from agentmgr.campaign.callbacks import Moved
from agentmgr.campaign.campaigns import CampaignStatus
from agentmgr.campaign.compliance import ComplianceDay
from agentmgr.campaign.contacts import ImportReport, Intake
from agentmgr.campaign.dialling import ContactsLeft, Dialling, why
from agentmgr.campaign.dnc import DncReport
from agentmgr.campaign.figures import Figures
from agentmgr.campaign.floor import AgentOnFloor, Wished
from agentmgr.campaign.records import iso_time
from agentmgr.campaign.sheet import Rejected
from agentmgr.campaign.sources import without_password
from agentmgr.campaign.zones import ZoneStatus
from agentmgr.core.model import PHONE_ZONE_ATTRIBUTES, AttributeSpec
from agentmgr.core.recurrence import DAYS, zone_of
from agentmgr.ports import (
    AccountToken,
    AgentLogin,
    AttemptRow,
    CampaignOverview,
    ContactHistory,
    DataSource,
    DialRow,
    DispositionRow,
    ImportJob,
    JobEntry,
    JobStatus,
    KeptCallback,
    ReportCounts,
    Schedule,
    ShareStatus,
)

DNC_COLUMNS = ("address", "added_by", "added_at")
DISPOSITION_COLUMNS = tuple(a.name for a in attrs.fields(DispositionRow) if a.name != "row_id")
DIAL_COLUMNS = tuple(a.name for a in attrs.fields(DialRow))
COMPLIANCE_COLUMNS = (
    *("campaign", "day", "dials", "live_answers", "abandoned", "abandon_rate"),
    *("live_answers_30_days", "abandoned_30_days", "abandon_rate_30_days", "abandon_limit", "within_limit"),
    *("refused_on_dnc", "refused_outside_hours", "again_within_72_h"),
)
ATTEMPT_COLUMNS = tuple(a.name for a in attrs.fields(AttemptRow))


def done(text: str) -> list[Row]:
    return [{"done": text}]


def report(results: Iterable[Rejected | ImportReport | DncReport]) -> Iterator[Row]:
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


def when_changed(job: JobStatus | None) -> str:
    return f"; its job {job.job_id} goes on with that in a moment" if job is not None else ""


def progress(job: JobStatus) -> str:
    return f"{job.done} of {job.total} contacts"


def status(status: CampaignStatus) -> Iterator[Row]:
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
        "started": time(job.created_at),
        "ended": time(job.ended_at),
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
        "next_due": time(min((at for each in of if (at := _next_due(each)) is not None), default=None)),
    }


def _next_due(of: Dialling) -> float | None:
    """Return when the next contact can be dialled, as its zone knows; now if it has one on hand."""
    if of.facts is None:
        return None
    return of.now if of.facts.on_hand else of.facts.next_due_at and max(of.now, of.facts.next_due_at)


def campaign_field(of: FieldAbout) -> Row:
    """Show what a form needs to know; default and choices as JSON, since they may be lists."""
    return {
        "table": of.table,
        "array": of.is_array,
        "key": of.key,
        "about": of.about,
        "allowed": of.allowed,
        "default": orjson.dumps(of.default).decode(),
        "choices": orjson.dumps(of.choices).decode(),
    }


def job(job: JobEntry) -> Row:
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


def overview(campaign: CampaignOverview) -> Row:
    job: JobStatus | None = campaign.job
    return {
        "campaign": campaign.name,
        "pacing": campaign.pacing.value,
        "lists": ", ".join(campaign.lists),
        "state": job.state.value if job else "was never run",
        "done": job.done if job else None,
        "contacts": job.total if job else None,
        "callbacks": job.callbacks if job else None,
        **whose(campaign.organisation),
    }


def whose(organisation: str) -> Row:
    """Say whose something is; nothing if it is everybody's."""
    return {"organisation": organisation} if organisation else {}


def token(token: AccountToken) -> Row:
    return {
        "id": token.token_id,
        "account": token.account,
        "name": token.name,
        "made": time(token.made_at),
        "ends": time(token.ends_at),
    }


def disposition(row: DispositionRow) -> Row:
    shown: dict[str, Any] = {column: getattr(row, column) for column in DISPOSITION_COLUMNS}
    for column in ("started_at", "answered_at", "saved_at"):
        shown[column] = time(shown[column])
    return shown


def dial(row: DialRow) -> Row:
    times = {column: time(getattr(row, column)) for column in ("dialed_at", "answered_at", "ended_at")}
    return attrs.asdict(row) | times


def callback(kept: KeptCallback, zone: tzinfo) -> Row:
    state = "waiting" if kept.worked_on_by is None else "worked on"
    return {
        "callback_id": kept.callback_id,
        "state": kept.outcome if kept.ended_at is not None else state,
        "campaign": kept.campaign,
        "contact_list": kept.contact_list,
        "user_contact_id": kept.user_contact_id,
        "number_name": kept.number_name,
        "number": kept.number,
        "customer_timezone": kept.timezone or None,
        "type": kept.callback_type,
        "agent": kept.worked_on_by or kept.agent_id,
        "due_at": time(kept.due_at, zone),
        "expires_at": time(kept.expires_at, zone),
        "notes": kept.notes,
        "created_by": kept.created_by,
        "created_at": time(kept.created_at, zone),
        "ended_at": time(kept.ended_at, zone),
        "reason": kept.reason,
    }


def told(moved: Moved, zone: tzinfo) -> str:
    kept = moved.callback
    whom = f"agent {kept.agent_id}" if kept.agent_id else "whoever is free"
    told = f"callback {kept.callback_id}: is due {time(kept.due_at, zone)} for {whom}"
    if moved.opens_at > kept.due_at:
        told += f", called from {time(moved.opens_at, zone)} on"
    return f"{told}; it expires {time(kept.expires_at, zone)}"


def attempt(row: AttemptRow, zone: tzinfo) -> Row:
    return _with_times(row, zone)


MASK = "********"


def compliance_day(day: ComplianceDay) -> Row:
    counts = day.counts
    values = (
        *(day.campaign, day.day.isoformat(), counts.dials, counts.live_answers, counts.abandoned),
        *(round(day.abandon_rate, 5), day.live_answers_30_days, day.abandoned_30_days),
        *(round(day.abandon_rate_30_days, 5), day.abandon_limit, "yes" if day.is_within_limit else "no"),
        *(counts.on_dnc, counts.outside_hours, counts.again_within_72_h),
    )
    return dict(zip(COMPLIANCE_COLUMNS, values, strict=True))


def alarm(of: Alarm) -> Row:
    """Show what somebody should look at."""
    severity = "alarm" if of.is_bad else "warning"
    return {"kind": of.kind, "severity": severity, "what": of.what, "text": of.text}


def figures(of: Figures) -> Row:
    """Show what a campaign did in a step; `at` is its begin, epoch seconds."""
    return {
        "campaign": of.campaign,
        "at": of.at,
        "agents": round(of.agents, 2),
        "idle": round(of.idle, 2),
        "busy": round(of.busy, 2),
        "utilisation": None if of.utilisation is None else round(of.utilisation, 4),
        "ringing": round(of.ringing, 2),
        "callbacks_waiting": of.callbacks,
        "dials": of.dials,
        "live_answers": of.live_answers,
        "abandoned": of.abandoned,
        "abandon_rate": round(of.abandoned / max(1, of.live_answers), 5),
        "done": of.done,
    }


REPORT_COLUMNS = (
    *("key", "attempts", "dials", "answers", "live_answers", "abandoned", "abandon_rate"),
    *("handled", "successes", "success_rate", "handle_s", "mean_handle_s", "callbacks"),
)


def report_row(counts: ReportCounts) -> Row:
    """Show what was done; rates are shares of live answers and of what was handled, 0 without any."""
    shown = attrs.asdict(counts) | {
        "abandon_rate": round(counts.abandoned / max(1, counts.live_answers), 5),
        "success_rate": round(counts.successes / max(1, counts.handled), 5),
        "handle_s": round(counts.handle_s),
        "mean_handle_s": round(counts.handle_s / max(1, counts.handled), 1),
    }
    return {column: shown[column] for column in REPORT_COLUMNS}


def contact_history(history: ContactHistory, on_dnc: frozenset[str], masked: frozenset[str]) -> Iterator[Row]:
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


def _with_times(row: Any, zone: tzinfo = UTC) -> Row:
    return {
        key: time(value, zone) if key.endswith("_at") else value for key, value in attrs.asdict(row).items()
    }


def attribute(spec: AttributeSpec) -> Row:
    return {
        "attribute": spec.name,
        "type": str(spec.attribute_type),
        "data_type": spec.data_type,
        "display_name": spec.display_name,
        **whose(spec.organisation),
    }


def first(schedule: Schedule) -> str:
    return str(time(schedule.next_at, zone_of(schedule.recurrence.timezone)))


def schedule(schedule: Schedule) -> Row:
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
        "next": time(schedule.next_at, place),
        "last": time(schedule.last_at, place),
        "outcome": schedule.outcome or None,
        "made_by": schedule.made_by,
    }


def source(source: DataSource) -> Row:
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


def import_job(job: ImportJob) -> Row:
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
        "queued_at": time(job.created_at),
        "ended_at": time(job.ended_at),
        "error": job.error or None,
    }


def zone(status: ZoneStatus) -> Row:
    lease = status.lease
    at = lease.address
    return {
        "zone": lease.zone,
        "owner": status.owner or None,
        "token": f"{lease.token.era}.{lease.token.epoch}",
        "lease_age_s": None if status.age_s is None else round(status.age_s, 1),
        "address": f"{at.ip_address}:{at.port}" if at is not None else None,
        "agents": status.agents,
        "http_url": status.http_url or None,
        "moving_to": lease.moving_to or None,
        "wanted_at": lease.wanted_by or None,
        "why": lease.reason or None,
        "since": time(lease.changed_at) if lease.changed_at else None,
    }


def agent(login: AgentLogin) -> Row:
    return {
        "agent": login.agent.agent_id,
        "name": login.agent.name,
        "zone": login.zone,
        "skills": ", ".join(f"{skill.name}={skill.level}" for skill in login.agent.skills),
        "enabled": login.enabled,
        **whose(login.agent.organisation),
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
        "since": time(agent.since),
    }


def wished(wished: Wished) -> Row:
    return {
        "agent": wished.agent_id,
        "zone": wished.zone or None,
        "outcome": wished.outcome.name.lower(),
        "text": wished.outcome.value,
        "refused": wished.outcome.is_refusal,
    }


def time(at: float | None, zone: tzinfo = UTC) -> str | None:
    """Write a time as ISO 8601."""
    return None if at is None else iso_time(at, zone)
