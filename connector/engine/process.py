"""Names this process in a lease, so that another on the same machine can tell whether it still lives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_START_FIELD = 19
"""Place of the start time in ``/proc/PID/stat`` behind the process name (field 22 of proc(5))."""


def process_name() -> str:
    """Return ``host:pid:start:namespace``; the last two are empty where the system has no ``/proc``."""
    pid = os.getpid()
    return ":".join((socket.gethostname(), str(pid), _start(pid), _namespace()))


def is_dead(name: str) -> bool:
    """Whether the process of this name is known to be gone.

    Only a process of this machine and process namespace can be judged; of any other, and of a name that this module
    did not make, nothing is known.
    """
    host, _, rest = name.partition(":")
    pid, _, rest = rest.partition(":")
    start, _, namespace = rest.partition(":")
    if host != socket.gethostname() or not pid.isdecimal() or namespace != _namespace():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    # Another account's process may be there and hidden (hidepid of /proc, ProtectProc= of a unit).
    now = _start(int(pid))
    return now not in ("", start)


def _start(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[_START_FIELD]


def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
