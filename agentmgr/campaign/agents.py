"""Agents: added, listed, given passwords, and their passwords checked."""

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from agentmgr.campaign.passwords import hashed
from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin
from agentmgr.text import fault_of, faults_in
from protocol.structures import AgentSkill

MAX_ID_CHARACTERS = 50
MIN_SKILL_LEVEL, MAX_SKILL_LEVEL = 1, 16


@frozen
class AgentChange:
    """What is changed of agents; None leaves it as it is, an empty name is the agent's id.

    `skills` with their levels are all that an agent has then; `more_skills` come to those it has, or change
    their level; `fewer_skills` are taken from it.
    """

    name: str | None = None
    zone: str | None = None
    organisation: str | None = None
    enabled: bool | None = None
    skills: Mapping[str, int] | None = None
    more_skills: Mapping[str, int] = {}
    fewer_skills: tuple[str, ...] = ()


class AgentService(Service):
    """Agents: added, changed, listed, given passwords."""

    def add(self, agents: Sequence[AgentSpec], password: str, zone: str) -> None:
        """Add agents who share a first password, and so its hash: hashing takes 25 ms.

        Raises:
            ServiceError: an id, a skill or the password is of no use, or an agent is there already; those
                before it were added.
        """
        store = self._at.store
        password_hash = hashed(password)
        _check_zone(zone)
        for agent in agents:
            agent = evolve(agent, organisation=self.owner_of_new(agent.organisation))
            _check(agent)
            if store.find_agent(agent.agent_id) is not None:
                raise ServiceError(
                    Cause.EXISTS, f"agent {agent.agent_id}: there is one already; choose another id"
                )
            store.put_agent(AgentLogin(agent, password_hash, zone, enabled=True))

    def change(self, agent_ids: Sequence[str], change: AgentChange) -> int:
        """Change agents alike; return how many.

        What an agent logs on with is read at its logon: one who is logged on goes on with what was then.

        Raises:
            ServiceError: an agent is not there, has not a skill that is to be taken from it, or would be of
                no use; none was changed then.
        """
        store = self._at.store
        if change.zone is not None:
            _check_zone(change.zone)
        if change.organisation is not None:
            change = evolve(change, organisation=self.owner_of_new(change.organisation))
        found = {agent_id: self._find(agent_id) for agent_id in agent_ids}
        missing = [repr(agent_id) for agent_id, login in found.items() if login is None]
        if missing:
            raise ServiceError(
                Cause.NO_SUCH_AGENT,
                f"no agent {', '.join(missing)}; nothing was changed; see agentmgr agents list",
            )
        changed = [_changed(login, change) for login in found.values() if login is not None]
        for login in changed:
            _check(login.agent)
        for login in changed:
            store.put_agent(login)
        return len(changed)

    def all(self) -> tuple[AgentLogin, ...]:
        """Return all agents that the caller may see, by id."""
        agents = self._at.store.agents()
        return tuple(each for each in agents if self._caller.may_see(each.agent.organisation))

    def _find(self, agent_id: str) -> AgentLogin | None:
        """Look up an agent that the caller may see."""
        login = self._at.store.find_agent(agent_id)
        return login if login is not None and self._caller.may_see(login.agent.organisation) else None

    def set_password(self, agent_id: str, password: str) -> None:
        """Give an agent a new password.

        Raises:
            ServiceError: no such agent, or the password is of no use.
        """
        login = self._find(agent_id)
        if login is None:
            raise ServiceError(Cause.NO_SUCH_AGENT, f"no agent {agent_id!r}; see agentmgr agents list")
        self._at.store.put_agent(evolve(login, password_hash=hashed(password)))


def numbered(skills: Mapping[str, int]) -> tuple[AgentSkill, ...]:
    """Return skills, given with their levels, as an agent has them."""
    return tuple(AgentSkill(name, str(n), level) for n, (name, level) in enumerate(skills.items(), 1))


def _changed(login: AgentLogin, change: AgentChange) -> AgentLogin:
    agent = login.agent
    had = {skill.name: skill.level for skill in agent.skills}
    levels = dict(had if change.skills is None else change.skills) | dict(change.more_skills)
    for name in change.fewer_skills:
        if levels.pop(name, None) is None:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"agent {agent.agent_id}: has no skill {name!r} to take away; has:"
                f" {', '.join(levels) or 'none'}; nothing was changed",
            )
    return evolve(
        login,
        agent=evolve(
            agent,
            name=agent.name if change.name is None else change.name or agent.agent_id,
            skills=agent.skills if levels == had else numbered(levels),
            organisation=agent.organisation if change.organisation is None else change.organisation,
        ),
        zone=login.zone if change.zone is None else change.zone,
        enabled=login.enabled if change.enabled is None else change.enabled,
    )


def _check_zone(zone: str) -> None:
    if not zone.strip():
        raise ServiceError(Cause.BAD_VALUE, "an agent needs a zone")
    if fault := fault_of(zone):
        raise ServiceError(Cause.BAD_VALUE, f"the zone's name {fault}")


def _check(agent: AgentSpec) -> None:
    agent_id = agent.agent_id
    if not 1 <= len(agent_id) <= MAX_ID_CHARACTERS or not agent_id.isprintable() or " " in agent_id:
        raise ServiceError(
            Cause.BAD_VALUE,
            f"agent {agent_id[:MAX_ID_CHARACTERS]!r}:"
            f" an id has 1 to {MAX_ID_CHARACTERS} characters, no space",
        )
    for fault in faults_in(agent):
        raise ServiceError(Cause.BAD_VALUE, f"agent {agent_id}: {fault}")
    names = [skill.name for skill in agent.skills]
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise ServiceError(Cause.BAD_VALUE, f"agent {agent_id}: every skill needs a name, and is given once")
    for skill in agent.skills:
        if not MIN_SKILL_LEVEL <= skill.level <= MAX_SKILL_LEVEL:
            raise ServiceError(
                Cause.BAD_VALUE,
                f"agent {agent_id}: skill {skill.name} has level {skill.level};"
                f" allowed are {MIN_SKILL_LEVEL} to {MAX_SKILL_LEVEL}",
            )
