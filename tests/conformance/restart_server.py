"""Stop a server of these tests as planned, and start it again at its port, for `--restart`.

Usage: restart_server.py [--kill] PID_FILE SERVER_COMMAND...; with --kill not as planned. Returns when the
next one is ready. The file then has its process id.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STARTS_WITHIN_S = 60.0


def main(pid_file: Path, command: list[str], ending: int = signal.SIGTERM) -> int:
    os.kill(int(pid_file.read_text()), ending)
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        pid_file.write_text(str(server.pid))  # at once: whoever ends this script has to end the server too
        assert server.stdout is not None
        if server.stdout.readline().startswith("ready"):
            return 0
        server.wait()  # the port is taken, or the database: the one before is not gone yet
    return 1


if __name__ == "__main__":
    if sys.argv[1] == "--kill":
        sys.exit(main(Path(sys.argv[2]), sys.argv[3:], signal.SIGKILL))
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
