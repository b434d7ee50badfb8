"""Break a centre while 200 agents work, and look whether anything was lost: ./scripts/chaos."""

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from attrs import asdict, define, field

from scripts.havoc.compare import ELSEWHERE, MUST_BE_NONE, compare, read_journals
from scripts.havoc.desktops import Task
from scripts.havoc.rig import PASSWORD, Plan, Process, Rig

FAULTS = ("kill", "stop", "db", "net")
DIRECTORY = Path("var/chaos")
ZONES = {"North": "m1", "South": "m2"}
LEASES = {"steady_s": 10.0, "grace_s": 45.0}
CUSTOMERS = {
    "live": 0.8,
    "machine": 0.02,
    "answer_median_s": 2.0,
    "talk_median_s": 12.0,
    "talk_sigma": 0.4,
    "nail_loss_per_h": 0.0,
    "nail_answer": 1.0,
    "nail_answer_median_s": 0.5,
}
WARM_UP_S = 15.0
BETWEEN_S = 20.0
END_S = 90.0
STANDSTILL_S = 20.0


@define
class Fault:
    """Something that was done, and which zone had which manager until then."""

    kind: str
    detail: str
    at: float
    zones: Mapping[str, str]


class Lines:
    """The process with the network lines."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.havoc.proxy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def new(self, line: str, to: int) -> int:
        """Make a line to a port; returns the port to use instead."""
        self._say({"line": line, "to": to})
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline())["port"])

    def be(self, line: str, mode: str) -> None:
        """Change how a line is."""
        self._say({"line": line, "mode": mode})

    def end(self) -> None:
        """End all of them."""
        self._process.kill()
        self._process.wait()

    def _say(self, word: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(word) + "\n")
        self._process.stdin.flush()


@define
class Havoc:
    """Breaks a centre, one thing after the other."""

    rig: Rig
    lines: Lines
    draw: Random
    faults: list[Fault] = field(factory=list)

    def owners(self) -> dict[str, str]:
        """Return which manager has which zone, by the database."""
        rows = self.rig.postgres.ask(
            "SELECT z.name, m.name FROM zone z JOIN manager m ON z.owner = m.incarnation", "agentmgr"
        )
        return dict(rows)

    def do(self, kind: str) -> None:
        """Break something, and mend it after a while."""
        owners = self.owners()
        if not owners:
            return
        manager = owners[self.draw.choice(sorted(owners))]
        getattr(self, f"_{kind}")(
            manager, {zone: name for zone, name in owners.items() if name == manager}, owners
        )

    def _note(self, kind: str, detail: str, zones: Mapping[str, str]) -> None:
        self.faults.append(Fault(kind, detail, time.monotonic(), zones))
        print(f"{time.strftime('%H:%M:%S')}  {kind}: {detail}", file=sys.stderr, flush=True)

    def _kill(self, manager: str, zones: Mapping[str, str], owners: Mapping[str, str]) -> None:
        process = self.rig.managers[manager]
        self._note("kill", manager, zones)
        process.signal(signal.SIGKILL)
        self._again(process, 3.0)

    def _stop(self, manager: str, zones: Mapping[str, str], owners: Mapping[str, str]) -> None:
        process = self.rig.managers[manager]
        self._note("stop", manager, zones)
        process.signal(signal.SIGSTOP)
        time.sleep(STANDSTILL_S)
        process.signal(signal.SIGCONT)
        self._again(process, 2.0)

    def _db(self, manager: str, zones: Mapping[str, str], owners: Mapping[str, str]) -> None:
        self._note("db", "killed, and started again", {})
        self.rig.postgres.kill()
        time.sleep(self.draw.uniform(1, 3))
        self.rig.postgres.start()

    def _net(self, manager: str, zones: Mapping[str, str], owners: Mapping[str, str]) -> None:
        line, mode, for_s = self.draw.choice(
            (
                (f"{manager}-database", "silent", STANDSTILL_S),
                (f"{manager}-database", "reset", 0.0),
                (f"{manager}-database", "slow", 5.0),
                (f"{manager}-switch", "silent", 3.0),
                (f"{manager}-switch", "reset", 0.0),
                (f"{manager}-switch", "sliced", 5.0),
                (f"{manager}-switch", "half-closed", 0.0),
                *(
                    (f"{manager}-{zone}", mode, 5.0)
                    for zone in zones
                    for mode in ("silent", "reset", "sliced")
                ),
                *((f"{manager}-{zone}", "half-closed", 0.0) for zone in zones),
            )
        )
        moves = line.endswith("database") and mode == "silent"
        self._note("net", f"{line} {mode}", zones if moves else {})
        self.lines.be(line, mode)
        time.sleep(for_s)
        self.lines.be(line, "well")
        if not self.rig.managers[manager].lives:
            self._again(self.rig.managers[manager], 0.0)

    def _again(self, process: Process, after_s: float) -> None:
        """Start a manager that has ended, as whoever keeps it would."""
        time.sleep(after_s)
        if not process.lives:
            process.start()


def taken_after(fault: Fault, rig: Rig, resps: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return how long it took in each zone until somebody else answered a command."""
    found: dict[str, float | None] = {}
    for zone, manager in fault.zones.items():
        others = {str(port) for (name, each), port in rig.ports.items() if each == zone and name != manager}
        at = [
            each["at"]
            for each in resps
            if each["agent"]  # what concerns a connection alone is answered everywhere
            and each["port"] in others
            and each["at"] > fault.at
            and each["result"] != ELSEWHERE
        ]
        found[zone] = round(min(at) - fault.at, 2) if at else None
    return found


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Do all of it; returns what was found."""
    plan = Plan(
        managers=("m1", "m2", "m3"),
        zones=ZONES,
        agents=options.agents,
        contacts=int(options.agents * options.minutes * 5) + 200,
        switch={**CUSTOMERS, "seed": options.seed},
        leases=LEASES,
    )
    lines, draw = Lines(), Random(options.seed)
    directory = DIRECTORY.absolute()
    rig = Rig(directory, plan, lines.new)
    desktops: list[Process] = []
    try:
        rig.start()
        through = {str(port): lines.new(f"{name}-{zone}", port) for (name, zone), port in rig.ports.items()}
        journals = []
        for zone in ZONES:
            journals.append(directory / f"journal-{zone}.jsonl")
            task = Task(
                rig.addresses(), zone, rig.agents_of(zone), PASSWORD, options.seed, str(journals[-1]), through
            )
            command = [sys.executable, "-m", "scripts.havoc.desktops", json.dumps(asdict(task))]
            desktops.append(Process(f"desktops-{zone}", command, directory / f"desktops-{zone}.log"))
            desktops[-1].start()
        time.sleep(WARM_UP_S)
        havoc, ends_at = Havoc(rig, lines, draw), time.monotonic() + options.minutes * 60
        kinds: list[str] = []
        while time.monotonic() < ends_at:
            kinds = kinds or draw.sample(options.faults, len(options.faults))
            havoc.do(kinds.pop())
            time.sleep(draw.uniform(0.7, 1.3) * BETWEEN_S)
        for each in desktops:
            each.signal(signal.SIGTERM)
        for each in desktops:
            assert each.running is not None
            try:
                each.running.wait(END_S)
            except subprocess.TimeoutExpired:
                each.signal(signal.SIGKILL)
        for manager in rig.managers.values():  # one after the other: the last one settles what is left
            manager.end(patience_s=20)
        found_in = read_journals(journals)
        agents = [agent for zone in ZONES for agent in rig.agents_of(zone)]
        findings = compare(found_in, rig.postgres, rig.switch.lines(), agents)
        resps = sorted(
            (each for all_ in found_in.results.values() for each in all_), key=lambda each: each["at"]
        )
        return {
            "seed": options.seed,
            "agents": options.agents,
            **findings.counts,
            "examples": dict(findings.examples),
            "confirmed": {
                name: sum(found_in.count(name, confirmed=True).values())
                for name in ("AGTWrapupContact", "AGTAddAgentNote", "AGTCreateCallback")
            },
            "refused_orders": max((each.get("stale_orders", 0) for each in rig.switch.lines()), default=0),
            "faults": [
                {
                    "kind": each.kind,
                    "what": each.detail,
                    "taken_after_s": taken_after(each, rig, resps),
                }
                for each in havoc.faults
            ],
        }
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for each in desktops:
            each.signal(signal.SIGKILL)
        rig.end()
        lines.end()


def main() -> int:
    """Run from the command line; 1 if something was found that must not be."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--agents", type=int, default=200, help="how many, dealt to two zones")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long things are broken")
    parser.add_argument("--faults", default=",".join(FAULTS), help="some of kill,stop,db,net")
    parser.add_argument("--seed", type=int, default=1, help="the same seed breaks the same things")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    options = parser.parse_args()
    options.faults = options.faults.split(",")
    unknown = {*options.faults} - {*FAULTS}
    if unknown:
        parser.error(f"--faults: found {', '.join(sorted(unknown))}; allowed: {', '.join(FAULTS)}")
    found = run(options)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")
    return int(any(found[name] for name in MUST_BE_NONE))


if __name__ == "__main__":
    sys.exit(main())
