"""What zones do with the store, and the agents in them."""

from collections.abc import Sequence

from agentmgr.core.effects import CheckDial, Record
from agentmgr.core.events import ContactsFetched, DialChecked
from agentmgr.core.model import (
    AgentSpec,
    JobSpec,
    LatestCalls,
    LiveCalls,
    Number,
    WantedJob,
)
from agentmgr.ports import (
    AgentLogin,
    Claim,
    OpenedZone,
    Token,
)
from agentmgr.store import (
    agents,
    claims,
    compliance,
    jobs,
    takeover,
    values,
)
from agentmgr.store.checks import check_dials
from agentmgr.store.parts.part import Part
from agentmgr.store.records import commit


class ZonePart(Part):
    """What zones ask and write, and their agents."""

    # -- zones -------------------------------------------------------------------------------

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

    def live_calls(self, job_id: int, since: float, until: float) -> LiveCalls:
        """Count the live answers of a job's campaign in a time, epoch seconds, and those of the job."""
        return self._database.read(compliance.live_calls, job_id, since, until)

    def latest_calls(self, job_id: int, since: float, until: float) -> LatestCalls:
        """Return how the latest calls went that a job's campaign began in a time, epoch seconds."""
        return self._database.read(compliance.latest_calls, job_id, since, until)

    def check_dials(self, dials: Sequence[CheckDial]) -> tuple[DialChecked, ...]:
        """Say for each dial, in their order, what stands against it; its attempt is in the store already."""
        return self._database.read(check_dials, tuple(dials))

    def numbers(self, job_id: int, agent_id: str, organisation: str) -> tuple[Number, ...]:
        """Return what a campaign and an agent have in a job, changed or not, that an organisation may see."""
        return self._database.read(values.read_numbers, job_id, agent_id, organisation)

    # -- agents ------------------------------------------------------------------------------

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
