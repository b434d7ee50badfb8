"""Benchmarks of the server on this machine."""

import argparse
import json
import sys
from pathlib import Path

from agentmgr import log
from scripts.benchmarks import (
    attack,
    calls,
    claims,
    command_cost,
    costs,
    flat,
    flood,
    fuzz,
    imports,
    logons,
    neighbours,
    store,
    storm,
    web,
    wire,
    zones,
)
from scripts.benchmarks.pacing import command as pacing


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure this machine; prints JSON.")
    kinds = parser.add_subparsers(
        dest="kind",
        required=True,
        metavar="wire | command | costs | flat | flood | attack | fuzz"
        " | storm | logons | soap | store | import"
        " | zones | web | pacing",
    )
    about_wire = "commands/s and latency of hold and unhold over loopback, beside a bare trio echo server"
    wire_parser = kinds.add_parser("wire", help=about_wire, description=about_wire)
    wire_parser.add_argument("--connections", type=int, nargs="+", default=[1, 100, 1000])
    wire_parser.add_argument("--runs", type=int, default=3, help="runs of each server, by turns")
    wire_parser.add_argument("--seconds", type=float, default=2.0, help="length of a run")
    wire_parser.add_argument(
        "--quick", action="store_true", help="runs of half a second, at 1 and 100 connections"
    )
    wire_parser.add_argument("--log-level", default="info", help="of the server; it writes to /dev/null")
    wire_parser.add_argument("--profile", help="write a cProfile of the server to this file; it gets slower")
    about_command = "what a command costs the server without its sockets, by stages of its way"
    command_parser = kinds.add_parser("command", help=about_command, description=about_command)
    command_parser.add_argument("--connections", type=int, nargs="+", default=[1, 100])
    command_parser.add_argument("--commands", type=int, default=2000, help="of a round")
    command_parser.add_argument("--rounds", type=int, default=9)
    command_parser.add_argument(
        "--instructions", action="store_true", help="count them with valgrind instead of measuring the time"
    )
    about_costs = "what each command costs at its dearest in CPU time of the zone's thread, the dearest first"
    costs_parser = kinds.add_parser("costs", help=about_costs, description=about_costs)
    costs_parser.add_argument("--rounds", type=int, default=9)
    about_flat = "what the commands of a call cost the zone with few agents and with many, by turns"
    flat_parser = kinds.add_parser("flat", help=about_flat, description=about_flat)
    flat_parser.add_argument("--agents", type=int, nargs=2, default=[100, 5000], metavar=("FEW", "MANY"))
    flat_parser.add_argument("--calls", type=int, default=300)
    about_flood = (
        "how long 20 desktops wait for their answers before and while one has thousands of the dearest"
        " commands in flight"
    )
    flood_parser = kinds.add_parser("flood", help=about_flood, description=about_flood)
    flood_parser.add_argument("--commands", type=int, default=4000, help="in flight from one desktop")
    flood_parser.add_argument("--seconds", type=float, default=3.0, help="length of each part")
    about_attack = "how long 100 desktops wait for their answers before and while a stranger attacks the port"
    attack_parser = kinds.add_parser("attack", help=about_attack, description=about_attack)
    attack_parser.add_argument("--only", nargs="+", default=[], choices=list(attack.ATTACKS))
    attack_parser.add_argument("--seconds", type=float, default=5.0, help="length of each part")
    about_fuzz = "whether frames that no client would send end their own connection alone"
    fuzz_parser = kinds.add_parser("fuzz", help=about_fuzz, description=about_fuzz)
    fuzz_parser.add_argument("--frames", type=int, default=1_000_000)
    fuzz_parser.add_argument("--seed", type=int, default=1, help="the same seed sends the same frames")
    about_logons = "how long 20 desktops wait for their logon, before and while strangers try passwords"
    logons_parser = kinds.add_parser("logons", help=about_logons, description=about_logons)
    logons_parser.add_argument("--cases", type=int, default=len(logons.CASES), help="only the first ones")
    logons_parser.add_argument("--root", type=Path, help="measure the server of other sources")
    about_soap = (
        "calls/s of the web services and how long callers wait, reads and writes by turns, while desktops"
        " work; and how long these wait, without calls and with them"
    )
    soap_parser = kinds.add_parser("soap", help=about_soap, description=about_soap)
    soap_parser.add_argument("--desktops", type=int, default=200, help="that work")
    soap_parser.add_argument("--callers", type=int, default=20, help="with one call each at a time")
    soap_parser.add_argument("--seconds", type=float, default=10.0, help="length of each part")
    soap_parser.add_argument(
        "--apart", action="store_true", help="with PostgreSQL, and the web services in a process of their own"
    )
    about_storm = (
        "how soon desktops that were all killed at once work again, back by their tokens, and how long 20"
        " others wait for their answers meanwhile"
    )
    storm_parser = kinds.add_parser("storm", help=about_storm, description=about_storm)
    storm_parser.add_argument("--desktops", type=int, default=500, help="that are killed")
    storm_parser.add_argument("--seconds", type=float, default=3.0, help="length of each part")
    about_store = (
        "durable wrapups/s through the zone's runner into SQLite, by how many agents wrap up at once; then a"
        " zone's commit alone, beside a supervisor who looks, beside services that write; then claims of"
        " contacts that may be called behind others that may not now"
    )
    store_parser = kinds.add_parser("store", help=about_store, description=about_store)
    store_parser.add_argument("--wrapups", type=int, default=20_000)
    store_parser.add_argument("--agents", type=int, nargs="*", default=[1, 20, 500])
    store_parser.add_argument("--attempts", type=int, default=400_000, help="of the job that is looked at")
    store_parser.add_argument("--rounds", type=int, default=5, help="of each neighbour, by turns; 0: none")
    store_parser.add_argument("--seconds", type=float, default=2.0, help="length of a round")
    store_parser.add_argument(
        "--closed", type=int, nargs="*", default=[0, 100_000], help="contacts before those that are claimed"
    )
    store_parser.add_argument("--open", type=int, default=10_000, help="contacts that are claimed")
    about_import = (
        "how long an import from a file takes, what memory it needs, and how long commits of a zone take"
        " before and during it"
    )
    import_parser = kinds.add_parser("import", help=about_import, description=about_import)
    import_parser.add_argument("--contacts", type=int, default=500_000)
    import_parser.add_argument("--seconds", type=float, default=5.0, help="how long the zone is alone before")
    about_zones = (
        "what one zone and two in two processes bear on one PostgreSQL, each process held to a part of a core"
        " (needs root)"
    )
    zones_parser = kinds.add_parser("zones", help=about_zones, description=about_zones)
    zones_parser.add_argument("--agents", type=int, default=100, help="of each zone; none of them pauses")
    zones_parser.add_argument("--seconds", type=float, default=20.0, help="length of each part")
    zones_parser.add_argument("--core-share", type=float, default=0.3, help="of each process; 0: not held")
    about_web = (
        "how soon a supervisor's page shows what an agent does, and how long desktops wait without such pages"
        " and with them, by turns"
    )
    web_parser = kinds.add_parser("web", help=about_web, description=about_web)
    web_parser.add_argument("--agents", type=int, default=500, help="who work")
    web_parser.add_argument("--rate", type=float, default=50.0, help="attempts a second")
    web_parser.add_argument("--wallboards", type=int, default=20, help="pages that are open, one in Chromium")
    web_parser.add_argument("--seconds", type=float, default=15.0, help="length of each part")
    web_parser.add_argument("--rounds", type=int, default=3, help="parts without pages, and with them")
    pacing.add_options(kinds.add_parser("pacing", help=pacing.ABOUT, description=pacing.ABOUT))
    options = parser.parse_args()
    log.configure("warning")
    if options.kind == "pacing":
        sys.exit(pacing.run(options))
    if options.kind == "wire":
        connections, seconds = ([1, 100], 0.5) if options.quick else (options.connections, options.seconds)
        result = [
            wire.measure(n, options.runs, seconds, options.log_level, options.profile) for n in connections
        ]
    elif options.kind == "command" and options.instructions:
        result = [command_cost.count_instructions(n, options.commands) for n in options.connections]
    elif options.kind == "costs":
        result = costs.measure(options.rounds)
    elif options.kind == "flat":
        result = flat.measure(*options.agents, options.calls)
    elif options.kind == "flood":
        result = flood.measure(options.commands, options.seconds)
    elif options.kind == "attack":
        result = attack.measure(options.seconds, options.only)
    elif options.kind == "fuzz":
        result = [fuzz.measure(options.frames, options.seed)]
    elif options.kind == "logons":
        result = logons.measure(options.cases, options.root)
    elif options.kind == "import":
        result = [imports.measure(options.contacts, options.seconds)]
    elif options.kind == "soap":
        result = calls.measure(options.desktops, options.callers, options.seconds, apart=options.apart)
    elif options.kind == "zones":
        result = zones.measure(options.agents, options.seconds, options.core_share)
    elif options.kind == "web":
        result = web.measure(
            options.agents, options.wallboards, options.rate, options.seconds, options.rounds
        )
    elif options.kind == "storm":
        result = [storm.measure(options.desktops, options.seconds)]
    elif options.kind == "command":
        result = [command_cost.measure(n, options.commands, options.rounds) for n in options.connections]
    else:
        result = [each for agents in options.agents for each in store.measure(agents, options.wrapups)]
        if options.rounds:
            result += neighbours.measure(options.attempts, options.rounds, options.seconds)
        result += claims.measure(options.closed, options.open)
    print(json.dumps(result, indent=1))


try:
    main()
except RuntimeError as error:
    sys.exit(f"scripts/bench: {error}")
