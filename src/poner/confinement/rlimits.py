"""Limits of a process (setrlimit(2)), and the memory that is free."""

from __future__ import annotations

import resource

TYPE_CHECKING = False  # the typing module takes as long to load as all that is done here
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SHARE = 0.9
"""Share of the free memory that one process may take."""

LEAST_BYTES = 512 << 20
"""What scikit-learn needs, with something to spare (180 MB once it is imported)."""

RESERVED_BYTES = 8 << 30
"""Address space that libraries reserve and do not use; it comes on top of the memory."""

UNLIMITED_BYTES = 1 << 60
"""More than any machine has: how cgroups of version 1 say that there is no limit."""


def set_limits(limits: Mapping[int, int]) -> bool:
    """Set limits, none higher than the present one; False if the kernel refused one."""
    done = True
    for kind, value in limits.items():
        try:
            _, hard = resource.getrlimit(kind)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS knows RLIMIT_AS and does not take it
            done = False
    return done


def memory_limits(memory_bytes: int) -> Mapping[int, int]:
    """The limits by which a process takes no more memory than this.

    RLIMIT_DATA counts what is written to, which address space is not: libraries reserve much
    more. RLIMIT_AS is there for memory that is shared, which RLIMIT_DATA does not count.
    """
    return {
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_AS: memory_bytes + RESERVED_BYTES,
    }


def available_bytes(read: Callable[[str], str | None] | None = None) -> int | None:
    """The memory that is free on this machine and in this cgroup; None where nothing says.

    Args:
        read: gives the text of a file, None where there is no such file.
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
    """What is left in a cgroup and in those around it; in a container these are seen as /."""
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
    """What of the memory in use holds files, and is given up when memory is short."""
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
