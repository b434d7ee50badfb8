"""Benchmarks of the server on this machine."""

import argparse
import json

from agentmgr import log
from scripts.benchmarks import store, wire


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure this machine; prints JSON.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="wire | store")
    about_wire = "commands/s and latency of hold and unhold over loopback, beside a bare trio echo server"
    wire_parser = kinds.add_parser("wire", help=about_wire, description=about_wire)
    wire_parser.add_argument("--connections", type=int, nargs="+", default=[1, 100, 1000])
    wire_parser.add_argument("--rounds", type=int, default=5, help="rounds of each server, in turns")
    wire_parser.add_argument("--seconds", type=float, default=1.0, help="length of a round")
    wire_parser.add_argument("--log-level", default="info", help="of the server; it writes to /dev/null")
    wire_parser.add_argument("--profile", help="write a cProfile of the server to this file; it gets slower")
    about_store = (
        "durable wrapups/s through the zone's runner into SQLite, by how many agents wrap up at once"
    )
    store_parser = kinds.add_parser("store", help=about_store, description=about_store)
    store_parser.add_argument("--wrapups", type=int, default=20_000)
    store_parser.add_argument("--agents", type=int, nargs="+", default=[1, 20, 500])
    options = parser.parse_args()
    log.configure("warning")
    if options.kind == "wire":
        result = [
            wire.measure(n, options.rounds, options.seconds, options.log_level, options.profile)
            for n in options.connections
        ]
    else:
        result = [store.measure(agents, options.wrapups) for agents in options.agents]
    print(json.dumps(result, indent=1))


main()
