"""The whole zone against anything that agents, customers, phones, time and supervisors may do."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from recount import recount
from scenes import a_campaign, a_contact, a_logon, number_of

from agentmgr.core.effects import Dial, NailUp
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    JobPaused,
    JobResumed,
    JobStarted,
    JobStopped,
    NailAnswered,
    NailEnded,
    NailFailed,
    TelephonyLost,
    TelephonyRestored,
    ZoneClosing,
)
from agentmgr.core.model import AgentRecord, JobSpec, ZoneConfig
from agentmgr.core.session import Phase
from agentmgr.core.states import FREE_STATES
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import Stage
from protocol import commands as c
from protocol.enums import AgentState, CallState, DialFailReason, NailupStatus, PacingType
from protocol.structures import AgentSkill, Attribute, CompletionCode, ContactNumber, KeyValuePair

AGENTS = ("A", "B", "C")
CONTACTS = 6
LONGEST_S = 1500.0
"""How long anything may take with nobody acting: the longest way is a call, its wrapup, the lost phone."""
CONFIG = ZoneConfig("Z", call_max_s=600, preview_max_s=100, pace_interval_s=5, fetch_size=4)

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
"""A way to build each command from the session it is about and a number to choose by."""

LIVE_PHASES = (Phase.RINGING, Phase.WAITING, Phase.ON_LINE)
TROUBLES = (
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
)

WORK = {
    CallState.Preview: ("dial", "dial", "cancel"),
    CallState.Dialing: ("details", "break"),
    CallState.Talking: ("hold", "release", "digit", "note"),
    CallState.Held: ("unhold",),
    CallState.Wrapup: ("wrapup", "wrapup", "redial", "break"),
    NailupStatus.PendingNailUp: ("nail",),
    AgentState.NotReady: ("ready", "available"),
    AgentState.Ready: ("available",),
}
"""What a sensible agent does next, so that a random walk goes anywhere at all."""


def a_number(n):
    return [number_of(1), ContactNumber(number="+442071234567"), ContactNumber(number="1")][n % 3]


any_agent = st.sampled_from(AGENTS)
any_number = st.integers(0, 59)


class ZoneWorld(RuleBasedStateMachine):
    """The zone on a stage; `Stage` checks wire, mirrors and store at every turn, `recount` the rest."""

    @initialize(
        calls=st.sampled_from([PacingType.Predictive, PacingType.Progressive]),
        previews=st.sampled_from([PacingType.PreviewTimed, PacingType.PreviewUntimed]),
        late_answers=st.booleans(),
    )
    def set_up(self, calls, previews, late_answers):
        self.stage = Stage(MemoryStore(), CONFIG)
        store = self.stage.store
        both = (AgentSkill("sales", level=2), AgentSkill("art"))
        for agent_id, skills in zip(AGENTS, (both, both[:1], both[1:]), strict=True):
            store.add_agent(AgentRecord(agent_id, agent_id, skills), "Z")
        self.open_connections = []
        self.job_count = 0
        self.add_job(calls, "sales")
        self.add_job(previews, "art")
        for agent_id in AGENTS:
            self.log_on_anew(agent_id)
            for kind in ("ready", "available", "nail"):
                self.stage.send(agent_id, COMMANDS[kind]("", 0))
            self.stage.post(NailAnswered(self.stage.agent(agent_id).leg_id))
        self.stage.answers_at_once = not late_answers

    def add_job(self, pacing, skill):
        self.job_count += 1
        first = self.job_count * 100
        contacts = [a_contact(number) for number in range(first, first + CONTACTS)]
        self.stage.store.add_job(self.job_count, contacts)
        campaign = a_campaign(pacing, skill=skill, max_attempts=2, retry_s={DialFailReason.Busy: 30})
        self.stage.post(JobStarted(JobSpec(self.job_count, campaign, total=CONTACTS)))

    # -- sensible people -------------------------------------------------------------------

    @rule(agent_id=any_agent, choice=any_number)
    def agent_works(self, agent_id, choice):
        """The agent does what its state calls for, and its phone answers."""
        agent = self.stage.zone.agents.get(agent_id)
        if agent is None or agent.connection is None:
            self.log_on_anew(agent_id)
        elif agent.leg_id and not agent.is_nailed and choice % 4 < 3:
            self.stage.post(NailAnswered(agent.leg_id))
        else:
            states = (agent.call_state, agent.nailup_status, agent.agent_state)
            wishes = next((WORK[state] for state in states if state in WORK), ("alive",))
            self.send(agent_id, agent.connection, wishes[choice % len(wishes)], choice)

    def log_on_anew(self, agent_id):
        connection = self.stage.connect(agent_id)
        self.open_connections.append((agent_id, connection))
        self.stage.send(agent_id, a_logon(is_force=True), connection)

    @rule(n=any_number, choice=any_number)
    def customer_acts(self, n, choice):
        """The customer of a call does what can happen to it next."""
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
        sid = session.sid if session is not None and choice % 7 < 6 else "Z-1-1"
        self.stage.send(agent_id, COMMANDS[kind](sid, choice), connection)

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
            case "switch lost":
                self.stage.post(TelephonyLost())
            case "switch restored":
                self.stage.post(TelephonyRestored())
            case "job paused":
                self.stage.post(JobPaused(job_id))
            case "job resumed":
                self.stage.post(JobResumed(job_id))
            case "job stopped":
                self.stage.post(JobStopped(job_id))
            case "job started" if len(self.stage.zone.jobs) < 2:
                self.add_job(list(PacingType)[n % 4], "sales")

    # -- what must hold ----------------------------------------------------------------------

    @invariant()
    def all_adds_up(self):
        if hasattr(self, "stage"):
            recount(self.stage)

    def teardown(self):
        """With nobody acting everything comes to rest: agents without contacts, stopped jobs over."""
        if not hasattr(self, "stage"):
            return
        stage = self.stage
        stage.answers_at_once = True
        while stage.asked:
            stage.answer()
        for job_id in list(stage.zone.jobs):
            stage.post(JobPaused(job_id))
        stage.wait(LONGEST_S)
        recount(stage)
        for agent in stage.zone.agents.values():
            assert agent.call_state in FREE_STATES
            assert agent.connection is not None, "an agent without desktop is still logged on"
        assert not stage.zone.sessions
        assert not stage.unanswered
        for job_id in list(stage.zone.jobs):
            stage.post(JobStopped(job_id))
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
        stage.post(ZoneClosing(1000))


ZoneWorld.TestCase.settings = settings(max_examples=3 * settings().max_examples, stateful_step_count=60)
TestZoneWorld = ZoneWorld.TestCase
