"""A page that is left open for a week has at its end what it had after an hour."""

import json
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
WEEK = Path(__file__).with_name("week.ts")


@pytest.mark.slow
def test_week_of_pictures_leaves_nothing_behind(tmp_path: Path) -> None:
    built = tmp_path / "week.js"
    esbuild = SCRIPTS / "node_modules" / "esbuild" / "bin" / "esbuild"
    bundle = [SCRIPTS / "node", esbuild, WEEK, "--bundle", "--log-level=warning", f"--outfile={built}"]
    subprocess.run(bundle, check=True)
    week = subprocess.run(
        [SCRIPTS / "node", "--expose-gc", built], check=True, capture_output=True, text=True
    )
    found = json.loads(week.stdout)
    assert found["grown_mb"] < 1
    assert 0 < found["agents"] <= 500
    assert found["campaigns"] == 1
