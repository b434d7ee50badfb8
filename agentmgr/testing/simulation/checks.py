"""What must be true of a cluster at every moment, and what of its database in the end."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import trio
from attrs import define, field

from agentmgr.core.effects import Dial
from agentmgr.ports import Token
from agentmgr.store.settlement import INTERRUPTED
from agentmgr.testing.simulation.database import SharedDatabase
from agentmgr.testing.simulation.desktops import Journal
from agentmgr.testing.simulation.node import Node
from agentmgr.testing.simulation.switchboard import Switchboard
from protocol.commands import AGTAddAgentNote, AGTAddToDNC, AGTCreateCallback, AGTWrapupContact

LOOK_S = 0.25
"""How often it is looked who may act."""


STALLS = frozenset(
    {
        "agent stuck",
        "agents do not get home",
        "zone without owner",
        "job does not end",
        "attempt left open",
        "contact stuck",
    }
)
"""What does not go on in the end; all else is something that must not be at any moment."""


@define
class Findings:
    """What is wrong, each kind once, with when it was seen first; `on_wrong` is called for all but stalls."""

    found: dict[str, str] = field(factory=dict)
    on_wrong: Callable[[], None] = lambda: None

    def add(self, kind: str, what: str) -> None:
        """Note something that must not be."""
        self.found.setdefault(kind, f"{trio.current_time():.3f} s: {kind}: {what}")
        if kind not in STALLS:
            self.on_wrong()


class Watch:
    """Looks at every write and order while the cluster runs."""

    def __init__(
        self,
        findings: Findings,
        database: SharedDatabase,
        switchboard: Switchboard,
        nodes: dict[str, Node],
    ) -> None:
        self._database = database
        self._findings = findings
        self._switchboard = switchboard
        self._nodes = nodes
        self._ordered: dict[str, Token] = {}
        self._called: dict[str, str] = {}
        self._kept_by: dict[str, Token] = {}
        self.writes = 0
        self.orders = 0

    def wrote(self, what: str, token: Token, had: Token | None) -> None:
        """A write with a token has changed something."""
        self.writes += 1
        if had != token:
            self._findings.add("stale write", f"{what} by {token} while the zone had {had}")
        self.look()

    def ordered(self, token: Token, order: Any) -> None:
        """The switch carries an order out."""
        self.orders += 1
        highest = self._ordered.setdefault(token.zone, token)
        if (token.era, token.epoch) < (highest.era, highest.epoch):
            self._findings.add("stale order", f"{order} by {token} after {highest}")
        else:
            self._ordered[token.zone] = token
        if isinstance(order, Dial):
            before = self._called.setdefault(order.number, order.call_id)
            self._called[order.number] = order.call_id
            if before != order.call_id and self._switchboard.has(before):
                self._findings.add("number in work twice", f"{order} while {before} is there")
        self.look()

    def cut(self, token: Token, call_id: str) -> None:
        """An owner does not know a call in which a customer talks, and it is ended.

        That is so if the agent has ended it, or if the switch was out of reach; but no takeover may do that.
        """
        took_over = self._kept_by.get(token.zone) != token
        self._kept_by[token.zone] = token
        rows = self._database.fetch(
            "SELECT outcome FROM attempt WHERE session_id = ? ORDER BY started_at DESC LIMIT 1", call_id
        )
        if took_over and rows and rows[0][0] in (None, INTERRUPTED):
            self._findings.add("talk cut off", f"{call_id} by {token}")

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            self.look()
            await trio.sleep(LOOK_S)

    def look(self) -> None:
        """Look whether two may act for a zone."""
        owners: dict[str, str] = {}
        for name, node in self._nodes.items():
            process = node.around.process
            if not process.is_alive or process.is_stopped or not node.guard.is_valid():
                continue
            for zone in node.host.zones:
                other = owners.setdefault(zone, name)
                if other != name:
                    self._findings.add("two owners", f"{other} and {name} of {zone}")


def check_records(findings: Findings, database: SharedDatabase, journal: Journal) -> None:
    """Compare what desktops were told with what is in the database."""
    for contradiction in journal.contradictions:
        findings.add("two answers", contradiction)
    codes: dict[str, list[int]] = {}
    for session_id, code in database.fetch(
        "SELECT attempt.session_id, code_id FROM disposition JOIN attempt USING (attempt_id)"
    ):
        codes.setdefault(session_id, []).append(code)
    for told in journal.done(AGTWrapupContact):
        session_id, code_id = told.command.session_id, told.command.completion_code.code_id
        kept = codes.get(session_id, [])
        if kept != [code_id]:
            kind = "disposition doubled" if kept.count(code_id) > 1 else "disposition lost"
            findings.add(kind, f"{told.agent_id} had {code_id} confirmed for {session_id}, there is {kept}")
    for session_id, kept in codes.items():
        if len(kept) > 1:
            findings.add("disposition doubled", f"{session_id} has {kept}")
    notes = Counter(text for (text,) in database.fetch("SELECT text FROM note"))
    _once(findings, "note", (told.command.agent_note for told in journal.done(AGTAddAgentNote)), notes)
    for text, count in notes.items():
        if count > 1 and text.startswith("Note "):
            findings.add("note doubled", f"{text!r} is there {count} times")
    listed = Counter(address for (address,) in database.fetch("SELECT address FROM dnc"))
    addresses = (told.command.address_list[0].value for told in journal.done(AGTAddToDNC))
    _once(findings, "do-not-call entry", addresses, listed)
    promises = Counter(each for (each,) in database.fetch("SELECT callback_id FROM callback"))
    sessions = (told.command.session_id for told in journal.done(AGTCreateCallback))
    _once(findings, "callback", (f"{session_id}-callback" for session_id in sessions), promises)


def _once(findings: Findings, what: str, confirmed: Iterable[str], kept: Counter[str]) -> None:
    for each in confirmed:
        if kept[each] != 1:
            findings.add(f"{what} {'doubled' if kept[each] else 'lost'}", f"{each!r} was confirmed")


def check_dials(findings: Findings, database: SharedDatabase, switchboard: Switchboard) -> None:
    """Compare what was dialled with the attempts that were begun."""
    begun = Counter(
        session_id
        for (session_id,) in database.fetch("SELECT session_id FROM attempt WHERE dialed_at IS NOT NULL")
    )
    for call_id, count in switchboard.dials.items():
        if count > begun[call_id] and "-party-" not in call_id:
            findings.add("dialled twice", f"{call_id}: {count} dials for {begun[call_id]} attempts")


def check_epochs(findings: Findings, database: SharedDatabase) -> None:
    """Each change of owner is written down, with a cause, and none is left out."""
    for zone, era, epoch in database.fetch("SELECT name, era, epoch FROM zone"):
        rows = database.fetch(
            "SELECT epoch, reason FROM zone_event WHERE zone = ? AND era = ? ORDER BY epoch", zone, era
        )
        if [row[0] for row in rows] != list(range(1, epoch + 1)) or not all(row[1] for row in rows):
            findings.add("change of owner not written down", f"{zone} has epoch {epoch}, and {rows[-3:]}")


def check_settled(findings: Findings, database: SharedDatabase) -> None:
    """When all jobs were stopped and everybody has gone home, nothing is left open."""
    for job_id, state in database.fetch("SELECT job_id, state FROM job WHERE ended_at IS NULL"):
        findings.add("job does not end", f"job {job_id} is {state}")
    for query, kind in (
        ("SELECT attempt_id FROM attempt WHERE ended_at IS NULL", "attempt left open"),
        ("SELECT contact_id FROM job_contact WHERE state = 'claimed'", "contact stuck"),
    ):
        rows = database.fetch(query)
        if rows:
            findings.add(kind, f"{len(rows)}, such as {rows[0][0]}")
