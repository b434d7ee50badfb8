"""Agents: added, listed, given passwords, and their passwords checked."""

from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import evolve

from agentmgr.campaign.service import Cause, Service, ServiceError
from agentmgr.core.model import AgentSpec
from agentmgr.ports import AgentLogin
from agentmgr.text import fault_of, faults_in

MAX_ID_CHARACTERS = 50
MAX_PASSWORD_CHARACTERS = 128
MIN_SKILL_LEVEL, MAX_SKILL_LEVEL = 1, 16

# OWASP's smallest argon2id: 35 logons a second on two cores, where the library's defaults do 6.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# What the password of an unknown agent is checked against, so that the time does not tell the two apart.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qIfzBQuTL5cCTpizn9XuHA$YrefW6cX6URhaX2uHppua1JW8MXZnk4r8qn3qpeu4y0"


class AgentService(Service):
    """Agents: added, listed, given passwords."""

    def add(self, agents: Sequence[AgentSpec], password: str, zone: str) -> None:
        """Add agents who share a first password, and so its hash: hashing takes 25 ms.

        Raises:
            ServiceError: an id, a skill or the password is of no use, or an agent is there already; those
                before it were added.
        """
        store = self._at.store
        password_hash = _hash(password)
        if not zone.strip():
            raise ServiceError(Cause.BAD_VALUE, "an agent needs a zone")
        if fault := fault_of(zone):
            raise ServiceError(Cause.BAD_VALUE, f"the zone's name {fault}")
        for agent in agents:
            _check(agent)
            if store.find_agent(agent.agent_id) is not None:
                raise ServiceError(
                    Cause.EXISTS, f"agent {agent.agent_id}: there is one already; choose another id"
                )
            store.put_agent(AgentLogin(agent, password_hash, zone, enabled=True))

    def all(self) -> tuple[AgentLogin, ...]:
        """Return all agents by id."""
        return self._at.store.agents()

    def set_password(self, agent_id: str, password: str) -> None:
        """Give an agent a new password.

        Raises:
            ServiceError: no such agent, or the password is of no use.
        """
        login = self._at.store.find_agent(agent_id)
        if login is None:
            raise ServiceError(Cause.NO_SUCH_AGENT, f"no agent {agent_id!r}; see agentmgr agents list")
        self._at.store.put_agent(evolve(login, password_hash=_hash(password)))


def verify(login: AgentLogin | None, password: str) -> bool:
    """Tell whether an agent may log on with a password; takes as long for one that does not exist.

    Takes about 25 ms of one core and 19 MiB. Whether the agent is enabled is not asked here.
    """
    try:
        _HASHER.verify(_NOBODY if login is None else login.password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return login is not None


def _hash(password: str) -> str:
    if not 1 <= len(password) <= MAX_PASSWORD_CHARACTERS:
        raise ServiceError(Cause.BAD_VALUE, f"a password has 1 to {MAX_PASSWORD_CHARACTERS} characters")
    return _HASHER.hash(password)


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
