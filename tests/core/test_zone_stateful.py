"""The whole zone against anything that agents, customers, phones, time and supervisors may do."""

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from recount import check_dials, recount
from scenes import GIVEN, a_campaign, a_contact, a_logon, number_of
from wire_reader import WireReader

from agentmgr.conformance.matrix import GATES
from agentmgr.core.effects import TELEPHONY_ORDERS, Dial, NailUp, Notify, Respond
from agentmgr.core.events import (
    SERVER_CONNECTION,
    AgentRestored,
    CallAnswered,
    CallEnded,
    CallFailed,
    GraceOver,
    JobLoaded,
    NailAnswered,
    NailEnded,
    NailFailed,
    TelephonyLost,
    TelephonyRestored,
    ZoneClosing,
)
from agentmgr.core.model import AgentSpec, CallingHours, ExternalDestination, JobSpec, Wanted, ZoneConfig
from agentmgr.core.states import FREE_STATES, ConsultPhase, Phase
from agentmgr.core.times import format_time
from agentmgr.core.wishes import LogOff, TakeBreak, WorkIn
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import Stage
from protocol import commands as c
from protocol.enums import (
    AgentState,
    CallbackType,
    CallState,
    DestinationType,
    DialFailReason,
    NailupStatus,
    PacingType,
)
from protocol.notifications import GetAgentStatus
from protocol.results import ResultCode
from protocol.structures import (
    AgentSkill,
    AgentStatus,
    Attribute,
    CallbackDest,
    CompletionCode,
    ContactNumber,
    Destination,
    KeyValuePair,
)

pytestmark = pytest.mark.slow

AGENTS = ("A", "B", "C", "D")
SKILLS = {"A": ("sales", "art"), "B": ("sales",), "C": ("sales",), "D": ("art",)}
CONTACTS = 20
LEFT_FOR_LATER = 6
LONGEST_S = 3000.0
"""How long anything may take with nobody acting: the longest way is a call, its wrapup, the lost phone."""
CONFIG = ZoneConfig(
    "Z", token_secret=bytes(32), call_max_s=600, preview_max_s=100, pace_interval_s=5, fetch_size=4
)

COMMANDS = {
    "ready": lambda sid, n: c.AGTStateChange(AgentState.Ready),
    "break": lambda sid, n: c.AGTStateChange(AgentState.NotReady, str(n % 3), "", n % 5 == 0),
    "pending": lambda sid, n: c.AGTStateChange(AgentState.PendingNotReady),
    "available": lambda sid, n: c.AGTAvailableForNailup(),
    "nail": lambda sid, n: c.AGTReadyForNailup(),
    "lost": lambda sid, n: c.AGTLostNailing(),
    "hold": lambda sid, n: c.AGTHoldCall(sid),
    "unhold": lambda sid, n: c.AGTUnholdCall(sid),
    "release": lambda sid, n: c.AGTReleaseLine(sid),
    "digit": lambda sid, n: c.AGTSendDTMF("12#x"[n % 4], sid),
    "codes": lambda sid, n: c.AGTGetCompCodes(sid),
    "wrapup": lambda sid, n: c.AGTWrapupContact(CompletionCode(n % 4), sid),
    "extend": lambda sid, n: c.AGTExtendWrapup(sid),
    "redial": lambda sid, n: c.AGTRedial(a_number(n)),
    "dial": lambda sid, n: c.AGTPreviewDial(a_number(n), sid),
    "cancel": lambda sid, n: c.AGTPreviewCancel(sid),
    "details": lambda sid, n: c.AGTGetCustomerDetails(sid),
    "set": lambda sid, n: c.AGTSetCustomerDetail(KeyValuePair("Age", "7x"[n % 2]), sid),
    "attributes": lambda sid, n: c.AGTGetContactAttributes(),
    "note": lambda sid, n: c.AGTAddAgentNote("A note."),
    "notes": lambda sid, n: c.AGTRefreshAgentNotes(sid),
    "block": lambda sid, n: c.AGTAddToDNC((Attribute("PhoneNumber1"),)),
    "blocked": lambda sid, n: c.AGTIsInDNC("+442071234567"),
    "timezones": lambda sid, n: c.AGTGetTimezones(),
    "logoff": lambda sid, n: c.AGTLogoff(),
    "pending_logout": lambda sid, n: c.AGTPendingLogout(),
    "alive": lambda sid, n: c.POMClientAlive(),
    "zones": lambda sid, n: c.AGTGetZoneList(),
    "save": lambda sid, n: c.AGTSaveAgentForHA(),
}
START_S = 1_700_000_000.0
ZONES = ("Asia/Kathmandu", "Asia/Kolkata")
ALWAYS = CallingHours()
CLOSING_AND_OPENING = CallingHours(3 * 60 + 47, 4 * 60 + 2)
"""Close in the first time zone, and open in the second, 220 s after the start."""
COMMANDS |= {
    "consult": lambda sid, n: c.AGTConsultCall(an_agent(n), sid),
    "outside": lambda sid, n: c.AGTConsultCall(Destination(DestinationType.External, "4711"), sid),
    "consult_types": lambda sid, n: c.AGTGetConsultTypes(sid),
    "consult_dests": lambda sid, n: c.AGTGetConsultDestsForType(list(DestinationType)[n % 2], sid),
    "cancel_consult": lambda sid, n: c.AGTCancelConsult(sid),
    "transfer": lambda sid, n: c.AGTCompleteTransfer(sid),
    "confer": lambda sid, n: c.AGTStartConf(sid),
    "end_conference": lambda sid, n: c.AGTEndConf(sid),
    "give_ownership": lambda sid, n: c.AGTConfChangeOwnership(sid),
    "callback_types": lambda sid, n: c.AGTGetCallbackTypes(sid),
    "callback_dests": lambda sid, n: c.AGTGetCallbackDestsForType(list(CallbackType)[n % 3], sid),
    "call_back": lambda sid, n: a_callback(sid, n),
    "inbound": lambda sid, n: c.AGTBlendToInbound(),
    "outbound": lambda sid, n: c.AGTBlendToOutbound(),
    "nail_again": lambda sid, n: c.AGTNailupAgent(),
    "skills": lambda sid, n: c.AGTSkillsChanged((AgentSkill(("sales", "art")[n % 2], level=1 + n % 3),)),
    "disconnected": lambda sid, n: c.AGTAgentDisconnected(),
}
"""A way to build each command from the session it is about and a number to choose by."""

LIVE_PHASES = (Phase.RINGING, Phase.WAITING, Phase.ON_LINE)
TROUBLES = (
    "desktop lost",
    "desktop hangs",
    "desktop hangs",
    "desktop wakes",
    "server closes",
    "server ends",
    "server blends",
    "server dies",
    "connect",
    "disconnect",
    "log on",
    "switch lost",
    "switch restored",
    "job paused",
    "job resumed",
    "job resumed",
    "job stopped",
    "job started",
    "pacing changed",
)

WORK = {
    CallState.Preview: ("dial", "dial", "cancel", "call_back"),
    CallState.Callback: ("dial", "dial", "cancel", "call_back"),
    CallState.Dialing: ("details", "break", "save"),
    CallState.Talking: ("hold", "release", "consult", "consult", "outside", "call_back", "digit", "save"),
    CallState.Consult: ("transfer", "confer", "confer", "cancel_consult", "set", "break", "save"),
    CallState.ConferenceOwner: ("give_ownership", "end_conference", "set", "digit"),
    CallState.ConferencePassive: ("end_conference", "note", "break", "note"),
    CallState.Held: ("unhold",),
    CallState.Wrapup: ("wrapup", "wrapup", "redial", "break"),
    NailupStatus.PendingNailUp: ("nail",),
    NailupStatus.NotNailedUp: ("ready", "available"),
    NailupStatus.NailingLost: ("ready", "available"),
    AgentState.NotReady: ("ready",),
}
"""What a sensible agent does next, so that a random walk goes anywhere at all."""


def an_agent(n):
    return Destination(DestinationType.Agent, "ABCDX"[n % 5])


def a_callback(sid, n):
    """A callback in one to four minutes from some moment of the play, for ten minutes."""
    kind = list(CallbackType)[n % 3]
    dest = {CallbackType.Agent: "ABCD"[n % 4], CallbackType.Campaign: "Summer", CallbackType.Standard: ""}
    at = format_time(START_S + 60 * (1 + n))
    return c.AGTCreateCallback(kind, at, 10, number_of(1), sid, CallbackDest(kind, dest[kind]))


def a_number(n):
    return [number_of(1), ContactNumber(number="+442071234567"), ContactNumber(number="1")][n % 3]


BUILT = {type(build("", 0)) for build in COMMANDS.values()}
for gate in GATES:
    if gate.cls not in BUILT:
        COMMANDS[gate.cls.__name__] = lambda sid, n, gate=gate: gate.command(evolve(GIVEN, session_id=sid))

any_agent = st.sampled_from(AGENTS)
any_number = st.integers(0, 59)


class ZoneWorld(RuleBasedStateMachine):
    """The zone on a stage; `Stage` checks wire, mirrors and store at every turn, `recount` the rest."""

    @initialize(
        calls=st.sampled_from([PacingType.Predictive, PacingType.Progressive]),
        previews=st.sampled_from([PacingType.PreviewTimed, PacingType.PreviewUntimed]),
        late_answers=st.booleans(),
        switch_confirms=st.booleans(),
        hours=st.sampled_from([ALWAYS, CLOSING_AND_OPENING]),
    )
    def set_up(self, calls, previews, late_answers, switch_confirms=False, hours=ALWAYS):
        store = MemoryStore()
        self.config = evolve(CONFIG, switch_confirms=switch_confirms)
        self.enter(Stage(store, evolve(self.config, epoch=store.open_zone("Z", START_S).token.epoch)))
        for agent_id, names in SKILLS.items():
            skills = tuple(AgentSkill(name, level=len(names)) for name in names)
            store.add_agent(AgentSpec(agent_id, agent_id, skills), "Z")
        self.job_count = 0
        self.left_alone = {}
        self.hours = hours
        self.add_job(calls, "sales")
        self.add_job(previews, "art")
        self.add_job(previews, "sales")
        for agent_id in AGENTS:
            self.log_on_anew(agent_id)
            for kind in ("ready", "available", "nail"):
                self.stage.send(agent_id, COMMANDS[kind]("", 0))
            self.stage.post(NailAnswered(self.stage.agent(agent_id).leg_id))
        self.stage.answers_at_once = not late_answers

    def enter(self, stage):
        """Begin with a zone that nobody is connected to."""
        self.stage = stage
        self.open_connections = []
        self.readers = {}
        self.latest = {}
        self.sent = None
        stage.witness = self.watch

    # -- the reference -----------------------------------------------------------------------

    def watch(self, event, caused):
        """Let those who know nothing but the wire follow a turn, and hold the zone to the contract."""
        for effect in caused:
            match effect:
                case Respond(response=c.AGTLogonRESP(result=ResultCode.SUCCESS)):
                    self.readers[effect.connection, effect.agent_id] = WireReader()
                case Respond(response=c.GetAgentStatusResponseRESP(result=ResultCode.SUCCESS)):
                    self.readers[effect.connection, effect.agent_id] = self.latest[effect.agent_id]
        for effect in caused:
            if isinstance(effect, Notify) and not isinstance(effect.notification, GetAgentStatus):
                reader = self.readers.get((effect.connection, effect.agent_id))
                if reader is not None:
                    reader.notified(effect.notification)
                    self.latest[effect.agent_id] = reader
            elif isinstance(effect, Respond):
                self.follow_answer(effect)
        check_dials(self.stage, caused)
        self.check_sharing()
        for agent in self.stage.zone.agents.values():
            if agent.connection is not None and not agent.is_away:
                self.readers[agent.connection, agent.agent_id].check()

    def check_sharing(self):
        """No job lacks agents for longer than two ticks while one is idle for nothing in another."""
        zone, now = self.stage.zone, self.stage.zone.out.steady
        jobs = zone.jobs.values()
        idle = [job for job in jobs if job.spare > 0 and not job.contacts and not job.fetching]
        left_alone = [job.job_id for job in jobs if self.could_use_one_of(job, idle)]
        left_alone = [] if zone.telephony_is_down else left_alone
        self.left_alone = {job_id: self.left_alone.get(job_id, now) for job_id in left_alone}
        for job_id, since in self.left_alone.items():
            assert now - since <= 2 * CONFIG.pace_interval_s, f"job {job_id} is left alone"

    @staticmethod
    def could_use_one_of(job, others):
        able = (other.idle.find(job.campaign) for other in others if other is not job)
        return job.lacks > 0 and any(agent is not None for agent in able)

    def follow_answer(self, effect):
        """A command sent by the book is accepted exactly where the contract says so."""
        if self.sent is None or self.sent[0] != (effect.connection, effect.agent_id):
            return
        key, command, expected = self.sent
        if type(effect.response).__name__ != f"{type(command).__name__}RESP":
            return
        self.sent = None
        self.readers[key].answered(command, effect.response)
        got = effect.response.result is ResultCode.SUCCESS
        assert expected is None or got is expected, f"{command} was answered {effect.response.result!r}"

    # -- jobs ----------------------------------------------------------------------------------

    def add_job(self, pacing, skill):
        self.job_count += 1
        first = self.job_count * 100
        contacts = [
            evolve(
                contact,
                numbers=tuple(evolve(n, timezone=ZONES[contact.contact_id % 2]) for n in contact.numbers),
            )
            for contact in map(a_contact, range(first, first + CONTACTS))
        ]
        campaign = a_campaign(
            pacing,
            campaign_id=self.job_count,
            skill=skill,
            max_attempts=2,
            priority=5 + self.job_count % 3 // 2,
            nuisance_retry_s=3600,
            retry_s={DialFailReason.Busy: 30},
            calling_hours=self.hours,
            address_book=(ExternalDestination("Desk", "4711"),),
        )
        self.stage.store.add_job(self.job_count, contacts, campaign=campaign)
        for n, contact in enumerate(contacts[LEFT_FOR_LATER:]):  # so that it has nothing to do at times
            due_at = self.stage.now + 40 * n
            self.stage.store.pending[self.job_count][contact.contact_id] = (due_at, contact)
        self.stage.post(JobLoaded(self.job_count, JobSpec(self.job_count, campaign, total=CONTACTS)))

    def change_pacing(self, job_id, pacing):
        jobs = self.stage.store.jobs
        campaign = jobs[job_id].campaign
        changed = evolve(campaign, pacing=pacing, version=campaign.version + 1)
        jobs[job_id] = evolve(jobs[job_id], campaign=changed)
        if job_id in self.stage.zone.jobs:
            self.stage.post(JobLoaded(job_id, jobs[job_id]))

    # -- sensible people -------------------------------------------------------------------

    @rule(acts=st.lists(st.tuples(any_agent, any_number, any_number), min_size=5, max_size=15))
    def work_goes_on(self, acts):
        """Agents and customers do what they do all day; without it nobody would come far."""
        for agent_id, n, choice in acts:
            if n % 3:
                self.agent_works(agent_id, choice)
            elif n % 5:
                self.customer_acts(n, choice)
            else:
                self.stage.wait(1 + choice)

    @rule(agent_id=any_agent, choice=any_number)
    def agent_works(self, agent_id, choice):
        """The agent does what its state calls for, and its phone answers."""
        agent = self.stage.zone.agents.get(agent_id)
        if agent is None:
            self.log_on_anew(agent_id, is_force=choice % 3 == 0)
        elif agent.is_away:
            self.come_back(agent, choice)
        elif agent.leg_id and not agent.is_nailed and choice % 4 < 3:
            self.stage.post(NailAnswered(agent.leg_id))
        else:
            states = (agent.call_state, agent.nailup_status, agent.agent_state)
            wishes = next((WORK[state] for state in states if state in WORK), ())
            if not wishes:
                self.customer_acts(choice, choice // 2)
                return
            self.send(agent_id, agent.connection, wishes[choice % len(wishes)], choice)

    def log_on_anew(self, agent_id, is_force=True):
        connection = self.stage.connect(agent_id)
        self.open_connections.append((agent_id, connection))
        self.stage.send(agent_id, a_logon(is_force=is_force), connection)

    def come_back(self, agent, choice):
        """A lost desktop connects again, in step or not; or one that crashed logs on again."""
        if choice % 4 == 0:
            self.log_on_anew(agent.agent_id, is_force=choice % 8 == 0)
            return
        connection = agent.connection
        if connection is None:
            connection = self.stage.connect(agent.agent_id)
            self.open_connections.append((agent.agent_id, connection))
        else:
            self.stage.send("", c.AgentSDKConnected((agent.agent_id,), 1), connection)
        status = self.stage.believed(agent.agent_id)
        if choice % 7 == 0:
            status = AgentStatus(AgentState.NotReady, CallState.Held, NailupStatus.NotNailedUp)
        token = self.stage.tokens[agent.agent_id] if choice % 5 else ""
        self.stage.send(agent.agent_id, c.GetAgentStatusResponse(status, token), connection)

    @rule(n=any_number, choice=any_number)
    def customer_acts(self, n, choice):
        """The customer of a call, or whoever is asked outside, does what can happen next."""
        parties = list(self.stage.zone.consults._parties.values())
        if parties and choice % 3 == 0:
            party = parties[n % len(parties)]
            if party.phase is not ConsultPhase.DIALING:
                self.stage.post(CallEnded(party.party_id))
            elif choice % 4:
                self.stage.post(CallAnswered(party.party_id))
            else:
                self.stage.post(CallFailed(party.party_id, DialFailReason.NoAnswer))
            return
        sessions = [s for s in self.stage.zone.sessions.values() if s.phase in LIVE_PHASES]
        if sessions:
            session = sessions[n % len(sessions)]
            if session.phase is not Phase.RINGING:
                self.stage.post(CallEnded(session.sid))
            elif choice % 4 < 3:
                self.stage.post(CallAnswered(session.sid))
            else:
                self.stage.post(CallFailed(session.sid, DialFailReason.Busy))

    @rule(seconds=st.sampled_from([0.5, 2.0, 6.0, 26.0, 70.0]))
    def time_passes(self, seconds):
        self.stage.wait(seconds)

    @rule(
        agent_id=any_agent,
        wish=st.sampled_from(
            [LogOff(), LogOff(now=True), TakeBreak("9"), WorkIn(1), WorkIn(2), WorkIn(7), WorkIn(None)]
        ),
    )
    def supervisor_wishes(self, agent_id, wish):
        self.stage.wish(agent_id, wish)

    @rule(by_s=st.sampled_from([-30_000.0, -40.0, 2.0, 40.0, 30_000.0]))
    def clock_is_stepped(self, by_s):
        self.stage.step_clock(by_s)

    @precondition(lambda self: self.stage.asked)
    @rule(n=any_number)
    def store_answers(self, n):
        asked = self.stage.asked
        self.stage.answer(asked[n % len(asked)])

    # -- anything at any time --------------------------------------------------------------

    @precondition(lambda self: self.open_connections)
    @rule(n=any_number, kind=st.sampled_from(sorted(COMMANDS)), choice=any_number)
    def desktop_sends_anything(self, n, kind, choice):
        agent_id, connection = self.open_connections[n % len(self.open_connections)]
        self.send(agent_id, connection, kind, choice)

    def send(self, agent_id, connection, kind, choice):
        agent = self.stage.zone.agents.get(agent_id)
        session = agent.session if agent is not None else None
        sid = session.sid if session is not None and choice % 7 < 6 else "1000000001"
        command = COMMANDS[kind](sid, choice)
        if kind == "consult" and choice % 5 and agent is not None and agent.job is not None:
            able = sorted(agent.job.consultable.keys() - {agent_id})
            if able:
                command = c.AGTConsultCall(Destination(DestinationType.Agent, able[choice % len(able)]), sid)
        self.expect(agent, connection, command)
        self.stage.send(agent_id, command, connection)

    def expect(self, agent, connection, command):
        """Foretell from the wire alone whether a command is accepted, where its arguments are right."""
        self.sent = None
        if agent is None or agent.connection != connection or agent.is_away:
            return
        key = connection, agent.agent_id
        expected = self.readers[key].accepts(command)
        sid = getattr(command, "session_id", None)
        in_order = not sid or (agent.session is not None and agent.session.sid == sid)
        if expected and not (in_order and self.are_right(agent, command)):
            expected = None if in_order else False
        knows = self.stage.answers_at_once and not self.stage.refuses
        self.sent = key, command, expected if knows else None

    def are_right(self, agent, command):
        """Whether the arguments, but for the session id, are those that the contract wants now."""
        match command:
            case c.AGTSendDTMF():
                return command.dtmf in "12#"
            case c.AGTWrapupContact():
                return command.completion_code.code_id != 0
            case c.AGTRedial() | c.AGTPreviewDial():
                return command.contact_number.number != "1"
            case c.AGTSetCustomerDetail():
                return command.key_value_pair.value == "7"
            case c.AGTExtendWrapup():
                return agent.session.extensions_left > 0
            case c.AGTConsultCall():
                return command.destination.destination_type is DestinationType.External
            case c.AGTCreateCallback() | c.AGTGetCallbackDestsForType():
                return False  # the time may have passed, the agent be gone, the campaign be over
            case c.AGTStateChange() | c.AGTLogoff() | c.AGTReadyForNailup() | c.AGTBlendToInbound():
                return False  # what was asked for before decides too, and whether the switch is there
            case c.AGTSkillsChanged() | c.AGTAddToDNC():
                return False  # some of them name nothing
        return True

    @rule(n=any_number, news=st.sampled_from([CallAnswered, CallEnded, CallFailed]))
    def switch_tells_old_news_of_a_call(self, n, news):
        dialled = [order.call_id for order in self.stage.orders if isinstance(order, Dial)]
        if dialled:
            about = (dialled[n % len(dialled)],)
            self.stage.post(news(*about, DialFailReason.Busy) if news is CallFailed else news(*about))

    @rule(n=any_number, news=st.sampled_from([NailAnswered, NailFailed, NailEnded]))
    def switch_tells_news_of_any_line(self, n, news):
        legs = [order.leg_id for order in self.stage.orders if isinstance(order, NailUp)]
        if legs:
            self.stage.post(news(legs[n % len(legs)]))

    @rule(what=st.sampled_from(TROUBLES), n=any_number)
    def trouble_comes(self, what, n):
        job_id = 1 + n % self.job_count
        if n % 2:
            return  # good days are longer than bad ones
        n //= 2
        match what:
            case "connect" if len(self.open_connections) < 6:
                agent_id = AGENTS[n % len(AGENTS)]
                self.open_connections.append((agent_id, self.stage.connect(agent_id)))
            case "disconnect" if self.open_connections:
                _, connection = self.open_connections.pop(n % len(self.open_connections))
                self.stage.disconnect(connection)
            case "log on" if self.open_connections:
                agent_id, connection = self.open_connections[n % len(self.open_connections)]
                pwd = "secret" if n % 5 else "wrong"
                self.stage.send(agent_id, a_logon(is_force=n % 2 == 0, pwd=pwd), connection)
            case "desktop lost" if self.stage.zone.agents:
                agent = list(self.stage.zone.agents.values())[n % len(self.stage.zone.agents)]
                if agent.connection is not None:
                    self.open_connections.remove((agent.agent_id, agent.connection))
                    self.stage.disconnect(agent.connection)
            case "server blends" if self.stage.zone.agents:
                agent_id = sorted(self.stage.zone.agents)[n % len(self.stage.zone.agents)]
                command = c.AGTBlendToInbound() if n % 2 else c.AGTBlendToOutbound()
                self.stage.send(agent_id, command, SERVER_CONNECTION)
            case "desktop hangs":
                self.stage.silent.add(AGENTS[n % len(AGENTS)])
            case "desktop wakes":
                self.stage.silent.discard(AGENTS[n % len(AGENTS)])
            case "server closes":
                self.stage.post(ZoneClosing(30_000))
            case "server ends" if self.stage.zone.closing:
                self.end(n)
            case "server dies":
                self.restart(n)
            case "switch lost":
                self.stage.post(TelephonyLost())
            case "switch restored":
                self.stage.post(TelephonyRestored())
            case "job paused":
                self.stage.want(job_id, Wanted.PAUSE)
            case "job resumed":
                self.stage.want(job_id, Wanted.RUN)
            case "job stopped":
                self.stage.want(job_id, Wanted.STOP)
            case "job started" if len(self.stage.zone.jobs) < 3:
                self.add_job(list(PacingType)[n % 4], "sales")
            case "pacing changed":
                self.change_pacing(job_id, list(PacingType)[n % 4])

    def end(self, n):
        """The grace of a planned stop is over; the next server goes on with who was not there."""
        stage = self.stage
        stage.post(GraceOver())
        assert not stage.zone.agents
        assert all(stage.zone.returns.keeps(session) for session in stage.zone.sessions.values())
        self.restart(n)

    def restart(self, n):
        """The server dies and is rebuilt from its store; the switch still has some of its lines."""
        old, store = self.stage, self.stage.store
        opened = store.open_zone("Z", old.now)
        stage = Stage(store, evolve(self.config, epoch=opened.token.epoch, run=opened.run), start_s=old.now)
        stage.orders, stage.refuses = old.orders, old.refuses
        self.enter(stage)
        stage.answers_at_once = False
        for job in opened.jobs:
            stage.post(JobLoaded(job.job_id, job))
        for saved in opened.saved:
            leg_id = saved.leg_id if n % 3 else ""
            session = evolve(saved.session, is_live=n % 2 == 0) if saved.session is not None else None
            stage.post(AgentRestored(evolve(saved, leg_id=leg_id, session=session)))
        stage.answers_at_once = old.answers_at_once
        if stage.answers_at_once:
            self.answer_all()

    def answer_all(self):
        while self.stage.asked or self.stage.unconfirmed:
            self.stage.confirm() if self.stage.unconfirmed else self.stage.answer()

    @rule(kind=st.sampled_from(sorted(TELEPHONY_ORDERS, key=lambda kind: kind.__name__)), n=any_number)
    def switch_begins_or_ceases_to_refuse(self, kind, n):
        if n % 3:
            self.stage.refuses.clear()
        else:
            self.stage.refuses.add(kind)

    @precondition(lambda self: self.stage.unconfirmed)
    @rule(n=any_number)
    def switch_says_its_word_or_never_will(self, n):
        if n % 6:
            self.stage.confirm()
        else:
            self.stage.unconfirmed.popleft()

    # -- what must hold ----------------------------------------------------------------------

    @invariant()
    def all_adds_up(self):
        if hasattr(self, "stage"):
            recount(self.stage)

    def teardown(self):
        """With nobody acting everything comes to rest: agents without contacts, stopped jobs over."""
        if not hasattr(self, "stage"):
            return
        if self.stage.zone.closing:
            self.end(0)
        stage = self.stage
        stage.answers_at_once = True
        stage.refuses.clear()
        self.answer_all()
        for job_id in list(stage.zone.jobs):
            stage.want(job_id, Wanted.PAUSE)
        stage.wait(LONGEST_S)
        recount(stage)
        for agent in stage.zone.agents.values():
            assert agent.call_state in FREE_STATES
            assert agent.connection is not None, "an agent without desktop is still logged on"
        assert not stage.zone.sessions
        assert not stage.unanswered
        for job_id in list(stage.zone.jobs):
            stage.want(job_id, Wanted.STOP)
        assert not stage.zone.jobs
        stage.wait(LONGEST_S)
        recount(stage)
        assert not stage.store.open_attempts
        for agent in stage.zone.agents.values():
            assert agent.call_state is CallState.NoState
            assert agent.nailup_status in (NailupStatus.NotNailedUp, NailupStatus.NailingLost)
        for job_id in range(1, self.job_count + 1):
            assert not stage.store.claimed[job_id]
            left, done = set(stage.store.pending[job_id]), set(stage.store.done[job_id])
            assert not left & done
            assert len(left) + len(done) == CONTACTS
        stage.post(ZoneClosing(1000), GraceOver())
        assert not stage.zone.agents


USUAL = settings.get_profile("project").max_examples
EXAMPLES = settings().max_examples
"""At night, and for hours, it looks three times as far as other tests."""
ZoneWorld.TestCase.settings = settings(
    max_examples=EXAMPLES if EXAMPLES == USUAL else 3 * EXAMPLES, stateful_step_count=60
)
TestZoneWorld = ZoneWorld.TestCase
