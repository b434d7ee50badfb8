"""What a supervisor wants of agents: carried out as if they had asked for it, and told to their desktops."""

from agentmgr.core.agent import Agent
from agentmgr.core.commands.agent_life import break_refusal, leave, start_break
from agentmgr.core.effects import SupervisorAnswered
from agentmgr.core.events import SupervisorAsked
from agentmgr.core.job import Job
from agentmgr.core.parts import Parts
from agentmgr.core.wishes import LogOff, Outcome, TakeBreak, Wish, WorkIn
from protocol.enums import NailupStatus
from protocol.results import ResultCode

_HAS_LINE = (NailupStatus.NailedUp, NailupStatus.PendingNailUpDrop)


def on_supervisor_asked(zone: Parts, event: SupervisorAsked) -> None:
    """Do what a supervisor wants of an agent, and answer with what comes of it."""
    agent = zone.agents.get(event.agent_id)
    outcome = Outcome.NOT_LOGGED_ON if agent is None else _do(zone, agent, event.wish)
    zone.out.emit(SupervisorAnswered(event.key, outcome))


def _do(zone: Parts, agent: Agent, wish: Wish) -> Outcome:
    match wish:
        case LogOff():
            return _log_off(zone, agent, wish)
        case TakeBreak():
            return _take_break(zone, agent, wish)
        case WorkIn():
            return _work_in(zone, agent, wish)


def _log_off(zone: Parts, agent: Agent, wish: LogOff) -> Outcome:
    if wish.now:
        zone.roster.evict(agent)
        return Outcome.LOGGED_OFF
    leave(zone, agent)
    if not agent.is_free:
        return Outcome.LEAVES_LATER
    return Outcome.LEAVES if agent.nailup_status in _HAS_LINE else Outcome.LOGGED_OFF


def _take_break(zone: Parts, agent: Agent, wish: TakeBreak) -> Outcome:
    refusal = break_refusal(agent, wish.reason_code)
    if refusal is ResultCode.SAME_REASON:
        return Outcome.ON_BREAK_ALREADY
    if refusal is not None:
        return Outcome.BREAK_REFUSED
    at_rest = start_break(zone, agent, wish.reason_code, wish.reason_name)
    return Outcome.ON_BREAK if at_rest else Outcome.BREAK_LATER


def _work_in(zone: Parts, agent: Agent, wish: WorkIn) -> Outcome:
    """Place an agent in a job; the turn's end brings it there if nothing is on, else the contact's end."""
    if wish.job_id is None:
        _place(zone, agent, None)
        return Outcome.LEFT_TO_ZONE
    job = zone.jobs.get(wish.job_id)
    if job is None or job.stopping or job.over:
        return Outcome.NO_JOB
    if not job.accepts(agent):
        return Outcome.NO_SKILL
    was_there = agent.job is job and agent.home is None
    _place(zone, agent, job)
    if was_there:
        return Outcome.PLACED_ALREADY
    if not agent.is_free:
        return Outcome.PLACED_LATER
    return Outcome.PLACED if agent.is_nailed and not job.paused else Outcome.PLACED_WHEN_READY


def _place(zone: Parts, agent: Agent, job: Job | None) -> None:
    agent.touch()
    if agent.is_free:
        agent.take_off_duty()  # to be queued anew: others see in the queue who may be taken from it
    agent.placed_in = job
    zone.out.free(agent)
