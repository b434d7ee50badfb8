"""The examples of the docs, against the running demo server."""

import contextlib
import io
import re
import subprocess
from pathlib import Path

import pytest

from tests.demo_server import demo, demo_url

__all__ = ["demo", "demo_url"]
ROOT = Path(__file__).parents[2]
DOCS, README = ROOT / "agentmgr" / "docs" / "integrate.md", ROOT / "README.md"
HERE = "http://127.0.0.1:9980"

pytestmark = pytest.mark.slow


def example(of: Path, begins: str) -> str:
    """Return the one block of code of a document that begins so."""
    (found,) = re.findall(rf"```[a-z]+\n({re.escape(begins)}.*?)```", of.read_text(), re.DOTALL)
    return str(found)


def said_by(python: str, url: str) -> list[str]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(python.replace(HERE, url), {})
    return said.getvalue().splitlines()


def curl(lines: str, url: str) -> list[str]:
    """Run the calls by curl, each of which has to be carried out; return what they gave."""
    calls = [line for line in lines.splitlines() if line.startswith("curl")]
    command = "\n".join(f"{line.replace(HERE, url).replace('curl', 'curl -sSf', 1)}; echo" for line in calls)
    done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_example_of_the_docs_runs(demo_url: str) -> None:
    results, number, detail = said_by(example(DOCS, "import json\n\nimport requests"), demo_url)
    assert results == "[0, 0, 0]"
    assert number == "+4930901830"
    assert "no contact 'R-0'" in detail


def test_calls_by_curl_of_the_docs_are_carried_out(demo_url: str) -> None:
    campaigns, job, once, again = curl(example(DOCS, "curl -u admin:demo"), demo_url)
    assert '"Name":"Preview"' in campaigns
    assert job == '{"IsQueued":true}'
    assert once == again == '{"Result":true}'


def test_example_of_the_readme_runs(demo_url: str) -> None:
    python = example(README, "import requests\n").replace('("crm", "its password")', '("admin", "demo")')
    assert len([line for line in python.splitlines() if line]) <= 10
    result, campaigns = said_by(python, demo_url)
    assert result == "0"
    assert "'Preview'" in campaigns


def test_calls_by_curl_of_the_readme_are_carried_out(demo_url: str) -> None:
    lines = example(README, "agentmgr account add crm").replace("-u crm", "-u admin:demo")
    said = "\n".join(curl(lines, demo_url))
    assert "<wsdl:definitions" in said or "definitions" in said
    assert '"Name":"Preview"' in said
