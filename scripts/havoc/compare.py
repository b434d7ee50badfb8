"""What desktops were told, held against the database, the switch's log and the zones' owners."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from agentmgr.core.ids import SESSIONS_A_RUN
from agentmgr.testing.postgres import ThrowawayPostgres

MUST_BE_NONE = ("lost", "doubled", "stale_writes", "stale_orders", "double_dials", "stuck", "calls_cut")

ELSEWHERE = 9012
"""What the port of a zone answers that another manager has."""

SAME_CLOCK_S = 0.05
"""Managers follow the wall clock of the machine so closely."""

SESSION = "COALESCE(NULLIF(a.session_id, ''), a.attempt_id)"


@define
class Findings:
    """How much was found of each thing that must not be, and an example of each."""

    counts: dict[str, int] = field(factory=lambda: dict.fromkeys(MUST_BE_NONE, 0))
    examples: dict[str, list[str]] = field(factory=lambda: defaultdict(list))

    def add(self, what: str, example: str) -> None:
        """Count one."""
        self.counts[what] += 1
        if len(self.examples[what]) < 5:
            self.examples[what].append(example)


@frozen
class Journals:
    """What desktops sent and were told, by agent and id of the command."""

    commands: Mapping[tuple[str, int], Mapping[str, Any]]
    results: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]]
    ends: Mapping[str, Mapping[str, Any]]

    def count(self, name: str, *, confirmed: bool) -> Counter[tuple[str, str]]:
        """Return how many commands of a name there were for each agent and session."""
        return Counter(
            (command["agent"], command["session"])
            for key, command in self.commands.items()
            if command["name"] == name
            and (not confirmed or any(each["result"] == 0 for each in self.results.get(key, ())))
        )


def read_journals(paths: Iterable[Path]) -> Journals:
    """Read what desktops wrote down."""
    commands: dict[tuple[str, int], dict[str, Any]] = {}
    results: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    ends: dict[str, dict[str, Any]] = {}
    for path in paths:
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if entry["kind"] == "command":
                commands.setdefault((entry["agent"], entry["id"]), entry)
            elif entry["kind"] == "resp":
                results[entry["agent"], entry["id"]].append(entry)
            elif entry["kind"] == "end":
                ends[entry["agent"]] = entry
    return Journals(commands, results, ends)


def compare(
    journals: Journals,
    postgres: ThrowawayPostgres,
    orders: Sequence[Mapping[str, Any]],
    agents: Iterable[str],
) -> Findings:
    """Find what must not be."""
    found = Findings()

    def ask(sql: str) -> list[tuple[Any, ...]]:
        return postgres.ask(sql, "agentmgr")

    _check_answers(found, journals)
    _check_dispositions(found, journals, ask)
    _check_notes(found, journals, ask)
    _check_callbacks(found, journals, ask)
    _check_epochs(found, ask)
    _check_switch(found, journals, orders)
    for agent in agents:
        end = journals.ends.get(agent)
        if end is None or not end["finished"]:
            found.add("stuck", f"agent {agent} did not come to an end")
    for (attempt,) in ask("SELECT attempt_id FROM attempt WHERE ended_at IS NULL"):
        found.add("stuck", f"attempt {attempt} is open")
    return found


def _check_answers(found: Findings, journals: Journals) -> None:
    """A command that is sent again is answered as before."""
    for key, results in journals.results.items():
        told = {each["result"] for each in results if each["result"] not in (9005, ELSEWHERE)}
        if 0 in told and len(told) > 1:
            found.add("doubled", f"{journals.commands.get(key)} was answered {sorted(told)}")


def _check_dispositions(found: Findings, journals: Journals, ask: Any) -> None:
    rows = dict(
        ask(f"SELECT {SESSION}, count(*) FROM disposition d JOIN attempt a USING (attempt_id) GROUP BY 1")
    )
    for (agent, session), count in journals.count("AGTWrapupContact", confirmed=True).items():
        if not rows.get(session):
            found.add("lost", f"completion code of {agent} for {session}")
        if count > 1:
            found.add("doubled", f"{agent} was told {count} times that {session} is wrapped up")
    for session, count in rows.items():
        if count > 1:
            found.add("doubled", f"{count} completion codes for {session}")


def _check_notes(found: Findings, journals: Journals, ask: Any) -> None:
    """Of each agent there are as many notes as were confirmed, and no more than were sent."""
    rows = dict(ask("SELECT agent_id, count(*) FROM note GROUP BY 1"))
    sent, confirmed = (_by_agent(journals.count("AGTAddAgentNote", confirmed=each)) for each in (False, True))
    callbacks = _by_agent(journals.count("AGTCreateCallback", confirmed=False))  # which may bring one
    for agent in sent.keys() | rows.keys():
        there = rows.get(agent, 0)
        most = sent[agent] + callbacks[agent]
        if there < confirmed[agent]:
            found.add("lost", f"{confirmed[agent]} notes of {agent}, of which {there} are there")
        if there > most:
            found.add("doubled", f"{there} notes of {agent}, of which {most} were sent")


def _by_agent(counts: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (agent, _), count in counts.items():
        found[agent] += count
    return found


def _check_callbacks(found: Findings, journals: Journals, ask: Any) -> None:
    ids = [each for (each,) in ask("SELECT callback_id FROM callback")]
    rows = Counter(each.removesuffix("-callback") for each in ids)
    sent, confirmed = (journals.count("AGTCreateCallback", confirmed=each) for each in (False, True))
    for agent, session in confirmed:
        if not rows.get(session):
            found.add("lost", f"callback of {agent} for {session}")
    sessions = {session for _, session in sent}
    for session, count in rows.items():
        if count > 1 and session in sessions:
            found.add("doubled", f"{count} callbacks of {session}")


def _check_epochs(found: Findings, ask: Any) -> None:
    """Nothing that an owner began after the next one had the zone is there."""
    began: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
    for zone, epoch, run, at in ask(
        "SELECT zone, epoch, run, at FROM zone_event WHERE run > 0 ORDER BY era, epoch"
    ):
        began[zone].append((epoch, run, at))
    for zone, events in began.items():
        for epoch, run, at in events[1:]:
            made_by = f"split_part(attempt_id, '.', 1)::bigint / {SESSIONS_A_RUN}"
            late = ask(
                f"SELECT attempt_id FROM attempt WHERE zone = '{zone}' AND started_at > {at + SAME_CLOCK_S}"
                f" AND {made_by} < {run}"
            )
            for (attempt,) in late:
                found.add("stale_writes", f"{attempt} was begun after epoch {epoch} had {zone}")


def _check_switch(found: Findings, journals: Journals, log: Sequence[Mapping[str, Any]]) -> None:
    """Orders of old owners were refused, nothing was dialled twice, nobody was cut off who talked."""
    highest: Counter[str] = Counter()
    dials: Counter[str] = Counter()
    released = {session for _, session in journals.count("AGTReleaseLine", confirmed=False)}
    for line in log:
        zone, event = line.get("zone", ""), line.get("event")
        if event == "zone_taken_over":
            highest[zone] = max(highest[zone], line["epoch"])
        elif event == "switch_order":
            leg = line["leg"]
            if line["epoch"] < highest[zone]:
                found.add("stale_orders", f"{line['kind']} {leg} by epoch {line['epoch']}")
            if line["kind"] == "Dial":
                dials[leg] += 1
            if line["kind"] == "HangUp" and line["talks"] and leg not in released:
                found.add("calls_cut", f"{leg} was hung up at {line['timestamp']}")
        elif event == "zone_kept":
            for leg in line["talks_ended"]:
                found.add("calls_cut", f"{leg} was not known to epoch {line['epoch']} at {line['timestamp']}")
    for leg, count in dials.items():
        if count > 1:
            found.add("double_dials", f"{leg} was dialled {count} times")
