"""Hours of a campaign in virtual time, with everything switched on that agents, customers and lines do."""

from collections import Counter
from collections.abc import Callable
from random import Random

from attrs import field, frozen

from agentmgr.core.agent import Agent
from agentmgr.core.blender import BlendRules
from agentmgr.core.events import JobLoaded, JobsWanted
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    ExternalDestination,
    JobSpec,
    PhoneNumber,
    Wanted,
    WantedJob,
    ZoneConfig,
)
from agentmgr.core.session import Session
from agentmgr.core.zone import Zone
from agentmgr.desk.params import DeskParams
from agentmgr.desk.sim import SimDesktop
from agentmgr.ports import Token
from agentmgr.runtime.blending import BlendedZone
from agentmgr.runtime.virtual import VirtualZone
from agentmgr.telephony.inbound import InboundParams, SimInbound
from agentmgr.telephony.legs import Call, Hears
from agentmgr.telephony.params import SimParams
from agentmgr.telephony.switch import SimSwitch
from agentmgr.testing.memory_store import MemoryStore
from protocol.enums import CallState, PacingType
from protocol.results import ResultCode
from protocol.structures import AgentSkill
from protocol.test_numbers import Outcome, number_for

T0 = 1_760_000_000.0
WHIMSICAL = DeskParams(
    hold=0.3,
    release=0.4,
    attribute=0.3,
    note=0.3,
    redial=0.1,
    extend=0.1,
    aux=0.1,
    preview_cancel=0.1,
    consult=0.5,
    consult_external=0.4,
    callback=0.15,
    reschedule=0.2,
)
ADDRESS_BOOK = (
    ExternalDestination("Back office", "+4930555"),
    ExternalDestination("Nobody there", number_for(Outcome.RINGS_OUT)),
    ExternalDestination("Hurried", number_for(Outcome.LEAVES, after_s=1, time_s=8)),
    ExternalDestination("Wrong number", number_for(Outcome.INVALID)),
)


@frozen
class Day:
    """What kind of day it is; rates are per agent and hour, times in seconds.

    The switch is out of reach `outages` times, spread over the day evenly.
    """

    pacing: PacingType
    seed: int
    hours: float
    agents: int = 20
    switch: SimParams = field(factory=SimParams)
    desk: DeskParams = WHIMSICAL
    cuts_per_h: float = 0.0
    cut_for_s: float = 20.0
    outages: int = 0
    outage_s: float = 30.0
    inbound: InboundParams | None = None
    rules: BlendRules = BlendRules()


class WholeDay:
    """A zone with one endless campaign; `run` is the day, `end` the evening.

    `watch` is called whenever everything has settled; it may look at all parts. `cuts` counts the
    desktops that were cut off and came back.
    """

    def __init__(self, day: Day, watch: Callable[["WholeDay"], None] = lambda _: None) -> None:
        self.day = day
        self.store = MemoryStore()
        self.switch = SimSwitch(day.seed, day.switch)
        self.zone = Zone(ZoneConfig("Default", token_secret=bytes(32)), T0)
        self.blended = (
            BlendedZone(self.zone, SimInbound(day.seed, day.inbound, T0), day.rules) if day.inbound else None
        )
        self.virtual = VirtualZone(
            self.blended or self.zone,
            Token("Default", 0, 1),
            self.store,
            self.switch,
            T0,
            lambda login, password: password == login.password_hash,
        )
        self.cuts = 0
        self._watch = watch
        self._draw = Random(f"{day.seed}/cuts")
        agent_ids = [str(1001 + n) for n in range(day.agents)]
        for agent_id in agent_ids:
            self.store.add_agent(AgentSpec(agent_id, agent_id, (AgentSkill("sales"),)), "Default")
        contacts = int(day.hours * day.agents * 120)
        self.store.add_job(1, [_contact(n) for n in range(1, contacts + 1)])
        self.desktops = [SimDesktop(each, "secret", "Default", day.seed, day.desk) for each in agent_ids]
        self.connections = {desktop.agent_id: self.virtual.connect(desktop) for desktop in self.desktops}
        self.virtual.post(JobLoaded(1, JobSpec(1, _campaign(day.pacing), contacts)))

    @property
    def refusals(self) -> Counter[tuple[str, ResultCode]]:
        """Every refusal of a command, with how often it came."""
        return Counter(refusal for desktop in self.desktops for refusal in desktop.refusals)

    def run(self) -> None:
        """Let the day pass."""
        parts = self.day.outages + 1
        for part in range(parts):
            self._run_until(T0 + self.day.hours * 3600 * (part + 1) / parts)
            if part + 1 < parts:
                self.switch.fail(self.virtual.now)
                self.pass_time(self.virtual.now + self.day.outage_s)
                self.switch.restore(self.virtual.now)

    def _run_until(self, until: float) -> None:
        while self.virtual.now < until:
            rate = self.day.cuts_per_h * self.day.agents / 3600
            next_cut_at = self.virtual.now + self._draw.expovariate(rate) if rate else until
            self.pass_time(min(next_cut_at, until))
            if next_cut_at < until:
                self._cut(self._draw.choice(self.desktops))

    def pass_time(self, until: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Let time pass to `until`, or until `stop` is true."""

        def settled() -> bool:
            self._watch(self)
            return stop()

        self.virtual.run(until, settled)

    def _cut(self, desktop: SimDesktop) -> None:
        self.cuts += 1
        self.virtual.disconnect(self.connections[desktop.agent_id])
        self.pass_time(self.virtual.now + self._draw.uniform(0, self.day.cut_for_s))
        self.connections[desktop.agent_id] = self.virtual.reconnect(desktop)

    def end(self) -> None:
        """Stop the job, and when it is over send the agents home."""
        self.virtual.post(JobsWanted((WantedJob(1, Wanted.STOP),)))
        self.pass_time(self.virtual.now + 4 * 3600, lambda: bool(self.store.finished_jobs))
        for desktop in self.desktops:
            self.virtual.stop(self.connections[desktop.agent_id], desktop)
        self.pass_time(self.virtual.now + 3600, lambda: all(desktop.finished for desktop in self.desktops))


def _campaign(pacing: PacingType) -> CampaignSpec:
    codes = (
        CompletionCodeSpec(1, "Sale", True),
        CompletionCodeSpec(2, "No"),
        CompletionCodeSpec(9, "Timed out"),
    )
    return CampaignSpec(
        1,
        "Autumn",
        pacing,
        "sales",
        codes,
        9,
        max_attempts=2,
        nuisance_retry_s=3600,
        attributes=(AttributeSpec("city"),),
        address_book=ADDRESS_BOOK,
    )


def _contact(number: int) -> ContactSpec:
    phones = (PhoneNumber("phone1", f"+4930{number:06}"), PhoneNumber("phone2", f"+4917{number:06}"))
    return ContactSpec(number, f"u{number}", 1, "Autumn", phones, {"city": "Berlin"})


ALONE_WITH_CUSTOMER = frozenset({CallState.Talking, CallState.Held})
HEARS = {
    CallState.Talking: Hears.VOICES,
    CallState.Held: Hears.MUSIC,
    CallState.Consult: Hears.MUSIC,
    CallState.ConferenceOwner: Hears.VOICES,
}
"""What the customer hears in the call states of an owner who has one on the line."""


def check_lines(day: WholeDay) -> None:
    """The switch has everybody on the line as the zone believes; for a switch without delays."""
    next_at = day.switch.next_at()
    if next_at is not None and next_at <= day.virtual.now:
        return  # something has happened that the zone has not been told yet
    busy = set()
    for agent in day.zone.agents.values():
        session = agent.session
        free = agent.call_state in (CallState.NoState, CallState.Idle)
        assert (session is None) == free, agent.agent_id
        if session is None:
            continue
        if session.owner is agent:
            busy |= _check_owner(day, agent, session)
        else:
            consultation = session.consultation
            assert consultation is not None
            assert consultation.agent is agent
            assert consultation.party_id == agent.leg_id
            assert consultation.is_established
    for line in day.switch.lines.values():
        assert bool(line.calls or line.hosts) == (line.leg_id in busy), line.leg_id


def _check_owner(day: WholeDay, agent: Agent, session: Session) -> set[str]:
    """Compare an owner's call with the switch; returns the agents' legs that are in it."""
    hears = HEARS.get(agent.call_state)
    if hears is None:
        return set()
    call = day.switch.calls[session.sid]
    assert call.hears is hears, f"{agent.agent_id} in {agent.call_state}"
    expected = {agent.leg_id}
    consultation = session.consultation
    if agent.call_state not in ALONE_WITH_CUSTOMER:
        assert consultation is not None
        expected.add(consultation.party_id)
    members = {call.line.leg_id if call.line is not None else ""}
    if isinstance(call.guest, Call):
        members.add(call.guest.call_id)
    elif call.guest is not None:
        members.add(call.guest.leg_id)
    assert members == expected, f"{agent.agent_id} in {agent.call_state}"
    return members
