"""The store: both store ports, over one SQLite file or over a database in PostgreSQL."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, TypeVarTuple

from agentmgr.core.effects import CheckDial, Record
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    JobSpec,
    Number,
    PhoneNumber,
    Priority,
    WantedJob,
)
from agentmgr.core.recurrence import Recurrence
from agentmgr.ports import (
    AccountLogin,
    AccountToken,
    Added,
    AgentLogin,
    AttemptFilter,
    AttemptPlace,
    AttemptRow,
    CallbackChange,
    CallbackFilter,
    CallbackPlace,
    CampaignHistory,
    CampaignOverview,
    Change,
    Changed,
    Claim,
    CodedAttempt,
    ContactDraft,
    ContactHistory,
    ContactList,
    ContactPage,
    ContactsPut,
    DataSource,
    Deletion,
    DialPlace,
    DialRow,
    DispositionRow,
    DncEntry,
    Emptying,
    Firing,
    ImportBatch,
    ImportJob,
    ImportState,
    ImportStep,
    JobEntry,
    JobState,
    JobStatus,
    JobTally,
    JobValue,
    KeptCall,
    KeptCallback,
    Login,
    NewCallback,
    NumberAttribute,
    OpenedZone,
    Paced,
    PendingContacts,
    PhoneRule,
    RuleKind,
    Schedule,
    Scope,
    ShareStatus,
    StoredContact,
    Target,
    Token,
)
from agentmgr.store import (
    accounts,
    agents,
    callbacks,
    campaigns,
    claims,
    contact,
    contacts,
    counters,
    deletion,
    dispositions,
    dnc,
    history,
    imports,
    intake,
    jobs,
    pacing,
    repeats,
    schedules,
    takeover,
    values,
)
from agentmgr.store.checks import check_dials
from agentmgr.store.database import open_database
from agentmgr.store.leases import SqlLeases
from agentmgr.store.ownership import raise_eras
from agentmgr.store.processing import SqlProcessing
from agentmgr.store.records import commit
from agentmgr.store.results import SqlOutbox
from agentmgr.store.sql import Transaction

if TYPE_CHECKING:
    from agentmgr.store.pgleases import PostgresLeases

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Database(Protocol):
    """What runs the work of the store: `path` names it where people read it."""

    @property
    def path(self) -> Path | str: ...

    def write(self, work: Callable[[Transaction, *Ts], T], *args: *Ts, first: bool = False) -> T:
        """Run work in a transaction that may be shared; what it did is durable then."""
        ...

    def read(self, work: Callable[[Transaction, *Ts], T], *args: *Ts) -> T:
        """Run work that only reads, on the state after the last commit."""
        ...

    def look(self) -> None:
        """Make sure that what was opened is still there."""
        ...

    def wait_no_more(self) -> None:
        """Wait for nothing any more that may take long to come back."""
        ...

    def close(self) -> None:
        """Close it; who reads or writes is waited for."""
        ...


def open_sqlite(path: Path | str, *, create: bool = False) -> "SqliteStore":
    """Open a store, with its schema brought up to date; close it when done.

    Args:
        path: a file on a local disk; the directory must exist.
        create: make a new store if there is no file.

    Raises:
        StoreFault: missing, foreign, newer than this program, in use, unreadable: one line each.
    """
    return SqliteStore(open_database(Path(path), create=create))


def open_postgres(
    url: str, incarnation: str = "", *, password: str | None = None, create: bool = False
) -> "SqliteStore":
    """Open a store in PostgreSQL, with its schema brought up to date; close it when done.

    Args:
        url: postgresql://USER@HOST:PORT/DATABASE; without a database none is made.
        incarnation: of the manager whose process this is; its connections are ended with it.
        password: is used instead of what is in the URL, PGPASSWORD or PGPASSFILE.
        create: make the tables if there are none.

    Raises:
        StoreLost: it is out of reach.
        StoreFault: no tables, foreign ones, newer than this program: one line each.
    """
    from agentmgr.store import postgres  # it takes a tenth of a second to load

    place = postgres.read_url(url, password)
    return SqliteStore(postgres.open_database(place, postgres.application(incarnation), create=create))


def copy_to_postgres(
    path: Path | str, url: str, told: Callable[[str, int], None], *, password: str | None = None
) -> None:
    """Copy what is in a file into a database in PostgreSQL that has nothing yet: all of it, or nothing.

    Args:
        path: of the file; no server has it open meanwhile.
        url: as for `open_postgres`; its tables are made if there are none.
        told: gets the name of each table with the number of its rows.
        password: as for `open_postgres`.

    Raises:
        StoreFault: it cannot be copied; nothing was.
    """
    from agentmgr.store import copying, postgres

    place = postgres.read_url(url, password)
    with closing(open_database(Path(path), create=False)) as source:
        copying.copy_all(source, place, told)


def has_tables(url: str, password: str | None = None) -> bool:
    """Return whether a database in PostgreSQL has our tables, whatever their version.

    Raises:
        StoreFault: it cannot be read, or the url cannot be.
    """
    from agentmgr.store import postgres

    return postgres.has_tables(postgres.read_url(url, password))


def url_name(url: str) -> str:
    """Return how a database in PostgreSQL is named to people, without a password.

    Raises:
        StoreFault: the url cannot be read.
    """
    from agentmgr.store import postgres

    return postgres.read_url(url).name


def open_leases(url: str, incarnation: str, *, password: str | None = None) -> "PostgresLeases":
    """Return the leases that are kept in PostgreSQL, over a connection of their own; it is made when needed.

    Raises:
        StoreFault: the url cannot be read.
    """
    from agentmgr.store import pgleases, postgres

    return pgleases.PostgresLeases(postgres.read_url(url, password), postgres.application(incarnation))


class SqliteStore:
    """Implements `ZoneStore` and `ServiceStore`; every call that writes is durable when it returns.

    Calls may come from any thread. Those that write and wait share a transaction, those of zones first;
    those that only read hold nobody up.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.path = database.path

    def close(self) -> None:
        """Close the database; another process may open a file then."""
        self._database.close()

    def wait_no_more(self) -> None:
        """Let calls that wait for a database out of reach fail now: the process ends."""
        self._database.wait_no_more()

    def look(self) -> None:
        """Make sure that the file is still the one that is open; to be called once a second.

        Raises:
            StoreFault: it was deleted, moved or replaced, or its log was; the text says where the data is.
        """
        self._database.look()

    @property
    def leases(self) -> SqlLeases:
        """Who owns which zone; with this process alone nobody asks before it acts."""
        return SqlLeases(self._database)

    @property
    def outbox(self) -> SqlOutbox:
        """What publishers have to tell."""
        return SqlOutbox(self._database)

    @property
    def processing(self) -> SqlProcessing:
        """Jobs that are over, for those who are told them."""
        return SqlProcessing(self._database)

    def restored(self, now: float) -> int:
        """Let all zones go on in a new era, after a backup was restored; return how many there are."""
        return self._database.write(raise_eras, now)

    # -- zones -----------------------------------------------------------------------------

    def open_zone(self, zone: str, now: float, claim: Claim | None = None) -> OpenedZone:
        """Take the zone over: raise its epoch, end what a dead owner left open."""
        return self._database.write(takeover.open_zone, zone, now, claim, first=True)

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Write all records in one durable transaction.

        Raises:
            Fenced: the token is not the zone's any more; nothing was written.
            StoreFault: nothing was written, or it is not known; the zone must stop.
        """
        self._database.write(commit, token, records, first=True)

    def claim_contacts(
        self, token: Token, job_id: int, limit: int, now: float, only_retries: bool = False
    ) -> ContactsFetched:
        """Claim contacts of a job that are due, so that nobody else gets them."""
        return self._database.write(
            claims.claim_contacts, token, job_id, limit, now, only_retries, first=True
        )

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        """Return the jobs that a zone shall have: those prepared and not over, by id."""
        return self._database.read(jobs.jobs_wanted, zone)

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        """Return a job that the zone shall have; None if it is over or not the zone's."""
        return self._database.write(jobs.load_job, token, job_id, first=True)

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        """Say for each dial, in their order, what stands against it; its attempt is in the store already."""
        return self._database.read(check_dials, tuple(dials))

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        """Return what a campaign and an agent have in a job, changed or not, that an organisation may see."""
        return self._database.read(values.read_numbers, job_id, agent_id, organisation)

    # -- agents ----------------------------------------------------------------------------

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        return self._database.read(agents.find_agent, agent_id)

    def agents_with(
        self, zone: str, skill: str, level: int, limit: int, organisation: str = ""
    ) -> tuple[AgentSpec, ...]:
        """Return the agents of a zone who may log on and have a skill of a level or more, by id."""
        return self._database.read(agents.agents_with, zone, skill, level, limit, organisation)

    def agents(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        return self._database.read(agents.read_agents)

    def put_agent(self, login: AgentLogin) -> None:
        """Store an agent, or replace the one with the same id."""
        self._database.write(agents.put_agent, login)

    # -- organisations, accounts -----------------------------------------------------------

    def add_organisation(self, name: str, now: float) -> bool:
        """Store an organisation; False if there is one of that name."""
        return self._database.write(accounts.add_organisation, name, now)

    def organisations(self) -> tuple[str, ...]:
        """Return the names of all organisations, sorted."""
        return self._database.read(accounts.read_organisations)

    def has_organisation(self, name: str) -> bool:
        """Tell whether there is an organisation of that name."""
        return self._database.read(accounts.has_organisation, name)

    def delete_organisation(self, name: str) -> tuple[str, ...] | None:
        """Delete one that nothing belongs to; return the kinds of things that do, None if there is none."""
        return self._database.write(accounts.delete_organisation, name)

    def find_account(self, name: str) -> AccountLogin | None:
        """Look an account up."""
        return self._database.read(accounts.find_account, name)

    def accounts(self) -> tuple[AccountLogin, ...]:
        """Return all accounts by name."""
        return self._database.read(accounts.read_accounts)

    def put_account(self, account: AccountLogin) -> None:
        """Store an account, or replace the one with the same name."""
        self._database.write(accounts.put_account, account)

    def renew_hash(self, login: Login, password_hash: str) -> None:
        """Store another hash of a password that stays as it is, unless another one was set."""
        before = login.password_hash
        if isinstance(login, AgentLogin):
            self._database.write(agents.renew_hash, login.agent.agent_id, before, password_hash)
        elif isinstance(login, AccountLogin):
            self._database.write(accounts.renew_hash, login.name, before, password_hash)

    def delete_account(self, name: str) -> bool:
        """Delete an account with its tokens; False if there was none."""
        return self._database.write(accounts.delete_account, name)

    def add_token(self, token: AccountToken) -> None:
        """Store a token."""
        self._database.write(accounts.add_token, token)

    def find_token(self, token_id: str) -> AccountToken | None:
        """Look a token up."""
        return self._database.read(accounts.find_token, token_id)

    def tokens(self, account: str = "") -> tuple[AccountToken, ...]:
        """Return the tokens of an account, or all, by account and age."""
        return self._database.read(accounts.read_tokens, account)

    def delete_token(self, token_id: str) -> bool:
        """Delete a token; False if there was none."""
        return self._database.write(accounts.delete_token, token_id)

    def begin_call(self, caller: str, key: str, digest: str, now: float, since: float) -> KeptCall | None:
        """Store that a call is under way; return the one that has the key already."""
        return self._database.write(repeats.begin_call, caller, key, digest, now, since)

    def keep_answer(self, caller: str, key: str, begun_at: float, status: int, body: str) -> None:
        """Store the answer of a call that began then."""
        self._database.write(repeats.keep_answer, caller, key, begun_at, status, body)

    # -- contacts --------------------------------------------------------------------------

    def define_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Make attributes known; those that are known already stay as they are."""
        self._database.write(campaigns.define_attributes, tuple(specs))

    def attributes(self, names: Collection[str] | None = None) -> tuple[AttributeSpec, ...]:
        """Return all known attributes in the order they were defined, or those of some names."""
        if names is not None and not names:
            return ()
        return self._database.read(campaigns.read_attributes, names)

    def put_attribute(self, spec: AttributeSpec) -> None:
        """Make an attribute known, or replace the one with the same name."""
        self._database.write(campaigns.put_attribute, spec)

    def attribute_values(
        self, name: str, after_contact_id: int, contacts: int
    ) -> tuple[tuple[tuple[str, str, str], ...], int | None]:
        """Return the values of an attribute that the next contacts have, and the id to go on after."""
        return self._database.read(campaigns.read_values, name, after_contact_id, contacts)

    def be_numbers(
        self, name: str, numbers: Mapping[str, PhoneNumber], after_contact_id: int, limit: int
    ) -> int | None:
        """Let the values that the next contacts have of an attribute be telephone numbers of theirs."""
        return self._database.write(contacts.be_numbers, name, numbers, after_contact_id, limit)

    def be_values(self, name: str, after_contact_id: int, limit: int) -> int | None:
        """Let the telephone numbers of a name that the next contacts have be plain values."""
        return self._database.write(contacts.be_values, name, after_contact_id, limit)

    def ensure_list(self, name: str, now: float, country: str = "", organisation: str = "") -> int:
        """Return the id of a contact list, which is made if there is none of that name; keep its country."""
        return self._database.write(contacts.ensure_list, name, now, country, organisation)

    def find_list(self, name: str) -> ContactList | None:
        """Look a contact list up; its contacts are not counted."""
        return self._database.read(contacts.find_list, name)

    def contact_lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists by name."""
        return self._database.read(contacts.read_lists)

    def put_contacts(
        self,
        list_id: int,
        drafts: Sequence[ContactDraft],
        now: float,
        by: str = "",
        *,
        create: bool = True,
        update: bool = True,
    ) -> ContactsPut:
        """Store contacts; one whose id is in the list already is updated, the last of equal ids counts."""
        return self._database.write(contacts.put_contacts, list_id, tuple(drafts), now, by, create, update)

    def find_contact(self, list_id: int, user_contact_id: str) -> StoredContact | None:
        """Look a contact of a list up."""
        return self._database.read(contact.find_contact, list_id, user_contact_id)

    def contact_values(self, list_id: int, user_contact_id: str) -> Mapping[str, str] | None:
        """Return the attributes of a contact of a list, with its numbers; None if there is none."""
        return self._database.read(contacts.contact_values, list_id, user_contact_id)

    def delete_contact(self, list_id: int, user_contact_id: str, now: float, by: str) -> Deletion:
        """Delete a contact with its attributes, numbers and notes; what was done with it stays."""
        return self._database.write(contact.delete_contact, list_id, user_contact_id, now, by)

    def list_attributes(self, list_id: int) -> frozenset[str]:
        """Return the names of the attributes that contacts of a list have, or had."""
        return self._database.read(contact.list_attributes, list_id)

    def begin_emptying(self, list_id: int, now: float) -> int | None:
        """Let a list be emptied of all that is in it now; return how many contacts that are."""
        return self._database.write(contact.begin_emptying, list_id, now)

    def empty_some(self, list_id: int, limit: int, now: float, by: str) -> bool:
        """Delete some of the contacts of a list that is being emptied; False once none is left."""
        return self._database.write(contact.empty_some, list_id, limit, now, by)

    def emptying(self, list_id: int) -> Emptying:
        """Return how the emptying of a list goes."""
        return self._database.read(contact.emptying, list_id)

    def forget_emptying_error(self, list_id: int) -> None:
        """Let the last emptying be over, whatever came of it."""
        self._database.write(contact.forget_emptying_error, list_id)

    def lists_being_emptied(self) -> tuple[int, ...]:
        """Return the ids of the lists that are being emptied."""
        return self._database.read(contact.lists_being_emptied)

    def count_contacts(self, list_id: int) -> int:
        """Count the contacts of a list."""
        return self._database.read(contact.count_contacts, list_id)

    def phone_rules(self) -> tuple[PhoneRule, ...]:
        """Return all rules for telephone numbers by their ids."""
        return self._database.read(contact.phone_rules)

    def add_phone_rule(self, kind: RuleKind, country: str, pattern: str) -> PhoneRule | None:
        """Store a rule; None if there is one like it."""
        return self._database.write(contact.add_phone_rule, kind, country, pattern)

    def remove_phone_rule(self, rule_id: int) -> bool:
        """Delete a rule; False if there is none of that id."""
        return self._database.write(contact.remove_phone_rule, rule_id)

    def largest_contact_bytes(self) -> int:
        """Return what the values of the largest contact take, three bytes more for each; goes through all."""
        return self._database.read(contacts.largest_contact_bytes)

    def find_contacts(self, user_contact_id: str, *, deleted: bool = False) -> tuple[tuple[int, str], ...]:
        """Return the contacts that have an id in their list, each with the list's name."""
        return self._database.read(history.find_contacts, user_contact_id, deleted)

    def contact_history(self, contact_id: int) -> ContactHistory:
        """Return all that is known of a contact that exists."""
        return self._database.read(history.read_history, contact_id)

    def job_ids(self, campaign_ids: Iterable[int] | None) -> tuple[int, ...]:
        """Return the jobs of some campaigns, or of all, by id."""
        wanted = None if campaign_ids is None else frozenset(campaign_ids)
        return self._database.read(history.read_job_ids, wanted)

    def attempts(
        self, job_id: int, wanted: AttemptFilter, after: AttemptPlace, limit: int
    ) -> tuple[tuple[AttemptRow, ...], AttemptPlace | None]:
        """Look at the next attempts of a job; return those wanted, and where to go on."""
        return self._database.read(history.read_attempts, job_id, wanted, after, limit)

    def list_page(
        self, list_id: int, job_ids: Sequence[int], after_user_contact_id: str, limit: int
    ) -> ContactPage:
        """Return the next contacts of a list by their ids, those above one."""
        return self._database.read(
            history.read_list_page, list_id, tuple(job_ids), after_user_contact_id, limit
        )

    def find_callbacks(
        self, wanted: CallbackFilter, after: CallbackPlace, limit: int
    ) -> tuple[KeptCallback, ...]:
        """Return the next callbacks that fit, by the time they are due."""
        return self._database.read(callbacks.find_callbacks, wanted, after, limit)

    def kept_callbacks(self, callback_ids: Sequence[str]) -> tuple[KeptCallback, ...]:
        """Return the callbacks that have some ids."""
        return self._database.read(callbacks.read_kept, tuple(callback_ids))

    def make_callback(self, new: NewCallback, now: float) -> str | None:
        """Make a callback for a job that runs or is paused; None if it does not, or its contact is gone."""
        return self._database.write(callbacks.make_callback, new, now)

    def change_callbacks(self, changes: Sequence[CallbackChange], now: float) -> tuple[KeptCallback, ...]:
        """Move or cancel callbacks, all or none; return those that stand against it."""
        return self._database.write(callbacks.change_callbacks, tuple(changes), now)

    # -- campaigns and jobs ----------------------------------------------------------------

    def add_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = ""
    ) -> CampaignSpec:
        """Store a campaign that somebody made and return it with its id and all known attributes."""
        return self._database.write(campaigns.add_campaign, spec, list_ids, now, by)

    def change_campaign(
        self, spec: CampaignSpec, list_ids: Sequence[int], now: float, by: str = "", *, while_it_runs: bool
    ) -> bool:
        """Write a campaign anew under its id, one version on; attributes stay as they are."""
        return self._database.write(campaigns.change_campaign, spec, tuple(list_ids), now, by, while_it_runs)

    def lists_of(self, campaign_id: int) -> tuple[str, ...]:
        """Return the names of a campaign's contact lists."""
        return self._database.read(campaigns.read_list_names, campaign_id)

    def find_campaign(self, name: str) -> CampaignSpec | None:
        """Look a campaign up."""
        return self._database.read(campaigns.find_campaign, name)

    def campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns by name."""
        return self._database.read(jobs.read_overviews)

    def history(self, campaign_id: int) -> CampaignHistory:
        """Count what the jobs of a campaign have left."""
        return self._database.read(deletion.read_history, campaign_id)

    def delete_history(self, campaign_id: int, limit: int) -> int | None:
        """Delete what the jobs of a campaign have left, so many rows at most; None if one is not over."""
        return self._database.write(deletion.delete_history, campaign_id, limit)

    def campaigns_being_deleted(self) -> tuple[int, ...]:
        """Return the campaigns of which something was deleted and something is left, by id."""
        return self._database.read(deletion.being_deleted)

    def delete_campaign(self, campaign_id: int) -> bool:
        """Delete a campaign with its jobs; False if one is not over, or has left something."""
        return self._database.write(deletion.delete_campaign, campaign_id)

    def create_job(self, campaign_id: int, zones: Sequence[str], now: float) -> int:
        """Make an empty job in preparation, with a share in each zone, and return its id."""
        return self._database.write(jobs.create_job, campaign_id, tuple(zones), now)

    def fill_job(self, job_id: int, after_contact_id: int, limit: int) -> int | None:
        """Give the job the next contacts of its campaign's lists, those above an id."""
        return self._database.write(jobs.fill_job, job_id, after_contact_id, limit)

    def start_job(self, job_id: int, after_contact_id: int | None = None) -> JobSpec | None:
        """Let a prepared job run, or wait while another of its campaign does."""
        return self._database.write(jobs.start_job, job_id, after_contact_id)

    def jobs_in_preparation(self) -> tuple[tuple[int, int], ...]:
        """Return the jobs that are being filled, by id, and how many contacts each has."""
        return self._database.read(jobs.jobs_in_preparation)

    def job(self, job_id: int) -> JobStatus | None:
        """Return a job; None if there is none of that id."""
        return self._database.read(jobs.find_job, job_id)

    def list_jobs(
        self,
        campaign_id: int | None,
        states: Iterable[JobState],
        after: int,
        limit: int,
        organisation: str = "",
    ) -> tuple[JobEntry, ...]:
        """Return the next jobs of a campaign, or of all that an organisation sees, in some states, by id."""
        return self._database.read(jobs.list_jobs, campaign_id, tuple(states), after, limit, organisation)

    def attempt_of(self, session_id: str) -> CodedAttempt | None:
        """Return the latest attempt of a session; None if there is none."""
        return self._database.read(dispositions.find_coded, session_id)

    def put_code(self, attempt_id: str, code_id: int, now: float) -> bool:
        """Give an attempt a completion code from outside; False if there is no such attempt any more."""
        return self._database.write(dispositions.put_code, attempt_id, code_id, now)

    def number_attributes(self, scope: Scope) -> tuple[NumberAttribute, ...]:
        """Return all definitions of numbers by name."""
        return self._database.read(values.read_number_attributes, scope)

    def find_number_attribute(self, scope: Scope, name: str) -> NumberAttribute | None:
        """Return the definition of a number; None if there is none of that name."""
        return self._database.read(values.find_number_attribute, scope, name)

    def put_number_attribute(self, spec: NumberAttribute) -> None:
        """Define a number, or replace the definition with the same name."""
        self._database.write(values.put_number_attribute, spec)

    def change_value(
        self, job_id: int, agent_id: str, spec: NumberAttribute, change: Change, value: float
    ) -> Changed:
        """Change a number of a job that is not over."""
        return self._database.write(values.change_value, job_id, agent_id, spec, change, value)

    def job_values(self, job_id: int) -> tuple[JobValue, ...]:
        """Return the numbers of a job that were changed, those of the campaign first."""
        return self._database.read(values.read_job_values, job_id)

    def saved_place(self, agent_id: str) -> tuple[str, int] | None:
        """Return the zone in which an agent is written down, and the job that it is in, 0 for none."""
        return self._database.read(values.read_saved_place, agent_id)

    def set_max_calls(self, job_id: int, count: int, served: Iterable[str]) -> Paced:
        """Let a job with custom pacing have so many calls at once at most, over all its zones."""
        return self._database.write(pacing.set_max_calls, job_id, count, tuple(served))

    def zones_behind(self, job_id: int, served: Iterable[str]) -> tuple[str, ...]:
        """Return the zones at work that may begin more calls of a job than they are granted."""
        return self._database.read(pacing.zones_behind, job_id, tuple(served))

    def add_contacts(self, job_id: int, contact_ids: Sequence[int], priority: Priority) -> Added:
        """Give a job that runs or is paused some contacts."""
        return self._database.write(intake.add_contacts, job_id, tuple(contact_ids), priority)

    def add_list(
        self,
        job_id: int,
        list_id: int,
        after: int,
        limit: int,
        priority: Priority,
        *,
        has_added: bool,
        filtered: bool = False,
    ) -> tuple[Added, int | None]:
        """Give it the next contacts of a list; with the last ones the list is one of its."""
        arguments = (job_id, list_id, after, limit, priority, has_added, filtered)
        return self._database.write(intake.add_list, *arguments)

    def has_list(self, job_id: int, list_id: int) -> bool:
        """Return whether a list is one of a job's."""
        return self._database.read(intake.has_list, job_id, list_id)

    def archive_contacts(self, job_id: int, after_contact_id: int, limit: int) -> tuple[int, int | None]:
        """Move those out of a job that are done, among its next contacts."""
        return self._database.write(jobs.archive_contacts, job_id, after_contact_id, limit)

    def move_job(
        self, job_id: int, allowed: Iterable[JobState], state: JobState, ended_at: float | None = None
    ) -> bool:
        """Change a job's state if it is an allowed one; with `ended_at` it is over and all is settled."""
        return self._database.write(jobs.move_job, job_id, tuple(allowed), state, ended_at)

    def stop_job(self, job_id: int, served: Iterable[str], now: float) -> JobState | None:
        """Let a job stop; return what it is then, None if it was over."""
        return self._database.write(jobs.stop_job, job_id, tuple(served), now)

    def latest_job(self, campaign_id: int) -> JobStatus | None:
        """Return the job of a campaign that was created last."""
        return self._database.read(jobs.latest_job, campaign_id)

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done."""
        return self._database.read(counters.read_tally, job_id)

    def shares(self, job_id: int) -> tuple[ShareStatus, ...]:
        """Return what each zone has of a job and has done, by zone."""
        return self._database.read(counters.read_shares, job_id)

    def contacts_left(self, job_id: int) -> tuple[PendingContacts, ...]:
        """Return how many contacts of a job wait in each time zone."""
        return self._database.read(counters.read_pending, job_id)

    def dispositions(self, campaign_id: int, after_row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign in the order they were saved, those above a row id."""
        return self._database.read(jobs.read_dispositions, campaign_id, after_row_id, limit)

    def dials(self, campaign_id: int, after: DialPlace, limit: int) -> tuple[DialRow, ...]:
        """Return the next dials of a campaign by job and time, those after a place."""
        return self._database.read(jobs.read_dials, campaign_id, after, limit)

    # -- schedules -------------------------------------------------------------------------

    def add_schedule(
        self,
        target: Target,
        subject_id: int,
        recurrence: Recurrence,
        next_at: float,
        made_by: str,
        now: float,
    ) -> int:
        """Keep a schedule and return its id; what was over for long is forgotten."""
        return self._database.write(
            schedules.add_schedule, target, subject_id, recurrence, next_at, made_by, now
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Return all schedules by id."""
        return self._database.read(schedules.read_schedules)

    def remove_schedule(self, schedule_id: int) -> bool:
        """Forget a schedule; False if there is none."""
        return self._database.write(schedules.remove_schedule, schedule_id)

    def next_firing(self) -> float | None:
        """Return when the next schedule is due; None if there is none."""
        return self._database.read(schedules.next_firing)

    def due_schedules(self, now: float, limit: int) -> tuple[Schedule, ...]:
        """Return some of the schedules that are due, the first ones first."""
        return self._database.read(schedules.due_schedules, now, limit)

    def pass_firing(self, firing: Firing) -> bool:
        """Let a schedule go on to its next firing; False if somebody has done so."""
        return self._database.write(schedules.pass_firing, firing)

    def fire_run(self, firing: Firing, zones: Sequence[str]) -> int | None:
        """Do that, and make an empty job in preparation; None if somebody else was first."""
        return self._database.write(schedules.fire_run, firing, tuple(zones))

    def note_outcome(self, schedule_id: int, outcome: str) -> None:
        """Keep what came of the last firing."""
        self._database.write(schedules.note_outcome, schedule_id, outcome)

    # -- imports ---------------------------------------------------------------------------

    def add_source(self, source: DataSource, now: float) -> DataSource | None:
        """Keep a data source and return it with its id; None if there is one of that name."""
        return self._database.write(imports.add_source, source, now)

    def find_source(self, name: str) -> DataSource | None:
        """Look a data source up."""
        return self._database.read(imports.find_source, name)

    def sources(self) -> tuple[DataSource, ...]:
        """Return all data sources by name."""
        return self._database.read(imports.read_sources)

    def remove_source(self, source_id: int) -> bool:
        """Forget a data source with its schedules and imports; False while one of those is not over."""
        return self._database.write(imports.remove_source, source_id)

    def queue_import(self, source_id: int, made_by: str, now: float) -> int:
        """Let an import from a data source wait for somebody who carries it out; return its id."""
        return self._database.write(imports.queue_import, source_id, made_by, now)

    def fire_import(self, firing: Firing) -> int | None:
        """Do that with the firing of a schedule; None if somebody else was first."""
        return self._database.write(imports.fire_import, firing)

    def find_import(self, import_id: int) -> ImportJob | None:
        """Look an import up."""
        return self._database.read(imports.find_import, import_id)

    def imports(
        self, source_id: int | None, states: Iterable[ImportState], limit: int
    ) -> tuple[ImportJob, ...]:
        """Return imports that are in some states, of a data source or of all, the newest first."""
        return self._database.read(imports.read_imports, source_id, tuple(states), limit)

    def move_import(self, import_id: int, allowed: Iterable[ImportState], state: ImportState) -> bool:
        """Let an import be in a state if it is in an allowed one; return whether it was."""
        return self._database.write(imports.move_import, import_id, tuple(allowed), state)

    def claim_import(self, owner: str, now: float, dead_before: float) -> ImportJob | None:
        """Become the one who carries out the oldest import that waits for somebody; None if none does."""
        return self._database.write(imports.claim_import, owner, now, dead_before)

    def take_step(
        self,
        job: ImportJob,
        now: float,
        *,
        state: ImportState | None = None,
        fingerprint: str | None = None,
        error: str = "",
        deleted: int = 0,
    ) -> ImportJob | None:
        """Say what its owner does with an import, or that it lives; None if it is not its."""
        return self._database.write(imports.take_step, job, now, state, fingerprint, error, deleted)

    def release_import(self, job: ImportJob) -> None:
        """Let somebody else carry an import on."""
        self._database.write(imports.release_import, job)

    def put_batch(self, job: ImportJob, batch: ImportBatch, now: float) -> ImportStep | None:
        """Store a batch with what it counts; None if the import is not the owner's, or stands elsewhere."""
        try:
            return self._database.write(imports.put_batch, job, batch, now)
        except imports.NotMine:
            return None

    # -- do not call -----------------------------------------------------------------------

    def on_dnc(self, addresses: Iterable[str], organisation: str = "") -> frozenset[str]:
        """Return those of the addresses that an organisation may not contact: by its list, or everybody's."""
        return self._database.read(dnc.find_on_dnc, tuple(addresses), dnc.lists_for(organisation))

    def on_own_dnc(self, addresses: Iterable[str], organisation: str) -> frozenset[str]:
        """Return those of the addresses that are on one list alone: everybody's, or an organisation's."""
        return self._database.read(dnc.find_on_dnc, tuple(addresses), (organisation,))

    def add_to_dnc(self, entries: Iterable[DncEntry]) -> int:
        """Put addresses on the do-not-call lists; return how many were not there yet."""
        return self._database.write(dnc.add_to_dnc, tuple(entries))

    def remove_from_dnc(self, addresses: Iterable[str], organisation: str = "") -> int:
        """Take addresses off one list, everybody's or an organisation's; return how many were there."""
        return self._database.write(dnc.remove_from_dnc, tuple(addresses), organisation)

    def dnc_entries(self, after_address: str, limit: int, organisation: str = "") -> tuple[DncEntry, ...]:
        """Return the next entries of one list by address, those above an address."""
        return self._database.read(dnc.read_dnc, after_address, limit, organisation)
