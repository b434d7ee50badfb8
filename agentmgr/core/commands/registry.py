"""Which command is handled by what, when it is accepted, and what it is answered with when it is not.

A rule that names a capability accepts its command exactly where the capability matrix says true: guard
and capability are one fact.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from attrs import frozen

from agentmgr.core.agent import Agent
from agentmgr.core.asking import Asked, Continuation, Result
from agentmgr.core.effects import TelephonyOrder
from agentmgr.core.events import CommandReceived
from agentmgr.core.lanes import MAX_BEHIND, Lane
from agentmgr.core.outbox import GIVEN_AGAIN
from agentmgr.core.parts import Parts
from protocol.commands import AGTAgentDisconnected, AGTLogon, AGTLogonRESP, Resp, SessionResp
from protocol.enums import CallState
from protocol.registry import COMMANDS
from protocol.results import ResultCode
from protocol.structures import Capabilities

Answer = Result | None
"""A bare code, a whole RESP, or None if the RESP comes later or was sent already."""

C = TypeVar("C")
AgentHandler = Callable[[Parts, Agent, C, CommandReceived], Answer]
PlainHandler = Callable[[Parts, C, CommandReceived], Answer]


@frozen
class Rule:
    """When the command of an agent is accepted.

    Checked in this order: the agent is logged on over this connection (9002), `nailed` (9006), a
    contact is there if one is needed (`no_contact`), the session id is that contact's (9008), the
    capability or the call states (`refused_in` by call state, else `refused`).
    """

    handler: AgentHandler[Any]
    resp: type[Resp]
    has_session: bool
    nailed: bool
    contact: bool
    capability: Callable[[Capabilities], bool] | None
    states: frozenset[CallState] | None
    refused: ResultCode
    refused_in: Mapping[CallState, ResultCode]
    no_contact: ResultCode
    names_session: bool
    for_services: bool

    def refusal(self, agent: Agent, command: Any) -> ResultCode | None:
        """Return why the command cannot be accepted now; None if it can."""
        if self.nailed and not agent.is_nailed:
            return ResultCode.NOT_NAILED
        if self.contact:
            session = agent.session
            if session is None:
                return self.no_contact
            if self.names_session and command.session_id != session.sid:
                return ResultCode.BAD_DATA
        if (self.capability is not None and not self.capability(agent.granted)) or (
            self.states is not None and agent.call_state not in self.states
        ):
            return self.refused_in.get(agent.call_state, self.refused)
        return None


AGENT_RULES: dict[type[Any], Rule] = {}
PLAIN_HANDLERS: dict[type[Any], PlainHandler[Any]] = {}


def on_agent_command(
    command: type[C],
    *,
    capability: str | None = None,
    states: frozenset[CallState] | None = None,
    contact: bool = False,
    nailed: bool = False,
    refused: ResultCode = ResultCode.WRONG_STATE,
    refused_in: Mapping[CallState, ResultCode] | None = None,
    no_contact: ResultCode | None = None,
    for_services: bool = False,
) -> Callable[[AgentHandler[C]], AgentHandler[C]]:
    """Register the handler of a command that a logged-on agent sends.

    Args:
        command: the message class.
        capability: attribute of Capabilities that must be true; implies a contact.
        states: call states in which it is accepted, where no capability stands for it.
        contact: whether the agent must have a contact.
        nailed: whether the agent's phone must be nailed up.
        refused: the answer outside these; `refused_in` has exceptions by call state.
        for_services: whether a connection of `Floor.services` may send it for any agent.
        no_contact: the answer without any contact; as `refused` unless given.
    """
    spec = COMMANDS[command.__name__]

    def register(handler: AgentHandler[C]) -> AgentHandler[C]:
        _refuse_second(command)
        AGENT_RULES[command] = Rule(
            handler=handler,
            resp=spec.resp,
            has_session=issubclass(spec.resp, SessionResp),
            nailed=nailed,
            contact=contact or capability is not None,
            capability=attrgetter(capability) if capability else None,
            states=states,
            refused=refused,
            refused_in=refused_in or {},
            no_contact=refused if no_contact is None else no_contact,
            for_services=for_services,
            names_session="session_id" in {field.name for field in command.__attrs_attrs__},  # type: ignore[attr-defined]  # every command is an attrs class
        )
        return handler

    return register


def on_plain_command(command: type[C]) -> Callable[[PlainHandler[C]], PlainHandler[C]]:
    """Register the handler of a command that needs no logged-on agent."""

    def register(handler: PlainHandler[C]) -> PlainHandler[C]:
        _refuse_second(command)
        PLAIN_HANDLERS[command] = handler
        return handler

    return register


def _refuse_second(command: type[Any]) -> None:
    if command in AGENT_RULES or command in PLAIN_HANDLERS:
        raise ValueError(f"{command.__name__} has two handlers")


def answer(zone: Parts, event: CommandReceived) -> None:
    """Carry out a command and answer it, unless its answer comes later, or that of one before it does."""
    command = event.command
    cls = command.__class__
    rule = AGENT_RULES.get(cls)
    agent = zone.agents.get(event.agent_id)
    is_its_own = agent is not None and agent.connection == event.connection
    if agent is not None and is_its_own:
        agent.heard_at = zone.out.steady
        if agent.is_mute or agent.is_probed:
            zone.pulse.revive(agent)
        if agent.resends and cls in GIVEN_AGAIN and _is_again(zone, agent, event):
            return
    if zone.lanes.by_connection:
        lane = zone.lanes.before(event)
        if lane is not None:
            _refuse_for_room(zone, zone.lanes.keep(lane, event))
            return
    if rule is None:
        if not (cls is AGTLogon and zone.asking.waiting and _waits_for_switch(zone, event)):
            _answer_plain(zone, event)
        return
    if agent is None or not (
        is_its_own or _is_by_service(zone, rule, event) or _came_before_the_loss(zone, agent, event)
    ):
        zone.out.respond(event, rule.resp(ResultCode.NOT_LOGGED_ON))
        return
    if agent.is_away and event.connection == agent.connection and cls is not AGTAgentDisconnected:
        # the desktop lives after all, but does not know yet what it has missed
        zone.returns.ask(agent.agent_id, event.connection)
        zone.out.respond(event, rule.resp(ResultCode.WRONG_STATE))
        return
    if zone.asking.waiting and _waits_for_switch(zone, event):
        return
    session_id = agent.session.sid if agent.session is not None else None
    refusal = rule.refusal(agent, command)
    result = rule.handler(zone, agent, command, event) if refusal is None else refusal
    if result is not None:
        _give_answer(zone, agent, event, rule, result, session_id)


def _is_again(zone: Parts, agent: Agent, event: CommandReceived) -> bool:
    """Whether a command was sent before; it is answered as it was then, or by the RESP that is on its way."""
    given = agent.answers.find(event.request_id)
    if given is None:
        return _is_under_way(zone, agent, event)
    response = given.response
    if given.command != event.command:
        response = COMMANDS[event.command.__class__.__name__].resp(ResultCode.BAD_DATA)
    zone.out.respond_again(event, response)
    return True


def _is_under_way(zone: Parts, agent: Agent, event: CommandReceived) -> bool:
    """Whether a command came over the agent's last connection and waits for its answer still."""
    before = agent.lost_connection
    if before is None or not (zone.lanes.by_connection or zone.asking.waiting):
        return False
    waiting = list(zone.lanes.waiting(before, event.agent_id))
    asked = zone.asking.waiting.get(event.agent_id)
    if asked is not None:
        waiting += [asked.event, *asked.behind]
    return any(each.connection == before and each.request_id == event.request_id for each in waiting)


def answer_behind(zone: Parts, lane: Lane, event: CommandReceived) -> None:
    """Carry out a command that has waited in a lane.

    Of the logons sent behind one that was refused, before that was known, the last one counts: whoever
    tries passwords in a row does not keep the lane closed for as long as all their checks take.
    """
    if lane.refused and lane.logons and event.command.__class__ is AGTLogon:
        zone.out.respond(event, AGTLogonRESP(ResultCode.PASSWORD_NOT_VERIFIABLE))
    else:
        answer(zone, event)


def _waits_for_switch(zone: Parts, event: CommandReceived) -> bool:
    """Whether a command must wait because one of its agent waits for the switch's word; it is kept then."""
    asked = zone.asking.waiting.get(event.agent_id)
    if asked is None or (event.command.__class__ is AGTLogon and asked.event.connection != event.connection):
        return False
    if len(asked.behind) < MAX_BEHIND:
        asked.behind.append(event)
    else:
        _refuse_for_room(zone, event)
    return True


def _refuse_for_room(zone: Parts, event: CommandReceived | None) -> None:
    """Answer a command that would have to wait where too many do."""
    if event is not None:
        is_logon = event.command.__class__ is AGTLogon
        code = ResultCode.PASSWORD_NOT_VERIFIABLE if is_logon else ResultCode.INITIALIZING
        zone.out.respond(event, COMMANDS[event.command.__class__.__name__].resp(code))


def give_order(
    zone: Parts, agent: Agent, event: CommandReceived, order: TelephonyOrder, then: Continuation
) -> Answer:
    """Give the order that the command of an agent with a contact rests on.

    Returns:
        The answer; None if it is to wait for the word of a switch that confirms its orders.
    """
    zone.out.emit(order)
    if zone.config.switch_confirms:
        zone.asking.wait(agent, event, order, then)
        return None
    return then.change(zone, agent)


def finish(zone: Parts, asked: Asked, result: Result) -> None:
    """Answer a command that has waited for the switch; those behind it are to be carried out now."""
    rule = AGENT_RULES[asked.event.command.__class__]
    _give_answer(zone, asked.agent, asked.event, rule, result, asked.session.sid)
    zone.asking.forget(asked)


def _give_answer(
    zone: Parts, agent: Agent, event: CommandReceived, rule: Rule, result: Result, session_id: str | None
) -> None:
    """Answer the command of an agent, after what it caused."""
    agent.sync()
    if result.__class__ is ResultCode:
        if rule.has_session and result is ResultCode.SUCCESS:
            result = rule.resp(result, session_id)  # type: ignore[call-arg]  # a SessionResp
        else:
            result = rule.resp(result)
    zone.out.respond(event, result)


def _is_by_service(zone: Parts, rule: Rule, event: CommandReceived) -> bool:
    return rule.for_services and event.connection in zone.services


def _came_before_the_loss(zone: Parts, agent: Agent, event: CommandReceived) -> bool:
    """Whether the command waited behind another when the agent's connection was lost."""
    return event.connection == agent.lost_connection and event.connection not in zone.connections


def _answer_plain(zone: Parts, event: CommandReceived) -> None:
    cls = event.command.__class__
    handler = PLAIN_HANDLERS.get(cls)
    result = handler(zone, event.command, event) if handler is not None else ResultCode.NOT_PROCESSED
    if isinstance(result, ResultCode):
        result = COMMANDS[cls.__name__].resp(result=result)
    if result is not None:
        zone.out.respond(event, result)
