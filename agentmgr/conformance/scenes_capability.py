"""Section 6 held against the commands: what the capabilities deny is refused, in every state."""

from collections.abc import Awaitable, Callable

import attrs

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import agent_state, state
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_consult import agent, ask_external, conference, consult, pair
from agentmgr.conformance.stage import ENDLESS, Stage
from protocol import commands as c
from protocol.enums import AgentState, CallbackType, CallState
from protocol.structures import Capabilities, CompletionCode, ContactNumber, KeyValuePair
from protocol.test_numbers import Outcome, number_for

SCENES = Scenarios()
NUMBER = ContactNumber(number=ENDLESS)
RINGING = number_for(Outcome.RINGS_OUT)


def commands(desk: Desk) -> dict[str, tuple[object, ...]]:
    """Return the commands that each capability stands for."""
    sid = desk.sid or "no-session"
    return {
        "ready": (c.AGTStateChange(AgentState.Ready),),
        "not_ready": (c.AGTStateChange(AgentState.NotReady, "77", "Another reason"),),
        "hold": (c.AGTHoldCall(sid),),
        "unhold": (c.AGTUnholdCall(sid),),
        "release": (c.AGTReleaseLine(sid),),
        "transfer": (c.AGTConsultCall(agent(desk), sid), c.AGTCompleteTransfer(sid)),
        "conference": (c.AGTStartConf(sid),),
        "leave_consult": (c.AGTCancelConsult(sid),),
        "end_conference": (),  # the same command as below: refused where both are false
        "leave_conference": (c.AGTEndConf(sid),),
        "change_ownership": (c.AGTConfChangeOwnership(sid),),
        "send_dtmf": (c.AGTSendDTMF("1", sid),),
        "create_callback": (
            c.AGTGetCallbackTypes(sid),
            c.AGTGetCallbackDestsForType(CallbackType.Standard, sid),
            c.AGTCreateCallback(CallbackType.Standard, "2999/01/01 10:00", 1, NUMBER, sid),
        ),
        "disposition": (c.AGTWrapupContact(CompletionCode(1), sid),),
        "originate": (c.AGTPreviewDial(NUMBER, sid), c.AGTRedial(NUMBER)),
        "update_record": (c.AGTSetCustomerDetail(KeyValuePair("LastName", "x"), sid),),
        "record": (),
    }


async def refuses_what_is_false(desk: Desk) -> None:
    """Send every command whose capability is false: each must be refused and change nothing."""
    capabilities = desk.capabilities
    assert capabilities is not None
    for field in attrs.fields(Capabilities):
        is_true = getattr(capabilities, field.name)
        if field.name == "leave_conference":
            is_true = is_true or capabilities.end_conference
        if is_true:
            continue
        for command in commands(desk)[field.name]:
            response = await desk.does(command, result=None)
            if response.result == 0:
                raise Deviation(
                    f"expected {type(command).__name__} to be refused in state {desk.call_state.value}, where"
                    f" its capability is false; got result 0"
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
    await desk.sees(state(CallState.Consult, Row.CONSULT_EXTERNAL))
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
                await refuses_what_is_false(desk)

        SCENES.add(
            f"capabilities-{name}",
            "6 false: refused",
            f"In {name} every command whose capability is false is refused, and nothing changes.",
            play,
            agents=agents,
            work=work,
        )


_add_all()
