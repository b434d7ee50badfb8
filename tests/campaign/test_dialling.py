"""Why nothing is dialled, from facts that a test makes up."""

from typing import Any

import pytest
from attrs import evolve

from agentmgr.campaign.dialling import ContactsLeft, Dialling, contacts_left, why
from agentmgr.core.model import CallingHours
from agentmgr.ports import JobFacts, JobState, JobStatus, JobTally, JobView, PendingContacts, ZoneView
from protocol.enums import PacingType

NOON = 1_750_075_200.0  # Monday 2025-06-16 12:00 UTC

VIEW = JobView(
    3,
    "Spring",
    is_paused=False,
    is_stopping=False,
    total=10,
    done=0,
    agents=2,
    idle=1,
    busy=1,
    ringing=0,
    waiting=0,
)
FACTS = JobFacts(
    VIEW,
    PacingType.Predictive,
    "English",
    min_level=1,
    abandon_limit=0.03,
    max_calls_per_agent=4.0,
    on_hand=5,
    on_hand_fresh=3,
    in_work=1,
    callbacks=0,
    is_fetching=False,
    next_due_at=NOON,
    dials=10,
    answers=100,
    abandoned=0,
    may_risk=True,
    dials_a_minute=2.0,
    answers_a_minute=1.0,
    abandoned_a_minute=0.0,
    skilled=2,
)
ZONE = ZoneView("North", NOON, 1, (), (FACTS,))
JOB = JobStatus(3, "Spring", ("North",), JobState.Running, 10, 0, NOON - 600, None)
DIALLING = Dialling("Spring", JOB, ContactsLeft(fresh=5), NOON, "ok", ZONE, FACTS, "North")


def dialling(
    state: JobState = JobState.Running, view: Any = None, zone: Any = None, **facts: Any
) -> Dialling:
    changed = evolve(FACTS, view=evolve(VIEW, **(view or {})), **facts)
    return evolve(DIALLING, job=evolve(JOB, state=state), facts=changed, zone=evolve(ZONE, **(zone or {})))


BUSY = {"idle": 0, "busy": 2}
NOBODY = {"idle": 0, "busy": 0}
EMPTY = {"on_hand": 0, "next_due_at": None}


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (dialling(JobState.Finished), "its job is finished"),
        (dialling(JobState.Preparing), "it is being prepared"),
        (dialling(JobState.Paused), "it is paused; agentmgr campaign resume Spring goes on"),
        (
            evolve(dialling(), zone=None, facts=None, zone_state=""),
            "zone North is not served here: no server runs, or another one serves it;"
            " agentmgr zones status says which",
        ),
        (
            evolve(dialling(), zone=None, facts=None, zone_state="reopening"),
            "zone North is reopening after a fault; the server's log says more",
        ),
        (evolve(dialling(), facts=None), "zone North has not begun with it yet"),
        (dialling(JobState.Stopping), "it is being stopped: 1 contact is being finished"),
        (
            dialling(view={"is_stopping": True}, in_work=2),
            "it is being stopped: 2 contacts are being finished",
        ),
        (dialling(zone={"is_ending": True}), "the server is ending"),
        (dialling(zone={"telephony_is_down": True}), "telephony is down: the switch is out of reach"),
        (dialling(zone={"commits_wait": 9}), "the database is slow: 9 batches of changes wait for it"),
        (dialling(**EMPTY), "the list is used up: 1 contact is being worked on"),
        (dialling(**EMPTY, in_work=0, callbacks=2), "the list is used up: 2 callbacks wait for their time"),
        (dialling(skilled=0, view=NOBODY), "no agent with the skill English is logged on"),
        (
            dialling(skilled=0, view=NOBODY, min_level=3),
            "no agent with the skill English of level 3 or more is logged on",
        ),
        (dialling(on_hand=0, next_due_at=NOON + 1800), "nothing is due until 12:30 UTC"),
        (dialling(on_hand=0, next_due_at=NOON + 86_400), "nothing is due until 2025-06-17 12:00 UTC"),
        (
            evolve(
                dialling(on_hand=0, next_due_at=NOON + 1800),
                left=ContactsLeft(outside=5, opens_at=NOON + 1800),
            ),
            "all that is left is outside its calling hours until 12:30 UTC",
        ),
        (
            dialling(skilled=5, view=NOBODY, on_break=2, away=1, elsewhere=1, unnailed=1),
            "none of the 5 agents with the skill English is free for it: 2 not ready or leaving,"
            " 1 without a desktop, 1 in other campaigns, 1 without a line",
        ),
        (dialling(on_hand=0, is_fetching=True), "contacts are being fetched from the database"),
        (
            dialling(view=BUSY, abandoned=4),
            "abandonment limit: 4.0% of the answered calls found no agent, 3.0% are allowed;"
            " all 2 agents are busy, and less is dialled ahead",
        ),
        (dialling(view=BUSY), "all agents are busy: 2 have contacts"),
        (dialling(view={"waiting": 1}), "1 person who answered waits for an agent"),
        (dialling(view={"ringing": 3}), "it is dialling: 3 lines ring"),
        (dialling(view={"ringing": 8}), "it is dialling: 8 lines ring, at their limit of 4 for each agent"),
        (dialling(), "it goes on in a moment: 1 agent is idle"),
    ],
)
def test_reason_is_the_first_that_holds(of: Dialling, sentence: str) -> None:
    assert why(of) == sentence


def test_each_contact_is_counted_once_by_what_can_be_done_with_it() -> None:
    hours = CallingHours(8 * 60, 20 * 60, frozenset(range(1, 8)))
    pending = [
        PendingContacts("Europe/London", 3, 1),
        PendingContacts("America/Los_Angeles", 2, 1),
        PendingContacts("America/Denver", 1, 0),
    ]
    tally = JobTally(
        9, 9, 5, 0, (), (), 5, done=(("Handled", 4), ("Interrupted", 1), ("DncBlocked", 2), ("NoAnswer", 3))
    )
    left = contacts_left(evolve(JOB, total=20, done=10), tally, pending, hours, NOON)
    assert left == ContactsLeft(
        fresh=3,
        waiting=1,
        outside=4,
        opens_at=NOON + 2 * 3600,
        in_work=2,
        reached=5,
        do_not_call=2,
        used_up=3,
    )
    counted = (left.fresh, left.waiting, left.outside, left.in_work)
    assert sum((*counted, left.reached, left.do_not_call, left.used_up)) == 20


def test_contacts_that_are_never_open_are_outside_for_good() -> None:
    hours = CallingHours(0, 0, frozenset())
    left = contacts_left(
        JOB, JobTally(0, 0, 0, 0, (), (), 0), [PendingContacts("Europe/London", 3, 1)], hours, NOON
    )
    assert (left.outside, left.opens_at) == (4, None)
    of = evolve(dialling(on_hand=0, next_due_at=NOON + 60), left=left)
    assert why(of) == "all that is left is outside its calling hours, which never come"


def test_contacts_on_hand_are_what_they_were_before_they_were_fetched() -> None:
    of = evolve(DIALLING, left=ContactsLeft(fresh=10, waiting=1, in_work=6, reached=2))
    assert of.contacts == ContactsLeft(fresh=13, waiting=3, in_work=1, reached=2)
    stale = evolve(of, left=ContactsLeft(in_work=2))
    assert stale.contacts == ContactsLeft(fresh=2), "the store's word may be a moment older than the zone's"
