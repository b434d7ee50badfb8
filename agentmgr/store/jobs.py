"""Jobs: made, filled, started, moved, counted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from agentmgr.core.model import CallGrant, JobSpec, Wanted, WantedJob
from agentmgr.ports import (
    CampaignOverview,
    DialPlace,
    DialRow,
    DispositionRow,
    JobEntry,
    JobState,
    JobStatus,
    ManagerState,
    Token,
)
from agentmgr.store import schema as t
from agentmgr.store.callbacks import read_callbacks, read_withdrawn
from agentmgr.store.campaigns import read_campaign, read_filter
from agentmgr.store.counters import Counted, count, count_done, fold_pending
from agentmgr.store.filters import passes
from agentmgr.store.intake import IN_TURN, deal, zones_of
from agentmgr.store.ownership import check_token
from agentmgr.store.pacing import grant_of
from agentmgr.store.shares import (
    GOES_ON,
    begin_job,
    end_job,
    live_zones,
    lock_campaign,
    lock_job,
    revive_share,
    settle_and_end,
    start_next,
)
from agentmgr.store.sql import Sql, Transaction, batches
from protocol.enums import PacingType


def create_job(tx: Transaction, campaign_id: int, zones: Sequence[str], now: float) -> int:
    """Make an empty job in preparation, with a share in each zone."""
    job_id: int = tx.tables.execute(
        sa.insert(t.job)
        .values(campaign_id=campaign_id, state=JobState.Preparing, total=0, created_at=now)
        .returning(t.job.c.job_id)
    ).scalar_one()
    tx.tables.execute(sa.insert(t.job_share), [{"job_id": job_id, "zone": zone} for zone in sorted(zones)])
    tx.sql.execute(
        "INSERT INTO job_list (job_id, list_id) SELECT CAST(? AS BIGINT), list_id FROM campaign_list"
        " WHERE campaign_id = ?",
        (job_id, campaign_id),
    )
    return job_id


def fill_job(tx: Transaction, job_id: int, after_contact_id: int, limit: int) -> int | None:
    """Give a job in preparation the next contacts of its campaign's lists.

    Returns the last one's id; None at the end, or if it is in preparation no more. It goes on where somebody
    else is who fills it too.
    """
    is_preparing = tx.sql.execute(
        "UPDATE job SET total = total WHERE job_id = ? AND state = ?", (job_id, JobState.Preparing)
    )
    if not is_preparing:
        return None
    return _fill(tx, job_id, max(after_contact_id, _filled_to(tx.sql, job_id)), limit)


def _filled_to(sql: Sql, job_id: int) -> int:
    ((last,),) = sql.fetch("SELECT COALESCE(MAX(contact_id), 0) FROM job_contact WHERE job_id = ?", (job_id,))
    return int(last)


def _fill(tx: Transaction, job_id: int, after_contact_id: int, limit: int) -> int | None:
    job = tx.tables.execute(sa.select(t.job).where(t.job.c.job_id == job_id)).one()
    lists = sa.select(t.campaign_list.c.list_id).where(t.campaign_list.c.campaign_id == job.campaign_id)
    emptied = sa.select(t.contact_list.c.list_id).where(
        t.contact_list.c.list_id == t.contact.c.list_id,
        t.contact_list.c.emptying_before >= t.contact.c.updated_at,
    )
    phone = t.contact_phone.c
    timezone = (
        sa.select(phone.timezone)
        .where(phone.contact_id == t.contact.c.contact_id)
        .order_by(sa.text(IN_TURN))
        .limit(1)
        .scalar_subquery()
    )
    passed = sa.case((passes(tx, read_filter(tx, job.campaign_id)), 1), else_=0).label("passes")
    found = tx.tables.execute(
        sa.select(t.contact.c.contact_id, sa.func.coalesce(timezone, "").label("timezone"), passed)
        .where(
            t.contact.c.contact_id > after_contact_id,
            t.contact.c.list_id.in_(lists),
            t.contact.c.deleted_at.is_(None),
            ~emptied.exists(),
        )
        .order_by(t.contact.c.contact_id)
        .limit(limit)
    ).all()
    if not found:
        return None
    last: int = found[-1].contact_id
    # so many are looked at, however few pass: a transaction has to be short
    contacts = [each for each in found if each.passes]
    if not contacts:
        return last
    zones = zones_of(tx.sql, job_id)
    share = deal(zones, [contact.contact_id for contact in contacts], job.total)
    # due since ever: whatever clock the zone runs on, all can be dialled at once
    tx.tables.execute(
        sa.insert(t.job_contact),
        [
            {
                "job_id": job_id,
                "contact_id": contact.contact_id,
                "zone": share[contact.contact_id],
                "state": "pending",
                "attempts": 0,
                "due_at": 0.0,
                "last_outcome": "",
                "phone": "",
                "timezone": contact.timezone,
                "left_out": "",
                "course": "",
            }
            for contact in contacts
        ],
    )
    tx.tables.execute(
        sa.update(t.job).where(t.job.c.job_id == job_id).values(total=t.job.c.total + len(contacts))
    )
    fold_pending(tx.sql, job_id, zones)
    return last


LAST_CHUNK = 1000

WANTED = {
    JobState.Running: Wanted.RUN,
    JobState.Paused: Wanted.PAUSE,
    JobState.Stopping: Wanted.STOP,
}
"""What a zone shall do with a job in a state; in the others it is none of the zone's business."""


_CALLS = (
    "job.max_calls, job_share.calls_granted, job_share.calls_reserved, job_share.calls_grant,"
    " job_share.calls_wanted, job_share.calls_believed"
)
# Live jobs are few, and found by their index; not ordered here: that would read the whole table by its ids.
_WANTED = (
    "SELECT job.job_id, job.state, campaign.version, job.total,"
    f" (SELECT COALESCE(SUM(how_many), 0) FROM job_counter WHERE job_counter.job_id = job.job_id"
    f" AND job_counter.counted = '{Counted.Done}'),"
    " (SELECT COALESCE(SUM(how_many), 0) FROM job_pending WHERE job_pending.job_id = job.job_id),"
    " (SELECT count(*) FROM job_share AS other WHERE other.job_id = job.job_id),"
    " job_share.ended_at IS NOT NULL,"
    " EXISTS (SELECT 1 FROM callback WHERE callback.campaign_id = job.campaign_id"
    " AND callback.ended_at IS NULL AND callback.zone = job_share.zone),"
    " EXISTS (SELECT 1 FROM number_attribute"
    " WHERE number_attribute.organisation IN ('', campaign.organisation)),"
    f" {_CALLS}"
    " FROM job JOIN campaign ON campaign.campaign_id = job.campaign_id"
    " JOIN job_share ON job_share.job_id = job.job_id"
    " WHERE job.ended_at IS NULL AND job_share.zone = ?"
)


def jobs_wanted(tx: Transaction, zone: str) -> tuple[WantedJob, ...]:
    """Return the jobs that a zone shall have; reads the live ones alone, however many there ever were.

    A share that has ended is wanted again if contacts wait in the job, wherever, or callbacks in the zone.
    """
    found = []
    for (
        job_id,
        state,
        version,
        total,
        done,
        pending,
        shares,
        has_ended,
        has_callbacks,
        has_numbers,
        *calls,
    ) in tx.sql.fetch(_WANTED, (zone,)):
        is_there = not has_ended or (state in GOES_ON and (pending > 0 or has_callbacks))
        if state in WANTED and is_there:
            done, pending = int(done), int(pending)
            found.append(
                WantedJob(
                    *(job_id, WANTED[state], version, total, done, pending, shares, grant_of(*calls)),
                    has_numbers=bool(has_numbers),
                )
            )
    return tuple(sorted(found, key=lambda job: job.job_id))


def load_job(tx: Transaction, token: Token, job_id: int) -> JobSpec | None:
    """Read a job that the zone of a token shall have; None if it is over or not the zone's."""
    check_token(tx, token)
    if all(job.job_id != job_id for job in jobs_wanted(tx, token.zone)) or not lock_job(tx.sql, job_id):
        return None
    revive_share(tx.sql, job_id, token.zone)
    return read_job(tx, job_id, token.zone)


def read_job(tx: Transaction, job_id: int, zone: str | None = None) -> JobSpec:
    """Read a job with its campaign, and the callbacks that wait in that, those of a zone or all."""
    row = tx.tables.execute(sa.select(t.job).where(t.job.c.job_id == job_id)).one()
    return JobSpec(
        job_id,
        read_campaign(tx, row.campaign_id),
        row.total,
        count_done(tx, job_id),
        WANTED.get(JobState(row.state), Wanted.STOP),
        read_callbacks(tx.sql, row.campaign_id, zone),
        read_withdrawn(tx.sql, row.campaign_id),
        len(zones_of(tx.sql, job_id)),
        count_done(tx, job_id, zone),
        _grant(tx, job_id, zone) if zone is not None else None,
    )


def _grant(tx: Transaction, job_id: int, zone: str) -> CallGrant | None:
    rows = tx.sql.fetch(
        f"SELECT {_CALLS} FROM job_share JOIN job ON job.job_id = job_share.job_id"
        " WHERE job_share.job_id = ? AND zone = ?",
        (job_id, zone),
    )
    return grant_of(*rows[0]) if rows else None


def start_job(tx: Transaction, job_id: int, after_contact_id: int | None) -> JobSpec | None:
    """Let a prepared job run, or wait for another of its campaign; None if it is over.

    One that somebody else has started is returned as it is.

    Args:
        tx: where.
        job_id: the job.
        after_contact_id: up to which contact it was filled; up to the last one that it has if None.
    """
    if not tx.sql.fetch("SELECT 1 FROM job WHERE job_id = ?", (job_id,)):
        return None
    campaign_id = lock_campaign(tx.sql, job_id)
    if not move_job(tx, job_id, (JobState.Preparing,), JobState.Queued):
        is_under_way = tx.sql.fetch("SELECT 1 FROM job WHERE job_id = ? AND ended_at IS NULL", (job_id,))
        return read_job(tx, job_id) if is_under_way else None
    last: int | None = max(after_contact_id or 0, _filled_to(tx.sql, job_id))
    while last is not None:  # what came into its lists while it was filled; from now on imports see the job
        last = _fill(tx, job_id, last, LAST_CHUNK)
    is_first = not tx.sql.fetch(
        "SELECT 1 FROM job WHERE campaign_id = ? AND ended_at IS NULL AND"
        " (started_at IS NOT NULL OR (state = ? AND job_id < ?)) LIMIT 1",
        (campaign_id, JobState.Queued, job_id),
    )
    if is_first:
        ((created_at,),) = tx.sql.fetch("SELECT created_at FROM job WHERE job_id = ?", (job_id,))
        begin_job(tx.sql, campaign_id, job_id, created_at)
    return read_job(tx, job_id)


def jobs_in_preparation(tx: Transaction) -> tuple[tuple[int, int], ...]:
    """Return the jobs that are being filled, by id, and how many contacts each has; reads live ones alone."""
    rows = tx.sql.fetch(
        "SELECT job_id, total FROM job WHERE ended_at IS NULL AND state = ?", (JobState.Preparing,)
    )
    return tuple(sorted((job_id, total) for job_id, total in rows))


def move_job(
    tx: Transaction,
    job_id: int,
    allowed: Iterable[JobState],
    state: JobState,
    ended_at: float | None = None,
) -> bool:
    """Change the state of a job if it is an allowed one; with `ended_at` it is over and settled."""
    result = tx.tables.execute(
        sa.update(t.job)
        .where(t.job.c.job_id == job_id, t.job.c.state.in_([str(s) for s in allowed]))
        .values(state=state, ended_at=ended_at)
    )
    if result.rowcount == 1 and ended_at is not None:
        for zone in live_zones(tx.sql, job_id):
            settle_and_end(tx.sql, job_id, zone, ended_at)
        start_next(tx.sql, job_id, ended_at)
    return result.rowcount == 1


_OWNER = (
    "SELECT 1 FROM zone JOIN manager ON manager.incarnation = zone.owner WHERE zone.name = ?"
    f" AND manager.state = '{ManagerState.Live}'"
)


def stop_job(tx: Transaction, job_id: int, served: Iterable[str], now: float) -> JobState | None:
    """Let a job stop; return what it is then, None if it was over.

    Shares of zones that nobody serves end at once, with what is open in them; the others end theirs.
    """
    sql, served = tx.sql, frozenset(served)
    for zone in live_zones(sql, job_id):
        sql.hold_zone(zone, alone=zone not in served)
    if not lock_job(sql, job_id):
        return None
    ((has_started,),) = sql.fetch("SELECT started_at IS NOT NULL FROM job WHERE job_id = ?", (job_id,))
    for zone in live_zones(sql, job_id):
        if not has_started or (zone not in served and not sql.fetch(_OWNER, (zone,))):
            settle_and_end(sql, job_id, zone, now)
    if end_job(sql, job_id, JobState.Stopped, now):
        return JobState.Stopped
    sql.execute("UPDATE job SET state = ? WHERE job_id = ?", (JobState.Stopping, job_id))
    return JobState.Stopping


def latest_job(tx: Transaction, campaign_id: int) -> JobStatus | None:
    """Return the job of a campaign that is under way, else the one that was created last."""
    return _latest_jobs(tx, t.campaign.c.campaign_id == campaign_id).get(campaign_id)


def find_job(tx: Transaction, job_id: int) -> JobStatus | None:
    """Return a job; None if there is none of that id."""
    return next(iter(_read_jobs(tx, t.job.c.job_id == job_id)), None)


def list_jobs(
    tx: Transaction,
    campaign_id: int | None,
    states: Sequence[JobState],
    after: int,
    limit: int,
    organisation: str = "",
) -> tuple[JobEntry, ...]:
    """Return the next jobs of a campaign, or of all that an organisation sees, in some states, by id."""
    job, campaign = t.job.c, t.campaign.c
    wanted = sa.and_(job.job_id > after, job.state.in_([str(state) for state in states]))
    if campaign_id is not None:
        wanted = sa.and_(wanted, job.campaign_id == campaign_id)
    if organisation:
        wanted = sa.and_(wanted, campaign.organisation.in_(("", organisation)))
    rows = tx.tables.execute(
        sa.select(t.job, campaign.name, campaign.organisation)
        .join(t.campaign)
        .where(wanted)
        .order_by(job.job_id)
        .limit(limit)
    )
    return tuple(
        JobEntry(
            row.job_id,
            row.name,
            row.organisation,
            JobState(row.state),
            row.total,
            row.created_at,
            row.started_at,
            row.ended_at,
            row.max_calls,
        )
        for row in rows
    )


def archive_contacts(
    tx: Transaction, job_id: int, after_contact_id: int, limit: int
) -> tuple[int, int | None]:
    """Move those of a job's next contacts out of it that are done; what it has done counts on."""
    rows = tx.sql.fetch(
        "SELECT contact_id FROM job_contact WHERE job_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?",
        (job_id, after_contact_id, limit),
    )
    if not rows:
        return 0, None
    last = rows[-1][0]
    moved = tx.sql.fetch(
        "DELETE FROM job_contact WHERE job_id = ? AND contact_id > ? AND contact_id <= ? AND state = 'done'"
        f" RETURNING job_id, zone, '{Counted.Archived}', last_outcome",
        (job_id, after_contact_id, last),
    )
    count(tx.sql, moved)
    return len(moved), last


def read_overviews(tx: Transaction) -> tuple[CampaignOverview, ...]:
    """Return all campaigns by name."""
    lists: defaultdict[int, list[str]] = defaultdict(list)
    for campaign_id, name in tx.tables.execute(
        sa.select(t.campaign_list.c.campaign_id, t.contact_list.c.name)
        .join(t.contact_list)
        .order_by(t.contact_list.c.name)
    ):
        lists[campaign_id].append(name)
    jobs = _latest_jobs(tx, sa.true())  # of each campaign one
    campaigns = tx.tables.execute(
        sa.select(
            t.campaign.c.campaign_id, t.campaign.c.name, t.campaign.c.pacing, t.campaign.c.organisation
        ).order_by(t.campaign.c.name)
    )
    return tuple(
        CampaignOverview(
            campaign_id,
            name,
            PacingType(pacing),
            tuple(lists[campaign_id]),
            jobs.get(campaign_id),
            organisation,
        )
        for campaign_id, name, pacing, organisation in campaigns
    )


def _latest_jobs(tx: Transaction, which: sa.ColumnElement[bool]) -> dict[int, JobStatus]:
    """Return the job of each campaign that is under way, else its latest, by the campaign's id."""
    other = t.job.alias()
    of_campaign = other.c.campaign_id == t.campaign.c.campaign_id
    under_way = sa.and_(of_campaign, other.c.started_at.is_not(None), other.c.ended_at.is_(None))
    latest = sa.func.coalesce(
        sa.select(other.c.job_id).where(under_way).limit(1).scalar_subquery(),
        sa.select(sa.func.max(other.c.job_id)).where(of_campaign).scalar_subquery(),
    )
    ids = [
        job_id
        for job_id in tx.tables.execute(sa.select(latest).select_from(t.campaign).where(which)).scalars()
        if job_id is not None
    ]
    found = {}
    for batch in batches(ids):
        for status in _read_jobs(tx, t.job.c.job_id.in_(batch)):
            found[status.campaign_id] = status
    return found


def _read_jobs(tx: Transaction, which: sa.ColumnElement[bool]) -> list[JobStatus]:
    done = (
        sa.select(sa.func.sum(t.job_counter.c.how_many))
        .where(t.job_counter.c.job_id == t.job.c.job_id, t.job_counter.c.counted == Counted.Done)
        .scalar_subquery()
    )
    callbacks = (
        sa.select(sa.func.count())
        .select_from(t.callback)
        .where(t.callback.c.campaign_id == t.job.c.campaign_id, t.callback.c.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = tx.tables.execute(
        sa.select(t.job, t.campaign.c.name, done.label("done"), callbacks.label("callbacks"))
        .join(t.campaign)
        .where(which)
    )
    return [
        JobStatus(
            row.job_id,
            row.name,
            tuple(zones_of(tx.sql, row.job_id)),
            JobState(row.state),
            row.total,
            row.done or 0,
            row.created_at,
            row.ended_at,
            row.callbacks,
            row.campaign_id,
            row.max_calls,
        )
        for row in rows
    ]


def read_dispositions(
    tx: Transaction, campaign_id: int, after_row_id: int, limit: int
) -> tuple[DispositionRow, ...]:
    """Return the next dispositions of a campaign in the order they were saved."""
    jobs = sa.select(t.job.c.job_id).where(t.job.c.campaign_id == campaign_id)
    disposition, attempt = t.disposition.c, t.attempt.c
    rows = tx.tables.execute(
        sa.select(
            disposition.row_id,
            disposition.attempt_id,
            disposition.job_id,
            t.contact_list.c.name.label("contact_list"),
            t.contact.c.user_contact_id,
            attempt.number,
            disposition.agent_id,
            disposition.code_id,
            _CODE_NAME.label("code"),
            disposition.source,
            sa.func.coalesce(attempt.outcome, "").label("outcome"),
            attempt.started_at,
            attempt.answered_at,
            disposition.saved_at,
        )
        .select_from(
            _DISPOSITIONS.join(t.attempt, attempt.attempt_id == disposition.attempt_id)
            .join(t.contact, t.contact.c.contact_id == disposition.contact_id)
            .join(t.contact_list, t.contact_list.c.list_id == t.contact.c.list_id)
        )
        .where(disposition.job_id.in_(jobs), disposition.row_id > after_row_id)
        .order_by(disposition.row_id)
        .limit(limit)
    ).all()
    return tuple(DispositionRow(**row._mapping) for row in rows)


# The codes of dials are those of their dispositions, as in `_DISPOSITIONS`.
_DIALS = (
    "SELECT attempt.job_id, attempt.attempt_id, attempt.session_id, contact_list.name,"
    " contact.user_contact_id, attempt.number_name, attempt.number, attempt.dialed_at, attempt.answered_at,"
    " attempt.ended_at, COALESCE(attempt.outcome, ''), COALESCE(attempt.agent_id, ''), attempt.contact_type,"
    " COALESCE(completion_code.name, CAST(disposition.code_id AS TEXT), '')"
    " FROM attempt JOIN contact ON contact.contact_id = attempt.contact_id"
    " JOIN contact_list ON contact_list.list_id = contact.list_id"
    " LEFT JOIN disposition ON disposition.attempt_id = attempt.attempt_id"
    " LEFT JOIN completion_code ON completion_code.campaign_id = ?"
    " AND completion_code.code_id = disposition.code_id"
    " WHERE attempt.job_id = ? AND attempt.dialed_at IS NOT NULL"
    " AND (attempt.dialed_at, attempt.attempt_id) > (?, ?)"
    " ORDER BY attempt.dialed_at, attempt.attempt_id LIMIT ?"
)


def read_dials(tx: Transaction, campaign_id: int, after: DialPlace, limit: int) -> tuple[DialRow, ...]:
    """Return the next dials of a campaign by job and time."""
    jobs = tx.sql.fetch(
        "SELECT job_id FROM job WHERE campaign_id = ? AND job_id >= ? ORDER BY job_id",
        (campaign_id, after.job_id),
    )
    found: list[DialRow] = []
    for (job_id,) in jobs:
        place = after if job_id == after.job_id else DialPlace(job_id)
        parameters = (campaign_id, job_id, place.dialed_at, place.attempt_id, limit - len(found))
        found.extend(DialRow(*row) for row in tx.sql.fetch(_DIALS, parameters))
        if len(found) == limit:
            break
    return tuple(found)


_DISPOSITIONS = t.disposition.join(t.job, t.job.c.job_id == t.disposition.c.job_id).outerjoin(
    t.completion_code,
    sa.and_(
        t.completion_code.c.campaign_id == t.job.c.campaign_id,
        t.completion_code.c.code_id == t.disposition.c.code_id,
    ),
)
_CODE_NAME = sa.func.coalesce(t.completion_code.c.name, sa.cast(t.disposition.c.code_id, sa.Text()))
"""A code that the campaign has not (any more) is shown by its number."""
