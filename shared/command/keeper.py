"""supervisord's event listener: nothing is ever given up, and nothing of a dead program is left running.

supervisord stops trying after `startretries` (FATAL), and it does not look after the children of a program that was
killed: worker processes of a killed server would go on listening beside the new ones.
"""

import os
import signal
import sys
import time

from supervisor.childutils import eventdata, getRPCInterface, listener

PAUSE_SECONDS = 5


def main() -> None:
    """Serve events for ever."""
    while True:
        headers, payload = listener.wait(sys.stdin, sys.stdout)
        facts, _ = eventdata(f"{payload}\n")
        if facts["groupname"] == "services" and headers["eventname"] == "PROCESS_STATE_EXITED":
            end_group(int(facts["pid"]))
        if headers["eventname"] == "PROCESS_STATE_FATAL":
            time.sleep(PAUSE_SECONDS)
            start_again(f"{facts['groupname']}:{facts['processname']}")
        listener.ok(sys.stdout)


def end_group(pid: int) -> None:
    """Kill what a dead program left in its process group. Never PostgreSQL: its children end themselves in order."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    print(f"ended what {pid} left behind", file=sys.stderr, flush=True)


def start_again(name: str) -> None:
    """Ask supervisord to try a program that it has given up."""
    try:
        getRPCInterface(os.environ).supervisor.startProcess(name, False)
    except OSError as error:
        print(f"{name}: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
