"""A million contacts in one call: all are stored, and the server's memory stays as it is."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

COUNT = int(os.environ.get("AGENTMGR_CONTACTS", "1000000"))
MIB = 2**20
MAY_GROW_BYTES = 40 * MIB


def resident_bytes(pid: int) -> int:
    (kib,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kib) * 1024


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read in /proc")
def test_million_contacts_in_one_call_are_stored_in_memory_that_does_not_grow(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "agentmgr",
        "demo",
        "--serve-only",
        "--data",
        str(tmp_path),
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = server.stdout.readline() + server.stdout.readline()
        (url,) = re.findall(r"web services at (http://\S+):", said)
        most = [0]

        def body() -> Iterator[bytes]:
            for start in range(0, COUNT, 500):
                most[0] = max(most[0], resident_bytes(server.pid))
                yield b"".join(
                    b'{"UserContactId": "M%d", "FirstName": "Ada", "PhoneNumber1": "+4930%08d"}\n'
                    % (n, 20_000_000 + n)
                    for n in range(start, min(start + 500, COUNT))
                )

        session = requests.Session()
        session.auth = ("admin", "demo")
        session.put(f"{url}/api/v1/lists/Million", json={}).raise_for_status()
        before = resident_bytes(server.pid)
        answer = session.post(
            f"{url}/api/v1/lists/Million/contacts",
            data=body(),
            headers={"Content-Type": "application/x-ndjson"},
            stream=True,
        )
        stored = sum(b'"Result":0' in line for line in answer.iter_lines(MIB))
        most[0] = max(most[0], resident_bytes(server.pid))
        lists = session.get(f"{url}/api/v1/lists").json()["ContactLists"]
        server.terminate()
    assert stored == COUNT
    assert {each["Name"]: each["Contacts"] for each in lists}["Million"] == COUNT
    assert most[0] - before < MAY_GROW_BYTES
