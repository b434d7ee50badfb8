import os
import subprocess
import sys

import orjson

from agentmgr.log import MASK, mask_secrets
from protocol.commands import AGTLogon

SCRIPT = """
import structlog, sys
from agentmgr.log import configure
configure(sys.argv[1], sys.argv[2])
log = structlog.get_logger().bind(zone="Default")
log.debug("detail")
log.info("logon", agent="1001", pwd="geheim")
"""


def logged(level: str, style: str) -> str:
    run = subprocess.run([sys.executable, "-c", SCRIPT, level, style], capture_output=True, check=True)
    return run.stderr.decode()


def test_log_not_on_a_terminal_is_one_json_object_a_line() -> None:
    lines = [orjson.loads(line) for line in logged("debug", "auto").splitlines()]
    assert [(line["event"], line["level"], line["zone"]) for line in lines] == [
        ("detail", "debug", "Default"),
        ("logon", "info", "Default"),
    ]


def test_log_below_the_level_is_dropped() -> None:
    assert len(logged("info", "json").splitlines()) == 1


def test_log_for_people_has_event_and_fields_without_passwords() -> None:
    text = logged("info", "console")
    assert "logon" in text
    assert "1001" in text
    assert "geheim" not in text


def test_mask_hides_passwords_in_mappings_and_messages() -> None:
    command = AGTLogon("5001", "geheim", False, "en", "UTC", "Default")
    event = mask_secrets(
        None, "info", {"event": "x", "args": {"in": {"password": "geheim"}}, "command": command}
    )
    assert "geheim" not in repr(event)
    assert event["args"] == {"in": {"password": MASK}}
    assert event["command"]["agent_ext"] == "5001"


def test_log_that_nobody_reads_does_not_disturb_who_logs() -> None:
    script = SCRIPT + "print('went on')"
    for style in ("json", "console"):
        reading, writing = os.pipe()
        os.close(reading)
        run = subprocess.run(
            [sys.executable, "-c", script, "info", style], stdout=subprocess.PIPE, stderr=writing
        )
        os.close(writing)
        assert run.stdout == b"went on\n", style
