"""Agents with their skills and the hashes of their passwords."""

from itertools import groupby

import sqlalchemy as sa
from attrs import evolve

from agentmgr.core.model import AgentSpec
from agentmgr.core.tokens import TokenHashes
from agentmgr.ports import AgentLogin
from agentmgr.store import schema as t
from agentmgr.store.sql import Transaction
from protocol.structures import AgentSkill


def read_agents(tx: Transaction, agent_id: str | None = None) -> tuple[AgentLogin, ...]:
    """Return all agents by id, or the one with an id."""
    query = (
        sa.select(
            t.agent, t.agent_skill.c.name.label("skill"), t.agent_skill.c.skill_id, t.agent_skill.c.level
        )
        .outerjoin(t.agent_skill)
        .order_by(t.agent.c.agent_id, t.agent_skill.c.position)
    )
    if agent_id is not None:
        query = query.where(t.agent.c.agent_id == agent_id)
    rows = tx.tables.execute(query).all()
    return tuple(_login(list(group)) for _, group in groupby(rows, lambda row: row.agent_id))


def _login(rows: list[sa.Row[tuple[object, ...]]]) -> AgentLogin:
    head = rows[0]
    skills = tuple(AgentSkill(row.skill, row.skill_id, row.level) for row in rows if row.skill is not None)
    return AgentLogin(
        AgentSpec(head.agent_id, head.name, skills, head.organisation),
        head.password_hash,
        head.zone,
        bool(head.enabled),
    )


def find_agent(tx: Transaction, agent_id: str) -> AgentLogin | None:
    """Look an agent up."""
    found = read_agents(tx, agent_id)
    if not found:
        return None
    token = tx.tables.execute(sa.select(t.resume_token).where(t.resume_token.c.agent_id == agent_id)).first()
    if token is None:
        return found[0]
    return evolve(found[0], tokens=TokenHashes(token.newest, token.before), tokens_at=token.given_at)


def agents_with(
    tx: Transaction, zone: str, skill: str, level: int, limit: int, organisation: str
) -> tuple[AgentSpec, ...]:
    """Return the agents of a zone who may log on and have a skill of a level or more, by id.

    None who work for another organisation than the one that is said, if one is.
    """
    agent = t.agent.c
    works = agent.organisation.in_(("", organisation)) if organisation else sa.true()
    rows = tx.tables.execute(
        sa.select(
            agent.agent_id, agent.name, agent.organisation, t.agent_skill.c.skill_id, t.agent_skill.c.level
        )
        .join(t.agent_skill)
        .where(
            works,
            t.agent.c.zone == zone,
            t.agent.c.enabled == 1,
            t.agent_skill.c.name == skill,
            t.agent_skill.c.level >= level,
        )
        .order_by(t.agent.c.agent_id)
        .limit(limit)
    )
    return tuple(
        AgentSpec(row.agent_id, row.name, (AgentSkill(skill, row.skill_id, row.level),), row.organisation)
        for row in rows
    )


def put_agent(tx: Transaction, login: AgentLogin) -> None:
    """Store an agent, or replace the one with the same id."""
    agent_id = login.agent.agent_id
    before = read_agents(tx, agent_id)
    if before and (before[0].password_hash != login.password_hash or not login.enabled):
        tx.tables.execute(sa.delete(t.resume_token).where(t.resume_token.c.agent_id == agent_id))
    tx.tables.execute(sa.delete(t.agent_skill).where(t.agent_skill.c.agent_id == agent_id))
    tx.tables.execute(sa.delete(t.agent).where(t.agent.c.agent_id == agent_id))
    tx.tables.execute(
        sa.insert(t.agent).values(
            agent_id=agent_id,
            name=login.agent.name,
            password_hash=login.password_hash,
            zone=login.zone,
            enabled=int(login.enabled),
            organisation=login.agent.organisation,
        )
    )
    for position, skill in enumerate(login.agent.skills):
        tx.tables.execute(
            sa.insert(t.agent_skill).values(
                agent_id=agent_id, position=position, name=skill.name, skill_id=skill.id, level=skill.level
            )
        )


def renew_hash(tx: Transaction, agent_id: str, before: str, after: str) -> None:
    """Replace the hash of a password that stays as it is, unless another one was set; tokens stay good."""
    tx.tables.execute(
        sa.update(t.agent)
        .where(t.agent.c.agent_id == agent_id, t.agent.c.password_hash == before)
        .values(password_hash=after)
    )
