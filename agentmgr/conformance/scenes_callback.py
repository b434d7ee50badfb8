"""Scenarios of callbacks; whatever the server's clock says, they find out what it takes for the future."""

import time
from datetime import UTC, datetime

import trio

from agentmgr.conformance.desk import Desk
from agentmgr.conformance.expect import state, told
from agentmgr.conformance.failures import Deviation
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import NOWHERE, equal
from agentmgr.conformance.stage import ENDLESS, Stage
from protocol import commands as c
from protocol import notifications as n
from protocol.codec import encode_args
from protocol.enums import CallbackType, CallState, ContactType
from protocol.structures import CallbackDest, ContactNumber

SCENES = Scenarios()
PREVIEW = (Work.PREVIEW,)
NO_NUMBER = ContactNumber(number="not a number")
PAST = 488
FARTHEST_MIN = 2**24
DAY_MIN = 1440
PAUSE_S = 0.2
NOTES = "asked to be called again"


def written(minute: int) -> str:
    """Write a minute since 1970 as callbacks have it."""
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y/%m/%d %H:%M")


def creation(desk: Desk, when: str, **changes: object) -> c.AGTCreateCallback:
    """Return the creation of a callback for the agent itself."""
    fields: dict[str, object] = {
        "callback_type": CallbackType.Agent,
        "callback_time": when,
        "callback_expiry_time": 5,
        "contact_number": ContactNumber(number=ENDLESS),
        "session_id": desk.sid,
        "callback_dest": CallbackDest(CallbackType.Agent, desk.agent_id),
        "agent_notes": NOTES,
    }
    return c.AGTCreateCallback(**{**fields, **changes})  # type: ignore[arg-type]  # one value for each field


async def next_minute(desk: Desk) -> int:
    """Find the first minute, since 1970, that the server takes for the future; creates no callback.

    A callback to what is no number is refused, and only a time that has passed is refused with 488.
    """

    async def is_future(minute: int) -> bool:
        command = creation(desk, written(minute), contact_number=NO_NUMBER)
        return bool((await desk.does(command, result=None)).result != PAST)

    here = int(time.time() // 60)
    step = 1
    if await is_future(here):
        while step < FARTHEST_MIN and await is_future(here - step):
            step *= 2
        low, high = here - step, here
    else:
        while step < FARTHEST_MIN and not await is_future(here + step):
            step *= 2
        low, high = here, here + step
    while high - low > 1:
        middle = (low + high) // 2
        if await is_future(middle):
            high = middle
        else:
            low = middle
    return high


async def create(desk: Desk, **changes: object) -> None:
    """Create a callback that is due as soon as a callback can be."""
    minute = await next_minute(desk)
    response = await desk.answer_to(creation(desk, written(minute), **changes))
    if response.result == PAST:  # the minute was over at this moment
        response = await desk.answer_to(creation(desk, written(minute + 1), **changes))
    equal("result of AGTCreateCallback", response.result, 0)


async def wait_for_callback(stage: Stage, desk: Desk) -> None:
    """Wrap up, then decline previews until the callback comes."""
    await stage.release(desk)
    await stage.dispose(desk)
    deadline = trio.current_time() + 4 * desk.patience_s
    while trio.current_time() < deadline:
        notify = await desk.sees(told(n.AGTCallNotify))
        if notify.contact.contact_type is ContactType.Callback:
            await desk.sees(state(CallState.Callback))
            _check_announced(stage, desk)
            return
        await desk.sees(state(CallState.Preview))
        await trio.sleep(PAUSE_S)
        await desk.does(c.AGTPreviewCancel(desk.sid), state(CallState.Wrapup))
        await stage.dispose(desk)
    raise Deviation("expected the callback that is due, got previews only")


def _check_announced(stage: Stage, desk: Desk) -> None:
    announced = {
        entry.message.session_id
        for entry in stage.transcript.entries
        if isinstance(entry.message, n.AGTPreviewCallbackPending) and entry.agent_id == desk.agent_id
    }
    if desk.sid not in announced:
        raise Deviation(f"expected ! AGTPreviewCallbackPending before the callback {desk.sid}, got none")


@SCENES.scenario(
    "callback-lists",
    "3 AGTGetCallbackTypes, AGTGetCallbackDestsForType, codes 221 222",
    agents=1,
    work=PREVIEW,
)
async def callback_lists(stage: Stage) -> None:
    """The types are listed, and for each type whom it can be delivered to; an unknown zone is 222."""
    desk = await stage.talking()
    response = await desk.does(c.AGTGetCallbackTypes(desk.sid))
    if not response.callback_types or response.default_expiry_time <= 0:
        raise Deviation(f"expected callback types and an expiry above 0, got {response}")
    for kind in response.callback_types:
        dests = await desk.does(c.AGTGetCallbackDestsForType(kind, desk.sid, stage.target.zone))
        equal("callbackType in the RESP", dests.callback_type, kind)
        if kind is CallbackType.Agent:
            found = [dest.destination_value for dest in dests.callback_dests]
            if desk.agent_id not in found:
                raise Deviation(f"expected agent {desk.agent_id} among the destinations, got {found}")
    kind = response.callback_types[0]
    await desk.does(c.AGTGetCallbackDestsForType(kind, desk.sid, NOWHERE), result=222)


@SCENES.scenario("callback-refused", "3 AGTCreateCallback, codes 482-488", agents=1, work=PREVIEW)
async def callback_refused(stage: Stage) -> None:
    """Each mistake in a callback has its code, and creates none."""
    desk = await stage.talking()
    ahead = written(await next_minute(desk) + DAY_MIN)
    campaign = CallbackDest(CallbackType.Campaign, "no-such-campaign")
    stranger = CallbackDest(CallbackType.Agent, "nobody-of-this-name")
    for code, command in (
        (486, creation(desk, "tomorrow")),
        (487, creation(desk, ahead, callback_expiry_time=-1)),
        (488, creation(desk, "2001/01/01 10:00")),
        (488, creation(desk, ahead, callback_timezone="Mars/Base")),
        (482, creation(desk, ahead, callback_dest=stranger)),
        (484, creation(desk, ahead, callback_type=CallbackType.Campaign, callback_dest=campaign)),
        (9008, creation(desk, ahead, session_id="no-such-session")),
    ):
        await desk.does(command, result=code)
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))
    await desk.does(creation(desk, ahead), result=483)
    raw = await stage.raw()
    await raw.hello()
    args = {**encode_args(creation(desk, ahead)), "callbackType": "Sometime"}
    equal("result", await raw.result(await raw.send("AGTCreateCallback", args, desk.agent_id)), 485)


@SCENES.scenario(
    "callback-colleague", "3 AGTCreateCallback for an agent who is off; expiry 0", agents=2, work=PREVIEW
)
async def callback_colleague(stage: Stage) -> None:
    """A callback may be for a colleague who is not logged on, and leave its expiry to the campaign."""
    desk = await stage.talking()
    colleague = CallbackDest(CallbackType.Agent, stage.target.agents[1])
    ahead = written(await next_minute(desk) + DAY_MIN)
    await desk.does(creation(desk, ahead, callback_dest=colleague, callback_expiry_time=0))


@SCENES.scenario("callback", "7 callback", agents=1, work=PREVIEW)
async def callback(stage: Stage) -> None:
    """A callback is announced, and when it is due and the agent free it comes as a preview and is dialled."""
    desk = await stage.talking()
    await create(desk)
    await wait_for_callback(stage, desk)
    contact = desk.contact
    assert contact is not None
    equal("callbackNotes", contact.callback_notes, NOTES)
    equal("canReschedule", contact.can_reschedule, True)
    if not contact.expiry_time:
        raise Deviation("expected an expiryTime in the contact of a callback, got none")
    await stage.dial(desk, ENDLESS, state(CallState.Talking))
    await stage.release(desk)
    await stage.dispose(desk)


@SCENES.scenario("callback-rescheduled", "3 AGTCreateCallback in Callback", agents=1, work=PREVIEW)
async def callback_rescheduled(stage: Stage) -> None:
    """In state Callback a creation puts the callback off; then it is declined."""
    desk = await stage.talking()
    await create(desk)
    await wait_for_callback(stage, desk)
    later = written(await next_minute(desk) + DAY_MIN)
    await desk.does(creation(desk, later, callback_expiry_time=1))
    await desk.does(c.AGTPreviewCancel(desk.sid), state(CallState.Wrapup))
    await stage.dispose(desk)


@SCENES.scenario("callback-expired", "7 callback, expired", agents=1, work=PREVIEW)
async def callback_expired(stage: Stage) -> None:
    """A callback that is not dialled until it expires is taken away: AGTPreviewCallbackCancelled, Idle."""
    desk = await stage.talking()
    await create(desk, callback_expiry_time=1)
    await wait_for_callback(stage, desk)
    await desk.sees(
        told(n.AGTPreviewCallbackCancelled, session_id=desk.sid),
        state(CallState.Idle),
        patience_s=7 * desk.patience_s,
    )
