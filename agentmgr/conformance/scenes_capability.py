"""Section 6 held against the commands: what the capabilities deny is refused, in every state."""

from collections.abc import Awaitable, Callable

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import agent_state, state
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.matrix import GATES, Given, Row, in_words
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_consult import ask_external, conference, consult, pair
from agentmgr.conformance.stage import ENDLESS, Stage
from protocol import commands as c
from protocol.enums import AgentState, CallState
from protocol.structures import AgentStatus, ContactNumber
from protocol.test_numbers import Outcome, number_for

SCENES = Scenarios()
RINGING = number_for(Outcome.RINGS_OUT)


async def refuses_what_is_not_allowed(desk: Desk) -> None:
    """Send every command of a capability that is not allowed now: each must be refused and change nothing."""
    capabilities = desk.capabilities
    assert capabilities is not None
    given = Given(
        session_id=desk.sid or "no-session",
        agent_id=desk.agent_id,
        number=ContactNumber(number=ENDLESS),
        outside=RINGING,
        attribute="LastName",
        code_id=1,
    )
    status = AgentStatus(desk.agent_state, desk.call_state, desk.nailup_status)
    allowed = [gate.command(given) for gate in GATES if gate.opens(status, capabilities)]
    for gate in GATES:
        command = gate.command(given)
        if gate.capability is None or command in allowed:
            continue
        response = await desk.does(command, result=None)
        if response.result == 0:
            raise Deviation(
                f"expected {gate.cls.__name__} to be refused in state {desk.call_state.value} with the"
                f" capabilities {in_words(capabilities)}; got result 0"
            )


async def _free(stage: Stage) -> list[Desk]:
    return [await stage.log_on(0, None)]


async def _ready(stage: Stage) -> list[Desk]:
    desk = await stage.log_on(0, None)
    await desk.does(c.AGTStateChange(AgentState.Ready), agent_state(AgentState.Ready, Row.FREE))
    return [desk]


async def _preview(stage: Stage) -> list[Desk]:
    return [await stage.offered()]


async def _dialing(stage: Stage) -> list[Desk]:
    desk = await stage.offered()
    await desk.does(c.AGTPreviewDial(ContactNumber(number=RINGING), desk.sid), state(CallState.Dialing))
    return [desk]


async def _talking(stage: Stage) -> list[Desk]:
    return [await stage.talking()]


async def _held(stage: Stage) -> list[Desk]:
    desk = await stage.talking()
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))
    return [desk]


async def _wrapup(stage: Stage) -> list[Desk]:
    return [await stage.in_wrapup()]


async def _pending(stage: Stage) -> list[Desk]:
    desk = await stage.talking()
    await stage.ask_for_break(desk, Row.TALKING)
    return [desk]


async def _asked(stage: Stage) -> list[Desk]:
    desk = await stage.talking()
    await ask_external(desk, RINGING)
    return [desk]


async def _external(stage: Stage) -> list[Desk]:
    desk = await stage.talking()
    await ask_external(desk, ENDLESS)
    await desk.sees(state(CallState.Consult, Row.CONSULT_WITH_EXTERNAL))
    return [desk]


async def _consult(stage: Stage) -> list[Desk]:
    p = await consult(await pair(stage))
    return [p.a, p.b]


async def _conference(stage: Stage) -> list[Desk]:
    p = await conference(await consult(await pair(stage)))
    return [p.a, p.b]


def _add_all() -> None:
    ways: dict[str, tuple[Callable[[Stage], Awaitable[list[Desk]]], int, tuple[Work, ...]]] = {
        "NotReady": (_free, 1, ()),
        "Ready": (_ready, 1, ()),
        "Preview": (_preview, 1, (Work.PREVIEW,)),
        "Dialing": (_dialing, 1, (Work.PREVIEW,)),
        "Talking": (_talking, 1, (Work.PREVIEW,)),
        "Held": (_held, 1, (Work.PREVIEW,)),
        "Wrapup": (_wrapup, 1, (Work.PREVIEW,)),
        "PendingNotReady": (_pending, 1, (Work.PREVIEW,)),
        "consult-asked": (_asked, 1, (Work.PREVIEW,)),
        "consult-external": (_external, 1, (Work.PREVIEW,)),
        "consult-agent": (_consult, 2, (Work.PROGRESSIVE,)),
        "conference": (_conference, 2, (Work.PROGRESSIVE,)),
    }
    for name, (way, agents, work) in ways.items():

        async def play(stage: Stage, way: Callable[[Stage], Awaitable[list[Desk]]] = way) -> None:
            for desk in await way(stage):
                await refuses_what_is_not_allowed(desk)

        SCENES.add(
            f"capabilities-{name}",
            "6 false: refused",
            f"In {name} every command of a capability that is not allowed is refused, and nothing changes.",
            play,
            agents=agents,
            work=work,
        )


_add_all()
