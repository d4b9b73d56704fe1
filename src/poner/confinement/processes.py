"""Processes as /proc shows them: which there are, and what memory they hold."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGKILL = 9
"""The module `signal` takes longer to load than all that is done here."""

NOT_FILES = (b"/dev/zero", b"/memfd:", b"/SYSV")
"""Beginnings of names that shared memory has among the mappings of a process (proc(5))."""


def processes() -> list[int]:
    """Every process that can be seen."""
    with os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdigit()]


def all_others() -> list[int]:
    """Every process of a PID namespace but its first."""
    return [pid for pid in processes() if pid != 1]


def descendants() -> list[int]:
    """Every process that descends from this one."""
    children: dict[int, list[int]] = {}
    for pid in processes():
        fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    found = children.get(os.getpid(), [])
    for pid in found:  # grows meanwhile
        found.extend(children.get(pid, []))
    return found


def kill(pids: Iterable[int]) -> None:
    """Kill processes, or with -1 every process of this namespace but its first."""
    for pid in pids:
        try:
            os.kill(pid, SIGKILL)
        except ProcessLookupError:
            continue


def read(path: str) -> bytes:
    """A file of /proc; empty where its process has ended."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return b""


def held_bytes(pids: Sequence[int], limit_bytes: int) -> int:
    """Memory that processes hold and that cannot be had back: all but what files hold.

    Whether a page is shared, or of a file in /tmp, takes the kernel long to tell, so it is asked
    only where it matters.
    """
    held = sum(resident_bytes(read(f"/proc/{pid}/status")) for pid in pids)
    if held > limit_bytes:
        held = sum(kept_bytes(read(f"/proc/{pid}/smaps")) for pid in pids)
    return held


def resident_bytes(status: bytes) -> int:
    """What is not mapped from a file on disk (proc(5), /proc/PID/status)."""
    lines = status.splitlines()
    names = (b"RssAnon:", b"RssShmem:")
    return sum(int(line.split()[1]) for line in lines if line.startswith(names)) * 1024


def kept_bytes(smaps: bytes) -> int:
    """Of files what was written privately, of the rest this process's share (/proc/PID/smaps)."""
    held_kb, counted = 0, b""
    for line in smaps.splitlines():
        name, *fields = line.split(maxsplit=5)
        if not name.endswith(b":"):
            path = fields[4] if len(fields) == 5 else b""
            of_file = path.startswith(b"/") and not path.startswith(NOT_FILES)
            counted = b"Anonymous:" if of_file else b"Pss:"
        elif name == counted:
            held_kb += int(fields[0])
    return held_kb * 1024
