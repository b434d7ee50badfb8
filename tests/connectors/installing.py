"""The example distribution, installed as a person would install it."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent / "example"


def install_example(target: Path) -> None:
    """Build the example and install it into a directory that is to be on the path."""
    source = target / "source"
    subprocess.run(["cp", "-r", str(EXAMPLE), str(source)], check=True)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", str(target / "site"), str(source)],
        check=True,
    )
