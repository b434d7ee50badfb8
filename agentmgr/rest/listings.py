"""What is beside the operations: lists of everything, page by page, and campaigns as data."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from attrs import AttrsInstance, frozen

from agentmgr.admin import campaign_file
from agentmgr.api.faults import Refused
from agentmgr.campaign.records import WantedAttempts
from agentmgr.campaign.service import Cause, ServiceError
from agentmgr.campaign.services import Services
from agentmgr.ports import AttemptPlace, JobState, StoreFault
from agentmgr.rest import compliance, reports
from agentmgr.rest.routes import Perform, Route, Sheet
from agentmgr.tables import Mistakes

MAX_LIMIT = 1000
Request = TypeVar("Request", bound=AttrsInstance)


@frozen
class ContactListItem:
    """A contact list."""

    Name: str
    Contacts: int
    Country: str | None = None
    OrgName: str | None = None


@frozen
class ListContactLists:
    """Return the contact lists by name."""

    after: str | None = None
    limit: int = 100


@frozen
class ListContactListsResponse:
    ContactLists: tuple[ContactListItem, ...]
    Next: str | None = None


@frozen
class MakeContactList:
    """Make a contact list, or leave the one that is there as it is."""

    ContactListName: str
    Country: str = ""
    OrgName: str = ""


@frozen
class MakeContactListResponse:
    IsNew: bool


@frozen
class ContactItem:
    """A contact, without the values that desktops hide."""

    UserContactId: str
    Attributes: dict[str, str]


@frozen
class ListContacts:
    """Return the contacts of a list by their ids."""

    ContactListName: str
    after: str | None = None
    limit: int = 100


@frozen
class ListContactsResponse:
    Contacts: tuple[ContactItem, ...]
    Next: str | None = None


@frozen
class CampaignItem:
    """A campaign, with its latest job."""

    Name: str
    ContactLists: tuple[str, ...]
    JobID: int | None = None
    JobState: str | None = None


@frozen
class ListCampaigns:
    """Return the campaigns by name."""

    after: str | None = None
    limit: int = 100


@frozen
class ListCampaignsResponse:
    Campaigns: tuple[CampaignItem, ...]
    Next: str | None = None


class JobStateName(StrEnum):
    """The life of a job; `Finished` and `Stopped` are its ends, `Queued` waits for the job before it."""

    Preparing = "Preparing"
    Queued = "Queued"
    Running = "Running"
    Paused = "Paused"
    Stopping = "Stopping"
    Finished = "Finished"
    Stopped = "Stopped"


@frozen
class JobItem:
    """A job; with custom pacing it has at most `MaxAttempts` attempts at a time."""

    JobID: int
    CampaignName: str
    JobState: JobStateName
    Contacts: int
    CreatedAt: datetime
    StartedAt: datetime | None = None
    EndedAt: datetime | None = None
    MaxAttempts: int | None = None
    OrgName: str | None = None


@frozen
class ListJobs:
    """Return the jobs of a campaign, or of all, the oldest first; those in some states, or all."""

    CampaignName: str = ""
    JobState: tuple[JobStateName, ...] = ()
    after: str | None = None
    limit: int = 100


@frozen
class ListJobsResponse:
    Jobs: tuple[JobItem, ...]
    Next: str | None = None


@frozen
class GetJob:
    """Return a job and how far it is."""

    JobID: int


@frozen
class GetJobResponse:
    """A job: `Done` of its contacts have had their last attempt, `CallBacks` were promised to others."""

    JobID: int
    CampaignName: str
    JobState: JobStateName
    Contacts: int
    Done: int
    CallBacks: int
    Zones: tuple[str, ...]
    CreatedAt: datetime
    EndedAt: datetime | None = None
    MaxAttempts: int | None = None


@frozen
class CreateCampaign:
    """Make a campaign of the settings that its TOML file has: name, skill and lists at least."""

    Campaign: dict[str, Any]


@frozen
class GetCampaign:
    """Return the settings of a campaign, as it is made of them."""

    CampaignName: str


@frozen
class ChangeCampaign:
    """Change the settings of a campaign that are given."""

    CampaignName: str
    Campaign: dict[str, Any]


@frozen
class CampaignResponse:
    Campaign: dict[str, Any]


@frozen
class DeleteCampaign:
    """Delete a campaign that does not run, with what its jobs have left if that is said."""

    CampaignName: str
    WithHistory: bool = False


@frozen
class DeleteCampaignResponse:
    Attempts: int
    Dispositions: int


@frozen
class Attempt:
    """An attempt: a dial, or what was only shown to an agent.

    At CheckedAt neither a do-not-call list stood against the dial nor the CallingHours, by the clocks of
    TimeZone.
    """

    AttemptID: str
    SessionID: str
    CampaignName: str
    JobID: int
    ContactListName: str
    UserContactID: str
    Number: str
    StartedAt: datetime
    DialedAt: datetime | None = None
    AnsweredAt: datetime | None = None
    EndedAt: datetime | None = None
    Outcome: str | None = None
    AgentID: str | None = None
    CompletionCode: str | None = None
    CheckedAt: datetime | None = None
    TimeZone: str | None = None
    CallingHours: str | None = None


@frozen
class ListAttempts:
    """Return attempts by job and time; a page may have fewer than more that follow, or none."""

    CampaignName: tuple[str, ...] = ()
    JobID: tuple[int, ...] = ()
    ContactListName: tuple[str, ...] = ()
    UserContactID: str = ""
    AgentID: tuple[str, ...] = ()
    Outcome: tuple[str, ...] = ()
    CompletionCode: tuple[str, ...] = ()
    Since: datetime | None = None
    Until: datetime | None = None
    after: str | None = None
    limit: int = 100


@frozen
class ListAttemptsResponse:
    Attempts: tuple[Attempt, ...]
    Next: str | None = None


@frozen
class Disposition:
    """A completion code that an attempt was given."""

    AttemptID: str
    JobID: int
    ContactListName: str
    UserContactID: str
    Number: str
    AgentID: str
    CompletionCode: str
    SavedAt: datetime


@frozen
class ListDispositions:
    """Return the dispositions of a campaign in the order they were saved."""

    CampaignName: str
    after: str | None = None
    limit: int = 100


@frozen
class ListDispositionsResponse:
    Dispositions: tuple[Disposition, ...]
    Next: str | None = None


@frozen
class DncAddress:
    """An address that must not be called."""

    Address: str
    AddedBy: str
    AddedAt: datetime


@frozen
class ListDnc:
    """Return the common do-not-call list, or an organisation's, by address."""

    OrgName: str = ""
    after: str | None = None
    limit: int = 100


@frozen
class ListDncResponse:
    Addresses: tuple[DncAddress, ...]
    Next: str | None = None


def list_contact_lists(request: ListContactLists, services: Services) -> ListContactListsResponse:
    """Name the contact lists."""
    limit, after = _limit(request.limit), request.after or ""
    found = [each for each in services.contacts.lists() if each.name > after][:limit]
    items = tuple(
        ContactListItem(each.name, each.contacts, each.country or None, each.organisation or None)
        for each in found
    )
    return ListContactListsResponse(items, _next(found, limit, lambda each: each.name))


def make_contact_list(request: MakeContactList, services: Services) -> MakeContactListResponse:
    """Make a contact list."""
    try:
        services.contacts.make_list(request.ContactListName, request.Country, request.OrgName)
    except ServiceError as error:
        if error.cause is not Cause.EXISTS:
            raise
        services.contacts.find_list(request.ContactListName.strip())  # it may be somebody else's
        return MakeContactListResponse(False)
    return MakeContactListResponse(True)


def list_contacts(request: ListContacts, services: Services) -> ListContactsResponse:
    """Return contacts of a list."""
    limit = _limit(request.limit)
    found = services.records.contacts_after(request.ContactListName, request.after or "", limit)
    items = tuple(
        ContactItem(
            each.user_contact_id,
            {name: text for name, text in each.attributes.items() if text},
        )
        for each in found
    )
    return ListContactsResponse(items, _next(found, limit, lambda each: each.user_contact_id))


def list_campaigns(request: ListCampaigns, services: Services) -> ListCampaignsResponse:
    """Name the campaigns."""
    limit, after = _limit(request.limit), request.after or ""
    found = [each for each in services.campaigns.all() if each.name > after][:limit]
    items = tuple(
        CampaignItem(each.name, each.lists, each.job.job_id, each.job.state.capitalize())
        if each.job is not None
        else CampaignItem(each.name, each.lists)
        for each in found
    )
    return ListCampaignsResponse(items, _next(found, limit, lambda each: each.name))


def list_jobs(request: ListJobs, services: Services) -> ListJobsResponse:
    """Return jobs."""
    limit = _limit(request.limit)
    states = tuple(JobState[each.name] for each in request.JobState)
    found = services.jobs.page(request.CampaignName, states, _row_id(request.after), limit)
    items = tuple(
        JobItem(
            each.job_id,
            each.campaign,
            JobStateName[each.state.name],
            each.total,
            _moment(each.created_at),
            _moment_or_none(each.started_at),
            _moment_or_none(each.ended_at),
            each.max_calls,
            each.organisation or None,
        )
        for each in found
    )
    return ListJobsResponse(items, _next(found, limit, lambda each: str(each.job_id)))


def get_job(request: GetJob, services: Services) -> GetJobResponse:
    """Return how far a job is."""
    found = services.jobs.find(request.JobID)
    return GetJobResponse(
        found.job_id,
        found.campaign,
        JobStateName[found.state.name],
        found.total,
        found.done,
        found.callbacks,
        found.zones,
        _moment(found.created_at),
        _moment_or_none(found.ended_at),
        found.max_calls,
    )


def create_campaign(request: CreateCampaign, services: Services) -> CampaignResponse:
    """Make a campaign."""
    spec, lists = _settings(lambda: campaign_file.read(request.Campaign))
    made = services.campaigns.create(spec, lists)
    return CampaignResponse(campaign_file.values_of(made, lists))


def get_campaign(request: GetCampaign, services: Services) -> CampaignResponse:
    """Return how a campaign is made."""
    found = services.campaigns.definition(request.CampaignName)
    return CampaignResponse(campaign_file.values_of(found.campaign, found.lists))


def change_campaign(request: ChangeCampaign, services: Services) -> CampaignResponse:
    """Change a campaign."""
    old = services.campaigns.definition(request.CampaignName)
    spec, lists = _settings(lambda: campaign_file.changed(old.campaign, old.lists, request.Campaign))
    services.campaigns.change(request.CampaignName, spec, lists)
    return CampaignResponse(campaign_file.values_of(spec, lists))


def delete_campaign(request: DeleteCampaign, services: Services) -> DeleteCampaignResponse:
    """Delete a campaign."""
    left = services.campaigns.delete(request.CampaignName, with_history=request.WithHistory)
    return DeleteCampaignResponse(left.attempts, left.dispositions)


def list_attempts(request: ListAttempts, services: Services) -> ListAttemptsResponse:
    """Return attempts."""
    wanted = WantedAttempts(
        campaigns=request.CampaignName,
        jobs=request.JobID,
        lists=request.ContactListName,
        contact=request.UserContactID,
        agents=request.AgentID,
        outcomes=request.Outcome,
        codes=request.CompletionCode,
        since=request.Since.timestamp() if request.Since is not None else None,
        until=request.Until.timestamp() if request.Until is not None else None,
    )
    job_id, place = _place(request.after)
    rows, then = services.records.attempts_after(wanted, job_id, place, _limit(request.limit))
    items = tuple(
        Attempt(
            each.attempt_id,
            each.session_id,
            each.campaign,
            each.job_id,
            each.contact_list,
            each.user_contact_id,
            each.number,
            _moment(each.started_at),
            _moment_or_none(each.dialed_at),
            _moment_or_none(each.answered_at),
            _moment_or_none(each.ended_at),
            each.outcome or None,
            each.agent_id or None,
            each.code or None,
            _moment_or_none(each.checked_at),
            each.timezone or None,
            each.hours or None,
        )
        for each in rows
    )
    if then is None:
        return ListAttemptsResponse(items)
    return ListAttemptsResponse(items, f"{then[0]}:{then[1].started_at!r}:{then[1].attempt_id}")


def list_dispositions(request: ListDispositions, services: Services) -> ListDispositionsResponse:
    """Return dispositions of a campaign."""
    limit = _limit(request.limit)
    found = services.campaigns.dispositions_after(request.CampaignName, _row_id(request.after), limit)
    items = tuple(
        Disposition(
            each.attempt_id,
            each.job_id,
            each.contact_list,
            each.user_contact_id,
            each.number,
            each.agent_id,
            each.code,
            _moment(each.saved_at),
        )
        for each in found
    )
    return ListDispositionsResponse(items, _next(found, limit, lambda each: str(each.row_id)))


def list_dnc(request: ListDnc, services: Services) -> ListDncResponse:
    """Return a do-not-call list."""
    limit = _limit(request.limit)
    found = services.dnc.after(request.after or "", limit, request.OrgName)
    items = tuple(DncAddress(each.address, each.added_by, _moment(each.added_at)) for each in found)
    return ListDncResponse(items, _next(found, limit, lambda each: each.address))


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise ServiceError(Cause.BAD_VALUE, f"limit is {limit}; allowed are 1 to {MAX_LIMIT}")
    return limit


def _next(found: Any, limit: int, key: Callable[[Any], str]) -> str | None:
    return key(found[-1]) if len(found) == limit else None


def _row_id(after: str | None) -> int:
    text = after or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _no_place(text)
    return int(text)


def _place(after: str | None) -> tuple[int, AttemptPlace]:
    if not after:
        return 0, AttemptPlace()
    try:
        job_id, started_at, attempt_id = after.split(":", 2)
        place = int(job_id), AttemptPlace(float(started_at), attempt_id)
    except ValueError:
        raise _no_place(after) from None
    if not 0 <= place[0] < 2**31 or math.isnan(place[1].started_at):
        raise _no_place(after)
    return place


def _no_place(after: str) -> ServiceError:
    return ServiceError(Cause.BAD_VALUE, f"after is {after[:100]!r}; it needs to be what Next was")


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _moment_or_none(at: float | None) -> datetime | None:
    return None if at is None else _moment(at)


Read = TypeVar("Read")


def _settings(read: Callable[[], Read]) -> Read:
    try:
        return read()
    except Mistakes as mistakes:
        raise ServiceError(Cause.BAD_VALUE, "; ".join(mistakes.problems)) from None


def refusing(handler: Callable[[Request, Services], AttrsInstance]) -> Perform:
    """Let what a handler raises be a refusal, without a code."""

    def perform(request: Request, services: Services) -> AttrsInstance:
        try:
            return handler(request, services)
        except ServiceError as error:
            raise Refused(None, str(error), error.cause) from error
        except StoreFault as fault:
            raise Refused(None, str(fault)) from fault

    return perform


_CAMPAIGN = "/campaigns/{CampaignName}"
_TABLE: tuple[tuple[str, str, type[AttrsInstance], type[AttrsInstance], Any, str], ...] = (
    ("GET", "/lists", ListContactLists, ListContactListsResponse, list_contact_lists, ""),
    ("PUT", "/lists/{ContactListName}", MakeContactList, MakeContactListResponse, make_contact_list, ""),
    ("GET", "/lists/{ContactListName}/contacts", ListContacts, ListContactsResponse, list_contacts, ""),
    ("GET", "/campaigns", ListCampaigns, ListCampaignsResponse, list_campaigns, ""),
    ("POST", "/campaigns", CreateCampaign, CampaignResponse, create_campaign, "Campaign"),
    ("GET", _CAMPAIGN, GetCampaign, CampaignResponse, get_campaign, ""),
    ("PATCH", _CAMPAIGN, ChangeCampaign, CampaignResponse, change_campaign, "Campaign"),
    ("DELETE", _CAMPAIGN, DeleteCampaign, DeleteCampaignResponse, delete_campaign, ""),
    (
        "GET",
        f"{_CAMPAIGN}/dispositions",
        ListDispositions,
        ListDispositionsResponse,
        list_dispositions,
        "",
    ),
    *compliance.TABLE,
    *reports.TABLE,
    ("GET", "/jobs", ListJobs, ListJobsResponse, list_jobs, ""),
    ("GET", "/jobs/{JobID}", GetJob, GetJobResponse, get_job, ""),
    ("GET", "/attempts", ListAttempts, ListAttemptsResponse, list_attempts, ""),
    ("GET", "/dnc", ListDnc, ListDncResponse, list_dnc, ""),
)
NO_NAMES: Mapping[str, str] = {}


def listing_routes() -> tuple[Route, ...]:
    """Return the routes of what is beside the operations."""
    return tuple(
        Route(
            method,
            path,
            request,
            response,
            refusing(handler),
            path.split("/")[1],
            NO_NAMES,
            whole,
            is_sheet=response is Sheet,
        )
        for method, path, request, response, handler, whole in _TABLE
    )
