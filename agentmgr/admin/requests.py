"""What the command line can ask of a server, or of the store when no server runs: a closed set."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen
class ImportContacts:
    """Take the rows of a CSV file, which are fed, into a contact list; errors call it `source`.

    `columns` gives columns of the file another name; a new list belongs to `organisation`.
    """

    source: str
    list_name: str
    columns: Mapping[str, str] = field(factory=dict)
    country: str = ""
    allow_premium: bool = False
    organisation: str = ""


@frozen
class ListContactLists:
    """Show all contact lists."""


@frozen
class MakeList:
    """Make a contact list without contacts, everybody's or an organisation's."""

    list_name: str
    country: str = ""
    organisation: str = ""


@frozen
class ShowContact:
    """Show all that is known of a contact; what desktops hide is shown only `unmasked`."""

    user_contact_id: str
    list_name: str = ""
    unmasked: bool = False


@frozen
class DeleteContact:
    """Delete a contact of a list; what was done with it stays."""

    user_contact_id: str
    list_name: str


@frozen
class EmptyList:
    """Delete all contacts that are in a list now; what was done with them stays."""

    list_name: str


@frozen
class AddPhoneRule:
    """Add a pattern of numbers that are refused (`reject`), or that a country's must have (`format`)."""

    kind: str
    pattern: str
    country: str = ""


@frozen
class ListPhoneRules:
    """Show all rules for telephone numbers."""


@frozen
class RemovePhoneRule:
    """Take a rule for telephone numbers away."""

    rule_id: int


@frozen
class DefineAttribute:
    """Define an attribute of contacts, or change one; what is None stays as it is, or is the default."""

    name: str
    attribute_type: str | None = None
    data_type: str | None = None
    display_name: str | None = None
    organisation: str | None = None


@frozen
class ListAttributes:
    """Show all attributes that contacts can have."""


@frozen
class DefineNumber:
    """Define a number that campaigns or agents have, or change it; what is None stays, or is the default."""

    scope: str
    name: str
    initial: float | None = None
    display_name: str | None = None
    organisation: str | None = None


@frozen
class ListNumbers:
    """Show all numbers that campaigns or agents have."""

    scope: str


@frozen
class ListValues:
    """Show the numbers of a job, those of its campaign first."""

    job_id: int


@frozen
class CreateCampaign:
    """Make a campaign on contact lists; `values` are as `agentmgr.admin.campaign_file` reads them."""

    values: Mapping[str, Any]


@frozen
class ChangeCampaign:
    """Change some of the values of a campaign, as `agentmgr.admin.campaign_file` reads them."""

    name: str
    values: Mapping[str, Any]


@frozen
class WriteCampaign:
    """Write a campaign as a file that it can be made of."""

    name: str


@frozen
class ListCampaignFields:
    """Show what a campaign may have, as `agentmgr.admin.campaign_file` reads it."""


@frozen
class ShowCampaignValues:
    """Show what a campaign has, each value as JSON, as `agentmgr.admin.campaign_file` reads it."""

    name: str


@frozen
class RunCampaign:
    """Start a job of a campaign in zones, else in its own, else in that of `otherwise`."""

    name: str
    zones: tuple[str, ...] = ()
    otherwise: str = ""


@frozen
class PauseCampaign:
    """Start no new attempts until it is resumed."""

    name: str


@frozen
class ResumeCampaign:
    """Go on after a pause."""

    name: str


@frozen
class StopCampaign:
    """End the job after the contacts that are being worked on."""

    name: str


@frozen
class StopJob:
    """End one job by its id, also one that waits."""

    job_id: int


@frozen
class ListJobs:
    """Show the jobs of a campaign, or of all if it is empty, by id."""

    campaign: str = ""


@frozen
class DeleteCampaign:
    """Delete a campaign that does not run; what it called only `with_history`."""

    name: str
    with_history: bool = False


@frozen
class ShowCampaign:
    """Show how far a campaign's latest job is."""

    name: str


@frozen
class ListCampaigns:
    """Show all campaigns."""


@frozen
class AddAgents:
    """Add agents with one first password; `name` is that of all, or empty for their ids.

    `skills` gives each its level, 1 to 16.
    """

    agent_ids: tuple[str, ...]
    name: str
    password: str
    zone: str
    skills: Mapping[str, int] = field(factory=dict)
    organisation: str = ""


@frozen
class SetAgents:
    """Change agents alike; what is None stays as it is.

    `skills` are all that they have then; `more_skills` come to those they have, `fewer_skills` go.
    """

    agent_ids: tuple[str, ...]
    name: str | None = None
    zone: str | None = None
    enabled: bool | None = None
    skills: Mapping[str, int] | None = None
    more_skills: Mapping[str, int] = field(factory=dict)
    fewer_skills: tuple[str, ...] = ()
    organisation: str | None = None


@frozen
class ShowFloor:
    """Show who is logged on; with a zone, state or campaign only those."""

    zone: str = ""
    state: str = ""
    campaign: str = ""


@frozen
class WatchFloor:
    """Show what goes on in a zone, or in all: who is there and what each job does, then what changes."""

    zone: str = ""


@frozen
class LogOffAgents:
    """Log agents off after their contact, or at once; in all zones unless one is named."""

    agent_ids: tuple[str, ...]
    now: bool = False
    zone: str = ""


@frozen
class BreakAgents:
    """Let agents be NotReady with a reason, those with a contact after it."""

    agent_ids: tuple[str, ...]
    reason: str
    reason_name: str = ""
    zone: str = ""


@frozen
class MoveAgents:
    """Let agents work in a campaign; in none in particular if it is None."""

    agent_ids: tuple[str, ...]
    campaign: str | None
    zone: str = ""


@frozen
class ListAgents:
    """Show all agents."""


@frozen
class SetPassword:
    """Give an agent a new password."""

    agent_id: str
    password: str


@frozen
class ShowZones:
    """Show who owns which zone."""


@frozen
class ShowManagers:
    """Show the managers that live."""


@frozen
class MoveZone:
    """Want a zone at a manager; an empty name is where it is designated to be."""

    zone: str
    manager: str = ""


@frozen
class DrainManager:
    """Have the manager of this process give its zones to others, and end."""


@frozen
class AddOrganisation:
    """Add an organisation."""

    name: str


@frozen
class ListOrganisations:
    """Show all organisations."""


@frozen
class DeleteOrganisation:
    """Delete an organisation that nothing belongs to."""

    name: str


@frozen
class AddAccount:
    """Add an account of a program; `role` is what it is for."""

    name: str
    password: str
    role: str
    organisation: str = ""


@frozen
class SetAccount:
    """Change an account; what is None stays as it is."""

    name: str
    password: str | None = None
    enabled: bool | None = None


@frozen
class ListAccounts:
    """Show all accounts."""


@frozen
class DeleteAccount:
    """Delete an account."""

    name: str


@frozen
class AddToken:
    """Make a token of an account, good for some days or without an end."""

    account: str
    name: str = ""
    days: int | None = None


@frozen
class ListTokens:
    """Show the tokens of an account, or of all; without their texts, which nobody has."""

    account: str = ""


@frozen
class RevokeToken:
    """Let a token be good for nothing any more."""

    token_id: str


@frozen
class ExportDispositions:
    """Show the dispositions of a campaign in the order they were saved."""

    campaign: str


@frozen
class ExportDials:
    """Show the dials of a campaign, each job's in the order of their time."""

    campaign: str


@frozen(kw_only=True)
class ExportAttempts:
    """Show every attempt that fits all that is given, by job and time; times are written in `timezone`.

    `since` and `until` are epoch seconds, the second excluded.
    """

    campaigns: tuple[str, ...] = ()
    jobs: tuple[int, ...] = ()
    lists: tuple[str, ...] = ()
    contact: str = ""
    agents: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    timezone: str = "UTC"


@frozen(kw_only=True)
class ReportCompliance:
    """Show for each campaign and day what its calls came to, and whether it kept to its limit.

    `first` and `last` are days in ISO 8601, or empty, of `timezone`.
    """

    campaigns: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    timezone: str = "UTC"


@frozen(kw_only=True)
class ShowReport:
    """Show what was done, added up by one of the words of `agentmgr.campaign.reports.KINDS`.

    `first` and `last` are days in ISO 8601, or empty, of `timezone`.
    """

    by: str
    campaigns: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    timezone: str = "UTC"


@frozen
class ShowAlarms:
    """Show what somebody should look at."""


@frozen(kw_only=True)
class ShowFigures:
    """Show what campaigns did in steps of so many minutes; `since` and `until` are epoch seconds.

    `until` is now if it is None; without names they are those of all campaigns.
    """

    since: float
    until: float | None = None
    step_min: int = 1
    campaigns: tuple[str, ...] = ()


@frozen(kw_only=True)
class ListCallbacks:
    """Show callbacks by the time they are due, those that wait or all; times are written in `timezone`."""

    campaigns: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    also_ended: bool = False
    timezone: str = "UTC"


@frozen(kw_only=True)
class MoveCallbacks:
    """Give callbacks another time or agent, empty for anybody; what is None stays; in epoch seconds."""

    callback_ids: tuple[str, ...]
    due_at: float | None = None
    expires_at: float | None = None
    agent_id: str | None = None
    reason: str = ""
    timezone: str = "UTC"


@frozen
class CancelCallbacks:
    """Cancel callbacks for a reason."""

    callback_ids: tuple[str, ...]
    reason: str


@frozen
class ExportContacts:
    """Write a contact list as rows in pieces, the columns first; what desktops hide only `unmasked`.

    `campaigns` are those of which it is told how far each contact is; all with the list if none is named.
    """

    list_name: str
    campaigns: tuple[str, ...] = ()
    unmasked: bool = False


@frozen
class AddToDnc:
    """Put telephone numbers on a do-not-call list; `country` is for numbers without a code."""

    numbers: tuple[str, ...]
    country: str = ""
    organisation: str = ""


@frozen
class ImportDnc:
    """Put a column of a file's rows, which are fed, on a do-not-call list; errors call it `source`."""

    source: str
    country: str = ""
    column: str = ""
    organisation: str = ""


@frozen
class RemoveFromDnc:
    """Take telephone numbers off a do-not-call list."""

    numbers: tuple[str, ...]
    country: str = ""
    organisation: str = ""


@frozen
class ListDnc:
    """Show a do-not-call list: everybody's, or an organisation's."""

    organisation: str = ""


@frozen
class AddSchedule:
    """Have a campaign run, or a data source imported, at a time or again and again.

    See `agentmgr.campaign.schedules.Times`; `target` is a word of `agentmgr.ports.Target`.
    """

    target: str
    subject: str
    start: str
    timezone: str
    frequency: str = "Once"
    end: str | None = None
    every_min: str = ""
    days: tuple[str, ...] = ()
    weekdays_only: bool = False
    archive: str = ""
    archive_hours: str = ""
    archive_at: str = ""


@frozen
class ListSchedules:
    """Show all schedules."""


@frozen
class RemoveSchedule:
    """Take a schedule away."""

    schedule_id: int


@frozen
class AddSource:
    """Make a data source known; see `agentmgr.ports.DataSource`."""

    name: str
    list_name: str
    kind: str
    location: str
    query: str = ""
    description: str = ""
    columns: Mapping[str, str] = field(factory=dict)
    country: str = ""
    encoding: str = "auto"
    checks: tuple[str, ...] = ()
    on_duplicate: str = "update"
    allow_premium: bool = False
    empty_first: bool = False


@frozen
class ListSources:
    """Show all data sources."""


@frozen
class RemoveSource:
    """Forget a data source with its schedules and imports."""

    name: str


@frozen
class BeginImport:
    """Let an import from a data source wait for a server."""

    name: str


@frozen
class ShowImports:
    """Show the imports from a data source, or from all, the newest first."""

    name: str = ""
    limit: int = 20


@frozen
class MoveImport:
    """Pause, resume or stop the newest import from a data source that this can be done with."""

    name: str
    how: str


Request = (
    ImportContacts
    | ListContactLists
    | MakeList
    | ShowContact
    | DeleteContact
    | EmptyList
    | AddPhoneRule
    | ListPhoneRules
    | RemovePhoneRule
    | DefineAttribute
    | ListAttributes
    | DefineNumber
    | ListNumbers
    | ListValues
    | CreateCampaign
    | ChangeCampaign
    | WriteCampaign
    | ListCampaignFields
    | ShowCampaignValues
    | RunCampaign
    | PauseCampaign
    | ResumeCampaign
    | StopCampaign
    | StopJob
    | ListJobs
    | DeleteCampaign
    | ShowCampaign
    | ListCampaigns
    | AddAgents
    | SetAgents
    | ShowFloor
    | LogOffAgents
    | BreakAgents
    | MoveAgents
    | ListAgents
    | SetPassword
    | ShowZones
    | ShowManagers
    | MoveZone
    | DrainManager
    | AddOrganisation
    | ListOrganisations
    | DeleteOrganisation
    | AddAccount
    | SetAccount
    | ListAccounts
    | DeleteAccount
    | AddToken
    | ListTokens
    | RevokeToken
    | ExportDispositions
    | ExportDials
    | ExportAttempts
    | ReportCompliance
    | ShowReport
    | ShowFigures
    | ShowAlarms
    | ExportContacts
    | ListCallbacks
    | MoveCallbacks
    | CancelCallbacks
    | AddToDnc
    | ImportDnc
    | RemoveFromDnc
    | ListDnc
    | AddSchedule
    | ListSchedules
    | RemoveSchedule
    | AddSource
    | ListSources
    | RemoveSource
    | BeginImport
    | ShowImports
    | MoveImport
)
