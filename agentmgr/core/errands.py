"""Contacts that wait for what a connector was asked to do before they go on."""

from attrs import evolve

from agentmgr.core.attempts import Attempts
from agentmgr.core.events import ConnectorAnswered, Timer
from agentmgr.core.floor import Floor
from agentmgr.core.job import Errand


class Errands:
    """What the connectors of a zone are asked for; each ends with an answer, or when its time is over."""

    def __init__(self, floor: Floor, attempts: Attempts) -> None:
        self._floor = floor
        self._out = floor.out
        self._attempts = attempts

    def on_answered(self, event: ConnectorAnswered) -> None:
        """A connector did what it was asked, or did not; a late answer changes nothing."""
        errand = self._floor.errands.get(event.key)
        if errand is not None:
            self.end(errand, is_done=event.is_done)

    def end(self, errand: Errand, *, is_done: bool) -> None:
        """Let a contact go on as its campaign says by now."""
        job, contact = errand.job, errand.contact
        contact, after_s = job.strategy.after_errand(contact, errand.attempts, is_done=is_done)
        due_at = None if after_s is None else self._out.now + after_s
        self._attempts.send_on(evolve(errand, contact=contact), due_at)
        self.forget(errand)  # last: a fault on the way must find it
        self._out.serve(job)

    def forget(self, errand: Errand) -> None:
        """Wait for an answer no more."""
        self._floor.errands.pop(errand.key, None)
        errand.job.errands.pop(errand.key, None)
        self._out.cancel_timer((Timer.ERRAND, str(errand.key)))
