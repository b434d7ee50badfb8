"""Check the summary of a demo: `scripts/demo --json | python scripts/check_demo.py`.

`--contacts` and `--agents` say what the demo was given, as its own options do.
"""

import argparse
import json
import sys
from typing import Any

REDIALS = 0.1
"""The share of answered calls that may be redials, at most: about one in a hundred is."""
ABANDON_LIMIT = 0.03
SLACK = 2
"""Abandoned calls more than the limit allows: few are answered, and one more is a quarter of a percent."""


def problems(summary: dict[str, Any], contacts: int, agents: int) -> list[str]:
    """Return what is wrong, a line each."""
    live, abandoned = summary["live_answers"], summary["abandoned"]
    dispositions = sum(summary["dispositions"].values())
    checks = {
        f"contacts are {contacts}": summary["contacts"] == contacts,
        f"agents are {agents}": summary["agents"] == agents,
        "every contact was tried": summary["attempts"] >= contacts,
        "some attempts were answered, and not all": 0 < live < summary["attempts"],
        "abandoned calls stay within the limit": abandoned <= ABANDON_LIMIT * live + SLACK,
        "the abandon rate is what the counts say": abs(summary["abandon_rate"] - abandoned / live) < 0.001,
        "nothing confirmed is missing on disk": summary["stored"] >= summary["resp_ok"] > 0,
        # a redial is an answered call of its own, and shares the code of its contact
        "each answered call that was not abandoned has its code": dispositions
        <= live - abandoned
        <= dispositions * (1 + REDIALS),
        "the codes are those on disk": dispositions == summary["stored"],
        "agents were used": 0.2 < summary["utilisation"] < 1,
    }
    return [words for words, holds in checks.items() if not holds]


def main() -> int:
    options = argparse.ArgumentParser(description="Check the summary of a demo on standard input.")
    options.add_argument("--contacts", type=int, default=500)
    options.add_argument("--agents", type=int, default=20)
    given = options.parse_args()
    summary = json.load(sys.stdin)
    wrong = problems(summary, given.contacts, given.agents)
    print(json.dumps(summary, indent=1))
    for words in wrong:
        print(f"does not hold: {words}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
