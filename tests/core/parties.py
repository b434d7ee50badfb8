"""Scenes with more than one party: consults, conferences, callbacks, agents that are away or blended."""

from attrs import evolve
from scenes import LEG, SID, Scene, a_campaign, a_contact, a_logon, number_of, talking

from agentmgr.core.effects import SaveCallback
from agentmgr.core.events import AgentRestored, CallAnswered, JobLoaded
from agentmgr.core.model import CallbackSpec, JobSpec, Wanted
from protocol import commands as c
from protocol.enums import CallbackType, DestinationType, PacingType
from protocol.structures import CompletionCode, Destination

OUTSIDE = "+442071234567"
PARTY = "Z-1-party-1"
"""The first external party of a scene."""
CALLBACK_ID = "old-callback"
DISPOSE = c.AGTWrapupContact(CompletionCode(1), SID)


def with_agent(agent_id="B", session_id=SID):
    return c.AGTConsultCall(Destination(DestinationType.Agent, agent_id), session_id)


def with_external(number=OUTSIDE, session_id=SID):
    return c.AGTConsultCall(Destination(DestinationType.External, number), session_id)


def bring_nailed(scene, agent_id, *skills):
    """Log an agent that the store does not know yet on and nail it up."""
    scene.add_agent(agent_id, *skills)
    return scene.nail(agent_id)


# -- consults of agent A ---------------------------------------------------------------------------


def beside(**campaign):
    """A talks to the only customer, B is idle."""
    scene = talking(contacts=1, **campaign)
    scene.nail("B")
    return scene


def beside_busy(**campaign):
    """A talks to the first customer, B to the second."""
    scene = talking(contacts=2, **campaign)
    scene.nail("B")
    scene.customer_answers()
    return scene


def consult_pending():
    scene = beside_busy()
    scene.send("A", with_agent())
    return scene


def external_dialing():
    scene = beside()
    scene.send("A", with_external())
    return scene


def consult():
    scene = beside()
    scene.send("A", with_agent())
    return scene


def external_consult():
    scene = external_dialing()
    scene.post(CallAnswered(PARTY))
    return scene


def conference():
    scene = consult()
    scene.send("A", c.AGTStartConf(SID))
    return scene


def external_conference():
    scene = external_consult()
    scene.send("A", c.AGTStartConf(SID))
    return scene


def called_in():
    """B talks to the only customer and consults A."""
    scene = Scene(PacingType.Progressive, contacts=1)
    scene.nail("B")
    scene.customer_answers()
    scene.nail("A")
    scene.send("B", with_agent("A"))
    return scene


def conferenced():
    """A is in a conference of B's."""
    scene = called_in()
    scene.send("B", c.AGTStartConf(SID))
    return scene


# -- callbacks -----------------------------------------------------------------------------------


def a_callback(scene, due_in_s=100.0, **changes):
    record = CallbackSpec(
        callback_id=CALLBACK_ID,
        callback_type=CallbackType.Standard,
        campaign_id=1,
        agent_id="",
        contact=a_contact(50),
        number=a_contact(50).numbers[0],
        due_at=scene.now + due_in_s,
        expires_at=scene.now + due_in_s + 600,
        notes="after work",
    )
    return evolve(record, **changes)


def keep_callback(scene, record, job_id=1):
    """Let the store have a callback."""
    scene.store.contacts[record.contact.contact_id] = record.contact
    scene.store.callbacks[record.callback_id] = SaveCallback(
        record.callback_id,
        record.campaign_id,
        job_id,
        record.contact.contact_id,
        record.callback_type,
        record.agent_id,
        "A",
        record.number.number,
        record.number.name,
        record.number.timezone,
        record.due_at,
        record.expires_at,
        record.notes,
        scene.now,
    )


def start_job_with(scene, *records, pacing=PacingType.PreviewUntimed, job_id=1, contacts=0, **campaign):
    """Start a job that has callbacks to deliver."""
    for record in records:
        keep_callback(scene, record, job_id)
    scene.store.add_job(job_id, [a_contact(number) for number in range(1, 1 + contacts)])
    spec = JobSpec(job_id, a_campaign(pacing, **campaign), total=contacts, callbacks=records)
    return scene.post(JobLoaded(spec.job_id, spec))


def awaiting(agents="A", *, pacing=PacingType.PreviewUntimed, contacts=0, due_in_s=100.0, **changes):
    """The agents are nailed; a callback is due in 100 s, for 600 s."""
    scene = Scene()
    record = a_callback(scene, due_in_s, **changes)
    start_job_with(scene, record, pacing=pacing, contacts=contacts)
    for agent_id in agents:
        scene.nail(agent_id)
    return scene


def called_back():
    """A has a callback on the desktop."""
    scene = awaiting()
    scene.wait(100)
    return scene


def create(due_in_s=1800, *, scene=None, **changes):
    """Return a command that creates a callback so many seconds after the scene's start, in whole minutes."""
    from agentmgr.core.times import format_time

    now = scene.now if scene is not None else 1_700_000_000.0
    command = c.AGTCreateCallback(
        CallbackType.Standard,
        format_time(now + due_in_s),
        60,
        number_of(1),
        SID,
        callback_timezone="Europe/Berlin",
    )
    return evolve(command, **changes)


# -- away, blended ---------------------------------------------------------------------------------


def lose(scene, agent_id="A"):
    """Cut the connection of an agent."""
    return scene.disconnect(scene.agent(agent_id).connection)


def settled(scene, agent_id="A"):
    """What the desktop was sent has arrived: it gives a sign of life some time later."""
    scene.wait(6)
    scene.send("", c.POMClientAlive(), scene.agent(agent_id).connection)
    return scene


def come_back(scene, agent_id="A", status=None):
    """Reconnect the desktop of an agent, which believes what it was told last; returns the transcript."""
    connection = scene.connect(agent_id)
    return scene.send(agent_id, answer_to_status(scene, agent_id, status), connection)


def answer_to_status(scene, agent_id="A", status=None):
    """Return what the desktop of an agent says that it believes: what it was told last, with its token."""
    return c.GetAgentStatusResponse(status or scene.believed(agent_id), scene.tokens[agent_id])


def restart(scene, *, legs=(LEG,), live=(SID,), seconds=0.0):
    """The server dies, and a new one takes over; the switch still has these lines and customers."""
    store, now = scene.store, scene.now + seconds
    for job in scene.zone.jobs.values():
        store.jobs[job.job_id] = JobSpec(
            job.job_id, job.campaign, job.total, wanted=Wanted.PAUSE if job.paused else Wanted.RUN
        )
    store._epochs["Z"] = scene.config.epoch
    opened = store.open_zone("Z", now)
    later = Scene(config=evolve(scene.config, epoch=opened.token.epoch, run=opened.run), agents="")
    later.store, later.now = store, now
    later.answers_at_once = False  # nothing is asked before all is told
    later.witness = None  # nor does anything add up
    later.post(*(JobLoaded(job.job_id, job) for job in opened.jobs))
    for agent in opened.saved:
        kept = agent.session
        later.post(
            AgentRestored(
                evolve(
                    agent,
                    leg_id=agent.leg_id if agent.leg_id in legs else "",
                    session=kept and evolve(kept, is_live=kept.sid in live),
                )
            )
        )
    later.answers_at_once = True
    while later.asked:
        later.answer()
    later.keep_account()
    return later


def log_on_again(scene, agent_id="A", **changes):
    """Log an agent on over a connection of its own; returns the transcript."""
    return scene.send(agent_id, a_logon(**changes), scene.connect())
