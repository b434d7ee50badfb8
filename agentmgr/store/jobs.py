"""Jobs: made, filled, started, moved, counted."""

from collections.abc import Iterable

import sqlalchemy as sa

from agentmgr.core.model import JobSpec, Wanted, WantedJob
from agentmgr.ports import CampaignOverview, DispositionRow, JobState, JobStatus, JobTally
from agentmgr.store import schema as t
from agentmgr.store.campaigns import read_campaign
from protocol.enums import PacingType


def create_job(connection: sa.Connection, campaign_id: int, zone: str, now: float) -> int:
    """Make an empty job in preparation."""
    job_id: int = connection.execute(
        sa.insert(t.job)
        .values(campaign_id=campaign_id, zone=zone, state=JobState.Preparing, total=0, created_at=now)
        .returning(t.job.c.job_id)
    ).scalar_one()
    return job_id


def fill_job(connection: sa.Connection, job_id: int, after_contact_id: int, limit: int) -> int | None:
    """Give a job the next contacts of its campaign's lists; return the last one's id, None at the end."""
    job = connection.execute(sa.select(t.job).where(t.job.c.job_id == job_id)).one()
    lists = sa.select(t.campaign_list.c.list_id).where(t.campaign_list.c.campaign_id == job.campaign_id)
    contact_ids = (
        connection.execute(
            sa.select(t.contact.c.contact_id)
            .where(t.contact.c.contact_id > after_contact_id, t.contact.c.list_id.in_(lists))
            .order_by(t.contact.c.contact_id)
            .limit(limit)
        )
        .scalars()
        .all()
    )
    if not contact_ids:
        return None
    # due since ever: whatever clock the zone runs on, all can be dialled at once
    connection.execute(
        sa.insert(t.job_contact),
        [
            {
                "job_id": job_id,
                "contact_id": contact_id,
                "zone": job.zone,
                "state": "pending",
                "attempts": 0,
                "due_at": 0.0,
                "last_outcome": "",
            }
            for contact_id in contact_ids
        ],
    )
    connection.execute(
        sa.update(t.job).where(t.job.c.job_id == job_id).values(total=t.job.c.total + len(contact_ids))
    )
    last: int = contact_ids[-1]
    return last


WANTED = {
    JobState.Running: Wanted.RUN,
    JobState.Paused: Wanted.PAUSE,
    JobState.Stopping: Wanted.STOP,
}
"""What a zone shall do with a job in a state; in the others it is none of the zone's business."""


def jobs_wanted(connection: sa.Connection, zone: str) -> tuple[WantedJob, ...]:
    """Return the jobs that a zone shall have; reads the live ones alone, however many there ever were."""
    rows = connection.execute(
        sa.select(t.job.c.job_id, t.job.c.state)
        # not ordered here: that would read the whole table in the order of its ids
        .where(t.job.c.ended_at.is_(None), t.job.c.zone == zone)
    ).all()
    wanted = {job_id: WANTED[state] for job_id, state in rows if state in WANTED}
    return tuple(WantedJob(job_id, wanted[job_id]) for job_id in sorted(wanted))


def is_wanted(connection: sa.Connection, zone: str, job_id: int) -> bool:
    """Tell whether a zone shall have a job."""
    row = connection.execute(sa.select(t.job.c.zone, t.job.c.state).where(t.job.c.job_id == job_id)).first()
    return row is not None and row.zone == zone and row.state in WANTED


def read_job(connection: sa.Connection, job_id: int) -> JobSpec:
    """Read a job with its campaign."""
    row = connection.execute(sa.select(t.job).where(t.job.c.job_id == job_id)).one()
    return JobSpec(
        job_id,
        read_campaign(connection, row.campaign_id),
        row.total,
        _count_done(connection, job_id, row.zone),
        WANTED.get(JobState(row.state), Wanted.STOP),
    )


def created_at(connection: sa.Connection, job_id: int) -> float:
    """Return when a job was made, epoch seconds."""
    at: float = connection.execute(sa.select(t.job.c.created_at).where(t.job.c.job_id == job_id)).scalar_one()
    return at


def move_job(
    connection: sa.Connection,
    job_id: int,
    allowed: Iterable[JobState],
    state: JobState,
    ended_at: float | None = None,
) -> bool:
    """Change the state of a job if it is an allowed one."""
    result = connection.execute(
        sa.update(t.job)
        .where(t.job.c.job_id == job_id, t.job.c.state.in_([str(s) for s in allowed]))
        .values(state=state, ended_at=ended_at)
    )
    return result.rowcount == 1


def latest_job(connection: sa.Connection, campaign_id: int) -> JobStatus | None:
    """Return the job of a campaign that was created last."""
    row = connection.execute(
        sa.select(t.job, t.campaign.c.name)
        .join(t.campaign)
        .where(t.job.c.campaign_id == campaign_id)
        .order_by(t.job.c.job_id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return JobStatus(
        row.job_id,
        row.name,
        row.zone,
        JobState(row.state),
        row.total,
        _count_done(connection, row.job_id, row.zone),
        row.created_at,
        row.ended_at,
        _count_callbacks(connection, campaign_id),
    )


def read_overviews(connection: sa.Connection) -> tuple[CampaignOverview, ...]:
    """Return all campaigns by name."""
    campaigns = connection.execute(
        sa.select(t.campaign.c.campaign_id, t.campaign.c.name, t.campaign.c.pacing).order_by(
            t.campaign.c.name
        )
    ).all()
    return tuple(
        CampaignOverview(
            campaign_id,
            name,
            PacingType(pacing),
            tuple(
                connection.execute(
                    sa.select(t.contact_list.c.name)
                    .join(t.campaign_list)
                    .where(t.campaign_list.c.campaign_id == campaign_id)
                    .order_by(t.contact_list.c.name)
                ).scalars()
            ),
            latest_job(connection, campaign_id),
        )
        for campaign_id, name, pacing in campaigns
    )


def _count_done(connection: sa.Connection, job_id: int, zone: str) -> int:
    """Count the contacts of a job that are finished."""
    done: int = connection.execute(
        sa.select(sa.func.count())
        .select_from(t.job_contact)
        .where(
            t.job_contact.c.job_id == job_id,
            t.job_contact.c.zone == zone,
            t.job_contact.c.state == "done",
        )
    ).scalar_one()
    return done


def _count_callbacks(connection: sa.Connection, campaign_id: int) -> int:
    """Count the callbacks that a campaign has to deliver."""
    waiting: int = connection.execute(
        sa.select(sa.func.count())
        .select_from(t.callback)
        .where(t.callback.c.campaign_id == campaign_id, t.callback.c.ended_at.is_(None))
    ).scalar_one()
    return waiting


def tally(connection: sa.Connection, job_id: int) -> JobTally:
    """Count attempts and dispositions of a job."""
    attempt = t.attempt
    how_many = sa.func.count().label("how_many")
    outcomes = connection.execute(
        sa.select(
            sa.func.coalesce(attempt.c.outcome, "").label("name"),
            how_many,
            sa.func.count(attempt.c.answered_at).label("answered"),
        )
        .where(attempt.c.job_id == job_id)
        .group_by(sa.text("name"))
        .order_by(how_many.desc(), sa.text("name"))
    ).all()
    dispositions = connection.execute(
        sa.select(_CODE_NAME.label("name"), how_many)
        .select_from(_DISPOSITIONS)
        .where(t.disposition.c.job_id == job_id)
        .group_by(sa.text("name"))
        .order_by(how_many.desc(), sa.text("name"))
    ).all()
    return JobTally(
        attempts=sum(row.how_many for row in outcomes),
        live_answers=sum(row.answered for row in outcomes),
        abandoned=sum(row.how_many for row in outcomes if row.name == "Nuisance"),
        outcomes=tuple((row.name, row.how_many) for row in outcomes if row.name),
        dispositions=tuple((row.name, row.how_many) for row in dispositions),
        stored=sum(row.how_many for row in dispositions),
    )


def read_dispositions(
    connection: sa.Connection, campaign_id: int, after_row_id: int, limit: int
) -> tuple[DispositionRow, ...]:
    """Return the next dispositions of a campaign in the order they were saved."""
    jobs = sa.select(t.job.c.job_id).where(t.job.c.campaign_id == campaign_id)
    disposition, attempt = t.disposition.c, t.attempt.c
    rows = connection.execute(
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


_DISPOSITIONS = t.disposition.join(t.job, t.job.c.job_id == t.disposition.c.job_id).outerjoin(
    t.completion_code,
    sa.and_(
        t.completion_code.c.campaign_id == t.job.c.campaign_id,
        t.completion_code.c.code_id == t.disposition.c.code_id,
    ),
)
_CODE_NAME = sa.func.coalesce(t.completion_code.c.name, sa.cast(t.disposition.c.code_id, sa.Text()))
"""A code that the campaign has not (any more) is shown by its number."""
