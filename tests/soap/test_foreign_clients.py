"""Clients that others wrote, made of the WSDLs that the demo server serves."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "agentmgr" / "docs" / "integrate.md"

pytestmark = pytest.mark.slow


def test_example_of_the_docs_runs(demo_url: str) -> None:
    (example,) = re.findall(r"```python\n(import requests\nfrom zeep.*?)```", DOCS.read_text(), re.DOTALL)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(example.replace("http://127.0.0.1:9980", demo_url), {})
    first, second = said.getvalue().splitlines()
    assert first == "Ada"
    assert "'-2'" in second
