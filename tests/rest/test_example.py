"""The example of the docs, against the running demo server."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.demo_server import demo, demo_url

__all__ = ["demo", "demo_url"]
DOCS = Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md"

pytestmark = pytest.mark.slow


def test_example_of_the_docs_runs(demo_url: str) -> None:
    (example,) = re.findall(r"```python\n(import json\n\nimport requests.*?)```", DOCS.read_text(), re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(example.replace("http://127.0.0.1:9980", demo_url), {})
    results, number, detail = said.getvalue().splitlines()
    assert results == "[0, 0, 0]"
    assert number == "+4930901830"
    assert "no contact 'R-0'" in detail
