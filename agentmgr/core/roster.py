"""Who is logged on in a zone: agents come, go, and come back."""

from attrs import evolve

from agentmgr.core.agent import Agent, Blend
from agentmgr.core.callflow import CallFlow
from agentmgr.core.consults import Consults
from agentmgr.core.effects import DropResumeToken
from agentmgr.core.events import Timer
from agentmgr.core.floor import Floor
from agentmgr.core.model import AgentSpec, SavedAgent
from agentmgr.core.nailer import Nailer
from agentmgr.core.returns import Returns
from agentmgr.core.sent import Answers
from agentmgr.core.session import Session
from agentmgr.core.states import AgentEvent, Phase
from protocol.commands import AGTLogoffRESP
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.notifications import AGTAgentLoggedOut, AGTBlendedToInbound
from protocol.results import ResultCode

HAS_JOB = frozenset({NailupStatus.NailedUp, NailupStatus.PendingNailUp})
"""Nailing states in which an agent works for a job."""


class Roster:
    """Keeps `Floor.agents` and the agents of each connection."""

    def __init__(
        self, floor: Floor, calls: CallFlow, consults: Consults, nailer: Nailer, returns: Returns
    ) -> None:
        self._floor = floor
        self._out = floor.out
        self._calls = calls
        self._consults = consults
        self._nailer = nailer
        self._returns = returns

    def admit(self, spec: AgentSpec, *, connection: int, extension: str, skills: dict[str, int]) -> Agent:
        """Log an agent on, in the state that a desktop takes for granted."""
        agent = Agent(
            spec,
            connection,
            extension,
            self._out.tell,
            self._out.note,
            self._floor.stats,
            skills=skills,
            is_covered=self._floor.config.cover_all_agents,
            resends=connection in self._floor.resending,
        )
        self._floor.agents[agent.agent_id] = agent
        self._floor.connections[connection][agent.agent_id] = agent
        agent.enter(self._out.now)
        agent.sync()
        self._floor.listen_to(agent)
        return agent

    def readmit(
        self,
        spec: AgentSpec,
        saved: SavedAgent,
        session: Session | None,
        *,
        connection: int,
        extension: str,
        skills: dict[str, int],
    ) -> Agent:
        """Log an agent on where a server that died had it, as far as the switch still has its lines.

        With the customer or the agent's line gone, an answered contact is left to be wrapped up.
        """
        on_line = session is not None and session.phase is Phase.ON_LINE and bool(saved.leg_id)
        place, jobs = saved.place, self._floor.jobs
        agent = Agent(
            evolve(spec, name=place.name or spec.name),
            connection,
            extension,
            self._out.tell,
            self._out.note,
            self._floor.stats,
            skills=skills,
            agent_state=saved.agent_state,
            reason_code=saved.reason_code,
            reason_name=place.reason_name,
            timezone=place.timezone,
            blend=Blend[place.blend],
            leaving=place.is_leaving,
            placed_in=jobs.get(place.placed_job_id),
            nailup_status=NailupStatus.NailedUp if saved.leg_id else NailupStatus.NotNailedUp,
            call_state=CallState.Idle if saved.leg_id else CallState.NoState,
            available_for_nailup=place.is_available,
            saved_for_ha=place.has_asked,
            is_covered=self._floor.config.cover_all_agents,
            resends=connection in self._floor.resending,
            answers=Answers(saved.answers),
        )
        self._floor.agents[agent.agent_id] = agent
        self._floor.connections[connection][agent.agent_id] = agent
        if session is not None:
            held = saved.call_state is CallState.Held
            talking = CallState.Held if held else CallState.Talking
            agent.call_state = talking if on_line else CallState.Wrapup
        agent.enter(self._out.now)
        if saved.leg_id:
            job = session.job if session is not None else jobs.get(place.job_id)
            self._nailer.adopt(agent, saved.leg_id, job)
        if session is not None:
            self._calls.adopt(session, agent)
        self._floor.listen_to(agent)
        return agent

    def evict(self, agent: Agent) -> None:
        """Log an agent off at once, whatever it is doing; a contact ends with its default code."""
        if agent.session is not None:
            if agent.session.owner is agent:
                self._calls.take_away(agent.session, agent)
            else:
                self._consults.end(agent.session, by=agent)
        self._remove(agent)
        if agent.logoff_request is not None:
            self._out.respond(agent.logoff_request, AGTLogoffRESP(ResultCode.SUCCESS))
        self._out.tell(agent, AGTAgentLoggedOut())

    def blend_out(self, agent: Agent) -> None:
        """Let a free agent go to inbound, once its phone is let go."""
        if agent.nailup_status in HAS_JOB:
            self._nailer.release(agent)
        elif agent.nailup_status is not NailupStatus.PendingNailUpDrop:
            agent.blend = Blend.INBOUND
            agent.touch()
            self._out.tell(agent, AGTBlendedToInbound())

    def log_off(self, agent: Agent) -> None:
        """Log a free agent off, once its phone is let go."""
        if agent.agent_state is AgentState.Ready and not agent.lost_for_good:
            agent.on_agent_event(AgentEvent.WENT_NOT_READY, self._out.now)
        if agent.nailup_status in HAS_JOB:
            self._nailer.release(agent)
        elif agent.nailup_status is not NailupStatus.PendingNailUpDrop:
            self._remove(agent)
            if not agent.lost_for_good:
                self._out.emit(DropResumeToken(agent.agent_id))
            if agent.logoff_request is not None:
                self._out.respond(agent.logoff_request, AGTLogoffRESP(ResultCode.SUCCESS))
            else:
                self._out.tell(agent, AGTAgentLoggedOut())

    def _remove(self, agent: Agent) -> None:
        self._nailer.abandon(agent)
        self._out.cancel_timer((Timer.LOST, agent.agent_id))
        self._out.cancel_timer((Timer.SILENT, agent.agent_id))
        self._returns.forget(agent)
        agent.leave(self._out.now)
        del self._floor.agents[agent.agent_id]
        if agent.connection is not None:
            self._floor.connections[agent.connection].pop(agent.agent_id, None)
