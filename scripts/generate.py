"""Write the files that are generated from the code, or with --check say which of them are out of date."""

import sys
from collections.abc import Callable
from pathlib import Path

from agentmgr.settings_file import sample

ROOT = Path(__file__).parent.parent
GENERATED: dict[str, Callable[[], str]] = {"config/agentmgr.toml": sample}


def main(arguments: list[str]) -> int:
    stale = []
    for name, write in GENERATED.items():
        path, content = ROOT / name, write()
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(content, encoding="utf-8")
            print(f"written: {name}")
    if "--check" in arguments and stale:
        print(f"out of date: {', '.join(stale)}; run: .venv/bin/python scripts/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
