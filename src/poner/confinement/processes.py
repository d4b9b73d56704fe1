"""Lists, measures and kills processes, by means of /proc."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SIGKILL = 9
"""The signal's number; importing `signal` takes longer than all else here."""

NOT_FILES = (b"/dev/zero", b"/memfd:", b"/SYSV")
"""Prefixes of the names of shared memory among a process's mappings (proc(5))."""


def processes() -> list[int]:
    """Every process that /proc shows."""
    with os.scandir("/proc") as entries:
        return [int(entry.name) for entry in entries if entry.name.isdigit()]


def all_others() -> list[int]:
    """Every process of a PID namespace except process 1."""
    return [pid for pid in processes() if pid != 1]


def descendants() -> list[int]:
    """Every descendant of this process."""
    children: dict[int, list[int]] = {}
    for pid in processes():
        fields = read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if fields:
            children.setdefault(int(fields[1]), []).append(pid)
    found = children.get(os.getpid(), [])
    for pid in found:  # the list grows while it is read
        found.extend(children.get(pid, []))
    return found


def kill(pids: Iterable[int]) -> None:
    """Kill processes; -1 stands for every process of this PID namespace except process 1."""
    for pid in pids:
        try:
            os.kill(pid, SIGKILL)
        except ProcessLookupError:
            continue


def read(path: str) -> bytes:
    """The content of a file of /proc; empty if its process has ended."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return b""


def held_bytes(pids: Sequence[int], limit_bytes: int) -> int:
    """Memory of processes that the kernel cannot reclaim: all pages except those of files.

    The exact count, which knows shared pages and files in /tmp, is slow to read, so it is read only
    if the quick count exceeds the limit.
    """
    held = sum(resident_bytes(read(f"/proc/{pid}/status")) for pid in pids)
    if held > limit_bytes:
        held = sum(kept_bytes(read(f"/proc/{pid}/smaps")) for pid in pids)
    return held


def resident_bytes(status: bytes) -> int:
    """Resident memory without pages of files on disk (proc(5), /proc/PID/status)."""
    lines = status.splitlines()
    names = (b"RssAnon:", b"RssShmem:")
    return sum(int(line.split()[1]) for line in lines if line.startswith(names)) * 1024


def count_threads(status: bytes) -> int:
    """Number of threads of a process (proc(5), /proc/PID/status)."""
    found = [line for line in status.splitlines() if line.startswith(b"Threads:")]
    return int(found[0].split()[1]) if found else 0


def kept_bytes(smaps: bytes) -> int:
    """Privately written pages of files, and this process's share of others (/proc/PID/smaps)."""
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
