"""A simulated desktop: notifications and RESPs in, commands out, an agent's habits from one seed.

It has no connection and no clock, and knows nothing but the protocol. Whoever drives it sends what
its methods return, and calls them with what the server says, in order. Every method returns one
command at most, and none while one is unanswered: what the agent wants besides waits inside, and is
checked against the states and capabilities received last at the moment it is sent.
"""

import math
from random import Random
from typing import Any

from attrs import frozen

from agentmgr.desk.casework import ASKS_AT, Casework
from agentmgr.desk.colleagues import choose_destination, choose_type, plan_callback
from agentmgr.desk.guards import FREE, OFFERED, ON_LINE, may
from agentmgr.desk.params import AuxReason, DeskParams
from agentmgr.desk.wishes import INSISTED_ON, OF_THE_AGENT, OF_THE_CALL, PASSING, Wish
from protocol import commands as c
from protocol import notifications as n
from protocol.enums import AgentState, CallState, NailupStatus
from protocol.results import ResultCode
from protocol.structures import (
    AgentStatus,
    Capabilities,
    CompletionCode,
    Contact,
    KeyValuePair,
    WrapupDetails,
)


@frozen
class _Interrupted:
    """What the desktop knew and wanted when its connection was cut."""

    status: AgentStatus
    capabilities: Capabilities
    case: Casework | None
    wishes: dict[Wish, float]
    was_available: bool


class SimDesktop:
    """One agent at its desktop.

    Attributes:
        agent_state, call_state, nailup_status, capabilities: as received last.
        logged_on: a logon was confirmed and has not ended.
        finished: it never sends anything again.
        case: the contact at hand, or that of a colleague whom the agent helps.
        stopping: the agent goes home.
        failure: why the logon was refused for good, if it was.
        contacts: how many contacts came and went.
        wrapups_ok, wrapups_refused: how many completion codes were confirmed, and refused.
        refusals: name of the command and result of every refusal, in order.
    """

    def __init__(
        self, agent_id: str, password: str, zone: str, seed: int, params: DeskParams | None = None
    ) -> None:
        self.agent_id = agent_id
        self.agent_state = AgentState.NotReady
        self.call_state = CallState.NoState
        self.nailup_status = NailupStatus.NotNailedUp
        self.capabilities = Capabilities()
        self.logged_on = False
        self.finished = False
        self.failure: ResultCode | None = None
        self.contacts = 0
        self.wrapups_ok = 0
        self.wrapups_refused = 0
        self.refusals: list[tuple[str, ResultCode]] = []
        self._password = password
        self._zone = zone
        self._params = params or DeskParams()
        self._draw = Random(f"{seed}/desk/{agent_id}")
        self._wishes: dict[Wish, float] = {}
        self._in_flight: Wish | None = None
        self._sent_for: Casework | None = None
        self.case: Casework | None = None
        self._reason = AuxReason("", "")
        self._force = False
        self._was_available = False
        self._interrupted: _Interrupted | None = None
        self._returning = False
        self._zone_is_down = False
        self._resume_token = ""
        self.stopping = False
        self._ahead_s = 0.0

    # -- what the driver calls -------------------------------------------------------------

    def start(self, now: float) -> list[Any]:
        """Log on, over a connection that was opened with AgentSDKConnected."""
        self._wishes[Wish.LOG_ON] = now
        return self._send(now)

    def stop(self, now: float) -> list[Any]:
        """Log off at the next chance: NotReady, the contact at hand to its end, AGTLogoff."""
        self.stopping = True
        if not self.logged_on and self._in_flight is None:
            self._end()
        self._reason = AuxReason("0", "End of shift")
        self._wishes[Wish.BE_NOT_READY] = now
        self._wishes[Wish.LOG_OFF] = now
        return self._send(now)

    def step_clock(self, by_s: float) -> None:
        """The clock on the wall was stepped: callbacks are made by it, all else takes as long as before."""
        self._ahead_s += by_s

    def next_at(self) -> float | None:
        """Return when `due` has a command, epoch seconds; None if only the server can cause one."""
        if self.finished or self._in_flight is not None:
            return None
        return min((at for wish, at in self._wishes.items() if may(wish, self)), default=None)

    def due(self, now: float) -> list[Any]:
        """Return the command that is due by `now`, if there is one."""
        return self._send(now)

    def notified(self, notification: Any, now: float) -> list[Any]:
        """Take in a notification; those that mean nothing to this agent are ignored."""
        match notification:
            case n.AGTStateChangedNotify(agent_state=agent_state):
                self.agent_state = agent_state
                if agent_state is AgentState.NotReady:
                    self._wishes[Wish.BE_READY] = now + self._time_s(self._params.aux_median_s)
            case n.AGTCallStateChangedNotify(call_state=call_state):
                self._change_call_state(call_state, now)
            case n.AGTCapabilitiesChanged(capabilities=capabilities):
                self.capabilities = capabilities
            case n.AGTNailupChange(nailup_status=nailup_status):
                self.nailup_status = nailup_status
                if nailup_status is NailupStatus.PendingNailUp:
                    self._wishes[Wish.TAKE_NAILING] = now
            case n.AGTCallNotify(contact=contact, session_id=session_id):
                self._take(contact, session_id, now)
            case n.AGTConsultNotify(contact=contact, session_id=session_id):
                self._take(contact, session_id, now, passive=True)
            case n.AGTBlendedToOutbound():
                self._wishes[Wish.NAIL_UP] = now
            case n.GetAgentStatus():
                self._resume(now)
            case n.POMAvailable() if self._interrupted is not None and Wish.LOG_ON in self._wishes:
                self._wishes[Wish.LOG_ON] = now + self._params.retry_s  # a server that knows it asks first
            case n.AGTAutoReleaseLine(wrapup_details=wrapup) | n.AGTDialFailed(wrapup_details=wrapup):
                self._learn_wrapup(wrapup)
            case n.AGTSessionIDChange(new_sid=session_id) if self.case is not None:
                self.case.session_id = session_id
            case n.AGTZoneDown() if self._params.returns and not self.stopping:
                self._zone_is_down = True
            case n.AGTZoneDown():
                return self.stop(now)
            case n.AGTAgentLoggedOut() if self._zone_is_down and not self.stopping:
                self._interrupted = None
                self._start_anew(now + self._params.retry_s)
            case n.AGTAgentLoggedOut() if self._returning or self._interrupted is not None:
                self._interrupted = None
                self._start_anew(now)
            case n.AGTAgentLoggedOut() if self.logged_on or self._in_flight is Wish.LOG_ON:
                self._end()
            case n.POMNotAvailable():
                self._lose_connection(now)
        return self._send(now)

    def answered(self, command: Any, response: Any, now: float) -> list[Any]:
        """Take in the RESP to the command that was sent last.

        Raises:
            ValueError: no command is unanswered; nothing was taken in.
        """
        wish = self._in_flight
        if wish is None:
            raise ValueError(f"{type(response).__name__} for {self.agent_id}, who waits for no answer")
        self._in_flight = None
        if response.result is ResultCode.SUCCESS:
            self._succeeded(wish, response, now)
        else:
            self.refusals.append((type(command).__name__, response.result))
            self._refused(wish, response.result, now)
        return self._send(now)

    # -- what the agent wants ----------------------------------------------------------------

    def _send(self, now: float) -> list[Any]:
        """Return the command of the oldest wish that is due and may be sent."""
        if self.finished or self._in_flight is not None:
            return []
        ripe = [(at, wish) for wish, at in self._wishes.items() if at <= now and may(wish, self)]
        if not ripe:
            return []
        _, wish = min(ripe)
        del self._wishes[wish]
        self._in_flight = wish
        self._sent_for = case = self.case
        if case is None or wish in OF_THE_AGENT:
            return [self._agent_command(wish)]
        return [self._case_command(wish, case, now)]

    # -- what the server says ----------------------------------------------------------------

    def _change_call_state(self, call_state: CallState, now: float) -> None:
        before, self.call_state = self.call_state, call_state
        case = self.case
        if case is None:
            return
        case.follow(call_state)
        if not {before, call_state} <= ON_LINE:
            self._wishes = {wish: at for wish, at in self._wishes.items() if wish not in OF_THE_CALL}
        if call_state in FREE:
            self._part(case, now)
        elif call_state in OFFERED:
            self._look(case, now)
        elif call_state is CallState.Talking and before not in ON_LINE:
            self._talk(now)
        elif call_state is CallState.Held:
            self._wishes[Wish.UNHOLD] = now + self._time_s(self._params.hold_median_s)
        elif call_state is CallState.Wrapup:
            self._wrap_up(case, now)
        elif call_state is CallState.Consult:
            self._consult(case, now)
        elif call_state in (CallState.ConferenceOwner, CallState.ConferencePassive):
            self._confer(case, now)

    def _take(self, contact: Contact, session_id: str, now: float, *, passive: bool = False) -> None:
        if self.case is not None and self.case.session_id == session_id and self.case.passive is passive:
            return  # told once more after a return
        aux = not passive and self._happens(self._params.aux)
        self.case = Casework(contact, session_id, aux=aux, passive=passive)
        self._wishes[Wish.SEE_DETAILS] = now

    def _part(self, case: Casework, now: float) -> None:
        self.case = None
        self.contacts += not case.passive
        self._wishes.pop(Wish.SEE_DETAILS, None)
        if case.aux:
            self._take_break(case, now)

    def _take_break(self, case: Casework, now: float) -> None:
        case.aux = False
        self._reason = self._draw.choice(self._params.aux_reasons)
        self._wishes[Wish.BE_NOT_READY] = now

    def _look(self, case: Casework, now: float) -> None:
        contact = case.contact
        decides_at = now + self._time_s(self._params.preview_median_s)
        if contact.timed:
            decides_at = min(decides_at, now + contact.timeout)
        cancels = self._happens(self._params.preview_cancel) and contact.can_cancel
        self._wishes[Wish.CANCEL if cancels else Wish.DIAL] = decides_at
        if contact.can_reschedule and self._happens(self._params.reschedule):
            self._wishes[Wish.SEE_CALLBACK_TYPES] = now

    def _talk(self, now: float) -> None:
        p = self._params
        if self._happens(p.hold):
            self._wishes[Wish.HOLD] = now + self._time_s(p.hold_after_median_s)
        if self._happens(p.release):
            self._wishes[Wish.RELEASE] = now + self._time_s(p.release_median_s)
        if self._happens(p.attribute):
            self._wishes[Wish.SET_DETAIL] = now + self._draw.uniform(1, 10)
        if self._happens(p.consult):
            self._wishes[Wish.SEE_CONSULT_TYPES] = now + self._time_s(p.consult_after_median_s)
        if self._happens(p.callback):
            self._wishes[Wish.SEE_CALLBACK_TYPES] = now + self._time_s(p.consult_after_median_s)

    def _consult(self, case: Casework, now: float) -> None:
        p = self._params
        decides_at = now + self._time_s(p.consult_median_s)
        if case.passive:
            self._help(Wish.LEAVE_CONSULT, now)
            return
        if self._happens(p.transfer):
            self._wishes[Wish.TRANSFER] = decides_at
        elif self._happens(p.conference):
            self._wishes[Wish.CONFER] = decides_at
        # comes to nothing if one of these could be done
        self._wishes[Wish.LEAVE_CONSULT] = decides_at + 1

    def _confer(self, case: Casework, now: float) -> None:
        p = self._params
        if case.passive:
            self._help(Wish.LEAVE_CONFERENCE, now)
            return
        ends_at = now + self._time_s(p.conference_median_s)
        if self._happens(p.ownership):
            self._wishes[Wish.CHANGE_OWNER] = ends_at
        self._wishes[Wish.END_CONFERENCE] = ends_at + 1

    def _help(self, leave: Wish, now: float) -> None:
        """Listen to a colleague's call, and perhaps leave before being sent away."""
        p = self._params
        if self._happens(p.note):
            self._wishes[Wish.ADD_NOTE] = now + 2
        if self._happens(p.leave):
            self._wishes[leave] = now + self._time_s(p.consult_median_s)

    def _wrap_up(self, case: Casework, now: float) -> None:
        p = self._params
        works_s = self._draw.lognormvariate(math.log(p.wrapup_median_s), p.wrapup_sigma)
        case.begin_wrapup(now, works_s, needs_more=self._happens(p.extend))
        self._wishes[Wish.SEE_CODES] = now
        self._wishes[Wish.WRAP_UP] = case.wrap_up_at
        if self._happens(p.note):
            self._wishes[Wish.ADD_NOTE] = now + works_s / 3
        if self._happens(p.redial) and not case.redialled:
            self._wishes[Wish.REDIAL] = now + works_s / 2
        if case.aux and self._happens(p.aux_in_wrapup):
            self._take_break(case, now)
        if case.wrapup is not None:
            self._learn_wrapup(case.wrapup)

    def _learn_wrapup(self, wrapup: WrapupDetails) -> None:
        """Take in how long the wrapup may last: told before it begins, or in a RESP soon after."""
        case = self.case
        if case is None:
            return
        case.wrapup = wrapup
        if self.call_state is not CallState.Wrapup:
            return
        case.limit_wrapup(wrapup)
        if case.needs_more and wrapup.acw_extendable:
            self._wishes[Wish.EXTEND] = case.wrapup_since + ASKS_AT * wrapup.acw_max_time
        self._wishes[Wish.WRAP_UP] = case.wrap_up_at

    # -- what became of a command ------------------------------------------------------------

    def _succeeded(self, wish: Wish, response: Any, now: float) -> None:
        if wish in (Wish.LOG_ON, Wish.TELL_STATUS):
            self._resume_token = response.resume_token or self._resume_token
        match wish:
            case Wish.LOG_ON:
                self._interrupted = None
                self._zone_is_down = False
                self.logged_on = not self.finished
                self._wishes[Wish.BE_READY] = now
            case Wish.BE_READY if not self._was_available:
                self._was_available = True
                self._wishes[Wish.BE_AVAILABLE] = now
            case Wish.WRAP_UP:
                self.wrapups_ok += 1
            case Wish.LOG_OFF:
                self._end()
            case Wish.TELL_STATUS:
                self._returning = True
                return
        self._returning = False
        # the contact may have ended, and another come, while the command was under way
        case = self.case
        if case is None or case is not self._sent_for:
            return
        match response:
            case c.AGTGetCustomerDetailsRESP(customer_details=details):
                case.details = details
            case c.AGTGetCompCodesRESP(completion_codes_list=codes):
                case.codes = codes
            case c.AGTReleaseLineRESP(wrapup_details=WrapupDetails() as wrapup):
                self._learn_wrapup(wrapup)
            case c.AGTPreviewCancelRESP(wrapup_details=WrapupDetails() as wrapup):
                self._learn_wrapup(wrapup)
            case c.AGTExtendWrapupRESP(wrapup_details=WrapupDetails() as wrapup):
                case.extend_wrapup(wrapup, now)
                self._wishes[Wish.WRAP_UP] = case.wrap_up_at
            case _:
                self._learn_of_colleagues(case, response, now)

    def _learn_of_colleagues(self, case: Casework, response: Any, now: float) -> None:
        """Go on with a consult or a callback, which take three commands each."""
        p, draw = self._params, self._draw
        match response:
            case c.AGTGetConsultTypesRESP():
                case.consult_type = choose_type(response, p, draw)
                self._wishes[Wish.SEE_CONSULT_DESTS] = now
            case c.AGTGetConsultDestsForTypeRESP(destinations=destinations):
                case.destination = choose_destination(destinations, draw)
                self._wishes[Wish.CONSULT] = now
            case c.AGTConsultCallRESP() if self._happens(p.consult_cancel):
                self._wishes[Wish.LEAVE_CONSULT] = now + self._time_s(p.consult_median_s)
            case c.AGTGetCallbackTypesRESP():
                case.callback = plan_callback(response, p, draw)
                self._wishes[Wish.SEE_CALLBACK_DESTS] = now
            case c.AGTGetCallbackDestsForTypeRESP(callback_dests=dests) if case.callback is not None:
                case.callback.dest = draw.choice(dests) if dests else None
                self._wishes[Wish.CREATE_CALLBACK] = now
            case c.AGTCreateCallbackRESP() if self.call_state is CallState.Callback:
                self._wishes.pop(Wish.DIAL, None)
                self._wishes[Wish.CANCEL] = now

    def _refused(self, wish: Wish, result: ResultCode, now: float) -> None:
        later = now + self._params.retry_s
        if wish is Wish.WRAP_UP:
            self.wrapups_refused += 1
        if wish is Wish.LOG_ON:
            self._logon_refused(result, now)
        elif wish is Wish.TELL_STATUS:
            self._start_anew(now)
        elif result is ResultCode.NOT_LOGGED_ON:
            self._end()
        elif wish in OF_THE_AGENT:
            if wish in INSISTED_ON:
                self._wishes[wish] = later
        elif self.case is not None and self.case is self._sent_for:
            if wish is Wish.DIAL and self.case.contact.can_cancel:
                self._wishes[Wish.CANCEL] = now
            elif wish in INSISTED_ON:
                self._wishes[wish] = later
            self.case.default_only |= wish is Wish.WRAP_UP

    def _logon_refused(self, result: ResultCode, now: float) -> None:
        if self.stopping:
            self._end()
        elif result is ResultCode.ALREADY_LOGGED_IN and not self._force:
            self._force = True
            self._wishes[Wish.LOG_ON] = now
        elif result in PASSING:
            self._wishes[Wish.LOG_ON] = now + self._params.retry_s
        else:
            self.failure = result
            self._end()

    def _lose_connection(self, now: float) -> None:
        """Be as if never logged on; the connection is made anew by others, and then a logon succeeds.

        What was known and wanted is kept for a server that has kept it too, and asks.
        """
        if self.logged_on:
            status = AgentStatus(self.agent_state, self.call_state, self.nailup_status)
            wishes = dict(self._wishes)
            if self._in_flight in INSISTED_ON:
                wishes[self._in_flight] = now  # nobody knows whether it was done
            self._interrupted = _Interrupted(
                status, self.capabilities, self.case, wishes, self._was_available
            )
        self._start_anew(now + self._params.retry_s)

    def _start_anew(self, at: float) -> None:
        self.case = None
        self._wishes = {Wish.LOG_ON: at}
        self.agent_state = AgentState.NotReady
        self.call_state = CallState.NoState
        self.nailup_status = NailupStatus.NotNailedUp
        self.capabilities = Capabilities()
        self.logged_on = self._force = self._was_available = self._returning = False
        if self.stopping:
            self._end()

    def _resume(self, now: float) -> None:
        """Go on where the connection was cut: the server has kept the agent's place."""
        kept, self._interrupted = self._interrupted, None
        if kept is not None and not self.logged_on and not self.finished:
            self.agent_state = kept.status.agent_state
            self.call_state = kept.status.call_state
            self.nailup_status = kept.status.nailup_status
            self.capabilities = kept.capabilities
            self.case = kept.case
            self._wishes = dict(kept.wishes)
            self._was_available = kept.was_available
            self.logged_on = True
        self._wishes[Wish.TELL_STATUS] = min([now, *self._wishes.values()])  # before all else

    def _end(self) -> None:
        self.logged_on = False
        self.finished = True
        self.case = None
        self._wishes.clear()

    # -- commands ----------------------------------------------------------------------------

    def _agent_command(self, wish: Wish) -> Any:
        p = self._params
        match wish:
            case Wish.LOG_ON:
                return c.AGTLogon(
                    self.agent_id, self._password, self._force, p.locale, p.time_zone, self._zone
                )
            case Wish.BE_READY:
                return c.AGTStateChange(AgentState.Ready)
            case Wish.BE_NOT_READY:
                return c.AGTStateChange(AgentState.NotReady, self._reason.code, self._reason.name)
            case Wish.BE_AVAILABLE:
                return c.AGTAvailableForNailup()
            case Wish.TAKE_NAILING:
                return c.AGTReadyForNailup()
            case Wish.NAIL_UP:
                return c.AGTNailupAgent()
            case Wish.TELL_STATUS:
                return c.GetAgentStatusResponse(
                    AgentStatus(self.agent_state, self.call_state, self.nailup_status), self._resume_token
                )
            case _:
                return c.AGTLogoff()

    def _case_command(self, wish: Wish, case: Casework, now: float) -> Any:
        sid = case.session_id
        match wish:
            case Wish.DIAL:
                return c.AGTPreviewDial(case.best_number(), sid)
            case Wish.SET_DETAIL:
                return c.AGTSetCustomerDetail(case.to_confirm() or KeyValuePair("", ""), sid)
            case Wish.ADD_NOTE:
                return c.AGTAddAgentNote(f"Spoke with {self.agent_id}.")
            case Wish.REDIAL:
                case.redialled = True
                return c.AGTRedial(case.best_number())
            case Wish.WRAP_UP:
                return c.AGTWrapupContact(self._completion_code(case, now), sid)
            case Wish.SEE_CONSULT_DESTS:
                return c.AGTGetConsultDestsForType(case.consult_type, sid)
            case Wish.CONSULT if case.destination is not None:
                return c.AGTConsultCall(case.destination, sid)
            case Wish.LEAVE_CONSULT:
                return c.AGTCancelConsult(sid)
            case Wish.SEE_CALLBACK_DESTS if case.callback is not None:
                return c.AGTGetCallbackDestsForType(case.callback.callback_type, sid, self._zone)
            case Wish.CREATE_CALLBACK if case.callback is not None:
                return case.callback.to_command(case.best_number(), sid, now + self._ahead_s)
            case _:
                return _ABOUT_A_SESSION[wish](sid)

    def _completion_code(self, case: Casework, now: float) -> CompletionCode:
        default = case.default_code()
        if default is not None and not case.can_choose(now):
            return default
        weights = self._params.code_weights
        missing = len(case.codes) - len(weights)
        weights = (*weights, *weights[-1:] * missing)[: len(case.codes)]
        return self._draw.choices(case.codes, weights)[0]

    # -- chance ------------------------------------------------------------------------------

    def _happens(self, chance: float) -> bool:
        """Decide by chance; what never happens draws nothing, so that it changes nothing for the rest."""
        return chance > 0 and self._draw.random() < chance

    def _time_s(self, median_s: float) -> float:
        return self._draw.lognormvariate(math.log(median_s), self._params.sigma)


_ABOUT_A_SESSION = {
    Wish.SEE_DETAILS: c.AGTGetCustomerDetails,
    Wish.CANCEL: c.AGTPreviewCancel,
    Wish.HOLD: c.AGTHoldCall,
    Wish.UNHOLD: c.AGTUnholdCall,
    Wish.RELEASE: c.AGTReleaseLine,
    Wish.SEE_CODES: c.AGTGetCompCodes,
    Wish.EXTEND: c.AGTExtendWrapup,
    Wish.SEE_CONSULT_TYPES: c.AGTGetConsultTypes,
    Wish.TRANSFER: c.AGTCompleteTransfer,
    Wish.CONFER: c.AGTStartConf,
    Wish.END_CONFERENCE: c.AGTEndConf,
    Wish.LEAVE_CONFERENCE: c.AGTEndConf,
    Wish.CHANGE_OWNER: c.AGTConfChangeOwnership,
    Wish.SEE_CALLBACK_TYPES: c.AGTGetCallbackTypes,
}
