"""No state is without a way out: with everybody else silent, each contact comes to its end."""

import pytest
from attrs import evolve
from parties import (
    called_back,
    called_in,
    conference,
    conferenced,
    consult,
    consult_pending,
    external_conference,
    external_consult,
    external_dialing,
    lose,
)
from scenes import SID, dialing, held, preview, talking, wrapup, wrapup_nailing_lost
from ways_out import TABLES

from agentmgr.core.states import FREE_STATES
from protocol import commands as c
from protocol.enums import CallState, PacingType
from protocol.structures import ContactNumber

LONG_S = 16_000  # more than a call may last, and what comes after it
AT_WORK = {
    "preview": preview,
    "timed preview": lambda: preview(PacingType.PreviewTimed),
    "callback": called_back,
    "dialing": dialing,
    "talking": talking,
    "held": held,
    "consult pending": consult_pending,
    "consult": consult,
    "external dialing": external_dialing,
    "external consult": external_consult,
    "conference": conference,
    "external conference": external_conference,
    "called in": called_in,
    "conferenced": conferenced,
    "wrapup": wrapup,
    "wrapup, nailing lost": wrapup_nailing_lost,
}


def lose_all(scene):
    for agent_id in list(scene.zone.agents):
        lose(scene, agent_id)


def keep_all(scene):
    pass


def wait_long(scene):
    scene.witness = None
    scene.wait_long(LONG_S)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_ways_out_of_every_state_are_known(kind):
    assert set(TABLES[kind]) == set(kind)


@pytest.mark.parametrize("desktops", [keep_all, lose_all])
@pytest.mark.parametrize("at_work", AT_WORK.values(), ids=AT_WORK)
def test_contact_ends_although_agents_customer_and_switch_are_silent(at_work, desktops):
    scene = at_work()
    assert SID in scene.zone.sessions
    desktops(scene)
    wait_long(scene)
    assert SID not in scene.zone.sessions
    assert SID not in scene.store.open_attempts


@pytest.mark.parametrize("begun", [talking, wrapup, held, consult])
def test_contact_whose_wrapup_has_no_limit_ends_when_its_desktop_is_lost(begun):
    scene = begun()
    job = scene.zone.jobs[1]
    job.campaign = evolve(job.campaign, acw_max_time_s=0)
    lose_all(scene)
    wait_long(scene)
    assert SID not in scene.zone.sessions
    assert not scene.zone.agents


def test_dial_about_which_the_store_says_nothing_ends_when_it_would_have_rung_for_long():
    scene = preview()
    scene.witness = None  # a question stays open
    scene.answers_at_once = False
    scene.send("A", c.AGTPreviewDial(ContactNumber("PhoneNumber1"), SID))
    assert scene.agent("A").call_state is CallState.Dialing
    wait_long(scene)
    assert SID not in scene.zone.sessions
    assert scene.agent("A").call_state in FREE_STATES | {CallState.Preview}
