"""Job post-processors: told every attempt of a job once that is over, page by page, whatever restarts."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar, TypeVarTuple

import structlog
import trio
from attrs import define

from agentmgr.connectors.calling import ConnectorCalls
from agentmgr.connectors.protocols import (
    AttemptInfo,
    CampaignInfo,
    ChannelType,
    ContactInfo,
    JobInfo,
    Kind,
)
from agentmgr.connectors.workers import ConnectorFailed
from agentmgr.core.model import ContactSpec
from agentmgr.ports import (
    AttemptPlace,
    AttemptRow,
    ContactTimes,
    DutyStore,
    EndedJob,
    ProcessingStore,
    StoreFault,
)

log = structlog.get_logger()

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PAGE = 200
"""So many attempts are read at a time, and after so many it is written down how far it came."""
LOOK_S = 5.0
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 300.0


class Call(Protocol):
    """Runs a blocking function elsewhere."""

    async def __call__(self, fn: Callable[[*Ts], T], *args: *Ts) -> T: ...


@define
class JobProcessing:
    """Tells a post-processor the jobs that are over, one process of all at a time.

    What it does not take is told again after a while, from the last page on, before anything else.
    """

    name: str
    _jobs: ProcessingStore
    _duties: DutyStore
    _call: Call
    _calls: ConnectorCalls
    _incarnation: str
    _failed_in_a_row: int = 0

    async def run(self) -> None:
        """Tell jobs as they end; ends by being cancelled alone."""
        duty = f"{Kind.PostProcessor} {self.name}"
        while True:
            try:
                job = None
                if await self._call(self._duties.take_duty, duty, self._incarnation):
                    job = await self._call(self._jobs.next_ended, self.name)
                if job is not None:
                    await self._process(job, duty)
            except (ConnectorFailed, StoreFault) as error:
                await self._pause(str(error))
            except Exception:  # a fault of ours ends nobody else's work
                log.exception("post_processing_fault", connector=self.name)
                await self._pause("a fault of ours")
            else:
                if job is None:
                    await trio.sleep(LOOK_S)

    async def _process(self, job: EndedJob, duty: str) -> None:
        after: AttemptPlace | None = job.after
        attempts = 0
        while after is not None and await self._call(self._duties.has_duty, duty, self._incarnation):
            page = await self._call(self._jobs.processing_page, job.job_id, after, PAGE)
            for contact_id, attempt in page.attempts:
                contact = page.contacts[contact_id]
                times = page.times.get(contact_id, ContactTimes())
                await self._calls.call(
                    Kind.PostProcessor,
                    self.name,
                    "process_contact_attempt",
                    *(campaign_info(job), job_info(job), contact_info(contact, times), attempt_info(attempt)),
                )
                attempts += 1
            after = page.after
            await self._call(self._jobs.processed, self.name, job.job_id, after)
            self._failed_in_a_row = 0
        if after is None:
            log.info("job_processed", connector=self.name, job_id=job.job_id, attempts=attempts)

    async def _pause(self, why: str) -> None:
        pause_s = min(FIRST_PAUSE_S * 2**self._failed_in_a_row, LONGEST_PAUSE_S)
        self._failed_in_a_row = min(self._failed_in_a_row + 1, 30)
        log.warning("post_processing_failed", connector=self.name, why=why, again_in_s=pause_s)
        await trio.sleep(pause_s)


def _time(at: float | None) -> datetime | None:
    return None if at is None else _moment(at)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def campaign_info(job: EndedJob) -> CampaignInfo:
    """Return what a post-processor is told of a job's campaign."""
    return CampaignInfo(
        campaign_id=job.campaign_id,
        org_name=job.organisation,
        name=job.campaign,
        priority=job.priority,
        is_infinite=job.infinite,
        enable_pacing=bool(job.custom_pacing),
        description=job.description,
        created_by=job.created_by,
        last_modified_by=job.updated_by,
        last_modified_on=_moment(job.updated_at),
        last_job_start_time=_moment(job.last_started_at),
    )


def job_info(job: EndedJob) -> JobInfo:
    """Return what a post-processor is told of a job."""
    return JobInfo(
        job_id=job.job_id,
        start_time=_moment(job.started_at),
        end_time=_moment(job.ended_at),
        finish_reason=job.state,
    )


def contact_info(contact: ContactSpec, times: ContactTimes) -> ContactInfo:
    """Return what a post-processor is told of a contact."""
    numbers = {each.name: each for each in contact.numbers}
    first, second = numbers.get("PhoneNumber1"), numbers.get("PhoneNumber2")
    values = contact.attributes
    return ContactInfo(
        contact_id=contact.user_contact_id,
        contact_group_id=contact.list_id,
        contact_group_name=contact.list_name,
        phone_number1=first.number if first else "",
        phone_number2=second.number if second else "",
        first_name=values.get("FirstName", ""),
        last_name=values.get("LastName", ""),
        email=values.get("Email", ""),
        language=values.get("Language", ""),
        time_zone=contact.numbers[0].timezone if contact.numbers else "",
        last_attempt_time=_time(times.last_attempt_at),
        last_successful_attempt_time=_time(times.last_success_at),
        contact_attribute=values,
    )


def attempt_info(attempt: AttemptRow) -> AttemptInfo:
    """Return what a post-processor is told of an attempt."""
    session = attempt.session_id
    return AttemptInfo(
        pim_session_id=int(session) if session.isdecimal() else session,
        pim_completion_code=attempt.code or attempt.outcome,
        pim_sys_completion_code=attempt.outcome,
        pim_job_id=attempt.job_id,
        pim_server_name=attempt.zone,
        session_id=attempt.attempt_id,
        contact_attempt_time=_moment(attempt.started_at),
        last_nw_disposition_time=_time(attempt.answered_at or attempt.ended_at),
        call_start_time=_time(attempt.dialed_at),
        call_completion_time=_time(attempt.ended_at),
        call_connect_time=None if attempt.answered_at is None else round(attempt.answered_at * 1000),
        channel_type=ChannelType.Voice,
        address=attempt.number,
    )
