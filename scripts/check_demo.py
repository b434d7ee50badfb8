"""Check the summary of a demo: `scripts/demo --json | python scripts/check_demo.py`."""

import json
import sys
from typing import Any

CONTACTS = 500
AGENTS = 20
ABANDON_LIMIT = 0.03
SLACK = 2
"""Abandoned calls more than the limit allows: few are answered, and one more is a quarter of a percent."""


def problems(summary: dict[str, Any]) -> list[str]:
    """Return what is wrong, a line each."""
    live, abandoned = summary["live_answers"], summary["abandoned"]
    dispositions = sum(summary["dispositions"].values())
    checks = {
        f"contacts are {CONTACTS}": summary["contacts"] == CONTACTS,
        f"agents are {AGENTS}": summary["agents"] == AGENTS,
        "every contact was tried": summary["attempts"] >= CONTACTS,
        "some attempts were answered, and not all": 0 < live < summary["attempts"],
        "abandoned calls stay within the limit": abandoned <= ABANDON_LIMIT * live + SLACK,
        "the abandon rate is what the counts say": abs(summary["abandon_rate"] - abandoned / live) < 0.001,
        "nothing confirmed is missing on disk": summary["stored"] >= summary["resp_ok"] > 0,
        "each answered call that was not abandoned has its code": dispositions == live - abandoned,
        "the codes are those on disk": dispositions == summary["stored"],
        "agents were used": 0.2 < summary["utilisation"] < 1,
    }
    return [words for words, holds in checks.items() if not holds]


def main() -> int:
    summary = json.load(sys.stdin)
    wrong = problems(summary)
    print(json.dumps(summary, indent=1))
    for words in wrong:
        print(f"does not hold: {words}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
