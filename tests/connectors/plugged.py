"""Plug-ins for tests: a distribution made in a directory, as pip would have installed it."""

from collections.abc import Mapping
from pathlib import Path

from agentmgr.connectors.protocols import Kind

CODE = """
import os, time
from agentmgr.connectors import Contact

class Act:
    def __init__(self, options):
        self.options, self.calls = options, 0
    def process_contact(self, info, state):
        self.calls += 1
        if state == "raise":
            raise RuntimeError("no such ticket")
        if state == "sleep":
            time.sleep(60)
        if state == "crash":
            os.abort()
        if state == "leave":
            os._exit(3)
        if state == "eat":
            self.eaten = bytearray(4 * 1024**3)
        if state == "nothing":
            return None
        if state == "print":
            print("heard", info.contact_id)
        if state == "lots":
            return "x" * 20_000_000
        if state == "child":
            import subprocess
            child = subprocess.Popen(["sleep", "600"])
            open(info.address, "w").write(f"{os.getpid()} {child.pid}")
            time.sleep(60)
        if state == "answer":
            return info.contact_id == self.options.get("wanted")
        return True

class Source:
    def __init__(self, options, import_id):
        self.left, self.import_id = options.get("batches", 3), import_id
    def init(self):
        self.started = True
    def get_next_contact_batch(self):
        assert self.started
        self.left -= 1
        name = f"{self.import_id}-{self.left}"
        return [Contact(user_contact_id=name, phone_number1="+12025550100", attributes={"City": "Ulm"})]
    def has_more_contacts(self):
        return self.left > 0

class WrongSource(Source):
    def get_next_contact_batch(self):
        return [{"user_contact_id": "1"}]

class BadContact(Source):
    def get_next_contact_batch(self):
        return [Contact(user_contact_id=7)]

class Report:
    def __init__(self, options):
        self.options = options
    def process_contact_attempt(self, campaign, job, contact, attempt):
        import json
        options = self.options
        if contact.contact_id == options.get("crash_once_at") and not os.path.exists(options["mark"]):
            open(options["mark"], "w").close()
            os.abort()
        line = dict(campaign=campaign.name, job=job.job_id, reason=job.finish_reason)
        line |= dict(contact=contact.contact_id, first=contact.first_name)
        line |= dict(code=attempt.pim_completion_code, session=attempt.pim_session_id)
        line |= dict(at=attempt.contact_attempt_time.timestamp())
        with open(options["file"], "a") as file:
            print(json.dumps(line), file=file)

class Poor:
    def __init__(self, options):
        pass

def broken(options):
    raise ValueError("the option url is missing")
"""

ENTRIES: Mapping[Kind, Mapping[str, str]] = {
    Kind.Action: {"act": "Act", "poor": "Poor", "broken": "broken"},
    Kind.PostProcessor: {"report": "Report"},
    Kind.ImportSource: {"source": "Source", "wrong": "WrongSource", "bad": "BadContact"},
}


def install(directory: Path, module: str = "plugged_for_tests") -> None:
    """Put the plug-ins into a directory that is to be on the path."""
    (directory / f"{module}.py").write_text(CODE)
    info = directory / f"{module}-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.5\n")
    lines = []
    for kind, entries in ENTRIES.items():
        lines.append(f"[{kind.group}]")
        lines += [f"{name} = {module}:{target}" for name, target in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
