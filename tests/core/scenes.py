"""Scenes for tests of the zone: a campaign, agents A, B, ..., and the way into every joint state."""

from attrs import evolve
from recount import check_dials, recount

from agentmgr.conformance.matrix import Given
from agentmgr.core.effects import Dial, NailUp
from agentmgr.core.events import (
    CallAnswered,
    CallEnded,
    CallFailed,
    DirectoryChanged,
    JobLoaded,
    NailAnswered,
    NailEnded,
)
from agentmgr.core.model import (
    AgentSpec,
    AttributeSpec,
    CampaignSpec,
    CompletionCodeSpec,
    ContactSpec,
    JobSpec,
    PhoneNumber,
    Wanted,
    ZoneConfig,
)
from agentmgr.testing.memory_store import MemoryStore
from agentmgr.testing.stage import SECRET, Stage
from protocol.commands import (
    AGTAvailableForNailup,
    AGTHoldCall,
    AGTLogon,
    AGTPendingLogout,
    AGTPreviewDial,
    AGTReadyForNailup,
    AGTReleaseLine,
    AGTStateChange,
)
from protocol.enums import AgentState, AttributeType, DialFailReason, PacingType
from protocol.structures import AgentSkill, ContactNumber, SocketInfo

SID = "1000000001"
"""The first session of a scene's zone."""
LEG = "Z-1-line-A-1"
"""The first nailing call to agent A."""

DONE = CompletionCodeSpec(1, "Done")
SALE = CompletionCodeSpec(2, "Sale", success=True)
LATER = CompletionCodeSpec(3, "Later", retry_after_s=900)

ATTRIBUTES = (
    AttributeSpec("First Name"),
    AttributeSpec("Account", attribute_type=AttributeType.READ_ONLY),
    AttributeSpec("Age", "integer"),
    AttributeSpec("Score", "float"),
    AttributeSpec("Adult", "boolean"),
    AttributeSpec("Birthday", "date"),
    AttributeSpec("PhoneNumber1", "phone"),
)


def a_campaign(pacing=PacingType.Progressive, **changes):
    """Return a campaign; wrapup 60 s with one extension, preview 30 s, three attempts."""
    campaign = CampaignSpec(
        campaign_id=1,
        name="Summer",
        pacing=pacing,
        skill="sales",
        completion_codes=(DONE, SALE, LATER),
        default_code_id=1,
        script_url="http://script/",
        attributes=ATTRIBUTES,
    )
    return evolve(campaign, **changes)


def a_contact(number):
    """Return contact `u<number>` with two telephone numbers."""
    phone = f"+4930{number:07}"
    return ContactSpec(
        contact_id=number,
        user_contact_id=f"u{number}",
        list_id=7,
        list_name="List",
        numbers=(
            PhoneNumber("PhoneNumber1", phone, "Europe/Berlin"),
            PhoneNumber("PhoneNumber2", f"{phone}9", "Europe/Berlin"),
        ),
        attributes={"First Name": f"N{number}", "PhoneNumber1": phone},
    )


class Scene(Stage):
    """A stage with known agents and one running job, if there is a pacing for it.

    Attributes:
        confirms: whether the switch of scenes that are made from now on confirms its orders.
    """

    confirms = False

    def __init__(self, pacing=None, *, contacts=3, agents="AB", config=None, **campaign):
        super().__init__(
            MemoryStore(),
            config
            or ZoneConfig(
                "Z",
                token_secret=SECRET,
                switch_confirms=self.confirms,
                timezones=("Asia/Kolkata", "America/New_York", "UTC"),
            ),
        )
        if config is None:
            self.post(
                DirectoryChanged(
                    {"Z": SocketInfo("10.0.0.1", 9970), "Y": SocketInfo("10.0.0.2", 9970, 1, 3), "V": None}
                )
            )
        self.keep_account()
        for agent_id in agents:
            self.add_agent(agent_id)
        if pacing is not None:
            self.start_job(pacing, contacts=contacts, **campaign)

    def keep_account(self):
        """From now on count everything anew after every turn."""
        self.witness = lambda event, caused: (recount(self), check_dials(self, caused))

    def wait_long(self, seconds):
        """Let hours pass, in which the pacer looks once a minute; returns the transcript."""
        config = self.zone.config
        self.zone.config = evolve(config, pace_interval_s=60.0)
        try:
            return self.wait(seconds)
        finally:
            self.zone.config = config

    def add_agent(self, agent_id, *skills):
        skills = skills or (AgentSkill("sales", level=1),)
        self.store.add_agent(AgentSpec(agent_id, f"Agent {agent_id}", skills), self.config.zone)

    def start_job(self, pacing, *, job_id=1, contacts=3, wanted=Wanted.RUN, due_in_s=None, **campaign):
        """Start a job whose contacts are due in so many seconds, or were never tried."""
        due_at = 0.0 if due_in_s is None else self.now + due_in_s
        first = job_id * 1000 - 999
        records = [a_contact(number) for number in range(first, first + contacts)]
        spec = JobSpec(job_id, a_campaign(pacing, **campaign), total=contacts, wanted=wanted)
        self.store.add_job(job_id, records, due_at)
        return self.post(JobLoaded(spec.job_id, spec))

    # -- steps on the way of an agent ------------------------------------------------------

    def log_on(self, agent_id="A", connection=None, **changes):
        connection = self.connect(agent_id) if connection is None else connection
        return self.send(agent_id, a_logon(**changes), connection)

    def go_ready(self, agent_id="A"):
        return self.send(agent_id, AGTStateChange(AgentState.Ready))

    def offer_phone(self, agent_id="A"):
        return self.send(agent_id, AGTAvailableForNailup())

    def call_phone(self, agent_id="A"):
        return self.send(agent_id, AGTReadyForNailup())

    def answer_phone(self, agent_id="A"):
        return self.post(NailAnswered(self.leg(agent_id)))

    def nail(self, agent_id="A"):
        """Bring an agent from nothing to a nailed phone."""
        self.log_on(agent_id)
        self.go_ready(agent_id)
        self.offer_phone(agent_id)
        self.call_phone(agent_id)
        return self.answer_phone(agent_id)

    def want_break(self, agent_id="A", reason="7"):
        return self.send(agent_id, AGTStateChange(AgentState.NotReady, reason, "Break"))

    # -- the switch ------------------------------------------------------------------------

    def leg(self, agent_id="A"):
        """Return the id of the last nailing call to an agent."""
        return [each for each in self.orders if isinstance(each, NailUp) and each.agent_id == agent_id][
            -1
        ].leg_id

    def ringing(self):
        """Return the id of the last call dialled."""
        return [each for each in self.orders if isinstance(each, Dial)][-1].call_id

    def customer_answers(self, call_id=None):
        return self.post(CallAnswered(call_id or self.ringing()))

    def customer_fails(self, reason=DialFailReason.Busy, call_id=None):
        return self.post(CallFailed(call_id or self.ringing(), reason))

    def customer_leaves(self, call_id=None):
        return self.post(CallEnded(call_id or self.ringing()))

    def line_drops(self, agent_id="A"):
        return self.post(NailEnded(self.leg(agent_id)))


def a_logon(**changes):
    """Return a logon with right arguments."""
    return evolve(AGTLogon("5001", "secret", False, "en_US", "Europe/Berlin", "Z"), **changes)


def number_of(contact_number=1):
    """Return a contact's first number as a desktop sends it."""
    return ContactNumber("PhoneNumber1", a_contact(contact_number).numbers[0].number)


GIVEN = Given(
    session_id=SID,
    agent_id="B",
    number=number_of(1),
    outside="+442071234567",
    attribute="First Name",
    code_id=2,
)
"""The right arguments of agent A's commands in a scene."""


def overdialled(contacts=2, **campaign):
    """A talks to the first customer, whose line was one of two for one agent; the second line rings."""
    scene = Scene(PacingType.Predictive, contacts=contacts, **campaign)
    estimates = scene.zone.jobs[1].estimates
    for number in range(100):
        estimates.saw_dial_end(number % 20 == 0, 10.0, 0.0)
    estimates.live_answers = 1000
    scene.nail()
    scene.customer_answers(SID)
    return scene


# -- the way into every joint state of agent A, each with the pacing it needs ---------------------


def logged_on():
    scene = Scene(PacingType.Progressive)
    scene.log_on()
    return scene


def ready():
    scene = Scene()
    scene.log_on()
    scene.go_ready()
    return scene


def pending_nailing():
    scene = Scene(PacingType.Progressive)
    scene.log_on()
    scene.go_ready()
    scene.offer_phone()
    return scene


def nailed_idle(pacing=PacingType.PreviewUntimed, **campaign):
    """Ready, nailed, Idle; the job's contacts are due in an hour."""
    scene = Scene()
    scene.store.add_job(1, [a_contact(1)], due_at=scene.now + 3600)
    scene.post(JobLoaded(1, JobSpec(1, a_campaign(pacing, **campaign), total=1)))
    scene.nail()
    return scene


def nailed_not_ready():
    scene = nailed_idle()
    scene.want_break()
    return scene


def dropping():
    """NotReady, logging off: the nailing call is being dropped."""
    scene = nailed_not_ready()
    scene.send("A", AGTPendingLogout())
    return scene


def nailing_lost():
    scene = nailed_idle()
    scene.line_drops()
    return scene


def preview(pacing=PacingType.PreviewUntimed, **campaign):
    scene = Scene(pacing, **campaign)
    scene.nail()
    return scene


def dialing():
    scene = preview()
    scene.send("A", AGTPreviewDial(number_of(1), SID))
    return scene


def talking(pacing=PacingType.Progressive, **campaign):
    scene = Scene(pacing, **campaign)
    scene.nail()
    scene.customer_answers()
    return scene


def held():
    scene = talking()
    scene.send("A", AGTHoldCall(SID))
    return scene


def wrapup(**campaign):
    scene = talking(**campaign)
    scene.send("A", AGTReleaseLine(SID))
    return scene


def wrapup_nailing_lost():
    scene = wrapup()
    scene.line_drops()
    return scene


FREE_SCENES = {
    "logged_on": logged_on,
    "ready": ready,
    "pending_nailing": pending_nailing,
    "nailed_idle": nailed_idle,
    "nailed_not_ready": nailed_not_ready,
    "dropping": dropping,
    "nailing_lost": nailing_lost,
}
CONTACT_SCENES = {
    "preview": preview,
    "dialing": dialing,
    "talking": talking,
    "held": held,
    "wrapup": wrapup,
    "wrapup_nailing_lost": wrapup_nailing_lost,
}


def pending_break(way):
    """Return the way into a scene with a contact, and then into PendingNotReady."""

    def lead():
        scene = way()
        scene.want_break()
        return scene

    return lead


BREAK_SCENES = {f"{name}_pending_break": pending_break(way) for name, way in CONTACT_SCENES.items()}
SCENES = FREE_SCENES | CONTACT_SCENES | BREAK_SCENES
"""Every joint state that an agent can be in, by name."""


def confirming(way, *refuses):
    """The same scene with a switch that confirms its orders, but does not carry some kinds out."""

    def lead():
        Scene.confirms = True
        try:
            scene = way()
        finally:
            Scene.confirms = False
        scene.refuses.update(refuses)
        return scene

    return lead
