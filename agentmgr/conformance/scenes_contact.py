"""Scenarios of a contact: how it comes, the talk, the wrapup, and the customer behind it."""

from agentmgr.conformance.expect import Step, agent_state, state, told
from agentmgr.conformance.failures import Deviation, NotApplicable
from agentmgr.conformance.matrix import Row
from agentmgr.conformance.registry import Scenarios, Work
from agentmgr.conformance.scenes_connection import equal
from agentmgr.conformance.stage import ENDLESS, Stage
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, ContactType, DialFailReason
from protocol.structures import Attribute, CompletionCode, ContactNumber, KeyValuePair
from protocol.test_numbers import FAILURES, RARE_FAILURES, Outcome, number_for

SCENES = Scenarios()
PREVIEW = (Work.PREVIEW,)
LEAVES_SOON = number_for(Outcome.LEAVES, time_s=20)
LEAVES_AT_ONCE = number_for(Outcome.LEAVES, time_s=1)
NO_SESSION = "no-such-session"


@SCENES.scenario("predictive", "7 predictive", agents=1, work=(Work.PREDICTIVE,))
async def predictive(stage: Stage) -> None:
    """A customer is connected: AGTCallNotify, then state Talking; the customer's data can be read."""
    await _dialled_for(stage, Work.PREDICTIVE, ContactType.Predictive)


@SCENES.scenario("progressive", "7 progressive", agents=1, work=(Work.PROGRESSIVE,))
async def progressive(stage: Stage) -> None:
    """A customer is connected: AGTCallNotify, then state Talking; the customer's data can be read."""
    await _dialled_for(stage, Work.PROGRESSIVE, ContactType.Progressive)


async def _dialled_for(stage: Stage, work: Work, contact_type: ContactType) -> None:
    desk = await stage.connected(0, work)
    stage.check_contact(desk, contact_type)
    details = (await desk.does(c.AGTGetCustomerDetails(desk.sid))).customer_details
    if details is None or not details.attributes:
        raise Deviation("expected attributes in AGTGetCustomerDetailsRESP, got none")
    await stage.release(desk)
    await stage.ask_for_break(desk, Row.WRAPUP)
    await stage.dispose(desk, agent_state(AgentState.NotReady, Row.FREE))


@SCENES.scenario("preview", "7 preview", agents=1, work=PREVIEW)
async def preview(stage: Stage) -> None:
    """A preview is dialled: state Dialing before the RESP, then state Talking."""
    desk = await stage.offered()
    contact = desk.contact
    assert contact is not None
    equal("canDial and canCancel", (contact.can_dial, contact.can_cancel), (True, True))
    await stage.dial(desk, contact.default_number, state(CallState.Talking))


@SCENES.scenario("preview-timed", "7 preview, timed", agents=1, work=(Work.TIMED,))
async def preview_timed(stage: Stage) -> None:
    """A timed preview says after how long the desktop dials; a silent desktop is not waited for."""
    desk = await stage.offered(0, Work.TIMED)
    contact = desk.contact
    assert contact is not None
    equal("timed", contact.timed, True)
    if contact.timeout <= 0:
        raise Deviation(f"expected a timeout above 0 in a timed preview, got {contact.timeout}")
    await desk.sees(state(CallState.Dialing), patience_s=3 * desk.patience_s)


@SCENES.scenario(
    "preview-cancelled", "7 preview cancelled; 3 AGTPreviewCancel, code 242", agents=1, work=PREVIEW
)
async def preview_cancelled(stage: Stage) -> None:
    """A preview that is declined goes to Wrapup, with wrapupDetails in the RESP."""
    desk = await stage.offered()
    response = await desk.does(c.AGTPreviewCancel(desk.sid), state(CallState.Wrapup))
    if response.wrapup_details is None:
        raise Deviation("expected wrapupDetails in AGTPreviewCancelRESP, got none")
    await desk.does(c.AGTPreviewCancel(desk.sid), result=242)
    await stage.dispose(desk)
    await stage.see_preview(desk)


def _add_dial_failures() -> None:
    numbers = {reason: number_for(outcome) for outcome, reason in FAILURES.items()}
    numbers |= {reason: number_for(Outcome.FAILS, time_s=tail) for tail, reason in RARE_FAILURES.items()}
    for reason, number in numbers.items():

        async def play(stage: Stage, reason: DialFailReason = reason, number: str = number) -> None:
            desk = await stage.offered()
            await desk.does(
                c.AGTPreviewDial(ContactNumber(number=number), desk.sid), state(CallState.Dialing)
            )
            failed = told(n.AGTDialFailed, dial_fail_reason=reason, session_id=desk.sid)
            await desk.sees(failed, state(CallState.Wrapup), patience_s=4 * desk.patience_s)

        SCENES.add(
            f"dial-failed-{reason.value}",
            "7 preview, AGTDialFailed",
            f"A number that fails with {reason.value}: AGTDialFailed says so, then state Wrapup.",
            play,
            agents=1,
            work=PREVIEW,
        )


_add_dial_failures()


@SCENES.scenario("preview-numbers", "3 AGTPreviewDial, codes 241 362 9008", agents=1, work=PREVIEW)
async def preview_numbers(stage: Stage) -> None:
    """What is no number is 362, another session 9008, another state 241; the preview stays."""
    desk = await stage.offered()
    dial = c.AGTPreviewDial
    await desk.does(dial(ContactNumber(number="not a number"), desk.sid), result=362)
    await desk.does(dial(ContactNumber(number=ENDLESS), NO_SESSION), result=9008)
    await stage.dial(desk, ENDLESS, state(CallState.Talking))
    await desk.does(dial(ContactNumber(number=ENDLESS), desk.sid), result=241)


@SCENES.scenario("preview-free-form", "2 canEnterFreeFormNumber; 3 AGTPreviewDial", agents=1, work=PREVIEW)
async def preview_free_form(stage: Stage) -> None:
    """Where the contact says so, the agent may dial a number that the contact does not have."""
    desk = await stage.offered()
    contact = desk.contact
    assert contact is not None
    if not contact.can_enter_free_form_number:
        raise NotApplicable("the contact says canEnterFreeFormNumber=false")
    number = ContactNumber(name="ExternalNumber", number=LEAVES_SOON)
    await desk.does(c.AGTPreviewDial(number, desk.sid), state(CallState.Dialing))
    await desk.sees(state(CallState.Talking))


@SCENES.scenario("hold", "7 hold, unhold; 3 codes 103 123", agents=1, work=PREVIEW)
async def hold(stage: Stage) -> None:
    """The customer is held and unheld, each told before its RESP; twice is refused."""
    desk = await stage.talking()
    await desk.does(c.AGTUnholdCall(desk.sid), result=123)
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))
    await desk.does(c.AGTHoldCall(desk.sid), result=103)
    await desk.does(c.AGTUnholdCall(desk.sid), state(CallState.Talking))


@SCENES.scenario("release", "7 call dropped by agent; 3 codes 81 102 122 201 202", agents=1, work=PREVIEW)
async def release(stage: Stage) -> None:
    """The agent hangs up, sees the codes and wraps up; then the agent is idle and gets the next contact."""
    desk = await stage.talking()
    await desk.does(c.AGTWrapupContact(CompletionCode(1), desk.sid), result=201)
    response = await stage.release(desk)
    equal("sessionID in the RESP", response.session_id, desk.sid)
    if response.wrapup_details is None:
        raise Deviation("expected wrapupDetails in AGTReleaseLineRESP, got none")
    await desk.does(c.AGTReleaseLine(desk.sid), result=81)
    await desk.does(c.AGTHoldCall(desk.sid), result=102)
    await desk.does(c.AGTUnholdCall(desk.sid), result=122)
    codes = (await desk.does(c.AGTGetCompCodes(desk.sid))).completion_codes_list
    unused = max((code.code_id for code in codes), default=0) + 1
    await desk.does(c.AGTWrapupContact(CompletionCode(unused), desk.sid), result=202)
    await stage.dispose(desk)
    await stage.see_preview(desk)


@SCENES.scenario("customer-hangs-up", "7 call dropped by customer", agents=1, work=PREVIEW)
async def customer_hangs_up(stage: Stage) -> None:
    """AGTAutoReleaseLine with wrapupDetails, then state Wrapup."""
    desk = await stage.talking(call=LEAVES_AT_ONCE)
    await desk.sees(gone(desk.sid), state(CallState.Wrapup))


def gone(session_id: str) -> Step:
    """Expect that the customer hung up."""
    return told(n.AGTAutoReleaseLine, session_id=session_id)


@SCENES.scenario("customer-leaves-hold", "7 call dropped by customer, on hold", agents=1, work=PREVIEW)
async def customer_leaves_hold(stage: Stage) -> None:
    """A customer who hangs up on hold: AGTAutoReleaseLine, then state Wrapup."""
    desk = await stage.talking(call=number_for(Outcome.IMPATIENT, time_s=9))
    await desk.does(c.AGTHoldCall(desk.sid), state(CallState.Held))
    await desk.sees(gone(desk.sid), state(CallState.Wrapup), patience_s=2 * desk.patience_s)


@SCENES.scenario("redial", "3 AGTRedial, codes 361 362", agents=1, work=PREVIEW)
async def redial(stage: Stage) -> None:
    """From Wrapup the customer is dialled again: state Dialing, RESP, then Talking, or a failure."""
    desk = await stage.talking()
    await desk.does(c.AGTRedial(ContactNumber(number=ENDLESS)), result=361)
    await stage.release(desk)
    await desk.does(c.AGTRedial(ContactNumber(number="not a number")), result=362)
    await desk.does(c.AGTRedial(ContactNumber(number=ENDLESS)), state(CallState.Dialing))
    await desk.sees(state(CallState.Talking))
    await stage.release(desk)
    await desk.does(c.AGTRedial(ContactNumber(number=number_for(Outcome.BUSY))), state(CallState.Dialing))
    await desk.sees(told(n.AGTDialFailed, dial_fail_reason=DialFailReason.Busy), state(CallState.Wrapup))


@SCENES.scenario(
    "break-in-contact", "7 call dropped by agent, pending; 3 AGTStateChange", agents=1, work=PREVIEW
)
async def break_in_contact(stage: Stage) -> None:
    """NotReady in a talk is PendingNotReady, taken back by Ready; it becomes NotReady after the wrapup."""
    desk = await stage.talking()
    await desk.does(c.AGTStateChange(AgentState.NotReady, "1", "Break", True), result=62)
    await stage.ask_for_break(desk, Row.TALKING)
    await desk.does(c.AGTStateChange(AgentState.Ready), agent_state(AgentState.Ready, Row.TALKING))
    await stage.ask_for_break(desk, Row.TALKING)
    await stage.release(desk)
    await stage.dispose(desk, agent_state(AgentState.NotReady, Row.FREE))


@SCENES.scenario(
    "break-on-hang-up", "8 NotReady from inside the handler of AGTAutoReleaseLine", agents=1, work=PREVIEW
)
async def break_on_hang_up(stage: Stage) -> None:
    """NotReady sent as soon as the customer is gone is a break after the wrapup."""
    desk = await stage.talking(call=LEAVES_AT_ONCE)
    await desk.skip_to(n.AGTAutoReleaseLine)
    response = await desk.answer_to(c.AGTStateChange(AgentState.NotReady, "1", "Break"))
    equal("result of AGTStateChange", response.result, 0)
    await desk.skip_to(n.AGTStateChangedNotify, agent_state=AgentState.PendingNotReady)
    desk.forget()
    await stage.dispose(desk, agent_state(AgentState.NotReady, Row.FREE))


@SCENES.scenario("wrapup-extended", "3 AGTExtendWrapup, codes 501 502 9004", agents=1, work=PREVIEW)
async def wrapup_extended(stage: Stage) -> None:
    """A wrapup is extended while acwExtendable says so; then 9004. Elsewhere 501 or, with no contact, 502."""
    desk = await stage.talking()
    await desk.does(c.AGTExtendWrapup(desk.sid), result=501)
    details = (await stage.release(desk)).wrapup_details
    extensions = 0
    while details is not None and details.acw_extendable and extensions < 10:
        details = (await desk.does(c.AGTExtendWrapup(desk.sid))).wrapup_details
        extensions += 1
    if details is None or not details.acw_extendable:
        await desk.does(c.AGTExtendWrapup(desk.sid), result=9004)
    await stage.ask_for_break(desk, Row.WRAPUP)
    await stage.dispose(desk, agent_state(AgentState.NotReady, Row.FREE))
    await desk.does(c.AGTExtendWrapup(desk.sid), result=502)


@SCENES.scenario("wrapup-times-out", "2 WrapupDetails, defaultCompCode", agents=1, work=(Work.TIMED,))
async def wrapup_times_out(stage: Stage) -> None:
    """A wrapup that nobody ends is ended with the default code: the agent is idle again."""
    desk = await stage.offered(0, Work.TIMED)
    details = (await desk.does(c.AGTPreviewCancel(desk.sid), state(CallState.Wrapup))).wrapup_details
    assert details is not None
    await stage.ask_for_break(desk, Row.WRAPUP)
    if details.acw_max_time == 0:
        raise NotApplicable("acwMaxTime is 0, without limit")
    patience_s = max(3 * desk.patience_s, 1.0)
    if details.acw_max_time > patience_s and not await _idle_within(stage, desk, patience_s):
        raise NotApplicable(f"acwMaxTime is {details.acw_max_time} s, longer than the suite waits")
    await desk.sees(state(CallState.Idle), agent_state(AgentState.NotReady, Row.FREE), patience_s=patience_s)


async def _idle_within(stage: Stage, desk: object, patience_s: float) -> bool:
    def is_idle() -> bool:
        wanted = n.AGTCallStateChangedNotify(CallState.Idle)
        idles = [e.number for e in stage.transcript.entries if e.message == wanted]
        wrapups = [
            e.number
            for e in stage.transcript.entries
            if e.message == n.AGTCallStateChangedNotify(CallState.Wrapup)
        ]
        return bool(idles and wrapups and idles[-1] > wrapups[-1])

    return await stage.transcript.until(is_idle, patience_s)


@SCENES.scenario("digits", "3 AGTSendDTMF, codes 341 342", agents=1, work=PREVIEW)
async def digits(stage: Stage) -> None:
    """Each of 0-9 A-D * # is sent; anything else is 341, and 342 where there is no talk."""
    desk = await stage.talking()
    for digit in "0123456789ABCD*#":
        await desk.does(c.AGTSendDTMF(digit, desk.sid))
    for wrong in ("E", "12", ""):
        await desk.does(c.AGTSendDTMF(wrong, desk.sid), result=341)
    await stage.release(desk)
    await desk.does(c.AGTSendDTMF("1", desk.sid), result=342)


@SCENES.scenario("stale-session", "3 SID: wrong or stale is 9008", agents=1, work=PREVIEW)
async def stale_session(stage: Stage) -> None:
    """Every command about a session is 9008 with an id that is not that of the contact."""
    desk = await stage.talking()
    number = ContactNumber(number=ENDLESS)
    for command in (
        c.AGTHoldCall(NO_SESSION),
        c.AGTUnholdCall(NO_SESSION),
        c.AGTReleaseLine(NO_SESSION),
        c.AGTSendDTMF("1", NO_SESSION),
        c.AGTGetCompCodes(NO_SESSION),
        c.AGTWrapupContact(CompletionCode(1), NO_SESSION),
        c.AGTExtendWrapup(NO_SESSION),
        c.AGTPreviewDial(number, NO_SESSION),
        c.AGTPreviewCancel(NO_SESSION),
        c.AGTGetConsultTypes(NO_SESSION),
        c.AGTGetCallbackTypes(NO_SESSION),
        c.AGTGetCustomerDetails(NO_SESSION),
        c.AGTSetCustomerDetail(KeyValuePair("Email", "a@example.com"), NO_SESSION),
        c.AGTRefreshAgentNotes(NO_SESSION),
    ):
        await desk.does(command, result=9008)


@SCENES.scenario(
    "customer", "3 AGTGetCustomerDetails, AGTSetCustomerDetail, codes 641 642", agents=1, work=PREVIEW
)
async def customer(stage: Stage) -> None:
    """An attribute that may be written is changed and read back; others are 641, unknown ones 642."""
    desk = await stage.talking()
    details = (await desk.does(c.AGTGetCustomerDetails(desk.sid))).customer_details
    listed = (await desk.does(c.AGTGetContactAttributes())).attributes
    equal("attributes listed", [a.key for a in listed], [a.key for a in details.attributes])
    if any(attribute.value for attribute in listed):
        raise Deviation("expected no values in AGTGetContactAttributesRESP")
    writable = [a.key for a in details.attributes if a.attribute_type.value != "READ_ONLY"]
    read_only = [a.key for a in details.attributes if a.attribute_type.value == "READ_ONLY"]
    change = c.AGTSetCustomerDetail
    await desk.does(change(KeyValuePair("no such attribute", "x"), desk.sid), result=642)
    for key in read_only[:1]:
        await desk.does(change(KeyValuePair(key, "x"), desk.sid), result=641)
    if "LastName" in writable:
        await desk.does(change(KeyValuePair("LastName", "Conformance"), desk.sid))
        details = (await desk.does(c.AGTGetCustomerDetails(desk.sid))).customer_details
        values = {a.key: a.value for a in details.attributes}
        equal("LastName", values["LastName"], "Conformance")


@SCENES.scenario("no-contact", "3 codes 502 563 9004 without a contact", agents=1)
async def no_contact(stage: Stage) -> None:
    """What is about a contact is refused to an agent that has none, with the code of its own."""
    desk = await stage.log_on(0, None)
    pair = KeyValuePair("LastName", "x")
    for command, code in (
        (c.AGTGetCustomerDetails(NO_SESSION), 502),
        (c.AGTSetCustomerDetail(pair, NO_SESSION), 502),
        (c.AGTGetContactAttributes(), 502),
        (c.AGTExtendWrapup(NO_SESSION), 502),
        (c.AGTAddAgentNote("x"), 563),
        (c.AGTWrapupContact(CompletionCode(1), NO_SESSION), 201),
        (c.AGTPreviewCancel(NO_SESSION), 242),
        (c.AGTGetCallbackTypes(NO_SESSION), 9004),
    ):
        await desk.does(command, result=code)


@SCENES.scenario("notes", "3 AGTAddAgentNote, AGTRefreshAgentNotes, code 561", agents=1, work=PREVIEW)
async def notes(stage: Stage) -> None:
    """A note is stored and read back; an empty one is 561; more than fits a frame is cut by whole notes."""
    desk = await stage.talking()
    await desk.does(c.AGTAddAgentNote("  "), result=561)
    await desk.does(c.AGTAddAgentNote("wants a letter"))
    found = (await desk.does(c.AGTRefreshAgentNotes(desk.sid))).agent_notes
    if "wants a letter" not in found:
        raise Deviation(f"expected the note just added, got {found}")
    for number in range(8):
        await desk.does(c.AGTAddAgentNote(f"{number} " + 3000 * "x"))
    found = (await desk.does(c.AGTRefreshAgentNotes(desk.sid))).agent_notes
    if not found or any(len(note) not in (14, 3002) for note in found[-4:]):
        raise Deviation("expected whole notes in AGTRefreshAgentNotesRESP")


@SCENES.scenario("do-not-call", "3 AGTAddToDNC, AGTIsInDNC, codes 621 623 624", agents=1, work=PREVIEW)
async def do_not_call(stage: Stage) -> None:
    """An address is put on the list and found there; a second time is 621."""
    desk = await stage.talking()
    address = f"{desk.sid}@conformance.example".lower().replace(" ", "")
    await desk.does(c.AGTIsInDNC("not an address"), result=624)
    await desk.does(c.AGTAddToDNC((Attribute("Email", "not an address"),)), result=624)
    await desk.does(c.AGTAddToDNC((Attribute("no such attribute", address),)), result=623)
    await desk.does(c.AGTAddToDNC(()), result=623)
    equal("present", (await desk.does(c.AGTIsInDNC(address))).present, False)
    await desk.does(c.AGTAddToDNC((Attribute("Email", address),)))
    await desk.does(c.AGTAddToDNC((Attribute("Email", address),)), result=621)
    equal("present", (await desk.does(c.AGTIsInDNC(address))).present, True)
