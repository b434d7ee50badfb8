"""Small faults planted in the core, and a check that walks and playbooks find each of them.

A fault is planted in a copy of the package, which a process of its own is run against.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
SEEDS = range(12)
"""Days that are walked through; playbooks come after them."""


@frozen
class Mutation:
    """A fault: `text`, which stands once in a file of the core, is replaced; `why` says what is broken."""

    file: str
    text: str
    replacement: str
    why: str


MUTATIONS = [
    Mutation(
        "consults.py",
        "        self._out.cancel_timer((Timer.CONSULT, session.sid))\n        consultation.on_event",
        "        consultation.on_event",
        "the timer of a pending consult is not cancelled when the consult begins",
    ),
    Mutation(
        "states.py",
        "    NailEvent.DROPPED: CallEvent.UNNAILED,\n",
        "",
        "an agent whose phone was let go stays Idle",
    ),
    Mutation(
        "capabilities.py",
        'Row.HELD: "unh upd"',
        'Row.HELD: "hld unh upd"',
        "hold is still promised while the customer is on hold",
    ),
    Mutation(
        "consults.py",
        "        agent.take_off_duty()\n",
        "",
        "an agent who is consulted is still in the queue of idle agents",
    ),
    Mutation(
        "callflow.py",
        "        session.owner.sync()\n        self._consults.dissolve(session)\n",
        "        session.owner.sync()\n",
        "a consult is not dissolved when the customer hangs up",
    ),
    Mutation(
        "returns.py",
        "        for message in missed:\n",
        "        for message in reversed(missed):\n",
        "what waited for a lost desktop arrives in the wrong order",
    ),
    Mutation(
        "deliveries.py",
        "        agent.pending_callback = None\n        agent.take_off_duty()\n",
        "        agent.take_off_duty()\n",
        "a callback that was delivered is still promised, and is delivered again",
    ),
    Mutation(
        "consults.py",
        "        passive.rest(self._out.now)\n",
        "",
        "a break asked for in a consult never begins",
    ),
    Mutation(
        "commands/registry.py",
        "if self.names_session and command.session_id != session.sid:",
        "if self.names_session and not command.session_id:",
        "a command about another contact is taken for one about this",
    ),
    Mutation(
        "session.py",
        "        elif job.ringing.pop(self.sid, None) is not None:\n            job.stats.dialing -= 1\n",
        "",
        "lines that ring no more are still counted",
    ),
    Mutation(
        "pacer.py",
        "begun + min(max(wanted, BOLDEST), MOST_CAUTIOUS)",
        "begun",
        "lines are dialled ahead as if nothing had been abandoned",
    ),
    Mutation(
        "callflow.py",
        "        session.job.estimates.saw_contact_end(steady - session.owned_at, steady)\n",
        "",
        "the pacer never learns how long a contact takes",
    ),
    Mutation(
        "dialer.py",
        "        if len(job.contacts) <= size // 2:",
        "        if len(job.contacts) <= size * 2:",
        "a job claims three times as many contacts as it should",
    ),
    Mutation(
        "callflow.py",
        "(Timer.PREVIEW, Timer.CALL, Timer.WRAPUP)",
        "(Timer.PREVIEW, Timer.WRAPUP)",
        "the limit of a call goes on after the call",
    ),
    Mutation(
        "consults.py",
        "        consultation.party_id = owner.leg_id\n",
        "",
        "after a change of owner the switch is told of the wrong party",
    ),
    Mutation(
        "returns.py",
        "        agent.claimed_by = None\n",
        "",
        "a connection that claimed an agent once is asked for it after the next loss",
    ),
    Mutation(
        "attempts.py",
        "        self._floor.contacts_in_work.discard(session.contact.contact_id)\n",
        "",
        "a contact that was worked on once is never dialled again",
    ),
    Mutation(
        "deliveries.py",
        "        self._out.cancel_timer((Timer.DUE, spec.callback_id))\n",
        "",
        "a callback that is on a desktop is still tried again",
    ),
    Mutation(
        "attempts.py",
        "return DialFailReason.OutsideCallingHours if opening != self._out.now else None",
        "return None",
        "a number is dialled outside its calling hours",
    ),
    Mutation(
        "dialer.py",
        "deque(sorted((*job.contacts, *new), key=_turn))",
        "deque((*job.contacts, *new))",
        "a contact that is due again waits for the fresh ones on hand",
    ),
    Mutation(
        "attempts.py",
        "if answer.in_work or self._floor.numbers_in_work.get(answer.number.number) is not session:",
        "if False:",
        "two agents talk to one number at once",
    ),
    Mutation(
        "attempts.py",
        "            self._mark_dialed(session, agent.agent_id)\n            return\n",
        "            return\n",
        "a number that an agent chose is dialled, and another one recorded",
    ),
    Mutation(
        "zone.py",
        "            elif thing.__class__ is Job and thing.ringing:\n",
        "            elif thing.__class__ is Job and thing.over:\n",
        "lines ring on for agents who are not there any more",
    ),
    Mutation(
        "deliveries.py",
        "        agent.home = home if home is not job else None\n",
        "",
        "an agent who was lent for a callback never goes back",
    ),
    Mutation(
        "callflow.py",
        "elif agent is not None and agent.is_away and agent.leaving:",
        "elif False:",
        "a wrapup without limit never ends if its desktop is lost for good",
    ),
    Mutation(
        "nailer.py",
        "            self.detach(agent)\n"
        "        self._out.set_timer((Timer.RENAIL, agent.agent_id), self._floor.config.nail_retry_s)\n",
        "            self.detach(agent)\n",
        "an agent whose line was lost is never called again",
    ),
    Mutation(
        "zone.py",
        "        if agent.owes_life and not agent.is_probed:\n            self.pulse.probe(agent)\n",
        "",
        "whose desktop did nothing about a contact is never asked, and never gets another",
    ),
    Mutation(
        "agent.py",
        "                self.is_mute = True  # a desktop that lives does something about its contact\n",
        "                pass\n",
        "a desktop that hangs gets one contact after the other",
    ),
    Mutation(
        "zone.py",
        "        self.callbacks.on_pause(job)\n        self.dialer.drop_lines(job, len(job.ringing))\n",
        "        self.dialer.drop_lines(job, len(job.ringing))\n",
        "a callback is shown although the zone is about to end",
    ),
]


def run_against(folder):
    """Run walks and playbooks against the copy in a folder, up to the first failure."""
    walk = HERE / "test_zone_walk.py"
    days = [f"{walk}::test_day_of_the_zone_adds_up_at_every_step_and_comes_to_rest[{n}]" for n in SEEDS]
    playbooks = [str(HERE / "test_pacer.py"), *sorted(str(path) for path in HERE.glob("test_playbook_*.py"))]
    options = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=line")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("COV", "PYTEST"))}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *days, *playbooks],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


@pytest.fixture
def copy(tmp_path):
    """A folder with a copy of the packages, which is imported by what is run in it."""
    for package in ("agentmgr", "protocol"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.why.replace(" ", "_"))
def test_planted_fault_is_found(copy, mutation):
    path = copy / "agentmgr" / "core" / mutation.file
    source = path.read_text(encoding="utf-8")
    assert source.count(mutation.text) == 1, f"{mutation.file} has changed: plant the fault anew"
    path.write_text(source.replace(mutation.text, mutation.replacement), encoding="utf-8")
    found = run_against(copy)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "1 failed" in found.stdout


def test_copy_without_a_fault_passes(copy):
    """Else the faults would prove nothing."""
    found = run_against(copy)
    assert found.returncode == 0, found.stdout + found.stderr
    where = subprocess.run(
        [sys.executable, "-c", "import agentmgr.core.zone as zone; print(zone.__file__)"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(copy)


def test_faults_are_planted_in_different_places():
    assert len({(mutation.file, mutation.text) for mutation in MUTATIONS}) == len(MUTATIONS)
