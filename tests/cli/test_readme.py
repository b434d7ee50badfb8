import re
import shlex
from pathlib import Path

import pytest

from agentmgr.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^agentmgr .*$", README, re.MULTILINE)


def test_example_in_the_readme_is_the_one_that_is_tested() -> None:
    example = (ROOT / "agentmgr" / "client" / "example.py").read_text(encoding="utf-8")
    assert f"```python\n{example}```" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_command_in_the_readme_exists_with_its_options(command: str) -> None:
    app.parse_args(shlex.split(command)[1:], exit_on_error=False, print_error=False)


def test_files_named_in_the_readme_are_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).exists()] == []
