"""What every service has: who is calling, what it works with, and how it says no."""

import time
from collections.abc import Callable, Iterable
from enum import StrEnum

from attrs import frozen

from agentmgr.campaign.rules import ScheduleRules
from agentmgr.core.contact_size import NAMES_BYTES, are_too_many, names_bytes
from agentmgr.core.model import AttributeSpec, CampaignSpec
from agentmgr.ports import CampaignOverview, ContactList, DataSource, Floors, Manager, NoManager, ServiceStore


@frozen
class Caller:
    """Who calls a service; what is recorded of who did something is the name.

    With an organisation a caller sees and changes what belongs to that, and what belongs to all; without one
    everything.
    """

    name: str
    organisation: str = ""

    def may_see(self, organisation: str) -> bool:
        """Tell whether what belongs to an organisation, or to all, is there for the caller."""
        return not self.organisation or organisation in ("", self.organisation)


@frozen
class Backing:
    """What services work with; calls may come from any thread.

    `now` is epoch seconds UTC; `served` says which zones somebody serves; `hint` is called with a zone after
    the state of one of its jobs was written, and may do nothing: the zone looks by itself before long.
    `floors` are the zones themselves, as far as they run in this process, and `manager` is that process.
    `pause` blocks for so many seconds: for what a zone has to say before the caller is answered.
    """

    store: ServiceStore
    now: Callable[[], float]
    served: Callable[[], frozenset[str]]
    hint: Callable[[str], None]
    floors: Floors
    manager: Manager = NoManager()
    schedules: ScheduleRules = ScheduleRules()
    pause: Callable[[float], None] = time.sleep


@frozen
class Service:
    """A service as one caller has it."""

    _at: Backing
    _caller: Caller

    # -- what is there for the caller: nothing else decides that ---------------------------------

    def find_campaign(self, name: str) -> CampaignSpec:
        """Return a campaign that the caller may see.

        Raises:
            ServiceError: there is none of that name, or it belongs to another organisation.
        """
        campaign = self._at.store.find_campaign(name)
        if campaign is None:
            there = ", ".join(each.name for each in self.visible_campaigns()) or "none yet"
            raise ServiceError(Cause.NO_SUCH_CAMPAIGN, f"no campaign {name[:100]!r}; there are: {there}")
        self.check_owner(campaign.organisation, Cause.FOREIGN_CAMPAIGN, f"campaign {name}")
        return campaign

    def find_list(self, name: str) -> ContactList:
        """Return a contact list that the caller may see, without the number of its contacts.

        Raises:
            ServiceError: there is none of that name, or it belongs to another organisation.
        """
        found = self._at.store.find_list(name)
        if found is None:
            there = ", ".join(each.name for each in self.visible_lists()) or "none yet"
            raise ServiceError(Cause.NO_SUCH_LIST, f"no contact list {name[:100]!r}; there are: {there}")
        self.check_owner(found.organisation, Cause.FOREIGN_LIST, f"contact list {name}")
        return found

    def find_source(self, name: str) -> DataSource:
        """Return a data source that the caller may see.

        Raises:
            ServiceError: there is none of that name, or it belongs to another organisation.
        """
        found = self._at.store.find_source(name)
        if found is None:
            there = ", ".join(each.name for each in self.visible_sources()) or "none yet"
            raise ServiceError(Cause.NO_SUCH_SOURCE, f"no data source {name[:100]!r}; there are: {there}")
        self.check_owner(found.organisation, Cause.FOREIGN_SOURCE, f"data source {name}")
        return found

    def visible_sources(self) -> tuple[DataSource, ...]:
        """Return the data sources that the caller may see, by name."""
        return tuple(each for each in self._at.store.sources() if self._caller.may_see(each.organisation))

    def check_list_for(self, campaign: CampaignSpec, found: ContactList) -> None:
        """Check that a campaign may call a contact list: everybody's, or its own organisation's.

        Raises:
            ServiceError: it belongs to another one than the campaign.
        """
        if found.organisation not in ("", campaign.organisation):
            whose = f"{campaign.organisation}'s" if campaign.organisation else "of no organisation"
            raise ServiceError(
                Cause.FOREIGN_LIST,
                f"contact list {found.name}: is {found.organisation}'s, campaign {campaign.name} is {whose}",
            )

    def visible_campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return the campaigns that the caller may see, by name."""
        return tuple(each for each in self._at.store.campaigns() if self._caller.may_see(each.organisation))

    def visible_lists(self) -> tuple[ContactList, ...]:
        """Return the contact lists that the caller may see, by name."""
        return tuple(
            each for each in self._at.store.contact_lists() if self._caller.may_see(each.organisation)
        )

    def check_owner(self, organisation: str, cause: "Cause", what: str) -> None:
        """Check that what belongs to an organisation is there for the caller.

        Raises:
            ServiceError: it belongs to another one; for that cause.
        """
        if not self._caller.may_see(organisation):
            mine = f"{self._caller.name} works for {self._caller.organisation}"
            raise ServiceError(cause, f"{what}: belongs to another organisation; {mine}")

    def check_global(self, what: str) -> None:
        """Check that the caller may do what concerns all organisations.

        Raises:
            ServiceError: the caller belongs to one.
        """
        if self._caller.organisation:
            raise ServiceError(
                Cause.DENIED,
                f"{what}: needs a user of no organisation; {self._caller.name} belongs to"
                f" {self._caller.organisation}",
            )

    def owner_of_new(self, organisation: str = "") -> str:
        """Return whose something new is: as it is said, or the caller's.

        Raises:
            ServiceError: there is no such organisation, or it is not the caller's.
        """
        if self._caller.organisation:
            if organisation not in ("", self._caller.organisation):
                raise ServiceError(
                    Cause.DENIED,
                    f"{self._caller.name} belongs to organisation {self._caller.organisation}, and can make"
                    f" nothing for {organisation}",
                )
            return self._caller.organisation
        self.check_organisation(organisation)
        return organisation

    def check_organisation(self, name: str) -> None:
        """Check that there is an organisation; an empty name stands for all of them.

        Raises:
            ServiceError: there is none of that name.
        """
        if name and not self._at.store.has_organisation(name):
            there = ", ".join(self._at.store.organisations()) or "none yet; agentmgr org add makes one"
            raise ServiceError(
                Cause.NO_SUCH_ORGANISATION, f"no organisation {name[:100]!r}; there are: {there}"
            )

    def hint(self, zones: Iterable[str]) -> None:
        """Let the zones of a job look at it soon."""
        for zone in zones:
            self._at.hint(zone)

    def check_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Check that contacts can have some attributes beside those that are known already.

        Raises:
            ServiceError: no desktop could be told a contact whole then, or one is known as that of another
                organisation than is said.
        """
        specs = tuple(specs)
        known = {spec.name: spec for spec in self._at.store.attributes()}
        for spec in specs:
            if known.get(spec.name, spec).organisation not in ("", spec.organisation):
                raise ServiceError(
                    Cause.FOREIGN_ATTRIBUTE,
                    f"attribute {spec.name}: belongs to another organisation; give it another name"
                    " (in an import with --map COLUMN=NAME)",
                )
        wanted = known | {spec.name: spec for spec in specs if spec.name not in known}
        if len(wanted) == len(known) or names_bytes(wanted.values()) <= NAMES_BYTES:
            return
        if are_too_many(wanted.values(), self._at.store.largest_contact_bytes()):
            new = [name for name in wanted if name not in known]
            some = ", ".join(new[:5]) + (", ..." if len(new) > 5 else "")
            raise ServiceError(
                Cause.BAD_VALUE,
                f"with {len(new)} new attributes there would be {len(wanted)}, more than a desktop can be"
                f" told of a contact at once; new are {some}; leave some out"
                " (in an import with --map COLUMN=)",
            )


class Cause(StrEnum):
    """Why a service could not do what was asked."""

    DENIED = "not allowed to this caller"
    NO_SUCH_CAMPAIGN = "no such campaign"
    NO_SUCH_LIST = "no such contact list"
    NO_SUCH_AGENT = "no such agent"
    NO_SUCH_ZONE = "no such zone"
    NO_SUCH_ACCOUNT = "no such account"
    NO_SUCH_TOKEN = "no such token"
    NO_SUCH_ORGANISATION = "no such organisation"
    NO_SUCH_CONTACT = "no such contact"
    NO_SUCH_ATTRIBUTE = "no such attribute"
    NO_SUCH_NUMBER = "no such telephone number"
    NO_SUCH_JOB = "no such job"
    NO_SUCH_STATE = "no such job state"
    NO_SUCH_TASK = "no such task"
    NO_SUCH_ATTEMPT = "no attempt of this session"
    NO_SUCH_CODE = "no such completion code"
    NO_SUCH_SOURCE = "no such data source"
    FOREIGN_LIST = "contact list of another organisation"
    FOREIGN_CAMPAIGN = "campaign of another organisation"
    FOREIGN_ATTRIBUTE = "attribute of another organisation"
    FOREIGN_SOURCE = "data source of another organisation"
    CODE_ELSEWHERE = "completion code of other campaigns"
    SYSTEM_CODE = "completion code of the system"
    NO_CODES = "no completion codes"
    BAD_SESSION = "no session id"
    NO_VALUE = "attribute without a value"
    CHECK_FAILED = "refused by a check that was asked for"
    NO_NUMBER = "no number that can be dialled"
    NO_ADDRESS = "address is empty"
    BAD_ADDRESS = "not an address"
    ON_DNC = "on the do-not-call list already"
    NOT_ON_DNC = "not on the do-not-call list"
    IN_JOB = "in the job already"
    LIST_IN_JOB = "contact list in the job already"
    NO_LIST = "no contact list"
    RUNS_ALREADY = "runs already"
    NO_CUSTOM_PACING = "no custom pacing"
    BAD_COUNT = "not a count"
    NOT_TAKEN = "not taken by the zone"
    NOT_LOGGED_ON = "agent not in the job"
    EXISTS = "exists already"
    IN_USE = "in use"
    NO_SUCH_SCHEDULE = "no such schedule"
    NO_CONTACTS = "no contacts"
    NOT_RUNNING = "not running"
    WRONG_STATE = "not in this state"
    NOT_SERVED = "zone not served"
    BAD_VALUE = "value not allowed"
    BAD_FILE = "file of no use"
    BAD_SCHEDULE = "schedule that cannot be"


class ServiceError(Exception):
    """What was asked cannot be done; nothing was done unless the service says otherwise.

    Args:
        cause: why, for programs.
        text: one line for a person: what is wrong, where, what is allowed.
    """

    def __init__(self, cause: Cause, text: str) -> None:
        super().__init__(text)
        self.cause = cause
