"""The embedded store: both store ports over one SQLite file."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import evolve

from agentmgr.core.effects import Record
from agentmgr.core.events import ContactsFetched
from agentmgr.core.model import AttributeSpec, CampaignSpec, JobSpec, WantedJob
from agentmgr.ports import (
    AgentLogin,
    CampaignOverview,
    ContactDraft,
    ContactList,
    ContactsPut,
    DispositionRow,
    DncEntry,
    JobState,
    JobStatus,
    JobTally,
    OpenedZone,
    Token,
)
from agentmgr.store import agents, campaigns, contacts, dnc, jobs
from agentmgr.store.callbacks import expire_callbacks, read_callbacks
from agentmgr.store.database import Database, Transaction, open_database
from agentmgr.store.records import write_records
from agentmgr.store.saved import read_saved
from agentmgr.store.takeover import check_token, raise_epoch, settle_job, take_over_jobs


def open_sqlite(path: Path | str, *, create: bool = False) -> "SqliteStore":
    """Open a store, with its schema brought up to date; close it when done.

    Args:
        path: a file on a local disk; the directory must exist.
        create: make a new store if there is no file.

    Raises:
        StoreFault: missing, foreign, newer than this program, in use, unreadable: one line each.
    """
    return SqliteStore(open_database(Path(path), create=create))


def _with_callbacks(tx: Transaction, job: JobSpec) -> JobSpec:
    return evolve(job, callbacks=read_callbacks(tx.sql, job.campaign.campaign_id))


class SqliteStore:
    """Implements `ZoneStore` and `ServiceStore`; every call is one durable transaction.

    Calls may come from any thread; they run one after another, in about the order they came.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.path = database.path

    def close(self) -> None:
        """Close the file; another process may open it then."""
        self._database.close()

    # -- zones -----------------------------------------------------------------------------

    def open_zone(self, zone: str, now: float) -> OpenedZone:
        """Take the zone over: raise its epoch, end what a dead owner left open."""
        with self._database.transaction() as tx:
            token = raise_epoch(tx.sql, zone)
            going_on = take_over_jobs(tx.sql, zone, now)
            return OpenedZone(
                token,
                tuple(_with_callbacks(tx, jobs.read_job(tx.tables, job_id)) for job_id in going_on),
                read_saved(tx.sql, zone),
            )

    def commit(self, token: Token, records: Sequence[Record]) -> None:
        """Write all records in one durable transaction.

        Raises:
            Fenced: the token is not the zone's any more; nothing was written.
            StoreFault: nothing was written, or it is not known; the zone must stop.
        """
        with self._database.transaction() as tx:
            check_token(tx.sql, token)
            write_records(tx.sql, records)

    def claim_contacts(self, token: Token, job_id: int, limit: int, now: float) -> ContactsFetched:
        """Claim contacts of a job that are due, so that nobody else gets them."""
        with self._database.transaction() as tx:
            check_token(tx.sql, token)
            return contacts.claim_contacts(tx.sql, token.zone, job_id, limit, now)

    def jobs_wanted(self, zone: str) -> tuple[WantedJob, ...]:
        """Return the jobs that a zone shall have: those prepared and not over, by id."""
        with self._database.transaction() as tx:
            return jobs.jobs_wanted(tx.tables, zone)

    def load_job(self, token: Token, job_id: int) -> JobSpec | None:
        """Return a job that the zone shall have; None if it is over or not the zone's."""
        with self._database.transaction() as tx:
            check_token(tx.sql, token)
            if not jobs.is_wanted(tx.tables, token.zone, job_id):
                return None
            return _with_callbacks(tx, jobs.read_job(tx.tables, job_id))

    # -- agents ----------------------------------------------------------------------------

    def find_agent(self, agent_id: str) -> AgentLogin | None:
        """Look an agent up."""
        with self._database.transaction() as tx:
            found = agents.read_agents(tx.tables, agent_id)
            return found[0] if found else None

    def agents(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        with self._database.transaction() as tx:
            return agents.read_agents(tx.tables)

    def put_agent(self, login: AgentLogin) -> None:
        """Store an agent, or replace the one with the same id."""
        with self._database.transaction() as tx:
            agents.put_agent(tx.tables, login)

    # -- contacts --------------------------------------------------------------------------

    def define_attributes(self, specs: Iterable[AttributeSpec]) -> None:
        """Make attributes known; those that are known already stay as they are."""
        with self._database.transaction() as tx:
            campaigns.define_attributes(tx.tables, specs)

    def attributes(self) -> tuple[AttributeSpec, ...]:
        """Return all known attributes in the order they were defined."""
        with self._database.transaction() as tx:
            return campaigns.read_attributes(tx.tables)

    def ensure_list(self, name: str, now: float) -> int:
        """Return the id of a contact list, which is made if there is none of that name."""
        with self._database.transaction() as tx:
            return contacts.ensure_list(tx.sql, name, now)

    def contact_lists(self) -> tuple[ContactList, ...]:
        """Return all contact lists by name."""
        with self._database.transaction() as tx:
            return contacts.read_lists(tx.sql)

    def put_contacts(self, list_id: int, drafts: Sequence[ContactDraft], now: float) -> ContactsPut:
        """Store contacts; one whose id is in the list already is updated, the last of equal ids counts."""
        with self._database.transaction() as tx:
            return contacts.put_contacts(tx.sql, list_id, drafts, now)

    # -- campaigns and jobs ----------------------------------------------------------------

    def add_campaign(self, spec: CampaignSpec, list_ids: Sequence[int], now: float) -> CampaignSpec:
        """Store a campaign and return it with its id and all known attributes."""
        with self._database.transaction() as tx:
            return campaigns.add_campaign(tx.tables, spec, list_ids, now)

    def find_campaign(self, name: str) -> CampaignSpec | None:
        """Look a campaign up."""
        with self._database.transaction() as tx:
            return campaigns.find_campaign(tx.tables, name)

    def campaigns(self) -> tuple[CampaignOverview, ...]:
        """Return all campaigns by name."""
        with self._database.transaction() as tx:
            return jobs.read_overviews(tx.tables)

    def create_job(self, campaign_id: int, zone: str, now: float) -> int:
        """Make an empty job in preparation and return its id."""
        with self._database.transaction() as tx:
            return jobs.create_job(tx.tables, campaign_id, zone, now)

    def fill_job(self, job_id: int, after_contact_id: int, limit: int) -> int | None:
        """Give the job the next contacts of its campaign's lists, those above an id."""
        with self._database.transaction() as tx:
            return jobs.fill_job(tx.tables, job_id, after_contact_id, limit)

    def start_job(self, job_id: int) -> JobSpec | None:
        """Let a prepared job run; None if it is not in preparation any more."""
        with self._database.transaction() as tx:
            if not jobs.move_job(tx.tables, job_id, (JobState.Preparing,), JobState.Running):
                return None
            job = jobs.read_job(tx.tables, job_id)
            expire_callbacks(tx.sql, job.campaign.campaign_id, jobs.created_at(tx.tables, job_id))
            return _with_callbacks(tx, job)

    def move_job(
        self, job_id: int, allowed: Iterable[JobState], state: JobState, ended_at: float | None = None
    ) -> bool:
        """Change a job's state if it is an allowed one; with `ended_at` it is over and all is settled."""
        with self._database.transaction() as tx:
            moved = jobs.move_job(tx.tables, job_id, allowed, state, ended_at)
            if moved and ended_at is not None:
                settle_job(tx.sql, job_id, ended_at)
            return moved

    def latest_job(self, campaign_id: int) -> JobStatus | None:
        """Return the job of a campaign that was created last."""
        with self._database.transaction() as tx:
            return jobs.latest_job(tx.tables, campaign_id)

    def tally(self, job_id: int) -> JobTally:
        """Count what a job has done."""
        with self._database.transaction() as tx:
            return jobs.tally(tx.tables, job_id)

    def dispositions(self, campaign_id: int, after_row_id: int, limit: int) -> tuple[DispositionRow, ...]:
        """Return the next dispositions of a campaign in the order they were saved, those above a row id."""
        with self._database.transaction() as tx:
            return jobs.read_dispositions(tx.tables, campaign_id, after_row_id, limit)

    # -- do not call -----------------------------------------------------------------------

    def on_dnc(self, addresses: Iterable[str]) -> frozenset[str]:
        """Return those of the addresses that are on the do-not-call list."""
        with self._database.transaction() as tx:
            return dnc.find_on_dnc(tx.sql, addresses)

    def add_to_dnc(self, entries: Iterable[DncEntry]) -> int:
        """Put addresses on the do-not-call list; return how many were not there yet."""
        with self._database.transaction() as tx:
            return dnc.add_to_dnc(tx.sql, entries)

    def remove_from_dnc(self, addresses: Iterable[str]) -> int:
        """Take addresses off the do-not-call list; return how many were there."""
        with self._database.transaction() as tx:
            return dnc.remove_from_dnc(tx.sql, addresses)

    def dnc_entries(self, after_address: str, limit: int) -> tuple[DncEntry, ...]:
        """Return the next entries of the do-not-call list by address, those above an address."""
        with self._database.transaction() as tx:
            return dnc.read_dnc(tx.sql, after_address, limit)
