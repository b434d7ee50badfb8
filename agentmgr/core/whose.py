"""Whose a timer is, and whom an event is about: found for the rule, and named when the rule fails."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from agentmgr.core.agent import Agent
from agentmgr.core.events import (
    AgentChecked,
    AgentRestored,
    AgentsListed,
    CallAnswered,
    CallEnded,
    CallFailed,
    CommandReceived,
    ConnectionLost,
    ConnectorAnswered,
    DialChecked,
    DncChecked,
    LogonChecked,
    NailAnswered,
    NailEnded,
    NailFailed,
    NumbersRead,
    OrderDone,
    OrderFailed,
    StoreAnswer,
    SupervisorAsked,
    Timer,
    TimerFired,
)
from agentmgr.core.job import Callback, Errand, Job
from agentmgr.core.parts import Parts
from agentmgr.core.session import Consultation, Session


@frozen
class Named:
    """What a step is about, whether or not it has touched it yet; `saved` are agents a dead server had."""

    agents: tuple[Agent, ...] = ()
    sessions: tuple[Session, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    saved: tuple[str, ...] = ()
    errands: tuple[Errand, ...] = ()

    @classmethod
    def of(cls, *things: "Agent | Session | Consultation | Job | Callback | Errand | str | None") -> "Named":
        """Sort things by what they are; a string is the id of a saved agent, None is nothing."""
        return cls(
            tuple(thing for thing in things if isinstance(thing, Agent)),
            tuple(
                thing.session if isinstance(thing, Consultation) else thing
                for thing in things
                if isinstance(thing, Session | Consultation)
            ),
            tuple(thing for thing in things if isinstance(thing, Callback)),
            tuple(thing for thing in things if isinstance(thing, str)),
            tuple(thing for thing in things if isinstance(thing, Errand)),
        )


def _session(zone: Parts, sid: str) -> Session | None:
    return zone.sessions.get(sid)


def _agent(zone: Parts, agent_id: str) -> Agent | None:
    return zone.agents.get(agent_id)


def _job(zone: Parts, job_id: str) -> Job | None:
    return zone.jobs.get(int(job_id))


def _callback(zone: Parts, callback_id: str) -> Callback | None:
    return zone.callbacks.find(callback_id)


def _consultation(zone: Parts, party_id: str) -> Consultation | None:
    return zone.consults.find(party_id)


def _errand(zone: Parts, key: str) -> Errand | None:
    return zone.errands.get(int(key))


def _saved(zone: Parts, agent_id: str) -> str:
    return agent_id


def _line(zone: Parts, leg_id: str) -> str:
    return leg_id


_TIMERS: dict[Timer, Callable[[Parts, str], Any]] = {
    Timer.PACE: _job,
    Timer.QUEUE: _session,
    Timer.RING: _session,
    Timer.PREVIEW: _session,
    Timer.CALL: _session,
    Timer.WRAPUP: _session,
    Timer.CALLBACK: _callback,
    Timer.DUE: _callback,
    Timer.EXPIRY: _callback,
    Timer.CONSULT: _session,
    Timer.PARTY: _consultation,
    Timer.NAIL: _agent,
    Timer.RENAIL: _agent,
    Timer.UNNAIL: _agent,
    Timer.ORPHAN: _saved,
    Timer.ORDER: _agent,
    Timer.ENDING: _line,
    Timer.SILENT: _agent,
    Timer.LOST: _agent,
    Timer.ERRAND: _errand,
}
"""How a timer's owner is found; BLEND is the blender's around the zone."""

SESSION_TIMERS = tuple(timer for timer, find in _TIMERS.items() if find is _session)
AGENT_TIMERS = tuple(timer for timer, find in _TIMERS.items() if find is _agent)


def whose_timer(zone: Parts, event: TimerFired) -> Any:
    """Return whose a timer is: a thing of the zone, or the id of a saved agent or leg; None if it is gone."""
    purpose, of = event.key
    return _TIMERS[purpose](zone, of)


def named_by(zone: Parts, about: Any) -> Named:
    """Return whom an event, or the one of several things that a step is about, names."""
    names = _NAMED.get(about.__class__)
    return names(zone, about) if names is not None else Named.of(about)


def _of_call(zone: Parts, event: CallAnswered | CallFailed | CallEnded) -> Named:
    return Named.of(_session(zone, event.call_id), _consultation(zone, event.call_id))


def _of_line(zone: Parts, event: NailAnswered | NailFailed | NailEnded) -> Named:
    return Named.of(zone.nailer.find(event.leg_id), zone.returns.saved_of_leg(event.leg_id))


def _of_command(zone: Parts, event: CommandReceived) -> Named:
    agent = zone.agents.get(event.agent_id)
    if agent is None:
        return Named()
    is_its_own = event.connection in (agent.connection, agent.lost_connection)
    return Named.of(agent) if is_its_own or event.connection in zone.services else Named()


def _of_logon(zone: Parts, event: LogonChecked) -> Named:
    agent = zone.agents.get(event.agent_id)
    return Named.of(agent) if agent is not None and agent.connection == event.connection else Named()


def _of_order(zone: Parts, event: OrderDone | OrderFailed) -> Named:
    asked = zone.asking.about(event.order)
    call_id, leg_id = getattr(event.order, "call_id", ""), getattr(event.order, "leg_id", "")
    return Named.of(
        asked.agent if asked is not None else None,
        _session(zone, call_id),
        _consultation(zone, call_id),
        zone.nailer.find(leg_id),
        zone.returns.saved_of_leg(leg_id),
    )


def _of_timer(zone: Parts, event: TimerFired) -> Named:
    purpose, _ = event.key
    return Named() if _TIMERS[purpose] is _line else Named.of(whose_timer(zone, event))


def _of_question(zone: Parts, event: StoreAnswer) -> Named:
    _, about = zone.questions.get(event.key, (None, None))
    return _of_command(zone, about) if isinstance(about, CommandReceived) else Named.of(about)


_NAMED: dict[type[Any], Callable[[Parts, Any], Named]] = {
    CommandReceived: _of_command,
    ConnectionLost: lambda zone, event: Named.of(*zone.connections.get(event.connection, {}).values()),
    NailAnswered: _of_line,
    NailFailed: _of_line,
    NailEnded: _of_line,
    CallAnswered: _of_call,
    CallFailed: _of_call,
    CallEnded: _of_call,
    OrderDone: _of_order,
    OrderFailed: _of_order,
    DialChecked: _of_question,
    DncChecked: _of_question,
    AgentChecked: _of_question,
    AgentsListed: _of_question,
    NumbersRead: _of_question,
    TimerFired: _of_timer,
    LogonChecked: _of_logon,
    ConnectorAnswered: lambda zone, event: Named.of(zone.errands.get(event.key)),
    SupervisorAsked: lambda zone, event: Named.of(_agent(zone, event.agent_id)),
    AgentRestored: lambda zone, event: Named.of(event.agent.agent_id),
}
"""Whom an event is about; of the others nothing is ended but what their step has touched."""
