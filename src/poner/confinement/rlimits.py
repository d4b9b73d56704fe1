"""Limits of a process (setrlimit(2)), and this machine's free memory."""

from __future__ import annotations

import resource

TYPE_CHECKING = False  # importing typing takes as long as all else here
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SHARE = 0.9
"""Share of the free memory that one process may take."""

LEAST_BYTES = 512 << 20
"""Least memory limit, which suffices for scikit-learn (180 MB after its import)."""

RESERVED_BYTES = 8 << 30
"""Address space that libraries reserve without using it, added to the memory limit."""

UNLIMITED_BYTES = 1 << 60
"""Values from here on stand for no limit in cgroups of version 1."""


def set_limits(limits: Mapping[int, int]) -> bool:
    """Set limits, at most as high as the present ones; False if the kernel refused one."""
    done = True
    for kind, value in limits.items():
        try:
            _, hard = resource.getrlimit(kind)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS has RLIMIT_AS, but refuses it
            done = False
    return done


def memory_limits(memory_bytes: int) -> Mapping[int, int]:
    """The limits of setrlimit(2) that bound a process's memory.

    RLIMIT_DATA counts private writable memory, but not shared memory. RLIMIT_AS counts all address
    space, of which libraries reserve much more than they use.
    """
    return {
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_AS: memory_bytes + RESERVED_BYTES,
    }


def available_bytes(read: Callable[[str], str | None] | None = None) -> int | None:
    """Free memory of this machine and this cgroup, whichever is less; None if unknown.

    Args:
        read: returns the text of a file, or None if there is no such file.
    """
    read = read or _read
    found = [_free_bytes(read("/proc/meminfo") or "")]
    for line in (read("/proc/self/cgroup") or "").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            found += _of_cgroup(read, "/sys/fs/cgroup", path, "memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes"
            found += _of_cgroup(read, "/sys/fs/cgroup/memory", path, *names)
    known = [bytes_ for bytes_ in found if bytes_ is not None]
    return min(known) if known else None


def memory_limit(largest_bytes: int, available: int | None) -> int:
    """Memory that a process may take: a share of the free memory, up to the largest amount."""
    if available is None:
        return largest_bytes
    return min(largest_bytes, max(LEAST_BYTES, int(available * SHARE)))


def _free_bytes(meminfo: str) -> int | None:
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _of_cgroup(
    read: Callable[[str], str | None], root: str, path: str, limit: str, usage: str
) -> list[int | None]:
    """Free memory of a cgroup and its parents; in a container its own cgroup appears as /."""
    found: list[int | None] = []
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for depth in range(len(parts) + 1):
        folder = "/".join([root, *parts[:depth]])
        most, used = _number(read(f"{folder}/{limit}")), _number(read(f"{folder}/{usage}"))
        if most is not None and used is not None and most < UNLIMITED_BYTES:
            cached = _cached_bytes(read(f"{folder}/memory.stat") or "")
            found.append(max(0, most - used + cached))
    return found


def _cached_bytes(stat: str) -> int:
    """The part of the used memory that caches files and can be reclaimed."""
    fields = dict(line.split(" ", 1) for line in stat.splitlines() if " " in line)
    return int(fields.get("total_inactive_file", fields.get("inactive_file", "0")))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None


def _read(path: str) -> str | None:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None
