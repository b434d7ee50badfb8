"""Playbooks of a list: which contact comes next, at which of its numbers, and when it comes again."""

from itertools import pairwise

from scenes import Scene

from agentmgr.core.effects import FetchContacts
from protocol.enums import DialFailReason, PacingType


def times_at(scene, contact_id, since):
    """Return when a contact was tried, seconds after a moment."""
    return [each.at - since for each in scene.store.attempts.values() if each.contact_id == contact_id]


# -- retries -----------------------------------------------------------------------------------


def test_retry_that_is_due_is_dialled_before_the_fresh_contacts_on_hand():
    retries = {DialFailReason.Busy: 60, DialFailReason.NoAnswer: 7200}
    scene = Scene(PacingType.Progressive, contacts=250, agents="A", retry_s=retries)
    scene.nail()
    busy_at = scene.now
    scene.customer_fails()
    while scene.now < busy_at + 90:
        scene.wait(5)
        scene.customer_fails(DialFailReason.NoAnswer)
    assert times_at(scene, 1, busy_at) == [0, 60]


def test_retries_are_asked_for_beside_fresh_ones_once_a_tick_and_no_more_than_fit():
    scene = Scene(
        PacingType.Progressive, contacts=600, agents="A", retry_s={DialFailReason.Busy: 60}, max_attempts=9
    )
    scene.nail()
    asked = []
    recount = scene.witness

    def witness(event, caused):
        recount(event, caused)
        asked.extend((scene.now, effect) for effect in caused if isinstance(effect, FetchContacts))
        assert len(scene.agent("A").job.contacts) <= 2 * scene.config.fetch_size

    scene.witness = witness
    for _ in range(500):
        scene.wait(0.25)
        scene.customer_fails()
    times = [at for at, question in asked if question.only_retries]
    assert times
    assert all(later - earlier >= scene.config.pace_interval_s for earlier, later in pairwise(times))
