"""The command line, called in this process."""

import pytest

from agentmgr.cli import run

CONFIG = """
[database]
path = "{directory}/agentmgr.sqlite"
[admin]
socket = "{directory}/run/admin.sock"
[http]
port = 0
[[zones]]
port = 0
"""


class Shell:
    """Runs commands in this process and has what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.error = ""

    def __call__(self, *tokens: str, code: int = 0) -> str:
        """Run a command that must end with `code`, and return its output."""
        self._capsys.readouterr()
        found = run(tokens)
        output, self.error = self._capsys.readouterr()
        assert found == code, self.error
        return output
