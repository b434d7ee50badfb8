"""A rule that fails anywhere ends what it was about, and nothing else: faults planted in random days.

A fault is raised where a function of the core is entered, or at a line of it. After every turn all must add
up, and what the desktops were told must be so; in the end all comes to rest as on any other day.
"""

import inspect
import sys
from pathlib import Path
from random import Random

import pytest
from attrs import evolve
from parties import PARTY, awaiting, conference, consult, consult_pending, external_dialing, restart
from scenes import (
    LEG,
    SID,
    Scene,
    a_campaign,
    a_contact,
    logged_on,
    nailed_idle,
    overdialled,
    talking,
    wrapup,
)
from test_zone_stateful import ZoneWorld
from test_zone_walk import act, begun, days, trouble_the_switch

import agentmgr.core
from agentmgr.core import zone
from agentmgr.core.commands import call
from agentmgr.core.commands.registry import AGENT_RULES, PLAIN_HANDLERS
from agentmgr.core.effects import Dial, ReportFault
from agentmgr.core.events import (
    AgentRestored,
    CallEnded,
    ConnectorAnswered,
    DirectoryChanged,
    Frozen,
    GraceOver,
    JobLoaded,
    NailEnded,
    SupervisorAsked,
    Thawed,
    Timer,
    ZoneClosing,
)
from agentmgr.core.model import CallingHours, JobSpec, SavedAgent, ZoneConfig
from agentmgr.core.quarantine import AGAIN_S
from agentmgr.core.tasks import Step
from agentmgr.core.wishes import TakeBreak
from protocol import commands as c
from protocol.enums import AgentState, CallState, DestinationType, PacingType
from protocol.results import ResultCode
from protocol.structures import CompletionCode

CORE = Path(agentmgr.core.__file__).parent
NO_RULES = {
    *("quarantine.py", "outbox.py", "sent.py", "lanes.py"),
    *("effects.py", "events.py", "model.py", "registry.py"),
}
"""What ends a fault, what collects effects and commands, and what only holds values."""

RULES = {str(path) for path in CORE.rglob("*.py") if path.name not in NO_RULES}
GUARDS = {
    f"Zone.{name}" for name in ("handle", "_end_turn", "_save_agents", "_each", "_tell_changes", "_go_on")
}
"""What catches a fault."""

SEEDS = days(8, 40, 400)
STEPS = 120


class Planted(Exception):
    """The fault."""


class Saboteur:
    """Lets a share of a zone's turns fail, once each.

    Attributes:
        places: where faults were raised, once each: the code of functions, or lines.
    """

    def __init__(self, draw, by_line, share=0.06):
        self.places = set()
        self.is_armed = False
        self._draw = draw
        self._by_line = by_line
        self.share = share
        self._left = 0

    def sabotage(self, zone):
        """Let the turns of a zone fail."""
        handle = zone.handle

        def watched(event, now):
            if not self.is_armed or self._draw.random() > self.share:
                return handle(event, now)
            self._left = self._draw.randrange(60)
            before = sys.gettrace()
            sys.settrace(self._see_line if self._by_line else self._see_entry)
            try:
                return handle(event, now)
            finally:
                sys.settrace(before)

        zone.handle = watched

    def _see_entry(self, frame, event, arg):
        if event == "call" and self._is_rule(frame.f_code) and frame.f_code not in self.places:
            self._fail(frame.f_code)
        return

    def _see_line(self, frame, event, arg):
        if event == "line":
            self._left -= 1
            if self._left < 0:
                self._fail((frame.f_code.co_filename, frame.f_lineno))
        return self._see_line if self._is_rule(frame.f_code) else None

    def _is_rule(self, code):
        # what a generator raises when it is thrown away reaches nobody
        is_called = not code.co_flags & inspect.CO_GENERATOR
        return is_called and code.co_filename in RULES and code.co_qualname not in GUARDS

    def _fail(self, place):
        self.places.add(place)
        raise Planted(place)


class SabotagedWorld(ZoneWorld):
    """A zone whose rules fail."""

    saboteur = None

    def enter(self, stage):
        super().enter(stage)
        stage.expects_faults = True
        self.saboteur.sabotage(stage.zone)

    def watch(self, event, caused):
        if any(isinstance(effect, ReportFault) for effect in caused):
            self.sent = None  # what was foretold is not what a fault is answered with
        super().watch(event, caused)


def sabotaged_day(seed, saboteur):
    draw = Random(seed)
    world = SabotagedWorld()
    world.saboteur = saboteur
    begun(world, draw, switch_confirms=seed % 2 == 0)
    saboteur.is_armed = True
    for step in range(10 * STEPS):
        if step >= STEPS and saboteur.places:
            break
        if seed % 3 == 0:
            trouble_the_switch(world, draw)
        act(world, draw, draw.randrange(60), draw.randrange(60))
        world.all_adds_up()
    saboteur.is_armed = False
    world.teardown()
    assert saboteur.places


@pytest.mark.parametrize("by_line", [False, True], ids=["entrance", "line"])
@pytest.mark.parametrize("seed", SEEDS)
def test_fault_of_a_rule_ends_what_it_was_about_and_all_adds_up(seed, by_line):
    sabotaged_day(seed, Saboteur(Random(1000 + seed), by_line))


def test_fault_that_lasts_costs_each_tick_of_its_job_one_line_and_the_job_goes_on_after_it(monkeypatch):
    scene = nailed_idle(PacingType.Progressive)
    scene.expects_faults, scene.witness = True, None
    serve = scene.zone.dialer.serve
    monkeypatch.setattr(scene.zone.dialer, "serve", fail)
    scene.wait(3 * scene.config.pace_interval_s)
    assert len(scene.faults) == 3
    assert scene.agent("A").is_nailed
    monkeypatch.setattr(scene.zone.dialer, "serve", serve)
    assert any(line.startswith("switch: Dial") for line in scene.wait(3600))


def test_contact_that_makes_a_rule_fail_is_tried_as_often_as_any_and_keeps_nobody_from_the_others():
    scene = Scene()
    scene.expects_faults = True
    good, other = a_contact(1), a_contact(2)
    poison = evolve(good, numbers=tuple(evolve(each, timezone=None) for each in good.numbers))
    scene.store.add_job(1, [poison, other])
    campaign = a_campaign(calling_hours=CallingHours(0, 1439), max_attempts=2)
    scene.post(JobLoaded(1, JobSpec(1, campaign, total=2)))
    scene.nail()
    scene.wait(scene.config.pace_interval_s)
    assert [order.number for order in scene.orders if isinstance(order, Dial)] == [other.numbers[0].number]
    scene.wait(200)
    assert scene.store.done[1][poison.contact_id] == "Interrupted"
    assert len(scene.faults) == 2


def test_fault_in_the_middle_logs_its_agent_off_and_another_of_its_connection_notices_nothing(monkeypatch):
    scene = Scene(PacingType.Progressive, contacts=0)
    scene.expects_faults = True
    connection = scene.connect("A", "B")
    for agent_id in ("A", "B"):
        scene.log_on(agent_id, connection)
    monkeypatch.setattr(scene.zone.roster, "log_off", fail)
    shown = scene.send("A", c.AGTPendingLogout())
    assert "A ! AgentLoggedOut" in shown
    assert set(scene.zone.agents) == {"B"}
    assert scene.agent("B").connection == connection
    assert not [line for line in shown if line.startswith("B")]


def test_fault_in_a_contact_hangs_up_on_the_party_that_is_dialled_for_it_and_waits_no_longer(
    monkeypatch,
):
    scene = external_dialing()
    scene.expects_faults = True
    monkeypatch.setattr(scene.zone.calls, "on_customer_gone", fail)
    assert f"switch: HangUp {PARTY}" in scene.post(CallEnded(SID))
    assert (Timer.PARTY, PARTY) not in scene.timers._live


def test_fault_of_the_agent_whom_a_callback_was_promised_to_lets_it_wait_anew(monkeypatch):
    scene = awaiting("AB")
    scene.expects_faults = True
    scene.wait(99)
    (callback,) = scene.zone.jobs[1].callbacks.values()
    promised_to, callback_id = callback.agent.agent_id, callback.spec.callback_id
    assert (Timer.DUE, callback_id) in scene.timers._live
    monkeypatch.setattr(scene.zone.roster, "log_off", fail)
    scene.send(promised_to, c.AGTPendingLogout())
    assert (Timer.DUE, callback_id) not in scene.timers._live
    assert "! CallNotify Callback" in "".join(scene.wait(AGAIN_S))


def test_fault_about_the_line_of_an_agent_that_a_dead_server_had_forgets_the_agent(monkeypatch):
    scene = talking(contacts=1)
    scene.send("A", c.AGTSaveAgentForHA())
    scene = restart(scene)
    scene.expects_faults = True
    with monkeypatch.context() as patch:
        patch.setattr(scene.zone.returns, "on_leg_ended", fail)
        shown = scene.post(NailEnded(LEG))
    assert {"store: ForgetAgent A", f"switch: DropNail {LEG}"} <= set(shown)
    assert (Timer.ORPHAN, "A") not in scene.timers._live
    assert scene.post(NailEnded(LEG)) == []
    assert len(scene.faults) == 1


def test_command_that_fails_before_it_changed_anything_is_answered_9050_and_costs_its_agent_nothing(
    monkeypatch,
):
    scene = talking()
    scene.expects_faults = True
    monkeypatch.setattr(call, "AGTGetCompCodesRESP", fail)
    scene.send("A", c.AGTGetCompCodes(SID))
    assert scene.responses[-1] == c.AGTGetCompCodesRESP(ResultCode.NOT_PROCESSED)
    assert scene.agent("A").call_state is CallState.Talking
    scene.send("A", c.AGTHoldCall(SID))
    assert scene.agent("A").call_state is CallState.Held


def fail(*_, **__):
    raise Planted


def sabotaged_scene(scene, act_out, saboteur):
    """Let a scene's next turns fail, as those of a day."""
    scene.expects_faults = True
    saboteur.sabotage(scene.zone)
    saboteur.is_armed = True
    act_out(scene)
    saboteur.is_armed = False


def waiting():
    """A customer waits for an agent."""
    scene = overdialled()
    scene.customer_answers("1000000002")
    return scene


def held_unconfirmed():
    """The switch has said nothing yet to the order to hold."""
    scene = Scene(
        PacingType.Progressive, config=ZoneConfig("Z", token_secret=bytes(32), switch_confirms=True)
    )
    scene.nail()
    scene.customer_answers()
    scene.answers_at_once = False
    scene.send("A", c.AGTHoldCall(SID))
    return scene


def orphaned():
    scene = Scene()
    scene.post(AgentRestored(SavedAgent("A", AgentState.Ready, CallState.NoState, "", "", None)))
    return scene


def with_account():
    scene = Scene()
    scene.store.add_account("blender")
    return scene


def asking_a_connector():
    """The agent has ended a contact with a code that asks a connector, which has not answered yet."""
    scene = Scene(PacingType.Progressive, contacts=1, steps=(Step("Sale", action="crm"),))
    scene.connector = lambda errand: None
    scene.nail()
    scene.customer_answers()
    scene.send("A", c.AGTReleaseLine(SID))
    scene.send("A", c.AGTWrapupContact(CompletionCode(2, "Sale"), SID))
    return scene


RARE = [
    (asking_a_connector, lambda scene: scene.post(ConnectorAnswered(scene.errands[0].key, True))),
    (asking_a_connector, lambda scene: scene.wait(scene.config.connector_wait_s)),
    (consult, lambda scene: scene.send("A", c.AGTCancelConsult(SID))),
    (consult, lambda scene: scene.send("A", c.AGTStartConf(SID))),
    (conference, lambda scene: scene.send("A", c.AGTConfChangeOwnership(SID))),
    (external_dialing, lambda scene: scene.wait(scene.config.call_max_s)),
    (wrapup, lambda scene: scene.send("A", c.AGTExtendWrapup(SID))),
    (logged_on, lambda scene: scene.send("A", c.AGTLogoff())),
    (nailed_idle, lambda scene: scene.post(SupervisorAsked(1, "A", TakeBreak("7")))),
    (with_account, lambda scene: scene.send("", c.AgentSDKConnected((), 1, "blender", "secret"), 9)),
    (talking, lambda scene: scene.post(ZoneClosing(1), GraceOver())),
    (talking, lambda scene: scene.post(Frozen(), Thawed())),
    (consult, lambda scene: scene.send("A", c.AGTCompleteTransfer(SID))),
    (talking, lambda scene: scene.send("A", c.AGTGetConsultTypes(SID))),
    (talking, lambda scene: scene.send("A", c.AGTGetConsultDestsForType(DestinationType.Agent, SID))),
    (talking, lambda scene: scene.wait(scene.config.call_max_s)),
    (awaiting, lambda scene: scene.wait(10_000)),
    (consult_pending, lambda scene: scene.wait(scene.config.consult_wait_s)),
    (orphaned, lambda scene: scene.wait(scene.config.lost_desktop_s)),
    (talking, lambda scene: scene.send("", connection=1, command=c.AGTGetErrorString(1))),
    (talking, lambda scene: scene.send("", connection=1, command=c.AGTGetErrorInfo(1))),
    (talking, lambda scene: scene.send("", connection=1, command=c.GetPAMForZone("Z"))),
    (talking, lambda scene: scene.post(DirectoryChanged({}))),
    (talking, lambda scene: scene.step_clock(60.0)),
    (talking, lambda scene: scene.post(ZoneClosing(0))),
    (waiting, lambda scene: scene.wait(scene.config.queue_timeout_s)),
    (conference, lambda scene: scene.send("A", c.AGTEndConf(SID))),
    (held_unconfirmed, lambda scene: scene.wait(scene.config.order_wait_s)),
]
"""What does not happen in every day: the way there, and what is done then."""


@pytest.mark.slow
def test_every_handler_of_a_command_an_event_or_a_timer_has_failed_once_in_these_days():
    saboteur = Saboteur(Random("all"), by_line=False, share=0.7)
    for seed in range(60):
        sabotaged_day(seed, saboteur)
    saboteur.share = 1.0
    for scene, act_out in 5 * RARE:  # what a handler calls may fail before it does
        sabotaged_scene(scene(), act_out, saboteur)
    handlers = [rule.handler for rule in AGENT_RULES.values()] + [*PLAIN_HANDLERS.values()]
    handlers += [*zone._HANDLERS.values(), *zone._TIMERS.values()]
    spared = [handler for handler in handlers if handler.__code__ not in saboteur.places]
    named = [(handler.__qualname__, handler.__code__.co_firstlineno) for handler in spared]
    missing = ", ".join(f"{name} {line}" for name, line in named if name != "answer")
    assert not missing, missing  # answer finds the handler of a command
