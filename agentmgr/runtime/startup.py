"""What a zone is told first: the jobs to run on, and the agents whose server died, as the switch has them."""

from attrs import evolve

from agentmgr.core.events import AgentRestored, Event, JobLoaded
from agentmgr.core.model import SavedAgent
from agentmgr.ports import OpenedZone


def saved_legs(opened: OpenedZone) -> list[str]:
    """Return the ids of all lines and calls of saved agents, for the switch to say which it still has."""
    ids = [agent.leg_id for agent in opened.saved if agent.leg_id]
    return ids + [agent.session.sid for agent in opened.saved if agent.session is not None]


def start_events(opened: OpenedZone, alive: frozenset[str]) -> list[Event]:
    """Return the events that come before any desktop, in their order; `alive` are the legs that live."""
    return [
        *(JobLoaded(job.job_id, job) for job in opened.jobs),
        *(AgentRestored(_as_switch_has_it(agent, alive)) for agent in opened.saved),
    ]


def _as_switch_has_it(agent: SavedAgent, alive: frozenset[str]) -> SavedAgent:
    session = agent.session
    return evolve(
        agent,
        leg_id=agent.leg_id if agent.leg_id in alive else "",
        session=evolve(session, is_live=session.sid in alive) if session is not None else None,
    )
